"""An update in a process of its own, for tests of what a killed or interrupted one leaves."""

import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path


class BackgroundRun:
    """A run that goes on while the test does something else."""

    def __init__(self, command: Sequence[str], sent: str, directory: Path) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if self._process.stdin is not None:
            with self._process.stdin as pipe:
                pipe.write(sent)

    @property
    def text(self) -> str:
        """Everything the run has shown so far."""
        return "\n".join(self._lines)

    def kill(self) -> None:
        """Kill the run, its program and its provider process, as a crash of the machine would."""
        self._process.kill()
        self._join(30)

    def interrupt(self) -> None:
        """Press Ctrl-C: steps under way may finish."""
        self._process.send_signal(signal.SIGINT)

    def wait(self, timeout: float = 60) -> int:
        """The exit status, once the run has ended."""
        status = self._process.wait(timeout)
        self._join(timeout)
        return status

    def _join(self, timeout: float) -> None:
        # The pipe closes when the last of the run's processes that can still act is gone.
        self._reader.join(timeout)
        if self._reader.is_alive():
            raise TimeoutError("the run's processes have not ended")
        self._process.wait(timeout)

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as pipe:
            self._lines.extend(line.rstrip("\n") for line in pipe)
