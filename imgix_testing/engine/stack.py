"""A stand-in for the Pulumi engine: real program, real SDK, real provider process, no CLI.

    stack = Stack(Path("my-program"), secret_config={"imgix:apiKey": "ak_test"})
    result = stack.up()
    assert result.changes == {"create": 1}

It serves dynamic resources, components and plain configuration. It leaves out other providers,
functions, stack references, policies, hooks, transforms, targets, plans, locks, and replacing what
depends on a resource that is deleted before it is replaced. The stack resource itself appears in
the state, but not among the steps.
"""

import functools
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from imgix_testing.engine import imports, run
from imgix_testing.engine.background import BackgroundRun
from imgix_testing.engine.passphrase import Crypter, Keyring
from imgix_testing.engine.property_values import masked, without_secrets
from imgix_testing.engine.report import Report, Step
from imgix_testing.engine.run import Outcome, Surroundings
from imgix_testing.engine.stack_config import (
    load_configuration,
    load_project,
    read_yaml,
    stack_file,
)
from imgix_testing.engine.stack_state import STACK_TYPE, StateFile

# Good enough for the secrets of tests; the shell commands insist on one of the user's.
_TEST_PASSPHRASE = "stand-in"
_FOLDER = ".pulumi-stand-in"


@frozen
class Result:
    """What came of an operation; secrets read `[secret]` everywhere."""

    ok: bool
    steps: list[Step]
    changes: dict[str, int]
    outputs: dict[str, Any]
    diagnostics: list[str]
    text: str
    seconds: float
    # The preview that came before an update.
    preview: "Result | None" = None

    def step(self, name: str) -> Step:
        """The one step of the resource with this name, a replaced one's deletion aside."""
        found = [step for step in self.steps if step.name == name and step.op != "delete-replaced"]
        if len(found) != 1:
            raise LookupError(f"{len(found)} steps for {name!r} in:\n{self.text}")
        return found[0]


