"""What people see, and what is kept, when something goes wrong."""

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdk import shown_of

if TYPE_CHECKING:
    from tests.engine.conftest import MakeProgram, Program


def test_all_complaints_of_a_resource_show_and_the_run_ends(make_program: "MakeProgram") -> None:
    """Each check failure is one error line with its path; other resources are not checked."""
    program = make_program(
        """
        bad = {"size": "must be small", "deep.ttl": "must be long", "": "is odd"}
        a = Thing("a", size=9, complaints=bad)
        a.urn.apply(lambda _: Thing("b"))
        """
    )
    result = program.stack.up()
    assert not result.ok
    subject = "error: pulumi-python:dynamic/test:Thing resource 'a'"
    assert sorted(result.diagnostics) == [
        f"{subject} has a problem: is odd",
        f"{subject}: property deep.ttl value {{<nil>}} has a problem: must be long",
        f"{subject}: property size value {{9}} has a problem: must be small",
    ]
    assert program.verbs() == ["check"]
    assert "Traceback" not in result.text


def test_a_run_error_shows_as_plain_lines(make_program: "MakeProgram") -> None:
    """A `RunError` of the program shows its lines and no traceback."""
    program = make_program('raise pulumi.RunError("first problem\\nsecond problem")')
    result = program.stack.preview()
    assert not result.ok
    assert result.diagnostics[0] == "error: first problem\nsecond problem"
    assert "Traceback" not in result.text


def test_a_crashing_program_shows_its_own_traceback(make_program: "MakeProgram") -> None:
    """An exception in the program shows where in the program it arose."""
    program = make_program('Thing("a")\nraise LookupError("no such thing")')
    result = program.stack.up(skip_preview=True)
    assert not result.ok
    assert "LookupError: no such thing" in result.text
    assert "__main__.py" in result.text
    assert "runpy" not in result.text
    assert program.found("a"), "what was registered before is kept"


def test_an_exit_status_fails_the_run(make_program: "MakeProgram") -> None:
    """A program that just exits fails the run, and the status is told."""
    result = make_program("import os; os._exit(7)").stack.preview()
    assert not result.ok
    assert any("program exited with non-zero exit code: 7" in line for line in result.diagnostics)


def test_a_logged_error_alone_does_not_fail_a_run(make_program: "MakeProgram") -> None:
    """`pulumi.log` messages and everything printed show under the diagnostics."""
    program = make_program(
        """
        import sys
        pulumi.log.error("only said")
        print("printed hush-config")
        print("printed to stderr", file=sys.stderr)
        a = Thing("a", say="said by the provider")
        pulumi.log.warn("about a", resource=a)
        """,
        secret_config={"other": {"deep": "hush-config"}},
    )
    result = program.stack.up(skip_preview=True)
    assert result.ok, result.text
    assert {
        "error: only said",
        "printed [secret]",
        "printed to stderr",
        "warning: about a",
        "said by the provider",
    } <= set(result.diagnostics)
    assert "  pulumi-python:dynamic/test:Thing (a):\n    warning: about a" in result.text
    assert "hush-config" not in result.text


def test_a_failed_resource_leaves_the_others_saved(make_program: "MakeProgram") -> None:
    """What succeeded before is in the state; what failed is told in the provider's own words."""
    program = make_program(
        """
        a = Thing("a", size=1)
        b = Thing("b", fail_at="create", note=a.made)
        Thing("c", note=b.made)
        """,
        environment={"ONE_LINE": "1"},
    )
    result = program.stack.up(skip_preview=True)
    assert not result.ok
    (error,) = [line for line in result.diagnostics if "cannot create this" in line]
    assert shown_of(error) == "cannot create this"
    assert "File" not in error
    assert program.found("a")
    assert not program.found("b")
    assert program.verbs() == ["check", "create", "check", "create"]


