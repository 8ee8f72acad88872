"""A preview as data: stacks, their sources, what changes, what was changed by hand.

Hidden values are a `Special`. A finished model holds no secret: if a value is masked at one moment
of a source, it is masked at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Any, Final

import attrs


class Special(Enum):
    """Stands for a value that cannot be shown."""

    ABSENT = "absent"
    """It is not declared."""
    SECRET = "secret"
    UNKNOWN = "unknown"
    """It becomes known when the change is carried out."""


class Severity(Enum):
    """How much a finding matters, worst first."""

    ERROR = "error"
    """The run would fail, or do harm."""
    WARNING = "warning"
    """Somebody should think about it first."""
    NOTE = "note"
    """Good to know; no need to act."""


SEVERITIES: Final = tuple(Severity)


class Action(Enum):
    """What the run does to a source."""

    CREATED = "created"
    ADOPTED = "adopted"
    UPDATED = "updated"
    REPLACED = "replaced"
    DISABLED = "disabled"
    RELEASED = "released"
    LEFT_ALONE = "left alone"
    READ = "read"
    UNCHANGED = "unchanged"


DELETED: Final = frozenset({Action.DISABLED, Action.RELEASED, Action.LEFT_ALONE})
"""What can happen to a source that leaves the stack."""


class Way(Enum):
    """What happens to something that was changed at imgix, outside of the stack."""

    PUT_BACK = "put back"
    """The run sets it to what the stack recorded."""
    OVERWRITTEN = "overwritten"
    """The run sets it to something new."""
    LEFT_ALONE = "left alone"
    """It is not declared, so it stays."""
    DROPPED = "dropped"
    """It is not declared, and the run makes a source without it, or of a type that lacks it."""
    IGNORED = "ignored"
    """The program asks to ignore it (`ignore_changes`), so it stays."""
    DECLARED = "declared now"
    """The program now says the same."""
    GONE = "gone"
    """The source is no longer at imgix."""


@attrs.frozen
class Place:
    """Where a source is declared."""

    file: str
    line: int | None = None
    path: str = ""
    """The path in a stack's configuration; empty if the source is declared in a program."""

    def __str__(self) -> str:
        """Return the place in readable form."""
        if self.path:
            return f"{self.path} in {self.file}"
        return self.file if self.line is None else f"{self.file}:{self.line}"


@attrs.frozen(kw_only=True)
class View:
    """A source at one moment: as in the state, as imgix shows it, or as declared."""

    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    """Everything declared except the deployment."""
    deployment: Mapping[str, Any] | Special = attrs.field(factory=dict)
    effective: Mapping[str, Any] = attrs.field(factory=dict)
    """All that imgix serves with; empty if that is not known."""

    @property
    def declared(self) -> Mapping[str, Any]:
        """The deployment's keys; none if it is entirely masked or unknown."""
        return {} if isinstance(self.deployment, Special) else self.deployment

    @property
    def type(self) -> str:
        """The deployment type; empty if it is hidden."""
        found = self.declared.get("type")
        return found if isinstance(found, str) else ""

    def argument(self, name: str) -> Any:
        """Return an argument, or its default."""
        return self.arguments.get(name, ARGUMENTS.get(name, Special.ABSENT))


ARGUMENTS: Final[Mapping[str, Any]] = {
    "name": Special.ABSENT,
    "enabled": True,
    "on_delete": "disable",
    "on_type_change": "update",
    "adopt": Special.ABSENT,
    "wait_for_deployed": True,
    "deploy_timeout": 300,
}
"""A source's arguments besides its deployment, with their defaults."""

LOCAL: Final = frozenset(ARGUMENTS) - {"name", "enabled"}
"""The arguments that are never sent to imgix."""


@attrs.frozen
class Change:
    """One value that the run changes."""

    path: str
    """`name`, or a key of the deployment, or `default_params.q`."""
    before: Any
    after: Any
    goes_to: Any = Special.ABSENT
    """What a value that is no longer declared goes back to."""
    served: Any = Special.ABSENT
    """What imgix served with before, if it was not declared."""


@attrs.frozen
class Drift:
    """One value that was changed at imgix, outside of the stack."""

    path: str
    recorded: Any
    live: Any
    declared: Any
    way: Way


@attrs.frozen
class TypeChange:
    """A change of a source's deployment type."""

    old: str
    new: str
    goes: tuple[str, ...]
    comes: tuple[str, ...]
    stays: tuple[str, ...]
    """The keys declared before and after, unchanged."""


