"""Domains move in one run, however few sources the engine updates at a time."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime import settings

from imgix_provider.turns import Turns
from imgix_testing.engine import Result, Stack
from imgix_testing.server import SimulatedImgix
from tests.accounts import held
from tests.stack.conftest import FAST

HEAD = """\
import asyncio
import pulumi
import imgix_provider as imgix

class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Group", name)

class Other(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Other", name)

def within(parent):
    return pulumi.ResourceOptions(parent=parent)

async def later(value, seconds):
    await asyncio.sleep(seconds)
    return value

def folder(resource, *domains, name=None, opts=None, wait=False):
    return imgix.ImgixSource(
        resource,
        name=name or resource,
        wait_for_deployed=wait,
        deployment={
            "type": "webfolder",
            "imgix_subdomains": list(domains),
            "webfolder_base_url": "https://www.example.com/",
        },
        opts=opts,
    )

"""


Up = Callable[..., Result]


@pytest.fixture
def up(imgix_stack: Callable[..., Stack]) -> Up:
    """Updates to a program of these lines, one source at a time."""

    def run(*lines: str, parallel: int = 1) -> Result:
        program = HEAD + "\n".join(lines) + "\n"
        return imgix_stack(program, config=FAST, parallel=parallel).up(skip_preview=True)

    return run


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
    """Each of twelve takes the only domain of the next, and the last one is declared last."""
    imgix.configure(deploy_seconds=1.2)
    assert up(*(f'folder("s{n}", "d{n}")' for n in range(12))).ok

    moved = up(*(f'folder("s{n}", "d{n + 1}", wait=True)' for n in range(12)))

    assert moved.ok, moved.text
    assert held(imgix) == {f"s{n}": {f"d{n + 1}"} for n in range(12)}


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


@pytest.mark.parametrize(("parallel", "deploy_seconds"), [(2, 0.0), (3, 1.2), (8, 1.2)])
def test_more_sources_take_domains_than_the_engine_works_on_at_a_time(
    up: Up, imgix: SimulatedImgix, parallel: int, deploy_seconds: float
) -> None:
    """All that take are declared first, and all that give come after every one of them."""
    imgix.configure(deploy_seconds=deploy_seconds)
    takers, givers = [f"taker{n}" for n in range(10)], [f"giver{n}" for n in range(10)]
    before = [f'folder("{name}", "own-{name}")' for name in takers[:5]]
    before += [f'folder("{name}", "own-{name}", "d{n}")' for n, name in enumerate(givers)]
    assert up(*before, parallel=16).ok

    after = [f'folder("{name}", "own-{name}", "d{n}", wait=True)' for n, name in enumerate(takers)]
    after += [f'folder("{name}", "own-{name}", wait=True)' for name in givers]
    moved = up(*after, parallel=parallel)

    assert moved.ok, moved.text
    assert [held(imgix)[name] for name in takers] == [
        {f"own-{name}", f"d{n}"} for n, name in enumerate(takers)
    ]


def test_a_giver_that_is_a_child_of_the_taker_ends_in_words(up: Up, imgix: SimulatedImgix) -> None:
    """It cannot come before that one ends, and nobody waits for ever."""
    child = "opts=pulumi.ResourceOptions(parent=taker)"
    before = ['taker = folder("taker", "c")', f'folder("giver", "a", "b", {child})']
    assert up(*before, parallel=4).ok

    stuck = up('taker = folder("taker", "c", "b")', f'folder("giver", "a", {child})', parallel=4)

    assert not stuck.ok
    assert "subdomain b is taken by source" in stuck.text


def test_those_that_take_leave_a_place_to_a_giver_that_is_known_late(
    up: Up, imgix: SimulatedImgix
) -> None:
    """Other resources are registered meanwhile, so the free place is all that there is."""
    takers, givers = ["taker0", "taker1", "taker2"], ["giver0", "giver1", "giver2"]
    before = [f'folder("{name}", "own-{name}")' for name in takers]
    before += [f'folder("{name}", "own-{name}", "d{n}")' for n, name in enumerate(givers)]
    assert up(*before, parallel=4).ok

    others = [
        "from pulumi.dynamic import CreateResult, Resource, ResourceProvider",
        "class Slow(ResourceProvider):",
        "    def create(self, props):",
        "        import time",
        '        time.sleep(props["seconds"])',
        '        return CreateResult("slow", dict(props))',
        "class Other(Resource):",
        "    def __init__(self, name, **props):",
        "        super().__init__(Slow(), name, {**props, 'done': None})",
        'first = Other("first", seconds=1.5)',
        'Other("second", seconds=0.1, after=first.id)',
    ]
    after = [f'folder("{name}", "own-{name}", "d{n}")' for n, name in enumerate(takers)]
    late = [f'folder("{name}", "own-{name}", name=later("{name}", 3))' for name in givers]
    moved = up(*after, *others, *late, parallel=2)

    assert moved.ok, moved.text
    assert [held(imgix)[name] for name in takers] == [
        {f"own-{name}", f"d{n}"} for n, name in enumerate(takers)
    ]


def test_nobody_waits_for_a_domain_that_no_source_of_the_stack_has(
    up: Up, imgix: SimulatedImgix
) -> None:
    """The run ends with who has it, although many sources are still to come."""
    imgix.add_source(name="Other", deployment={"type": "webproxy", "imgix_subdomains": ["b"]})
    imgix.configure(deploy_seconds=1.2)
    others = [f'folder("s{n}", "d{n}", wait=True)' for n in range(30)]

    ended = up('folder("taker", "c", "b")', *others, parallel=2)

    assert not ended.ok
    assert "subdomain b is taken by source" in ended.text
    assert "waits for a source of this run" not in ended.text
    assert "s29" not in held(imgix)


def test_sources_that_come_after_another_one_leave_it_a_place(
    up: Up, imgix: SimulatedImgix
) -> None:
    """Their component is registered after that source, whose name is known last."""
    children = [
        f'folder("child{n}", "child{n}", opts=within(group), name=later("child{n}", 0))'
        for n in range(4)
    ]
    program = [
        "class Late(pulumi.ComponentResource):",
        "    def __init__(self, name, opts):",
        '        super().__init__("test:index:Late", name, None, opts)',
        'first = folder("first", "first", name=later("first", 0.5))',
        'group = Late("group", pulumi.ResourceOptions(depends_on=[first]))',
        *children,
    ]

    done = up(*program, parallel=2)

    assert done.ok, done.text
    assert len(held(imgix)) == 5


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
