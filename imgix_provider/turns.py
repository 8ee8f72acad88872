"""In which order a program's sources are registered where the engine updates one at a time.

imgix refuses a domain while another source has it, so an update that takes one waits until the
other source has given it up. With `--parallel 1` the engine asks about one further source only
meanwhile, and if that is not the one that gives, nobody learns of it. So a source that takes a
domain is then registered after the one that gives it up. Which domains each source had is read from
the stack's state, through the engine.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Generator, Iterable, Iterator, Mapping
from typing import Any, Final

import attrs
import pulumi
from pulumi.runtime import rpc, settings
from pulumi.runtime.proto import resource_pb2

from imgix_provider.deployments.domains import DOMAIN_KEYS, domain_names
from imgix_provider.inputs import as_mapping, has_output

_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
_LONGEST_READ: Final = 30.0
"""The most seconds for reading the state; after that, sources are registered as they come."""
_LONGEST_DOMAINS: Final = 3.0
"""The most seconds to wait for domains that are outputs of something else."""
_LONGEST_INPUTS: Final = 10.0
"""The most seconds to wait for the inputs of a source that gives up a domain: they may need the
source that takes it."""
_HEAD_START: Final = 10.0
"""The most seconds between registering a source and the engine's coming to it, with the start of
the provider. Where the engine works on another source that long, the wait costs nothing."""

Key = tuple[str, str]
"""The type of a resource's parent, empty without one, and the resource's name."""


@attrs.define(eq=False)
class _Declared:
    """A source as declared, and how far it has come."""

    resource: pulumi.Resource
    keys: frozenset[Key]
    """What it is called, and was called before."""
    deployment: Any
    known: asyncio.Event = attrs.field(factory=asyncio.Event)
    """All its inputs are known."""
    ready: asyncio.Event = attrs.field(factory=asyncio.Event)
    """Its turn has come."""


class Turns:
    """The turns of all sources in one run of a program."""

    def __init__(self) -> None:
        """Start with no source."""
        self._declared: list[_Declared] = []
        self._state: Any = None
        """The call that reads the state, from the second source on."""
        self._givers: asyncio.Future[Mapping[_Declared, list[_Declared]]] | None = None

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
        call = getattr(getattr(settings.get_monitor(), "Invoke", None), "future", None)
        at_a_time = settings.SETTINGS.parallel
        if pulumi.runtime.is_dry_run() or call is None or at_a_time is None or at_a_time > 1:
            return None
        declared = _Declared(resource, frozenset(_keys(resource_name, opts)), deployment)
        self._declared.append(declared)
        if self._state is None and len(self._declared) > 1:
            # Called now, so that the engine reads while the program goes on.
            self._state = call(_request(), timeout=_LONGEST_READ)
        return _Turn(self, declared)

    async def wait(self, declared: _Declared) -> None:
        """Wait until the engine has come to the sources that give up a domain to this one."""
        declared.known.set()
        try:
            for giver in await self._givers_of(declared):
                await _all_or([giver.known.wait()], _LONGEST_INPUTS)
                if giver.known.is_set():
                    await giver.ready.wait()
                    await _all_or([giver.resource.urn.future()], _HEAD_START)
        finally:
            declared.ready.set()

    async def _givers_of(self, declared: _Declared) -> Iterable[_Declared]:
        if self._state is None:
            return ()
        if self._givers is None:
            self._givers = asyncio.ensure_future(self._find_givers())
        return (await self._givers).get(declared, ())

    async def _find_givers(self) -> Mapping[_Declared, list[_Declared]]:
        """Return, for each source that takes a domain, those that give it up.

        Where sources swap domains, no order helps: all others come after them, so that the engine
        sees the swap, and refuses it.
        """
        from graphlib import CycleError, TopologicalSorter  # hardly ever needed

        sources = tuple(self._declared)
        state = await _domains_in_state(self._state)
        before = {each: {d for key in each.keys for d in state[key]} for each in sources}
        after = await _domains_declared(sources)
        order = {
            taker: [each for each in sources if (before[each] - after[each]) & taken]
            for taker in sources
            if (taken := after[taker] - before[taker])
        }
        try:
            TopologicalSorter(order).prepare()
        except CycleError as error:
            swapping = error.args[1]
            return {each: swapping for each in sources if each not in swapping}
        return order


class _Turn:
    """The turn of one source: a property that others may copy, and await more than once."""

    def __init__(self, turns: Turns, declared: _Declared) -> None:
        self._turns = turns
        self._declared = declared

    def __await__(self) -> Generator[Any, None, None]:
        return self._turns.wait(self._declared).__await__()

    def __deepcopy__(self, memo: object) -> _Turn:
        return self


async def _all_or(awaitables: Iterable[Awaitable[Any]], seconds: float) -> None:
    """Wait for all, or this many seconds; what fails is reported elsewhere."""
    futures = [asyncio.ensure_future(each) for each in awaitables]
    for future in futures:
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait(futures, timeout=seconds)


def _keys(resource_name: str, opts: pulumi.ResourceOptions | None) -> Iterator[Key]:
    """Yield what a resource is called and, as far as its aliases are known, was called before."""
    parent = getattr(opts.parent, "pulumi_resource_type", "") if opts and opts.parent else ""
    parent = "" if parent == "pulumi:pulumi:Stack" else parent
    yield parent, resource_name
    aliases = opts.aliases if opts else None
    for alias in aliases if isinstance(aliases, (list, tuple)) else ():
        if isinstance(alias, str):
            yield _key_of(alias)
        elif isinstance(getattr(alias, "name", None), str):
            yield parent, alias.name


def _key_of(urn: str) -> Key:
    """Return the key of the resource with this URN, or one that no resource has."""
    kinds, _, name = urn.partition("::")[2].partition("::")[2].partition("::")
    return (kinds.split("$")[-2] if "$" in kinds else ""), name


def _request() -> resource_pb2.ResourceInvokeRequest:
    request = resource_pb2.ResourceInvokeRequest(tok=_READ_STATE)
    # Without the organization, as from an old engine, the stack is looked for in the current one.
    owner = (pulumi.get_organization(), pulumi.get_project()) if pulumi.get_organization() else ()
    request.args["stackName"] = "/".join((*owner, pulumi.get_stack()))
    return request


async def _domains_in_state(call: Any) -> Mapping[Key, set[str]]:
    """Return the domains of each source in the state."""
    found: dict[Key, set[str]] = defaultdict(set)
    try:
        answer = await asyncio.get_running_loop().run_in_executor(None, call.result)
    except Exception as error:  # Whatever keeps the engine from reading it, the run goes on.
        pulumi.log.debug(f"imgix: the state could not be read, for the order of sources: {error}")
        return found
    for urn, resource in getattr(answer, "return")["outputs"].items():
        if "deployment" in resource["outputs"]:
            deployment = rpc.deserialize_property(resource["outputs"]["deployment"])
            found[_key_of(urn)] |= domain_names(rpc.unwrap_rpc_secret(deployment))
    return found


async def _domains_declared(sources: Iterable[_Declared]) -> Mapping[_Declared, set[str]]:
    """Return the domains that each source declares, none where they are not known in time."""
    waiting: dict[_Declared, asyncio.Future[Any]] = {}
    for source in sources:
        deployment = source.deployment
        if isinstance(deployment, Mapping):
            deployment = {key: deployment.get(key) for key in DOMAIN_KEYS}
        if has_output(deployment):
            waiting[source] = asyncio.ensure_future(pulumi.Output.from_input(deployment).future())
    if waiting:
        await _all_or(waiting.values(), _LONGEST_DOMAINS)
    return {source: domain_names(_value_of(source, waiting.get(source))) for source in sources}


def _value_of(source: _Declared, future: asyncio.Future[Any] | None) -> Any:
    """Return the deployment as far as it is known; None if it is not known in time."""
    if future is None:
        return source.deployment
    # An input that fails ends the run by itself.
    failed = not future.done() or future.cancelled() or future.exception() is not None
    return None if failed else as_mapping(future.result())
