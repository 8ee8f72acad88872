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
_COLOURS: Final = ("#d9480f", "#2f6fde", "#2b8a3e")
"""One for each command, whatever is measured of it; the last one is for memory."""
_FONTS: Final = {
    "font_family": "sans-serif",
    "title_font_size": 18,
    "colors": (*_COLOURS, _COLOURS[0], _COLOURS[2], "#ae3ec9"),
}
_LIGHT: Final = Style(background="#ffffff", plot_background="#ffffff", **_FONTS)
_DARK: Final = Style(
    background="#1e2129",
    plot_background="#1e2129",
    foreground="#c9d1d9",
    foreground_strong="#f0f6fc",
    foreground_subtle="#8b949e",
    guide_stroke_color="#3d444d",
    major_guide_stroke_color="#3d444d",
    **_FONTS,
)


@attrs.frozen
class Point:
    """What the commands cost for one number of sources."""

    size: int
    costs: tuple[Cost, ...]
    megabytes: float
    """Of the largest process so far; sizes ascend."""


def measure_curves(bench: Bench, svg: Path) -> None:
    """Measure stacks of all sizes, with a rate that is no limit, and draw what they cost.

    The picture for dark pages stands beside it as NAME.dark.svg.
    """
    points = [_measure(bench, size) for size in SIZES]
    for point in points:
        figures = ", ".join(
            f"{name}: {cost.seconds:.1f} s and {cost.requests} requests"
            for name, cost in zip(_COMMANDS, point.costs, strict=True)
        )
        print(f"{point.size} sources: {figures}; {point.megabytes:.0f} MB", file=sys.stderr)
    _draw(points, svg, _LIGHT)
    _draw(points, svg.with_suffix(".dark.svg"), _DARK)


def _measure(bench: Bench, size: int) -> Point:
    with SimulatedImgix() as imgix:
        stack = bench.stack(sources(size), imgix, rate=10_000)
        created = stack.cost("up", "--skip-preview", parallel=64)
        kept = stack.cost("up", "--skip-preview", parallel=64)
        refreshed = stack.cost("refresh", "--skip-preview", parallel=64)
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Point(size, (created, kept, refreshed), largest)


def _draw(points: list[Point], svg: Path, style: Style) -> None:
    """Draw seconds, requests and megabytes by the number of sources, on logarithmic scales."""
    chart = pygal.Line(
        logarithmic=True,
        style=style,
        js=[],
        disable_xml_declaration=True,
        title="What a stack costs, by its number of sources",
        x_title="sources",
        y_title="seconds, requests, megabytes",
        width=900,
        height=540,
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        truncate_legend=-1,
        y_labels=[1, 10, 100, 1_000],
        stroke_style={"width": 2},
    )
    chart.x_labels = [f"{point.size:,}" for point in points]
    for index, name in enumerate(_COMMANDS):
        chart.add(f"{name}: s", [round(point.costs[index].seconds, 2) for point in points])
    for index, name in enumerate(_COMMANDS):
        requests = [point.costs[index].requests or None for point in points]
        if any(requests):
            chart.add(
                f"{name}: requests (dashed)",
                requests,
                stroke_style={"width": 2, "dasharray": "6, 4"},
            )
    megabytes = [round(point.megabytes) for point in points]
    chart.add(
        "largest process: MB (dotted)", megabytes, stroke_style={"width": 2, "dasharray": "2, 4"}
    )
    svg.write_text(chart.render(is_unicode=True) + "\n")
