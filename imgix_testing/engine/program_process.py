"""Starts the program's process, serves it while it runs, and waits for its end.

The process runs `program`, which this module starts by its file name.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path

from imgix_testing.engine.child_processes import Child
from imgix_testing.engine.deployment import Deployment
from imgix_testing.engine.monitor import serve_monitor
from imgix_testing.engine.property_values import Properties
from imgix_testing.engine.run import AbortedError, Run
from imgix_testing.engine.stack_config import Configuration

_PROGRAM = Path(__file__).with_name("program.py")
# Seconds that running steps may take to finish once the run is over; the state waits for them.
SETTLE_TIMEOUT = 120
# `program.TOLD`; only the program's process may import that file.
_TOLD = 32

# Starts a process for the stack, given its command and its additional environment variables.
Start = Callable[[list[str | Path], dict[str, str]], Child]


def run_program(
    run: Run,
    start: Start,
    *,
    folder: Path,
    configuration: Configuration,
    stack_urn: str,
    timeout: float,
) -> Properties:
    """Do what the program declares, delete what it no longer declares, and return its outputs."""
    deployment = Deployment(run)
    server, address = serve_monitor(deployment, run, folder)
    command: list[str | Path] = [_PROGRAM, _settings(run, address, folder)]
    environment = {
        "PULUMI_CONFIG": json.dumps(configuration.texts()),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(configuration.secret_keys()),
    }
    program = start(command, environment).follow()
    try:
        _await_program(run, program, timeout)
        run.delete_all(run.state.olds())
    finally:
        run.settle(SETTLE_TIMEOUT)
        # Before the server: the SDK would complain about the lost connection.
        program.stop()
        deployment.finish_stack(stack_urn)
        server.stop(None)
    return deployment.stack_outputs or {}


def _settings(run: Run, address: str, folder: Path) -> str:
    """Return the SDK's settings for the program's process, as JSON."""
    settings = {
        "monitor": address,
        "engine": run.engine,
        "project": run.project,
        "stack": run.stack,
        "organization": "organization",
        "parallel": run.parallel,
        "dry_run": run.preview,
        "root_directory": str(folder),
    }
    return json.dumps(settings)


def _await_program(run: Run, program: Child, timeout: float) -> None:
    """Wait until the program has ended, or the run has failed."""

    def tell_end() -> None:
        program.wait()
        run.over.set()

    threading.Thread(target=tell_end, daemon=True).start()
    if not run.over.wait(timeout):
        raise run.fail("", f"the program did not end within {timeout:g} seconds")
    if run.aborted:
        raise AbortedError
    status = program.wait()
    if status not in (0, _TOLD):
        raise run.fail(
            "",
            "an unhandled error occurred: program exited with non-zero exit code: " + str(status),
        )
    if status == _TOLD:
        raise run.fail("")
