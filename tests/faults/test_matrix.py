"""Every fault at every verb: what the person reads, what the state holds, what exists at imgix.

One table for both adapters: what the dynamic provider survives or tells, the plugin does too, in
the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import attrs
import pytest

from imgix_provider import provider
from imgix_testing.server import Fault, SimulatedImgix
from tests.faults.adapters import DynamicPerson, PluginPerson, plugin_servers
from tests.faults.conftest import Person, SkippedPauses, declared_source

VERBS: Final = ("create", "read", "update", "delete")
METHODS: Final = {"create": "POST", "read": "GET", "update": "PATCH", "delete": "PATCH"}


@attrs.frozen
class Cell:
    """What comes of a verb under a fault."""

    sees: str = ""
    """A part of what the person reads; empty where nothing is said."""
    ends: str = "done"
    """`done`: the state is what imgix shows. `fails`: it is as before. `gone`: it is empty."""
    sources: int = 1
    """How many sources exist then."""


FINE: Final = Cell()
RETIRED: Final = Cell("disabled, and keeps blog", "gone")
FOUND: Final = Cell("though the response was lost")
DAMAGED: Final = {
    "create": FOUND,
    "read": FINE,
    "update": FINE,
    "delete": RETIRED,
    "list_account": FINE,
}
SURVIVED: Final = {**DAMAGED, "create": FINE}


def refused(said: str = "The simulated API was told to answer this") -> dict[str, Cell]:
    """Return the row of an answer that is final, whatever was asked."""
    row = dict.fromkeys((*VERBS, "list_account"), Cell(said, "fails"))
    return {**row, "create": Cell(said, "fails", sources=0)}


STILL_DEPLOYING: Final = Cell("still deploying after 3 s; what was declared is stored")
ODD_STATUS: Final = Cell('has the status "reticulating"; `pulumi refresh` shows')
REDIRECTED: Final = "a redirect to imgix.invalid, which is not followed. Check imgix:apiUrl"

MATRIX: Final[dict[str, tuple[Fault, dict[str, Cell]]]] = {
    "500": (Fault("status"), SURVIVED),
    "502": (Fault("status", status=502), SURVIVED),
    "503": (Fault("status", status=503), SURVIVED),
    "429": (Fault("status", status=429), SURVIVED),
    "429 with Retry-After": (
        Fault("status", status=429, headers={"Retry-After": "1"}),
        SURVIVED,
    ),
    "500 and done": (Fault("status_after"), DAMAGED),
    "503 and done": (Fault("status_after", status=503), DAMAGED),
    "reset": (Fault("reset_before"), SURVIVED),
    "reset and done": (Fault("reset_after"), DAMAGED),
    "a page of HTML": (Fault("garbage"), DAMAGED),
    "no body": (Fault("empty"), DAMAGED),
    "a body that ends early": (Fault("truncated"), DAMAGED),
    "half the JSON": (Fault("cut"), DAMAGED),
    "null for data, not done": (Fault("body", body={"data": None}), SURVIVED),
    "a login page, not done": (Fault("body", body="<html>Log in, please</html>"), SURVIVED),
    "no JSON object": (Fault("body", body="[" * 100_000), SURVIVED),
    "no deployment": (Fault("missing_keys"), SURVIVED),
    "no attributes": (Fault("missing_keys", body="attributes"), SURVIVED),
    "no status": (Fault("missing_keys", body="deployment_status"), SURVIVED),
    "no date": (Fault("missing_keys", body="date_deployed"), SURVIVED),
    "no id": (Fault("missing_keys", body="id"), DAMAGED),
    "refused S3 key": (Fault("refuse_credentials"), SURVIVED),
    "a deploy without end": (
        Fault("never_deploys"),
        {**SURVIVED, "create": STILL_DEPLOYING, "update": STILL_DEPLOYING},
    ),
    "an unknown status": (
        Fault("unknown_status"),
        {**SURVIVED, "create": ODD_STATUS, "update": ODD_STATUS},
    ),
    "a redirect": (Fault("redirect"), refused(REDIRECTED)),
    "400": (Fault("status", status=400), refused()),
    "401": (Fault("status", status=401), refused("Check that imgix:apiKey")),
    "403": (Fault("status", status=403), refused("Check that imgix:apiKey")),
    "404": (
        Fault("status", status=404),
        {
            **refused(),
            "read": Cell("not found in this account, so it leaves the state", "gone"),
            "update": Cell("It is gone: run `pulumi refresh`", "fails"),
            "delete": Cell("was already gone", "gone"),
        },
    ),
    "409": (Fault("status", status=409), refused()),
    "422": (Fault("status", status=422), refused()),
}
FINAL: Final = ("a redirect", "400", "401", "403", "404", "409", "422")


def given(person: Person, verb: str) -> None:
    """Bring about what the verb needs: a source that exists, but for a create."""
    if verb != "create":
        person.create()
    person.imgix.requests.clear()


@pytest.fixture(params=["dynamic", "plugin"])
def adapted(
    request: pytest.FixtureRequest, imgix: SimulatedImgix, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    """A person who works through an adapter, and whose pauses take no time."""
    clock = SkippedPauses()
    if request.param == "plugin":
        with plugin_servers() as connect:
            yield PluginPerson(imgix, {}, declared_source(), clock, connect=connect)
    else:
        monkeypatch.setattr(provider, "_run", None)  # and what it was before, afterwards
        settings = {"api_url": imgix.url, "timeout": 3}
        yield DynamicPerson(imgix, settings, declared_source(), clock)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", MATRIX)
def test_a_fault_is_survived_or_told_in_one_line(adapted: Person, fault: str, verb: str) -> None:
    """After one fault the person reads what the table says, and nothing is lost or doubled."""
    given(adapted, verb)
    met, row = MATRIX[fault]
    before = adapted.state
    adapted.imgix.faults.add(attrs.evolve(met, method=METHODS[verb]))

    seen = adapted.attempt(verb)

    assert_it_ended_so(adapted, row[verb], before, seen)
    if fault in FINAL and verb != "read":
        assert adapted.count(METHODS[verb]) == 1


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", MATRIX)
def test_what_failed_goes_through_when_the_fault_is_over(
    adapted: Person, fault: str, verb: str
) -> None:
    """However often a fault strikes at once, afterwards the same verb ends with one source."""
    given(adapted, verb)
    imgix = adapted.imgix
    imgix.faults.add(attrs.evolve(MATRIX[fault][0], method=METHODS[verb], times=9))
    adapted.attempt(verb)
    imgix.faults.clear()

    if verb == "create" and adapted.state is None:
        again = adapted.attempt("create")
        if adapted.state is None:
            (only,) = imgix.sources
            assert re.search(rf'set adopt(=|: )"{only}"', again)
            adapted.declared = attrs.evolve(adapted.declared, adopt=only)
            adapted.attempt("create")
    elif adapted.state is not None:
        adapted.attempt(verb)

    assert len(imgix.sources) == 1
    if adapted.state is not None:
        adapted.attempt("read")
        assert_state_is_what_imgix_has(adapted)
    if verb == "delete":
        assert [source.enabled for source in imgix.sources.values()] == [fault == "404"]


@pytest.mark.usefixtures("skipped_pauses")
@pytest.mark.parametrize("fault", MATRIX)
def test_a_list_survives_what_a_read_does(person: Person, fault: str) -> None:
    """The account is listed all the same, or one line says why not; afterwards it is."""
    person.create()
    met, row = MATRIX[fault]
    cell = row["list_account"]
    before = person.state
    person.imgix.faults.add(attrs.evolve(met, method="GET"))

    seen = person.attempt("list_account")

    assert_it_ended_so(person, cell, before, seen)
    if cell.ends == "done":
        assert person.listed == [person.id]
    person.imgix.faults.clear()
    person.attempt("list_account")
    assert person.listed == [person.id]


def assert_it_ended_so(person: Person, cell: Cell, before: Any, seen: str) -> None:
    """Compare what the person read and what is left with what the table says."""
    assert cell.sees in seen
    assert bool(seen) == bool(cell.sees)
    assert len(person.imgix.sources) == cell.sources
    if cell.ends == "fails":
        assert person.state == before
    elif cell.ends == "gone":
        assert person.state is None
    else:
        assert_state_is_what_imgix_has(person)


def assert_state_is_what_imgix_has(person: Person) -> None:
    """Compare each declared value in the state with what the account holds."""
    assert person.state is not None
    stored = person.imgix.source(person.id)
    declared = dict(person.state["deployment"])
    assert declared == {key: stored.deployment[key] for key in declared}
    assert (person.state["name"], person.state["enabled"]) == (stored.name, stored.enabled)
    person.assert_no_secret(str(person.state["effective_deployment"]))
