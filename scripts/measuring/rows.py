"""The rows of the table: counts of requests, and ratios of two things measured by turns."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix
from measuring.programs import nothing, plugin, sources
from measuring.stacks import RATE, ROOT, Bench, BenchStack, account, cpu_of_children, inherited


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


def noop(bench: Bench) -> Iterator[Row]:
    """An `up` without changes, against the same program on a provider that does nothing."""
    count = 200
    with SimulatedImgix() as imgix:
        stacks = [
            _settled(bench, sources(count, prefix="many-"), imgix),
            _settled(bench, nothing(count), None),
            _settled(bench, sources(1, prefix="few-"), imgix),
            _settled(bench, nothing(1), None),
        ]
        rounds = [[stack.cost("up", "--skip-preview") for stack in stacks] for _ in range(5)]
    ratio = statistics.median(ours.seconds / theirs.seconds for ours, theirs, *_ in rounds)
    # What starting takes is the same for one source, and no part of what a source adds.
    many, few = (
        statistics.median(ours.cpu - theirs.cpu for ours, theirs in pairs)
        for pairs in ([costs[:2] for costs in rounds], [costs[2:] for costs in rounds])
    )
    seconds = statistics.median(costs[0].seconds for costs in rounds)
    sent = max(costs[0].requests for costs in rounds)
    yield Row("no-op of 200 sources, over doing nothing", "×", ratio, 1.10, f"{seconds:.1f} s")
    yield Row("requests of a no-op", "requests", sent, 0)
    added = (many - few) / (count - 1) * 1000
    yield Row("CPU that a source adds to a no-op", "ms", added, 1.5)


def _settled(bench: Bench, program: dict[str, str], imgix: SimulatedImgix | None) -> BenchStack:
    stack = bench.stack(program, imgix, rate=1000)
    stack.cost("up", "--skip-preview")
    return stack


def creates(bench: Bench) -> Iterator[Row]:
    """40 creates within imgix's rate, over the time that the rate and one deploy take."""
    for deploy, parallel, times, requests in (
        (1, 64, 1.15, 46),
        (5, 64, 1.3, 55),
        (5, None, 2.5, 999),
    ):
        idle = bench.stack(nothing(40), None).cost("up", "--skip-preview", parallel=parallel)
        with account(deploy) as imgix:
            stack = bench.stack(sources(40), imgix)
            cost = stack.cost("up", "--skip-preview", parallel=parallel)
        ideal = 40 / RATE + deploy
        # The list that finds taken domains is sent before the first of them.
        least = idle.seconds + _at_the_rate(41) + deploy
        at_once = f"--parallel {parallel}" if parallel else "the engine's default"
        name = f"40 creates, deploys of {deploy} s, {at_once}"
        note = f"{_s(cost.seconds)}, least {_s(least)}" if parallel else _s(cost.seconds)
        yield Row(f"{name}, over the ideal", "×", cost.seconds / ideal, times, note)
        if parallel:
            yield Row(f"{name}: requests", "requests", cost.requests, requests)


def changes(bench: Bench) -> Iterator[Row]:
    """8 updates and 8 destroys: one request each, and a look at the deploys."""
    with account(1.0) as imgix:
        stack = bench.stack(sources(8), imgix)
        stack.cost("up", "--skip-preview", parallel=64)
        stack.write(sources(8, ttl=172_800))
        updated = stack.cost("up", "--skip-preview", parallel=64)
        gone = stack.cost("destroy", "--skip-preview", parallel=64)
    yield Row("8 updates, deploys of 1 s", "requests", updated.requests, 11, _s(updated.seconds))
    yield Row("8 destroys", "requests", gone.requests, 8, _s(gone.seconds))


def again(bench: Bench) -> Iterator[Row]:
    """Destroy, then `up` of 8 sources again: imgix has no delete, so they are reused."""
    idle = bench.stack(nothing(8), None)
    idle.cost("up", "--skip-preview", parallel=64)
    doing_nothing = [idle.cost(verb, "--skip-preview", parallel=64) for verb in ("destroy", "up")]
    with account() as imgix:
        stack = bench.stack(sources(8), imgix)
        stack.cost("up", "--skip-preview", parallel=64)
        imgix.configure(deploy_seconds=1.0)
        gone = stack.cost("destroy", "--skip-preview", parallel=64)
        back = stack.cost("up", "--skip-preview", parallel=64)
    yield Row("destroy, then up, of 8 sources", "requests", gone.requests + back.requests, 26)
    # 8 requests; then a list, and for each source one that enables it and one that changes it.
    least = sum(each.seconds for each in doing_nothing) + _at_the_rate(8) + _at_the_rate(17) + 1
    seconds = gone.seconds + back.seconds
    yield Row("destroy, then up, of 8 sources", "s", seconds, 7, f"least {_s(least)}")


