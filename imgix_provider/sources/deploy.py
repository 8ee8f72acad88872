"""Waits until imgix has deployed what was just created or changed.

The status goes from `deploying` to `deployed`, usually within seconds. Right after a change it can
still read `deployed` from before, so `deployed` counts only once the deploy was seen to begin, or
after `SETTLING_SECONDS`; with a new `date_deployed` it counts after a moment.
"""

from __future__ import annotations

from typing import Final

import attrs
from tenacity import Retrying, retry_if_result

from imgix_provider.api.source import Source
from imgix_provider.errors import CancelledError, ImgixError, NotFoundError
from imgix_provider.messages import Notice, Severity
from imgix_provider.sources.reader import BETWEEN_POLLS
from imgix_provider.sources.services import Services

SETTLING_SECONDS: Final = 2.0
"""How long a status may lag behind a change."""
_MOMENT: Final = BETWEEN_POLLS / 2
"""How long `deployed` does not count even with a new `date_deployed`: imgix shows a date of the
deploy that it has only begun."""
_LONGEST_PAUSE: Final = 5.0
_FIRST_WORD: Final = 10.0
_BETWEEN_WORDS: Final = 20.0


@attrs.frozen(kw_only=True)
class PendingDeploy:
    """A change that imgix has accepted and is now deploying."""

    source: Source
    """The source as the answer showed it."""
    name: str
    answered: float
    """When the answer came, as a time of the clock."""
    date_before: int | None = None
    """`date_deployed` before the change."""


def wait_until_deployed(services: Services, pending: PendingDeploy, timeout: float) -> Source:
    """Return the source once deployed, or as last seen after `timeout` seconds, with a warning.

    Never raises an `ImgixError`: the change is made, however its deploy ends.
    """
    services.waits.settle()
    watch = _Watch(services, pending, timeout)
    if not watch.is_settled(pending.source):
        with services.reader.watching(pending.source.id):
            try:
                services.clock.pause(min(BETWEEN_POLLS, timeout))
                Retrying(
                    retry=retry_if_result(lambda settled: not settled),
                    wait=lambda _state: watch.next_pause(),
                    sleep=services.clock.pause,
                    stop=lambda state: watch.elapsed() + state.upcoming_sleep >= timeout,
                    retry_error_callback=lambda _state: watch.give_up(),
                )(watch.look)
            except ImgixError as error:
                watch.lose(error)
    watch.tell_of_odd_end()
    return watch.latest


class _Watch:
    """What is known about one deploy while waiting for it."""

    def __init__(self, services: Services, pending: PendingDeploy, timeout: float) -> None:
        self.latest = pending.source
        self._services = services
        self._pending = pending
        self._timeout = timeout
        self._seen_deploying = pending.source.deployment_status == "deploying"
        self._next_word = pending.answered + _FIRST_WORD
        self._over = False

    def elapsed(self) -> float:
        """Return the seconds since the answer."""
        return self._services.clock.now() - self._pending.answered

    def next_pause(self) -> float:
        """Return the seconds until the next look; they grow over time."""
        return min(_LONGEST_PAUSE, max(BETWEEN_POLLS, self.elapsed() / 4))

    def look(self) -> bool:
        """Look at the source once more, and return whether its deploy has ended."""
        now = self._services.clock.now()
        # What another thread has just seen is new enough, so one list serves all that wait.
        newer_than = max(self._pending.answered, now - self.next_pause() / 2)
        left = max(1.0, self._timeout - self.elapsed())
        self.latest = self._services.reader.look(self.latest.id, newer_than, left)
        if self.is_settled(self.latest):
            return True
        self._tell_progress()
        return False

    def is_settled(self, source: Source) -> bool:
        """Return whether the deploy has ended, successfully or not."""
        if source.deployment_status == "deploying":
            self._seen_deploying = True
            return False
        if source.deployment_status is None:
            return False
        if source.deployment_status != "deployed" or self._seen_deploying:
            return True
        moved = source.date_deployed != self._pending.date_before
        return self.elapsed() >= (_MOMENT if moved else SETTLING_SECONDS)

    def give_up(self) -> None:
        """Warn that the deploy did not end in time."""
        self._over = True
        self._warn(
            f"still deploying after {self._timeout:.0f} s; what was declared is stored, and "
            "`pulumi refresh` shows how the deploy ended"
        )

    def lose(self, error: ImgixError) -> None:
        """Warn that the deploy cannot be watched any longer."""
        self._over = True
        if isinstance(error, CancelledError):
            self._warn("stored, and still deploying; the run was cancelled")
            return
        problem = error.problem
        if isinstance(error, NotFoundError):
            problem = "imgix does not show it yet"
        self._warn(
            f"stored, but the outcome of its deploy is not known: {problem}; `pulumi refresh` "
            "shows it"
        )

    def tell_of_odd_end(self) -> None:
        """Warn of a status that no deploy should end in."""
        status = self.latest.deployment_status
        if not self._over and status not in ("deployed", "disabled", "deploying"):
            self._warn(f'has the status "{status}"; `pulumi refresh` shows if that changes')

    def _tell_progress(self) -> None:
        now = self._services.clock.now()
        if now >= self._next_word:
            self._next_word = now + _BETWEEN_WORDS
            self._services.notify(
                Notice(
                    Severity.PROGRESS,
                    f"has been deploying for {self.elapsed():.0f} s (waiting up to "
                    f"{self._timeout:.0f} s)",
                    self._pending.name,
                )
            )

    def _warn(self, text: str) -> None:
        self._services.tell(self._pending.name, text, self.latest.id, warn=True)
