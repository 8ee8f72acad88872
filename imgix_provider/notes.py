"""Notes that the processes of one run leave for each other.

The engine runs a program and each provider as a process of its own, and tells none of another. So
each writes what the others need into a file, in a temporary folder named after the engine. It keeps
its file locked while it lives, so that the others see whether it does. Nothing here fails: where
files cannot be written or locked, the processes know nothing of each other.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final, TextIO

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_USER: Final = os.getuid() if hasattr(os, "getuid") else 0
_PREFIX: Final = f"imgix-provider-{_USER}-"
_FOLDER: Final = re.compile(re.escape(_PREFIX) + r"[0-9a-z.]{1,60}-[0-9]{1,5}")
_FILE: Final = re.compile(r"(notes|waits|turns)-[0-9a-f]{16}")


class Notes:
    """One process's notes of one kind; safe to share between threads."""

    def __init__(self, kind: str, engine: str, folder: Path | None = None) -> None:
        """Write nothing yet.

        Args:
            kind: What the notes are about: `notes` (of sources), `waits` or `turns`.
            engine: The address of the engine; without one, there are no notes.
            folder: Where the notes are; by default the temporary folder of the system.
        """
        self._folder = _folder_of(engine, folder) if engine and fcntl else None
        self._name = f"{kind}-{os.urandom(8).hex()}"
        self._lock = Lock()
        self._file: TextIO | None = None
        self._seen: dict[str, tuple[int, list[Any]]] = {}
        self.outlive = False
        """Whether the notes stay when this process ends, until another run removes them."""

    @property
    def is_possible(self) -> bool:
        """Whether there is an engine, and files can be locked here."""
        return self._folder is not None

    def add(self, *words: str) -> None:
        """Append a line."""
        if self._folder is None:
            return
        with self._lock, suppress(OSError):
            if self._file is None:
                self._file = self._opened(self._folder)
            self._file.write(json.dumps(words) + "\n")
            self._file.flush()

    def renew(self) -> None:
        """Show that the notes still hold."""
        with self._lock, suppress(OSError):
            if self._file is not None and self._folder is not None:
                os.utime(self._folder / self._name)

    def others(
        self, kind: str, *, ended: bool = False, within: float = math.inf
    ) -> Iterator[list[str]]:
        """Yield the lines of this kind that other processes of the run have written.

        Args:
            kind: The kind of notes.
            ended: Whether those of processes that have ended count too.
            within: How many seconds ago they were written or renewed at most.
        """
        if self._folder is None:
            return
        with self._lock:
            files = [
                each
                for each in _files(self._folder)
                if each.name.startswith(f"{kind}-") and each.name != self._name
            ]
            counts = [
                each for each in files if _is_new(each, within) and (ended or _is_alive(each))
            ]
            found = [line for file in counts for line in self._lines(file)]
        yield from found

    def close(self) -> None:
        """Remove the own notes, and the folder if it is empty."""
        with self._lock:
            if self._file is None or self._folder is None:
                return
            if not self.outlive:
                with suppress(OSError):
                    (self._folder / self._name).unlink()
            with suppress(OSError):
                self._file.close()
            self._file = None
        if not self.outlive:
            _tidy(self._folder)

    def _opened(self, folder: Path) -> TextIO:
        """Return this process's file, locked, after removing what earlier runs have left."""
        with suppress(OSError):
            for each in folder.parent.glob(f"{_PREFIX}*"):
                if each != folder:
                    _tidy(each)
        for _ in range(3):  # another run may tidy up in between
            folder.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):
                file = (folder / self._name).open("a", encoding="utf-8")
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(file.fileno()), (folder / self._name).stat()):
                    atexit.register(self.close)
                    return file
        raise FileNotFoundError(folder)

    def _lines(self, file: Path) -> list[Any]:
        with suppress(OSError, ValueError):
            size = file.stat().st_size
            if self._seen.get(file.name, (0,))[0] != size:
                # The last line may be half written.
                *lines, _ = file.read_text(encoding="utf-8").split("\n")
                read = [json.loads(line) for line in lines]
                self._seen[file.name] = size, [line for line in read if isinstance(line, list)]
        return self._seen.get(file.name, (0, []))[1]


def _folder_of(engine: str, above: Path | None) -> Path | None:
    if above is None:
        import tempfile  # only where notes may be written

        try:
            above = Path(tempfile.gettempdir())
        except OSError:
            return None
    folder = above / (_PREFIX + engine.replace(":", "-"))
    return folder if _FOLDER.fullmatch(folder.name) else None


def _files(folder: Path) -> list[Path]:
    """Return the notes in a folder; none if it is not one that this user's processes made."""
    try:
        made = folder.lstat()
        if not stat.S_ISDIR(made.st_mode) or made.st_uid != _USER or made.st_mode & 0o077:
            return []
        with os.scandir(folder) as entries:
            return [
                Path(each.path)
                for each in entries
                if _FILE.fullmatch(each.name) and each.is_file(follow_symlinks=False)
            ]
    except OSError:
        return []


def _is_new(file: Path, within: float) -> bool:
    with suppress(OSError):
        return time.time() - file.stat().st_mtime < within
    return False


def _is_alive(file: Path) -> bool:
    """Return whether the process that writes a file still has it locked."""
    try:
        with file.open(encoding="utf-8") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _tidy(folder: Path) -> None:
    """Remove what ended processes have left in a folder of notes, and the folder if it is empty."""
    if not _FOLDER.fullmatch(folder.name):
        return
    with suppress(OSError):
        for file in _files(folder):
            if not _is_alive(file):
                file.unlink()
        folder.rmdir()  # fails if anything else is in it
