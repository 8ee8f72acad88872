"""A stand-in for the Pulumi engine: real program, real SDK, real provider process, no CLI.

    stack = Stack(Path("my-program"), secret_config={"imgix:apiKey": "ak_test"})
    result = stack.up()
    assert result.changes == {"create": 1}

It supports dynamic resources, components and plain configuration. It leaves out other providers,
functions, stack references, policies, hooks, transforms, targets, plans, locks, aliases, creating a
replacement before deleting the old resource, and replacing what depends on a replaced resource. The
stack resource itself is in the state, but not among the steps.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from attrs import evolve

from imgix_testing.engine import preview_json
from imgix_testing.engine.background_run import BackgroundRun
from imgix_testing.engine.child_processes import Child
from imgix_testing.engine.monitor import serve_engine
from imgix_testing.engine.program_process import SETTLE_TIMEOUT, Start, run_program
from imgix_testing.engine.property_values import Properties, from_json, masked, without_secrets
from imgix_testing.engine.provider_process import ProviderProcess
from imgix_testing.engine.report import Report, Step
from imgix_testing.engine.result import Result
from imgix_testing.engine.run import AbortedError, Run, now
from imgix_testing.engine.stack_config import Configuration, load_configuration, load_project
from imgix_testing.engine.state import STACK_TYPE, ResourceState, State, StateFile, make_urn

_FOLDER = ".pulumi-stand-in"

_Act = Callable[[Run, Start], Properties | None]


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
        secrets: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        parallel: int = 16,
        python: str = sys.executable,
        timeout: float = 600,
        on_line: Callable[[str], None] | None = None,
        colour: bool = False,
    ) -> None:
        """Read `Pulumi.yaml`; everything else is read by each operation.

        `config` and `secret_config` give whole keys, `secrets` single values by the paths that
        `pulumi config set --secret --path` takes; all override the stack's file. `environment` is
        for program and provider, `timeout` in seconds for the program, `python` runs both.

        Raises:
            ConfigError: There is no `Pulumi.yaml`, or it is not for Python.
        """
        self.program_dir = Path(program_dir).resolve()
        self.name = name
        self.project = load_project(self.program_dir)
        self.config = dict(config or {})
        self.secret_config = dict(secret_config or {})
        self.secrets = dict(secrets or {})
        self.environment = dict(environment or {})
        self.parallel = parallel
        self.python = python
        self.timeout = timeout
        self.state_file = state_file or self._default_state_file()
        self._on_line = on_line or (lambda line: None)
        self._colour = colour
        self._file = StateFile(self.state_file)
        self._urn = make_urn(name, self.project.name, "", STACK_TYPE, f"{self.project.name}-{name}")

    def preview(self, *, refresh: bool = False) -> Result:
        """Show what an update would do; call only `check`, `diff` and, with refresh, `read`."""
        return self._update(preview=True, refresh=refresh)

    def preview_json(
        self,
        *,
        refresh: bool = True,
        show_sames: bool = True,
        show_replacement_steps: bool = False,
    ) -> dict[str, Any]:
        """Return what `pulumi preview --json` would write with the same options."""
        done = self._update(preview=True, refresh=refresh)
        parts = () if show_replacement_steps else ("delete-replaced", "create-replacement")
        return preview_json.document(
            done.report,
            self._configuration().masked(),
            seconds=done.seconds,
            hidden=parts if show_sames else (*parts, "same"),
        )

    def up(self, *, skip_preview: bool = False, refresh: bool = False) -> Result:
        """Preview and, if that succeeds, update."""
        foreseen = None if skip_preview else self.preview(refresh=refresh)
        if foreseen is not None and not foreseen.ok:
            return foreseen
        return evolve(self._update(preview=False, refresh=refresh), preview=foreseen)

    def refresh(self, *, preview_only: bool = False) -> Result:
        """Bring the state up to date with what is really there, or only show the differences."""
        return self._run(
            lambda run, _: run.refresh_all(shown=True), "refresh", preview=preview_only
        )

    def destroy(self, *, preview_only: bool = False) -> Result:
        """Delete everything in the state, without running the program."""
        return self._run(
            lambda run, start: run.delete_all(run.state.olds()), "destroy", preview=preview_only
        )

    def import_file(self, path: Path, *, protect: bool = True) -> Result:
        """Write the resources in a file to the state, as `pulumi import --file` does.

        It writes all of them or none. No provider is asked, so the state trusts the file.
        """
        entries = json.loads(path.read_text(encoding="utf-8"))["resources"]

        def act(run: Run, start: Start) -> None:
            imported = [self._imported(entry, protect=protect) for entry in entries]
            twice = [new for new in imported if run.state.old(new.urn) is not None]
            for new in twice:
                run.fail(new.urn, f"resource '{new.name}' already exists")
            run.ensure_running()
            if run.state.old(self._urn) is None:
                run.state.put_back([ResourceState(self._urn, STACK_TYPE, custom=False)])
            run.state.put_back(imported)
            for new in imported:
                run.report.add(Step("import", None, new))

        return self._run(act, "import", preview=False)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the stack's saved outputs."""
        show = without_secrets if show_secrets else masked
        stack = next((one for one in self._file.load() if one.type == STACK_TYPE), None)
        return dict(show(stack.outputs)) if stack else {}

    def state(self, *, decrypted: bool = False) -> dict[str, Any]:
        """Return the state as in `pulumi stack export`, with secrets encrypted or in plain text."""
        return self._file.decrypted() if decrypted else self._file.raw()

    def state_delete(self, urn: str) -> None:
        """Remove a resource from the state without deleting it."""
        resources = self._file.load()
        if all(resource.urn != urn for resource in resources):
            raise LookupError(f"there is no resource {urn} in the state")
        needing = [resource.name for resource in resources if urn in resource.needs()]
        if needing:
            raise ValueError(f"{urn} is needed by {', '.join(needing)}")
        self._file.save(resource for resource in resources if resource.urn != urn)

    def start_up(self) -> BackgroundRun:
        """Start an update in its own process, which a test can kill."""
        names = ("name", "config", "secret_config", "secrets", "environment")
        options = {
            "program_dir": str(self.program_dir),
            "state_file": str(self.state_file),
            **{name: getattr(self, name) for name in (*names, "parallel", "python", "timeout")},
        }
        return BackgroundRun(options, self.state_file.with_suffix(".log"))

    def _update(self, *, preview: bool, refresh: bool) -> Result:
        def act(run: Run, start: Start) -> Properties:
            # It starts while the program does.
            run.provider.start()
            if refresh:
                run.refresh_all(shown=False)
            return run_program(
                run,
                start,
                folder=self.program_dir,
                configuration=self._configuration(),
                stack_urn=self._urn,
                timeout=self.timeout,
            )

        return self._run(act, "update", preview=preview)

    def _run(self, act: _Act, noun: str, *, preview: bool) -> Result:
        """Carry out an operation, from the first process to the last line."""
        configuration = self._configuration()
        started = time.monotonic()
        report = Report(preview, self._colour, self._on_line, configuration.secret_texts())
        title = f"Previewing {noun}" if preview else f"{noun.removesuffix('e').capitalize()}ing"
        report.headline(f"{title} ({self.name}):")
        outputs: Properties | None = None
        # The last output of the processes is read before the report is closed.
        with ExitStack() as children:

            def start(command: list[str | Path], extra: dict[str, str]) -> Child:
                child = Child(
                    [self.python, "-u", *command],
                    directory=self.program_dir,
                    environment={
                        **os.environ,
                        **self.environment,
                        "PULUMI_PROJECT": self.project.name,
                        "PULUMI_STACK": self.name,
                        **extra,
                    },
                    on_line=report.printed,
                )
                children.callback(child.stop)
                return child

            run = Run(
                self.name,
                self.project.name,
                preview,
                self.parallel,
                ProviderProcess(
                    lambda: start(["-m", "pulumi.dynamic", run.engine], {}),
                    configuration.for_provider(),
                ),
                State(self._file, save=not preview),
                report,
            )
            server, run.engine = serve_engine(run)
            children.callback(server.stop, None)
            try:
                outputs = act(run, start)
            except AbortedError:
                run.settle(SETTLE_TIMEOUT)
                if run.step_failed:
                    report.diagnose("", "error", f"{'preview' if preview else noun} failed")
        seconds = time.monotonic() - started
        shown = masked(outputs or {})
        report.close(self._urn, shown, seconds)
        return Result(not run.aborted, shown, seconds, report)

    def _configuration(self) -> Configuration:
        return load_configuration(
            self.project,
            self.program_dir / f"Pulumi.{self.name}.yaml",
            plain=self.config,
            secret=self.secret_config,
            secrets_by_path=self.secrets,
        )

    def _imported(self, entry: Mapping[str, Any], *, protect: bool) -> ResourceState:
        type_, name = entry["type"], entry.get("logicalName") or entry["name"]
        at = now()
        return ResourceState(
            urn=make_urn(self.name, self.project.name, "", type_, name),
            type=type_,
            id=entry["id"],
            inputs=from_json(entry["inputs"]),
            outputs=from_json(entry["outputs"]),
            parent=self._urn,
            protect=protect,
            created=at,
            modified=at,
        )

    def _default_state_file(self) -> Path:
        folder = self.program_dir / _FOLDER
        folder.mkdir(exist_ok=True)
        # This keeps the state out of git, wherever the program is.
        (folder / ".gitignore").write_text("*\n")
        return folder / self.project.name / f"{self.name}.json"
