"""What came of an operation on a stack, as a test looks at it."""

from typing import Any

from attrs import field, frozen

from imgix_testing.engine.report import Report, Step


@frozen
class Result:
    """How an operation ended; secrets read `[secret]` everywhere."""

    ok: bool
    outputs: dict[str, Any]
    seconds: float
    report: Report = field(repr=False)
    # The preview that came before an update.
    preview: "Result | None" = field(default=None, repr=False)

    @property
    def steps(self) -> list[Step]:
        """What happened to each resource but the stack itself, in order."""
        return self.report.shown_steps()

    @property
    def changes(self) -> dict[str, int]:
        """How many resources each operation met."""
        return self.report.changes()

    @property
    def diagnostics(self) -> list[str]:
        """What program, provider and engine said."""
        return [str(diagnostic) for diagnostic in self.report.diagnostics]

    @property
    def text(self) -> str:
        """All that a person would have seen, the preview before included."""
        before = self.preview.text if self.preview else ""
        return before + "\n".join(self.report.lines) + "\n"

    def step(self, name: str) -> Step:
        """The one step of the resource with this name, a replaced one's deletion aside."""
        found = [step for step in self.steps if step.name == name and step.op != "delete-replaced"]
        if len(found) != 1:
            raise LookupError(f"{len(found)} steps for {name!r} in:\n{self.text}")
        return found[0]
