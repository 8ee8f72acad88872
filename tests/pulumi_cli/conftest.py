"""The real `pulumi` CLI on a file backend of the test's own, with a simulated account."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from imgix_testing.server import SimulatedImgix

_PROJECT = "name: test\nruntime: python\n"


@attrs.frozen
class Ran:
    """What a command of the CLI printed, and how it ended."""

    ok: bool
    text: str


@attrs.frozen
class Pulumi:
    """A stack `dev` of a program in a temporary folder."""

    folder: Path
    environment: dict[str, str]

    def write(self, program: str) -> None:
        """Make `program` the text of the program."""
        (self.folder / "__main__.py").write_text(program)

    def run(self, *arguments: str) -> Ran:
        """Run one command of the CLI."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
        )
        return Ran(done.returncode == 0, done.stdout)

    def up(self, *arguments: str) -> Ran:
        """Update without asking and without a preview."""
        return self.run("up", "--yes", "--skip-preview", *arguments)

    def start_up(self) -> subprocess.Popen[bytes]:
        """Start an update in a process group of its own."""
        return subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def secret(self, key: str, value: str) -> None:
        """Set a secret in the stack's configuration."""
        done = self.run("config", "set", "--secret", "--path", key, value)
        assert done.ok, done.text

    def state(self) -> str:
        """Return the stack's state as the backend keeps it."""
        return "".join(
            path.read_text()
            for path in (self.folder.parent / "state" / ".pulumi" / "stacks").rglob("*.json")
        )

    def exported(self) -> Any:
        """Return the stack's state, with its secrets masked."""
        return json.loads(self.run("stack", "export").text)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a started update at once, with all the processes that it started."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split()
    parents = {int(pid): int(parent) for pid, parent in zip(listed[::2], listed[1::2], strict=True)}
    family = {process.pid}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    # The CLI starts plugins in process groups of their own, so the group is not enough.
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def pulumi(imgix: SimulatedImgix, tmp_path: Path) -> Pulumi:
    """Return a new stack `dev`, whose program is still to be written."""
    folder = tmp_path / "program"
    folder.mkdir()
    (tmp_path / "state").mkdir()
    (folder / "Pulumi.yaml").write_text(_PROJECT)
    bin_folder = str(Path(sys.executable).parent)
    stack = Pulumi(
        folder,
        {
            **os.environ,
            "PATH": bin_folder + os.pathsep + os.environ["PATH"],
            "IMGIX_API_URL": imgix.url,
            "IMGIX_API_KEY": imgix.api_key,
            "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_HOME": str(tmp_path / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
    )
    made = stack.run("stack", "init", "dev")
    assert made.ok, made.text
    return stack


@pytest.fixture
def root_program(pulumi: Pulumi) -> Callable[[], Pulumi]:
    """Put the program of the repository's root into the stack's folder."""
    root = Path(__file__).parents[2]

    def copy() -> Pulumi:
        for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
            shutil.copy(root / name, pulumi.folder)
        (pulumi.folder / ".venv").symlink_to(sys.prefix)
        made = pulumi.run("stack", "init", "dev")
        assert made.ok, made.text
        return pulumi

    return copy
