"""A review for GitHub Actions: annotations on the lines of the change, and outputs with counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from imgix_provider.review.as_json import totals_of
from imgix_provider.review.model import DELETED, Place, Reviewed, Severity
from imgix_provider.review.phrases import changes_nothing, sentence_of, title_of
from imgix_provider.review.words import plain

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MOST: Final = 10
"""The most annotations of one level that GitHub shows per step."""

_Annotation = tuple[str, "Place | None", str, str]


def commands(reviews: Sequence[Reviewed]) -> list[str]:
    """Return a workflow command per problem and finding; the last says how many are left out."""
    by_level: dict[str, list[_Annotation]] = {level: [] for level in _LEVELS.values()}
    for level, place, title, text in _found(reviews):
        by_level[level].append((level, place, title, text))
    lines = []
    for level, found in by_level.items():
        shown = found if len(found) <= _MOST else found[: _MOST - 1]
        lines += [_command(*each) for each in shown]
        if len(found) > len(shown):
            words = f"{len(found) - len(shown)} more; the summary of the job has them all"
            lines.append(_command(level, None, "imgix", words))
    return lines


def _found(reviews: Sequence[Reviewed]) -> Iterator[_Annotation]:
    for reviewed in reviews:
        label = reviewed.stack.label
        for problem in reviewed.stack.problems if reviewed.stack.failed else ():
            yield "error", None, f"imgix {label}: preview failed", problem
        for finding in reviewed.findings:
            source = finding.source
            about = f"{plain(title_of(source))} " if source else ""
            yield (
                _LEVELS[finding.severity],
                source.place if source and source.action not in DELETED else None,
                f"imgix {label}: {finding.rule}",
                f"{about}{plain(sentence_of(finding))}",
            )


def _command(level: str, place: Place | None, title: str, text: str) -> str:
    properties = []
    if place is not None:
        properties.append(f"file={_property(place.file)}")
        if place.line is not None:
            properties.append(f"line={place.line}")
    properties.append(f"title={_property(title)}")
    return f"::{level} {','.join(properties)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def outputs(reviews: Sequence[Reviewed], failed_on: Sequence[str]) -> list[str]:
    """Return a step's outputs as lines: all counts, and whether anything changes."""
    totals = totals_of(reviews)
    lines = [f"{key}={number}" for key, number in totals.items()]
    changes = not all(map(changes_nothing, reviews))
    lines.append(f"changes={'true' if changes else 'false'}")
    lines.append(f"failed_on={','.join(failed_on)}")
    return lines
