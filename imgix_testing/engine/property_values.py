"""Property values as the engine holds them: plain JSON data, secrets marked, unknowns marked.

Knows how they travel to and from the SDK and the provider, and how secretness survives a provider
that never sees it. How two bags of them differ is `property_paths`' affair; how they are encrypted
at rest is `state`'s.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

# Pulumi's fixed signatures: an object that holds SIGNATURE is no plain object.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
# How a value that only the update will bring travels in a preview.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

MASK = "[secret]"
UNKNOWN_TEXT = "[unknown]"

Properties = dict[str, Any]


@frozen
class Secret:
    """A value that is encrypted in the state and masked in everything that is printed."""

    value: Any = field(repr=False)


def from_json(value: Any, decrypt: Callable[[str], str] | None = None) -> Any:
    """Data from the wire or a state file, with signed objects made what they stand for."""
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
    # Messages keep no order; sorted, what is shown and saved stays the same from run to run.
    return {key: from_json(item, decrypt) for key, item in sorted(value.items())}


def to_json(value: Any, seal: Callable[[Any], Any]) -> Any:
    """Plain data, in which `seal` says what becomes of each secret."""
    if isinstance(value, Secret):
        return seal(value.value)
    if isinstance(value, list):
        return [to_json(item, seal) for item in value]
    if isinstance(value, Mapping):
        return {key: to_json(item, seal) for key, item in value.items()}
    return value


def signed_secret(value: Any) -> Any:
    """A secret as it travels to those who can keep one."""
    return {SIGNATURE: SECRET, "value": to_json(value, signed_secret)}


def without_secrets(value: Any) -> Any:
    """The same data with every secret in the open, for those who cannot keep one."""
    return to_json(value, without_secrets)


def mask(value: object) -> str:
    """What stands in place of any secret: the other `seal` for `to_json`."""
    return MASK


def masked(value: Any) -> Any:
    """The same data as a person may see it, without what is the SDK's own."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items() if not is_internal(key)}
    return UNKNOWN_TEXT if value == UNKNOWN else value


def is_internal(key: str) -> bool:
    """Whether a property is the SDK's own, such as the provider that a dynamic resource carries."""
    return key.startswith("__")


def from_struct(struct: Struct, *, nulls: bool = True) -> Properties:
    """Properties out of a message, with or without its nulls; whole numbers come as integers."""
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
    """Properties for a message; see `signed_secret` and `without_secrets` for `seal`."""
    return ParseDict(to_json(properties, seal), Struct())


def contains_secret(value: Any) -> bool:
    """Whether there is a secret anywhere in the value."""
    if isinstance(value, list):
        return any(contains_secret(item) for item in value)
    if isinstance(value, Mapping):
        return any(contains_secret(item) for item in value.values())
    return isinstance(value, Secret)


def mark_secrets(answered: Properties, sent: Mapping[str, Any]) -> Properties:
    """The provider's answer, secret wherever what it was sent is secret under the same key.

    Objects are gone into; a list with one secret in it becomes a secret as a whole, because the
    provider may have put its items into another order.
    """
    return {key: _marked(value, sent.get(key)) for key, value in answered.items()}


def _marked(value: Any, sent: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(sent, Mapping):
        return mark_secrets(dict(value), sent)
    return as_secret(value) if contains_secret(sent) else value


def with_secret_outputs(outputs: Properties, names: Iterable[str]) -> Properties:
    """The outputs, with the named ones secret whether or not the provider was sent a secret."""
    return {key: as_secret(value) if key in names else value for key, value in outputs.items()}


def as_secret(value: Any) -> Secret:
    """The value as one secret as a whole."""
    return Secret(without_secrets(value))


def same(one: Any, other: Any) -> bool:
    """Whether two values are alike, as Pulumi sees it: 1 is 1.0, but True is not 1."""
    if isinstance(one, Secret) and isinstance(other, Secret):
        return same(one.value, other.value)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
