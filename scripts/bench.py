"""Measures what the provider costs, against budgets.

Every row is a count of requests, or a ratio of two things measured by turns in one run on one
machine. Stacks run on the `pulumi` CLI if it is on PATH, else on the stand-in engine. Exit status 1
if a budget is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import attrs
from measuring.curves import measure_curves
from measuring.rows import ROWS, Row
from measuring.stacks import Bench
from rich.console import Console
from rich.table import Table


def table(rows: list[Row], before: dict[str, float]) -> Table:
    """Return the rows as a table, next to those of a saved run if there is one."""
    columns = ["what", "measured", "budget", *(["before"] if before else []), "", ""]
    shown = Table(*columns)
    for row in rows:
        was = before.get(key_of(row))
        cells = [row.name, f"{row.measured:.2f} {row.unit}", f"{row.budget:g} {row.unit}"]
        if before:
            cells.append("" if was is None else f"{was:.2f}")
        shown.add_row(*cells, row.note, "" if row.holds else "MISSES")
    return shown


def into_page(page: Path, rows: list[Row], engine: str) -> None:
    """Put the rows into a page, between its two comments, in place of those of the last run."""
    text = page.read_text(encoding="utf-8")
    start, end = "<!-- figures -->\n", "<!-- end of figures -->"
    if start not in text or end not in text:
        sys.exit(f"{page} has no place for figures: {start.strip()} … {end}")
    lines = [f"| on {engine} | measured | budget | |", "|---|---|---|---|"]
    for row in rows:
        remark = row.note if row.holds else f"{row.note} **misses**".strip()
        lines.append(
            f"| {row.name} | {row.measured:.2f} {row.unit} | {row.budget:g} {row.unit} | {remark} |"
        )
    before, _, rest = text.partition(start)
    after = rest.partition(end)[2]
    page.write_text(before + start + "\n" + "\n".join(lines) + "\n\n" + end + after)


def worst_of(measured: tuple[Row, ...]) -> Row:
    """Return the worst of one row of several runs, with all that were measured as a remark."""
    worst = max(measured, key=lambda row: row.measured)
    if len(measured) == 1 or len({row.measured for row in measured}) == 1:
        return worst
    all_of_them = ", ".join(f"{row.measured:.2f}" for row in measured)
    return attrs.evolve(worst, note="; ".join(filter(None, (worst.note, f"of {all_of_them}"))))


def key_of(row: Row) -> str:
    """Return the name by which a figure is saved."""
    return f"{row.name} [{row.unit}]"


def measured(folder: Path, names: list[str]) -> list[Row]:
    """Measure these rows once, in a folder of their own, and say which as it goes on."""
    folder.mkdir()
    bench, found = Bench(folder), []
    for name in names:
        print(f"  run {folder.name}: {name} ...", file=sys.stderr)
        found += list(ROWS[name](bench))
    return found


def main() -> int:
    """Measure, show and compare; return 1 if a budget is missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--rows", help=f"some of {', '.join(ROWS)}; default all")
    parser.add_argument("--runs", type=int, default=1, help="measure this often, show the worst")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--save", type=Path, help="write the figures to a file")
    parser.add_argument("--against", type=Path, help="compare with figures that were saved")
    parser.add_argument("--page", type=Path, help="put the figures into a page of the docs")
    parser.add_argument("--curves", type=Path, help="draw 1 to 1,000 sources to this SVG instead")
    chosen = parser.parse_args()
    names = chosen.rows.split(",") if chosen.rows else list(ROWS)
    unknown = sorted(set(names) - set(ROWS))
    if unknown:
        parser.error(f"unknown rows {', '.join(unknown)}; use some of {', '.join(ROWS)}")
    before = json.loads(chosen.against.read_text()) if chosen.against else {}
    folder = Path(tempfile.mkdtemp(prefix="imgix-bench-"))
    try:
        bench = Bench(folder)
        print(f"Measuring on {bench.engine} ...", file=sys.stderr)
        if chosen.curves:
            measure_curves(bench, chosen.curves)
            return 0
        runs = [measured(folder / str(run), names) for run in range(1, chosen.runs + 1)]
        rows = list(map(worst_of, zip(*runs, strict=True)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if chosen.save:
        figures = {key_of(row): row.measured for row in rows}
        chosen.save.write_text(json.dumps(figures, indent=2) + "\n")
    if chosen.page:
        into_page(chosen.page, rows, bench.engine)
    if chosen.json:
        print(json.dumps([attrs.asdict(row) | {"holds": row.holds} for row in rows], indent=2))
    else:
        Console().print(table(rows, before))
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
