"""Curves over the size of a stack: time, requests and memory, drawn to an SVG."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Final

import attrs
import pygal
from pygal.style import Style

from imgix_testing.server import SimulatedImgix
from measuring.programs import sources
from measuring.stacks import Bench, Cost

SIZES: Final = (1, 10, 100, 1_000)
_COMMANDS: Final = ("up, all created", "up, no change", "refresh")
_STYLE: Final = Style(
    background="#ffffff", plot_background="#ffffff", font_family="sans-serif", title_font_size=18
)


@attrs.frozen
class Point:
    """What the commands cost for one number of sources."""

    size: int
    costs: tuple[Cost, ...]
    megabytes: float
    """Of the largest process so far; sizes ascend."""


def measure_curves(bench: Bench, svg: Path) -> None:
    """Measure stacks of all sizes, with a rate that is no limit, and draw what they cost."""
    points = [_measure(bench, size) for size in SIZES]
    for point in points:
        figures = ", ".join(
            f"{name}: {cost.seconds:.1f} s and {cost.requests} requests"
            for name, cost in zip(_COMMANDS, point.costs, strict=True)
        )
        print(f"{point.size} sources: {figures}; {point.megabytes:.0f} MB", file=sys.stderr)
    _draw(points, svg)


def _measure(bench: Bench, size: int) -> Point:
    with SimulatedImgix() as imgix:
        stack = bench.stack(sources(size), imgix, rate=10_000)
        created = stack.cost("up", "--skip-preview", parallel=64)
        kept = stack.cost("up", "--skip-preview", parallel=64)
        refreshed = stack.cost("refresh", "--skip-preview", parallel=64)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Point(size, (created, kept, refreshed), largest)


def _draw(points: list[Point], svg: Path) -> None:
    """Draw seconds and requests by the number of sources, both on logarithmic scales."""
    chart = pygal.Line(
        logarithmic=True,
        style=_STYLE,
        js=[],
        disable_xml_declaration=True,
        title="What a stack costs, by its number of sources",
        x_title="sources",
        y_title="seconds, requests",
        width=900,
        height=500,
    )
    chart.x_labels = [f"{point.size:,}" for point in points]
    for index, name in enumerate(_COMMANDS):
        chart.add(f"{name}: s", [round(point.costs[index].seconds, 2) for point in points])
    for index, name in enumerate(_COMMANDS):
        requests = [point.costs[index].requests or None for point in points]
        if any(requests):
            chart.add(f"{name}: requests", requests, stroke_style={"dasharray": "4, 4"})
    svg.write_text(chart.render(is_unicode=True) + "\n")
