"""Runs stacks, on the `pulumi` CLI if it is on PATH, else on the stand-in engine, at what cost."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

ROOT: Final = Path(__file__).resolve().parents[2]
RATE: Final = 4.0
"""Requests a second, as imgix documents."""


@attrs.frozen
class Cost:
    """What one command cost."""

    seconds: float
    cpu: float
    """Seconds of all processes together."""
    requests: int


class Bench:
    """Stacks in folders of their own, on one engine."""

    def __init__(self, folder: Path) -> None:
        """Work below `folder`."""
        self.folder = folder
        self.pulumi = shutil.which("pulumi")
        self.made = 0

    @property
    def engine(self) -> str:
        """What runs the stacks."""
        return "the pulumi CLI" if self.pulumi else "the stand-in engine"

    def stack(
        self, program: dict[str, str], imgix: SimulatedImgix | None, rate: float = RATE
    ) -> BenchStack:
        """Return a new stack of a program, which is its files by name."""
        self.made += 1
        folder = self.folder / f"stack-{self.made}"
        folder.mkdir()
        (folder / "state").mkdir()
        stack = BenchStack(folder, self.pulumi, imgix)
        stack.write(program)
        stack.prepare(rate)
        return stack


class BenchStack:
    """One stack, with what each of its commands costs."""

    def __init__(self, folder: Path, pulumi: str | None, imgix: SimulatedImgix | None) -> None:
        """Run the program in `folder` on an account."""
        self.folder = folder
        self.pulumi = pulumi
        self.imgix = imgix
        account = {"IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key} if imgix else {}
        self.environment = {
            **inherited(),
            **account,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PULUMI_HOME": str(folder.parent / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def write(self, program: dict[str, str]) -> None:
        """Write the files of a program."""
        for name, text in program.items():
            (self.folder / name).write_text(text)

    def prepare(self, rate: float) -> None:
        """Make the stack, with a rate, and with quotas that nothing here meets."""
        settings = {
            "imgix:requestsPerSecond": f"{rate:g}",
            "imgix:createsPerHour": "10000",
            "imgix:updatesPerHour": "10000",
        }
        lines = [f"  {key}: '{value}'\n" for key, value in settings.items()]
        (self.folder / "Pulumi.dev.yaml").write_text("config:\n" + "".join(lines))
        if self.pulumi:
            self._command("stack", "init", "dev")

    def cost(self, *arguments: str, parallel: int | None = None) -> Cost:
        """Run one command and return what it cost."""
        before = len(self.imgix.requests) if self.imgix else 0
        cpu, began = cpu_of_children(), time.monotonic()
        if self.pulumi:
            at_once = [] if parallel is None else [f"--parallel={parallel}"]
            self._command(*arguments, "--yes", *at_once)
        else:
            self._stand_in(arguments, parallel)
        seconds = time.monotonic() - began
        sent = len(self.imgix.requests) - before if self.imgix else 0
        return Cost(seconds, cpu_of_children() - cpu, sent)

    def _command(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.pulumi), *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(done.stdout)

    def _stand_in(self, arguments: tuple[str, ...], parallel: int | None) -> None:
        stack = Stack(
            self.folder,
            state_file=self.folder / "state.json",
            environment={k: v for k, v in self.environment.items() if k != "PATH"},
            parallel=parallel or 16,
        )
        verb = arguments[0]
        run: dict[str, Callable[[], Any]] = {
            "up": lambda: stack.up(skip_preview=True),
            "destroy": stack.destroy,
            "refresh": stack.refresh,
        }
        result = run[verb]()
        if not result.ok:
            sys.exit(result.text)


def inherited() -> dict[str, str]:
    """Return the environment, but for what keeps Python from storing what it compiled."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def account(deploy_seconds: float = 0.0) -> Iterator[SimulatedImgix]:
    """An account that enforces imgix's rate, and whose deploys take this long."""
    with SimulatedImgix(deploy_seconds=deploy_seconds, requests_per_second=RATE) as imgix:
        yield imgix


def cpu_of_children() -> float:
    """Return the seconds of CPU of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
