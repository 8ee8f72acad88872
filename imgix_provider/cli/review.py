"""`review`: reads previews, finds what would go wrong, and writes a report.

Exit status: 0; 3 if `--fail-on` is hit; 1 if a preview failed or cannot be read; 2 for wrong usage.
Needs no account.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from imgix_provider.errors import ImgixError
from imgix_provider.messages import printable_line
from imgix_provider.review.as_json import rules_to_json, to_json
from imgix_provider.review.fitting import JOB_SUMMARY, Detail, size_in_bytes
from imgix_provider.review.github import commands, outputs
from imgix_provider.review.markdown import to_comment
from imgix_provider.review.model import Reviewed, Stack
from imgix_provider.review.read import read_preview
from imgix_provider.review.rules.table import KINDS, RULES, review, rules_named
from imgix_provider.review.stacks import make_stack
from imgix_provider.review.words import clean

FORMATS: Final = ("text", "markdown", "json", "github")

_FAILED: Final = 1
_HIT: Final = 3
_STDIN: Final = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `review`."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="[LABEL=]FILE",
        help="previews, each with the name to show; default -",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="how to write the report; default text"
    )
    parser.add_argument(
        "--name",
        default="",
        metavar="LABEL",
        help="the name of this review, if a pull request has several; it is in the heading and in "
        "the hidden marker",
    )
    parser.add_argument(
        "--details",
        choices=("auto", "open", "closed"),
        default="auto",
        help="unfold the details of every source, of none, or (auto) of those that are short or "
        "have findings; default auto",
    )
    for option, what in (("--fail-on", "exit with status 3 if"), ("--allow", "do not fail if")):
        parser.add_argument(
            option,
            action="append",
            default=[],
            metavar="RULE[,RULE]",
            help=f"{what} one of these is found: rules, or {', '.join(KINDS)}",
        )
    parser.add_argument("--rules", action="store_true", help="list the rules and exit")
    parser.set_defaults(usage_error=parser.error)


def run(chosen: argparse.Namespace) -> int:
    """Review the files, and return the exit status."""
    usage_error: Callable[[str], Any] = chosen.usage_error
    if chosen.rules:
        print_rules(chosen.format)
        return 0
    try:
        fail_on = rules_named(_names(chosen.fail_on))
        allowed = rules_named(_names(chosen.allow))
    except ImgixError as error:
        usage_error(error.problem)
        raise
    files = chosen.files or [_STDIN]
    if not chosen.files and sys.stdin.isatty():
        usage_error("name the FILE with the preview, or - for standard input")
    if sum(_split(file)[1] == _STDIN for file in files) > 1:
        usage_error("only one of the files can be standard input")
    reviews, unread = _reviews(files)
    failed_on = sorted(
        {f.rule for reviewed in reviews for f in reviewed.findings} & fail_on - allowed
    )
    if not (unread and len(files) == 1 and chosen.format == "text"):
        _report(chosen, reviews, failed_on)
    if unread or any(reviewed.stack.failed for reviewed in reviews):
        return _FAILED
    if failed_on:
        print(f"failed on: {', '.join(failed_on)}", file=sys.stderr)
        return _HIT
    return 0


def _names(lists: Sequence[str]) -> list[str]:
    return [name.strip() for names in lists for name in names.split(",") if name.strip()]


def _reviews(files: Sequence[str]) -> tuple[list[Reviewed], bool]:
    """Return a review of each file, and whether one cannot be read; print that error at once."""
    stacks = []
    unread = False
    for file in files:
        label, path = _split(file)
        try:
            stack = _read(label, path)
        except (ImgixError, OSError) as error:
            reason = str(error)
            if isinstance(error, OSError):
                reason = f"{path} cannot be read: {error.strerror or error}"
            print(f"error: {printable_line(reason)}", file=sys.stderr)
            stack = Stack(label=clean(label or _stem(path)), failed=True, problems=(clean(reason),))
            unread = True
        stacks.append(stack)
    return review(_labelled(stacks)), unread


def _split(file: str) -> tuple[str, str]:
    """Return the label and the path of an argument; a file may have `=` in its name."""
    label, equals, path = file.partition("=")
    return (label, path) if equals and not os.path.exists(file) else ("", file)


def _read(label: str, path: str) -> Stack:
    if path == _STDIN:
        stream = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        return make_stack(read_preview(stream, "standard input"), label, "preview")
    with open(path, encoding="utf-8", errors="replace") as file:
        return make_stack(read_preview(file, path), label, _stem(path))


def _stem(path: str) -> str:
    return "preview" if path == _STDIN else Path(path).stem or path


def _labelled(stacks: list[Stack]) -> list[Stack]:
    """Return the stacks with unique labels: the project's name, then a number."""
    names = [stack.label for stack in stacks]
    labels = [
        f"{stack.project}/{stack.label}"
        if names.count(stack.label) > 1 and stack.project and stack.label == stack.stack
        else stack.label
        for stack in stacks
    ]
    return [
        attrs.evolve(stack, label=label)
        for stack, label in zip(stacks, _numbered(labels), strict=True)
    ]


def _numbered(labels: list[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        yield label if seen[label] == 1 else f"{label} ({seen[label]})"


def _report(chosen: argparse.Namespace, reviews: list[Reviewed], failed_on: list[str]) -> None:
    detail = Detail(chosen.details)
    if chosen.format == "json":
        print(to_json(reviews, clean(chosen.name), failed_on))
    elif chosen.format == "markdown":
        sys.stdout.write(to_comment(reviews, name=clean(chosen.name), detail=detail))
    elif chosen.format == "github":
        for line in commands(reviews):
            print(line)
        summary = to_comment(
            reviews, name=clean(chosen.name), detail=detail, limit=JOB_SUMMARY, size=size_in_bytes
        )
        _append("GITHUB_STEP_SUMMARY", summary)
        _append("GITHUB_OUTPUT", "\n".join(outputs(reviews, failed_on)) + "\n")
    else:
        # Imported only for this format, so that the others stay fast.
        from rich.console import Console

        from imgix_provider.review.text import print_review

        print_review(reviews, Console(), detail)


def _append(variable: str, text: str) -> None:
    """Append to the file that a variable of the runner names; do nothing outside a runner."""
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)


def print_rules(form: str) -> None:
    """Print the table of rules and kinds."""
    if form == "json":
        print(rules_to_json())
        return
    if form == "markdown":
        print(rules_table())
        return
    for rule in RULES:
        print(f"{rule.severity.value:<8} {rule.id}\n         {rule.words}")
        if rule.page:
            print(f"         {rule.page}")
    for kind, ids in KINDS.items():
        print(f"kind     {kind}: {', '.join(sorted(ids))}")


def rules_table() -> str:
    """Return the table of rules as Markdown."""
    lines = ["| rule | severity | when | imgix's page |", "|---|---|---|---|"]
    for rule in RULES:
        page = f"[{rule.page.rpartition('/')[2]}]({rule.page})" if rule.page else ""
        lines.append(f"| `{rule.id}` | {rule.severity.value} | {rule.words} | {page} |")
    return "\n".join(lines)
