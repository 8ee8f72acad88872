"""Keeps imgix's limits: requests per second, creates and updates per hour.

All threads of a process share one `Limits`. Requests may burst up to the limit; after that each
waits until the oldest leaves the window. Where imgix refuses requests all the same, other runs use
the account too: then this one takes a share of the rate, and sends evenly. Creates and updates go
before reads, since most reads are polls. Nothing waits for an hourly limit: it is an error that
says when to run again.

Documented on https://docs.imgix.com/apis/management/overview.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final

from imgix_provider.clock import Clock
from imgix_provider.errors import RateLimitedError
from imgix_provider.messages import Notice, Notify, Severity, to_nobody
from imgix_provider.settings import Settings

if TYPE_CHECKING:
    from pyrate_limiter import InMemoryBucket, Rate, RateItem
    from tenacity import RetryCallState

_HOUR_MS: Final = 3_600_000
_MOST_SLACK_MS: Final = 120.0
_LEAST_SLACK_MS: Final = 15.0
"""The window is a little longer than a second, since requests take different times to arrive: the
first opens a connection, later ones find it open. The slack is the observed difference, or at first
the most."""
_TRAVELS: Final = 24
"""The number of recent requests to observe for that."""
_SLOWER: Final = 0.7
_FASTER: Final = 0.03
_SLOWEST: Final = 1 / 8
"""What a run's share of the rate is multiplied by when imgix refuses a request, once a second at
most; what is added to it with each request that imgix takes; and the least share."""
_WAIT_WORTH_TELLING: Final = 3.0
_NEXT_LOOK: Final = 0.05
"""How long a read waits before it checks again whether a create or update goes first."""


class Quota(Enum):
    """What imgix counts by the hour."""

    CREATES = "creates"
    UPDATES = "updates"


class Limits:
    """The rate and the quotas that all threads of a process share."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Start with nothing used of what `settings` allow."""
        self._clock = clock or Clock()
        self._burst = max(1, int(settings.requests_per_second))
        self._window = self._burst / settings.requests_per_second * 1000
        self._travels: deque[float] = deque(maxlen=_TRAVELS)
        self._slack = _MOST_SLACK_MS
        self._share = 1.0
        self._slowed_at = float("-inf")
        self._hourly = {
            Quota.CREATES: settings.creates_per_hour,
            Quota.UPDATES: settings.updates_per_hour,
        }
        self._begun: dict[Quota, int] = dict.fromkeys(Quota, 0)
        self._done: dict[Quota, int] = dict.fromkeys(Quota, 0)
        self._elsewhere: dict[Quota, int] = dict.fromkeys(Quota, 0)
        self._planned: dict[Quota, set[str]] = {quota: set() for quota in Quota}
        self._writes_waiting = 0
        self._lock = Lock()

    @cached_property
    def _seconds(self) -> InMemoryBucket:
        return _bucket(self._burst, self._window + self._slack)

    @cached_property
    def _hours(self) -> dict[Quota, InMemoryBucket]:
        return {quota: _bucket(limit, _HOUR_MS) for quota, limit in self._hourly.items()}

    def plan(self, quota: Quota, name: str) -> None:
        """Note that this run will spend one of `quota` on the source called `name`."""
        with self._lock:
            self._planned[quota].add(name)

    def is_near(self, quota: Quota) -> bool:
        """Return whether this run could reach the limit, given what others may have used."""
        with self._lock:
            coming = max(len(self._planned[quota]), self._hours[quota].count() + 1)
            return coming * 2 >= self._hourly[quota]

    def count_elsewhere(self, quota: Quota, amount: int) -> None:
        """Count what others have used of the account's quota within the last hour."""
        with self._lock:
            fresh = amount - self._elsewhere[quota]
            room = self._hourly[quota] - self._hours[quota].count()
            if fresh > 0:
                self._elsewhere[quota] = amount
                if room > 0:
                    item = self._item(quota.value, min(fresh, room))
                    self._hours[quota].put(item)

    def spend(self, quota: Quota, amount: int = 1) -> None:
        """Take `amount` from an hourly quota.

        Raises:
            RateLimitedError: It is used up; the message says what is done, what is left and when
                to run again. Or it is less than `amount`, so that no wait helps.
        """
        limit = self._hourly[quota]
        if amount > limit:
            raise RateLimitedError(
                f"it takes {amount} {quota.value}, and imgix:{quota.value}PerHour is {limit}",
                f"Make the change in several runs, or raise imgix:{quota.value}PerHour if your "
                "plan allows more.",
                status=429,
            )
        with self._lock:
            bucket = self._hours[quota]
            item = self._item(quota.value, amount)
            if bucket.put(item):
                self._begun[quota] += amount
                return
            seconds = max(0.0, _waiting(bucket, item))
            progress = self._progress(quota, amount, self._begun[quota] - self._done[quota])
        raise RateLimitedError(
            f"imgix allows {limit} {quota.value} an hour; {progress}",
            f"Nothing is lost: run `pulumi up` again at {_clock_time(seconds)} "
            f"(in {_duration(seconds)}). If your plan allows more, raise imgix:{quota.value}PerHour"
            ".",
            status=429,
        )

    def count_done(self, quota: Quota) -> None:
        """Count one create or update that imgix carried out, for the message at the limit."""
        with self._lock:
            self._done[quota] += 1

    def explain_refusal(self, quota: Quota, error: RateLimitedError) -> RateLimitedError:
        """Return imgix's own 429 with what this run has done and has left to do."""
        with self._lock:
            progress = self._progress(quota, 1)
        return RateLimitedError(
            f"{error.problem}; of the {quota.value}, {progress}",
            error.advice,
            status=error.status,
            title=error.title,
            retry_after=error.retry_after,
        )

    def _progress(self, quota: Quota, amount: int, begun: int = 0) -> str:
        """Return a clause on how much of a quota is used, or `begun`, and how much is needed."""
        done = self._done[quota]
        left = max(amount, len(self._planned[quota]) - done - begun)
        are = "is" if left == 1 else "are"
        more = f" and begun {begun} more" if begun > 0 else ""
        words = f"this run has made {done} so far{more}, and at least {left} more {are} left to do"
        if elsewhere := self._elsewhere[quota]:
            words += f"; others made {elsewhere} within the hour"
        elif quota is Quota.UPDATES:
            words += "; other runs within the hour are not counted"
        return words

    def observe(self, seconds: float) -> None:
        """Learn how long a request took, from sending to its answer."""
        with self._lock:
            self._travels.append(seconds * 1000)
            if len(self._travels) < self._burst:
                return
            differ = max(self._travels) - min(self._travels)
            self._slack = min(_MOST_SLACK_MS, max(_LEAST_SLACK_MS, differ))
            self._set_rate()

    def refused(self) -> None:
        """Send less often: imgix refused a request for there being too many."""
        with self._lock:
            now = self._clock.now()
            if now >= self._slowed_at + self._window / 1000:
                self._slowed_at = now
                self._share = max(_SLOWEST, self._share * _SLOWER)
                self._set_rate()

    def accepted(self) -> None:
        """Send a little more often again, up to the rate: imgix took a request."""
        with self._lock:
            if self._share < 1:
                self._share = min(1.0, self._share + _FASTER)
                self._set_rate()

    def restore(self) -> None:
        """Use the whole rate again."""
        with self._lock:
            self._share = 1.0
            self._set_rate()

    def _set_rate(self) -> None:
        full = self._share == 1
        each = self._window / self._burst / self._share
        self._seconds.rates = (
            _rates(self._burst, self._window + self._slack) if full else _rates(1, each)
        )

    def wait_for_request(self, *, writes: bool = False, notify: Notify = to_nobody) -> None:
        """Wait until one more request may be sent; notify if that takes seconds.

        Args:
            writes: Whether the request creates or updates; those go first.
            notify: Called once if the wait is long.

        Raises:
            CancelledError: The run was cancelled during the wait.
        """
        from tenacity import Retrying, retry_if_result

        began = self._clock.now()
        told = False

        def pause(_state: RetryCallState) -> float:
            nonlocal told
            seconds = self._until_room(writes)
            if not told and self._clock.now() - began + seconds >= _WAIT_WORTH_TELLING:
                told = True
                text = "waiting for imgix's limit of requests per second"
                notify(Notice(Severity.PROGRESS, text))
            return seconds

        with self._waiting_to_write() if writes else nullcontext():
            Retrying(
                retry=retry_if_result(lambda taken: not taken), wait=pause, sleep=self._clock.pause
            )(lambda: self._take_request(writes))

    @contextmanager
    def _waiting_to_write(self) -> Iterator[None]:
        with self._lock:
            self._writes_waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._writes_waiting -= 1

    def _take_request(self, writes: bool) -> bool:
        with self._lock:
            if self._writes_waiting and not writes:
                return False
            self._seconds.leak(self._now_ms())
            return bool(self._seconds.put(self._item("request")))

    def _until_room(self, writes: bool) -> float:
        with self._lock:
            seconds = _waiting(self._seconds, self._item("request"))
            return max(_NEXT_LOOK if self._writes_waiting and not writes else 0.005, seconds)

    def _item(self, name: str, weight: int = 1) -> RateItem:
        from pyrate_limiter import RateItem

        return RateItem(name, self._now_ms(), weight=weight)

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)


# A run that sends nothing needs no bucket, so these import `pyrate_limiter` only when called.


def _bucket(amount: int, milliseconds: float) -> InMemoryBucket:
    """Return a bucket that takes `amount` items in a time."""
    from pyrate_limiter import InMemoryBucket

    return InMemoryBucket(_rates(amount, milliseconds))


def _rates(amount: int, milliseconds: float) -> list[Rate]:
    from pyrate_limiter import Rate

    return [Rate(amount, round(milliseconds))]


def _waiting(bucket: InMemoryBucket, item: RateItem) -> float:
    """Return the seconds until `item` fits."""
    milliseconds = bucket.waiting(item)
    # Only an asynchronous bucket returns an awaitable.
    return milliseconds / 1000 if isinstance(milliseconds, int) else 0.0


def _clock_time(seconds: float) -> str:
    moment = datetime.now() + timedelta(seconds=seconds, minutes=1)
    return moment.strftime("%H:%M")


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60) + 1
    return "a minute" if minutes == 1 else f"{minutes} minutes"
