"""What a run reports: its steps as data, and the text that a person sees, much as in the CLI.

Collects during the run, and passes on every finished line at once. It decides nothing about the
run.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from attrs import define, field, frozen

from imgix_testing.engine.property_paths import Difference, differences
from imgix_testing.engine.property_values import MASK, Properties, masked
from imgix_testing.engine.state import STACK_TYPE, ResourceState, urn_name

# An operation's sign, its colour, and the word for it once it is done.
_OPERATIONS = {
    "create": ("+", 2, "created"),
    "update": ("~", 3, "updated"),
    "replace": ("+-", 13, "replaced"),
    "delete": ("-", 1, "deleted"),
    "delete-replaced": ("--", 9, "deleted, as it is replaced"),
    "discard": ("<", 6, "discarded"),
    "read": (">", 6, "read"),
    "import": ("=", 6, "imported"),
}
# Parts of other steps; the CLI's JSON has them, but its text does not count them.
_NEVER_SHOWN = ("refresh", "create-replacement")
PARTS = (*_NEVER_SHOWN, "delete-replaced")
_DIFFERENCES = {"add": ("+", 2), "update": ("~", 3), "delete": ("-", 1)}
_SEVERITIES = {"error": 1, "warning": 3}
_HEADLINE = 13


@frozen
class Step:
    """What happens, or would happen in a preview, to one resource; secrets show as `[secret]`."""

    op: str
    old: ResourceState | None = field(repr=False)
    new: ResourceState | None = field(repr=False)
    # The properties that require a replacement.
    replaces: list[str] = field(factory=list)
    # Whether to compare the outputs if the inputs are equal.
    compare_outputs: bool = False

    @property
    def resource(self) -> ResourceState:
        """The resource after the step, or before it if the step deletes it."""
        return cast(ResourceState, self.new or self.old)

    @property
    def name(self) -> str:
        """The name that the program gave the resource."""
        return self.resource.name

    @property
    def id(self) -> str:
        """The id of the resource; empty before it is created."""
        return self.resource.id

    @property
    def new_inputs(self) -> Properties:
        """The declared inputs; empty if the resource is deleted."""
        return dict(masked(self.new.inputs)) if self.new else {}

    @property
    def new_outputs(self) -> Properties:
        """The outputs after the step; in a preview, the same as the inputs."""
        return dict(masked(self.new.outputs)) if self.new else {}

    @property
    def changed(self) -> list[str]:
        """The paths at which the old and the new resource differ."""
        return [difference.path for difference in self.differences()]

    def differences(self) -> list[Difference]:
        """Return the differences that a person is shown."""
        if self.old is None or self.new is None:
            return []
        found = list(differences(self.old.inputs, self.new.inputs))
        if self.compare_outputs and not found:
            return list(differences(self.old.outputs, self.new.outputs))
        return found


@frozen
class Diagnostic:
    """A message about a resource or, without one, about the whole stack."""

    urn: str
    # "error" or "warning"; "info", or "info#err" for standard error, is shown without a label.
    severity: str
    message: str

    def __str__(self) -> str:
        text = self.message.rstrip("\n")
        return f"{self.severity}: {text}" if self.severity in _SEVERITIES else text


@define
class Report:
    """Collects a run's events, diagnostics and lines; safe to use from many threads."""

    preview: bool
    colour: bool
    on_line: Callable[[str], None]
    secrets: set[str] = field(repr=False)
    steps: list[Step] = field(factory=list)
    diagnostics: list[Diagnostic] = field(factory=list)
    lines: list[str] = field(factory=list)
    _lock: Any = field(factory=threading.RLock)

    def shown_steps(self) -> list[Step]:
        """Return what happened to each resource except the stack itself."""
        return [
            step
            for step in self.steps
            if step.op not in _NEVER_SHOWN and step.resource.type != STACK_TYPE
        ]

    def changes(self) -> dict[str, int]:
        """Return the number of resources for each operation."""
        return dict(Counter(step.op for step in self.shown_steps() if step.op not in PARTS))

    def headline(self, text: str) -> None:
        """Show the heading of a part of the output."""
        space = "\n" if self.lines else ""
        self.line(space + self._painted(text, _HEADLINE, bold=True))

    def line(self, text: str) -> None:
        """Show lines of text."""
        with self._lock:
            for line in self._masked(text).split("\n"):
                self.lines.append(line)
                self.on_line(line)

    def add(self, step: Step) -> None:
        """Record a step that is done, or planned in a preview; show it if it changes anything."""
        with self._lock:
            self.steps.append(step)
            if step.op not in (*_NEVER_SHOWN, "same") and step.resource.type != STACK_TYPE:
                self.line("\n".join(self._step_lines(step)))

    def diagnose(self, urn: str, severity: str, message: str) -> None:
        """Keep a message to show under the diagnostics."""
        with self._lock:
            self.diagnostics.append(Diagnostic(urn, severity, self._masked(message)))

    def printed(self, line: str, error: bool) -> None:
        """Keep a line that a process printed, on standard output or standard error."""
        # In the CLI, a printed line differs from a logged one by a second line break.
        self.diagnose("", "info#err" if error else "info", f"{line}\n")

    def close(self, stack_urn: str, outputs: Mapping[str, Any], seconds: float) -> None:
        """Show what comes after the steps: diagnostics, outputs, counts, duration."""
        by_resource: dict[str, list[Diagnostic]] = {}
        for diagnostic in self.diagnostics:
            by_resource.setdefault(diagnostic.urn or stack_urn, []).append(diagnostic)
        if by_resource:
            self.headline("Diagnostics:")
        for urn, diagnostics in by_resource.items():
            type_ = urn.split("::")[2].rsplit("$", 1)[-1]
            self.line(f"  {type_} ({urn_name(urn)}):")
            for diagnostic in diagnostics:
                self.line(self._diagnostic_text(diagnostic))
        if outputs:
            self.headline("Outputs:")
            for name, value in outputs.items():
                self.line(f"    {name}: {_shown(value)}")
        self._close_counts()
        self.line(f"\n{self._painted('Duration:', _HEADLINE, bold=True)} {seconds:.1f}s\n")

    def _close_counts(self) -> None:
        self.headline("Resources:")
        counts = self.changes()
        unchanged = counts.pop("same", 0)
        for op, count in counts.items():
            sign, colour, done = _OPERATIONS[op]
            words = f"to {op}" if self.preview else done
            self.line("    " + self._painted(f"{sign} {count} {words}", colour))
        if unchanged or not counts:
            self.line(f"    {unchanged} unchanged")

    def _masked(self, text: str) -> str:
        # Longest first, so that a secret within a longer one leaves nothing of the longer one.
        for secret in sorted(self.secrets, key=len, reverse=True):
            if len(secret) > 2:
                text = text.replace(secret, MASK)
        return text

    def _diagnostic_text(self, diagnostic: Diagnostic) -> str:
        text = str(diagnostic)
        if colour := _SEVERITIES.get(diagnostic.severity):
            word = f"{diagnostic.severity}:"
            text = self._painted(word, colour) + text.removeprefix(word)
        return "\n".join(f"    {line}" for line in text.split("\n"))

    def _step_lines(self, step: Step) -> Iterable[str]:
        sign, colour, done = _OPERATIONS[step.op]
        words = step.op if self.preview else done
        sign, words = self._painted(f"{sign:<2}", colour), self._painted(words, colour)
        yield f" {sign} {step.resource.type} {step.name} {words}"
        for key in step.replaces:
            yield f"       replaced because of {key}"
        for difference in step.differences():
            sign, colour = _DIFFERENCES[difference.kind]
            old, new = _shown(difference.old), _shown(difference.new)
            shown = {"add": new, "delete": old, "update": f"{old} => {new}"}[difference.kind]
            yield f"       {self._painted(f'{sign} {difference.path}: {shown}', colour)}"

    def _painted(self, text: str, colour: int, *, bold: bool = False) -> str:
        if not self.colour:
            return text
        return f"\x1b[{'1;' if bold else ''}38;5;{colour}m{text}\x1b[0m"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
