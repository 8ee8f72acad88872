"""Domains move in one run, however few sources the engine updates at a time."""

from __future__ import annotations

import asyncio
import random
import re
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime import settings

from imgix_provider.turns import Turns
from imgix_testing.server import SimulatedImgix
from tests.accounts import held
from tests.stack.conftest import Up

BETWEEN = [f'folder("{name}", "{name}1", name=later("{name}", 0.3))' for name in "mn"]
LATE = '"giver", "a", name=later("giver", 0.5)'
"""Left alone, the program registers `BETWEEN` after the first source, and this one last."""


@pytest.mark.parametrize(
    ("taker", "giver"),
    [
        ('"taker", "c", "b"', LATE),
        ('"taker", "c", pulumi.Output.secret("b")', LATE),
        ('"taker", "c", "b"', f'{LATE}, opts=within(Group("group"))'),
    ],
    ids=["plain", "as an output", "in a component"],
)
def test_a_domain_moves_one_at_a_time_whatever_lies_between(
    up: Up, imgix: SimulatedImgix, taker: str, giver: str
) -> None:
    """The one that takes is declared first, the one that gives last, two others between them."""
    before = giver.replace('"a"', '"a", pulumi.Output.secret("b")')
    assert up('folder("taker", "c")', *BETWEEN, f"folder({before})").ok

    moved = up(f"folder({taker})", *BETWEEN, f"folder({giver})")

    assert moved.ok, moved.text
    assert moved.changes["update"] == 2
    assert held(imgix)["giver"] == {"a"}
    assert held(imgix)["taker"] == {"b", "c"}


def test_a_new_source_takes_a_domain_one_at_a_time(up: Up, imgix: SimulatedImgix) -> None:
    """The source that takes is created in the run in which the last one gives."""
    assert up(*BETWEEN, 'folder("giver", "a", "b")').ok

    moved = up('folder("fresh", "b")', *BETWEEN, f"folder({LATE})")

    assert moved.ok, moved.text
    assert held(imgix)["fresh"] == {"b"}


def test_a_chain_of_moves_whose_deploys_take_time(up: Up, imgix: SimulatedImgix) -> None:
    """Each of eight takes the only domain of the next, and the last one is declared last."""
    imgix.configure(deploy_seconds=1.2)
    assert up(*(f'folder("s{n}", "d{n}")' for n in range(8))).ok

    moved = up(*(f'folder("s{n}", "d{n + 1}", wait=True)' for n in range(8)))

    assert moved.ok, moved.text
    assert held(imgix) == {f"s{n}": {f"d{n + 1}"} for n in range(8)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ['"images", "a", opts=within(one)', '"images", "b", "c", opts=within(two)'],
            ['"images", "a", "b", opts=within(one)', '"images", "c", opts=within(two)'],
        ),
        (
            [
                '"images", "a", opts=within(one)',
                '"plain", "b", "c"',
                '"images", "d", "e", opts=within(two)',
            ],
            [
                '"images", "a", "b", opts=within(one)',
                '"plain", "c", "d"',
                '"images", "e", opts=within(two)',
            ],
        ),
    ],
    ids=["a move between them", "a chain that looks like a circle by name"],
)
def test_sources_of_one_name_in_two_components_are_two(
    up: Up, imgix: SimulatedImgix, before: list[str], after: list[str]
) -> None:
    """Resources of one name differ by the type of their component."""
    parents = ['one, two = Group("one"), Other("two")', *BETWEEN]
    for lines in (before, after):
        names = [f"folder({line}, name=later('{n}', {n}))" for n, line in enumerate(lines)]
        moved = up(*parents, *names)
        assert moved.ok, moved.text

    for n, line in enumerate(after):
        assert held(imgix)[str(n)] == set(re.findall(r'"(\w)"', line))


def test_a_swap_one_at_a_time_is_told_as_one_whatever_lies_between(
    up: Up, imgix: SimulatedImgix
) -> None:
    """The engine comes to the two that swap first, although the program declares others between."""
    assert up('folder("one", "a")', *BETWEEN, 'folder("two", "b")').ok

    swapped = up('folder("one", "b")', *BETWEEN, 'folder("two", "a", name=later("two", 0.5))')

    assert not swapped.ok
    assert "Do it in two" in swapped.text
    assert (held(imgix)["one"], held(imgix)["two"]) == ({"a"}, {"b"})