class Stack:
    """One stack of the program in a folder with a `Pulumi.yaml`."""

    def __init__(
        self,
        program_dir: Path,
        name: str = "dev",
        *,
        state_file: Path | None = None,
        config: Mapping[str, object] | None = None,
        secret_config: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
        passphrase: str | None = _TEST_PASSPHRASE,
        parallel: int = 16,
        python: str = sys.executable,
        timeout: float = 600,
        on_line: Callable[[str], None] | None = None,
        colour: bool = False,
    ) -> None:
        self.program_dir = Path(program_dir).resolve()
        self.name = name
        self.project = load_project(self.program_dir)
        self.config = dict(config or {})
        self.secret_config = dict(secret_config or {})
        self.environment = dict(environment or {})
        self.parallel = parallel
        self.python = python
        self.timeout = timeout
        self.passphrase = passphrase
        self._keyring = Keyring(self.passphrase)
        self._on_line = on_line or (lambda line: None)
        self._colour = colour
        self.state_file = state_file or self._default_state_file()
        self._state = StateFile(self.state_file, self._keyring, self._new_crypter)

    def preview(self, *, refresh: bool = False) -> Result:
        """What an update would do; only `check`, `diff` and, with refresh, `read` are called."""
        return _result(run.update(self._surroundings(), preview=True, refresh=refresh))

    def up(self, *, skip_preview: bool = False, refresh: bool = False) -> Result:
        """Preview, and if that went well, update."""
        foreseen = None
        if not skip_preview:
            foreseen = self.preview(refresh=refresh)
            if not foreseen.ok:
                return foreseen
        done = run.update(self._surroundings(), preview=False, refresh=refresh)
        return _result(done, foreseen)

    def refresh(self, *, preview_only: bool = False) -> Result:
        """Bring the state up to what is really there, or only tell how it differs."""
        return _result(run.refresh(self._surroundings(), preview=preview_only))

    def destroy(self, *, preview_only: bool = False) -> Result:
        """Delete everything that the state knows; the program does not run."""
        return _result(run.destroy(self._surroundings(), preview=preview_only))

    def import_file(self, path: Path, *, protect: bool = True) -> Result:
        """Write resources that are given in full to the state, as `pulumi import --file` does."""
        surroundings = self._surroundings()
        report = run.new_report(surroundings, preview=False)
        return _result(imports.import_file(surroundings, report, path, protect=protect))

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs as they were saved."""
        show = without_secrets if show_secrets else masked
        for resource in self._state.load():
            if resource.type == STACK_TYPE:
                return dict(show(resource.outputs))
        return {}

    def state(self, *, decrypted: bool = False) -> dict[str, Any]:
        """The state as in `pulumi stack export`; decrypted, every secret is its plain value."""
        return self._state.decrypted() if decrypted else self._state.raw()

    def state_delete(self, urn: str) -> None:
        """Forget a resource without deleting it."""
        resources = self._state.load()
        if all(resource.urn != urn for resource in resources):
            raise LookupError(f"there is no resource {urn} in the state")
        needing = [resource.name for resource in resources if urn in resource.needs()]
        if needing:
            raise ValueError(f"{urn} is needed by {', '.join(needing)}")
        self._state.save(resource for resource in resources if resource.urn != urn)

    def start_up(self, *, skip_preview: bool = True) -> BackgroundRun:
        """Start an update in a process of its own, which a test can kill or interrupt."""
        description = {
            "program_dir": str(self.program_dir),
            "name": self.name,
            "state_file": str(self.state_file),
            "config": self.config,
            "secret_config": self.secret_config,
            "environment": self.environment,
            "passphrase": self.passphrase,
            "parallel": self.parallel,
            "python": self.python,
            "timeout": self.timeout,
        }
        command = [sys.executable, "-c", _UP_FROM_STDIN]
        folder = Path(__file__).resolve().parent.parent
        sent = json.dumps({"stack": description, "skip_preview": skip_preview})
        return BackgroundRun(command, sent, folder)

    def _surroundings(self) -> Surroundings:
        file = stack_file(self.program_dir, self.name)
        configuration = load_configuration(
            self.project,
            file,
            lambda salt: self._keyring.open(salt).decrypt,
            self.config,
            self.secret_config,
        )
        return Surroundings(
            directory=self.program_dir,
            project=self.project.name,
            stack=self.name,
            configuration=configuration,
            state_file=self._state,
            environment=self.environment,
            python=self.python,
            parallel=self.parallel,
            timeout=self.timeout,
            on_line=self._on_line,
            colour=self._colour,
        )

    def _new_crypter(self) -> Crypter:
        """The stack file's own crypter if it has one, as under the CLI."""
        file = stack_file(self.program_dir, self.name)
        salt = read_yaml(file).get("encryptionsalt") if file.exists() else None
        return self._keyring.open(str(salt)) if salt else self._keyring.shared()

    def _default_state_file(self) -> Path:
        folder = self.program_dir / _FOLDER
        folder.mkdir(exist_ok=True)
        # A state is nobody's source; this keeps it out of git wherever the program lies.
        (folder / ".gitignore").write_text("*\n")
        return folder / self.project.name / f"{self.name}.json"


_UP_FROM_STDIN = "from imgix_testing.engine.stack import up_from_stdin; up_from_stdin()"


def up_from_stdin() -> None:
    """Update the stack that standard input describes; the process of `Stack.start_up`."""
    told = json.load(sys.stdin)
    described = told["stack"]
    for key in ("program_dir", "state_file"):
        described[key] = Path(described[key])
    stack = Stack(**described, on_line=functools.partial(print, flush=True))
    sys.exit(0 if stack.up(skip_preview=told["skip_preview"]).ok else 1)


def _result(outcome: Outcome, preview: Result | None = None) -> Result:
    report: Report = outcome.report
    text = "\n".join(report.lines) + "\n"
    return Result(
        ok=outcome.ok,
        steps=report.steps,
        changes=report.changes(),
        outputs=masked(outcome.outputs),
        diagnostics=[str(item) for item in report.diagnostics],
        text=preview.text + text if preview else text,
        seconds=outcome.seconds,
        preview=preview,
    )
