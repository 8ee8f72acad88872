"""Domains move in one run where the engine updates several sources at a time."""

from __future__ import annotations

import pytest

from imgix_testing.server import SimulatedImgix
from tests.accounts import held
from tests.stack.conftest import Up


@pytest.mark.parametrize(("parallel", "deploy_seconds"), [(2, 0.0), (3, 1.2), (6, 0.0)])
def test_more_sources_take_domains_than_the_engine_works_on_at_a_time(
    up: Up, imgix: SimulatedImgix, parallel: int, deploy_seconds: float
) -> None:
    """All that take are declared first, and all that give come after every one of them."""
    imgix.configure(deploy_seconds=deploy_seconds)
    takers, givers = [f"taker{n}" for n in range(8)], [f"giver{n}" for n in range(8)]
    before = [f'folder("{name}", "own-{name}")' for name in takers[:4]]
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


def test_a_giver_that_depends_on_another_taker_comes_after_it(
    up: Up, imgix: SimulatedImgix
) -> None:
    """First comes who gives to that one, so that one place at a time is enough."""
    before = ['folder("t1", "c1")', 'folder("t2", "c2")']
    before += ['folder("g1", "a1", "m1")', 'folder("g2", "a2", "m2")']
    assert up(*before, parallel=8).ok

    moved = up(
        'folder("t1", "c1", "m1")',
        't2 = folder("t2", "c2", "m2")',
        'folder("g1", "a1", opts=pulumi.ResourceOptions(depends_on=[t2]))',
        'folder("g2", "a2")',
        parallel=2,
    )

    assert moved.ok, moved.text
    assert held(imgix)["t1"] == {"c1", "m1"}
    assert held(imgix)["t2"] == {"c2", "m2"}


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


def test_a_source_that_waits_for_its_deploy_leaves_its_place_to_the_next(
    up: Up, imgix: SimulatedImgix
) -> None:
    """With two at a time, both deploy at once, although one place is kept free."""
    imgix.configure(deploy_seconds=8)

    done = up(*(f'folder("{name}", "{name}", wait=True)' for name in "ab"), parallel=2)

    assert done.ok, done.text
    first, second = (record.at for record in imgix.requests if record.method == "POST")
    assert second - first < 8
