"""The time, and every pause in a run, in one place that can be cancelled.

Retries, rate limits, deploy waits and lookups after a lost answer all pause here. Cancelling a run
ends every pause and stops new requests: each verb finishes with what it knows by then.
"""

from __future__ import annotations

import time
from threading import Event

from imgix_provider.errors import CancelledError


class Clock:
    """The monotonic clock, pauses, and cancellation; safe to share between threads."""

    def __init__(self) -> None:
        """Start with nothing cancelled."""
        self._cancelled = Event()

    def now(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait for `seconds`.

        Raises:
            CancelledError: The run was cancelled, before or during the pause.
        """
        if self._wait(self._cancelled, seconds):
            raise _cancelled()

    def require_not_cancelled(self) -> None:
        """Raise `CancelledError` if the run was cancelled."""
        if self._cancelled.is_set():
            raise _cancelled()

    def cancel(self) -> None:
        """End every pause, now and later."""
        self._cancelled.set()

    def _wait(self, event: Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds))


def _cancelled() -> CancelledError:
    return CancelledError("the run was cancelled", "Run `pulumi up` again to finish.")
