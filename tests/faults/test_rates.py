"""imgix's limits: kept to, used up to the last request, and told when they are reached."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import attrs
import pytest
import requests

from imgix_provider.api.limits import Limits
from imgix_provider.api.refusals import Refusals
from imgix_provider.clock import Clock
from imgix_provider.errors import ImgixError, RateLimitedError
from imgix_provider.settings import Settings
from imgix_testing.server import Fault, SimulatedImgix
from tests.runs import FastClock, fast_run

if TYPE_CHECKING:
    from tests.faults.conftest import Declare, MakePerson

RATE = 4


def test_forty_creates_use_the_whole_rate_and_no_more(
    person_of: MakePerson, declare_quick: Declare, four_threads: ThreadPoolExecutor
) -> None:
    """40 creates at 4 a second meet no 429, and take hardly longer than 40 requests must.

    What they must take is measured beside them, since a busy machine makes both slower. It can also
    hold up one request and not the next, so that too many arrive at once: so there are three tries.
    """
    person = person_of(requests_per_second=RATE)
    person.imgix.configure(requests_per_second=RATE)
    for attempt in range(3):
        person.run_anew()
        person.imgix.requests.clear()
        sources = [declare_quick(f"s{attempt}-{number}") for number in range(40)]
        began = time.monotonic()
        with SimulatedImgix() as other, ThreadPoolExecutor(1) as beside:
            at_the_rate = beside.submit(forty_requests, other, began)
            list(four_threads.map(person.lifecycle.create, sources))
            took = time.monotonic() - began
            least = at_the_rate.result()
        refused = [request for request in person.imgix.requests if request.status != 201]
        if not refused and person.imgix.busiest_second() <= RATE and took <= 1.15 * least:
            return
    pytest.fail(f"{len(refused)} refused, {took:.1f} s where {least:.1f} s would do")


def forty_requests(imgix: SimulatedImgix, began: float) -> float:
    """Send 40 requests evenly at the rate, and return how many seconds they took."""
    for number in range(1, 41):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        requests.get(f"{imgix.url}/sources", headers={"Authorization": f"Bearer {imgix.api_key}"})
    return time.monotonic() - began


def test_there_is_no_pause_while_there_is_room(person_of: MakePerson, pauses: list[float]) -> None:
    """As many requests as a second allows go out at once, and the next one waits."""
    person = person_of(requests_per_second=RATE)
    for _ in range(RATE):
        person.client.page(0)
    assert pauses == []
    person.client.page(0)
    assert pauses


def test_a_wait_of_some_seconds_is_told(person_of: MakePerson) -> None:
    """Where the limit makes a run wait for long, one line says what is waited for."""
    person = person_of(requests_per_second=0.3)
    person.client.page(0)
    assert person.told == []
    person.client.page(0)
    assert person.told == ["waiting for imgix's limit of requests per second"]


def test_a_used_up_hour_of_creates_is_told_at_once(
    person_of: MakePerson, declare_quick: Declare, pauses: list[float]
) -> None:
    """The create that is one too many is not sent: its error counts, and names the time."""
    person = person_of(creates_per_hour=2)
    declared = [declare_quick(f"s{number}") for number in range(5)]
    for one in declared:
        person.lifecycle.check(one.inputs(), {})
    for one in declared[:2]:
        person.lifecycle.create(one)

    with pytest.raises(
        ImgixError,
        match=r'"Source s2" was not created: imgix allows 2 creates an hour; this run has made 2 '
        r"so far, and at least 3 more are left to do\. .* run `pulumi up` again at \d\d:\d\d "
        r"\(in 60 minutes\)",
    ):
        person.lifecycle.create(declared[2])

    assert person.count("POST") == len(person.imgix.sources) == 2
    assert pauses == []


def test_creates_that_are_under_way_count_in_the_message(
    person_of: MakePerson, declare_quick: Declare
) -> None:
    """They have used the hour up too, though imgix has not yet answered them."""
    person = person_of(creates_per_hour=2)
    declared = [declare_quick(f"s{number}") for number in range(3)]
    for one in declared:
        person.lifecycle.check(one.inputs(), {})
    person.lifecycle.create(declared[0])
    person.imgix.faults.add(Fault("slow", method="POST", delay=2.0))

    with ThreadPoolExecutor() as pool:
        pool.submit(person.lifecycle.create, declared[1])
        while not person.imgix.faults.describe()[0]["fired"]:
            time.sleep(0.05)
        with pytest.raises(ImgixError) as error:
            person.lifecycle.create(declared[2])

    words = "this run has made 1 so far and begun 1 more, and at least 1 more is left to do"
    assert words in str(error.value)


def test_a_change_that_takes_more_updates_than_an_hour_has_is_told_as_that(
    person_of: MakePerson, declare_quick: Declare
) -> None:
    """To run again later would not help, so the message does not advise it."""
    person = person_of(declare_quick(), updates_per_hour=1)
    person.create()

    with pytest.raises(ImgixError, match="it takes 2 updates, and imgix:updatesPerHour is 1") as no:
        person.update(name="Renamed", enabled=False)

    assert "again at" not in str(no.value)
    assert person.count("PATCH") == 0


def test_a_used_up_hour_of_updates_is_told_at_once(
    person_of: MakePerson, declare_quick: Declare, pauses: list[float]
) -> None:
    """An update that needs more requests than the hour has left sends none of them."""
    person = person_of(declare_quick(), updates_per_hour=2)
    person.create()
    person.update()
    pauses.clear()

    with pytest.raises(
        ImgixError, match="allows 2 updates an hour; this run has made 1 so far, and at least 2"
    ):
        person.update(name="Renamed", enabled=False)

    assert person.count("PATCH") == 1
    assert person.imgix.source(person.id).name == "Source blog"
    assert pauses == []


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("fast_clock")
def test_an_hour_that_an_earlier_run_used_up_is_told(
    person_of: MakePerson, declare_quick: Declare
) -> None:
    """A 429 that stays means the hour: the run ends soon, and says what is done and left."""
    person = person_of(timeout=100_000)
    declared = [declare_quick(f"s{number}") for number in range(4)]
    for one in declared:
        person.lifecycle.check(one.inputs(), {})
    source_id, state = person.lifecycle.create(declared[0])
    person.imgix.configure(creates_per_hour=0, updates_per_hour=0)

    for one in declared[1:3]:
        with pytest.raises(
            ImgixError,
            match=r"Rate limit exceeded.*; of the creates, this run has made 1 so far, and "
            r"at least 3 more are left to do\. .*hourly limit .* wait up to an hour and run again",
        ):
            person.lifecycle.create(one)

    assert person.count("POST") < 120
    changed = attrs.evolve(declared[0], name="Renamed")
    with pytest.raises(
        ImgixError, match="of the updates, this run has made 0 so far, and at least 1 more"
    ):
        person.lifecycle.update(source_id, state, changed)
    assert len(person.imgix.sources) == 1


@pytest.mark.parametrize("retry_after", [None, 1])
def test_runs_at_once_share_the_rate_of_the_account(
    imgix: SimulatedImgix, declare_quick: Declare, retry_after: int | None
) -> None:
    """Each takes fewer requests a second than it may alone, and none gives up."""
    imgix.configure(requests_per_second=RATE, counts_refused=True, retry_after=retry_after)
    runs = [
        fast_run(imgix, [], clock=Clock(), requests_per_second=RATE, timeout=120) for _ in range(3)
    ]
    with ThreadPoolExecutor(48) as pool:
        for number in range(36):
            run = runs[number % 3]
            pool.submit(run.lifecycle.create, declare_quick(f"s{number}"))

    assert len(imgix.sources) == 36


@pytest.mark.usefixtures("fast_clock")
def test_once_the_hour_is_used_up_no_source_of_the_run_waits_on(
    person_of: MakePerson, declare_quick: Declare
) -> None:
    """What one create has found out holds for those that have not been sent yet."""
    person = person_of(timeout=100_000, requests_per_second=RATE)
    person.imgix.configure(creates_per_hour=0)
    with ThreadPoolExecutor(64) as pool:
        made = [
            pool.submit(person.lifecycle.create, declare_quick(f"s{number}"))
            for number in range(64)
        ]
        errors = [str(each.exception()) for each in made]

    assert all("hourly limit of creates or updates is used up" in error for error in errors)
    assert person.count("POST") < 64


def test_a_used_up_hour_is_found_out_anew_after_a_minute() -> None:
    """What is told again from memory meanwhile does not make the minute longer."""
    clock = FastClock(times=1000)
    refusals = Refusals(Limits(Settings(), clock), clock)
    error = RateLimitedError("too many", status=429)
    refusals.refuse("POST", error, 0.0)
    clock.pause(30)
    refusals.refuse("POST", error, 0.0)
    found = clock.now()

    while refusals.used_up("POST") is not None:
        assert clock.now() < found + 600
        with suppress(RateLimitedError):
            refusals.require("POST")
        refusals.refuse("POST", error, 0.0)
        clock.pause(10)

    assert clock.now() >= found + 60
