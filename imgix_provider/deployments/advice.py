"""What is allowed in a deployment but is likely to be a mistake.

Two places use it: the check of a declared source, which warns, and the review of a preview, which
has a rule for each. Both report only what is new.

Documented on https://docs.imgix.com/apis/management/sources and
https://docs.imgix.com/getting-started/setup/creating-sources/advanced-settings.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

Get = Callable[[str], Any]
"""Returns the value of a field: None if it is unset, `UNSEEN` if it is not known."""

Mark = Callable[[str], str]
"""Makes a name or a value in a text stand out."""


class Unseen(Enum):
    """The type of `UNSEEN`."""

    UNSEEN = "unseen"


UNSEEN: Final = Unseen.UNSEEN
"""Stands for a value that is not known yet, or that must not be shown."""

HTTP_ORIGIN: Final = "http-origin"
LOOP: Final = "loop"
APPEND_QS: Final = "append-qs-without-url"
PARAMETER_UNKNOWN: Final = "parameter-unknown"
PARAMETER_VALUE: Final = "parameter-value"
PARAMETER_RANGE: Final = "parameter-range"
NOTES: Final = frozenset({PARAMETER_RANGE})
"""The rules that are not warnings."""

_ADDRESSES: Final = ("webfolder_base_url", "endpoint_url")
_FALLBACKS: Final = ("image_error", "image_missing")
_PARAMETERS: Final = "default_params"
_OVERLAYS: Final = frozenset({"mark", "m", "blend", "b"})


@attrs.frozen
class Advice:
    """One thing about a deployment that is likely to be a mistake."""

    rule: str
    path: str
    """Its path in the deployment, such as `default_params.q`."""
    message: str
    """One clause that goes after the path."""
    way_out: str = ""
    """What to do, in one sentence; empty if the message says it."""
    value: Any = attrs.field(default=None, repr=False)
    """The value, if another value would be a different mistake; never shown."""


def advice_on(get: Get, mark: Mark = str, rule: str | None = None) -> Iterator[Advice]:
    """Yield what is likely to be a mistake in a deployment.

    Args:
        get: Returns the values, by imgix's names of the fields.
        mark: Makes names and values in the texts stand out.
        rule: The rule to check; None for all.
    """
    for rules, find in _FINDERS:
        if rule is None or rule in rules:
            for advice in find(get, mark):
                if rule in (None, advice.rule):
                    yield advice


def hosts_in(names: Any, suffix: str = "") -> list[str]:
    """Return the hosts in a list of domains; none if it is not a list."""
    if not isinstance(names, (list, tuple)):
        return []
    return [f"{name.lower()}{suffix}" for name in names if isinstance(name, str) and name]


def hosts_of(get: Get) -> frozenset[str]:
    """Return the hosts that a deployment serves: imgix's subdomains and custom domains."""
    subdomains = hosts_in(get("imgix_subdomains"), ".imgix.net")
    return frozenset((*subdomains, *hosts_in(get("custom_domains"))))


def _plain_http(get: Get, _mark: Mark) -> Iterator[Advice]:
    for key in _ADDRESSES:
        value = get(key)
        if isinstance(value, str) and value.strip().lower().startswith("http://"):
            yield Advice(
                HTTP_ORIGIN,
                key,
                "is plain http: images, and any password, travel unencrypted",
                "Use https, if the origin has it.",
            )


def _loops(get: Get, mark: Mark) -> Iterator[Advice]:
    links = [(path, url, host) for path, url in _links(get) if (host := _host(url))]
    own = hosts_of(get) if links else frozenset()
    for path, url, host in links:
        if host in own:
            yield Advice(
                LOOP,
                path,
                f"points at {mark(host)}, which is this source itself: a loop, which imgix "
                "answers with 400",
                "Point it at another source, or at the image's own address.",
                url,
            )


def _links(get: Get) -> Iterator[tuple[str, str]]:
    """Yield the addresses that imgix fetches in addition to the requested image."""
    for key in _FALLBACKS:
        value = get(key)
        if isinstance(value, str):
            yield key, value
    parameters = get(_PARAMETERS)
    if isinstance(parameters, Mapping):
        for name, value in sorted(parameters.items()):
            lower = name.lower()
            if not isinstance(value, str):
                continue
            if lower in _OVERLAYS:
                yield f"{_PARAMETERS}.{name}", value
            elif lower.removesuffix("64") in _OVERLAYS:
                yield f"{_PARAMETERS}.{name}", _decoded(value)


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


def _idle_switches(get: Get, mark: Mark) -> Iterator[Advice]:
    for key in _FALLBACKS:
        switch = f"{key}_append_qs"
        if get(switch) is True and get(key) in (None, ""):
            yield Advice(
                APPEND_QS,
                switch,
                "is on, but there is no such image: it has no effect",
                f"Declare {mark(key)}, or leave it out.",
            )


def _parameters(get: Get, _mark: Mark) -> Iterator[Advice]:
    parameters = get(_PARAMETERS)
    if not isinstance(parameters, Mapping):
        return
    # The documented parameters take a while to load, and few sources have any.
    from imgix_provider.deployments.parameters import WARNING, parameter_problems

    for found in parameter_problems(parameters):
        if found.severity != WARNING:
            rule = PARAMETER_RANGE
        elif found.message.startswith("is not a documented"):
            rule = PARAMETER_UNKNOWN
        else:
            rule = PARAMETER_VALUE
        path = found.path.removeprefix("deployment.")
        value = parameters.get(path.partition(".")[2])
        yield Advice(rule, path, found.message, value=value)


_FINDERS: Final = (
    ((HTTP_ORIGIN,), _plain_http),
    ((LOOP,), _loops),
    ((APPEND_QS,), _idle_switches),
    ((PARAMETER_UNKNOWN, PARAMETER_VALUE, PARAMETER_RANGE), _parameters),
)
"""The functions that find advice, each with the rules that it checks."""