def test_a_failing_run_waits_for_what_is_under_way(make_program: "MakeProgram") -> None:
    """A creation that runs while another fails still finishes and is saved."""
    program = make_program("")
    pipe = _pipe(program)
    program.write(
        f"""
        import asyncio

        async def later():
            await asyncio.sleep(1)
            return "create"

        Thing("slow", wait_at="create", pipe="{pipe}")
        Thing("bad", fail_at=later())
        """
    )
    calls = program.folder / "calls.jsonl"

    def release() -> None:
        with pipe.open("w"):
            _until(lambda: calls.read_text().count('"verb": "create"') == 2)

    releasing = threading.Thread(target=release)
    releasing.start()
    result = program.stack.up(skip_preview=True)
    releasing.join()
    assert not result.ok
    assert program.found("slow")


def test_a_provider_process_that_dies_fails_the_run(make_program: "MakeProgram") -> None:
    """The run ends with an error instead of waiting for an answer."""
    program = make_program('Thing("a", exit_at="create")')
    result = program.stack.up(skip_preview=True)
    assert not result.ok
    assert any("provider process has ended" in line for line in result.diagnostics)


def test_a_resource_of_another_provider_is_refused(make_program: "MakeProgram") -> None:
    """Only dynamic resources have a provider here, and the error says so."""
    program = make_program('pulumi.CustomResource("aws:s3:Bucket", "a", {})')
    result = program.stack.preview()
    assert not result.ok
    assert any("aws:s3:Bucket is no dynamic resource" in line for line in result.diagnostics)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ('pulumi.runtime.invoke("a:b:c", {})', "error: cannot call a:b:c here"),
        (
            'Thing("a", opts=pulumi.ResourceOptions(ignore_changes=["a..b"]))',
            "error: the engine failed: ValueError(\"'a..b' is not a property path\")",
        ),
    ],
)
def test_what_the_engine_cannot_do_ends_the_run(
    make_program: "MakeProgram", program: str, words: str
) -> None:
    """A function call or an impossible path is one error, and not a hanging program."""
    made = make_program('Thing("a")')
    assert made.stack.up(skip_preview=True).ok
    made.write(program)
    result = made.stack.preview()
    assert not result.ok
    assert words in result.diagnostics


def test_colours_are_those_of_the_cli(make_program: "MakeProgram") -> None:
    """With `colour` headlines, signs and severities are painted, and the text stays the same."""
    program = make_program('Thing("a", size=1)\npulumi.log.error("odd")', colour=True)
    text = program.stack.preview().text
    assert "\x1b[1;38;5;13mPreviewing update (dev):\x1b[0m" in text
    assert " \x1b[38;5;2m+ \x1b[0m pulumi-python:dynamic/test:Thing a \x1b[38;5;2mcreate" in text
    assert "\x1b[38;5;1merror:\x1b[0m odd" in text


def test_a_name_can_be_used_once(make_program: "MakeProgram") -> None:
    """Two resources of one name are an error."""
    result = make_program('Thing("a"), Thing("a")').stack.preview()
    assert not result.ok
    assert any("Duplicate resource URN" in line for line in result.diagnostics)


def test_a_program_that_hangs_is_ended(make_program: "MakeProgram") -> None:
    """A run has a deadline, after which its processes are gone."""
    program = make_program("import os, time; print(os.getpid()); time.sleep(600)")
    program.stack.timeout = 8
    result = program.stack.preview()
    assert not result.ok
    assert "error: the program did not end within 8 seconds" in result.diagnostics
    (printed,) = [line for line in result.diagnostics if line.isdigit()]
    assert not _alive(int(printed))


def test_a_killed_run_leaves_what_was_finished_and_no_process(make_program: "MakeProgram") -> None:
    """After kill -9 the finished steps are in the state, and provider and program are gone."""
    program = make_program("")
    pipe = _pipe(program)
    program.write(
        f'a = Thing("a", size=1)\nThing("b", note=a.made, wait_at="create", pipe="{pipe}")'
    )
    background = program.stack.start_up()
    with pipe.open("w"):  # opens once the provider waits at the other end
        provider = program.calls("create")[-1]["pid"]
        assert _alive(provider)
        background.kill()
        _until(lambda: not _alive(provider))
    assert program.found("a")
    assert not program.found("b")
    assert "Thing a created" in background.text
    assert "Thing a created" in background.text


def _pipe(program: "Program") -> Path:
    pipe = program.folder / "pipe"
    os.mkfifo(pipe)
    return pipe


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that is dead but not yet waited for still has an id.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
