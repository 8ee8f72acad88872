"""What a release and the checks of a change rest on: workflows, changelog, settings of tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import tomli
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs_of(workflow: Path) -> dict[str, Any]:
    """Return the jobs of a workflow by name."""
    jobs: dict[str, Any] = yaml.safe_load(workflow.read_text())["jobs"]
    return jobs


def release_notes(tag: str) -> subprocess.CompletedProcess[str]:
    """Run the script that a release takes its notes from."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "release-notes", tag], capture_output=True, text=True
    )


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit(workflow: Path) -> None:
    """A tag can be moved to other code, a commit cannot; the comment names the version."""
    used = [use for use in re.findall(r"uses: (.+)", workflow.read_text()) if use != "./"]
    pinned = re.compile(r"\S+/\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert used
    assert [use for use in used if not pinned.fullmatch(use)] == []


def test_only_a_release_may_write() -> None:
    """A change under test gets a token that reads, and each job of a release just what it needs."""
    folder = ROOT / ".github" / "workflows"
    checks, release = (
        yaml.safe_load((folder / f"{name}.yml").read_text()) for name in ("ci", "release")
    )
    assert checks["permissions"] == {"contents": "read"}
    assert not [job for job in checks["jobs"].values() if "permissions" in job]
    assert release["permissions"] == {}
    assert {name: job["permissions"] for name, job in release["jobs"].items()} == {
        "build": {"contents": "read"},
        "publish": {"id-token": "write"},
        "github": {"contents": "write"},
    }


def test_every_supported_python_is_tested() -> None:
    """What the package says that it runs on is what every change is run on."""
    tested = jobs_of(ROOT / ".github" / "workflows" / "ci.yml")["test"]["strategy"]["matrix"]
    named = re.findall(r":: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert tested["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_the_job_with_the_cli_cannot_pass_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the CLI is asked for, a test that needs it fails without it."""
    (step,) = [
        step
        for step in jobs_of(ROOT / ".github" / "workflows" / "ci.yml")["pulumi"]["steps"]
        if "env" in step
    ]
    for name, value in step["env"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", str(tmp_path))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    *_, options = step["run"].partition(" ")
    done = subprocess.run(
        [*command, *options.split(), "tests/pulumi_cli/test_import.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout
    assert "the pulumi CLI is not on PATH" in done.stdout
    assert "skipped" not in done.stdout


def test_a_release_shows_its_section_of_the_changelog() -> None:
    """The version that is declared has one, and the next one is being written above it."""
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert headings[:2] == ["Unreleased", PROJECT["version"]]
    done = release_notes(f"v{PROJECT['version']}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### ")
    assert done.stdout.strip() in text
    assert "\n## " not in done.stdout


def test_a_tag_of_another_version_is_not_released() -> None:
    """Tag and version are one, or nothing is built."""
    done = release_notes("v99.0.0")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"the tag is v99.0.0, but the version in pyproject.toml is {PROJECT['version']}"
    )


def test_no_example_has_to_be_fast() -> None:
    """On a busy machine any example can take a second, and that is no failure."""
    assert hypothesis.settings().deadline is None
