"""What is tried again, how soon, and for how long."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from imgix_provider.errors import ImgixError
from imgix_testing.server import Fault

if TYPE_CHECKING:
    from tests.faults.conftest import Declare, MakePerson, Person


def test_pauses_grow_and_are_random(person_of: MakePerson, pauses: list[float]) -> None:
    """Each pause is anywhere between nothing and twice the last one's most, up to 15 s."""
    random.seed(1)
    person = person_of(timeout=1000)
    for _ in range(5):
        person.imgix.faults.add(Fault("status", status=503, times=7))
        person.client.page(0)
        person.imgix.faults.clear()

    assert len(pauses) == 35
    shares = [pause / min(15, 2.0 ** (nth % 7)) for nth, pause in enumerate(pauses)]
    assert 0 <= min(shares) < 0.2
    assert 0.8 < max(shares) <= 1
    assert max(pauses) > 8


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_obeyed_and_told(
    person_of: MakePerson, pauses: list[float], as_date: bool
) -> None:
    """The pause is what imgix asks for, in seconds or as a date, and a long one is told."""
    at = datetime.now(timezone.utc) + timedelta(seconds=9)
    wanted = format_datetime(at, usegmt=True) if as_date else "9"
    person = person_of(timeout=1000)
    person.imgix.faults.add(Fault("status", status=429, headers={"Retry-After": wanted}))

    person.client.page(0)

    assert len(pauses) == 1
    assert 6 < pauses[0] <= 9
    assert "imgix answered 429" in person.told[0]
    assert f"retrying in {pauses[0]:.0f} s (for up to 1000 s without a success)" in person.told[0]


@pytest.mark.usefixtures("skipped_pauses")
def test_a_long_outage_is_told_now_and_then(person_of: MakePerson) -> None:
    """Two minutes of retries are a handful of lines, not one for each try."""
    person = person_of(timeout=120)
    person.imgix.faults.add(Fault("status", status=503, times=None))
    with pytest.raises(ImgixError):
        person.client.page(0)
    assert len(person.imgix.requests) > len(person.told)
    assert 3 <= len(person.told) <= 120 / 15


def test_a_retry_after_past_the_deadline_ends_at_once(
    person_of: MakePerson, pauses: list[float]
) -> None:
    """Where imgix asks for more time than there is, the run does not wait for nothing."""
    person = person_of(timeout=30)
    person.imgix.faults.add(
        Fault("status", status=503, headers={"Retry-After": "31"}, times=None),
    )
    with pytest.raises(ImgixError, match="imgix answered 503"):
        person.client.page(0)
    assert (person.count("GET"), pauses) == (1, [])


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("kind", ["status", "reset_before", "garbage"])
def test_an_outage_ends_at_the_deadline(person_of: MakePerson, kind: str) -> None:
    """A fault that stays is tried again for `imgix:timeout` seconds, told, and then an error."""
    person = person_of(timeout=40)
    person.imgix.faults.add(Fault(kind, times=None))
    with pytest.raises(ImgixError):
        person.client.page(0)
    assert 3 < person.count("GET") < 60
    assert any("(for up to 40 s in all)" in line for line in person.told)


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("fast_clock")
def test_a_new_access_key_has_half_a_minute_to_settle(
    person_of: MakePerson, declare_quick: Declare
) -> None:
    """A refusal of S3 credentials is tried again for 30 s, however long the deadline is."""
    person = person_of(declare_quick(), timeout=100_000)
    person.imgix.faults.add(Fault("refuse_credentials", times=None))

    seen = person.attempt("create")

    assert "AWS did not accept the access key given" in seen
    assert 3 < person.count("POST") < 60
    assert person.imgix.sources == {}


@pytest.mark.usefixtures("pauses")
def test_an_update_is_repeated_word_for_word(person: Person) -> None:
    """A PATCH whose answer was lost goes out again as it was."""
    person.create()
    person.imgix.requests.clear()
    person.imgix.faults.add(Fault("reset_after", method="PATCH", times=2))
    person.update()
    sent = [request.body for request in person.imgix.requests if request.method == "PATCH"]
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]


def test_a_server_that_is_not_there_is_told(person_of: MakePerson, pauses: list[float]) -> None:
    """Where nothing listens, the create is tried again, since nothing was sent, and then told."""
    person = person_of(timeout=1)
    person.imgix.stop()

    seen = person.attempt("create")

    assert "no connection to 127.0.0.1:" in seen
    assert "it is not known" not in seen
    assert pauses
