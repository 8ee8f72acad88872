"""How many requests the verbs send: with four a second, these are what a run costs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from imgix_provider.run import Run
from imgix_provider.sources.declaration import Declaration
from imgix_testing.server import Fault, SimulatedImgix
from tests.declarations import small
from tests.runs import FastClock, fast_run

SPEED = 3
"""How much faster than time these runs go: little, since a busy machine must keep up."""


def source(number: int, **more: Any) -> dict[str, Any]:
    """Return the inputs of one of many sources."""
    deployment = small("webfolder", imgix_subdomains=[f"acme-{number}"])
    return {"name": f"Source {number}", "deployment": deployment, **more}


def at_once(work: Callable[[int], Any], numbers: Iterable[int]) -> list[Any]:
    """Do the work for all numbers, as many at a time as `--parallel 64` does."""
    with ThreadPoolExecutor(64) as pool:
        return list(pool.map(work, numbers))


def create(run: Run, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Check and create a source as an engine does."""
    resource = f"urn::{inputs['name']}"
    checked = run.lifecycle.check(inputs, {}, resource=resource)
    assert checked.problems == ()
    return run.lifecycle.create(Declaration.from_properties(checked.inputs), resource)


def sent(imgix: SimulatedImgix) -> list[str]:
    """Return the methods of the requests so far."""
    return [request.method for request in imgix.requests]


@pytest.mark.parametrize(("deploy", "most"), [(1.0, 46), (5.0, 55)])
def test_forty_creates_are_one_request_each_and_a_few_looks(
    told: list[str], deploy: float, most: int
) -> None:
    """One list tells before who holds the domains, and a list now and then serves all that wait."""
    with SimulatedImgix(deploy_seconds=deploy / SPEED) as imgix:
        run = fast_run(imgix, told, clock=FastClock(SPEED), requests_per_second=4)

        made = at_once(lambda number: create(run, source(number)), range(40))

        assert {outputs["deployment_status"] for _, outputs in made} == {"deployed"}
        assert sent(imgix).count("POST") == 40
        assert len(imgix.requests) <= most


@pytest.mark.parametrize(
    ("sources", "account"), [(1, 1), (3, 250), (40, 40), (200, 200), (50, 1_000), (1_000, 1_000)]
)
def test_a_refresh_reads_lists_where_they_are_fewer(
    imgix: SimulatedImgix, told: list[str], sources: int, account: int
) -> None:
    """Never more than twice the fewest requests, whatever part of the account a stack manages."""
    inputs = [source(number) for number in range(account)]
    ids = [imgix.add_source(name=each["name"], deployment=each["deployment"]) for each in inputs]
    imgix.requests.clear()
    run = fast_run(imgix, told)

    for id_, each in list(zip(ids, inputs, strict=True))[:sources]:
        assert run.lifecycle.read(id_, each) is not None

    assert len(imgix.requests) <= 2 * min(sources, math.ceil(account / 100))
    assert set(sent(imgix)) == {"GET"}


@pytest.mark.parametrize(("threads", "most"), [(8, 11), (64, 11)])
def test_a_refresh_of_a_thousand_sources_is_little_more_than_their_list(
    imgix: SimulatedImgix, told: list[str], threads: int, most: int
) -> None:
    """An engine asks for several at once, which shows that many more will be asked for."""
    inputs = {imgix.add_source(**source(number)): source(number) for number in range(1_000)}
    # Hold back the first answer, as a network does, until the engine has asked for the others.
    imgix.faults.add(Fault("slow", delay=0.5))
    imgix.requests.clear()
    run = fast_run(imgix, told)

    with ThreadPoolExecutor(threads) as pool:
        outcomes = list(pool.map(lambda id_: run.lifecycle.read(id_, inputs[id_]), inputs))

    assert None not in outcomes
    assert len(imgix.requests) <= most


def test_an_update_of_one_field_is_one_key_of_one_patch(
    imgix: SimulatedImgix, told: list[str]
) -> None:
    """Nothing that stays is sent, and nothing is read before."""
    id_, outputs = create(fast_run(imgix, told), source(1, wait_for_deployed=False))
    imgix.requests.clear()
    changed = source(1, wait_for_deployed=False)
    changed["deployment"]["cache_ttl_value"] = 86_400

    run = fast_run(imgix, told)
    run.lifecycle.update(id_, outputs, Declaration.from_properties(changed))

    (request,) = imgix.requests
    assert request.method == "PATCH"
    assert request.body["data"]["attributes"] == {"deployment": {"cache_ttl_value": 86_400}}


def test_what_did_not_change_costs_nothing(imgix: SimulatedImgix, told: list[str]) -> None:
    """A preview and an `up` of a stack that is as declared send no request at all."""
    _, outputs = create(fast_run(imgix, told), source(1))
    imgix.requests.clear()
    run = fast_run(imgix, told)

    checked = run.lifecycle.check(source(1), source(1), resource="urn::1")

    assert run.lifecycle.diff("", outputs, checked.inputs, resource="urn::1").changes is False
    assert sent(imgix) == []


def test_waits_for_many_deploys_share_one_list_a_second(told: list[str]) -> None:
    """However many sources deploy, there is one look a second, and none sooner."""
    with SimulatedImgix(deploy_seconds=6 / SPEED) as imgix:
        run = fast_run(imgix, told, clock=FastClock(SPEED))

        at_once(lambda number: create(run, source(number)), range(30))

        looks = [
            request for request in imgix.requests if request.query.get("sort") == "-date_deployed"
        ]
        pauses = [(later.at - earlier.at) * SPEED for earlier, later in itertools.pairwise(looks)]
        assert 1 <= len(looks) <= 7
        assert all(pause > 0.9 for pause in pauses)
        assert len(imgix.requests) <= 30 + 1 + 7
