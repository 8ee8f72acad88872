"""A few hundred sources at once, under constant faults, on the threads of a provider process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from imgix_provider.errors import ImgixError
from imgix_provider.sources.declaration import Declaration
from imgix_testing.server import Fault

if TYPE_CHECKING:
    from tests.faults.conftest import Declare, MakePerson

COUNT = 200
RATE = 80
KINDS = (
    *("status", "status_after", "reset_before", "reset_after", "garbage", "empty"),
    *("truncated", "cut", "missing_keys", "unknown_status"),
)


@pytest.mark.usefixtures("pauses")
def test_hundreds_of_sources_survive_constant_faults(
    person_of: MakePerson, declare: Declare, four_threads: ThreadPoolExecutor
) -> None:
    """A fifth of all answers is faulty, yet each source exists once and is as its state says."""
    person = person_of(requests_per_second=RATE, timeout=10)
    for kind in KINDS:
        person.imgix.faults.add(Fault(kind, probability=0.02, times=None))
    waiting = [declare(f"s{number}") for number in range(COUNT)]
    states: dict[str, dict[str, Any]] = {}

    def create(declared: Declaration) -> Declaration | None:
        try:
            source_id, state = person.lifecycle.create(declared)
        except ImgixError:
            return declared
        states[source_id] = state
        return None

    for _up in range(4):
        waiting = [left for left in four_threads.map(create, waiting) if left is not None]
    faulty = [r for r in person.imgix.requests if r.status is None or r.status >= 500]

    assert waiting == []
    assert set(states) == set(person.imgix.sources)
    assert len(states) == COUNT
    assert len(faulty) > COUNT / 20
    assert person.imgix.busiest_second() <= RATE
    person.assert_no_secret(str(person.told))
    person.imgix.faults.clear()
    person.imgix.requests.clear()
    person.run_anew()

    def read(source_id: str) -> Any:
        reading = person.lifecycle.read(source_id, states[source_id])
        return reading and reading.outputs["effective_deployment"]["s3_bucket"]

    buckets = list(four_threads.map(read, states))
    assert buckets == [f"{states[one]['deployment']['s3_bucket']}" for one in states]
    assert person.count("GET") < 10
