"""Disabled sources: what is sent to them, in which order, and what a hand in between does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from imgix_testing.server import Fault

if TYPE_CHECKING:
    from tests.faults.conftest import Person

pytestmark = pytest.mark.usefixtures("pauses")

ENABLE, DISABLE = {"enabled": True}, {"enabled": False}
CHANGE = {"deployment": {"cache_ttl_error": 600}}


@pytest.fixture
def disabled(person: Person) -> Person:
    """One whose source is declared disabled, and is."""
    person.declared = attrs.evolve(person.declared, enabled=False)
    person.create()
    assert sent(person) == [DISABLE]
    person.imgix.requests.clear()
    return person


def test_a_disabled_source_is_enabled_first_and_disabled_last(disabled: Person) -> None:
    """A change of a source that stays disabled goes between two requests that stand alone."""
    disabled.update()
    assert sent(disabled) == [ENABLE, CHANGE, DISABLE]
    assert states(disabled) == (False, False)


def test_enabling_goes_before_the_change(disabled: Person) -> None:
    """Declaration enabled again and changed, the source is enabled first, alone."""
    deployment = {**disabled.declared.deployment, "cache_ttl_error": 600}
    disabled.update(enabled=True, deployment=deployment)
    assert sent(disabled) == [ENABLE, CHANGE]
    assert states(disabled) == (True, True)


def test_disabling_goes_after_the_change(person: Person) -> None:
    """Changed and declared disabled at once, the source is disabled last, alone."""
    person.create()
    deployment = {**person.declared.deployment, "cache_ttl_error": 600}
    person.update(enabled=False, deployment=deployment)
    assert sent(person) == [CHANGE, DISABLE]
    assert states(person) == (False, False)


def test_a_hand_that_disabled_the_source_meanwhile_is_told_of(person: Person) -> None:
    """The change is refused, so the source is enabled for it, and the person reads why."""
    person.create()
    person.imgix.edit(person.id, enabled=False)

    seen = person.attempt("update")

    assert sent(person) == [CHANGE, ENABLE, CHANGE]
    assert "was disabled outside of this stack; it is enabled for this change" in seen
    assert states(person) == (True, True)
    assert person.imgix.source(person.id).deployment["cache_ttl_error"] == 600


def test_a_hand_that_disabled_it_first_is_no_error(person: Person) -> None:
    """A source that is to be disabled and already was stays so, without a warning."""
    person.create()
    person.imgix.edit(person.id, enabled=False)
    person.update(enabled=False)
    assert person.told == []
    assert states(person) == (False, False)


@pytest.mark.parametrize("kind", ["status_after", "reset_after", "truncated"])
def test_a_disable_whose_answer_is_lost_is_done(person: Person, kind: str) -> None:
    """The repeated request is refused, since the source is disabled: that is what was wanted."""
    person.create()
    person.imgix.faults.add(Fault(kind, method="PATCH"))
    person.update(enabled=False)
    assert person.told == []
    assert states(person) == (False, False)


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_refused_change_leaves_the_source_disabled(disabled: Person, status: int) -> None:
    """What was enabled for a change that then failed is disabled again, and the state stays."""
    before = disabled.state
    disabled.imgix.faults.add(Fault("status", method="PATCH", after=1, status=status))
    assert "The simulated API was told" in disabled.attempt("update")
    assert sent(disabled) == [ENABLE, CHANGE, DISABLE]
    assert not disabled.imgix.source(disabled.id).enabled
    assert disabled.state == before


def test_a_disable_that_fails_after_the_change_is_a_warning(person: Person) -> None:
    """The change is in the state, the source shows as enabled, and the next run disables it."""
    person.create()
    deployment = {**person.declared.deployment, "cache_ttl_error": 600}
    person.imgix.faults.add(Fault("status", method="PATCH", after=1, status=403))

    person.update(enabled=False, deployment=deployment)

    assert "stored, but could not be disabled" in person.told[0]
    assert states(person) == (True, True)
    assert person.state is not None
    assert person.state["deployment"]["cache_ttl_error"] == 600
    person.imgix.requests.clear()
    person.update(enabled=False)
    assert sent(person) == [DISABLE]
    assert states(person) == (False, False)


def test_releasing_frees_the_domain_of_a_disabled_source(disabled: Person) -> None:
    """`on_delete="release"` renames the subdomain of a disabled source too, and disables it."""
    assert disabled.state is not None
    disabled.state = {**disabled.state, "on_delete": "release"}
    disabled.delete()
    assert [list(attributes) for attributes in sent(disabled)] == [
        ["enabled"],
        ["deployment"],
        ["enabled"],
    ]
    (only,) = disabled.imgix.sources.values()
    assert (only.enabled, only.domains()) == (False, {f"released-{only.id}.imgix.net"})


def sent(person: Person) -> list[dict[str, Any]]:
    """Return the attributes of each PATCH that reached the API."""
    patches = [request for request in person.imgix.requests if request.method == "PATCH"]
    return [request.body["data"]["attributes"] for request in patches]


def states(person: Person) -> tuple[bool, bool]:
    """Return whether the source is enabled: in the state, and at imgix."""
    assert person.state is not None
    return person.state["enabled"], person.imgix.source(person.id).enabled
