"""Prints sources: a table on a terminal, tab-separated lines in a pipe, or JSON.

Nothing here prints a secret: no part of a credential, and not the token that signs URLs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from imgix_provider.api.source import Source
from imgix_provider.messages import SECRET, printable_line
from imgix_provider.sources.declaration import effective_deployment, urls_of

COLUMNS: Final = ("name", "id", "type", "status", "domains")
_TABLE_WIDTH: Final = 90
"""A narrower terminal gets a block of lines for each source instead of a table."""


def show_sources(sources: Iterable[Source]) -> None:
    """Print the sources: tab-separated in a pipe, and on a terminal as a table if it fits.

    Without sources, a pipe gets the header alone and a terminal nothing.
    """
    rows = [_row(source) for source in sources]
    if not sys.stdout.isatty():
        print("\t".join(COLUMNS))
        for row in rows:
            print("\t".join(row))
        return
    if not rows:
        return
    console = Console()
    # As `Text`, so that brackets in a name are not markup.
    cells = [[Text(cell) for cell in row] for row in rows]
    if console.width < _TABLE_WIDTH:
        for each in cells:
            console.print(_block(each))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for column in COLUMNS:
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for each in cells:
        table.add_row(*each)
    console.print(table)


def _block(row: list[Text]) -> Table:
    """Return one source as a table of its own, with a line for each column that has a value."""
    block = Table.grid(padding=(0, 1))
    block.add_column(no_wrap=True, style="bold")
    block.add_column(overflow="fold")
    for column, cell in zip(COLUMNS, row, strict=True):
        lines = cell.split(", ") if column == "domains" else [cell]
        if cell:
            block.add_row(column, Text("\n").join(lines))
    block.add_row()
    return block


def show_source(source: Source) -> None:
    """Print one source in full, one line per value."""
    pairs = list(_pairs("", as_json(source)))
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        print(f"{name:<{width}}  {printable_line(value)}".rstrip())


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def as_json(source: Source) -> dict[str, Any]:
    """Return a source as data, with `SECRET` in place of each secret that imgix shows."""
    return {
        "id": source.id,
        "name": source.name,
        "enabled": source.enabled,
        "deployment_status": source.deployment_status,
        "date_deployed": source.date_deployed,
        "secure_url_token": _masked(source.secure_url_token),
        "urls": urls_of(source.deployment),
        "deployment": _masked_deployment(source.deployment),
    }


def _masked_deployment(deployment: Mapping[str, Any]) -> dict[str, Any]:
    shown = effective_deployment(deployment)
    return {key: value if key in shown else _masked(value) for key, value in deployment.items()}


def _masked(secret: Any) -> Any:
    """Return `SECRET`, or what stands for no secret."""
    return secret if secret in (None, "") else SECRET


def _row(source: Source) -> list[str]:
    status = source.deployment_status or ("disabled" if source.enabled is False else "")
    cells = [
        source.name or "",
        source.id,
        str(source.deployment.get("type") or ""),
        status,
        ", ".join(url.removeprefix("https://") for url in urls_of(source.deployment)),
    ]
    return [printable_line(cell) for cell in cells]


def _pairs(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{prefix}{printable_line(str(key))}"
        if isinstance(value, Mapping) and value:
            yield from _pairs(f"{name}.", value)
        elif isinstance(value, (list, tuple)):
            yield name, ", ".join(str(item) for item in value)
        elif key == "date_deployed" and isinstance(value, int):
            yield name, _date(value)
        else:
            yield name, value if isinstance(value, str) else json.dumps(value)


def _date(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return str(seconds)
