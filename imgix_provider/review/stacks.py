"""Makes the model of a preview from its steps and diagnostics.

A source has up to three moments. Its `refresh` step has what the stack recorded; the next step has
what imgix shows and what is declared. Without a refresh, the old state of that step is what was
recorded, and what imgix shows is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from imgix_provider.review.compare import changes_between, drift_between, type_change_between
from imgix_provider.review.fates import (
    action_of,
    handed_over,
    hidden_keys,
    left_behind,
    left_to_the_old_one,
    moves_to_the_plugin,
    named_secrets,
    unless_ignored,
)
from imgix_provider.review.model import (
    DELETED,
    Action,
    Change,
    Drift,
    Place,
    Said,
    Source,
    Special,
    Stack,
    View,
    Way,
)
from imgix_provider.review.places import CONFIGURED, in_configuration
from imgix_provider.review.read import Preview
from imgix_provider.review.shape import TYPES, ignored_paths, seal, view_of
from imgix_provider.review.steps import OPERATIONS, STACK, Step, Urn, in_order, old_urn, state_of
from imgix_provider.review.told import Line, told_in
from imgix_provider.review.words import clean, code

_OTHERS: Final[Mapping[str, str]] = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "read": "read",
    "import": "imported",
}


def make_stack(preview: Preview, label: str = "", fallback: str = "preview") -> Stack:
    """Return the model of a preview.

    Args:
        preview: The preview.
        label: What to call the stack; its own name if this is empty.
        fallback: What to call it if the preview does not say its name.
    """
    return _Builder(preview).stack(label, fallback)


class _Builder:
    """Puts the steps of one preview together."""

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self._refreshed: dict[str, Step] = {}
        self._steps: dict[str, Step] = {}
        for step in (steps := in_order(preview.steps)):
            urn = step["urn"]
            if step["op"] == "refresh":
                self._refreshed.setdefault(urn, step)
            elif step["op"] in OPERATIONS and _rank(step) < _rank(self._steps.get(urn)):
                self._steps[urn] = step
        self._told = told_in(preview.diagnostics, preview.secrets)
        self._urns = {urn: Urn.parse(urn) for urn in (*self._refreshed, *self._steps)}
        self._imported = {step["urn"] for step in steps if step["op"] == "import"}
        self._followed = {old_urn(step) for step in self._steps.values()}

    def stack(self, label: str, fallback: str) -> Stack:
        named = [urn for urn in self._urns.values() if urn.stack]
        first = min(named, key=lambda urn: urn.text, default=Urn("", "", "", ("",), ""))
        failed = self._preview.failed or self._told.failed
        refresh_only = not failed and bool(self._refreshed) and not self._steps_of_a_program()
        unlisted = 0 if failed or refresh_only else self._unlisted()
        sources, loose = self._with_lines(self._sources(failed or refresh_only or unlisted > 0))
        return Stack(
            label=clean(label or first.stack or fallback),
            stack=clean(first.stack),
            project=clean(first.project),
            failed=failed,
            problems=self._told.problems,
            refresh_only=refresh_only,
            differing=_number(self._preview.summary.get("update")) if refresh_only else 0,
            destroys=any(
                step["op"] == "delete" and self._urns[urn].type == STACK
                for urn, step in self._steps.items()
            ),
            said=loose,
            sources=sources,
            others=self._others(),
            unlisted=unlisted,
            looked_for_drift=self._looked(sources, unlisted),
            unlooked=0 if failed else self._unlooked(),
            creates_per_hour=self._preview.limits.get("createsPerHour", 60),
            updates_per_hour=self._preview.limits.get("updatesPerHour", 60),
        )

    def _steps_of_a_program(self) -> bool:
        return any(step["op"] != "delete" for step in self._steps.values()) or any(
            self._urns[urn].type == STACK for urn in self._steps
        )

    def _unlisted(self) -> int:
        """Return how many unchanged resources the summary counts but no step shows."""
        if self._preview.from_events:
            return 0
        listed = len([step for step in self._steps.values() if step["op"] == "same"])
        return max(0, _number(self._preview.summary.get("same")) - listed)

    def _unlooked(self) -> int:
        """Return how many sources were not compared, while others were, as with `--target`."""
        compared = [
            old_urn(step) in self._refreshed
            for urn, step in self._steps.items()
            if self._urns[urn].type in TYPES and step["op"] != "read" and state_of(step, "oldState")
        ]
        return compared.count(False) if any(compared) else 0

    def _looked(self, sources: tuple[Source, ...], unlisted: int) -> bool | None:
        if self._refreshed:
            return True
        return False if unlisted or any(source.before for source in sources) else None

    def _sources(self, is_partial: bool) -> tuple[Source, ...]:
        """Return all sources; in a partial preview, those without a step count as unchanged."""
        found = [
            self._source(urn, step)
            for urn, step in self._steps.items()
            if self._urns[urn].type in TYPES
        ]
        for urn, step in self._refreshed.items():
            if self._urns[urn].type in TYPES and urn not in self._followed:
                make = self._unfollowed if is_partial else self._gone
                found.append(make(urn, step))
        found.sort(key=lambda source: source.order)
        return tuple(handed_over(found))

    def _source(self, urn: str, step: Step) -> Source:
        old, new = state_of(step, "oldState"), state_of(step, "newState")
        refresh = self._refreshed.get(old_urn(step))
        recorded = state_of(refresh, "oldState") if refresh else None
        is_delete = step["op"] in ("delete", "delete-replaced")
        before, live, after = seal(
            _view(recorded or old),
            _view(old, refreshed=True) if recorded else None,
            None if is_delete else _view(new),
        )
        action, reason = action_of(step["op"], live or before, after, old)
        if action in DELETED and (keeper := self._deleted_with(old)):
            action = Action.LEFT_ALONE
            reason = f"with {code('deleted_with')} {code(keeper)}, Pulumi does not disable it"
        changes: tuple[Change, ...] = ()
        type_change = None
        drift: tuple[Drift, ...] = ()
        if recorded and not old:
            drift = (Drift("", Special.ABSENT, Special.ABSENT, Special.ABSENT, Way.GONE),)
        elif is_delete and before and live:
            drift = tuple(left_behind(each, action) for each in drift_between(before, live, live))
        elif before and after and step["op"] not in ("read", "create"):
            drift = drift_between(before, live, after) if live else ()
            ignored = ignored_paths(new or {})
            drift = tuple(unless_ignored(each, ignored) for each in drift)
            if action is Action.REPLACED:
                drift = tuple(map(left_to_the_old_one, drift))
            declared = {each.path for each in drift if each.way in (Way.DECLARED, Way.IGNORED)}
            changes = tuple(c for c in changes_between(before, after) if c.path not in declared)
            changes += named_secrets(step.get("detailedDiff"), before, after)
            if urn in self._imported:  # what was never declared stays
                changes = tuple(c for c in changes if c.after is not Special.ABSENT)
            type_change = type_change_between(before, after)
        if is_delete and self._refreshed and not self._steps_of_a_program():
            action = Action.UNCHANGED
            drift = (Drift("", Special.ABSENT, Special.ABSENT, Special.ABSENT, Way.GONE),)
        is_told = changes or type_change or drift or moves_to_the_plugin(old, new)
        shown = new or old or {}
        return Source(
            **self._identity(urn, shown, after, live, before),
            id=clean(str((old or {}).get("id") or (new or {}).get("id") or "")),
            action=action,
            before=before,
            live=live,
            after=after,
            changes=changes,
            type_change=type_change,
            drift=drift,
            hidden=hidden_keys(before, after) if action is Action.UPDATED and not is_told else (),
            reason=reason,
            renamed_from=clean(self._renamed(urn, step)),
            imported=urn in self._imported,
        )

    def _deleted_with(self, old: Any) -> str:
        """Return the deleted resource with which Pulumi takes this one to be deleted, if any."""
        step = self._steps.get(urn := str((old or {}).get("deletedWith") or ""))
        return self._urns[urn].name if step and step["op"].startswith("delete") else ""

    def _renamed(self, urn: str, step: Step) -> str:
        old = old_urn(step)
        return Urn.parse(old).name if old != urn else ""

    def _unfollowed(self, urn: str, step: Step) -> Source:
        state = state_of(step, "oldState") or {}
        (before,) = seal(_view(state))
        return Source(
            **self._identity(urn, state, before),
            id=clean(str(state.get("id") or "")),
            action=Action.UNCHANGED,
            before=before,
        )

    def _gone(self, urn: str, step: Step) -> Source:
        gone = Drift("", Special.ABSENT, Special.ABSENT, Special.ABSENT, Way.GONE)
        return attrs.evolve(
            self._unfollowed(urn, step),
            action=Action.LEFT_ALONE,
            reason="it is no longer at imgix; the stack forgets it",
            drift=(gone,),
        )

    def _identity(self, urn: str, state: Step, *views: View | None) -> dict[str, Any]:
        parsed = self._urns[urn]
        name = next(
            (
                found
                for view in views
                if view and isinstance(found := view.argument("name"), str) and found.strip()
            ),
            parsed.name,
        )
        place = state.get("place")
        if not isinstance(place, Place):
            place = None
        elif place.file == CONFIGURED:
            place = in_configuration(parsed.project, parsed.stack, parsed.name)
        return {
            "urn": urn,
            "resource": clean(parsed.name),
            "name": clean(name),
            "parents": tuple(self._parents(state)),
            "place": place,
        }

    def _parents(self, state: Step) -> list[str]:
        """Return the components above a resource, outermost first."""
        found: list[str] = []
        parent = state.get("parent")
        while isinstance(parent, str) and parent and len(found) < 20:
            urn = Urn.parse(parent)
            if urn.type == STACK:
                break
            found.insert(0, clean(urn.name))
            step = self._steps.get(parent) or self._refreshed.get(parent) or {}
            above = state_of(step, "newState") or state_of(step, "oldState") or {}
            parent = above.get("parent")
        return found

    def _others(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for urn, step in self._steps.items():
            kind = self._urns[urn].type
            word = _OTHERS.get(step["op"])
            if word and kind != STACK and kind not in TYPES and ":providers:" not in kind:
                counts[word] = counts.get(word, 0) + 1
        return {word: counts[word] for word in _OTHERS.values() if word in counts}

    def _with_lines(
        self, sources: tuple[Source, ...]
    ) -> tuple[tuple[Source, ...], tuple[Said, ...]]:
        """Give each source the messages about it; return those about none or several."""
        of: dict[str, list[Line]] = {source.urn: [] for source in sources}
        loose: list[Said] = []
        for line in self._told.lines:
            meant = [source for source in sources if _is_about(line, source)]
            if len(meant) > 1 and line.secrets:
                meant = [source for source in meant if source.hidden] or meant
            if len(meant) == 1:
                of[meant[0].urn].append(line)
            else:
                about = f"{code(line.name)}: " if line.name else ""
                loose.append(attrs.evolve(line.said, text=f"{about}{line.said.text}"))
        return tuple(_told(source, of[source.urn]) for source in sources), tuple(loose)


def _is_about(line: Line, source: Source) -> bool:
    if line.urn:
        return line.urn == source.urn
    if line.id and source.id and line.id != source.id and source.action is not Action.ADOPTED:
        return False
    return line.name == source.name or bool(line.id and line.id == source.id)


def _told(source: Source, lines: list[Line]) -> Source:
    named = sorted({key for line in lines for key in line.secrets})
    secret = tuple(Change(key, Special.SECRET, Special.SECRET) for key in named)
    known = {change.path for change in source.changes}
    comes = set(source.type_change.comes) if source.type_change else set[str]()
    return attrs.evolve(
        source,
        changes=(*source.changes, *(c for c in secret if c.path not in known | comes)),
        hidden=() if named else source.hidden,
        said=tuple(line.said for line in lines if not line.is_shown_anyway),
    )


def _rank(step: Step | None) -> int:
    return OPERATIONS.index(step["op"]) if step else len(OPERATIONS)


def _view(state: dict[str, Any] | None, refreshed: bool = False) -> View | None:
    return view_of(state, refreshed) if state else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
