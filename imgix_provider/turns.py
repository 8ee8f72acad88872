"""When a program's sources are registered.

imgix refuses a domain while another source has it, so an update that takes one waits until the
other source has given it up. The engine works on a few sources at a time, as `--parallel` says, and
comes to no further one while all of them wait. So the program does not register all at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from typing import Any, Final

import attrs
import pulumi
from pulumi.runtime import settings

from imgix_provider.givers import LONGEST_INPUTS, Declared, Givers, all_or
from imgix_provider.lanes import Lanes

_LONGEST_READ: Final = 30.0
"""The most seconds for reading the state; after that, sources are registered as they come."""
_HEAD_START: Final = 10.0
"""The most seconds between registering a source and the engine's coming to it, with the start of
the provider. Where the engine works on another source that long, the wait costs nothing."""


class Turns:
    """The turns of all sources in one run of a program."""

    def __init__(self) -> None:
        """Start with no source."""
        self._givers = Givers()
        self._turns: _OneAtATime | Lanes | None = None

    def of(
        self,
        resource: pulumi.Resource,
        resource_name: str,
        deployment: Any,
        opts: pulumi.ResourceOptions | None,
    ) -> Awaitable[None] | None:
        """Note a declared source.

        Returns:
            What to await before it is registered, after all its inputs, or None if there is
            nothing to wait for.
        """
        at_a_time = settings.SETTINGS.parallel
        reads = getattr(getattr(settings.get_monitor(), "Invoke", None), "future", None)
        if reads is None or at_a_time is None:
            return None
        preview = pulumi.runtime.is_dry_run()
        alone = at_a_time <= 1 and not preview
        declared = self._givers.add(resource, resource_name, deployment, opts)
        if alone and len(self._givers) > 1:
            # Already now, so that the engine reads while the program goes on.
            self._givers.read_state(_LONGEST_READ)
        if self._turns is None:
            self._turns = (
                _OneAtATime(self._givers)
                if alone
                else Lanes(at_a_time, self._givers, preview=preview)
            )
        return _Turn(self._turns.wait, declared)


class _OneAtATime:
    """Each source that takes a domain comes after those that give it up, known from the start."""

    def __init__(self, givers: Givers) -> None:
        self._givers = givers
        self._order: asyncio.Future[Mapping[Declared, list[Declared]]] | None = None

    async def wait(self, declared: Declared) -> None:
        """Wait until the engine has come to the sources that give up a domain to this one."""
        declared.known.set()
        try:
            for giver in await self._givers_of(declared):
                await all_or([giver.known.wait()], LONGEST_INPUTS)
                if giver.known.is_set():
                    await giver.ready.wait()
                    await all_or([giver.resource.urn.future()], _HEAD_START)
        finally:
            declared.ready.set()

    async def _givers_of(self, declared: Declared) -> Iterable[Declared]:
        if not self._givers.reads_state:
            return ()
        if self._order is None:
            self._order = asyncio.ensure_future(self._givers.find())
        return (await self._order).get(declared, ())


@attrs.frozen
class _Turn:
    """The turn of one source: a property that others may copy, and await more than once."""

    _wait: Callable[[Declared], Awaitable[None]]
    _declared: Declared

    def __await__(self) -> Generator[Any, None, None]:
        return self._wait(self._declared).__await__()

    def __deepcopy__(self, memo: object) -> _Turn:
        return self
