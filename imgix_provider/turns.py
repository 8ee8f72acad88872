"""In which order a program's sources are registered, so that domains move in one run.

imgix refuses a domain while another source has it, so an update that takes one waits until the
other source has given it up. Meanwhile it keeps one of the places that `--parallel` allows. Once
such updates fill all places, the engine asks about no further source, and nobody learns who gives.
So where a program has more sources than there are places, a source that takes a domain is
registered after the one that gives it up. Which domains each source had is read from the stack's
state, through the engine.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import attrs
import pulumi
from pulumi.runtime import rpc, settings
from pulumi.runtime.proto import resource_pb2

from imgix_provider.inputs import as_mapping, has_output
from imgix_provider.sources.ledger import DOMAIN_KEYS, domains_in

_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
_TYPE: Final = "pulumi-python:dynamic/imgix:Source"
_LONGEST_READ: Final = 30.0
"""The most seconds for reading the state; after that, sources are registered as they come."""
_LONGEST_INPUTS: Final = 1.0
"""The most seconds to wait for domains that are outputs of something else."""
_LONGEST_TURN: Final = 10.0
"""The most seconds that a source waits: one that gives it a domain may itself need its outputs."""
_HEAD_START: Final = 2.0
"""The seconds in which the engine surely comes to a source that is registered, its provider started
before; a source that takes a domain waits no longer than until the other one is done."""


@attrs.define(eq=False)
class _Declared:
    """A source as declared, and whether it is about to be registered."""

    resource: pulumi.Resource
    name: str
    """The name of the resource."""
    deployment: Any
    ready: asyncio.Event = attrs.field(factory=asyncio.Event)


class Turns:
    """The turns of all sources in one run of a program."""

    def __init__(self) -> None:
        """Start with no source."""
        self._declared: list[_Declared] = []
        self._state: Any = None
        """The call that reads the state; None while there is a place for each source."""
        self._givers: asyncio.Future[Mapping[_Declared, list[_Declared]]] | None = None

    def of(
        self, resource: pulumi.Resource, resource_name: str, deployment: Any
    ) -> Awaitable[None] | None:
        """Note a declared source.

        Returns:
            What to await last before it is registered, or None if it need not wait.
        """
        call = getattr(getattr(settings.get_monitor(), "Invoke", None), "future", None)
        places = settings.SETTINGS.parallel
        if pulumi.runtime.is_dry_run() or call is None or places is None:
            return None
        declared = _Declared(resource, resource_name, deployment)
        self._declared.append(declared)
        if self._state is None and len(self._declared) > max(1, places):
            # Called now, so that the engine reads while the program goes on.
            self._state = call(_request(), timeout=_LONGEST_READ)
        return self._wait(declared)

    async def _wait(self, declared: _Declared) -> None:
        """Wait until the engine has come to the sources that give up a domain to this one."""
        if self._state is None:
            return
        if self._givers is None:
            self._givers = asyncio.ensure_future(self._find_givers())
        givers = (await self._givers).get(declared)
        if givers:
            await _all_or((giver.ready.wait() for giver in givers), _LONGEST_TURN)
            await _all_or((giver.resource.urn.future() for giver in givers), _HEAD_START)
        declared.ready.set()

    async def _find_givers(self) -> Mapping[_Declared, list[_Declared]]:
        """Return, for each source that takes a domain, those that give it up."""
        before = await _domains_in_state(self._state)
        after = await _domains_declared(self._declared)
        takers = {each: after[each] - before[each.name] for each in self._declared}
        givers = {each: before[each.name] - after[each] for each in self._declared}
        order = {
            taker: [giver for giver in givers if givers[giver] & taken]
            for taker, taken in takers.items()
            if taken
        }
        try:
            TopologicalSorter(order).prepare()
        except CycleError:
            return {}  # a swap, which no order makes possible
        return order


async def _all_or(awaitables: Iterable[Awaitable[Any]], seconds: float) -> None:
    """Wait for all, or this many seconds; what fails is reported elsewhere."""
    futures = [asyncio.ensure_future(each) for each in awaitables]
    for future in futures:
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait(futures, timeout=seconds)


def _request() -> resource_pb2.ResourceInvokeRequest:
    request = resource_pb2.ResourceInvokeRequest(tok=_READ_STATE)
    # Without the organization, as from an old engine, the stack is looked for in the current one.
    owner = (pulumi.get_organization(), pulumi.get_project()) if pulumi.get_organization() else ()
    request.args["stackName"] = "/".join((*owner, pulumi.get_stack()))
    return request


async def _domains_in_state(call: Any) -> Mapping[str, set[str]]:
    """Return the domains of each source in the state, by the name of its resource."""
    found: dict[str, set[str]] = defaultdict(set)
    try:
        answer = await asyncio.get_running_loop().run_in_executor(None, call.result)
    except Exception:  # Whatever keeps the engine from reading it, the run can do without.
        return found
    for urn, resource in getattr(answer, "return")["outputs"].items():
        kind, _, name = urn.split("::", 2)[2].partition("::")
        if kind.rpartition("$")[2] == _TYPE and "deployment" in resource["outputs"]:
            deployment = rpc.deserialize_property(resource["outputs"]["deployment"])
            found[name] |= domains_in(rpc.unwrap_rpc_secret(deployment))
    return found


async def _domains_declared(sources: list[_Declared]) -> Mapping[_Declared, set[str]]:
    """Return the domains that each source declares, none where they are not known in time."""
    waiting: dict[_Declared, asyncio.Future[Any]] = {}
    for source in sources:
        deployment = source.deployment
        if isinstance(deployment, Mapping):
            deployment = {key: deployment.get(key) for key in DOMAIN_KEYS}
        if has_output(deployment):
            waiting[source] = asyncio.ensure_future(pulumi.Output.from_input(deployment).future())
    if waiting:
        await _all_or(waiting.values(), _LONGEST_INPUTS)
    return {source: domains_in(_known(source, waiting.get(source))) for source in sources}


def _known(source: _Declared, future: asyncio.Future[Any] | None) -> Any:
    if future is None:
        return source.deployment
    # An input that fails ends the run by itself.
    failed = not future.done() or future.cancelled() or future.exception() is not None
    return None if failed else as_mapping(future.result())
