"""The command line: `python -m imgix_provider list | show | check | import | review`.

Reads the key and the address from the environment. Results go to standard output, everything else
to standard error. An error is one line and exit status 1; Ctrl-C is exit status 130. The module
`output` formats sources, and `import_account` runs the import.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits
from imgix_provider.api.query import FILTERS, SORTS, Query, query_of
from imgix_provider.cli import import_account as cli_import
from imgix_provider.cli import review as cli_review
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.errors import (
    AccessDeniedError,
    ConfigurationError,
    ImgixError,
    NotFoundError,
    UnavailableError,
)
from imgix_provider.messages import printable_line, to_stderr
from imgix_provider.settings import Settings, load_settings

_PROGRAM: Final = "python -m imgix_provider"
_EPILOG: Final = """\
Reads the key from IMGIX_API_KEY and the address from IMGIX_API_URL (default: imgix's own).
To use a stack's key:  export IMGIX_API_KEY="$(pulumi config get imgix:apiKey)"
"""
_INTERRUPTED: Final = 130

Command = Callable[[argparse.Namespace, SourcesClient], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    _keep_output_going()
    try:
        chosen = _parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
        status = _run(chosen)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe. Without this, Python would complain again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _run(chosen: argparse.Namespace) -> int:
    try:
        if chosen.command is _review:
            return cli_review.run(chosen)
        settings = load_settings()
        client = SourcesClient(settings, Limits(settings), notify=to_stderr)
        command: Command = chosen.command
        if chosen.command is not _check:
            _require_key(settings)
        return command(chosen, client)
    except ImgixError as error:
        print(f"error: {printable_line(str(error))}", file=sys.stderr)
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        reason = printable_line(f"{place}{error.strerror or error}")
        print(f"error: {reason}", file=sys.stderr)
    return 1


def _list(chosen: argparse.Namespace, client: SourcesClient) -> int:
    from imgix_provider.cli import output as cli_output

    sources = _query(chosen).run(client)
    if chosen.json:
        cli_output.show_json([cli_output.as_json(source) for source in sources])
    else:
        cli_output.show_sources(sources)
    return 0


def _show(chosen: argparse.Namespace, client: SourcesClient) -> int:
    from imgix_provider.cli import output as cli_output

    try:
        source = client.get(chosen.id)
    except NotFoundError:
        raise ImgixError(
            f"there is no source {chosen.id} in this account", f"Run {_PROGRAM} list."
        ) from None
    if chosen.json:
        cli_output.show_json(cli_output.as_json(source))
    else:
        cli_output.show_source(source)
    return 0


def _check(_chosen: argparse.Namespace, client: SourcesClient) -> int:
    """Check the address, the key and its permission with one request."""
    settings = load_settings()
    print(f"address     {settings.api_url}")
    _require_key(settings)
    try:
        page = client.page(0, within=_CHECK_SECONDS)
    except UnavailableError as error:
        raise error.about("the address does not work") from None
    except AccessDeniedError as error:
        what = "the key is not valid" if error.status == 401 else "the key lacks a permission"
        raise error.about(what) from None
    first = f"{len(page.sources)}{' or more' if page.has_next else ''}"
    print("key         works")
    print(f"permission  can read sources: {first} in this account")
    return 0


_CHECK_SECONDS: Final = 15.0


def _import(chosen: argparse.Namespace, client: SourcesClient) -> int:
    return cli_import.run(chosen, client, _query(chosen))


def _review(chosen: argparse.Namespace, _client: SourcesClient) -> int:
    return cli_review.run(chosen)


def _query(chosen: argparse.Namespace) -> Query:
    given = {name: getattr(chosen, name) for name in FILTERS}
    if given["enabled"] is not None:
        given["enabled"] = given["enabled"] == "true"
    # Sorted by name by default, so that pages do not shift while they are read.
    return query_of(given, chosen.sort or "name")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="The sources of an imgix account.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = _add(commands, "list", _list, "list the sources of the account")
    _add_query(listing)
    listing.add_argument("--json", action="store_true", help="print JSON")
    showing = _add(commands, "show", _show, "show one source in full, without its secrets")
    showing.add_argument("id", help="the id of the source")
    showing.add_argument("--json", action="store_true", help="print JSON")
    _add(commands, "check", _check, "check the address, the key and its permission")
    importing = _add(
        commands, "import", _import, "write the files that bring existing sources into a stack"
    )
    cli_import.add_arguments(importing)
    _add_query(importing)
    reviewing = _add(commands, "review", _review, "review a preview, for a pull request")
    cli_review.add_arguments(reviewing)
    return parser


def _add(commands: Any, name: str, command: Command, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(command=command)
    return parser


def _add_query(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which sources", "A source must match every filter exactly.")
    choices = {"type": tuple(DEPLOYMENT_CLASSES), "enabled": ("true", "false")}
    for name, place in FILTERS.items():
        group.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            choices=choices.get(name),
            metavar=None if name in choices else "TEXT",
            help=f"imgix's filter {place}",
        )
    group.add_argument(
        "--sort",
        metavar="NAME[,NAME]",
        help=f"{', '.join(SORTS)}; a leading - sorts descending; default name",
    )


def _joined(arguments: Sequence[str]) -> list[str]:
    """Write `--sort -name` as `--sort=-name`; argparse would take `-name` for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == "--sort":
            joined[-1] = f"--sort={argument}"
        else:
            joined.append(argument)
    return joined


def _require_key(settings: Settings) -> None:
    if settings.api_key is None:
        raise ConfigurationError(
            "no imgix API key is set",
            'Set IMGIX_API_KEY, for example: export IMGIX_API_KEY="$(pulumi config get '
            'imgix:apiKey)".',
        )


def _keep_output_going() -> None:
    """Escape text that a terminal cannot show, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
