"""imgix's limits, kept before imgix has to: requests a second, creates and updates an hour.

One `Limits` serves a whole process, whatever its threads. There is room for a burst up to the
limit; after that a request waits for the oldest of the window to leave it. The hourly limits are
never waited for: a run that meets one is told at once when it is worth going on.

Documented on https://docs.imgix.com/apis/management/overview.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from threading import Lock
from typing import Final

from pyrate_limiter import InMemoryBucket, Rate, RateItem
from tenacity import RetryCallState, Retrying, retry_if_result

from imgix_provider.errors import RateLimitedError
from imgix_provider.messages import Notify, silently
from imgix_provider.settings import Settings

_HOUR_MS: Final = 3_600_000
_SLACK: Final = 1.12
"""A window is this much longer than a second, since requests do not travel equally fast: the first
of all opens a connection, the one a second after it finds it open."""
_WAIT_WORTH_TELLING: Final = 3.0


class Quota(Enum):
    """What imgix counts by the hour."""

    CREATES = "creates"
    UPDATES = "updates"


class Limits:
    """Room for requests, shared by all threads of a process."""

    def __init__(self, settings: Settings) -> None:
        """Start with all the room that `settings` allows."""
        burst = max(1, int(settings.requests_per_second))
        window = burst / settings.requests_per_second * 1000 * _SLACK
        self._seconds = InMemoryBucket([Rate(burst, round(window))])
        self._hourly = {
            Quota.CREATES: settings.creates_per_hour,
            Quota.UPDATES: settings.updates_per_hour,
        }
        self._hours = {
            quota: InMemoryBucket([Rate(limit, _HOUR_MS)]) for quota, limit in self._hourly.items()
        }
        self._refused: dict[Quota, int] = dict.fromkeys(Quota, 0)
        self._planned: dict[Quota, set[str]] = {quota: set() for quota in Quota}
        self._lock = Lock()

    def plan(self, quota: Quota, name: str) -> None:
        """Count that this run is going to spend one of `quota` on what is called `name`."""
        with self._lock:
            self._planned[quota].add(name)

    def spend(self, quota: Quota, amount: int = 1) -> None:
        """Take `amount` from an hourly quota.

        Raises:
            RateLimitedError: It is used up; says how much is done, what is left, and until when.
        """
        with self._lock:
            bucket = self._hours[quota]
            item = RateItem(quota.value, _now(bucket), weight=amount)
            if bucket.put(item):
                return
            seconds = max(0.0, _waiting(bucket, item))
            done, left = self._count(quota, amount)
        raise RateLimitedError(
            f"imgix allows {self._hourly[quota]} {quota.value} an hour; {_progress(done, left)}",
            f"Nothing is lost: run `pulumi up` again at {_clock_time(seconds)} "
            f"(in {_duration(seconds)}). If your plan allows more, raise imgix:{quota.value}PerHour"
            ".",
            status=429,
        )

    def refused(self, quota: Quota, error: RateLimitedError) -> RateLimitedError:
        """Return imgix's own 429 to what was spent, with what is done and what is left of it."""
        with self._lock:
            self._refused[quota] += 1
            done, left = self._count(quota, 1)
        return RateLimitedError(
            f"{error.problem}; of the {quota.value}, {_progress(done, left)}",
            error.advice,
            status=error.status,
            title=error.title,
            retry_after=error.retry_after,
        )

    def _count(self, quota: Quota, amount: int) -> tuple[int, int]:
        """Return how much of a quota this run has used, and how much it still needs at least."""
        done = self._hours[quota].count() - self._refused[quota]
        return done, max(amount, len(self._planned[quota]) - done)

    def wait_for_request(self, notify: Notify = silently) -> None:
        """Return as soon as one more request may be sent; tell of a wait of several seconds."""
        told = False

        def pause(state: RetryCallState) -> float:
            nonlocal told
            seconds = self._until_room()
            if not told and (state.seconds_since_start or 0.0) + seconds >= _WAIT_WORTH_TELLING:
                told = True
                notify("waiting for room under imgix's limit of requests a second")
            return seconds

        Retrying(retry=retry_if_result(lambda taken: not taken), wait=pause)(self._take_request)

    def _take_request(self) -> bool:
        with self._lock:
            now = _now(self._seconds)
            self._seconds.leak(now)
            return bool(self._seconds.put(RateItem("request", now)))

    def _until_room(self) -> float:
        with self._lock:
            return max(0.005, _waiting(self._seconds, RateItem("request", _now(self._seconds))))


def _progress(done: int, left: int) -> str:
    are = "is" if left == 1 else "are"
    return f"this run has made {done}, and at least {left} more {are} left to do"


def _now(bucket: InMemoryBucket) -> int:
    return int(bucket.now())  # type: ignore[no-untyped-call]


def _waiting(bucket: InMemoryBucket, item: RateItem) -> float:
    """Return the seconds until `item` fits."""
    milliseconds = bucket.waiting(item)
    # Only a bucket kept by an asynchronous store answers with an awaitable.
    return milliseconds / 1000 if isinstance(milliseconds, int) else 0.0


def _clock_time(seconds: float) -> str:
    moment = datetime.now() + timedelta(seconds=seconds, minutes=1)
    return moment.strftime("%H:%M")


def _duration(seconds: float) -> str:
    minutes = int(seconds // 60) + 1
    return "a minute" if minutes == 1 else f"{minutes} minutes"
