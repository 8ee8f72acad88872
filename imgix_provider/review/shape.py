"""Brings the states in a document into one shape, whichever engine and resource wrote them.

Masked and unknown values become a `Special`. The full plugin writes camelCase with a nested block
for each type, `{imgixSubdomains: …, s3: {s3Bucket: …}}`; here that becomes imgix's names in one
flat deployment with its `type`, as the dynamic resource writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from imgix_provider.deployments.table import COMMON_FIELDS, CREDENTIALS, FIELDS
from imgix_provider.review.model import ARGUMENTS, Special, View

DYNAMIC: Final = "pulumi-python:dynamic/imgix:Source"
PLUGIN: Final = "imgix:index:Source"
TYPES: Final = frozenset({DYNAMIC, PLUGIN})

MASK: Final = "[secret]"
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for a value that is not known yet."""
_READ: Final = ("name", "enabled", "deployment")
"""What a refresh reads about a source."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key that marks an object in an event as standing for something else, such as a secret."""

Json = Mapping[str, Any]


def view_of(state: Json, refreshed: bool = False) -> View:
    """Return what a state of a source holds: the inputs, and what outputs add to them.

    Args:
        state: The state.
        refreshed: Whether a refresh made it. An older SDK stores what a dynamic resource read only
            in the outputs, so they take precedence then.
    """
    inputs = _mapping(specialise(state.get("inputs")))
    outputs = _mapping(specialise(state.get("outputs")))
    if state.get("type") == PLUGIN:
        inputs, outputs = _from_plugin(inputs), _from_plugin(outputs)
    elif refreshed:
        read = {key: outputs[key] for key in _READ if key in outputs}
        masked = {key: value for key, value in inputs.items() if isinstance(value, Special)}
        inputs = {**inputs, **read, **masked}
    deployment = inputs.get("deployment", {})
    if not isinstance(deployment, (dict, Special)):
        deployment = {}
    hidden = inputs.get("secret_keys")
    names = {str(name) for name in hidden} if isinstance(hidden, list) else set()
    arguments = {name: inputs[name] for name in ARGUMENTS if inputs.get(name) is not None}
    view = View(
        arguments={
            name: Special.SECRET if name in names else value for name, value in arguments.items()
        },
        deployment=_masked(deployment, names),
        effective=_masked(_mapping(outputs.get("effective_deployment")), names, nulls=True),
    )
    if isinstance(view.deployment, Special):
        return attrs.evolve(view, effective={})
    return view


def specialise(value: Any) -> Any:
    """Return a value of a document with masked and unknown parts as `Special`.

    A list with one masked item is masked entirely, and so is an object below a deployment's key.
    """
    if isinstance(value, str):
        return {MASK: Special.SECRET, UNKNOWN: Special.UNKNOWN}.get(value, value)
    if isinstance(value, list):
        items = [specialise(item) for item in value]
        return Special.SECRET if any(map(_holds_secret, items)) else items
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return Special.SECRET
        return {str(key): specialise(item) for key, item in value.items()}
    return value


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_secret, value.values()))
    return value is Special.SECRET or (isinstance(value, list) and any(map(_holds_secret, value)))


def _masked(values: Mapping[str, Any] | Special, names: set[str], nulls: bool = False) -> Any:
    """Return a deployment with its credentials and the keys in `names` masked."""
    if isinstance(values, Special):
        return values
    masked: dict[str, Any] = {}
    for key, value in values.items():
        if value is None and not nulls:
            continue
        if key in CREDENTIALS or key in names:
            masked[key] = Special.SECRET
        elif isinstance(value, dict):
            masked[key] = {
                name: Special.SECRET if isinstance(item, dict) and _holds_secret(item) else item
                for name, item in value.items()
            }
        else:
            masked[key] = value
    return masked


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def seal(*views: View | None) -> tuple[View | None, ...]:
    """Return the moments of one source; what one of them masks is masked in all."""
    seen = [view for view in views if view is not None]
    if any(view.deployment is Special.SECRET for view in seen):
        return tuple(
            view and attrs.evolve(view, deployment=Special.SECRET, effective={}) for view in views
        )
    arguments = {name for view in seen for name in _secrets(view.arguments)}
    keys = {key for view in seen for key in _secrets(view.declared)}
    nested = {
        (key, name)
        for view in seen
        for key, value in view.declared.items()
        if isinstance(value, dict)
        for name in _secrets(value)
    }
    if not (arguments or keys or nested):
        return views
    return tuple(
        view
        and attrs.evolve(
            view,
            arguments=_hide(view.arguments, arguments, set()),
            deployment=_hide(view.deployment, keys, nested),
            effective=_hide(view.effective, keys, nested),
        )
        for view in views
    )


def _secrets(values: Mapping[str, Any]) -> set[str]:
    return {key for key, value in values.items() if value is Special.SECRET}


def _hide(values: Any, keys: set[str], nested: set[tuple[str, str]]) -> Any:
    if isinstance(values, Special):
        return values
    return {
        key: Special.SECRET
        if key in keys
        else _hide(value, {name for outer, name in nested if outer == key}, set())
        if isinstance(value, dict)
        else value
        for key, value in values.items()
    }


def _from_plugin(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the plugin's inputs or outputs in the dynamic resource's names and shape."""
    flat: dict[str, Any] = {}
    for key, value in properties.items():
        name = snake_case(key)
        if name in ("deployment", "effective_deployment") and isinstance(value, dict):
            value = _flat_deployment(value)
        flat[name] = value
    return flat


def _flat_deployment(deployment: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in deployment.items():
        name = snake_case(key)
        if name not in FIELDS or value is None:
            flat[name] = value
            continue
        flat["type"] = name
        own = [field for field in FIELDS[name] if field not in COMMON_FIELDS]
        if isinstance(value, Special):
            flat.update((field, value) for field in own if FIELDS[name][field].required)
        elif isinstance(value, dict):
            flat.update((snake_case(field), item) for field, item in value.items())
    return flat


def ignored_paths(state: Json) -> frozenset[str]:
    """Return the paths in `ignore_changes`, in imgix's names; `deployment` is all of its keys.

    A list counts as ignored even if only some of its items are.
    """
    return frozenset(map(_plain_path, state.get("ignoreChanges") or ()))


def _plain_path(text: object) -> str:
    names = [
        snake_case(name)
        for name in re.split(r'[.\[\]"]+', str(text))
        if name and not name.isdigit()
    ]
    if names[:1] == ["deployment"] and len(names) > 2 and names[1] in FIELDS:
        del names[1]  # the plugin's block of a type
    return ".".join(names).removesuffix(".*")


def snake_case(name: str) -> str:
    """Return a camelCase name in snake case: `s3_bucket` for `s3Bucket`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
