"""Which sources the other providers of a run have.

A stack may have several providers of sources: explicit ones for further accounts, or the plugin
beside the dynamic resource. Each is a process of its own, so each notes its resources' sources for
the others, and looks into their notes before it takes or disables a source. The refresh before a
run can have processes of its own too, which end before the others begin: what they read counts on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from imgix_provider.notes import Notes

_KIND: Final = "notes"
_HAS: Final = "has"
_READ: Final = "read"
_LONGEST_RUN: Final = 3600.0
"""How long the notes of an ended process count, in seconds: a later engine may have the same
address."""


class _Note(NamedTuple):
    """One source of a resource; `how` says whether a refresh has read it, and no more is known."""

    how: str
    source_id: str
    resource: str


class Neighbours:
    """The notes of the providers of one run; safe to share between threads."""

    def __init__(self, engine: str = "", folder: Path | None = None) -> None:
        """Look for the providers of the engine with this address; without one there are none.

        Args:
            engine: The address of the engine.
            folder: Where the notes are; by default the temporary folder of the system.
        """
        self._own = Notes(_KIND, engine, folder)
        self._own.outlive = True

    def note(self, source_id: str, resource: str, *, is_read: bool = False) -> None:
        """Note that a resource of this provider has a source."""
        self._own.outlive = self._own.outlive and is_read
        self._own.add(*_Note(_READ if is_read else _HAS, source_id, resource))

    def has_read(self) -> bool:
        """Return whether another provider has read a source: the run began with a refresh."""
        return any(note.how == _READ for note in self._notes(ended=True))

    def knows(self, source_id: str) -> bool:
        """Return whether a resource of another provider has the source."""
        return any(note.source_id == source_id for note in self._notes(ended=True))

    def keeper(self, source_id: str) -> str | None:
        """Return the resource of another provider that keeps the source in this run, or None."""
        return next(
            (
                note.resource
                for note in self._notes(ended=False)
                if note.source_id == source_id and note.how == _HAS
            ),
            None,
        )

    def _notes(self, *, ended: bool) -> Iterator[_Note]:
        within = _LONGEST_RUN if ended else math.inf
        for line in self._own.others(_KIND, ended=ended, within=within):
            if len(line) == len(_Note._fields):
                yield _Note(*line)
