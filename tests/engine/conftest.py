"""Stacks for the engine's tests: a program in a temporary folder, and a record of calls."""

import json
import shutil
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from imgix_testing.engine import Stack

THING = "pulumi-python:dynamic/test:Thing"


@frozen
class Program:
    """One program, its stack, and what its provider has been asked."""

    folder: Path
    stack: Stack

    def write(self, source: str) -> None:
        """Change the program."""
        head = "import pulumi\nfrom things import Thing\n"
        (self.folder / "__main__.py").write_text(head + textwrap.dedent(source))

    def calls(self, verb: str = "") -> list[dict[str, Any]]:
        """The provider's calls since this was asked last, or only those of one verb."""
        file = self.folder / "calls.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [call for call in map(json.loads, lines) if verb in ("", call["verb"])]

    def verbs(self) -> list[str]:
        """The verbs of the calls since they were asked for last, configuring aside."""
        return [call["verb"] for call in self.calls() if call["verb"] != "configure"]

    def found(self, name: str, *, decrypted: bool = False) -> list[dict[str, Any]]:
        """What the state holds of the resource with this name."""
        resources = self.stack.state(decrypted=decrypted)["deployment"]["resources"]
        return [item for item in resources if item["urn"].endswith(f"::{name}")]

    def resource(self, name: str) -> dict[str, Any]:
        """What the state holds, secrets decrypted, of the one resource with this name."""
        (only,) = self.found(name, decrypted=True)
        return only

    def live(self, name: str, change: object) -> None:
        """Change behind the stack's back what the provider will find when it reads a resource."""
        (self.folder / f"{self.resource(name)['id']}.json").write_text(json.dumps(change))

    def urn(self, name: str, type_: str = THING) -> str:
        """The URN of a resource at the top of the stack."""
        return f"urn:pulumi:dev::proj::{type_}::{name}"


MakeProgram = Callable[..., Program]


@pytest.fixture
def make_program(tmp_path: Path) -> MakeProgram:
    """Make a program with the test provider beside it."""

    def make(
        source: str,
        environment: Mapping[str, str] | None = None,
        declared: str = "",
        **options: Any,
    ) -> Program:
        (tmp_path / "Pulumi.yaml").write_text(f"name: proj\nruntime: python\n{declared}")
        shutil.copy(Path(__file__).with_name("things.py"), tmp_path)
        surroundings = {"THINGS": str(tmp_path), **(environment or {})}
        stack = Stack(tmp_path, environment=surroundings, timeout=60, **options)
        program = Program(tmp_path, stack)
        program.write(source)
        return program

    return make
