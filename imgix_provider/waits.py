"""What a program and its providers tell each other while a source waits for a domain.

The provider notes which resource waits; the program, whether a source that gives up a domain to it
is still to come. So a provider waits as long as there is something to wait for, and the program
registers that source next.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from imgix_provider.notes import Notes

if TYPE_CHECKING:
    import asyncio

_WAITS: Final = "waits"
_WORKS: Final = "works"
_SETTLES: Final = "settles"
_IS_DONE: Final = "is done"
_TURNS: Final = "turns"
_COMES: Final = "comes"
_NOBODY: Final = "nobody"
_LONGEST_SILENCE: Final = 30.0
"""The most seconds between two looks of a program."""
_BETWEEN_LOOKS: Final = 0.5
"""How often to look, in seconds, whether a program goes on."""


class Waits:
    """A provider's side; safe to share between threads."""

    def __init__(self, engine: str = "", folder: Path | None = None) -> None:
        """Tell the program of the engine with this address; without one, there is none.

        Args:
            engine: The address of the engine.
            folder: Where the notes are; by default the temporary folder of the system.
        """
        self._own = Notes(_WAITS, engine, folder)
        self._thread = threading.local()

    @property
    def has_program(self) -> bool:
        """Whether there is a program that registers sources in the order that they need."""
        return self._own.is_possible

    @contextmanager
    def work(self, resource: str) -> Iterator[None]:
        """Note that this thread works on a resource, as long as the context lasts."""
        self._thread.resource = resource
        self._own.add(_WORKS, resource)
        try:
            yield
        finally:
            self._own.add(_IS_DONE, resource)
            self._thread.resource = None

    def settle(self) -> None:
        """Note that what this thread works on will not wait for another one any more."""
        resource = getattr(self._thread, "resource", None)
        if resource is not None:
            self._own.add(_SETTLES, resource)

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


class Seen(NamedTuple):
    """The URNs of the resources that the providers work on."""

    waits: set[str]
    """Those that wait for a domain."""
    works: set[str]
    """Those that may come to wait."""
    settles: set[str]
    """Those that will not wait any more."""


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
        self._closed = threading.Event()
        self._closed.set()

    def look(self) -> Seen:
        """Return what the providers note of the resources that they work on."""
        last = {resource: what for what, resource in self._own.others(_WAITS)}
        return Seen(*({urn for urn, what in last.items() if what == word} for word in Seen._fields))

    def tell(self, resource: str, *, may_end: bool) -> None:
        """Tell the providers whether a source that ends the wait of this resource may yet come."""
        self._own.renew()
        answer = _COMES if may_end else _NOBODY
        if self._told.get(resource) != answer:
            self._told[resource] = answer
            self._own.add(answer, resource)

    def close_with(self, loop: asyncio.AbstractEventLoop) -> None:
        """See to it that this is closed once the loop has stopped.

        A program that the engine interrupts ends nothing that it waits for, and its process lives
        on until its calls return.
        """
        if self._closed.is_set():
            self._closed.clear()
            threading.Thread(target=self._close_with, args=(loop,), daemon=True).start()

    def _close_with(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._closed.wait(_BETWEEN_LOOKS):
            if not loop.is_running():
                self.close()

    def close(self) -> None:
        """Say that no further source will come."""
        self._closed.set()
        self._told.clear()
        self._own.close()
