"""Which sources of a program give up domains that others of it take.

imgix refuses a domain while another source has it, so one that gives it up has to come first. Which
domains each source had is read from the stack's state, through the engine.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from typing import Any, Final

import attrs
import pulumi
from pulumi.runtime import rpc, settings
from pulumi.runtime.proto import resource_pb2

from imgix_provider.deployments.domains import DOMAIN_KEYS, domain_names
from imgix_provider.inputs import as_mapping, has_output

_READ_STATE: Final = "pulumi:pulumi:readStackResourceOutputs"
LONGEST_INPUTS: Final = 10.0
"""The most seconds to wait for the inputs of a source that gives up a domain: they may need the
source that takes it."""
_LONGEST_DOMAINS: Final = 3.0
"""The most seconds to wait for domains that are outputs of something else."""

Key = tuple[str, str]
"""The type of a resource's parent, empty without one, and the resource's name."""


@attrs.define(eq=False)
class Declared:
    """A source as declared, and how far it has come."""

    resource: pulumi.Resource
    keys: frozenset[Key]
    """What it is called, and was called before."""
    deployment: Any
    needs: tuple[pulumi.Resource, ...] = ()
    """The resources that have to be registered before it, for which its turn waits."""
    depends_on: tuple[pulumi.Resource, ...] = ()
    """Those that the SDK waits for before it asks for the turn."""
    known: asyncio.Event = attrs.field(factory=asyncio.Event)
    """All its inputs are known."""
    ready: asyncio.Event = attrs.field(factory=asyncio.Event)
    """Its turn has come."""


class Givers:
    """All sources of one run of a program, and what they had before."""

    def __init__(self) -> None:
        """Start with no source."""
        self._declared: list[Declared] = []
        self._state: Any = None
        """The call that reads the state."""

    def add(
        self,
        resource: pulumi.Resource,
        resource_name: str,
        deployment: Any,
        opts: pulumi.ResourceOptions | None,
    ) -> Declared:
        """Note a declared source."""
        keys = frozenset(_keys(resource_name, opts))
        needs = tuple(_resources(opts, "parent", "provider", "deleted_with", "replace_with"))
        depends_on = tuple(_resources(opts, "depends_on"))
        declared = Declared(resource, keys, deployment, needs, depends_on)
        self._declared.append(declared)
        return declared

    def __len__(self) -> int:
        """Return how many sources are declared."""
        return len(self._declared)

    @property
    def reads_state(self) -> bool:
        """Whether the state was read, or is being read."""
        return self._state is not None

    def read_state(self, longest: float) -> None:
        """Have the engine read the state, while the program goes on; once in a run.

        Args:
            longest: The most seconds to wait for it; after that, nothing is known of the state.
        """
        if self._state is None:
            monitor: Any = settings.get_monitor()
            call = monitor.Invoke.future
            self._state = call(_request(), timeout=longest)

    async def find(self) -> Mapping[Declared, list[Declared]]:
        """Return, for each source that takes a domain, those that give it up.

        If there are any, also for each that depends on other sources, those.

        Where sources swap domains, no order helps: all others come after them, so that the engine
        sees the swap, and refuses it. Without a state that was read, nothing is given up.
        """
        from graphlib import CycleError, TopologicalSorter  # hardly ever needed

        state = await _domains_in_state(self._state)
        sources = tuple(self._declared)
        before = {each: {d for key in each.keys for d in state[key]} for each in sources}
        after = await _domains_declared(sources)
        order = {
            taker: [each for each in sources if (before[each] - after[each]) & taken]
            for taker in sources
            if (taken := after[taker] - before[taker])
        }
        if any(order.values()):
            _add_dependencies(order, sources)
        try:
            TopologicalSorter(order).prepare()
        except CycleError as error:
            swapping = error.args[1]
            return {each: swapping for each in sources if each not in swapping}
        return order


async def all_or(awaitables: Iterable[Awaitable[Any]], seconds: float | None) -> None:
    """Wait for all, or this many seconds if not None; what fails is reported elsewhere."""
    futures = [asyncio.ensure_future(each) for each in awaitables]
    for future in futures:
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
    if futures:
        await asyncio.wait(futures, timeout=seconds)


def key_of(urn: str) -> Key:
    """Return the key of the resource with this URN, or one that no resource has."""
    kinds, _, name = urn.partition("::")[2].partition("::")[2].partition("::")
    return (kinds.split("$")[-2] if "$" in kinds else ""), name


def _keys(resource_name: str, opts: pulumi.ResourceOptions | None) -> Iterator[Key]:
    """Yield what a resource is called and, as far as its aliases are known, was called before."""
    parent = getattr(opts.parent, "pulumi_resource_type", "") if opts and opts.parent else ""
    parent = "" if parent == "pulumi:pulumi:Stack" else parent
    yield parent, resource_name
    aliases = opts.aliases if opts else None
    for alias in aliases if isinstance(aliases, (list, tuple)) else ():
        if isinstance(alias, str):
            yield key_of(alias)
        elif isinstance(getattr(alias, "name", None), str):
            yield parent, alias.name


def _add_dependencies(order: dict[Declared, list[Declared]], sources: Iterable[Declared]) -> None:
    """Add to each source the other sources that have to be registered before it."""
    by_resource = {id(each.resource): each for each in sources}
    for source in sources:
        named = (by_resource.get(id(each)) for each in (*source.needs, *source.depends_on))
        if before := [each for each in named if each is not None]:
            order[source] = [*order.get(source, ()), *before]


def _resources(opts: pulumi.ResourceOptions | None, *names: str) -> Iterator[pulumi.Resource]:
    """Yield the resources in these options, as far as they are known."""
    for name in names:
        value = getattr(opts, name, None)
        for each in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(each, pulumi.Resource):
                yield each


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
            found[key_of(urn)] |= domain_names(rpc.unwrap_rpc_secret(deployment))
    return found


async def _domains_declared(sources: Iterable[Declared]) -> Mapping[Declared, set[str]]:
    """Return the domains that each source declares, none where they are not known in time."""
    waiting: dict[Declared, asyncio.Future[Any]] = {}
    for source in sources:
        deployment = source.deployment
        if isinstance(deployment, Mapping):
            deployment = {key: deployment.get(key) for key in DOMAIN_KEYS}
        if has_output(deployment):
            waiting[source] = asyncio.ensure_future(pulumi.Output.from_input(deployment).future())
    if waiting:
        await all_or(waiting.values(), _LONGEST_DOMAINS)
    return {source: domain_names(_value_of(source, waiting.get(source))) for source in sources}


def _value_of(source: Declared, future: asyncio.Future[Any] | None) -> Any:
    """Return the deployment as far as it is known; None if it is not known in time."""
    if future is None:
        return source.deployment
    # An input that fails ends the run by itself.
    failed = not future.done() or future.cancelled() or future.exception() is not None
    return None if failed else as_mapping(future.result())
