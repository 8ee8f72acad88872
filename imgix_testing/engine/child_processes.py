"""The processes that a run starts: their output line by line, and their certain end.

A process lives in a session of its own, so that Ctrl-C reaches the engine alone and steps under
way can finish. Should the engine itself be killed, a small shell at the other end of a pipe sees
the pipe close and kills what is left. What the processes are for is not known here.
"""

import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

# Reads process ids until the pipe closes, which it does when its owner dies, however that happens.
_REAPER = 'while read -r id; do ids="$ids $id"; done; [ -z "$ids" ] || kill -9 $ids'


class ChildProcesses:
    """Starts processes, and ends them all when left."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._reaper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ChildProcesses":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self._children:
            child.stop()
        if self._reaper is not None:
            self._reaper.kill()
            self._reaper.wait()
            if self._reaper.stdin is not None:
                self._reaper.stdin.close()

    def start(
        self,
        command: Sequence[str | Path],
        *,
        directory: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        first_line: Callable[[str], None] | None = None,
    ) -> "Child":
        """Start a process; every line it prints goes to `on_line`, the first perhaps elsewhere."""
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._watch_over(process.pid)
        child = Child(process, on_line, first_line)
        self._children.append(child)
        return child

    def _watch_over(self, pid: int) -> None:
        if self._reaper is None:
            self._reaper = subprocess.Popen(
                ["/bin/sh", "-c", _REAPER], stdin=subprocess.PIPE, start_new_session=True
            )
        if self._reaper.stdin is not None:
            self._reaper.stdin.write(f"{pid}\n".encode())
            self._reaper.stdin.flush()


class Child:
    """One process, whose output is read until it ends."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        on_line: Callable[[str], None],
        first_line: Callable[[str], None] | None,
    ) -> None:
        self._process = process
        self._readers = [
            threading.Thread(
                target=self._read, args=(process.stdout, first_line or on_line, on_line)
            ),
            threading.Thread(target=self._read, args=(process.stderr, on_line, on_line)),
        ]
        for reader in self._readers:
            reader.daemon = True
            reader.start()

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, once the process has ended and all its lines are read."""
        status = self._process.wait(timeout)
        for reader in self._readers:
            # A grandchild may hold the pipe open; what it prints is nobody's.
            reader.join(2)
        return status

    def ended(self, within: float = 0) -> bool:
        """Whether the process is gone, or goes in the time given."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Kill the process, if it still runs, and read what it said last."""
        self._process.kill()
        self.wait()

    def _read(
        self, stream: IO[bytes], first: Callable[[str], None], others: Callable[[str], None]
    ) -> None:
        deliver = first
        with stream:
            for line in stream:
                deliver(line.decode(errors="replace").rstrip("\r\n"))
                deliver = others