@pytest.mark.parametrize("parallel", [1, 16])
@pytest.mark.parametrize(
    "transformed",
    [
        "copy.deepcopy(args.props)",
        "pulumi.Output.from_input(dict(args.props)).apply(print) and args.props",
    ],
    ids=["copied", "read"],
)
def test_a_transformation_may_copy_and_read_all_that_is_handed_to_it(
    up: Up, imgix: SimulatedImgix, transformed: str, parallel: int
) -> None:
    """What is awaited before a source is registered is among the properties."""
    transformation = (
        "pulumi.runtime.register_stack_transformation(lambda args: "
        f"pulumi.ResourceTransformationResult({transformed}, args.opts))"
    )
    sources = ['folder("a", "a", "b")', 'folder("b", "c")']
    head = ("import copy", transformation)
    assert up(*head, *sources, parallel=parallel).ok

    moved = up(*head, 'folder("a", "a")', 'folder("b", "c", "b")', parallel=parallel)

    assert moved.ok, moved.text
    assert held(imgix) == {"a": {"a"}, "b": {"b", "c"}}


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_giver_that_could_not_be_declared_is_not_waited_for(
    up: Up, imgix: SimulatedImgix, parallel: int
) -> None:
    """The program goes on after its error; the source that takes is refused in words."""
    assert up('folder("taker", "c")', *BETWEEN, 'folder("giver", "a", "b")').ok
    refused = [
        "def fail(args):",
        '    raise ValueError("no")',
        "try:",
        '    folder("giver", "a", opts=pulumi.ResourceOptions(transformations=[fail]))',
        "except ValueError:",
        "    pass",
    ]

    ended = up('folder("taker", "c", "b")', *BETWEEN, *refused, parallel=parallel)

    assert not ended.ok
    assert "subdomain b is taken by source" in ended.text
    assert "Traceback" not in ended.text


@pytest.mark.parametrize("parallel", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_domains_move_at_random_in_one_run(
    up: Up, imgix: SimulatedImgix, seed: int, parallel: int
) -> None:
    """Five domains among six sources, without a circle, declared in any order."""
    chance = random.Random(seed)
    ranks = chance.sample(range(6), 6)
    before = {f"d{n}": chance.randrange(5) for n in range(5)}
    after = {domain: chance.randrange(rank, 6) for domain, rank in before.items()}

    for owners in (before, after):
        wanted = {
            f"s{source}": {f"own{source}", *(d for d, owner in owners.items() if owner == rank)}
            for source, rank in enumerate(ranks)
        }
        lines = [f"folder({name!r}, *{sorted(domains)})" for name, domains in wanted.items()]
        moved = up(*chance.sample(lines, 6), parallel=parallel)
        assert moved.ok, moved.text
        assert held(imgix) == wanted


@pytest.mark.parametrize("parallel", [1, 2])
def test_a_giver_that_needs_the_taker_ends_in_words_and_not_in_silence(
    up: Up, imgix: SimulatedImgix, parallel: int
) -> None:
    """No order can do it: the giver's input is the taker's output. The advice names the way."""
    assert up('folder("taker", "c")', *BETWEEN, 'folder("giver", "a", "b")').ok
    taker = 'taker = folder("taker", "c", "b")'
    giver = 'folder("giver", "a", name=taker.id.apply(lambda id: f"after {id}"))'

    stuck = up(taker, *BETWEEN, giver, parallel=parallel)

    assert not stuck.ok
    assert "subdomain b is taken by source" in stuck.text
    assert held(imgix)["giver"] == {"a", "b"}


class NoAnswers(grpc.GenericRpcHandler):
    """An engine that knows no function; it notes what it was asked."""

    def __init__(self) -> None:
        """Start with no call."""
        self.calls: list[str] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> None:
        """Note the call; with no handler, the caller is told that it is unknown."""
        self.calls.append(handler_call_details.method.rpartition("/")[2])


@pytest.mark.parametrize(("at_a_time", "calls"), [(0, ["Invoke"]), (1, ["Invoke"]), (2, [])])
def test_an_engine_that_cannot_read_the_state_is_no_hindrance(
    at_a_time: int, calls: list[str]
) -> None:
    """It is asked once, if it updates one at a time; sources are registered as they come."""
    engine = NoAnswers()
    server = grpc.server(ThreadPoolExecutor(1), handlers=[engine])
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()

    async def registered() -> list[None]:
        settings.configure(settings.Settings("test", "dev", monitor=address, parallel=at_a_time))
        turns = Turns()
        deployment = {"type": "webproxy", "imgix_subdomains": ["a"]}
        resource: Any = SimpleNamespace(urn=pulumi.Output.from_input("urn"))
        waits = [turns.of(resource, name, deployment, None) for name in ("one", "two")]
        return await asyncio.gather(*(wait for wait in waits if wait is not None))

    try:
        assert set(asyncio.run(registered())) <= {None}
        assert engine.calls == calls
    finally:
        server.stop(None)
        settings.configure(settings.Settings("test", "dev"))


@pytest.mark.parametrize("preview", [True, False])
def test_a_program_that_has_ended_waits_for_its_sources_first(preview: bool) -> None:
    """That is what keeps the SDK from looking at all open outputs whenever one is done."""

    async def held() -> int:
        settings.configure(
            settings.Settings("test", "dev", monitor="127.0.0.1:1", parallel=2, dry_run=preview)
        )
        before = len(settings._get_rpc_manager().rpcs)
        resource: Any = SimpleNamespace(urn=pulumi.Output.from_input("urn"))
        assert Turns().of(resource, "one", {}, None) is not None
        return len(settings._get_rpc_manager().rpcs) - before

    try:
        assert asyncio.run(held()) == 1
    finally:
        settings.configure(settings.Settings("test", "dev"))
