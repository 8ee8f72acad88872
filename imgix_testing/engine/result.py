"""The result of an operation on a stack, for tests to look at."""

from typing import Any

from attrs import field, frozen

from imgix_testing.engine.report import Report, Step


@frozen
class Result:
    """How an operation ended; secrets show as `[secret]` everywhere."""

    ok: bool
    outputs: dict[str, Any]
    seconds: float
    report: Report = field(repr=False)
    # The preview before an update.
    preview: "Result | None" = field(default=None, repr=False)

    @property
    def steps(self) -> list[Step]:
        """What happened to each resource except the stack itself, in order."""
        return self.report.shown_steps()

    @property
    def changes(self) -> dict[str, int]:
        """The number of resources for each operation."""
        return self.report.changes()

    @property
    def diagnostics(self) -> list[str]:
        """The messages of program, provider and engine."""
        return [str(diagnostic) for diagnostic in self.report.diagnostics]

    @property
    def text(self) -> str:
        """Everything a person would have seen, including the preview before an update."""
        before = self.preview.text if self.preview else ""
        return before + "\n".join(self.report.lines) + "\n"

    def step(self, name: str) -> Step:
        """Return the one step of the resource with this name, ignoring `delete-replaced`."""
        found = [step for step in self.steps if step.name == name and step.op != "delete-replaced"]
        if len(found) != 1:
            raise LookupError(f"{len(found)} steps for {name!r} in:\n{self.text}")
        return found[0]
