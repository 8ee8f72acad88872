"""Waits until imgix has deployed what was just created or changed.

The status goes `deploying`, then `deployed`, within seconds as a rule. Right after a change it can
still read `deployed` from before, so that word counts only when the deploy was seen to begin, when
`date_deployed` moved, or after `SETTLING_SECONDS`.
"""

from __future__ import annotations

import time
from typing import Final

import attrs
from tenacity import Retrying, retry_if_result, stop_after_delay

from imgix_provider.api.source import Source
from imgix_provider.errors import ImgixError, NotFoundError
from imgix_provider.messages import Notify
from imgix_provider.sources.reader import SharedReader

SETTLING_SECONDS: Final = 2.0
"""How long a status may lag behind a change."""
_FIRST_PAUSE: Final = 0.4
_LONGEST_PAUSE: Final = 5.0
_FIRST_WORD: Final = 10.0
_BETWEEN_WORDS: Final = 20.0


@attrs.frozen(kw_only=True)
class Change:
    """A change that imgix has answered, and that it now deploys."""

    source: Source
    """The source as the answer showed it."""
    name: str
    answered: float
    """When the answer came, by the monotonic clock."""
    date_before: int | None = None
    """`date_deployed` from before the change."""


def wait_until_deployed(
    change: Change, reader: SharedReader, timeout: float, notify: Notify
) -> Source:
    """Return the source as it was last seen: deployed, or after `timeout` seconds with a warning.

    Never raises an `ImgixError`: what was answered is done, however its deploy ends.
    """
    watch = _Watch(change, reader, timeout, notify)
    if not watch.settled(change.source):
        with reader.watching(change.source.id):
            try:
                Retrying(
                    retry=retry_if_result(lambda settled: not settled),
                    wait=lambda state: _pause_after(state.attempt_number),
                    stop=stop_after_delay(timeout),
                    retry_error_callback=lambda _state: watch.give_up(),
                )(watch.look)
            except ImgixError as error:
                watch.lose(error)
    watch.tell_of_odd_end()
    return watch.latest


class _Watch:
    """What is known of one deploy while it is waited for."""

    def __init__(
        self, change: Change, reader: SharedReader, timeout: float, notify: Notify
    ) -> None:
        self.latest = change.source
        self._change = change
        self._reader = reader
        self._timeout = timeout
        self._notify = notify
        self._seen_deploying = change.source.deployment_status == "deploying"
        self._looks = 0
        self._next_word = change.answered + _FIRST_WORD
        self._over = False

    def look(self) -> bool:
        """Look at the source once more, and tell whether its deploy has ended."""
        now = time.monotonic()
        elapsed = now - self._change.answered
        if elapsed < _FIRST_PAUSE:  # a deploy takes a moment; the engine's threads wait together
            time.sleep(_FIRST_PAUSE - elapsed)
            now = time.monotonic()
        # What another thread was just shown will do, so that one list serves all that wait.
        newer_than = max(self._change.answered, now - _pause_after(self._looks) / 2)
        left = max(1.0, self._timeout - (now - self._change.answered))
        self._looks += 1
        self.latest = self._reader.look(self.latest.id, newer_than, left)
        if self.settled(self.latest):
            return True
        self._tell_progress(now)
        return False

    def settled(self, source: Source) -> bool:
        """Tell whether the deploy has ended, one way or another."""
        if source.deployment_status == "deploying":
            self._seen_deploying = True
            return False
        if source.deployment_status is None:
            return False
        if source.deployment_status != "deployed" or self._seen_deploying:
            return True
        moved = source.date_deployed != self._change.date_before
        return moved or time.monotonic() - self._change.answered >= SETTLING_SECONDS

    def give_up(self) -> None:
        """Warn that the deploy did not end in time."""
        self._over = True
        self._notify(
            f'warning: imgix source "{self._change.name}" ({self.latest.id}) is still deploying '
            f"after {self._timeout:.0f} s; what was declared is stored, and `pulumi refresh` shows "
            "how the deploy ended"
        )

    def lose(self, error: ImgixError) -> None:
        """Warn that the deploy cannot be watched any longer."""
        self._over = True
        if isinstance(error, NotFoundError):
            problem = "imgix does not show it yet"
        else:
            problem = error.problem
        self._notify(
            f'warning: imgix source "{self._change.name}" ({self.latest.id}) is stored, but how '
            f"its deploy ends is not known: {problem}; `pulumi refresh` shows it"
        )

    def tell_of_odd_end(self) -> None:
        """Warn of a status that no deploy should end in."""
        status = self.latest.deployment_status
        if not self._over and status not in ("deployed", "disabled", "deploying"):
            self._notify(
                f'warning: imgix source "{self._change.name}" ({self.latest.id}) has the status '
                f'"{status}"; `pulumi refresh` shows how it goes on'
            )

    def _tell_progress(self, now: float) -> None:
        if now >= self._next_word:
            self._next_word = now + _BETWEEN_WORDS
            self._notify(
                f'imgix source "{self._change.name}" is deploying for '
                f"{now - self._change.answered:.0f} s (at most {self._timeout:.0f} s are waited)"
            )


def _pause_after(looks: int) -> float:
    """Return the seconds between one look and the next, which grow."""
    return float(min(_LONGEST_PAUSE, _FIRST_PAUSE * 1.5**looks))
