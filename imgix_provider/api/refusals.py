"""What it means that imgix refuses requests for there being too many: the rate, or a used-up hour.

imgix answers 429 for both. So each one makes the process send less often, since other runs may use
the account's rate too. As long as imgix takes some of its creates, or updates, that was the reason.
If it takes none for `HOUR_USED_UP_SECONDS`, the hourly quota is used up, and none is sent for a
while.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

from imgix_provider.api.limits import Limits
from imgix_provider.clock import Clock
from imgix_provider.errors import RateLimitedError

HOUR_USED_UP_SECONDS: Final = 20.0
_TRY_AGAIN_SECONDS: Final = 60.0
"""How long a used-up hour is taken for granted, before the next request finds out anew."""


def may_be_the_hour(method: str, error: RateLimitedError) -> bool:
    """Return whether a refusal can mean a used-up hour: of a change, with no time to wait for."""
    return method != "GET" and error.retry_after is None


class Refusals:
    """The refusals of all requests of a process, by method; safe to share between threads."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        """Start with none; `limits` are told of each."""
        self._limits = limits
        self._clock = clock
        self._lock = Lock()
        self._taken: dict[str, float] = {}
        self._refused_since: dict[str, float] = {}
        self._used_up: dict[str, tuple[float, RateLimitedError]] = {}

    def took(self, method: str) -> None:
        """Note that imgix carried out a request."""
        with self._lock:
            self._taken[method] = self._clock.now()
            self._refused_since.pop(method, None)
            self._used_up.pop(method, None)
        self._limits.accepted()

    def last_taken(self, method: str) -> float:
        """Return when imgix last carried out a request of this kind, minus infinity if never."""
        with self._lock:
            return self._taken.get(method, float("-inf"))

    def refuse(self, method: str, error: RateLimitedError, pause: float) -> None:
        """Note that imgix refused a request, which is to be sent again after a pause in seconds.

        What is known already is not noted again: such a request may not even have been sent.
        """
        if self.used_up(method) is not None:
            return
        self._limits.refused()
        with self._lock:
            now = self._clock.now()
            since = self._refused_since.setdefault(method, now)
            ends = may_be_the_hour(method, error) and now + pause >= since + HOUR_USED_UP_SECONDS
            if ends:
                self._used_up[method] = now, error
        if ends:
            self._limits.restore()  # it was not the rate

    def used_up(self, method: str) -> RateLimitedError | None:
        """Return what imgix said if the hour's requests of this kind were found to be used up."""
        with self._lock:
            found, error = self._used_up.get(method, (float("-inf"), None))
            return error if self._clock.now() < found + _TRY_AGAIN_SECONDS else None

    def require(self, method: str) -> None:
        """Raise if the hour's requests of this kind were found to be used up.

        Raises:
            RateLimitedError: What imgix said.
        """
        if error := self.used_up(method):
            raise error
