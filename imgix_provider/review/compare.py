"""Compares a source at different moments: what the run changes, and what was changed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from imgix_provider.deployments.fields import Field
from imgix_provider.deployments.table import COMMON_FIELDS, CREDENTIALS, FIELDS
from imgix_provider.deployments.values import values_equal
from imgix_provider.review.model import (
    ARGUMENTS,
    Change,
    Drift,
    Special,
    TypeChange,
    View,
    Way,
)

PARAMETERS: Final = "default_params"
_ARGUMENTS: Final = ("name", "enabled")


def field_of(view: View | None, key: str) -> Field | None:
    """Return the documented field of a key, preferring the view's type."""
    own = FIELDS.get(view.type, COMMON_FIELDS) if view is not None else COMMON_FIELDS
    if key in own:
        return own[key]
    return next((fields[key] for fields in FIELDS.values() if key in fields), None)


def equal(spec: Field | None, left: Any, right: Any) -> bool:
    """Return whether two values mean the same to imgix; a hidden value equals only its own kind."""
    if isinstance(left, Special) or isinstance(right, Special):
        empty = (Special.ABSENT, None, "")
        return left is right or (left in empty and right in empty)
    return values_equal(spec, left, right)


def changes_between(before: View, after: View) -> tuple[Change, ...]:
    """Return what a run intends to change; the type itself is a `TypeChange`."""
    found = [
        Change(name, before.argument(name), after.argument(name))
        for name in ARGUMENTS
        if not equal(None, before.argument(name), after.argument(name))
    ]
    return (*found, *_deployment_changes(before, after))


def _deployment_changes(before: View, after: View) -> Iterator[Change]:
    if isinstance(before.deployment, Special) or isinstance(after.deployment, Special):
        if before.deployment is not after.deployment:
            yield Change("deployment", _whole(before), _whole(after))
        return
    retyped = bool(before.type and after.type and before.type != after.type)
    fields = FIELDS.get(after.type, {})
    for key in sorted({*before.deployment, *after.deployment} - {"type"}):
        old = before.deployment.get(key, Special.ABSENT)
        new = after.deployment.get(key, Special.ABSENT)
        if retyped and (key not in COMMON_FIELDS or (key in CREDENTIALS and new is old)):
            continue  # part of the change of type
        spec = field_of(after, key)
        if equal(spec, old, new):
            continue
        if key == PARAMETERS and isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _parameter_changes(old, new)
            continue
        goes_to: Any = Special.ABSENT
        if new is Special.ABSENT and key in fields:
            goes_to = fields[key].default_for(after.type)
        served = before.effective.get(key, Special.ABSENT) if old is Special.ABSENT else old
        yield Change(key, old, new, goes_to, served)


def _whole(view: View) -> Any:
    return view.deployment if isinstance(view.deployment, Special) else "set"


def _parameter_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        before, after = old.get(name, Special.ABSENT), new.get(name, Special.ABSENT)
        if not equal(None, before, after):
            yield Change(f"{PARAMETERS}.{name}", before, after)


def type_change_between(before: View, after: View) -> TypeChange | None:
    """Return what a change of type does to the declared keys, or None if the type stays."""
    old, new = before.type, after.type
    if not old or not new or old == new:
        return None
    fields = FIELDS.get(new, {})
    was, will = before.declared, after.declared
    return TypeChange(
        old,
        new,
        goes=tuple(sorted(key for key in was if key != "type" and key not in fields)),
        comes=tuple(key for key in fields if key in will and key not in COMMON_FIELDS),
        stays=tuple(
            key
            for key in COMMON_FIELDS
            if key in was and key in will and equal(fields.get(key), was[key], will[key])
        ),
    )


def drift_between(recorded: View, live: View, after: View) -> tuple[Drift, ...]:
    """Return the differences between what the stack recorded and what imgix shows."""
    found = [
        _drift(name, *(view.argument(name) for view in (recorded, live, after)))
        for name in _ARGUMENTS
        if not equal(None, recorded.argument(name), live.argument(name))
    ]
    if any(isinstance(view.deployment, Special) for view in (recorded, live)):
        return tuple(found)
    if recorded.type != live.type:
        found.append(_drift("type", recorded.type, live.type, after.type or Special.UNKNOWN))
        keys = set(COMMON_FIELDS)
    else:
        keys = set(FIELDS.get(live.type, COMMON_FIELDS))
    for key in sorted(keys - CREDENTIALS):
        was, shown = _known(recorded, key), _known(live, key)
        spec = field_of(live, key)
        absent = key not in recorded.declared and Special.ABSENT in (was, shown)
        if absent and spec is not None and spec.default_for(live.type) is not None:
            continue  # an attribute with a default that imgix did not show before
        if equal(spec, was, shown):
            continue
        wanted: Any = Special.UNKNOWN
        if not isinstance(after.deployment, Special):
            wanted = after.deployment.get(key, Special.ABSENT)
        undeclared = wanted is Special.ABSENT
        if undeclared and (key in recorded.declared or key in live.declared):
            fields = FIELDS.get(after.type, {})
            wanted = fields[key].default_for(after.type) if key in fields else wanted
            undeclared = False
        if key == PARAMETERS and all(isinstance(x, Mapping) for x in (was, shown, wanted)):
            found += _parameter_drift(was, shown, wanted)
        else:
            drift = _drift(key, was, shown, wanted, undeclared)
            gone = undeclared and after.type and key not in FIELDS.get(after.type, COMMON_FIELDS)
            found.append(attrs.evolve(drift, way=Way.DROPPED) if gone else drift)
    return tuple(found)


def _parameter_drift(
    was: Mapping[str, Any], shown: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Iterator[Drift]:
    for name in sorted({*was, *shown}):
        old, new = was.get(name, Special.ABSENT), shown.get(name, Special.ABSENT)
        if not equal(None, old, new):
            yield _drift(f"{PARAMETERS}.{name}", old, new, wanted.get(name, Special.ABSENT))


def _known(view: View, key: str) -> Any:
    return view.declared.get(key, view.effective.get(key, Special.ABSENT))


def _drift(path: str, recorded: Any, live: Any, declared: Any, undeclared: bool = False) -> Drift:
    spec = field_of(None, path)
    if undeclared:
        way = Way.LEFT_ALONE
    elif equal(spec, declared, live):
        way = Way.DECLARED
    elif equal(spec, declared, recorded):
        way = Way.PUT_BACK
    else:
        way = Way.OVERWRITTEN
    return Drift(path, recorded, live, declared, way)
