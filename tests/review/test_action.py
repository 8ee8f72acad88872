"""The steps that comment on a pull request, run against a conversation of the tests' own.

What runs is the shell of `action.yml` and of the documented pipeline, with a `gh` that speaks to
the conversation's server instead of GitHub's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from tests.review.documents import SAMPLES
from tests.review.hosts.conversation import TOKEN, Conversation

ROOT = Path(__file__).parents[2]
BOT = "github-actions[bot]"
MARKER = "<!-- imgix-review -->"
# Below the folder of the job: spaces separate files, and the path of a checkout may have one.
QUIET = "samples/no-change.json"
MIXED = "samples/changes-of-every-kind.json"
FAILED = "samples/failed-check.json"

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "jq", "curl"))), reason="bash, jq or curl is missing"
)


def steps_of_action() -> list[dict[str, Any]]:
    """Return the steps of the composite action."""
    steps: list[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    return steps


@attrs.frozen
class Ran:
    """What a run of the action left behind."""

    status: int
    text: str
    summary: str
    outputs: Mapping[str, str]


class Runner:
    """Runs the action's own step as GitHub's runner does."""

    def __init__(self, folder: Path, conversation: Conversation) -> None:
        """Work in `folder`, for pull request 7 of acme/images."""
        self.folder = folder
        self.conversation = conversation
        (folder / "samples").symlink_to(SAMPLES)
        python = folder / "imgix-review" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    def run(
        self,
        token: str = TOKEN,
        event: Mapping[str, str] | None = None,
        inputs: Mapping[str, str] | None = None,
        **more: str,
    ) -> Ran:
        """Run the step `Review`; `event` replaces what the runner knows of the pull request."""
        given_inputs = {**(inputs or {}), **more}
        declared = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
        context: dict[str, str] = {
            f"inputs.{name}": str(given.get("default", "")) for name, given in declared.items()
        }
        context["inputs.token"] = token
        context |= {
            f"inputs.{name.replace('_', '-')}": value for name, value in given_inputs.items()
        }
        context |= {
            "runner.temp": str(self.folder),
            "github.event.pull_request.number": "7",
            "github.event.pull_request.head.repo.full_name": "acme/images",
            **(event or {}),
        }
        (step,) = (step for step in steps_of_action() if step["name"] == "Review")
        summary, output = self.folder / "summary", self.folder / "output"
        summary.write_text("")
        output.write_text("")
        environment = {
            "PATH": f"{Path(__file__).parent / 'hosts'}{os.pathsep}{os.environ['PATH']}",
            "GH_API_URL": self.conversation.url,
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_ACTOR": context.get("github.actor", "octocat"),
            "GITHUB_REPOSITORY": "acme/images",
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_OUTPUT": str(output),
            **{
                name: re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: context[found[1]], value)
                for name, value in step["env"].items()
            },
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return Ran(done.returncode, done.stdout + done.stderr, summary.read_text(), outputs)


@pytest.fixture
def conversation() -> Iterator[Conversation]:
    """An empty conversation, in which the job's token speaks as GitHub's own bot."""
    made = Conversation(BOT)
    yield made
    made.close()


@pytest.fixture
def runner(tmp_path: Path, conversation: Conversation) -> Runner:
    """What runs the action in an empty folder."""
    return Runner(tmp_path, conversation)


def test_the_first_run_comments(runner: Runner, conversation: Conversation) -> None:
    """One comment with all stacks, the summary, and counts for later steps."""
    ran = runner.run(files=f"dev={QUIET}\nprod={MIXED}\n")
    (comment,) = conversation.comments
    assert ran.status == 0, ran.text
    assert comment.body.startswith(f"{MARKER}\n")
    assert "2 stacks" in comment.body
    assert "2 stacks" in ran.summary
    assert ran.outputs["status"] == "0"
    assert ran.outputs["changes"] == "true"
    assert int(ran.outputs["warnings"]) > 0
    assert "::warning " in ran.text
    assert "issuecomment-1000" in ran.text


def test_a_later_run_updates_the_comment_in_place(
    runner: Runner, conversation: Conversation
) -> None:
    """A second push makes no second comment, and one that undoes the change says so there."""
    runner.run(files=MIXED)
    conversation.talk(3)
    ran = runner.run(files=QUIET)
    assert ran.status == 0, ran.text
    assert conversation.writes == ["POST", "PATCH"]
    assert len(conversation.comments) == 4
    assert "nothing changes" in conversation.comments[0].body


def test_the_comment_is_found_in_a_long_conversation(
    runner: Runner, conversation: Conversation
) -> None:
    """It does not matter on which page of the conversation it is."""
    conversation.talk(130)
    ours = conversation.add(f"{MARKER}\nof an earlier push")
    conversation.talk(120)
    ran = runner.run(files=MIXED)
    assert ran.status == 0, ran.text
    assert conversation.writes == ["PATCH"]
    assert "of an earlier push" not in ours.body
    assert len(conversation.requests) == 4


def test_nobody_elses_comment_is_touched(runner: Runner, conversation: Conversation) -> None:
    """A comment with the hidden line that somebody else wrote is theirs, and stays."""
    theirs = conversation.add(f"{MARKER}\nquoted", "octocat")
    quoting = conversation.add(f"> {MARKER}\nquoted by another action")
    other = conversation.add("<!-- imgix-review:other -->\nanother review")
    assert runner.run(files=MIXED).status == 0
    assert conversation.writes == ["POST"]
    assert theirs.body.endswith("quoted")
    assert quoting.body.endswith("another action")
    assert other.body.endswith("another review")


def test_reviews_with_different_names_are_different_comments(
    runner: Runner, conversation: Conversation
) -> None:
    """Two teams in one repository do not overwrite each other."""
    for _ in range(2):
        assert runner.run(files=MIXED, name="web").status == 0
        assert runner.run(files=MIXED, name="web2").status == 0
    assert conversation.writes == ["POST", "POST", "PATCH", "PATCH"]
    first_lines = [comment.body.splitlines()[0] for comment in conversation.comments]
    assert first_lines == ["<!-- imgix-review:web -->", "<!-- imgix-review:web2 -->"]


def test_no_comment_is_made_where_nothing_changes(
    runner: Runner, conversation: Conversation
) -> None:
    """A change of the documentation alone is not commented on; the summary says so."""
    ran = runner.run(files=QUIET)
    assert ran.status == 0
    assert ran.outputs["changes"] == "false"
    assert conversation.writes == []
    assert "nothing changes" in ran.summary


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ({"fail_on": "replace,error", "files": MIXED}, 3),
        ({"fail_on": "replace", "allow": "replace", "files": MIXED}, 0),
        ({"files": FAILED}, 1),
        ({"files": f"dev={MIXED} prod=previews/prod.json"}, 1),
    ],
)
def test_the_status_is_carried_through_after_the_comment(
    runner: Runner, conversation: Conversation, inputs: dict[str, str], status: int
) -> None:
    """A gate, a failed preview or a missing one fails the step, and everybody can read why."""
    ran = runner.run(inputs=inputs)
    assert ran.status == status, ran.text
    assert ran.outputs["status"] == str(status)
    assert len(conversation.comments) == 1
    assert ran.summary


@pytest.mark.parametrize("inputs", [{"files": " "}, {"files": MIXED, "fail_on": "erorr"}])
def test_wrong_inputs_are_told_and_nothing_is_posted(
    runner: Runner, conversation: Conversation, inputs: dict[str, str]
) -> None:
    """A slip in the workflow is no review."""
    ran = runner.run(inputs=inputs)
    assert ran.status == 2
    assert ran.outputs == {"status": "2"}
    assert conversation.requests == []


FORKS: dict[str, dict[str, str]] = {
    "a fork": {"github.event.pull_request.head.repo.full_name": "octocat/images"},
    "a fork that is gone": {"github.event.pull_request.head.repo.full_name": ""},
    "dependabot": {"github.actor": "dependabot[bot]"},
}


@pytest.mark.parametrize("fork", FORKS)
def test_a_fork_gets_the_summary_alone(
    runner: Runner, conversation: Conversation, fork: str
) -> None:
    """A token that can only read is not used, and gates still count."""
    ran = runner.run(files=MIXED, fail_on="replace", event=FORKS[fork])
    assert ran.status == 3, ran.text
    assert "replaced" in ran.summary
    assert conversation.requests == []


@pytest.mark.parametrize("fork", ["a fork", "dependabot"])
def test_a_fork_without_a_preview_is_told_why(
    runner: Runner, conversation: Conversation, fork: str
) -> None:
    """Nobody outside is to blame for secrets that they do not get, so the step passes."""
    ran = runner.run(files="dev=dev.json prod=prod.json", event=FORKS[fork])
    assert ran.status == 0, ran.text
    assert "gets no secrets" in ran.summary
    assert conversation.requests == []


def test_a_run_of_no_pull_request_gets_the_summary_alone(
    runner: Runner, conversation: Conversation
) -> None:
    """A push or a schedule has no conversation."""
    nothing = {
        "github.event.pull_request.number": "",
        "github.event.pull_request.head.repo.full_name": "",
    }
    ran = runner.run(files=MIXED, event=nothing)
    assert ran.status == 0
    assert ran.summary
    assert conversation.requests == []


def test_comments_can_be_turned_off(runner: Runner, conversation: Conversation) -> None:
    """The summary and the gate are there without."""
    ran = runner.run(files=MIXED, comment="false", fail_on="replace")
    assert ran.status == 3
    assert ran.summary
    assert conversation.requests == []


def test_a_comment_that_cannot_be_written_fails_the_step(
    runner: Runner, conversation: Conversation
) -> None:
    """An old comment would mislead, so nobody is left to believe it."""
    ran = runner.run(files=MIXED, token="token-that-reads")
    assert ran.status == 1
    assert "::error title=imgix::the comment could not be made" in ran.text
    assert "HTTP 403" in ran.text
    assert ran.outputs["status"] == "0"
    assert ran.summary


def test_hostile_names_stay_words(runner: Runner, conversation: Conversation) -> None:
    """What stands in inputs is never run, and files may have odd names."""
    odd = runner.folder / "$(touch x);`touch y`.json"
    odd.write_text((SAMPLES.parent / MIXED).read_text())
    ran = runner.run(files=MIXED, name='"; touch z; $(touch z)')
    assert ran.status == 0, ran.text
    runner.run(files="$(touch${IFS}x) `touch${IFS}y`")
    assert not {"x", "y", "z"} & {path.name for path in runner.folder.iterdir()}


def note(
    folder: Path, conversation: Conversation, *documents: str
) -> subprocess.CompletedProcess[str]:
    """Run the script of the documented pipeline's review for merge request 7 of project 12."""
    for name, document in zip(("dev", "staging", "prod"), documents, strict=True):
        shutil.copy(SAMPLES.parent / document, folder / f"{name}.json")
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "pull-requests.md").read_text(), re.S
    )
    (script,) = yaml.safe_load(blocks[-1])["review"]["script"]
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    python = tools / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    environment = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "CI_API_V4_URL": conversation.url,
        "CI_PROJECT_ID": "12",
        "CI_MERGE_REQUEST_IID": "7",
        "REVIEW_TOKEN": TOKEN,
    }
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_merge_request_has_one_note(tmp_path: Path, conversation: Conversation) -> None:
    """GitLab's note is made, then updated, on whichever page of the discussion it is."""
    conversation.talk(150)
    done = note(tmp_path, conversation, QUIET, QUIET, MIXED)
    assert done.returncode == 0, done.stderr
    assert conversation.comments[-1].body.startswith(f"{MARKER}\n")
    conversation.talk(70)
    conversation.add(f"{MARKER}\nquoted", "octocat")
    done = note(tmp_path, conversation, QUIET, QUIET, QUIET)
    assert done.returncode == 0, done.stderr
    assert conversation.writes == ["POST", "PUT"]
    assert "nothing changes" in conversation.comments[150].body


def test_a_failed_preview_fails_the_pipeline_after_the_note(
    tmp_path: Path, conversation: Conversation
) -> None:
    """The status is that of the review, and the note says why."""
    done = note(tmp_path, conversation, QUIET, QUIET, FAILED)
    assert done.returncode == 1
    assert len(conversation.comments) == 1
