"""Which sources the other providers of a run have.

A stack may have several providers of sources: explicit ones for further accounts, or the plugin
beside the dynamic resource. Each is a process of its own, and the engine tells none of another. So
each notes its resources' sources in a file, in a temporary folder named after the engine, and looks
into the files of the others before it takes or disables a source. The refresh before a run can have
processes of its own too, which end before the others begin: what they read counts on.

Nothing here fails: where files cannot be written or read, the providers know nothing of each other.
"""

from __future__ import annotations

import atexit
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

_USER: Final = os.getuid() if hasattr(os, "getuid") else 0
_PREFIX: Final = f"imgix-{_USER}-"
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
        self._folder = _folder_of(engine, folder) if engine else None
        self._own = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._lock = Lock()
        self._seen: dict[str, tuple[int, list[Note]]] = {}
        self._began = False
        self._only_reads = True

    def note(self, source_id: str, resource: str, *, is_read: bool = False) -> None:
        """Note that a resource of this provider has a source."""
        if self._folder is None:
            return
        line = json.dumps([source_id, resource, is_read]) + "\n"
        with self._lock, suppress(OSError):
            self._only_reads = self._only_reads and is_read
            if not self._began:
                self._begin()
            try:
                self._append(line)
            except FileNotFoundError:  # another run has just tidied up
                self._begin()
                self._append(line)

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

    def _begin(self) -> None:
        assert self._folder is not None
        if not self._began:
            self._began = True
            for folder in self._folder.parent.glob(f"{_PREFIX}*"):
                if folder != self._folder:
                    _tidy(folder)
            atexit.register(self._leave)
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def _append(self, line: str) -> None:
        assert self._folder is not None
        with (self._folder / self._own).open("a", encoding="utf-8") as file:
            file.write(line)

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
            files = [entry for entry in _files(self._folder) if entry.name != self._own]
            counts = [each for each in files if (_is_new(each) if ended else _is_alive(each.name))]
            found = [note for entry in counts for note in self._notes_in(entry)]
        yield from found

    def _notes_in(self, entry: os.DirEntry[str]) -> list[Note]:
        with suppress(OSError, ValueError, TypeError):
            size = entry.stat().st_size
            if self._seen.get(entry.name, (0,))[0] != size:
                # The last line may be half written.
                *lines, _ = Path(entry.path).read_text(encoding="utf-8").split("\n")
                self._seen[entry.name] = size, [Note(*json.loads(line)) for line in lines]
        return self._seen.get(entry.name, (0, []))[1]


def _folder_of(engine: str, above: Path | None) -> Path:
    if above is None:
        import tempfile  # only in a provider's process

        above = Path(tempfile.gettempdir())
    return above / (_PREFIX + engine.replace(":", "-"))


def _files(folder: Path) -> list[os.DirEntry[str]]:
    """Return the files of notes in a folder that belongs to this user."""
    try:
        if folder.stat().st_uid not in (_USER, 0):
            return []
        with os.scandir(folder) as entries:
            return [each for each in entries if each.is_file(follow_symlinks=False)]
    except OSError:
        return []


def _is_new(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        return time.time() - entry.stat().st_mtime < _LONGEST_RUN
    return False


def _is_alive(name: str) -> bool:
    """Return whether the process that a file is named after may still run."""
    pid = name.partition("-")[0]
    if os.name != "posix" or not pid.isdigit():
        return True  # elsewhere, asking would end the process
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _tidy(folder: Path) -> None:
    """Remove what ended processes have left, and the folder if none is left in it."""
    with suppress(OSError):
        for file in folder.iterdir():
            if not _is_alive(file.name):
                file.unlink()
        folder.rmdir()
