"""Runs in this process on a simulated account, wired in one place for all tests."""

from __future__ import annotations

import time
from threading import Event
from typing import Any

from imgix_provider.clock import Clock
from imgix_provider.run import Run
from imgix_provider.settings import Settings
from imgix_provider.sources.neighbours import Neighbours
from imgix_testing.server import SimulatedImgix


def fast_run(
    imgix: SimulatedImgix,
    told: list[str],
    *,
    clock: Clock | None = None,
    neighbours: Neighbours | None = None,
    **settings: Any,
) -> Run:
    """Return a run as fast as the machine is; `told` gets each line that a person is told."""
    plenty = {
        "api_key": imgix.api_key,
        "api_url": settings.get("api_url") or imgix.url,
        "requests_per_second": 1000,
        "creates_per_hour": 10_000,
        "updates_per_hour": 10_000,
        "timeout": 10,
    }
    return Run(
        Settings(**{**plenty, **settings}),
        notify=lambda notice: told.append(str(notice)),
        clock=clock,
        neighbours=neighbours,
    )


class ShortPauses(Clock):
    """A clock that is real, whose every pause takes a fiftieth of its time and is written down."""

    def __init__(self, asked: list[float]) -> None:
        """Write down in `asked` what each pause asks for."""
        super().__init__()
        self._asked = asked

    def _wait(self, event: Event, seconds: float) -> bool:
        if seconds > 0:
            self._asked.append(seconds)
        return super()._wait(event, seconds / 50)


class FastClock(Clock):
    """A clock that goes faster than time, so that minutes are seconds."""

    def __init__(self, times: float = 20) -> None:
        """Start now, and go this many times as fast."""
        super().__init__()
        self._began = time.monotonic()
        self._times = times

    def now(self) -> float:
        """Return the fast time."""
        return self._began + (time.monotonic() - self._began) * self._times

    def _wait(self, event: Event, seconds: float) -> bool:
        return super()._wait(event, seconds / self._times)
