"""The processes that a run starts: reads their output line by line, and makes sure they end.

This module does not know what the processes are for.
"""

import contextlib
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

# Called with each line of a process, and whether it came from standard error.
OnLine = Callable[[str, bool], None]

_LAST_SECONDS = 5  # for a process to end by itself


class Child:
    """One process, whose output is read until it ends."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        directory: Path,
        environment: Mapping[str, str],
        on_line: OnLine,
    ) -> None:
        """Start it; its standard output waits until `follow` is called."""
        self._process = subprocess.Popen(
            [str(part) for part in command],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._on_line = on_line
        self._readers: list[threading.Thread] = []
        self._start_reading(self._process.stderr, errors=True)

    def first_line(self) -> str:
        """Wait for the first line of standard output; empty if the process ends without one."""
        output = self._process.stdout
        return output.readline().decode().strip() if output is not None else ""

    def follow(self) -> "Child":
        """Pass on standard output from now on."""
        self._start_reading(self._process.stdout, errors=False)
        return self

    def wait(self) -> int:
        """Return the exit status, once the process has ended and all its lines are read."""
        status = self._process.wait()
        for reader in self._readers:
            # A grandchild may hold the pipe open; ignore what it prints.
            reader.join(2)
        return status

    def ended(self, within: float) -> bool:
        """Return whether the process has ended, or ends within some seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        return self._process.poll() is not None

    def stop(self) -> None:
        """End the process if it is still running, and read its last output."""
        self._process.terminate()
        if not self.ended(_LAST_SECONDS):
            self._process.kill()
        self.wait()

    def _start_reading(self, stream: IO[bytes] | None, *, errors: bool) -> None:
        def read() -> None:
            for line in stream or ():
                self._on_line(line.decode(errors="replace").rstrip("\r\n"), errors)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        self._readers.append(reader)
