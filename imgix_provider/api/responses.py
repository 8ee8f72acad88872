"""Turns imgix's answer to one request, or the lack of one, into a document or an error.

`transport` decides which errors to retry. The messages are our own, since those of `requests` may
hold credentials. Whatever they quote passes through `redact`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from imgix_provider.api.jsonapi import read_refusal
from imgix_provider.errors import (
    AccessDeniedError,
    ApiError,
    ConfigurationError,
    ImgixError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnreadableReplyError,
)
from imgix_provider.messages import redact
from imgix_provider.settings import API_URL, Settings

_CHANGED_KEY: Final = (
    " If imgix:apiKey was just changed, run `pulumi up` without --refresh, or add --run-program: "
    "refresh and destroy use the key of the last run, which Pulumi keeps in the state."
)

_NESTED: Final = re.compile(rb"(?:[\[{]\s*){100}")
"""More brackets in a row than any answer has. Reading them would use up the stack, and whatever is
cleaned up meanwhile would fail with a traceback."""


def document_of(
    response: requests.Response, hidden: Collection[str], settings: Settings
) -> Mapping[str, Any]:
    """Return the answer's document, or raise the error that its status means.

    Args:
        response: The answer.
        hidden: Values that no message may hold.
        settings: Where the request was sent, and which setting says so.
    """
    try:
        document = None if _NESTED.search(response.content) else response.json()
    except (ValueError, RecursionError):
        document = None
    if 200 <= response.status_code < 300:
        if isinstance(document, dict):
            return document
        kind = response.headers.get("Content-Type", "no type").split(";")[0]
        raise UnreadableReplyError(
            f"imgix answered {response.status_code} with something that cannot be read "
            f"({len(response.content)} bytes of {redact(kind, hidden)})",
            f"If this goes on, check {settings.api_url_setting} and any proxy in between.",
        )
    raise _refusal(response, document, hidden, settings.api_url_setting)


def _refusal(
    response: requests.Response, document: Any, hidden: Collection[str], address: str
) -> ApiError | UnavailableError:
    """Return the error for an answer other than 2xx; `address` is the setting to check."""
    status = response.status_code
    refusal = read_refusal(document)
    detail = redact(refusal.detail or response.reason or "no reason given", hidden)
    problem = f"imgix answered {status}: {detail}"
    facts: dict[str, Any] = {
        "status": status,
        "title": refusal.title,
        "detail": detail,
        "retry_after": _retry_after(response),
    }
    if status in (401, 403):
        advice = (
            "Check that imgix:apiKey (or IMGIX_API_KEY) holds a key of this account with the "
            "Sources permission."
        )
        return AccessDeniedError(problem, advice + (_CHANGED_KEY if status == 401 else ""), **facts)
    if status == 404 and _is_of_all(response):
        # Every account has a list of sources, so this is not the API.
        return RefusedError(problem, f"Check {address}; the default is {API_URL}.", **facts)
    if status == 404:
        return NotFoundError(problem, **facts)
    if status == 429:
        return RateLimitedError(problem, _advice_on_limits(response), **facts)
    if 300 <= status < 400:
        where = redact(_host_of(response.headers.get("Location", "")), hidden)
        detail = f"it answered {status}, a redirect to {where}, which is not followed"
        facts["detail"] = detail
        return RefusedError(detail, f"Check {address}.", **facts)
    if 400 <= status < 500 and status != 408:
        return RefusedError(problem, **facts)
    return UnavailableError(problem, "Try again in a while.", retry_after=facts["retry_after"])


def _advice_on_limits(response: requests.Response) -> str:
    if response.request.method == "GET":
        return "Other runs use the account's requests per second: run again when they have ended."
    return (
        "If it goes on, the account's hourly limit of creates or updates is used up: wait up to an "
        "hour and run again."
    )


def _is_of_all(response: requests.Response) -> bool:
    return urlsplit(response.url or "").path.endswith("/sources")


def _host_of(location: str) -> str:
    try:
        return urlsplit(location).hostname or "another address"
    except ValueError:
        return "another address"


def without_answer(error: requests.RequestException, settings: Settings) -> ImgixError:
    """Return the error for a request that got no answer."""
    host = urlsplit(settings.api_url).netloc
    advice = f"Check the network and {settings.api_url_setting}, then run again."
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE" in str(error).upper():
            return ConfigurationError(
                f"the certificate of {host} is not trusted",
                "Set REQUESTS_CA_BUNDLE to the bundle of your certificate authority.",
            )
        return UnavailableError(f"the secure connection to {host} broke", advice)
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        if requests.utils.get_environ_proxies(settings.api_url):
            return ConfigurationError(
                f"the proxy to {host} cannot be used",
                "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; a SOCKS proxy also needs "
                "`pip install 'requests[socks]'`.",
            )
        problem = f"{host} cannot be used as {settings.api_url_setting}"
        return ConfigurationError(problem, "Check its spelling.")
    if isinstance(error, requests.exceptions.ProxyError):
        # urllib3 raises this only before a connection through the proxy exists: nothing was sent.
        return UnavailableError(
            f"no connection to {host} could be made through the proxy",
            "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY, then run again.",
            sent=False,
        )
    if isinstance(error, requests.exceptions.ConnectTimeout) or _was_never_connected(error):
        return UnavailableError(f"no connection to {host} could be made", advice, sent=False)
    if isinstance(error, requests.exceptions.Timeout):
        return UnavailableError(f"{host} did not answer in time", advice)
    return UnavailableError(f"the connection to {host} broke before an answer came", advice)


def _was_never_connected(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that `Retry-After` asks to wait; it may hold seconds or a date."""
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(0.0, float(text)) if float(text) < float("inf") else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
