"""Measures what the provider costs, against budgets; see `scripts/bench`.

Every row is a count of requests, or a ratio of two things measured by turns in one run on one
machine. Stacks run on the `pulumi` CLI if it is on PATH, else on the stand-in engine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
from rich.console import Console
from rich.table import Table

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

ROOT: Final = Path(__file__).resolve().parent.parent
RATE: Final = 4.0

SOURCES: Final = """\
import imgix_provider as imgix

for number in range({count}):
    imgix.ImgixSource(
        f"source-{{number}}",
        name=f"Source {{number}}",
        deployment=imgix.S3Deployment(
            imgix_subdomains=[f"bench-{{number}}"],
            s3_bucket="images",
            s3_access_key="AKIABENCHBENCHBENCH0",
            s3_secret_key="secret-of-the-bench",
            cache_ttl_value={ttl},
            default_params={{"auto": "format,compress"}},
        ),
    )
"""

NOTHING: Final = """\
import pulumi
from nothing import Nothing

for number in range({count}):
    Nothing(
        f"source-{{number}}",
        {{
            "name": f"Source {{number}}",
            "deployment": {{
                "type": "s3",
                "imgix_subdomains": [f"bench-{{number}}"],
                "s3_bucket": "images",
                "s3_access_key": pulumi.Output.secret("AKIABENCHBENCHBENCH0"),
                "s3_secret_key": pulumi.Output.secret("secret-of-the-bench"),
                "cache_ttl_value": {ttl},
                "default_params": {{"auto": "format,compress"}},
            }},
            "enabled": True,
            "on_delete": "disable",
            "effective_deployment": None,
            "urls": None,
        }},
    )
"""

NOTHING_MODULE: Final = '''\
"""A dynamic resource that does nothing: what any such resource costs."""

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult(props["name"], {k: v for k, v in props.items() if k != "__provider"})

    def diff(self, _id, _olds, _news):
        return DiffResult(changes=False)


class Nothing(Resource, module="nothing", name="Nothing"):
    def __init__(self, name, props):
        super().__init__(NothingProvider(), name, props)
'''


@attrs.frozen
class Cost:
    """What one command cost."""

    seconds: float
    cpu: float
    requests: int


@attrs.frozen
class Row:
    """One line of the table: a measurement and its budget."""

    name: str
    unit: str
    measured: float
    budget: float
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the budget is kept."""
        return self.measured <= self.budget


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

    def stack(self, program: str, imgix: SimulatedImgix | None, rate: float = RATE) -> BenchStack:
        """Return a new stack of a program."""
        self.made += 1
        folder = self.folder / f"stack-{self.made}"
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        (folder / "nothing.py").write_text(NOTHING_MODULE)
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

    def write(self, program: str) -> None:
        """Make `program` the text of the program."""
        (self.folder / "__main__.py").write_text(program)

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
        cpu, began = _cpu(), time.monotonic()
        if self.pulumi:
            at_once = [] if parallel is None else [f"--parallel={parallel}"]
            self._command(*arguments, "--yes", *at_once)
        else:
            self._stand_in(arguments, parallel)
        seconds = time.monotonic() - began
        sent = len(self.imgix.requests) - before if self.imgix else 0
        return Cost(seconds, _cpu() - cpu, sent)

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


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def account(deploy_seconds: float = 0.0) -> Iterator[SimulatedImgix]:
    """An account that enforces imgix's rate, and whose deploys take this long."""
    with SimulatedImgix(deploy_seconds=deploy_seconds, requests_per_second=RATE) as imgix:
        yield imgix


def noop(bench: Bench) -> Iterator[Row]:
    """An `up` without changes, against the same program on a provider that does nothing."""
    count = 200
    with SimulatedImgix() as imgix:

        def ready(program: str, size: int) -> BenchStack:
            account = imgix if program is SOURCES else None
            # Stacks of several sizes share the account, so each has subdomains of its own.
            text = program.format(count=size, ttl=86_400).replace("bench-", f"bench-{size}-")
            stack = bench.stack(text, account, rate=1000)
            stack.cost("up", "--skip-preview")
            return stack

        stacks = [ready(program, size) for size in (count, 1) for program in (SOURCES, NOTHING)]
        rounds = [[stack.cost("up", "--skip-preview") for stack in stacks] for _ in range(5)]
    ratio = statistics.median(ours.seconds / nothing.seconds for ours, nothing, *_ in rounds)
    # What starting takes is the same for one source, and no part of what a source adds.
    many, few = (
        statistics.median(ours.cpu - nothing.cpu for ours, nothing in pairs)
        for pairs in ([costs[:2] for costs in rounds], [costs[2:] for costs in rounds])
    )
    seconds = statistics.median(costs[0].seconds for costs in rounds)
    sent = max(costs[0].requests for costs in rounds)
    yield Row("no-op of 200 sources, over doing nothing", "×", ratio, 1.10, f"{seconds:.1f} s")
    yield Row("requests of a no-op", "requests", sent, 0)
    added = (many - few) / (count - 1) * 1000
    yield Row("CPU that a source adds to a no-op", "ms", added, 1.5)


