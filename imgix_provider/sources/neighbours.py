"""Which sources the other providers of a run have.

A stack may have several providers of sources: explicit ones for further accounts, or the plugin
beside the dynamic resource. Each is a process of its own, and the engine tells none of another. So
each notes its resources' sources in a file, in a temporary folder named after the engine, and looks
into the files of the others before it takes or disables a source. The refresh before a run can have
processes of its own too, which end before the others begin: what they read counts on.

A process keeps its file locked while it lives, so that the others see whether it does. Nothing here
fails: where files cannot be written or locked, the providers know nothing of each other.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple, TextIO

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

_USER: Final = os.getuid() if hasattr(os, "getuid") else 0
_PREFIX: Final = f"imgix-provider-{_USER}-"
_FOLDER: Final = re.compile(re.escape(_PREFIX) + r"[0-9a-z.]{1,60}-[0-9]{1,5}")
_FILE: Final = re.compile(r"notes-[0-9a-f]{16}")
_LONGEST_RUN: Final = 3600.0
"""How long what an ended process has read counts, in seconds: a later engine may have the same
address."""


class Note(NamedTuple):
    """One source of a resource."""

    source_id: str
    resource: str
    is_read: bool
    """Whether a refresh has read it, and nothing more is known."""


class Neighbours:
    """The notes of the providers of one run; safe to share between threads."""

    def __init__(self, engine: str = "", folder: Path | None = None) -> None:
        """Look for the providers of the engine with this address; without one there are none.

        Args:
            engine: The address of the engine.
            folder: Where the notes are; by default the temporary folder of the system.
        """
        self._folder = _folder_of(engine, folder) if engine and fcntl else None
        self._own = f"notes-{os.urandom(8).hex()}"
        self._lock = Lock()
        self._file: TextIO | None = None
        self._seen: dict[str, tuple[int, list[Note]]] = {}
        self._only_reads = True

    def note(self, source_id: str, resource: str, *, is_read: bool = False) -> None:
        """Note that a resource of this provider has a source."""
        if self._folder is None:
            return
        line = json.dumps([source_id, resource, is_read]) + "\n"
        with self._lock, suppress(OSError):
            self._only_reads = self._only_reads and is_read
            if self._file is None:
                self._file = self._opened(self._folder)
            self._file.write(line)
            self._file.flush()

    def has_read(self) -> bool:
        """Return whether another provider has read a source: the run began with a refresh."""
        return any(note.is_read for note in self._notes(ended=True))

    def knows(self, source_id: str) -> bool:
        """Return whether a resource of another provider has the source."""
        return any(note.source_id == source_id for note in self._notes(ended=True))

    def keeper(self, source_id: str) -> str | None:
        """Return the resource of another provider that keeps the source in this run, or None."""
        return next(
            (
                note.resource
                for note in self._notes(ended=False)
                if note.source_id == source_id and not note.is_read
            ),
            None,
        )

    def _opened(self, folder: Path) -> TextIO:
        """Return this provider's file, locked, after removing what earlier runs have left."""
        with suppress(OSError):
            for each in folder.parent.glob(f"{_PREFIX}*"):
                if each != folder:
                    _tidy(each)
        for _ in range(3):  # another run may tidy up in between
            folder.mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):
                file = (folder / self._own).open("a", encoding="utf-8")
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(file.fileno()), (folder / self._own).stat()):
                    atexit.register(self._leave)
                    return file
        raise FileNotFoundError(folder)

    def _leave(self) -> None:
        assert self._folder is not None
        if not self._only_reads:
            with suppress(OSError):
                (self._folder / self._own).unlink()
            _tidy(self._folder)

    def _notes(self, *, ended: bool) -> Iterator[Note]:
        """Yield the notes of all other providers of this engine, with or without the ended ones."""
        if self._folder is None:
            return
        with self._lock:
            files = [each for each in _files(self._folder) if each.name != self._own]
            counts = [each for each in files if (_is_new(each) if ended else _is_alive(each))]
            found = [note for file in counts for note in self._notes_in(file)]
        yield from found

    def _notes_in(self, file: Path) -> list[Note]:
        with suppress(OSError, ValueError, TypeError):
            size = file.stat().st_size
            if self._seen.get(file.name, (0,))[0] != size:
                # The last line may be half written.
                *lines, _ = file.read_text(encoding="utf-8").split("\n")
                self._seen[file.name] = size, [Note(*json.loads(line)) for line in lines]
        return self._seen.get(file.name, (0, []))[1]


def _folder_of(engine: str, above: Path | None) -> Path | None:
    if above is None:
        import tempfile  # only in a provider's process

        try:
            above = Path(tempfile.gettempdir())
        except OSError:
            return None
    folder = above / (_PREFIX + engine.replace(":", "-"))
    return folder if _FOLDER.fullmatch(folder.name) else None


def _files(folder: Path) -> list[Path]:
    """Return the notes in a folder; none if it is not one that this user's providers made."""
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


def _is_new(file: Path) -> bool:
    with suppress(OSError):
        return time.time() - file.stat().st_mtime < _LONGEST_RUN
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
