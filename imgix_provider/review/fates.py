"""What happens to a source and to hand edits of it: what is left alone, which secrets change."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from imgix_provider.deployments.domains import DOMAIN_KEYS
from imgix_provider.review.model import (
    DELETED,
    Action,
    Change,
    Drift,
    Source,
    Special,
    View,
    Way,
)
from imgix_provider.review.shape import DYNAMIC, PLUGIN, snake_case
from imgix_provider.review.words import code


def action_of(op: str, before: View | None, after: View | None, old: Any) -> tuple[Action, str]:
    """Return what a step does to a source and, if it leaves the source alone, why.

    Args:
        op: The engine's name for the operation.
        before: The source before the run, as last seen.
        after: The source as declared.
        old: The state before the run.
    """
    if op == "create":
        adopts = after is not None and after.argument("adopt") is not Special.ABSENT
        return (Action.ADOPTED if adopts else Action.CREATED), ""
    if op in ("delete", "delete-replaced"):
        return _deletion(before, old)
    if op in ("replace", "create-replacement") and after is not None and old is not None:
        adopted = after.argument("adopt")
        if adopted is not Special.ABSENT and adopted == old.get("id"):
            return Action.ADOPTED, ""
    return {
        "update": Action.UPDATED,
        "replace": Action.REPLACED,
        "create-replacement": Action.REPLACED,
        "import": Action.ADOPTED,
        "import-replacement": Action.ADOPTED,
        "read": Action.READ,
        "read-replacement": Action.READ,
        "same": Action.UNCHANGED,
    }[op], ""


def _deletion(view: View | None, old: Any) -> tuple[Action, str]:
    if old and old.get("retainOnDelete") is True:
        return Action.LEFT_ALONE, f"the program keeps it with {code('retain_on_delete')}"
    on_delete = view.argument("on_delete") if view else "disable"
    if on_delete == "retain":
        return Action.LEFT_ALONE, f"the program keeps it with {code('on_delete=retain')}"
    return (Action.RELEASED if on_delete == "release" else Action.DISABLED), ""


def handed_over(sources: Iterable[Source]) -> Iterator[Source]:
    """Yield the sources; one that another resource of the run takes over is left alone."""
    sources = list(sources)
    holders: dict[str, str] = {}
    for source in sources:
        if source.action not in DELETED and source.action is not Action.READ:
            adopted = source.after.argument("adopt") if source.after else None
            for held in (source.id, adopted if source.action is Action.ADOPTED else ""):
                if isinstance(held, str) and held:
                    holders.setdefault(held, source.resource)
    for source in sources:
        if source.action in DELETED and source.id in holders:
            reason = f"the resource {code(holders[source.id])} has it from now on"
            yield attrs.evolve(source, action=Action.LEFT_ALONE, reason=reason)
        else:
            yield source


def left_behind(drift: Drift, action: Action) -> Drift:
    """Return a hand edit of a source that leaves the stack; freed domains go, all else stays."""
    freed = action is Action.RELEASED and drift.path in DOMAIN_KEYS
    way = Way.DROPPED if freed else Way.LEFT_ALONE
    return attrs.evolve(drift, declared=Special.ABSENT, way=way)


def left_to_the_old_one(drift: Drift) -> Drift:
    """Return a hand edit of a source that another one replaces: what is not declared is lost."""
    return attrs.evolve(drift, way=Way.DROPPED) if drift.way is Way.LEFT_ALONE else drift


def unless_ignored(drift: Drift, ignored: Collection[str]) -> Drift:
    """Return a hand edit; one that the program ignores looks as if it were declared."""
    path = drift.path if drift.path in ("name", "enabled") else f"deployment.{drift.path}"
    covered = any(path == each or path.startswith(f"{each}.") or each == "*" for each in ignored)
    keeps = covered and drift.way is Way.DECLARED
    return attrs.evolve(drift, way=Way.IGNORED) if keeps else drift


def named_secrets(detailed: Any, before: View, after: View) -> tuple[Change, ...]:
    """Return the secrets that change according to the engine, which knows with the full plugin."""
    paths = detailed if isinstance(detailed, Mapping) else {}
    keys = {snake_case(re.split(r"[.\[]", str(path))[-1]) for path in paths}
    return tuple(
        Change(key, Special.SECRET, Special.SECRET)
        for key in sorted(keys)
        if before.declared.get(key) is after.declared.get(key) is Special.SECRET
    )


def hidden_keys(before: View | None, after: View | None) -> tuple[str, ...]:
    """Return the keys that are masked before and after; at least one must have changed."""
    if before is None or after is None:
        return ()
    if before.deployment is Special.SECRET:
        return ("deployment",)
    masked = [
        key
        for values in (before.arguments, before.declared)
        for key, value in values.items()
        if value is Special.SECRET
        or (isinstance(value, Mapping) and Special.SECRET in value.values())
    ]
    return tuple(sorted(masked))


def moves_to_the_plugin(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Return whether the resource changes from the dynamic one to the plugin's, as it is."""
    return (old or {}).get("type") == DYNAMIC and (new or {}).get("type") == PLUGIN
