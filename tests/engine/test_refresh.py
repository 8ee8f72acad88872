"""What a refresh finds, and what comes of it."""

from typing import TYPE_CHECKING

import pytest

from tests.sdk import TAKES_INPUTS

if TYPE_CHECKING:
    from tests.engine.conftest import MakeProgram


@pytest.mark.skipif(not TAKES_INPUTS, reason="this SDK has no inputs in what a read returns")
def test_hand_edits_show_and_are_put_back(make_program: "MakeProgram") -> None:
    """A refreshed preview shows the live value give way to the declared one; nothing is saved."""
    program = make_program('Thing("a", size=1, key=pulumi.Output.secret("hush"))')
    program.stack.up(skip_preview=True)
    program.live("a", {"size": 5})
    before = program.stack.state()

    found = program.stack.refresh(preview_only=True)
    assert found.changes == {"update": 1}
    assert "~ size: 1 => 5" in found.text
    foreseen = program.stack.preview(refresh=True)
    assert foreseen.step("a").changed == ["size"]
    assert "~ size: 5 => 1" in foreseen.text
    assert program.stack.state() == before

    assert program.stack.refresh().changes == {"update": 1}
    assert program.resource("a")["inputs"]["size"] == 5
    assert "hush" not in program.stack.state_file.read_text()
    assert program.stack.up(skip_preview=True).changes == {"update": 1}


def test_what_has_gone_leaves_the_state_and_is_created_anew(make_program: "MakeProgram") -> None:
    """A resource that is not there any more is dropped; others stay, and the next up creates it."""
    program = make_program('a = Thing("a"); Thing("b", note=a.made)')
    program.stack.up(skip_preview=True)
    program.live("a", "gone")
    assert program.stack.refresh(preview_only=True).changes == {"delete": 1, "same": 1}
    assert program.found("a")
    assert program.stack.refresh().changes == {"delete": 1, "same": 1}
    assert not program.found("a")
    assert "dependencies" not in program.resource("b")
    assert program.stack.up(skip_preview=True).changes == {"create": 1, "same": 1}
