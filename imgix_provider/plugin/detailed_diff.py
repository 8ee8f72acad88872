"""What changes, path by path, for the engine to show and for `ignoreChanges` and others to match.

The paths are those in the plugin's program: `deployment.s3.s3Bucket`. They include secrets, whose
values the engine masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2

from imgix_provider.deployments.fields import Field, Kind
from imgix_provider.deployments.table import COMMON_FIELDS, FIELDS
from imgix_provider.deployments.values import contains, values_equal
from imgix_provider.plugin.names import BLOCKS, written_key, written_path
from imgix_provider.plugin.properties import UNKNOWN, is_unknown
from imgix_provider.sources.outcomes import DiffOutcome

_DIFF: Final = provider_pb2.PropertyDiff
_REPLACING: Final = {
    _DIFF.ADD: _DIFF.ADD_REPLACE,
    _DIFF.DELETE: _DIFF.DELETE_REPLACE,
    _DIFF.UPDATE: _DIFF.UPDATE_REPLACE,
}

Properties = Mapping[str, Any]


def detailed_diff(
    outcome: DiffOutcome, olds: Properties, news: Properties
) -> dict[str, provider_pb2.PropertyDiff]:
    """Return what changes by its path.

    Args:
        outcome: What the core says about the change.
        olds: The outputs in the state, in the core's shape.
        news: The inputs, in the core's shape.
    """
    if not outcome.changes:
        return {}
    blocks = set(_blocks(olds, news)) if outcome.replaces else set()
    return {
        path: _DIFF(kind=_REPLACING[kind] if path in blocks else kind)
        for path, kind in {
            **dict(_arguments(outcome, olds, news)),
            **_deployment(outcome, olds, news),
        }.items()
    }


def replaced_paths(outcome: DiffOutcome, olds: Properties, news: Properties) -> list[str]:
    """Return the paths that require a new source to replace the old one."""
    return list(_blocks(olds, news)) if outcome.replaces else []


def _arguments(
    outcome: DiffOutcome, olds: Properties, news: Properties
) -> Iterator[tuple[str, Any]]:
    changed = [name for name in ("name", "enabled") if getattr(outcome.details, name) is not None]
    changed += [name for name in outcome.details.options if name != "secret_keys"]
    changed += [name for name, value in news.items() if value is UNKNOWN and name != "deployment"]
    for name in changed:
        yield written_path(name), _kind(olds.get(name), news.get(name))
    for key in set(news.get("secret_keys") or ()) - set(olds.get("secret_keys") or ()):
        deployment = news.get("deployment")
        inside = isinstance(deployment, Mapping) and key in deployment
        yield _place(key, _type(deployment)) if inside else written_path(key), _DIFF.UPDATE


def _deployment(outcome: DiffOutcome, olds: Properties, news: Properties) -> dict[str, Any]:
    old, new = olds.get("deployment") or {}, news.get("deployment") or {}
    if new is UNKNOWN:
        return {"deployment": _DIFF.UPDATE}
    new_type = _type(new)
    found: dict[str, Any] = {}
    for path in _blocks(olds, news):
        found[path] = _DIFF.ADD if path == f"deployment.{BLOCKS.get(new_type)}" else _DIFF.DELETE
    retyped = bool(found)
    for key, spec in (COMMON_FIELDS if retyped else FIELDS.get(new_type, COMMON_FIELDS)).items():
        before, after = old.get(key), new.get(key)
        if contains(after, is_unknown):
            changed = True
        else:
            changed = key in outcome.details.deployment
            # Another type sends everything, changed or not.
            changed = changed and not (retyped and values_equal(spec, before, after))
        if changed:
            found |= _changed(_place(key, new_type), spec, before, after)
    return found


def _changed(path: str, spec: Field, before: Any, after: Any) -> dict[str, Any]:
    if spec.kind is Kind.OBJECT and isinstance(before, Mapping) and isinstance(after, Mapping):
        return dict(_parameters(path, before, after))
    return {path: _kind(before, after)}


def _parameters(path: str, before: Properties, after: Properties) -> Iterator[tuple[str, Any]]:
    for key in {**before, **after}:
        if key not in before or key not in after or after[key] is UNKNOWN:
            yield path + written_key(key), _kind(before.get(key), after.get(key))
        elif not values_equal(
            COMMON_FIELDS["default_params"], {key: before[key]}, {key: after[key]}
        ):
            yield path + written_key(key), _DIFF.UPDATE


def _blocks(olds: Properties, news: Properties) -> Iterator[str]:
    """Yield the paths of the old and the new type's block if the type changes."""
    old, new = _type(olds.get("deployment")), _type(news.get("deployment"))
    if old != new:
        yield from (f"deployment.{BLOCKS[name]}" for name in (old, new) if name in BLOCKS)


def _type(deployment: Any) -> str:
    found = deployment.get("type") if isinstance(deployment, Mapping) else None
    return found if isinstance(found, str) else ""


def _place(key: str, deployment_type: str) -> str:
    return written_path(f"deployment.{key}", deployment_type)


def _kind(before: Any, after: Any) -> Any:
    if before is None:
        return _DIFF.ADD
    return _DIFF.DELETE if after is None else _DIFF.UPDATE
