"""The main job, end to end, on a simulated account; see `scripts/demo`.

Runs the root program's dev stack in a temporary folder, on the `pulumi` CLI if it can be found or
installed, else on the stand-in engine. Leaves nothing behind, even if it is stopped.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import yaml

from imgix_testing.engine import Result, Stack
from imgix_testing.server import SimulatedImgix

ROOT = Path(__file__).resolve().parent.parent
SOURCES = "imgix-sources:sources"
SECRETS = {
    f"{SOURCES}.products.deployment.s3_access_key": "AKIADEMODEMODEMODEMO",
    f"{SOURCES}.products.deployment.s3_secret_key": "demo-secret-that-no-output-shows",
}
# As on the CLI: colours on a terminal, unless NO_COLOR is set.
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
BOLD, PLAIN = ("\x1b[1m", "\x1b[0m") if COLOUR else ("", "")
INSTALL_SECONDS = 60
STOP_SECONDS = 10


class PulumiCli:
    """Runs the program on the `pulumi` CLI."""

    def __init__(self, command: str, program: Path, environment: dict[str, str]) -> None:
        """Make the stack, in a backend of its own beside the program, and set its secrets."""
        self.title = f"the pulumi CLI ({command})"
        self._command = command
        self._program = program
        state = program.with_name("state")
        state.mkdir()
        self._environment = {
            **os.environ,
            **environment,
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_HOME": str(program.with_name("home")),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self._set_up("stack", "init", "dev")
        for path, value in SECRETS.items():
            self._set_up("config", "set", "--secret", "--path", path, value)

    def run(self, *words: str) -> bool:
        """Run one command, show its output, and return whether it succeeded."""
        return self._pulumi(*words, f"--color={'always' if COLOUR else 'never'}")

    def _set_up(self, *words: str) -> None:
        """Run a command; show its output only if it fails."""
        with tempfile.TemporaryFile("w+") as shown:
            if not self._pulumi(*words, output=shown):
                shown.seek(0)
                sys.exit(f"{shown.read()}\nthe demo failed: pulumi {words[0]} {words[1]}")

    def _pulumi(self, *words: str, output: IO[str] | None = None) -> bool:
        running = subprocess.Popen(
            [self._command, *words, "--non-interactive"],
            cwd=self._program,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C comes to the demo alone, which stops the rest
        )
        try:
            return running.wait() == 0
        except KeyboardInterrupt:
            _stop(running)
            raise


class StandIn:
    """Runs the program on the stand-in engine."""

    title = "the stand-in engine, since the pulumi CLI is not here"

    def __init__(self, program: Path, environment: dict[str, str]) -> None:
        """Make the stack, with its secrets."""
        _mark_secrets(program / "Pulumi.dev.yaml")
        self._stack = Stack(
            program,
            secrets=SECRETS,
            environment=environment,
            on_line=functools.partial(print, flush=True),
            colour=COLOUR,
        )

    def run(self, *words: str) -> bool:
        """Do the same; the stand-in always shows differences."""
        verbs: dict[str, Callable[[], Result]] = {
            "preview": self._stack.preview,
            "up": lambda: self._stack.up(skip_preview=True, refresh="--refresh" in words),
            "refresh": lambda: self._stack.refresh(preview_only=True),
            "destroy": self._stack.destroy,
        }
        return verbs[words[0]]().ok


def _mark_secrets(file: Path) -> None:
    """Write into the stack's file which values are encrypted, where `pulumi config set` does."""
    content = yaml.safe_load(file.read_text())
    for path in SECRETS:
        *places, key = path.removeprefix(f"{SOURCES}.").split(".")
        functools.reduce(dict.__getitem__, places, content["config"][SOURCES])[key] = {
            "secure": "set by the demo"
        }
    file.write_text(yaml.safe_dump(content, sort_keys=False))


