"""What a program and its providers tell each other while a source waits for a domain.

The provider notes which resource waits; the program, whether a source that gives up a domain to it
is still to come. So a provider waits as long as there is something to wait for, and the program
registers that source next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imgix_provider.notes import Notes

_WAITS: Final = "waits"
_WORKS: Final = "works"
_IS_DONE: Final = "is done"
_TURNS: Final = "turns"
_COMES: Final = "comes"
_NOBODY: Final = "nobody"
_LONGEST_SILENCE: Final = 15.0
"""The most seconds between two looks of a program: one that has failed looks no more, while its
process waits for the calls that are under way."""


class Waits:
    """A provider's side; safe to share between threads."""

    def __init__(self, engine: str = "", folder: Path | None = None) -> None:
        """Tell the program of the engine with this address; without one, there is none.

        Args:
            engine: The address of the engine.
            folder: Where the notes are; by default the temporary folder of the system.
        """
        self._own = Notes(_WAITS, engine, folder)

    @property
    def has_program(self) -> bool:
        """Whether there is a program that registers sources in the order that they need."""
        return self._own.is_possible

    @contextmanager
    def work(self, resource: str) -> Iterator[None]:
        """Note that the engine works on a resource, as long as the context lasts."""
        self._own.add(_WORKS, resource)
        try:
            yield
        finally:
            self._own.add(_IS_DONE, resource)

    @contextmanager
    def wait(self, resource: str) -> Iterator[None]:
        """Note that a resource at work waits for another one, as long as the context lasts."""
        self._own.add(_WAITS, resource)
        try:
            yield
        finally:
            self._own.add(_WORKS, resource)

    def may_end(self, resource: str) -> bool:
        """Return whether the program knows of a source that may yet give up a domain to it."""
        told = self._own.others(_TURNS, within=_LONGEST_SILENCE)
        answers = {other: answer for answer, other in told}
        return bool(answers) and answers.get(resource) != _NOBODY


class Waiting:
    """A program's side, in its one thread."""

    def __init__(self, engine: str, folder: Path | None = None) -> None:
        """Look at the providers of the engine with this address.

        Args:
            engine: The address of the engine; empty if it is not known.
            folder: Where the notes are; by default the temporary folder of the system.
        """
        self._own = Notes(_TURNS, engine, folder)
        self._told: dict[str, str] = {}

    def look(self) -> tuple[set[str], set[str]]:
        """Return the URNs of the resources that wait for a domain, and of others at work."""
        last = {resource: what for what, resource in self._own.others(_WAITS)}
        waiting = {resource for resource, what in last.items() if what == _WAITS}
        working = {resource for resource, what in last.items() if what == _WORKS}
        return waiting, working

    def tell(self, resource: str, *, may_end: bool) -> None:
        """Tell the providers whether a source that ends the wait of this resource may yet come."""
        self._own.renew()
        answer = _COMES if may_end else _NOBODY
        if self._told.get(resource) != answer:
            self._told[resource] = answer
            self._own.add(answer, resource)

    def close(self) -> None:
        """Say that no further source will come."""
        self._told.clear()
        self._own.close()
