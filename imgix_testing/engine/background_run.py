"""An update in its own process group, for tests of what a killed run leaves behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_UP = """
import functools, json, pathlib, sys
from imgix_testing.engine import Stack

told = json.load(sys.stdin)
for key in ("program_dir", "state_file"):
    told[key] = pathlib.Path(told[key])
stack = Stack(**told, on_line=functools.partial(print, flush=True))
sys.exit(0 if stack.up(skip_preview=True).ok else 1)
"""


class BackgroundRun:
    """An update that runs while the test does something else."""

    def __init__(self, options: Mapping[str, Any], log: Path) -> None:
        """Start it, with the arguments of `Stack` as JSON; its output goes to the file `log`."""
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _UP],
                cwd=Path(__file__).resolve().parents[2],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self._process.stdin is not None:
            # Through a pipe, because other users of the machine can read a command line.
            with self._process.stdin as pipe:
                pipe.write(json.dumps(options).encode())

    @property
    def text(self) -> str:
        """Everything the run has shown so far."""
        return self._log.read_text()

    def kill(self) -> None:
        """Kill the run, its program and its provider process, as a crash of the machine would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
