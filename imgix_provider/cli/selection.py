"""The options that select sources for a command: filters and order."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from imgix_provider.api.query import FILTERS, SORTS, Query, query_of
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add an option for each filter of imgix's, and `--sort`."""
    group = parser.add_argument_group("which sources", "A source must match every filter exactly.")
    choices = {"type": tuple(DEPLOYMENT_CLASSES), "enabled": ("true", "false")}
    for name, place in FILTERS.items():
        group.add_argument(
            _option(name),
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


def query_from(chosen: argparse.Namespace) -> Query:
    """Return the query that the options ask for."""
    given = {name: getattr(chosen, name) for name in FILTERS}
    if given["enabled"] is not None:
        given["enabled"] = given["enabled"] == "true"
    # Sorted by name by default, so that pages do not shift while they are read.
    return query_of(given, chosen.sort or "name")


def nothing_found(query: Query) -> str:
    """Return what to say if no source of the account matches a query."""
    if not query.filters:
        return "the account has no sources"
    given = ", ".join(f"{_option(name)} {_written(v)}" for name, v in query.filters.items())
    return f"no source matches {given}"


def joined(arguments: Sequence[str]) -> list[str]:
    """Write `--sort -name` as `--sort=-name`; argparse would take `-name` for an option."""
    whole: list[str] = []
    for argument in arguments:
        if whole and whole[-1] == "--sort":
            whole[-1] = f"--sort={argument}"
        else:
            whole.append(argument)
    return whole


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
