"""Converts properties from messages to values in Python, and back.

In a message every number is a double, an unknown value is a certain string, and a secret is an
object with a signature. Nothing here knows what the properties mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
from google.protobuf.struct_pb2 import ListValue, Struct, Value

Path = tuple[str | int, ...]
"""The place of a value among properties: keys of objects and indexes of lists."""

_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


class _Unknown:
    """The type of `UNKNOWN`, which prints as itself."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value that is not known yet."""


def is_unknown(value: object) -> bool:
    """Return whether a value is not known yet."""
    return value is UNKNOWN


@attrs.frozen
class Secret:
    """A value that the engine encrypts wherever it keeps it."""

    value: Any = attrs.field(repr=False)


@attrs.frozen
class Received:
    """Properties from the engine, and which of them it holds as secrets."""

    values: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    secrets: frozenset[Path] = frozenset()


def received(message: Struct) -> Received:
    """Return the properties of a message, with secrets unwrapped."""
    secrets: set[Path] = set()
    values = {key: _read(value, (key,), secrets) for key, value in message.fields.items()}
    return Received(values, frozenset(secrets))


def message_of(properties: Mapping[str, Any]) -> Struct:
    """Return properties as a message, without nulls at the top.

    `Secret` and `UNKNOWN` may be at any depth.
    """
    message = Struct()
    for key, value in properties.items():
        if value is not None:
            _write(message.fields[key], value)
    return message


def _read(value: Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _read_object(value.struct_value, path, secrets)
    if kind == "list_value":
        items = value.list_value.values
        return [_read(item, (*path, index), secrets) for index, item in enumerate(items)]
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN else value.string_value
    return None if kind in (None, "null_value") else getattr(value, kind)


def _read_object(struct: Struct, path: Path, secrets: set[Path]) -> Any:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        secrets.add(path)
        return _read(fields["value"], path, secrets)
    if signature == _OUTPUT:
        if "secret" in fields and fields["secret"].bool_value:
            secrets.add(path)
        return _read(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    return {key: _read(item, (*path, key), secrets) for key, item in fields.items()}


def _write(target: Value, value: Any) -> None:
    if isinstance(value, Secret):
        fields = target.struct_value.fields
        fields[_SIGNATURE].string_value = _SECRET
        _write(fields["value"], value.value)
    elif value is UNKNOWN:
        target.string_value = _UNKNOWN
    elif value is None:
        target.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, Mapping):
        target.struct_value.CopyFrom(Struct())  # an empty object is one too
        for key, item in value.items():
            _write(target.struct_value.fields[str(key)], item)
    elif isinstance(value, (list, tuple)):
        target.list_value.CopyFrom(ListValue())
        for item in value:
            _write(target.list_value.values.add(), item)
    else:
        target.string_value = str(value)