def creates(bench: Bench) -> Iterator[Row]:
    """40 creates within imgix's rate, over the time that the rate and one deploy take."""
    for deploy, parallel, times, requests in (
        (1, 64, 1.15, 46),
        (5, 64, 1.3, 55),
        (5, None, 2.5, 999),
    ):
        with account(deploy) as imgix:
            stack = bench.stack(SOURCES.format(count=40, ttl=86_400), imgix)
            cost = stack.cost("up", "--skip-preview", parallel=parallel)
        ideal = 40 / RATE + deploy
        at_once = f"--parallel {parallel}" if parallel else "the engine's default"
        name = f"40 creates, deploys of {deploy} s, {at_once}"
        yield Row(
            f"{name}, over the ideal", "×", cost.seconds / ideal, times, f"{cost.seconds:.1f} s"
        )
        if parallel:
            yield Row(f"{name}: requests", "requests", cost.requests, requests)


def again(bench: Bench) -> Iterator[Row]:
    """Destroy, then `up` of 8 sources again: imgix has no delete, so they are reused."""
    with account() as imgix:
        stack = bench.stack(SOURCES.format(count=8, ttl=86_400), imgix)
        stack.cost("up", "--skip-preview", parallel=64)
        imgix.configure(deploy_seconds=1.0)
        gone = stack.cost("destroy", parallel=64)
        back = stack.cost("up", "--skip-preview", parallel=64)
    yield Row("destroy, then up, of 8 sources", "requests", gone.requests + back.requests, 26)
    yield Row("destroy, then up, of 8 sources", "s", gone.seconds + back.seconds, 7)


def imports(_bench: Bench) -> Iterator[Row]:
    """Importing the package, over importing pulumi alone."""

    def cpu(code: str) -> float:
        before = _cpu()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=inherited())
        return _cpu() - before

    ours, theirs = "from imgix_provider import ImgixSource, S3Deployment", "import pulumi"
    cpu(ours)  # compiles what is not compiled yet
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(15)]
    ratio = min(a for a, _ in pairs) / min(b for _, b in pairs)
    yield Row("import imgix_provider, over import pulumi", "×", ratio, 1.15)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    "noop": noop,
    "creates": creates,
    "again": again,
    "imports": imports,
}


def table(rows: list[Row], before: dict[str, float]) -> Table:
    """Return the rows as a table, next to those of a saved run if there is one."""
    shown = Table("what", "measured", "budget", "before", "", "")
    for row in rows:
        was = before.get(f"{row.name} [{row.unit}]")
        shown.add_row(
            row.name,
            f"{row.measured:.2f} {row.unit}",
            f"{row.budget:g} {row.unit}",
            "" if was is None else f"{was:.2f}",
            row.note,
            "" if row.holds else "MISSES",
        )
    return shown


def main() -> int:
    """Measure, show and compare; return 1 if a budget is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--rows", help=f"some of {', '.join(ROWS)}; default all")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--save", type=Path, help="write the figures to a file")
    parser.add_argument("--against", type=Path, help="compare with figures that were saved")
    chosen = parser.parse_args()
    names = chosen.rows.split(",") if chosen.rows else list(ROWS)
    before = json.loads(chosen.against.read_text()) if chosen.against else {}
    folder = Path(tempfile.mkdtemp(prefix="imgix-bench-"))
    try:
        bench = Bench(folder)
        print(f"Measuring on {bench.engine} ...", file=sys.stderr)
        rows = [row for name in names for row in ROWS[name](bench)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = {f"{row.name} [{row.unit}]": row.measured for row in rows}
    if chosen.save:
        chosen.save.write_text(json.dumps(figures, indent=2) + "\n")
    if chosen.json:
        print(json.dumps([attrs.asdict(row) | {"holds": row.holds} for row in rows], indent=2))
    else:
        Console().print(table(rows, before))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
