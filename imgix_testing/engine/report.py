"""What a run tells: its steps as data, and the text that a person sees, much as the CLI writes it.

Collects while the run goes on, and hands every finished line on at once. What happens in the run
is decided elsewhere.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import field, frozen

from imgix_testing.engine.property_paths import Difference, differences
from imgix_testing.engine.property_values import MASK, Properties, masked
from imgix_testing.engine.stack_state import STACK_TYPE, ResourceState, urn_name

_SIGNS = {
    "create": "+",
    "update": "~",
    "replace": "+-",
    "delete": "-",
    "delete-replaced": "--",
    "discard": "<",
    "read": ">",
    "import": "=",
}
_COLOURS = {"+": 32, "~": 33, "+-": 35, "-": 31, "--": 31, "<": 36, ">": 36, "=": 36}
_DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "delete-replaced": "deleted, as it is replaced",
    "discard": "discarded",
    "read": "read",
    "import": "imported",
}
_DIFFERENCE_SIGNS = {"add": "+", "update": "~", "delete": "-"}


@frozen
class Step:
    """What happens, or in a preview would happen, to one resource; secrets read `[secret]`."""

    op: str
    urn: str
    type: str
    name: str
    id: str
    old_inputs: Properties
    new_inputs: Properties
    old_outputs: Properties
    new_outputs: Properties
    changed: list[str]
    replaces: list[str]
    differences: tuple[Difference, ...] = field(default=(), repr=False)


def make_step(
    op: str,
    old: ResourceState | None,
    new: ResourceState | None,
    replaces: Iterable[str] = (),
    *,
    compare_outputs: bool = False,
) -> Step:
    """The step that leads from the old state of a resource to the new one."""
    shown = new or old
    if shown is None:
        raise ValueError("a step needs a resource")
    found: tuple[Difference, ...] = ()
    if old is not None and new is not None:
        found = tuple(differences(old.inputs, new.inputs))
        if compare_outputs and not found:
            found = tuple(differences(old.outputs, new.outputs))
    return Step(
        op=op,
        urn=shown.urn,
        type=shown.type,
        name=shown.name,
        id=shown.id or (old.id if old else ""),
        old_inputs=masked(old.inputs) if old else {},
        new_inputs=masked(new.inputs) if new else {},
        old_outputs=masked(old.outputs) if old else {},
        new_outputs=masked(new.outputs) if new else {},
        changed=[difference.path for difference in found],
        replaces=list(replaces),
        differences=found,
    )


@frozen
class Diagnostic:
    """Something said about a resource, or about the whole stack when there is no resource."""

    urn: str
    severity: str  # "error", "warning", or "info" for what is shown as it is
    message: str

    def __str__(self) -> str:
        return self.message if self.severity == "info" else f"{self.severity}: {self.message}"


class Report:
    """Collects a run's steps, diagnostics and lines; safe to use from many threads."""

    def __init__(
        self, *, preview: bool, on_line: Callable[[str], None], secrets: Iterable[str], colour: bool
    ) -> None:
        self.steps: list[Step] = []
        self.diagnostics: list[Diagnostic] = []
        self.lines: list[str] = []
        self._preview = preview
        self._on_line = on_line
        # The longest first, so that a secret within a secret leaves no rest of the longer one.
        self._secrets = sorted({text for text in secrets if len(text) > 2}, key=len, reverse=True)
        self._colour = colour
        self._lock = threading.RLock()

    def line(self, text: str) -> None:
        """Show lines of text."""
        with self._lock:
            for line in self.mask(text).split("\n"):
                self.lines.append(line)
                self._on_line(line)

    def mask(self, text: str) -> str:
        """The text without the configuration's secrets."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def step(self, step: Step) -> None:
        """Note a step that is done, or in a preview foreseen; show it if it changes anything."""
        with self._lock:
            if step.type == STACK_TYPE:
                return
            self.steps.append(step)
            if step.op != "same":
                self.line("\n".join(self._step_lines(step)))

    def diagnose(self, urn: str, severity: str, message: str) -> None:
        """Keep something that is shown under the diagnostics."""
        with self._lock:
            self.diagnostics.append(Diagnostic(urn, severity, self.mask(message)))

    def changes(self) -> dict[str, int]:
        """How many resources each operation met."""
        return dict(Counter(step.op for step in self.steps if step.op != "delete-replaced"))

    def close(self, stack_urn: str, outputs: Mapping[str, Any] | None, seconds: float) -> None:
        """Show what is said after the steps: diagnostics, outputs, counts, duration."""
        self._close_diagnostics(stack_urn)
        if outputs:
            self.line("\nOutputs:")
            for name, value in outputs.items():
                self.line(f"    {name}: {json.dumps(value, ensure_ascii=False)}")
        self.line("\nResources:")
        counts = self.changes()
        unchanged = counts.pop("same", 0)
        for op, count in counts.items():
            words = f"to {op}" if self._preview else _DONE[op]
            self.line(f"    {self._sign(op)} {count} {words}")
        if unchanged or not counts:
            self.line(f"    {unchanged} unchanged")
        self.line(f"\nDuration: {seconds:.1f}s\n")

    def _close_diagnostics(self, stack_urn: str) -> None:
        by_resource: dict[str, list[Diagnostic]] = {}
        for diagnostic in self.diagnostics:
            by_resource.setdefault(diagnostic.urn or stack_urn, []).append(diagnostic)
        if by_resource:
            self.line("\nDiagnostics:")
        for urn, diagnostics in by_resource.items():
            type_ = urn.split("::")[2].rsplit("$", 1)[-1]
            self.line(f"  {type_} ({urn_name(urn)}):")
            for diagnostic in diagnostics:
                self.line("\n".join(f"    {line}" for line in str(diagnostic).split("\n")))

    def _step_lines(self, step: Step) -> Iterable[str]:
        words = step.op if self._preview else _DONE[step.op]
        yield f" {self._sign(step.op):<2} {step.type} {step.name} {words}"
        for name in step.replaces:
            yield f"       replaced because of {name}"
        for difference in step.differences:
            old, new = (
                json.dumps(value, ensure_ascii=False) for value in (difference.old, difference.new)
            )
            shown = {"add": new, "delete": old, "update": f"{old} => {new}"}[difference.kind]
            yield f"       {_DIFFERENCE_SIGNS[difference.kind]} {difference.path}: {shown}"

    def _sign(self, op: str) -> str:
        sign = _SIGNS[op]
        return f"\x1b[{_COLOURS[sign]}m{sign}\x1b[0m" if self._colour else sign
