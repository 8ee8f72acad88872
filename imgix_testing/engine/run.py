"""Carries out one preview, update, refresh or destroy, from the first process to the last line.

Starts the provider process and the program's, serves the program while it runs, and ends them all,
whatever happens. Which runs a command consists of is `engine`'s affair.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from imgix_testing.engine.child_processes import Child, ChildProcesses
from imgix_testing.engine.deletions import delete_all
from imgix_testing.engine.deployment import Deployment
from imgix_testing.engine.monitor import serve
from imgix_testing.engine.operation import AbortedError, Operation
from imgix_testing.engine.property_values import Properties, masked
from imgix_testing.engine.provider_process import ProviderProcess
from imgix_testing.engine.refreshes import refresh_all
from imgix_testing.engine.report import Report
from imgix_testing.engine.snapshot import Snapshot
from imgix_testing.engine.stack_config import Configuration
from imgix_testing.engine.stack_state import STACK_TYPE, StateFile, make_urn

_PROGRAM = Path(__file__).with_name("program.py")
# How long steps under way may take to finish once the run is over; the state waits for them.
_SETTLE_TIMEOUT = 120
_NOUNS = {"Updating": "update", "Refreshing": "refresh", "Destroying": "destroy"}
_TOLD = 32  # program.TOLD, in a file that only the program's process may import


@frozen
class Surroundings:
    """Everything about a stack that its runs have in common."""

    directory: Path
    project: str
    stack: str
    configuration: Configuration
    state_file: StateFile
    environment: Mapping[str, str]
    python: str
    parallel: int
    timeout: float
    on_line: Callable[[str], None]
    colour: bool

    @property
    def stack_urn(self) -> str:
        """The name of the stack resource, the parent of all others."""
        return make_urn(self.stack, self.project, "", STACK_TYPE, f"{self.project}-{self.stack}")


@frozen
class Outcome:
    """How a run ended."""

    ok: bool
    report: Report
    outputs: Properties
    seconds: float


def update(surroundings: Surroundings, *, preview: bool, refresh: bool = False) -> Outcome:
    """Run the program, and do what it declares or, in a preview, foresee it."""

    def act(operation: Operation, children: ChildProcesses) -> Properties:
        if refresh:
            refresh_all(operation, lambda step: None)
        return _run_program(surroundings, operation, children)

    title = "Previewing update" if preview else "Updating"
    return _run(surroundings, act, title, preview=preview)


def refresh(surroundings: Surroundings, *, preview: bool) -> Outcome:
    """Bring the state up to what is really there or, in a preview, tell how it differs."""

    def act(operation: Operation, children: ChildProcesses) -> Properties:
        refresh_all(operation, operation.report.step)
        return {}

    title = "Previewing refresh" if preview else "Refreshing"
    return _run(surroundings, act, title, preview=preview)


def destroy(surroundings: Surroundings, *, preview: bool) -> Outcome:
    """Delete everything that the state knows or, in a preview, tell what that is."""

    def act(operation: Operation, children: ChildProcesses) -> Properties:
        delete_all(operation, operation.snapshot.unclaimed())
        return {}

    title = "Previewing destroy" if preview else "Destroying"
    return _run(surroundings, act, title, preview=preview)


def new_report(surroundings: Surroundings, *, preview: bool) -> Report:
    """An empty report that keeps the configuration's secrets to itself."""
    return Report(
        preview=preview,
        on_line=surroundings.on_line,
        secrets=surroundings.configuration.secret_texts,
        colour=surroundings.colour,
    )


def _run(
    surroundings: Surroundings,
    act: Callable[[Operation, ChildProcesses], Properties],
    title: str,
    *,
    preview: bool,
) -> Outcome:
    started = time.monotonic()
    report = new_report(surroundings, preview=preview)
    report.line(f"{title} ({surroundings.stack}):")
    outputs: Properties = {}
    try:
        # What the processes say last is read before the report is closed.
        with ChildProcesses() as children:
            operation = _operation(surroundings, children, report, preview=preview)
            with _ending(operation, "preview" if preview else _NOUNS[title]):
                outputs = act(operation, children)
    finally:
        report.close(surroundings.stack_urn, masked(outputs), time.monotonic() - started)
    return Outcome(not operation.aborted, report, outputs, time.monotonic() - started)


