"""`python -m imgix_provider import`: imports an account as files for a stack.

Progress and warnings go to standard error. What was written, and what to run next, goes to standard
output.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.query import Query
from imgix_provider.api.source import Page
from imgix_provider.cli.selection import nothing_found
from imgix_provider.errors import ImgixError, UsageError
from imgix_provider.importing.declarations import ImportedSources, import_sources
from imgix_provider.importing.files import Target, Written, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `import` other than the filters."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write to"
    )
    parser.add_argument(
        "--format",
        choices=("python", "yaml", "plugin"),
        default="python",
        help="declare the sources in a program, or in a stack's configuration, or let `pulumi "
        "import` do it through the plugin; default python",
    )
    parser.add_argument(
        "--stack",
        default="prod",
        metavar="STACK",
        help="with --format yaml, the stack whose configuration to write; default prod",
    )
    parser.add_argument(
        "--project",
        metavar="NAME",
        help="the Pulumi project; default the name in DIR/Pulumi.yaml, else that of DIR",
    )
    parser.add_argument("--force", action="store_true", help="overwrite existing files")


def run(chosen: argparse.Namespace, client: SourcesClient, query: Query) -> int:
    """Import the sources that match `query`, and return the exit status."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", chosen.stack):
        raise UsageError("--stack must be a stack's name: letters, digits, _ . and -")
    target = Target(
        folder=chosen.out,
        form=chosen.format,
        stack=chosen.stack,
        project=chosen.project,
        force=chosen.force,
    )
    target.require_free()
    target.project_name()
    with _progress() as on_page:
        sources = import_sources(query.run(client, on_page))
    for left_out in sources.left_out:
        print(f"warning: not imported: {left_out}", file=sys.stderr)
    _require_any(sources, query)
    written = write(sources, target)
    for line in _summary(sources, target, written):
        print(line)
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[Page], None]]:
    """On a terminal, show how many pages have been read."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:  # even if disabled, Progress may print an empty line here
        yield lambda _page: None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Reading the account", total=None)
        yield lambda page: progress.update(task, total=page.total_pages, advance=1)


def _require_any(sources: ImportedSources, query: Query) -> None:
    """Raise `ImgixError` if there is nothing to import, so that no empty program is written."""
    if sources.imported:
        return
    unfit = "none of these sources can be declared"
    problem = unfit if sources.left_out else nothing_found(query)
    raise ImgixError(
        f"{problem}; nothing was written", "`python -m imgix_provider list` shows what there is."
    )


def _summary(sources: ImportedSources, target: Target, written: Written) -> Iterator[str]:
    names = ", ".join(path.name for path in written.files)
    yield f"{_count(len(sources.imported), 'source')} written to {target.folder}: {names}"
    if sources.left_out:
        yield f"{_count(len(sources.left_out), 'source')} not imported; see the warnings above"
    if written.secrets_kept:
        values = _count(written.secrets_kept, "encrypted value")
        yield f"{values} in {target.stack_file.name} left as is"
    if written.secrets_to_set:
        secrets = _count(written.secrets_to_set, "secret")
        yield f"{secrets} kept at imgix; secrets.sh has the commands that set them"
    yield "Next, in that folder, on the stack that will manage them:"
    if target.form == "plugin":
        yield "  pulumi import --file import.json --protect=false --out imported.txt"
        yield "  (put the content of imported.txt into the program)"
    else:
        yield "  pulumi import --file import.json --generate-code=false --protect=false"
    yield "  pulumi preview"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
