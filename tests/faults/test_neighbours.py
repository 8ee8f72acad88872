"""The matrix's rows for what is no fault of one source: another account, a twin, a move.

The row of the orphan stands with the provider process, in `tests/provider/test_orphan.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import pytest

from imgix_provider.sources.ledger import Hold
from tests.faults.test_matrix import FINAL, FINE, MATRIX, Cell

if TYPE_CHECKING:
    from tests.faults.conftest import Declare, MakePerson, Person

OTHER_KEY: Final = "ak_" + "0" * 64
TWIN: Final = "urn:pulumi:dev::acme::imgix:Source::twin"
ANOTHER_ACCOUNT: Final = Cell("and imgix:apiKey to account 0000", "fails")
KEPT: Final = Cell('left as it is: resource "twin" of this stack has this source now', "gone")

ROWS: Final[dict[str, dict[str, Cell]]] = {
    "a key of another account": {
        "create": Cell("is already in use", "fails"),
        "read": ANOTHER_ACCOUNT,
        "update": ANOTHER_ACCOUNT,
        "delete": ANOTHER_ACCOUNT,
    },
    "a twin": {
        "create": Cell("is taken by source", "fails"),
        "read": FINE,
        "update": FINE,
        "delete": KEPT,
    },
}


def arrange(person: Person, row: str) -> None:
    """Bring about what the row says, for whatever verb comes next."""
    if row == "a twin":
        person.run.services.ledger.hold(person.id, TWIN, Hold.KEPT)
    else:
        person.settings = {**person.settings, "api_key": OTHER_KEY}
        person.run_anew()


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("verb", ["create", "read", "update", "delete"])
@pytest.mark.parametrize("row", ROWS)
def test_what_is_another_s_is_told_and_left_alone(
    person: Person, declare: Declare, row: str, verb: str
) -> None:
    """The person reads what the table says, the state is as it says, and the source serves on."""
    other = person.imgix.add_account(OTHER_KEY, "0" * 24)
    theirs = declare("theirs")
    other.add_source(name=theirs.name, deployment=dict(theirs.deployment))
    person.create()
    before = person.state
    arrange(person, row)
    cell = ROWS[row][verb]

    seen = person.attempt_here(verb)

    assert cell.sees in seen
    assert bool(seen) == bool(cell.sees)
    assert (person.state is None) == (cell.ends == "gone")
    if cell.ends == "fails":
        assert person.state == before
    assert [source.enabled for source in person.imgix.sources.values()] == [True]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("order", ["giver first", "taker first"])
@pytest.mark.parametrize("fault", [name for name in MATRIX if name not in FINAL])
def test_a_move_survives_what_one_change_survives(
    person_of: MakePerson, declare: Declare, fault: str, order: str
) -> None:
    """Whichever of the two is updated first, after one fault the domain has moved."""
    domain = "www.example.com"
    giver = person_of(declare("giver", custom_domains=[domain]))
    taker = person_of(declare("taker", custom_domains=[]))
    giver.create()
    taker.create()
    taker.run = giver.run  # both are sources of one run
    after = {giver.id: declare("giver", custom_domains=[])}
    after[taker.id] = declare("taker", custom_domains=[domain])
    people = [giver, taker] if order == "giver first" else [taker, giver]
    for one in people:
        assert one.state is not None
        one.lifecycle.diff(one.id, one.state, after[one.id].inputs())
    giver.imgix.faults.add(attrs.evolve(MATRIX[fault][0], method="PATCH"))

    for one in people:
        one.update(deployment=after[one.id].deployment)

    held = {id: source.deployment["custom_domains"] for id, source in giver.imgix.sources.items()}
    assert held == {giver.id: [], taker.id: [domain]}
    assert giver.imgix.source(giver.id).enabled
    for one in people:
        one.assert_no_secret("\n".join(one.told))
