"""A table of changes: what preview shows of each, and which requests reach imgix.

All rows stand in one stack: it goes up with what was before, then with what is after.
"""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from imgix_testing.engine import Result
from tests.changes import ROWS, arguments
from tests.stack.conftest import Declarations


@attrs.frozen
class Run:
    """What came of the one run that all rows are looked up in."""

    declarations: Declarations
    preview: Result
    requests_of_preview: int
    update: Result
    again: Result
    sent: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run(declarations: Declarations) -> Run:
    """The stack of all rows, up before and up after, and once more without a change."""
    imgix = declarations.imgix
    before = {name: arguments(name, row.before) for name, row in ROWS.items()}
    first = declarations.declare(before).up(skip_preview=True)
    assert first.ok, first.text
    imgix.requests.clear()

    stack = declarations.declare({name: arguments(name, row.after) for name, row in ROWS.items()})
    preview = stack.preview()
    requests_of_preview = len(imgix.requests)
    update = stack.up(skip_preview=True)
    sent = {name: declarations.changes_sent(declarations.id_of(name)) for name in ROWS}
    imgix.requests.clear()
    return Run(
        declarations, preview, requests_of_preview, update, stack.up(skip_preview=True), sent
    )


@pytest.mark.parametrize("name", ROWS)
def test_a_change_is_shown_and_sent_as_it_is(name: str, run: Run) -> None:
    """Preview shows just what was changed, and the smallest requests make it so, in order."""
    row = ROWS[name]
    assert run.preview.step(name).op == row.op
    if row.op != "same":
        assert sorted(run.preview.step(name).changed) == sorted(row.shown)
    assert run.update.step(name).op == row.op
    assert run.sent[name] == list(row.sent)


def test_the_whole_run_ended_well(run: Run) -> None:
    """Both the preview and the update succeed, and no secret is in what they print."""
    assert run.preview.ok, run.preview.text
    assert run.update.ok, run.update.text
    assert "canary" not in run.preview.text + run.update.text


def test_preview_sends_nothing(run: Run) -> None:
    """Looking costs no request, however much changes."""
    assert run.requests_of_preview == 0


def test_a_second_run_has_nothing_to_do(run: Run) -> None:
    """After the update the program and the state agree: no step and no request."""
    assert run.again.changes == {"same": len(ROWS)}
    assert run.declarations.imgix.requests == []
