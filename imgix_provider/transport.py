"""One request to imgix and its answer: session, retries, limits, deadlines.

What is tried again, within `Settings.timeout` seconds in all, with exponential backoff and full
jitter, or as long as a `Retry-After` asks:

| what happened                                   | reading, updating | creating          |
|-------------------------------------------------|-------------------|-------------------|
| 429                                             | again             | again             |
| no connection could be made                     | again             | again             |
| 5xx, broken connection, time-out                | again             | `LostAnswerError` |
| 2xx with an unreadable body                     | reading: again    | `LostAnswerError` |
| 4xx titled `aws_access_key` (a new key settles) | again, up to 30 s | again, up to 30 s |
| any other 4xx, a redirect                       | raised at once    | raised at once    |

An update whose body was unreadable was done; it is raised at once, for its caller to look.
A redirect is never followed: it could take the key elsewhere. Proxies and CA bundles come from the
environment, as `requests` documents.
"""

from __future__ import annotations

import json
import platform
import random
import time
from collections.abc import Callable, Collection, Mapping
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception
from urllib3.exceptions import NewConnectionError

from imgix_provider.errors import (
    AccessDeniedError,
    ApiError,
    ConfigurationError,
    ImgixError,
    LostAnswerError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    redact,
)
from imgix_provider.limits import Limits
from imgix_provider.notices import Notify, silently
from imgix_provider.settings import Settings
from imgix_provider.wire import UnreadableDocumentError, read_refusal

MEDIA_TYPE: Final = "application/vnd.api+json"
NEW_KEY_SECONDS: Final = 30.0
"""How long a refusal of S3 credentials is tried again: AWS takes seconds to know a new key."""
CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0
_PAUSE_WORTH_TELLING: Final = 3.0

Answer = TypeVar("Answer")


class UnreadableReplyError(UnavailableError):
    """imgix answered 2xx, so what was asked is done, but the body could not be read."""