def refreshes(bench: Bench) -> Iterator[Row]:
    """A refresh of all sources of an account."""
    with SimulatedImgix() as imgix:
        stack = bench.stack(sources(200), imgix, rate=1000)
        stack.cost("up", "--skip-preview")
        cost = stack.cost("refresh", "--skip-preview")
    yield Row("refresh of 200 of 200 sources", "requests", cost.requests, 4, _s(cost.seconds))


def through_plugin(bench: Bench) -> Iterator[Row]:
    """The same through the plugin, beside the dynamic resource; needs the CLI."""
    if bench.pulumi is None:
        return
    count = 200
    with SimulatedImgix() as imgix, SimulatedImgix() as other:
        dynamic = _settled(bench, sources(count), imgix)
        ours = _settled(bench, plugin(count), other)
        pairs = [
            (ours.cost("up", "--skip-preview"), dynamic.cost("up", "--skip-preview"))
            for _ in range(3)
        ]
    ratio = statistics.median(a.seconds / b.seconds for a, b in pairs)
    seconds = statistics.median(a.seconds for a, _ in pairs)
    yield Row("plugin: no-op of 200 sources, over dynamic", "×", ratio, 1.0, _s(seconds))
    with account(3.0) as imgix:
        stack = bench.stack(plugin(40), imgix)
        cost = stack.cost("up", "--skip-preview", parallel=64)
    times = cost.seconds / (40 / RATE + 3)
    name = "plugin: 40 creates, deploys of 3 s, --parallel 64, over the ideal"
    yield Row(name, "×", times, 1.3, _s(cost.seconds))


def account_import(bench: Bench) -> Iterator[Row]:
    """The import of an account: its list, and nothing else."""
    with SimulatedImgix() as imgix:
        for number in range(250):
            deployment = {"type": "webproxy", "imgix_subdomains": [f"old-{number}"]}
            imgix.add_source(name=f"Old {number}", deployment=deployment)
        imgix.requests.clear()
        keys = {"IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key}
        seconds = _command("import", "--out", str(bench.folder / "imported"), **keys)
        sent = len(imgix.requests)
    yield Row("import of an account of 250 sources", "requests", sent, 3, _s(seconds))


def reviews(bench: Bench) -> Iterator[Row]:
    """The review of a preview in which 1,000 sources change."""
    with SimulatedImgix() as imgix:
        folder = bench.folder / "reviewed"
        folder.mkdir()
        environment = {
            "IMGIX_API_URL": imgix.url,
            "IMGIX_API_KEY": imgix.api_key,
            "PYTHONPATH": str(folder),
        }
        for name, text in sources(1_000).items():
            (folder / name).write_text(text)
        stack = Stack(folder, state_file=folder / "state.json", environment=environment)
        document = folder / "preview.json"
        document.write_text(json.dumps(stack.preview_json()))
    for form in ("text", "markdown", "json"):
        seconds = min(_command("review", "--format", form, str(document)) for _ in range(3))
        yield Row(f"review of 1,000 sources as {form}", "s", seconds, 1)


def _command(*arguments: str, **environment: str) -> float:
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "imgix_provider", *arguments],
        cwd=ROOT,
        env=inherited() | environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - began


def imports(_bench: Bench) -> Iterator[Row]:
    """Importing what a program needs, over importing pulumi alone."""

    def cpu(code: str) -> float:
        before = cpu_of_children()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=inherited())
        return cpu_of_children() - before

    ours, theirs = "from imgix_provider import ImgixSource, S3Deployment", "import pulumi"
    cpu(ours)  # compiles what is not compiled yet
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(15)]
    ratio = min(a for a, _ in pairs) / min(b for _, b in pairs)
    yield Row("import imgix_provider, over import pulumi", "×", ratio, 1.15)


def _at_the_rate(requests: int) -> float:
    """Return the seconds between the first and the last of so many requests."""
    return (requests - 1) // int(RATE)


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s"


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    "noop": noop,
    "creates": creates,
    "changes": changes,
    "again": again,
    "refreshes": refreshes,
    "account": account_import,
    "plugin": through_plugin,
    "reviews": reviews,
    "imports": imports,
}