@attrs.frozen
class Said:
    """A line from the provider, the program or a policy in the preview."""

    severity: Severity
    text: str
    by: str = "provider"


@attrs.frozen(kw_only=True)
class Source:
    """A source of imgix in a preview, and what the run does to it."""

    urn: str
    resource: str
    """The name in the program."""
    parents: tuple[str, ...] = ()
    """The components that it is part of, outermost first."""
    name: str
    """The display name, or the resource's name if that is hidden."""
    id: str = ""
    action: Action
    before: View | None = None
    """As in the state."""
    live: View | None = None
    """As imgix shows it; None if it was not read."""
    after: View | None = None
    """As declared."""
    changes: tuple[Change, ...] = ()
    type_change: TypeChange | None = None
    drift: tuple[Drift, ...] = ()
    hidden: tuple[str, ...] = ()
    """If nothing visible changes: the masked keys, one of which must have changed."""
    place: Place | None = None
    said: tuple[Said, ...] = ()
    reason: str = ""
    """Why a source that leaves the stack is left alone."""
    renamed_from: str = ""
    imported: bool = False
    """Whether the option `import` of the resource brings it into the stack in this run."""

    @property
    def now(self) -> View | None:
        """The source before the run, as last seen."""
        return self.live or self.before

    @property
    def order(self) -> tuple[Any, ...]:
        """The key that sources are sorted by."""
        return (self.parents, self.resource, self.urn)


@attrs.frozen(kw_only=True)
class Stack:
    """One preview."""

    label: str
    stack: str = ""
    project: str = ""
    failed: bool = False
    problems: tuple[str, ...] = ()
    """Why it failed."""
    refresh_only: bool = False
    """Whether it is the preview of a refresh, which shows no values."""
    differing: int = 0
    """The number of changed resources in such a preview."""
    destroys: bool = False
    """Whether everything in the stack is deleted."""
    said: tuple[Said, ...] = ()
    """Messages that are not about one particular source."""
    sources: tuple[Source, ...] = ()
    others: Mapping[str, int] = attrs.field(factory=dict)
    """How many other resources are created, updated and so on."""
    unlisted: int = 0
    """How many unchanged resources the preview counts but does not list."""
    looked_for_drift: bool | None = None
    """Whether it was compared with imgix; None if there is nothing to compare yet."""
    unlooked: int = 0
    """How many sources were not compared, while others were."""
    creates_per_hour: int = 60
    updates_per_hour: int = 60

    def counts(self) -> dict[Action, int]:
        """Return the number of sources for each action, in the order of actions."""
        counts = dict.fromkeys(Action, 0)
        for source in self.reached:
            counts[source.action] += 1
        return counts

    @property
    def reached(self) -> tuple[Source, ...]:
        """The sources that the preview came to, before it failed."""
        return tuple(
            source
            for source in self.sources
            if not self.failed or source.after or source.action is not Action.UNCHANGED
        )

    @property
    def drifted(self) -> int:
        """How many sources were changed at imgix, outside of the stack."""
        return self.differing + sum(bool(source.drift) for source in self.sources)

    @property
    def hides_drift(self) -> bool:
        """Whether no drift is seen, but masked values differ, which may be edited by hand."""
        return not self.drifted and any(source.hidden for source in self.sources)

    @property
    def others_change(self) -> bool:
        """Whether resources other than sources change."""
        return any(word != "read" for word in self.others)

    @property
    def changed(self) -> tuple[Source, ...]:
        """The sources that the run changes, or that somebody should look at."""
        return tuple(
            source
            for source in self.sources
            if source.action is not Action.UNCHANGED or source.said or source.renamed_from
        )


@attrs.frozen(kw_only=True)
class Finding:
    """What a rule found."""

    rule: str
    severity: Severity
    source: Source | None
    sentence: str
    """What would go wrong; values in it are marked, see `words`."""
    advice: str = ""
    """What to do about it."""
    page: str = ""
    """Where imgix documents it."""


@attrs.frozen(kw_only=True, slots=False)  # older attrs has no slot for a cached property
class Reviewed:
    """A preview and what the rules found in it."""

    stack: Stack
    findings: tuple[Finding, ...]

    @cached_property
    def alarming(self) -> frozenset[str]:
        """The URNs of the sources with an error or a warning."""
        return frozenset(
            finding.source.urn
            for finding in self.findings
            if finding.source is not None and finding.severity is not Severity.NOTE
        )
