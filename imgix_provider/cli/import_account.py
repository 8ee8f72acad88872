"""`python -m imgix_provider import`: reads an account and writes the files that take it over.

Progress and warnings go to standard error, and what was written, with what to run next, to
standard output.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.query import Query
from imgix_provider.api.source import Page
from imgix_provider.errors import ImgixError
from imgix_provider.importing.declarations import Takeover, take_over
from imgix_provider.importing.files import Target, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `import` takes beside the filters."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write to"
    )
    parser.add_argument(
        "--format",
        choices=("python", "yaml"),
        default="python",
        help="declare the sources in a program, or in a stack's configuration; default python",
    )
    parser.add_argument(
        "--stack",
        default="prod",
        help="the stack whose configuration is written, with --format yaml; default prod",
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")


def run(chosen: argparse.Namespace, client: SourcesClient, query: Query) -> int:
    """Import the sources that `query` asks for, and return the exit status."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", chosen.stack):
        raise ImgixError("--stack must be the name of a stack: letters, digits, _ . and -")
    target = Target(folder=chosen.out, form=chosen.format, stack=chosen.stack, force=chosen.force)
    target.require_free()
    with _progress() as on_page:
        takeover = take_over(query.run(client, on_page))
    for left_out in takeover.left_out:
        print(f"warning: left out {left_out}", file=sys.stderr)
    written = write(takeover, target)
    for line in _summary(takeover, target, written):
        print(line)
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[Page], None]]:
    """Show on a terminal how many pages are read."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading the account", total=None)
        yield lambda page: progress.update(task, total=page.total_pages, advance=1)


def _summary(takeover: Takeover, target: Target, written: list[Path]) -> Iterator[str]:
    imported = takeover.imported
    kept = sum(len(each.kept) for each in imported)
    names = ", ".join(path.name for path in written)
    yield f"{_count(len(imported), 'source')} written to {target.folder}: {names}"
    if takeover.left_out:
        yield f"{_count(len(takeover.left_out), 'source')} left out; see the warnings above"
    if kept:
        yield f"{_count(kept, 'secret')} kept at imgix; secrets.sh has the commands that set them"
    if imported:
        yield "Next, in that folder, on the stack that is to manage them:"
        yield "  pulumi import --file import.json --generate-code=false --protect=false"
        yield "  pulumi preview"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
