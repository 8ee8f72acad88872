"""Property values as the engine holds them: plain JSON data, with secrets and unknowns marked.

Converts them to and from messages, and restores secret marks, which the provider never sees.
`property_paths` compares properties, and `state` encrypts them on disk.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

# Pulumi's fixed signatures: an object with SIGNATURE as a key stands for something else.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
# Stands for a value that is not known in a preview.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

MASK = "[secret]"
UNKNOWN_TEXT = "[unknown]"

Properties = dict[str, Any]


@frozen
class Secret:
    """A value that is encrypted in the state and masked in all output."""

    value: Any = field(repr=False)


def from_json(value: Any, decrypt: Callable[[str], str] | None = None) -> Any:
    """Return data from a message or a state file, with signed objects converted."""
    if isinstance(value, list):
        return [from_json(item, decrypt) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, Mapping):
        return value
    if value.get(SIGNATURE) == SECRET:
        if "ciphertext" in value and decrypt is not None:
            return Secret(from_json(json.loads(decrypt(value["ciphertext"]))))
        if "plaintext" in value:
            return Secret(from_json(json.loads(value["plaintext"])))
        return Secret(from_json(value.get("value")))
    # Messages keep no order; sorted, output and state stay the same from run to run.
    return {key: from_json(item, decrypt) for key, item in sorted(value.items())}


def to_json(value: Any, seal: Callable[[Any], Any]) -> Any:
    """Return plain data, with each secret converted by `seal`."""
    if isinstance(value, Secret):
        return seal(value.value)
    if isinstance(value, list):
        return [to_json(item, seal) for item in value]
    if isinstance(value, Mapping):
        return {key: to_json(item, seal) for key, item in value.items()}
    return value


def signed_secret(value: Any) -> Any:
    """Return a secret in the form for receivers that support secrets."""
    return {SIGNATURE: SECRET, "value": to_json(value, signed_secret)}


def without_secrets(value: Any) -> Any:
    """Return the same data with secrets in plain text, for receivers without support for them."""
    return to_json(value, without_secrets)


def mask(value: object) -> str:
    """Return the mask, whatever the secret; a `seal` for `to_json`."""
    return MASK


def masked(value: Any) -> Any:
    """Return the same data as a person may see it, without the SDK's own properties."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items() if not is_internal(key)}
    return UNKNOWN_TEXT if value == UNKNOWN else value


def is_internal(key: str) -> bool:
    """Return whether a property is the SDK's own, such as a dynamic resource's provider."""
    return key.startswith("__")


def from_struct(struct: Struct, *, nulls: bool = True) -> Properties:
    """Return properties from a message, with or without nulls; whole numbers as integers."""
    content = MessageToDict(struct)
    properties: Properties = from_json(content if nulls else _without_nulls(content))
    return properties


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def to_struct(properties: Mapping[str, Any], seal: Callable[[Any], Any]) -> Struct:
    """Return a message of properties; see `signed_secret` and `without_secrets` for `seal`."""
    return ParseDict(to_json(properties, seal), Struct())


def contains_secret(value: Any) -> bool:
    """Return whether there is a secret anywhere in the value."""
    if isinstance(value, list):
        return any(contains_secret(item) for item in value)
    if isinstance(value, Mapping):
        return any(contains_secret(item) for item in value.values())
    return isinstance(value, Secret)


def mark_secrets(answered: Properties, sent: Mapping[str, Any]) -> Properties:
    """Return the provider's answer, marked secret wherever the same key was secret when sent.

    This applies within objects too. A list with one secret in it becomes entirely secret, because
    the provider may have reordered its items.
    """
    return {key: _marked(value, sent.get(key)) for key, value in answered.items()}


def _marked(value: Any, sent: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(sent, Mapping):
        return mark_secrets(dict(value), sent)
    return as_secret(value) if contains_secret(sent) else value


def with_secret_outputs(outputs: Properties, names: Iterable[str]) -> Properties:
    """Return the outputs, with the named ones secret even if the inputs were not."""
    return {key: as_secret(value) if key in names else value for key, value in outputs.items()}


def as_secret(value: Any) -> Secret:
    """Return the whole value as one secret."""
    return Secret(without_secrets(value))


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal to Pulumi: 1 is 1.0, but True is not 1."""
    if isinstance(one, Secret) and isinstance(other, Secret):
        return same(one.value, other.value)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
