"""Sends one request to imgix: session, retries, limits, deadlines.

Retries go on for up to `Settings.timeout` seconds after the first try, with exponential backoff and
full jitter, or as `Retry-After` asks:

| what happened                                   | reading, updating | creating          |
|-------------------------------------------------|-------------------|-------------------|
| 429                                             | retry             | retry             |
| cannot connect                                  | retry             | retry             |
| 5xx, broken connection, time-out                | retry             | `LostAnswerError` |
| 2xx with an unreadable body                     | reading: retry    | `LostAnswerError` |
| 4xx titled `aws_access_key` (the key is new)    | retry, up to 30 s | retry, up to 30 s |
| any other 4xx, a redirect                       | raised at once    | raised at once    |

An update with an unreadable answer was most likely carried out, so it is raised at once and the
caller reads the source. As long as imgix takes some of a process's requests, those that it refuses
for there being too many are retried; see `refusals`. Redirects are never followed: they could take
the key elsewhere. Proxies and CA bundles come from the environment, as `requests` documents.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception

from imgix_provider.api.agent import user_agent
from imgix_provider.api.limits import Limits
from imgix_provider.api.refusals import HOUR_USED_UP_SECONDS, Refusals, may_be_the_hour
from imgix_provider.api.responses import document_of, without_answer
from imgix_provider.clock import Clock
from imgix_provider.errors import (
    ConfigurationError,
    ImgixError,
    LostAnswerError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnreadableDocumentError,
    UnreadableReplyError,
)
from imgix_provider.messages import Notice, Notify, Severity, to_nobody
from imgix_provider.settings import Settings

MEDIA_TYPE: Final = "application/vnd.api+json"
NEW_KEY_SECONDS: Final = 30.0
"""How long to retry after a refusal of S3 credentials: a new key takes AWS some seconds."""
CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 15.0
_WORTH_TELLING: Final = 3.0
_TELL_AGAIN: Final = 15.0
"""A retry is reported once a request waits for seconds, and then only this much later again."""
_CONNECTIONS: Final = 64
"""Connections kept open: one for each thread that may send."""

Answer = TypeVar("Answer")


class Transport:
    """Sends requests to the Management API; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        *,
        notify: Notify = to_nobody,
        clock: Clock | None = None,
        before_change: Callable[[], None] | None = None,
    ) -> None:
        """Open a session; nothing is sent yet.

        Args:
            settings: The key, the address and the time-out.
            limits: Room for requests.
            notify: Called before a retry that makes the wait long.
            clock: Pauses between retries. Once it is cancelled, nothing more is sent.
            before_change: Called before each request that changes something; may raise.
        """
        self._settings = settings
        self._limits = limits
        self._notify = notify
        self._clock = clock or Clock()
        self._before_change = before_change
        self._refusals = Refusals(limits, self._clock)
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=_CONNECTIONS)
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
        quiet: bool = False,
    ) -> Answer:
        """Send one request, retry it if that is safe, and return what its answer holds.

        Args:
            method: GET, POST or PATCH; a POST whose answer is lost is not repeated.
            path: The path below the API's address, such as `sources`.
            read: Takes the result from the answer's document; if it raises
                `UnreadableDocumentError`, the answer counts as unreadable.
            query: Query parameters.
            body: The JSON document to send.
            secrets: Values that no message may hold.
            within: Seconds for all tries; default and maximum `Settings.timeout`.
            quiet: Whether to retry without notices.

        Raises:
            ConfigurationError: There is no key, or the server's certificate is not trusted.
            ApiError: imgix answered with an error; its subclass says which kind.
            UnavailableError: No usable answer came in time.
            LostAnswerError: A POST may or may not have been carried out.
            CancelledError: The run was cancelled.
        """
        key = self._settings.require_key()
        limit = min(within or self._settings.timeout, self._settings.timeout)
        hidden = [key, *secrets]
        tries = _Tries()

        def attempt() -> Answer:
            self._refusals.require(method)
            self._limits.wait_for_request(writes=method != "GET", notify=self._notify)
            self._refusals.require(method)
            self._clock.require_not_cancelled()
            if method != "GET" and self._before_change is not None:
                self._before_change()
            tries.begin(self._clock.now())
            document = self._send_once(method, path, query, body, key, hidden, tries.since + limit)
            self._refusals.took(method)
            try:
                return read(document)
            except UnreadableDocumentError as error:
                raise UnreadableReplyError(f"imgix sent an incomplete answer: {error}") from None

        def tell_retry(state: RetryCallState) -> None:
            until = self._clock.now() + state.upcoming_sleep
            if tries.is_worth_telling(until):
                self._tell_retry(state, limit, method)

        def is_too_late(state: RetryCallState) -> bool:
            error = _error_of(state)
            if isinstance(error, RateLimitedError):
                self._refusals.refuse(method, error, state.upcoming_sleep)
                tries.since = max(tries.since, self._refusals.last_taken(method))
                if self._refusals.used_up(method):
                    return True
            longest = min(limit, NEW_KEY_SECONDS) if isinstance(error, RefusedError) else limit
            return self._clock.now() - tries.since + state.upcoming_sleep >= longest

        try:
            return Retrying(
                retry=retry_if_exception(lambda error: _is_worth_repeating(error, method)),
                wait=_pause,
                stop=is_too_late,
                sleep=self._clock.pause,
                before_sleep=None if quiet else tell_retry,
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
        sent = self._clock.now()
        left = deadline - sent
        try:
            response = self._session.request(
                method,
                f"{self._settings.api_url}/{path}",
                params=query,
                data=None if body is None else json.dumps(body).encode(),
                headers={} if body is None else {"Content-Type": MEDIA_TYPE},
                auth=_Bearer(key),
                timeout=(_clamp(left, CONNECT_SECONDS), _clamp(left, READ_SECONDS)),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise without_answer(error, self._settings) from None
        except OSError:  # requests raises this itself if the bundle is missing
            raise ConfigurationError(
                "the bundle of trusted certificates cannot be read",
                "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.",
            ) from None
        self._limits.observe(self._clock.now() - sent)
        return document_of(response, hidden, self._settings)

    def _tell_retry(self, state: RetryCallState, limit: float, method: str) -> None:
        error = _error_of(state)
        if isinstance(error, ImgixError):
            until = f"up to {limit:.0f} s in all"
            if isinstance(error, RefusedError):
                until = f"up to {min(limit, NEW_KEY_SECONDS):.0f} s in all"
            elif isinstance(error, RateLimitedError):
                hourly = may_be_the_hour(method, error)
                longest = min(limit, HOUR_USED_UP_SECONDS) if hourly else limit
                until = f"up to {longest:.0f} s without a success"
            self._notify(
                Notice(
                    Severity.PROGRESS,
                    f"{error.problem}; retrying in {max(1.0, state.upcoming_sleep):.0f} s "
                    f"(for {until})",
                )
            )


class _Tries:
    """Since when a request has been tried, and until when that is told."""

    def __init__(self) -> None:
        self.since = 0.0
        """The first try; after a refusal for too many requests, the last request that was taken."""
        self._worth_telling: float | None = None

    def begin(self, now: float) -> None:
        """Note a try; before the first one, the request waited for its turn."""
        if self._worth_telling is None:
            self.since = now
            self._worth_telling = now + _WORTH_TELLING

    def is_worth_telling(self, until: float) -> bool:
        """Return whether to tell of a wait until then."""
        if self._worth_telling is not None and until < self._worth_telling:
            return False
        self._worth_telling = until + _TELL_AGAIN
        return True


class _Bearer(requests.auth.AuthBase):
    """Sets the key on one request. As an auth object it also takes precedence over a .netrc."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


def _is_worth_repeating(error: BaseException, method: str) -> bool:
    if isinstance(error, RefusedError):
        return error.title == "aws_access_key"
    if isinstance(error, UnreadableReplyError):
        return method == "GET"
    if isinstance(error, UnavailableError):
        return method != "POST" or not error.sent
    return isinstance(error, RateLimitedError)


def _error_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _pause(state: RetryCallState) -> float:
    """Return the seconds until the next try: as imgix asks, else a growing random pause."""
    error = _error_of(state)
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**state.attempt_number)
    return random.uniform(0, longest)


def _clamp(seconds: float, longest: float) -> float:
    return min(longest, max(1.0, seconds))