class Transport:
    """Sends requests to the Management API; safe to share between threads."""

    def __init__(self, settings: Settings, limits: Limits, notify: Notify = silently) -> None:
        """Open a session; nothing is sent yet."""
        self._settings = settings
        self._limits = limits
        self._notify = notify
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=16)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers.update({"Accept": MEDIA_TYPE, "User-Agent": user_agent()})

    def send(
        self,
        method: str,
        path: str,
        read: Callable[[Mapping[str, Any]], Answer],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: Collection[str] = (),
        within: float | None = None,
    ) -> Answer:
        """Send one request, again where that is safe, and return what its answer holds.

        Args:
            method: GET, POST or PATCH; a POST whose answer is lost is not repeated.
            path: The path below the API's address, such as `sources`.
            read: Takes from the answer's document what is asked for; its
                `UnreadableDocumentError` makes the answer an unreadable one.
            query: Query parameters.
            body: The JSON document to send.
            secrets: Values that no message may hold.
            within: Seconds for all tries; `Settings.timeout` unless given, and never more.

        Raises:
            ConfigurationError: There is no key, or the server's certificate is not trusted.
            ApiError: imgix answered with an error; its subclass says which kind.
            UnavailableError: No usable answer came in time.
            LostAnswerError: A POST may or may not have been done.
        """
        key = self._settings.require_key()
        limit = min(within or self._settings.timeout, self._settings.timeout)
        deadline = time.monotonic() + limit
        hidden = [key, *secrets]

        def attempt() -> Answer:
            self._limits.wait_for_request(self._notify)
            document = self._send_once(method, path, query, body, key, hidden, deadline)
            try:
                return read(document)
            except UnreadableDocumentError as error:
                raise UnreadableReplyError(f"imgix sent a damaged answer: {error}") from None

        try:
            return Retrying(
                retry=retry_if_exception(lambda error: _is_worth_repeating(error, method)),
                wait=_pause,
                stop=lambda state: _is_too_late(state, limit),
                before_sleep=lambda state: self._tell(state, method, limit),
                reraise=True,
            )(attempt)
        except UnavailableError as error:
            if method == "POST" and error.sent:
                raise LostAnswerError(error.problem, error.advice) from None
            raise

    def _send_once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        key: str,
        hidden: Collection[str],
        deadline: float,
    ) -> Mapping[str, Any]:
        try:
            response = self._session.request(
                method,
                f"{self._settings.api_url}/{path}",
                params=query,
                data=None if body is None else json.dumps(body).encode(),
                headers={} if body is None else {"Content-Type": MEDIA_TYPE},
                auth=_Bearer(key),
                timeout=(CONNECT_SECONDS, _clamp(deadline - time.monotonic(), READ_SECONDS)),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _without_answer(error, self._settings.api_url) from None
        except OSError:  # what requests raises, bare, for a bundle that is not there
            raise ConfigurationError(
                "the bundle of trusted certificates cannot be read",
                "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
            ) from None
        return _document_of(response, hidden)

    def _tell(self, state: RetryCallState, method: str, limit: float) -> None:
        error = state.outcome.exception() if state.outcome else None
        waited = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        if isinstance(error, ImgixError) and waited >= _PAUSE_WORTH_TELLING:
            self._notify(
                f"{error.problem}; trying again in {state.upcoming_sleep:.0f} s "
                f"(for up to {limit:.0f} s in all)"
            )


class _Bearer(requests.auth.AuthBase):
    """Sets the key on one request. An auth object also keeps a .netrc from replacing it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def user_agent() -> str:
    """Return what requests say of who sends them."""
    try:
        own = version("imgix-provider")
    except PackageNotFoundError:  # run from a checkout that is not installed
        own = "source"
    return (
        f"pulumi-imgix-provider/{own} python/{platform.python_version()} "
        f"requests/{requests.__version__}"
    )


def _document_of(response: requests.Response, hidden: Collection[str]) -> Mapping[str, Any]:
    """Return the answer's document, or raise what its status means."""
    try:
        document = response.json()
    except (ValueError, RecursionError):
        document = None
    if 200 <= response.status_code < 300:
        if isinstance(document, dict):
            return document
        kind = response.headers.get("Content-Type", "no type").split(";")[0]
        raise UnreadableReplyError(
            f"imgix answered {response.status_code} with something that cannot be read "
            f"({len(response.content)} bytes of {redact(kind, hidden)})",
            "If this goes on, check imgix:apiUrl and any proxy in between.",
        )
    raise _refusal(response, document, hidden)


def _refusal(
    response: requests.Response, document: Any, hidden: Collection[str]
) -> ApiError | UnavailableError:
    """Return the error that an answer other than 2xx means."""
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
        return AccessDeniedError(
            problem,
            "Check that imgix:apiKey (or IMGIX_API_KEY) holds a key of this account with the "
            "Sources permission.",
            **facts,
        )
    if status == 404:
        return NotFoundError(problem, **facts)
    if status == 429:
        return RateLimitedError(
            problem,
            "If it goes on, the account's hourly limit of creates or updates is used up: run "
            "again within the hour.",
            **facts,
        )
    if 300 <= status < 400:
        where = redact(_host_of(response.headers.get("Location", "")), hidden)
        detail = f"it answered {status}, a redirect to {where}, which is not followed"
        facts["detail"] = detail
        return RefusedError(detail, "Check imgix:apiUrl.", **facts)
    if 400 <= status < 500 and status != 408:
        return RefusedError(problem, **facts)
    return UnavailableError(problem, "Try again in a while.", retry_after=facts["retry_after"])


def _host_of(location: str) -> str:
    try:
        return urlsplit(location).hostname or "another address"
    except ValueError:
        return "another address"


def _without_answer(error: requests.RequestException, api_url: str) -> ImgixError:
    """Return what a failed request means, in words of our own: requests' may hold credentials."""
    host = urlsplit(api_url).netloc
    advice = "Check the network and imgix:apiUrl, then run again."
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE" in str(error).upper():
            return ConfigurationError(
                f"the certificate of {host} is not trusted",
                "Set REQUESTS_CA_BUNDLE to the bundle of your certificate authority.",
            )
        return UnavailableError(f"the secure connection to {host} broke", advice)
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return ConfigurationError(f"{host} cannot be used as imgix:apiUrl", "Check its spelling.")
    if isinstance(error, requests.exceptions.ProxyError):
        # urllib3 says so only while no connection through the proxy stands: nothing was sent.
        return UnavailableError(
            f"no connection to {host} could be made through the proxy",
            "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY, then run again.",
            sent=False,
        )
    if isinstance(error, requests.exceptions.ConnectTimeout) or _was_never_connected(error):
        return UnavailableError(f"no connection to {host} could be made", advice, sent=False)
    if isinstance(error, requests.exceptions.Timeout):
        return UnavailableError(f"{host} did not answer in time", advice)
    return UnavailableError(f"the connection to {host} broke before the answer was there", advice)


def _was_never_connected(error: requests.RequestException) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _is_worth_repeating(error: BaseException, method: str) -> bool:
    if isinstance(error, RefusedError):
        return error.title == "aws_access_key"
    if isinstance(error, UnreadableReplyError):
        return method == "GET"
    if isinstance(error, UnavailableError):
        return method != "POST" or not error.sent
    return isinstance(error, RateLimitedError)


def _pause(state: RetryCallState) -> float:
    """Return the seconds until the next try: what imgix asks for, else a growing random pause."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**state.attempt_number)
    return random.uniform(0, longest)


def _is_too_late(state: RetryCallState, limit: float) -> bool:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RefusedError):
        limit = min(limit, NEW_KEY_SECONDS)
    return (state.seconds_since_start or 0.0) + state.upcoming_sleep >= limit


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that a `Retry-After` asks to wait, given as seconds or as a date."""
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(0.0, float(text)) if float(text) < float("inf") else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _clamp(seconds: float, longest: float) -> float:
    return min(longest, max(1.0, seconds))
