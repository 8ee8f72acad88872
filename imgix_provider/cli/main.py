"""The command line: `python -m imgix_provider list | show | check | import | review`.

Reads the key and the address from the environment. Results go to standard output, everything else
to standard error. An error is one line and exit status 1, or 2 for wrong usage; Ctrl-C is 130. The
module `output` formats sources, and `import_account` runs the import.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import stat
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final, TextIO

from imgix_provider.api.client import SourcesClient
from imgix_provider.cli import about, manual, selection
from imgix_provider.cli import import_account as cli_import
from imgix_provider.cli import review as cli_review
from imgix_provider.errors import (
    AccessDeniedError,
    ApiError,
    ConfigurationError,
    ImgixError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
    UsageError,
)
from imgix_provider.messages import printable_line, show
from imgix_provider.settings import API_URL, Settings, load_settings

_FAILED: Final = 1
_WRONG_USAGE: Final = 2
_INTERRUPTED: Final = 130

Command = Callable[[argparse.Namespace, SourcesClient], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    _keep_output_going()
    try:
        chosen = _parser().parse_args(
            selection.joined(sys.argv[1:] if arguments is None else arguments)
        )
        return _run(chosen)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(chosen: argparse.Namespace) -> int:
    try:
        if chosen.command is _review:
            return cli_review.run(chosen)
        from imgix_provider.run import Run

        settings = load_settings()
        client = Run(settings).client
        command: Command = chosen.command
        if chosen.command is not _check:
            _require_key(settings)
        return command(chosen, client)
    except ImgixError as error:
        print(f"error: {printable_line(str(error))}", file=sys.stderr)
        return _WRONG_USAGE if isinstance(error, UsageError) else _FAILED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        reason = printable_line(f"{place}{error.strerror or error}")
        print(f"error: {reason}", file=sys.stderr)
    return _FAILED


def _list(chosen: argparse.Namespace, client: SourcesClient) -> int:
    from imgix_provider.cli import output as cli_output

    query = selection.query_from(chosen)
    sources = list(query.run(client))
    if chosen.json:
        cli_output.show_json([cli_output.as_json(source) for source in sources])
    else:
        cli_output.show_sources(sources)
    if not sources:
        print(selection.nothing_found(query), file=sys.stderr)
    return 0


def _show(chosen: argparse.Namespace, client: SourcesClient) -> int:
    from imgix_provider.cli import output as cli_output
    from imgix_provider.sources.validation import is_source_id

    if not is_source_id(chosen.id):
        raise UsageError(
            f"{show(chosen.id)} is not the id of a source", f"Run {manual.PROGRAM} list."
        )
    try:
        source = client.get(chosen.id)
    except NotFoundError:
        raise ImgixError(
            f"there is no source {chosen.id} in this account", f"Run {manual.PROGRAM} list."
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
        raise ImgixError(f"{what}: {error.problem}", _CHECK_KEY) from None
    except RateLimitedError:
        raise
    except ApiError as error:
        # Every account has a list of sources.
        raise ImgixError(f"the address does not work: {error.problem}", _CHECK_URL) from None
    first = f"{len(page.sources)}{' or more' if page.has_next else ''}"
    print("key         works")
    print(f"permission  can read sources: {first} in this account")
    return 0


_CHECK_SECONDS: Final = 15.0
_CHECK_KEY: Final = (
    "Check that IMGIX_API_KEY holds a key of this account with the Sources permission."
)
_CHECK_URL: Final = f"Check IMGIX_API_URL; the default is {API_URL}."


def _import(chosen: argparse.Namespace, client: SourcesClient) -> int:
    return cli_import.run(chosen, client, selection.query_from(chosen))


def _review(chosen: argparse.Namespace, _client: SourcesClient) -> int:
    return cli_review.run(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_program(),
        description=manual.MAIN.description,
        epilog=manual.MAIN.notes,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action=about.ShowVersion, nargs=0, help="print the version and exit"
    )
    parser.add_argument(
        "--print-completion",
        action=about.PrintCompletion,
        choices=about.SHELLS,
        help="print a shell completion script and exit",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = _add(commands, "list", _list, manual.LIST)
    selection.add_arguments(listing)
    listing.add_argument("--json", action="store_true", help="print JSON")
    showing = _add(commands, "show", _show, manual.SHOW)
    showing.add_argument("id", help="the id of the source, as `list` shows it")
    showing.add_argument("--json", action="store_true", help="print JSON")
    _add(commands, "check", _check, manual.CHECK)
    importing = _add(commands, "import", _import, manual.IMPORT)
    cli_import.add_arguments(importing)
    selection.add_arguments(importing)
    reviewing = _add(commands, "review", _review, manual.REVIEW)
    cli_review.add_arguments(reviewing)
    return parser


def _program() -> str:
    """Return how this command was called, for the lines on its usage."""
    called = os.path.basename(sys.argv[0])
    return about.SCRIPT if called == about.SCRIPT else manual.PROGRAM


def _add(commands: Any, name: str, command: Command, page: manual.Page) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=page.summary,
        description="\n".join(textwrap.wrap(page.description, 79, break_on_hyphens=False)),
        epilog=page.notes,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    return parser


def _require_key(settings: Settings) -> None:
    if settings.api_key is None:
        raise ConfigurationError(
            "no imgix API key is set",
            'Set IMGIX_API_KEY, for example: export IMGIX_API_KEY="$(pulumi config get '
            'imgix:apiKey)".',
        )


def _keep_output_going() -> None:
    """Escape text that a terminal cannot show, and drop what nobody reads."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:  # what is printed to it would go to the standard output
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    sys.stdout, sys.stderr = _kept_going(sys.stdout), _kept_going(sys.stderr)


def _kept_going(stream: TextIO) -> TextIO:
    if isinstance(stream, io.TextIOWrapper):
        # Not all that stands in for a stream can do this, or has a file.
        with contextlib.suppress(ValueError):
            stream.reconfigure(errors="backslashreplace")
            mode = os.fstat(stream.fileno()).st_mode
            if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
                return _to_pipe(stream)
    return stream


def _to_pipe(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Pipe(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Pipe(io.FileIO):
    """A pipe whose reader may stop early, which changes neither the work nor the exit status."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)
