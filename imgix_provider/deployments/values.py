"""Puts values in canonical form, and says whether two values mean the same to imgix.

Pulumi passes every number as a float, and imgix returns lists in any order. So values are put in
canonical form before they are compared, stored or sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from imgix_provider.deployments.fields import KEEP, Field, Form, Kind
from imgix_provider.deployments.table import CREDENTIALS, FIELDS
from imgix_provider.messages import argument, show

_REGION: Final = re.compile(r"[a-z]{2,4}\d|[a-z]{2}(-[a-z]+)+(-\d)?")
"""A region of DigitalOcean (nyc3), or of Linode and Wasabi (us-east-1, us-ord)."""

Unknown = Callable[[object], bool]
"""Returns whether a value is not known yet."""


def never_unknown(_value: object) -> bool:
    """Return False: when a request is sent, every value is known."""
    return False


def is_unsigned_proxy(deployment: Mapping[str, Any]) -> bool:
    """Return whether a deployment is a web proxy without signed URLs, which imgix refuses."""
    return deployment.get("type") == "webproxy" and deployment.get("secure_url_enabled") is False


def swapped_region(deployment: Mapping[str, Any]) -> str:
    """Return a message if bucket and region seem to be swapped, else an empty string.

    They seem swapped if only the bucket looks like a region, and the endpoint's host contains the
    bucket and not the region: such hosts contain the region, as in nyc3.digitaloceanspaces.com.
    """
    names = [deployment.get(key) for key in ("bucket_name", "region", "endpoint_url")]
    if not all(isinstance(name, str) for name in names):
        return ""
    bucket, region, endpoint = (str(name).lower() for name in names)
    parts = re.split(r"[/.:]+", endpoint)
    named = bucket in parts and region not in parts
    if not named or not _REGION.fullmatch(bucket) or _REGION.fullmatch(region):
        return ""
    other = argument("bucket_name")
    return f"{show(region)} looks like the bucket, and {other} like the region: swap them"


def contains(value: Any, is_unknown: Unknown) -> bool:
    """Return whether a value, or anything in it, is not known yet."""
    if is_unknown(value):
        return True
    if isinstance(value, Mapping):
        return any(contains(item, is_unknown) for item in value.values())
    return isinstance(value, (list, tuple)) and any(contains(item, is_unknown) for item in value)


def canonical_inputs(
    inputs: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    unknown: Unknown = never_unknown,
) -> dict[str, Any]:
    """Return a source's inputs with whole numbers as ints, no nulls and domains in lower case.

    Lists without a meaningful order keep their order in `before`, the earlier inputs.
    """
    result = {key: _plain(value, unknown) for key, value in inputs.items() if value is not None}
    deployment = result.get("deployment")
    if isinstance(deployment, dict):
        known_type = deployment.get("type")
        fields = FIELDS.get(known_type, {}) if isinstance(known_type, str) else {}
        earlier = (before or {}).get("deployment") or {}
        for key, value in deployment.items():
            if key in fields and isinstance(value, list) and not any(map(unknown, value)):
                deployment[key] = _canonical_list(fields[key], value, earlier.get(key))
    return result


def _plain(value: Any, unknown: Unknown) -> Any:
    """Return `value` without nulls in objects, and with whole floats as ints."""
    if unknown(value):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v, unknown) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item, unknown) for item in value]
    return value


def _canonical_list(spec: Field, items: list[Any], earlier: Any) -> list[Any]:
    if spec.form is Form.DOMAIN:
        items = [item.lower() if isinstance(item, str) else item for item in items]
    if spec.unordered and isinstance(earlier, list) and _as_set(items) == _as_set(earlier):
        return earlier
    return items


def values_equal(spec: Field | None, left: Any, right: Any) -> bool:
    """Return whether two values of a field mean the same to imgix; `KEEP` equals any value."""
    if spec is not None and spec.credential and KEEP in (left, right):
        return True
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _flat(left) == _flat(right)
    if _is_list(left) and _is_list(right):
        if spec is None or spec.unordered:
            return len(left) == len(right) and _as_set(left) == _as_set(right)
        return [_text(item) for item in left] == [_text(item) for item in right]
    if left in (None, "") and right in (None, ""):
        return True
    if spec is not None and spec.kind is Kind.STRING:
        return bool(left == right)
    return _text(left) == _text(right) and isinstance(left, bool) == isinstance(right, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _as_set(items: Sequence[Any]) -> set[str]:
    return {_text(item).lower() for item in items}


def _flat(mapping: Mapping[str, Any]) -> dict[str, str]:
    # imgix stores rendering parameters as text: 2, 2.0 and "2" are the same to it.
    return {str(key): _text(value) for key, value in mapping.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def secrets_in(properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield the strings in a source's properties that no message may show.

    These are the credentials, the values of the keys in `secret_keys`, and the token that signs
    URLs.
    """
    hidden = CREDENTIALS | {"secure_url_token", *(properties.get("secret_keys") or ())}
    deployment = properties.get("deployment")
    named = [*properties.items(), *(deployment.items() if isinstance(deployment, Mapping) else ())]
    for key, value in named:
        if key in hidden and key not in ("deployment", "secret_keys") and value != KEEP:
            yield from _texts(value)


IGNORED: Final = "?"
"""Stands before a key in `secret_keys` that the program ignores changes of."""
ALL_KEYS: Final = "*"


def secret_keys_of(
    inputs: Mapping[str, Any], before: Mapping[str, Any], unknown: Unknown = never_unknown
) -> list[str] | None:
    """Return the `secret_keys` of inputs; those whose changes are ignored are as before.

    The engine puts the earlier value back, which the program does not call a secret any more.
    """
    keys = inputs.get("secret_keys")
    if keys is None or unknown(keys):
        return keys
    named = {key for key in keys if not key.startswith(IGNORED)}
    ignored = {key.removeprefix(IGNORED) for key in keys if key.startswith(IGNORED)}
    hidden = set(before.get("secret_keys") or ())
    return sorted(named | (hidden if ALL_KEYS in ignored else hidden & ignored)) or None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield _text(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
