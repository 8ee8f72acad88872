"""Rules about where images come from, and what is rendered of them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from imgix_provider.deployments.parameters import WARNING, parameter_problems
from imgix_provider.review.compare import PARAMETERS
from imgix_provider.review.model import Action, Severity, Source, Special, Stack
from imgix_provider.review.rules.rule import (
    PURGING,
    RENDERING,
    SETTINGS,
    SOURCES,
    Hit,
    Rule,
)
from imgix_provider.review.served import hosts_then, served_now, served_then
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
_OVERLAYS: Final = ("mark", "m", "blend", "b")
_FALLBACKS: Final = ("image_error", "image_missing")
_MOST_PARAMETERS: Final = 5
"""Parameters of one source that one finding names."""
_ADDRESSES: Final = ("webfolder_base_url", "endpoint_url")


def _origin_changed(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.type_change is not None:
            continue
        keys = [change.path for change in source.changes if change.path in _ORIGIN]
        if keys:
            yield Hit(
                source,
                f"{codes(keys)} {'changes' if len(keys) == 1 else 'change'}: the images behind the "
                "same addresses come from elsewhere and count anew as origin images; what is "
                "cached stays until it expires",
                "Check that every path in use exists there.",
            )


def _type_changed(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        change = source.type_change
        if change is not None and "webproxy" not in (change.old, change.new):
            yield Hit(
                source,
                f"changes from {code(change.old)} to {code(change.new)}: images count anew as "
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


def _http_origin(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        for key in _ADDRESSES:
            if _is_http(served_then(source, key)) and not _is_http(served_now(source, key)):
                yield Hit(
                    source,
                    f"{code(key)} is plain http: images, and any password, travel unencrypted",
                    "Use https, if the origin has it.",
                )


def _is_http(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower().startswith("http://")


def _loop(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        own = hosts_then(source)
        before = dict(_links(source, served_now))
        for place, url in _links(source, served_then):
            if _host(url) in own and before.get(place) != url:
                yield Hit(
                    source,
                    f"{code(place)} points at {code(_host(url))}, which is this source itself: a "
                    "loop, which imgix answers with 400",
                    "Point it at another source, or at the image's own address.",
                )


def _links(source: Source, served: Any) -> Iterator[tuple[str, str]]:
    """Yield the addresses that imgix fetches beside the image that was asked for."""
    for key in _FALLBACKS:
        value = served(source, key)
        if isinstance(value, str):
            yield key, value
    parameters = served(source, PARAMETERS)
    if isinstance(parameters, Mapping):
        for name, value in sorted(parameters.items()):
            lower = name.lower()
            if not isinstance(value, str):
                continue
            if lower in _OVERLAYS:
                yield f"{PARAMETERS}.{name}", value
            elif lower.removesuffix("64") in _OVERLAYS:
                yield f"{PARAMETERS}.{name}", _decoded(value)


def _decoded(text: str) -> str:
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.urlsafe_b64decode(padded).decode()
    except (binascii.Error, ValueError):
        return ""


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "").lower()
    except ValueError:
        return ""


def _without_url(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        for key in _FALLBACKS:
            switch = f"{key}_append_qs"
            if _is_idle(source, served_then, key) and not _is_idle(source, served_now, key):
                yield Hit(
                    source,
                    f"{code(switch)} is on, and there is no {code(key)}: it does nothing",
                    f"Declare {code(key)}, or leave it out.",
                )


def _is_idle(source: Source, served: Any, key: str) -> bool:
    empty = served(source, key) in (None, "", Special.ABSENT)
    return served(source, f"{key}_append_qs") is True and empty


def _rendering(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.action is Action.UPDATED and any(
            change.path.partition(".")[0] == PARAMETERS for change in source.changes
        ):
            yield Hit(
                source,
                "renders differently: only new renders do so, and what is cached stays until it "
                "expires",
                "Purge what must change now.",
            )


def _parameters(severity: str, unknown: bool | None) -> Any:
    def find(stack: Stack) -> Iterator[Hit]:
        for source in stack.sources:
            if source.after is None or source.action is Action.READ:
                continue
            value = source.after.declared.get(PARAMETERS)
            before = source.now.declared.get(PARAMETERS) if source.now else None
            if not isinstance(value, Mapping):
                continue
            known = before if isinstance(before, Mapping) else {}
            fresh = {name: item for name, item in value.items() if known.get(name) != item}
            problems = [
                f"{code(found.path.removeprefix('deployment.'))} {found.message}"
                for found in parameter_problems(fresh)
                if found.severity == severity
                and unknown in (None, found.message.startswith("is not a documented"))
            ]
            if problems:
                more = len(problems) - _MOST_PARAMETERS
                rest = f"; and {more:,} more" if more > 0 else ""
                yield Hit(source, "; ".join(problems[:_MOST_PARAMETERS]) + rest)

    return find


RULES = (
    Rule(
        "type-changed",
        Severity.WARNING,
        "A source changes its type; its images count anew as origin images.",
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
        "A bucket, prefix or base URL changes; its images count anew as origin images.",
        SETTINGS,
        _origin_changed,
    ),
    Rule(
        "http-origin",
        Severity.WARNING,
        "An origin is asked over plain http.",
        SOURCES,
        _http_origin,
    ),
    Rule(
        "loop",
        Severity.WARNING,
        "A fallback image, mark or blend points at the source's own domain.",
        SETTINGS,
        _loop,
    ),
    Rule(
        "append-qs-without-url",
        Severity.WARNING,
        "Parameters are to be passed on to a fallback image that is not declared.",
        SOURCES,
        _without_url,
    ),
    Rule(
        "parameter-unknown",
        Severity.WARNING,
        "A name in default_params is no rendering parameter that imgix documents.",
        RENDERING,
        _parameters(WARNING, unknown=True),
    ),
    Rule(
        "parameter-value",
        Severity.WARNING,
        "A value in default_params is not one that imgix documents for the parameter.",
        RENDERING,
        _parameters(WARNING, unknown=False),
    ),
    Rule(
        "parameter-range",
        Severity.NOTE,
        "A value in default_params lies outside of the range that imgix suggests.",
        RENDERING,
        _parameters("note", unknown=None),
    ),
    Rule(
        "rendering-changed",
        Severity.NOTE,
        "Rendering changes reach only new renders.",
        PURGING,
        _rendering,
    ),
)
