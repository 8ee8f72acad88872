"""A preview as data: stacks, their sources, what changes, what was changed by hand.

Values that nobody may or can see are a `Special`. Once a model is made, no secret is in it: where
one moment of a source masks a value, no other moment of it holds that value either.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Any, Final

import attrs


class Special(Enum):
    """What stands for a value that is not there to be shown."""

    ABSENT = "absent"
    """Nobody declared it."""
    SECRET = "secret"
    UNKNOWN = "unknown"
    """It becomes known while the change is carried out."""


class Severity(Enum):
    """How much a finding matters, the worst first."""

    ERROR = "error"
    """The run would fail, or do harm."""
    WARNING = "warning"
    """Somebody should have thought of it."""
    NOTE = "note"
    """Good to know; nobody needs to act."""


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
"""What becomes of a source that leaves the stack."""


class Way(Enum):
    """What becomes of something that was changed at imgix, outside of the stack."""

    PUT_BACK = "put back"
    """The run sets it to what the stack recorded."""
    OVERWRITTEN = "overwritten"
    """The run sets it to something new."""
    LEFT_ALONE = "left alone"
    """It is not declared, so it stays."""
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
    """The path in a stack's configuration, or empty where the source is declared in a program."""

    def __str__(self) -> str:
        """Return the place as people write it."""
        if self.path:
            return f"{self.path} in {self.file}"
        return self.file if self.line is None else f"{self.file}:{self.line}"


@attrs.frozen(kw_only=True)
class View:
    """A source at one moment: as the state has it, as imgix shows it, or as it is declared."""

    arguments: Mapping[str, Any] = attrs.field(factory=dict)
    """Everything declared but the deployment."""
    deployment: Mapping[str, Any] | Special = attrs.field(factory=dict)
    effective: Mapping[str, Any] = attrs.field(factory=dict)
    """All that imgix serves with; empty where that is not known."""

    @property
    def declared(self) -> Mapping[str, Any]:
        """The deployment's keys; none where it is masked or unknown as a whole."""
        return {} if isinstance(self.deployment, Special) else self.deployment

    @property
    def type(self) -> str:
        """The deployment type, or empty where it cannot be seen."""
        found = self.declared.get("type")
        return found if isinstance(found, str) else ""

    def argument(self, name: str) -> Any:
        """Return an argument, or what it is when nobody gives it."""
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
"""What a source takes beside its deployment, with what it is when nobody gives it."""

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
    """What a value that is declared no longer goes back to."""
    served: Any = Special.ABSENT
    """What imgix serves with before, where nobody declared it."""


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
    """Another type of deployment for a source."""

    old: str
    new: str
    goes: tuple[str, ...]
    comes: tuple[str, ...]
    stays: tuple[str, ...]
    """What is declared before and after, and has not changed."""


@attrs.frozen
class Said:
    """A line that the provider, the program or Pulumi said in the preview."""

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
    """The components that it is part of, the outermost first."""
    name: str
    """The display name, or the resource's where it cannot be seen."""
    id: str = ""
    action: Action
    before: View | None = None
    """As the state has it."""
    live: View | None = None
    """As imgix shows it; None where nobody looked."""
    after: View | None = None
    """As it is declared."""
    changes: tuple[Change, ...] = ()
    type_change: TypeChange | None = None
    drift: tuple[Drift, ...] = ()
    hidden: tuple[str, ...] = ()
    """Where nothing visible changes: the keys of which one must have changed."""
    place: Place | None = None
    said: tuple[Said, ...] = ()
    reason: str = ""
    """Why a source that leaves the stack is left alone."""
    renamed_from: str = ""

    @property
    def now(self) -> View | None:
        """The source as it is before the run, as far as anybody looked."""
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
    """How many resources such a preview counts as changed."""
    destroys: bool = False
    """Whether everything in the stack is deleted."""
    said: tuple[Said, ...] = ()
    """What was said about no source in particular."""
    sources: tuple[Source, ...] = ()
    others: Mapping[str, int] = attrs.field(factory=dict)
    """How many other resources are created, updated and so on."""
    unlisted: int = 0
    """How many unchanged resources the preview counts and does not list."""
    looked_for_drift: bool | None = None
    """Whether it was compared with imgix; None where there is nothing yet to compare."""
    creates_per_hour: int = 60
    updates_per_hour: int = 60

    def counts(self) -> dict[Action, int]:
        """Return how many sources there are of each action, all actions in their order."""
        counts = dict.fromkeys(Action, 0)
        for source in self.sources:
            counts[source.action] += 1
        return counts

    @property
    def drifted(self) -> int:
        """How many sources were changed at imgix, outside of the stack."""
        return self.differing + sum(bool(source.drift) for source in self.sources)

    @property
    def others_change(self) -> bool:
        """Whether resources that are no sources change."""
        return any(word != "read" for word in self.others)

    @property
    def changed(self) -> tuple[Source, ...]:
        """The sources that the run does something to, or that somebody should look at."""
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
        """The URNs of the sources about which there is an error or a warning."""
        return frozenset(
            finding.source.urn
            for finding in self.findings
            if finding.source is not None and finding.severity is not Severity.NOTE
        )
