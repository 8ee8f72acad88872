"""The table of changes through the plugin: the same rows as for the dynamic resource."""

from __future__ import annotations

import re
from typing import Any

import pytest

from imgix_provider.plugin.names import written_path
from imgix_provider.plugin.properties import message_of
from imgix_provider.plugin.shapes import plugin_properties
from imgix_testing.server import SimulatedImgix
from tests.changes import ROWS, arguments
from tests.plugin.conftest import Plugin, raw


def written(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a row's source as a program in any language writes them."""
    given = {"name": name, **arguments(name, changes)}
    del given["opts"]  # options of the resource are the engine's affair
    return raw(message_of(plugin_properties(given)))


ENGINE_S_AFFAIR = {name for name, row in ROWS.items() if "opts" in row.after}


@pytest.mark.parametrize("name", [name for name in ROWS if name not in ENGINE_S_AFFAIR])
def test_a_change_is_shown_and_sent_as_it_is(
    name: str, plugin: Plugin, imgix: SimulatedImgix
) -> None:
    """The diff names just what was changed, and the smallest requests make it so, in order."""
    row = ROWS[name]
    before = plugin.checked(written(name, row.before))
    source_id, outputs = plugin.create(before)
    imgix.requests.clear()

    after = plugin.checked(written(name, row.after), before)
    answer = plugin.diff(source_id, outputs, after)
    assert answer.changes == (1 if row.op == "same" else 2)
    # A list is shown whole: its items have no order to tell them by.
    shown = {re.sub(r"\[\d+\]$", "", path) for path in row.shown}
    kind = after["deployment"].keys() - {"imgixSubdomains"}
    deployment_type = "s3" if "s3" in kind else "webfolder"
    assert set(answer.detailedDiff) == {written_path(path, deployment_type) for path in shown}
    assert list(imgix.requests) == []

    if answer.changes == 2:
        outputs = plugin.update(source_id, outputs, after)
    patches = [(r.body or {})["data"]["attributes"] for r in imgix.requests if r.method == "PATCH"]
    assert patches == list(row.sent)
    assert plugin.diff(source_id, outputs, plugin.checked(after, after)).changes == 1
