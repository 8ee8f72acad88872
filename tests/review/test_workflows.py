"""The workflow, the action and the documented templates: what they may do, and what they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "pull-requests.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S)
SNIPPET, TEMPLATE, PIPELINE = BLOCKS
FILES = {
    "the workflow": (ROOT / ".github" / "workflows" / "preview.yml").read_text(),
    "the action": (ROOT / "action.yml").read_text(),
    "the three lines": SNIPPET,
    "the template": TEMPLATE,
    "the pipeline": PIPELINE,
}
WORKFLOWS = ("the workflow", "the template")


def parsed(name: str) -> Any:
    """Return a file as data, with `on` under its name, which YAML 1.1 takes for true."""
    document = yaml.safe_load(FILES[name])
    if isinstance(document, dict) and True in document:
        document["on"] = document.pop(True)
    return document


def steps_in(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every step of a workflow, an action or a list of steps."""
    if isinstance(document, list):
        yield from document
    elif "runs" in document:
        yield from document["runs"]["steps"]
    else:
        for job in document.get("jobs", {}).values():
            yield from job["steps"]


@pytest.mark.parametrize("name", FILES)
def test_everything_foreign_is_pinned_by_its_commit(name: str) -> None:
    """A tag can be moved to other code; a commit cannot. Its tag stands beside it."""
    for line in FILES[name].splitlines():
        found = re.match(r"\s*(?:- )?uses: (\S+)(.*)", line)
        if found and found[1] != "./":
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", found[1]), line
            assert re.fullmatch(r" # (v\d+\.\d+\.\d+|the commit that you have read)", found[2]), (
                line
            )


def test_an_action_has_one_commit_everywhere() -> None:
    """Who updates an action updates it in all files."""
    commits: dict[str, set[str]] = {}
    for text in FILES.values():
        for action, commit in re.findall(r"uses: ([\w./-]+)@([0-9a-f]{40} # \S+)", text):
            commits.setdefault(action, set()).add(commit)
    assert len(commits) >= 5
    assert {action: found for action, found in commits.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions_are_the_least(name: str) -> None:
    """Nothing by default; secrets and the right to comment are never in one job."""
    workflow = parsed(name)
    assert workflow["permissions"] == {}
    preview, review = workflow["jobs"]["preview"], workflow["jobs"]["review"]
    assert preview["permissions"] == {"contents": "read"}
    own = {"contents": "read"} if name == "the workflow" else {}
    assert review["permissions"] == {**own, "pull-requests": "write"}
    assert "secrets." not in yaml.safe_dump(review)
    for step in steps_in(workflow):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_runs_for_pull_requests_alone(name: str) -> None:
    """Never with the secrets of the target on code of a fork, and once at a time."""
    workflow = parsed(name)
    assert workflow["on"] == {"pull_request": None}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    assert "head.repo.full_name == github.repository" in workflow["jobs"]["preview"]["if"]


@pytest.mark.parametrize("name", FILES)
def test_nothing_runs_on_pull_request_target(name: str) -> None:
    """It hands secrets to code that nobody has read."""
    words = " ".join(line for line in FILES[name].splitlines() if not line.lstrip().startswith("#"))
    assert "pull_request_target" not in words
    assert "workflow_run" not in words


@pytest.mark.parametrize("name", FILES)
def test_no_script_holds_an_expression(name: str) -> None:
    """What others write, such as the name of a branch, reaches a script through its environment."""
    for step in steps_in(parsed(name)):
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_environment_is_reviewed(name: str) -> None:
    """Each preview of the matrix is named to the review, so that a missing one is noticed."""
    jobs = parsed(name)["jobs"]
    environments = jobs["preview"]["strategy"]["matrix"]["environment"]
    given = jobs["review"]["steps"][-1]["with"]["files"].split()
    assert given == [f"{each}=previews/{each}.json" for each in environments]
    (script,) = [step["run"] for step in jobs["preview"]["steps"] if "run" in step]
    assert "pulumi preview" in script
    assert "--json --refresh --show-sames" in script
    assert {"dev", "staging", "prod"} == set(environments)
    assert all((ROOT / f"Pulumi.{each}.yaml").is_file() for each in environments)


def test_the_template_is_what_this_repository_uses() -> None:
    """They differ in where the action is from alone, and in the checkout that this needs."""
    ours, theirs = parsed("the workflow"), parsed("the template")
    checkout, *rest = ours["jobs"]["review"]["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    assert rest[-1].pop("uses") == "./"
    own = theirs["jobs"]["review"]["steps"][-1].pop("uses")
    assert own == parsed("the three lines")[0]["uses"]
    ours["jobs"]["review"]["steps"] = rest
    del ours["jobs"]["review"]["permissions"]["contents"]
    assert ours == theirs


def test_the_action_is_what_the_page_says() -> None:
    """Each input and output is documented, and is one that the review has."""
    action = parsed("the action")
    text = PAGE.read_text()
    table = set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| `.*?\|", text, re.M))))
    assert table == set(action["inputs"])
    for output, given in action["outputs"].items():
        assert f"`{output}`" in text
        assert "steps.review.outputs." in given["value"]
    for given in parsed("the three lines"):
        assert set(given["with"]) <= set(action["inputs"])


def test_what_the_action_runs_is_there() -> None:
    """The scripts are in the repository, and can be run."""
    for script in ("review-action", "review-comment"):
        assert (ROOT / "scripts" / script).stat().st_mode & 0o111


def test_every_picture_and_link_of_the_page_is_there() -> None:
    """Nothing that the page points at within the project is missing."""
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", PAGE.read_text())
    assert links
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