@contextmanager
def _ending(operation: Operation, noun: str) -> Iterator[None]:
    """Let the steps under way finish, and say so if the run did not end well."""
    try:
        yield
    except AbortedError:
        pass
    except KeyboardInterrupt:
        operation.abort()
        operation.report.diagnose("", "error", f"{noun} cancelled")
        operation.settle(_SETTLE_TIMEOUT)
        raise
    operation.settle(_SETTLE_TIMEOUT)
    if operation.aborted:
        operation.report.diagnose("", "error", f"{noun} failed")


def _operation(
    surroundings: Surroundings, children: ChildProcesses, report: Report, *, preview: bool
) -> Operation:
    provider = ProviderProcess(
        children,
        python=surroundings.python,
        directory=surroundings.directory,
        environment=_environment(surroundings),
        configuration=surroundings.configuration.for_provider(),
        on_line=lambda line: report.diagnose("", "info", line),
    )
    return Operation(
        stack=surroundings.stack,
        project=surroundings.project,
        preview=preview,
        provider=provider,
        snapshot=Snapshot(surroundings.state_file, save=not preview),
        report=report,
        parallel=surroundings.parallel,
    )


def _environment(surroundings: Surroundings) -> dict[str, str]:
    return {
        **os.environ,
        **surroundings.environment,
        "PULUMI_PROJECT": surroundings.project,
        "PULUMI_STACK": surroundings.stack,
    }


def _run_program(
    surroundings: Surroundings, operation: Operation, children: ChildProcesses
) -> Properties:
    deployment = Deployment(operation)
    server, address = serve(deployment, operation)
    program = _start_program(surroundings, operation, children, address)
    try:
        _await_program(operation, program, surroundings.timeout)
        if not operation.aborted:
            delete_all(operation, operation.snapshot.unclaimed())
    finally:
        operation.settle(_SETTLE_TIMEOUT)
        # Before the server, whose end would make the SDK complain about the connection.
        program.stop()
        deployment.finish_stack(surroundings.stack_urn, succeeded=not operation.aborted)
        server.stop(None)
    return deployment.stack_outputs or {}


def _start_program(
    surroundings: Surroundings, operation: Operation, children: ChildProcesses, address: str
) -> Child:
    configuration = surroundings.configuration
    command: list[str | Path] = [surroundings.python, "-u", _PROGRAM]
    options = {
        "monitor": address,
        "engine": address,
        "project": surroundings.project,
        "stack": surroundings.stack,
        "organization": "organization",
        "parallel": str(surroundings.parallel),
        "program": str(surroundings.directory),
    }
    for name, value in options.items():
        command += [f"--{name}", value]
    if operation.preview:
        command.append("--preview")
    return children.start(
        command,
        directory=surroundings.directory,
        environment={
            **_environment(surroundings),
            "PULUMI_CONFIG": json.dumps(configuration.values),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(configuration.secret_keys)),
        },
        on_line=lambda line: operation.report.diagnose("", "info", line),
    )


def _await_program(operation: Operation, program: Child, timeout: float) -> None:
    """Wait until the program has ended, or need not go on because the run has failed."""
    ended = threading.Thread(target=_tell_end, args=(operation, program), daemon=True)
    ended.start()
    try:
        in_time = operation.over.wait(timeout)
    except KeyboardInterrupt:
        operation.cancel()
        raise
    if not in_time:
        raise operation.fail("", f"the program did not end within {timeout:g} seconds")
    if operation.aborted:
        raise AbortedError
    status = program.wait()
    if status == 0:
        return
    told = any(item.severity == "error" for item in operation.report.diagnostics)
    if status != _TOLD and not told:
        raise operation.fail("", f"the program ended with exit status {status}")
    raise operation.fail("")


def _tell_end(operation: Operation, program: Child) -> None:
    program.wait()
    operation.over.set()
