"""The three rate limits that imgix documents, each off unless set.

Requests are counted over a sliding second of real time; creates and updates over an hour of the
account's clock, so that a test can let an hour pass. Requests refused with 429 count only if the
limits say so. Not thread-safe: the caller holds the lock.
"""

from collections import deque

import attrs

from imgix_testing.server.replies import Problem, RefusedError


@attrs.frozen
class Limits:
    """The limits of an account; None is no limit."""

    requests_per_second: float | None = None
    creates_per_hour: int | None = None
    updates_per_hour: int | None = None
    counts_refused: bool = False
    """Whether a request that was refused for the rate counts towards it too."""
    retry_after: int | None = None
    """The seconds that an answer to too many requests a second asks to wait, if it does."""


class Window:
    """A sliding window over events."""

    def __init__(self, seconds: float) -> None:
        """Start empty."""
        self._seconds = seconds
        self._seen: deque[float] = deque()

    def count(self, now: float) -> int:
        """Return how many events are within the window."""
        while self._seen and self._seen[0] <= now - self._seconds:
            self._seen.popleft()
        return len(self._seen)

    def note(self, now: float) -> None:
        """Add an event now."""
        self._seen.append(now)


class Meters:
    """The windows of an account, measured against its limits."""

    def __init__(self, limits: Limits) -> None:
        """Start with empty windows."""
        self.limits = limits
        self._requests = Window(1.0)
        self._creates = Window(3600.0)
        self._updates = Window(3600.0)

    def take_request(self, now: float) -> None:
        """Count a request, or refuse it."""
        count = self._requests.count(now)
        if self.limits.counts_refused:
            self._requests.note(now)
        asked = self.limits.retry_after
        headers = {} if asked is None else {"Retry-After": str(asked)}
        _refuse_above(self.limits.requests_per_second, count, "requests", headers)
        if not self.limits.counts_refused:
            self._requests.note(now)

    def allow_create(self, now: float) -> None:
        """Refuse a create beyond the hourly limit."""
        _refuse_above(self.limits.creates_per_hour, self._creates.count(now), "source creates")

    def allow_update(self, now: float) -> None:
        """Refuse an update beyond the hourly limit."""
        _refuse_above(self.limits.updates_per_hour, self._updates.count(now), "source updates")

    def note_create(self, now: float) -> None:
        """Count a create."""
        self._creates.note(now)

    def note_update(self, now: float) -> None:
        """Count an update."""
        self._updates.note(now)


def _refuse_above(
    limit: float | None, count: int, what: str, headers: dict[str, str] | None = None
) -> None:
    if limit is not None and count + 1 > limit:
        problem = Problem("Too Many Requests", f"Rate limit exceeded: too many {what}.")
        raise RefusedError(429, problem, headers=headers)


def busiest_second(times: list[float]) -> int:
    """Return the highest number of these times within any one second."""
    most = first = 0
    ordered = sorted(times)
    for last, time in enumerate(ordered):
        while ordered[first] <= time - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most
