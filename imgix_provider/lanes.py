"""How many sources are registered at once where the engine works on several at a time.

One place of the engine is left free, so that it comes to a further source even if all others wait
for a domain. Once one waits, the state is read to find who gives up domains, and those come first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from pulumi.runtime import settings

from imgix_provider.givers import Declared, Givers, all_or, key_of
from imgix_provider.process import THREADS, address_of, hold_program
from imgix_provider.waits import Waiting

_BETWEEN_LOOKS: Final = 0.25
"""How often to look, in seconds, whether a source waits for a domain."""
_LONGEST_READ: Final = 600.0
"""The most seconds for reading the state: the engine needs a place for that too."""
_LONGEST_INPUTS: Final = 10.0
"""The most seconds to wait for the inputs of a source that gives up a domain: they may need the
source that takes it."""
_LONGEST_STANDSTILL: Final = 10.0
"""If no source ends for so many seconds, and the engine has come to none of those registered, they
need one that is not: from then on, all are registered as they come."""


class Lanes:
    """The places of the engine, as far as sources have them."""

    def __init__(self, at_a_time: int, givers: Givers, *, preview: bool) -> None:
        """Start with all of them free.

        Args:
            at_a_time: How many resources the engine works on at once.
            givers: All sources of the program.
            preview: Whether nothing waits for a domain, since none is taken.
        """
        self._places = min(at_a_time, THREADS)
        self._givers = givers
        self._held: dict[Declared, None] = {}
        self._under_way: dict[Declared, None] = {}
        self._ended: set[Declared] = set()
        self._blocked: dict[str, Declared] = {}
        """Those under way that wait for a domain, by their URN."""
        self._since: dict[str, float] = {}
        """Since when each of them has waited."""
        self._order: Mapping[Declared, list[Declared]] = {}
        self._ranks: dict[Declared, int] = {}
        self._ordered = 0
        """How many sources were declared when the order was found; 0 without one."""
        self._is_open = preview
        """Whether all are registered as they come."""
        self._moved = time.monotonic()
        self._waiting = Waiting(address_of(settings.get_engine()))
        self._change: asyncio.Future[None] | None = None
        """What the looking waits for, besides the time; None if nobody looks."""
        self._look()

    async def wait(self, declared: Declared) -> None:
        """Wait until there is a place for the source."""
        if declared.needs:
            await all_or([each.urn.future() for each in declared.needs], _LONGEST_INPUTS)
        if not declared.known.is_set():
            declared.known.set()
            self._held[declared] = None
            self._fill()
        if not declared.ready.is_set():
            await declared.ready.wait()

    def _fill(self) -> None:
        """Register sources as long as there are places."""
        # Once the order is known, who gives up a domain comes first, so none need be left free.
        places = self._places if self._ordered else self._places - 1
        while self._held and (self._is_open or len(self._under_way) < places):
            declared = self._next()
            del self._held[declared]
            self._under_way[declared] = None
            done = asyncio.ensure_future(declared.resource.urn.future())
            done.add_done_callback(partial(self._end, declared))
            declared.ready.set()
        if self._change is None and self._under_way:
            self._look()

    def _next(self) -> Declared:
        """Return the source to register next: one that others wait for, if there is one."""
        first = next(iter(self._held))
        for taker in (*self._blocked.values(), first):
            givers = self._givers_of(taker) & self._held.keys()
            if givers:
                return min(givers, key=self._ranks.__getitem__)
        return first

    def _end(self, declared: Declared, done: asyncio.Future[Any]) -> None:
        """Use the place of a source that the engine is done with."""
        failed = done.cancelled() or done.exception() is not None  # reported elsewhere
        del self._under_way[declared]
        self._ended.add(declared)
        self._moved = time.monotonic()
        self._fill()
        if self._change is not None and not self._change.done() and (failed or self._is_quiet):
            self._change.set_result(None)

    @property
    def _is_quiet(self) -> bool:
        """Whether no source is under way, or could be."""
        return not (self._under_way or self._held)

    def _look(self) -> None:
        """Begin to look for sources that wait for a domain, as long as any is under way."""
        self._change = asyncio.get_running_loop().create_future()
        hold_program(settings, asyncio.ensure_future(self._keep_looking(self._change)))

    async def _keep_looking(self, change: asyncio.Future[None]) -> None:
        while not change.done():
            await asyncio.wait([change], timeout=_BETWEEN_LOOKS)
            if self._is_quiet:
                break
            await self._look_at_blocked()
            self._is_open = self._is_open or self._is_stuck()
            self._fill()
        self._waiting.close()
        self._change = None

    async def _look_at_blocked(self) -> None:
        """Find who waits, and tell the providers whether there is anything to wait for."""
        self._find_blocked()
        if self._has_more() and self._ordered != len(self._givers):
            for urn in self._blocked:
                self._waiting.tell(urn, may_end=True)
            await self._find_order()
            self._find_blocked()
        for urn, taker in self._blocked.items():
            self._waiting.tell(urn, may_end=self._may_end(urn, taker))

    def _has_more(self) -> bool:
        """Return whether sources wait, and others are still to come or under way."""
        return 0 < len(self._blocked) < len(self._givers) - len(self._ended)

    def _find_blocked(self) -> None:
        keys = {urn: key_of(urn) for urn in self._waiting.resources()}
        self._blocked = {
            urn: source
            for urn, key in keys.items()
            for source in self._under_way
            if key in source.keys
        }
        now = time.monotonic()
        self._since = {urn: self._since.get(urn, now) for urn in self._blocked}

    async def _find_order(self) -> None:
        from graphlib import TopologicalSorter  # hardly ever needed

        declared = len(self._givers)
        self._givers.read_state(_LONGEST_READ)
        self._order = await self._givers.find()
        ranked = TopologicalSorter(self._order).static_order()
        self._ranks = {source: rank for rank, source in enumerate(ranked)}
        self._ordered = declared

    def _givers_of(self, taker: Declared) -> set[Declared]:
        """Return all that have to give up domains before this source can take its own."""
        found: set[Declared] = set()
        to_see = [taker]
        while to_see:
            givers = set(self._order.get(to_see.pop(), ())) - found
            found |= givers
            to_see += givers
        return found

    def _may_end(self, urn: str, taker: Declared) -> bool:
        """Return whether a source that the engine has yet to come to, or is at, ends a wait."""
        waits_long = time.monotonic() - self._since[urn] > _LONGEST_INPUTS
        return any(
            giver.known.is_set() or not waits_long for giver in self._givers_of(taker) - self._ended
        )

    def _is_stuck(self) -> bool:
        """Return whether nothing can go on unless further sources are registered."""
        if not self._held:
            return False
        if len(self._under_way) >= self._places:
            return len(self._blocked) >= len(self._under_way)
        if time.monotonic() - self._moved < _LONGEST_STANDSTILL:
            return False
        seen = {key_of(urn) for urn in self._waiting.came()}
        return not self._blocked and not any(seen & source.keys for source in self._under_way)
