"""What a run tells: its steps as data, and the text that a person sees, much as the CLI writes it.

Collects while the run goes on, and hands every finished line on at once. What happens in the run
is decided elsewhere.
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

# An operation's sign, its colour, and what a person reads when it is done.
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
# These are parts of other steps, which the CLI's JSON has and its text does not count.
_NEVER_SHOWN = ("refresh", "create-replacement")
PARTS = (*_NEVER_SHOWN, "delete-replaced")
_DIFFERENCES = {"add": ("+", 2), "update": ("~", 3), "delete": ("-", 1)}
_SEVERITIES = {"error": 1, "warning": 3}
_HEADLINE = 13


@frozen
class Step:
    """What happens, or in a preview would happen, to one resource; secrets read `[secret]`."""

    op: str
    old: ResourceState | None = field(repr=False)
    new: ResourceState | None = field(repr=False)
    # The properties because of which a resource is replaced.
    replaces: list[str] = field(factory=list)
    # Whether the outputs are worth a look where the inputs are alike.
    compare_outputs: bool = False

    @property
    def resource(self) -> ResourceState:
        """The resource as it is afterwards, or was before it goes."""
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
        """What is declared; empty for what goes."""
        return dict(masked(self.new.inputs)) if self.new else {}

    @property
    def new_outputs(self) -> Properties:
        """What came of it; in a preview the same as what is declared."""
        return dict(masked(self.new.outputs)) if self.new else {}

    @property
    def changed(self) -> list[str]:
        """The paths at which old and new differ."""
        return [difference.path for difference in self.differences()]

    def differences(self) -> list[Difference]:
        """What a person is shown of the change."""
        if self.old is None or self.new is None:
            return []
        found = list(differences(self.old.inputs, self.new.inputs))
        if self.compare_outputs and not found:
            return list(differences(self.old.outputs, self.new.outputs))
        return found


@frozen
class Diagnostic:
    """Something said about a resource, or about the whole stack when there is no resource."""

    urn: str
    # "error" or "warning"; "info", or "info#err" for standard error, is shown as it is.
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
        """What happened to each resource but the stack itself."""
        return [
            step
            for step in self.steps
            if step.op not in _NEVER_SHOWN and step.resource.type != STACK_TYPE
        ]

    def changes(self) -> dict[str, int]:
        """How many resources each operation met."""
        return dict(Counter(step.op for step in self.shown_steps() if step.op not in PARTS))

    def headline(self, text: str) -> None:
        """Show where a part of the output begins."""
        space = "\n" if self.lines else ""
        self.line(space + self._painted(text, _HEADLINE, bold=True))

    def line(self, text: str) -> None:
        """Show lines of text."""
        with self._lock:
            for line in self._masked(text).split("\n"):
                self.lines.append(line)
                self.on_line(line)

    def add(self, step: Step) -> None:
        """Note what is done, or in a preview foreseen; show it if it changes anything."""
        with self._lock:
            self.steps.append(step)
            if step.op not in (*_NEVER_SHOWN, "same") and step.resource.type != STACK_TYPE:
                self.line("\n".join(self._step_lines(step)))

    def diagnose(self, urn: str, severity: str, message: str) -> None:
        """Keep something that is shown under the diagnostics."""
        with self._lock:
            self.diagnostics.append(Diagnostic(urn, severity, self._masked(message)))

    def printed(self, line: str, error: bool) -> None:
        """Keep a line that a process printed, on standard error or not."""
        # The CLI tells printed lines from logged ones by a second line break.
        self.diagnose("", "info#err" if error else "info", f"{line}\n")

    def close(self, stack_urn: str, outputs: Mapping[str, Any], seconds: float) -> None:
        """Show what is said after the steps: diagnostics, outputs, counts, duration."""
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
        # The longest first, so that a secret within a secret leaves no rest of the longer one.
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
