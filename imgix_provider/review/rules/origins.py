"""Rules about where images come from, and how they are rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from imgix_provider.deployments.advice import (
    APPEND_QS,
    HTTP_ORIGIN,
    LOOP,
    PARAMETER_RANGE,
    PARAMETER_UNKNOWN,
    PARAMETER_VALUE,
    Advice,
    advice_on,
)
from imgix_provider.review.compare import PARAMETERS
from imgix_provider.review.model import Action, Severity, Source, Stack
from imgix_provider.review.rules.rule import (
    PURGING,
    RENDERING,
    SETTINGS,
    SOURCES,
    Hit,
    Rule,
)
from imgix_provider.review.served import getter, served_now, served_then
from imgix_provider.review.words import code, codes

_ORIGIN: Final = frozenset(
    {
        "s3_bucket",
        "s3_prefix",
        "gcs_bucket",
        "gcs_prefix",
        "azure_account",
        "azure_bucket",
        "azure_prefix",
        "azure_service_type",
        "webfolder_base_url",
        "bucket_name",
        "endpoint_url",
    }
)
_MOST_PARAMETERS: Final = 5
"""The most parameters of a source that one finding names."""


def _origin_changed(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.type_change is not None:
            continue
        keys = [change.path for change in source.changes if change.path in _ORIGIN]
        if keys:
            yield Hit(
                source,
                f"{codes(keys)} {'changes' if len(keys) == 1 else 'change'}: the images behind the "
                "same addresses come from elsewhere and count as new origin images; what is "
                "cached stays until it expires",
                "Check that every path in use exists there.",
            )


def _type_changed(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        change = source.type_change
        if change is not None and "webproxy" not in (change.old, change.new):
            yield Hit(
                source,
                f"changes from {code(change.old)} to {code(change.new)}: images count as new "
                "origin images",
                "Check that every path in use exists at the new origin.",
            )


def _webproxy(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        change = source.type_change
        if change is not None and "webproxy" in (change.old, change.new):
            path = "a full address, signed" if change.new == "webproxy" else "a path at the origin"
            yield Hit(
                source,
                f"changes from {code(change.old)} to {code(change.new)}: every URL in use breaks, "
                f"since what follows the domain is {path}; imgix advises against it",
                "Make a second source instead, and move your sites over.",
            )


def _rendering(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.action is Action.UPDATED and any(
            change.path.partition(".")[0] == PARAMETERS for change in source.changes
        ):
            yield Hit(
                source,
                "renders differently: only new renders are affected, and what is cached stays "
                "until it expires",
                "Purge what must change now.",
            )


def _advised(rule: str) -> Callable[[Stack], Iterator[Hit]]:
    """Return a rule that finds advice about a deployment that did not apply before."""

    def find(stack: Stack) -> Iterator[Hit]:
        for source in stack.sources:
            for advice in _new_advice(source, rule):
                yield Hit(source, _sentence(advice), advice.way_out)

    return find


def _advised_together(rule: str) -> Callable[[Stack], Iterator[Hit]]:
    """Return a rule that finds the same, with one finding per source."""

    def find(stack: Stack) -> Iterator[Hit]:
        for source in stack.sources:
            found = [_sentence(advice) for advice in _new_advice(source, rule)]
            if found:
                more = len(found) - _MOST_PARAMETERS
                rest = f"; and {more:,} more" if more > 0 else ""
                yield Hit(source, "; ".join(found[:_MOST_PARAMETERS]) + rest)

    return find


def _sentence(advice: Advice) -> str:
    return f"{code(advice.path)} {advice.message}"


def _new_advice(source: Source, rule: str) -> Iterator[Advice]:
    """Yield the advice that applies after the run and did not apply before."""
    found = [*advice_on(getter(served_then, source), code, rule)]
    known = [*advice_on(getter(served_now, source), code, rule)] if found else []
    return (advice for advice in found if advice not in known)


RULES = (
    Rule(
        "type-changed",
        Severity.WARNING,
        "A source changes its type; its images count as new origin images.",
        SETTINGS,
        _type_changed,
    ),
    Rule(
        "webproxy-changed",
        Severity.WARNING,
        "A source changes to or from a web proxy, which breaks every URL in use.",
        SETTINGS,
        _webproxy,
    ),
    Rule(
        "origin-changed",
        Severity.WARNING,
        "A bucket, prefix or base URL changes; its images count as new origin images.",
        SETTINGS,
        _origin_changed,
    ),
    Rule(
        HTTP_ORIGIN,
        Severity.WARNING,
        "Images are fetched from an origin over plain http.",
        SOURCES,
        _advised(HTTP_ORIGIN),
    ),
    Rule(
        LOOP,
        Severity.WARNING,
        "A fallback image, mark or blend points at the source's own domain.",
        SETTINGS,
        _advised(LOOP),
    ),
    Rule(
        APPEND_QS,
        Severity.WARNING,
        "Parameters would be passed on to a fallback image that is not declared.",
        SOURCES,
        _advised(APPEND_QS),
    ),
    Rule(
        PARAMETER_UNKNOWN,
        Severity.WARNING,
        "A name in default_params is not a documented rendering parameter.",
        RENDERING,
        _advised_together(PARAMETER_UNKNOWN),
    ),
    Rule(
        PARAMETER_VALUE,
        Severity.WARNING,
        "A value in default_params is not one that imgix documents for the parameter.",
        RENDERING,
        _advised_together(PARAMETER_VALUE),
    ),
    Rule(
        PARAMETER_RANGE,
        Severity.NOTE,
        "A value in default_params is outside the range that imgix suggests.",
        RENDERING,
        _advised_together(PARAMETER_RANGE),
    ),
    Rule(
        "rendering-changed",
        Severity.NOTE,
        "Rendering changes reach only new renders.",
        PURGING,
        _rendering,
    ),
)