def find_pulumi() -> str | None:
    """Return the `pulumi` CLI if it is here or can be installed into this checkout's .venv."""
    folder = ROOT / ".venv" / "pulumi-cli"
    program = folder / "bin" / "pulumi"
    if here := shutil.which("pulumi") or (str(program) if program.exists() else None):
        return here
    install = f"from pulumi.automation import PulumiCommand as P; P.install(root={str(folder)!r})"
    try:
        subprocess.run(
            [sys.executable, "-c", install],
            capture_output=True,
            timeout=INSTALL_SECONDS,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (subprocess.SubprocessError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
    return str(program) if program.exists() else None


class Demo:
    """One run of the demo in a folder of its own."""

    def __init__(self, folder: Path, pulumi: str | None, imgix: SimulatedImgix) -> None:
        """Copy the program to `folder` and point it at the simulated account."""
        self.imgix = imgix
        self.program = folder / "program"
        self.program.mkdir()
        for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.program)
        (self.program / ".venv").symlink_to(ROOT / ".venv")
        environment = {
            "IMGIX_API_URL": imgix.url,
            "IMGIX_API_KEY": imgix.api_key,
            "TMPDIR": str(folder),  # what the processes of a run leave there goes with it
        }
        self.engine = (
            PulumiCli(pulumi, self.program, environment)
            if pulumi
            else StandIn(self.program, environment)
        )

    def run(self) -> None:
        """Go through the life of the two sources of dev."""
        print(f"Running on {self.engine.title},\nwith a simulated account at {self.imgix.url}.")
        self.say("Pulumi.dev.yaml declares two sources. Set their secrets:")
        for path in SECRETS:
            print(f"  {path}")
        self.say("What would be created?")
        self.act("preview")
        self.say("Create it:")
        self.act("up", "--yes", "--skip-preview")
        self.say(
            "Set cache_ttl_value to 86400 for the blog in Pulumi.dev.yaml. What would that do?"
        )
        self.edit_blog("cache_ttl_value: 1800", "cache_ttl_value: 86400")
        self.act("preview", "--diff")
        self.say("Do it:")
        self.act("up", "--yes", "--skip-preview")
        self.say("Someone edits the blog in the dashboard. A refresh finds the change:")
        blog = next(i for i, source in self.imgix.sources.items() if "Blog" in source.name)
        self.imgix.edit(blog, deployment={"cache_ttl_value": 7200})
        self.act("refresh", "--preview-only", "--diff")
        self.say("The next up, with --refresh, undoes it:")
        self.act("up", "--yes", "--skip-preview", "--refresh")
        self.say("Destroy everything. imgix has no delete, so the sources are disabled:")
        self.act("destroy", "--yes", "--skip-preview")

    def edit_blog(self, old: str, new: str) -> None:
        """Change the blog in Pulumi.dev.yaml."""
        file = self.program / "Pulumi.dev.yaml"
        before, blog, after = file.read_text().partition("    blog:\n")
        file.write_text(before + blog + after.replace(old, new, 1))

    def act(self, *words: str) -> None:
        """Run one command; show it, its output and the requests that it sent to imgix."""
        print(f"  $ pulumi {' '.join(words)}", flush=True)
        before = len(self.imgix.requests)
        if not self.engine.run(*words):
            sys.exit(f"\nthe demo failed: pulumi {' '.join(words)}")
        sent = [f"{r.method} {r.status}" for r in self.imgix.requests[before:]]
        print(f"  [requests to imgix: {len(sent)}{': ' if sent else ''}{', '.join(sent)}]")

    @staticmethod
    def say(words: str) -> None:
        """Say what comes next."""
        print(f"\n{BOLD}== {words}{PLAIN}", flush=True)


def _stop(running: subprocess.Popen[bytes]) -> None:
    """End a command and its children: ask first, then kill."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(STOP_SECONDS)
            return


def main() -> None:
    """Run the demo and clean up after it."""
    pulumi = find_pulumi()
    folder = Path(tempfile.mkdtemp(prefix="imgix-demo-"))
    try:
        with SimulatedImgix(deploy_seconds=0.5) as imgix:
            Demo(folder, pulumi, imgix).run()
            left = sum(source.enabled for source in imgix.sources.values())
        print(f"\nDone: {left} sources are left enabled. Nothing is left on this machine.")
    except KeyboardInterrupt:
        print("\nStopped; nothing is left on this machine.")
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
