"""Each example goes up on the real CLI by the commands that stand in it."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from imgix_testing.server import SimulatedImgix
from tests.pulumi_cli.conftest import Pulumi

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/__main__.py"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of the repository, in which `scripts/environment` has made `.venv`."""
    folder = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "examples"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in listed:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_its_page_says(
    example: str, clone: Path, imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """Its commands, typed in their order, with a secret given to each that asks for one."""
    page = ast.get_docstring(ast.parse((ROOT / "examples" / example / "__main__.py").read_text()))
    assert page is not None
    assert "scripts/environment" in page
    commands = [line.split("#")[0].strip() for line in page.splitlines() if line[:4] == "    "]
    assert commands[0] == f"cd examples/{example}"
    assert commands[-1] == "pulumi up"
    stack = attrs.evolve(
        pulumi,
        folder=clone / "examples" / example,
        environment={
            # The key is set by a command, and Pulumi.yaml says which Python to use.
            **{k: v for k, v in pulumi.environment.items() if k != "IMGIX_API_KEY"},
            "PATH": os.environ["PATH"],
        },
    )
    for command in commands[1:-1]:
        value = imgix.api_key if command.endswith("imgix:apiKey") else "canary-secret"
        done = subprocess.run(
            command.split(),
            cwd=stack.folder,
            env=stack.environment,
            input=value + "\n",
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    up = stack.up()

    assert up.ok, up.text
    assert imgix.sources
    assert "canary-secret" not in up.text + stack.state()
