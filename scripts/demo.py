"""The main job, end to end, on a simulated account; see `scripts/demo`.

Runs the root program's dev stack from a temporary folder: on the `pulumi` CLI where it can be had,
else on the stand-in engine. Leaves nothing behind, also when it is stopped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs

from imgix_testing.server import SimulatedImgix

ROOT = Path(__file__).resolve().parent.parent
SOURCES = "imgix-sources:sources"
SECRETS = {
    f"{SOURCES}.products.deployment.s3_access_key": "AKIADEMODEMODEMODEMO",
    f"{SOURCES}.products.deployment.s3_secret_key": "demo-secret-that-no-output-shows",
}
INSTALL_SECONDS = 60
STOP_SECONDS = 10


@attrs.frozen
class Engine:
    """What runs the program: the command, and the arguments that only one of the two takes."""

    title: str
    command: tuple[str, ...]
    quiet: tuple[str, ...]
    diff: tuple[str, ...]
    is_pulumi: bool


def find_engine() -> Engine:
    """Return the `pulumi` CLI if it is here or can be installed, else the stand-in."""
    pulumi = shutil.which("pulumi") or _installed_pulumi()
    if pulumi:
        return Engine(
            title=f"the pulumi CLI ({pulumi})",
            command=(pulumi,),
            quiet=("--non-interactive", "--color=never"),
            diff=("--diff",),
            is_pulumi=True,
        )
    return Engine(
        title="the stand-in engine, since the pulumi CLI is not here",
        command=(sys.executable, "-m", "imgix_testing"),
        quiet=(),
        diff=(),
        is_pulumi=False,
    )


def _installed_pulumi() -> str | None:
    """Return a CLI of this checkout's own, installing it where the internet is in reach."""
    folder = ROOT / ".venv" / "pulumi-cli"
    program = folder / "bin" / "pulumi"
    if program.exists():
        return str(program)
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

    def __init__(self, folder: Path, engine: Engine, imgix: SimulatedImgix) -> None:
        """Copy the program to `folder` and point it at the simulated account."""
        self.engine = engine
        self.imgix = imgix
        self.program = folder / "program"
        self.program.mkdir()
        for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.program)
        (self.program / ".venv").symlink_to(ROOT / ".venv")
        (folder / "state").mkdir()
        self.environment = {
            **os.environ,
            "IMGIX_API_URL": imgix.url,
            "IMGIX_API_KEY": imgix.api_key,
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def run(self) -> None:
        """Go through the life of the two sources of dev."""
        if self.engine.is_pulumi:
            self.pulumi("stack", "init", "dev", quiet=True)
        self.say("Two sources are declared in Pulumi.dev.yaml; their secrets are set:")
        for path, value in SECRETS.items():
            self.pulumi("config", "set", "--secret", "--path", path, value, quiet=True, show=path)
        self.say("What would be created?")
        self.act("preview")
        self.say("Create it:")
        self.act("up", "--yes", "--skip-preview")
        self.say("A change, and what it would do:")
        ttl = f"{SOURCES}.blog.deployment.cache_ttl_value"
        self.pulumi("config", "set", "--path", ttl, "86400", quiet=True, show=f"{ttl} 86400")
        self.act("preview", *self.engine.diff)
        self.say("Make it so:")
        self.act("up", "--yes", "--skip-preview")
        self.say("Somebody edits the blog in the dashboard. A refresh finds it:")
        blog = next(i for i, source in self.imgix.sources.items() if "Blog" in source.name)
        self.imgix.edit(blog, deployment={"cache_ttl_value": 7200})
        self.act("refresh", "--preview-only", *self.engine.diff)
        self.say("And the next up, with --refresh, puts it back:")
        self.act("up", "--yes", "--skip-preview", "--refresh")
        self.say("Tear it all down; imgix has no delete, so the sources are disabled:")
        self.act("destroy", "--yes")

    def act(self, *arguments: str) -> None:
        """Run one verb on the stack, showing the command and all it prints."""
        before = len(self.imgix.requests)
        self.pulumi(*arguments)
        sent = [f"{r.method} {r.status}" for r in self.imgix.requests[before:]]
        print(f"  [requests to imgix: {len(sent)}{': ' if sent else ''}{', '.join(sent)}]")

    def pulumi(self, *arguments: str, quiet: bool = False, show: str = "") -> None:
        """Run the engine's command; quietly unless it fails."""
        words = " ".join(arguments) if not show else f"{' '.join(arguments[:-2])} {show}"
        print(f"  $ pulumi {words}", flush=True)
        extra = () if arguments[0] in ("config", "stack") else self.engine.quiet
        running = subprocess.Popen(
            [*self.engine.command, *arguments, *extra],
            cwd=self.program,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            start_new_session=True,  # Ctrl-C comes to the demo alone, which stops the rest
        )
        try:
            printed, _ = running.communicate()
        except KeyboardInterrupt:
            _stop(running)
            raise
        if running.returncode != 0:
            sys.exit(f"{printed or ''}\nthe demo failed: pulumi {words}")

    @staticmethod
    def say(words: str) -> None:
        """Tell what comes next."""
        print(f"\n== {words}", flush=True)


def _stop(running: subprocess.Popen[str]) -> None:
    """End a command and what it started, kindly first."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(STOP_SECONDS)
            return


def main() -> None:
    """Run the demo and clean up after it."""
    engine = find_engine()
    folder = Path(tempfile.mkdtemp(prefix="imgix-demo-"))
    try:
        with SimulatedImgix(deploy_seconds=0.5) as imgix:
            print(f"Running on {engine.title},\nwith a simulated account at {imgix.url}.")
            Demo(folder, engine, imgix).run()
            left = sum(source.enabled for source in imgix.sources.values())
        print(f"\nDone: {left} sources are left enabled, and nothing is left on this machine.")
    except KeyboardInterrupt:
        print("\nStopped; nothing is left on this machine.")
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
