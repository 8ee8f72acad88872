"""Property values as the engine holds them: plain JSON data, secrets marked, unknowns marked.

Knows how they travel to and from the SDK and the provider, and how secretness survives a provider
that never sees it. How two bags of them differ is `property_paths`' affair; how they are encrypted
at rest is `stack_state`'s.
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
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# How a value that only the update will bring travels in a preview.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

MASK = "[secret]"
UNKNOWN_TEXT = "[unknown]"

Properties = dict[str, Any]


@frozen
class Secret:
    """A value that is encrypted in the state and masked in everything that is printed."""

    value: Any = field(repr=False)


def _is_bag(value: object) -> bool:
    return isinstance(value, Mapping)


def from_json(value: Any, decrypt: Callable[[str], str] | None = None) -> Any:
    """Data from the wire or a state file, with signed objects made what they stand for."""
    if isinstance(value, list):
        return [from_json(item, decrypt) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not _is_bag(value):
        return value
    kind = value.get(SIGNATURE)
    if kind == SECRET:
        return Secret(_secret_content(value, decrypt))
    if kind == OUTPUT:
        content = from_json(value["value"], decrypt) if "value" in value else UNKNOWN
        return Secret(content) if value.get("secret") else content
    # Messages keep no order; sorted, what is shown and saved stays the same from run to run.
    return {
        key: from_json(item, decrypt) for key, item in sorted(value.items()) if item is not None
    }


def _secret_content(signed: Mapping[str, Any], decrypt: Callable[[str], str] | None) -> Any:
    if "ciphertext" in signed:
        if decrypt is None:
            raise ValueError("there is no passphrase to read an encrypted value with")
        return from_json(json.loads(decrypt(signed["ciphertext"])))
    if "plaintext" in signed:
        return from_json(json.loads(signed["plaintext"]))
    return from_json(signed.get("value"))


def to_json(value: Any, seal: Callable[[Any], Any]) -> Any:
    """Plain data, in which `seal` says what becomes of each secret."""
    if isinstance(value, Secret):
        return seal(value.value)
    if isinstance(value, list):
        return [to_json(item, seal) for item in value]
    if _is_bag(value):
        return {key: to_json(item, seal) for key, item in value.items()}
    return value


def signed_secret(value: Any) -> Any:
    """A secret as it travels to those who can keep one."""
    return {SIGNATURE: SECRET, "value": to_json(value, signed_secret)}


def without_secrets(value: Any) -> Any:
    """The same data with every secret in the open, for those who cannot keep one."""
    return to_json(value, without_secrets)


def masked(value: Any) -> Any:
    """The same data as a person may see it."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, list):
        return [masked(item) for item in value]
    if _is_bag(value):
        return {key: masked(item) for key, item in value.items() if not is_internal(key)}
    return UNKNOWN_TEXT if value == UNKNOWN else value


def is_internal(key: str) -> bool:
    """Whether a property is the SDK's own, such as the provider that a dynamic resource carries."""
    return key.startswith("__")


def from_struct(struct: Struct) -> Properties:
    """Properties out of a message; whole numbers come as integers, nulls are dropped."""
    properties: Properties = from_json(MessageToDict(struct))
    return properties


def to_struct(properties: Mapping[str, Any], seal: Callable[[Any], Any]) -> Struct:
    """Properties for a message; see `signed_secret` and `without_secrets` for `seal`."""
    return ParseDict(to_json(properties, seal), Struct())


def contains_secret(value: Any) -> bool:
    """Whether there is a secret anywhere in the value."""
    if isinstance(value, list):
        return any(contains_secret(item) for item in value)
    if _is_bag(value):
        return any(contains_secret(item) for item in value.values())
    return isinstance(value, Secret)


def mark_secrets(answered: Properties, sent: Mapping[str, Any]) -> Properties:
    """The provider's answer, secret wherever what it was sent is secret under the same key.

    Objects are gone into; a list with one secret in it becomes a secret as a whole, because the
    provider may have put its items into another order.
    """
    return {key: _marked(value, sent.get(key)) for key, value in answered.items()}


def _marked(value: Any, sent: Any) -> Any:
    if _is_bag(value) and _is_bag(sent):
        return mark_secrets(value, sent)
    if contains_secret(sent) and not isinstance(value, Secret):
        return Secret(without_secrets(value))
    return value


def with_secret_outputs(outputs: Properties, names: Iterable[str]) -> Properties:
    """The outputs, with the named ones secret whether or not the provider was sent a secret."""
    wanted = set(names)
    return {
        key: Secret(without_secrets(value))
        if key in wanted and not isinstance(value, Secret)
        else value
        for key, value in outputs.items()
    }


def same(one: Any, other: Any) -> bool:
    """Whether two values are alike, as Pulumi sees it: 1 is 1.0, but True is not 1."""
    if isinstance(one, Secret) and isinstance(other, Secret):
        return same(one.value, other.value)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if _is_bag(one) and _is_bag(other):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)
