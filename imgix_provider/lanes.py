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

import pulumi
from pulumi.runtime import settings

from imgix_provider.givers import LONGEST_INPUTS, Declared, Givers, all_or, key_of
from imgix_provider.process import THREADS, address_of, hold_program
from imgix_provider.waits import Waiting

_BETWEEN_LOOKS: Final = 0.25
"""How often to look, in seconds, whether a source waits for a domain."""
_LONGEST_READ: Final = 600.0
"""The most seconds for reading the state: the engine needs a place for that too."""
_LONGEST_STANDSTILL: Final = 30.0
"""If for so many seconds no source ends, and the provider works on none, those that are registered
need one that is not, or the engine has stopped. Then all are registered, and nobody waits."""


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
        self._settling: set[Declared] = set()
        """Those under way that will not wait for a domain any more."""
        self._is_at_work = False
        """Whether a provider works on a source that does not wait."""
        self._order: Mapping[Declared, list[Declared]] = {}
        self._ranks: dict[Declared, int] = {}
        self._ordered = 0
        """How many sources were declared when the order was last looked for."""
        self._finding: asyncio.Future[Mapping[Declared, list[Declared]]] | None = None
        self._is_open = preview
        """Whether all are registered as they come."""
        self._moved = time.monotonic()
        """When a source was last registered, or ended."""
        self._waiting = Waiting(address_of(settings.get_engine()))
        self._change: asyncio.Future[None] | None = None
        """What the looking waits for, besides the time; None if nobody looks."""
        self._look()

    async def wait(self, declared: Declared) -> None:
        """Wait until there is a place for the source."""
        if declared.needs:
            # However long that takes: until then, the SDK does not register it either.
            await all_or([each.urn.future() for each in declared.needs], None)
        if not declared.known.is_set():
            declared.known.set()
            self._held[declared] = None
            self._fill()
        if not declared.ready.is_set():
            await declared.ready.wait()

    def _fill(self) -> None:
        """Register sources as long as there are places."""
        while self._held:
            declared, is_awaited = self._next()
            if not self._has_place(declared, is_awaited=is_awaited):
                break
            del self._held[declared]
            self._under_way[declared] = None
            self._moved = time.monotonic()
            done = asyncio.ensure_future(declared.resource.urn.future())
            done.add_done_callback(partial(self._end, declared))
            declared.ready.set()
        if self._change is None and self._under_way:
            self._look()

    def _next(self) -> tuple[Declared, bool]:
        """Return the source to register next, and whether another one waits for it."""
        for taker in self._blocked.values():
            if givers := self._givers_of(taker) & self._held.keys():
                return self._first_of(givers), True
        first = next(iter(self._held))
        givers = self._givers_of(first) & self._held.keys()
        return (self._first_of(givers) if givers else first), False

    def _has_place(self, declared: Declared, *, is_awaited: bool) -> bool:
        """Return whether there is a place for a source, so that one is still free after it.

        One that ends by itself counts as free, and so does the last one if the source cannot wait.
        A source that another one waits for takes what is free; where nothing is, the engine
        compares it all the same.
        """
        taken = len(self._under_way)
        if self._is_open or (is_awaited and taken <= self._places):
            return True
        may_wait = self._givers_of(declared) - self._ended - self._under_way.keys()
        cannot_wait = self._ordered and not (self._finding or self._blocked or may_wait)
        settling = self._settling & self._under_way.keys()
        free = 0 if cannot_wait or settling else 1
        return taken < self._places - free

    def _first_of(self, givers: set[Declared]) -> Declared:
        return min(givers, key=self._ranks.__getitem__)

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
        try:
            while not change.done():
                await asyncio.wait([change], timeout=_BETWEEN_LOOKS)
                if self._is_quiet:
                    break
                self._try_to_look()
                self._fill()
        finally:  # A program that fails ends what it waits for.
            self._waiting.close()
            self._change = None

    def _try_to_look(self) -> None:
        try:
            self._look_at_blocked()
        except Exception as error:  # Whatever it is, the run goes on.
            pulumi.log.debug(f"imgix: the order of sources is not known: {error}")
            self._is_open = True

    def _look_at_blocked(self) -> None:
        """Find who waits, and tell the providers whether there is anything to wait for."""
        seen = self._waiting.look()
        self._is_at_work = bool(seen.works or seen.settles)
        self._blocked = self._under_way_of(seen.waits)
        self._settling = set(self._under_way_of(seen.settles).values())
        now = time.monotonic()
        self._since = {urn: self._since.get(urn, now) for urn in self._blocked}
        self._find_order()
        self._is_open = self._is_open or self._stands_still()
        if self._blocked:
            self._waiting.close_with(asyncio.get_running_loop())
        for urn, taker in self._blocked.items():
            self._waiting.tell(urn, may_end=self._may_end(urn, taker))

    def _under_way_of(self, urns: set[str]) -> dict[str, Declared]:
        keys = {urn: key_of(urn) for urn in urns}
        return {
            urn: source
            for urn, key in keys.items()
            for source in self._under_way
            if key in source.keys
        }

    def _find_order(self) -> None:
        """See to it that the order is known if sources wait, and others are still to come."""
        has_more = 0 < len(self._blocked) < len(self._givers) - len(self._ended)
        if has_more and self._finding is None and self._ordered != len(self._givers):
            self._ordered = len(self._givers)
            self._givers.read_state(_LONGEST_READ)
            self._finding = asyncio.ensure_future(self._givers.find())
        if self._finding is not None and self._finding.done():
            from graphlib import TopologicalSorter  # hardly ever needed

            self._order = self._finding.result()
            ranked = TopologicalSorter(self._order).static_order()
            self._ranks = {source: rank for rank, source in enumerate(ranked)}
            self._finding = None

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
        if self._is_open:
            return False
        if self._finding is not None:
            return True
        waits_long = time.monotonic() - self._since[urn] > LONGEST_INPUTS
        return any(
            giver.known.is_set() or not waits_long for giver in self._givers_of(taker) - self._ended
        )

    def _stands_still(self) -> bool:
        """Return whether nothing goes on any more, as far as sources are concerned."""
        return not self._is_at_work and time.monotonic() - self._moved > _LONGEST_STANDSTILL
