"""Waiting for deploys: together, long enough, not too long, and never the end of a run."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imgix_testing.server import Fault

if TYPE_CHECKING:
    from tests.faults.conftest import Declare, MakePerson, Person


@pytest.mark.usefixtures("fast_clock")
def test_sources_that_wait_together_ask_together(
    person_of: MakePerson, declare: Declare, four_threads: ThreadPoolExecutor
) -> None:
    """Four sources that deploy at once cost little more requests than one that does so alone."""
    person = person_of()
    person.imgix.configure(deploy_seconds=200)  # of the account's clock, 20 s of this process's
    declared = [
        attrs.evolve(declare(label), deploy_timeout=300) for label in ("one", "a", "b", "c", "d")
    ]
    person.lifecycle.create(declared[0])
    alone = person.count("GET")
    person.imgix.requests.clear()

    created = list(four_threads.map(person.lifecycle.create, declared[1:]))

    assert [state["deployment_status"] for _, state in created] == ["deployed"] * 4
    assert alone >= 4
    assert person.count("GET") <= 2 * alone
    assert not any("warning" in line for line in person.told)


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize(("lag", "begun"), [(15, False), (3, True)])
def test_a_status_that_lags_is_not_believed(person: Person, lag: float, begun: bool) -> None:
    """After a change the old `deployed` is waited out, even if its date is new already."""
    person.declared = attrs.evolve(person.declared, deploy_timeout=300)
    person.create()
    assert person.state is not None
    before = person.state["date_deployed"]
    person.imgix.configure(status_lag_seconds=lag, deploy_seconds=60, date_when_begun=begun)

    person.update()

    assert person.state["deployment_status"] == "deployed"
    assert person.state["date_deployed"] > before
    shown = person.client.get(person.id)
    assert (shown.deployment_status, shown.date_deployed) == (
        "deployed",
        person.state["date_deployed"],
    )
    assert person.told == []


@pytest.mark.usefixtures("fast_clock")
def test_a_long_deploy_shows_progress_and_ends_in_a_warning(person: Person) -> None:
    """It is told now and then, asked for ever more rarely, and kept as it is in the end."""
    person.declared = attrs.evolve(person.declared, deploy_timeout=60)
    person.imgix.faults.add(Fault("never_deploys"))

    person.create()

    assert 5 < person.count("GET") < 30
    *progress, last = person.told
    assert 2 <= len(progress) <= 4
    assert all('"Source blog": has been deploying for ' in line for line in progress)
    assert all("(waiting up to 60 s)" in line for line in progress)
    assert "still deploying after 60 s; what was declared is stored" in last
    assert person.state is not None
    assert person.state["deployment_status"] == "deploying"
    person.imgix.edit(person.id, deployment={"cache_ttl_error": 5})
    person.run_anew()
    person.read()
    assert person.state["deployment_status"] == "deployed"


def test_broken_polls_end_the_wait_of_all_at_the_time_of_one(
    person_of: MakePerson, declare: Declare, four_threads: ThreadPoolExecutor
) -> None:
    """Where no poll is answered, four sources end in a warning hardly later than one alone."""
    person = person_of(timeout=1000)
    person.imgix.faults.add(Fault("slow", method="GET", delay=60, times=None))
    declared = [
        attrs.evolve(declare(label), deploy_timeout=2) for label in ("one", "a", "b", "c", "d")
    ]
    began = time.monotonic()
    person.lifecycle.create(declared[0])
    between = time.monotonic()

    states = list(four_threads.map(person.lifecycle.create, declared[1:]))

    assert time.monotonic() - between <= 2 * (between - began)
    assert all(state["name"].startswith("Source ") for _, state in states)
    warnings = [line for line in person.told if "the outcome of its deploy is not known" in line]
    assert len(warnings) == len(person.imgix.sources) == 5


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
SHOWN = ("name", "enabled", "deployment_status", "date_deployed", "secure_url_token", "other")
KEYS = ("type", "imgix_subdomains", "custom_domains", "default_params", "s3_bucket", "other")
ATTRIBUTES = st.dictionaries(st.sampled_from(SHOWN), JSON).flatmap(
    lambda shown: (JSON | st.dictionaries(st.sampled_from(KEYS), JSON)).map(
        lambda deployment: {**shown, "deployment": deployment}
    )
)


@pytest.mark.usefixtures("skipped_pauses")
@settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(attributes=ATTRIBUTES)
@example(attributes={"deployment": {"imgix_subdomains": 5}})
@example(attributes={"deployment": {"custom_domains": [{}], "type": []}, "name": "A"})
@example(attributes={"deployment": ["s3"], "enabled": "yes", "deployment_status": 1})
def test_no_answer_after_a_change_is_an_error(
    person_of: MakePerson, declare: Declare, attributes: Any
) -> None:
    """Whatever imgix says of a source that it made or changed, the state keeps what is known."""
    person = person_of(attrs.evolve(declare(), deploy_timeout=0.01), timeout=0.01)
    document = {"data": {"id": "5f" * 12, "type": "sources", "attributes": attributes}}
    for method in ("POST", "PATCH", "GET"):
        person.imgix.faults.add(Fault("body", method=method, body=document, times=None))

    person.create()
    person.update()

    assert person.id == "5f" * 12
    assert person.state is not None
    assert person.state["urls"] is not None
    assert person.attempt("read") == "" or "incomplete answer" in person.attempt("read")
    person.imgix.faults.clear()
