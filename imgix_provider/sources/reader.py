"""Reads many sources with few requests.

A refresh reads each source of a stack, each deploying source is watched, and finding the holder of
a domain needs the whole account. All threads of a process share one `SharedReader`: a list that one
of them asked for serves the others too, if it is fresh enough for them. A source that this process
changed is never served from before the change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

import attrs

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.source import Page, Source
from imgix_provider.clock import Clock
from imgix_provider.errors import NotFoundError, UnavailableError

FRESH_SECONDS: Final = 20.0
"""How old the data may be that a refresh gets."""
GLANCE_SECONDS: Final = 8.0
"""How long a preview tries, only once, to learn something it can do without."""
BETWEEN_POLLS: Final = 1.0
"""The fewest seconds between two polls, however many sources are deploying."""

_LONGEST_POSTPONED: Final = 5.0
"""The most seconds to put off a poll while other sources are being changed."""


@attrs.frozen
class _Seen:
    source: Source
    at: float
    """When it was asked for, as a time of the clock."""


@attrs.frozen
class _Failure:
    error: UnavailableError
    at: float
    """When the reader gave up, as a time of the clock."""
    tried: float
    """How many seconds it had tried."""


class SharedReader:
    """Gets sources one by one or in lists, whichever takes fewer requests."""

    def __init__(self, client: SourcesClient, clock: Clock | None = None) -> None:
        """Read through `client`."""
        self._client = client
        self._clock = clock or Clock()
        self._lock = Lock()
        self._polling = Lock()
        self._failure: _Failure | None = None
        self._glanced_in_vain: UnavailableError | None = None
        self._seen: dict[str, _Seen] = {}
        self._written: dict[str, float] = {}
        self._answers: dict[str, Source] = {}
        self._watched: Counter[str] = Counter()
        self._counting = Lock()
        self._asked_for = 0
        self._waiting = 0
        self._next_page = 0
        self._pages_left = 1
        self._last_poll = float("-inf")
        self._last_write = float("-inf")
        self._account_at = float("-inf")
        self._account: frozenset[str] = frozenset()
        self._too_large = False
        self._account_id: str | None = None
        self._asked_for_account = False

    def wrote(self, source_id: str, source: Source | None = None) -> None:
        """Note that a source was just changed, and what it looks like now if that is known."""
        self._written[source_id] = self._last_write = self._clock.now()
        if source is not None and source.complete:
            self._answers[source_id] = source

    def read(self, source_id: str, *, glance: bool = False) -> Source:
        """Return a source, at most `FRESH_SECONDS` old.

        The first one is read singly, unless others are waiting. Once more sources are expected than
        pages of the list remain, those pages are read. So there are at most twice as many requests
        as necessary, and a refresh of a large account, which asks for many at once, reads little
        more than its list.

        Args:
            source_id: The id of the source.
            glance: Whether to try only for `GLANCE_SECONDS`, and not again after failing.

        Raises:
            NotFoundError: There is no such source.
            UnavailableError: imgix did not answer in time.
        """
        with self._asking(), self._requesting(glance=glance) as left:
            found = self._known(source_id, self._clock.now() - FRESH_SECONDS)
            while found is None and self._expected() > self._pages_left > 0:
                self._read_pages(left)
                found = self._known(source_id, self._clock.now() - FRESH_SECONDS)
            return found or self._single(source_id, left)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._counting:
            self._asked_for += 1
            self._waiting += 1
        try:
            yield
        finally:
            with self._counting:
                self._waiting -= 1

    def _expected(self) -> int:
        """Return how many sources to expect: each waiting request suggests one more to come."""
        with self._counting:
            return self._asked_for + self._waiting - 1

    @contextmanager
    def watching(self, source_id: str) -> Iterator[None]:
        """Watch this source, so that one request can look at all watched sources together."""
        with self._counting:
            self._watched[source_id] += 1
        try:
            yield
        finally:
            with self._counting:
                self._watched[source_id] -= 1
                self._watched += Counter()  # drops what is no longer watched

    def look(self, source_id: str, newer_than: float, within: float) -> Source:
        """Return a source as it was after `newer_than`, a time of the clock.

        While several are watched, one list, the last deployed first, serves them all. There is at
        most one request per `BETWEEN_POLLS` seconds.

        Raises:
            NotFoundError: There is no such source.
        """
        began = self._clock.now()
        with self._polling:
            found = self._known(source_id, newer_than)
            if found is not None:
                return found
            self._pause_before_poll()
            with self._requesting(within, began) as left:
                self._last_poll = self._clock.now()
                if len(self._watched) > 1:
                    self._list(0, ("-date_deployed",), left)
                    found = self._known(source_id, newer_than)
                return found or self._single(source_id, left)

    def _pause_before_poll(self) -> None:
        """Wait until a poll can bring news: a while after the last poll and the last change.

        During a series of changes, an earlier poll would have to be repeated anyway.
        """
        longest = self._clock.now() + _LONGEST_POSTPONED
        while True:
            now = self._clock.now()
            after_change = min(longest, self._last_write + BETWEEN_POLLS)
            seconds = max(self._last_poll + BETWEEN_POLLS, after_change) - now
            if seconds <= 0:
                return
            self._clock.pause(seconds)

    def whole_account(
        self, *, newer_than: float, most_pages: int, glance: bool = False
    ) -> list[Source] | None:
        """Return all sources of the account, or None if it has more than `most_pages` pages.

        Args:
            newer_than: A time of the clock; a list made after it is used again.
            most_pages: The most pages to read.
            glance: Whether to try only for `GLANCE_SECONDS`, silently, and not again after failing.
        """
        with self._requesting(glance=glance) as left:
            if self._account_at < newer_than and not self._too_large:
                self._list_account(most_pages, left, quiet=glance)
            if self._too_large:
                return None
            known = self._account | set(self._answers)
            return [source for each in known if (source := self._as_last_known(each)) is not None]

    def has_listed(self, newer_than: float) -> bool:
        """Return whether the whole account was listed after a time of the clock."""
        return self._account_at >= newer_than

    def account_id(self) -> str | None:
        """Return the id of the account that the key belongs to; None if imgix does not show it."""
        with self._requesting():
            if self._account_id is None and not self._asked_for_account:
                self._list(0, ("name",))
                self._asked_for_account = True
            return self._account_id

    def _as_last_known(self, source_id: str) -> Source | None:
        """Return a source as it was listed, or as the answer to a later change showed it."""
        seen = self._seen.get(source_id)
        if seen is None or seen.at < self._written.get(source_id, float("-inf")):
            return self._answers.get(source_id)
        return seen.source

    def _list_account(self, most_pages: int, within: float | None, *, quiet: bool) -> None:
        asked = self._clock.now()
        found: set[str] = set()
        number = 0
        while True:
            page = self._list(number, ("name",), within, quiet=quiet)
            found.update(source.id for source in page.sources)
            number += 1
            if not page.has_next:
                break
            if number >= most_pages or (page.total_pages or 0) > most_pages:
                self._too_large = True
                return
        self._account_at, self._account = asked, frozenset(found)

    @contextmanager
    def _requesting(
        self, within: float | None = None, began: float | None = None, *, glance: bool = False
    ) -> Iterator[float | None]:
        """Let one thread at a time send requests, and yield what is left of `within` seconds.

        If one thread fails while others wait, those that `began` before do not each try again.
        """
        began = self._clock.now() if began is None else began
        within = GLANCE_SECONDS if glance else within
        with self._lock:
            if glance and self._glanced_in_vain is not None:
                raise self._glanced_in_vain
            asked = self._clock.now()
            waited, failure = asked - began, self._failure
            if (
                failure is not None
                and failure.at >= began
                and (within is None or waited + failure.tried >= within)
            ):
                raise failure.error
            try:
                yield None if within is None else max(1.0, within - waited)
            except UnavailableError as error:
                now = self._clock.now()
                if glance:
                    self._glanced_in_vain = error
                self._failure = _Failure(error, at=now, tried=now - asked)
                raise

    def _known(self, source_id: str, newer_than: float) -> Source | None:
        seen = self._seen.get(source_id)
        oldest = max(newer_than, self._written.get(source_id, float("-inf")))
        return seen.source if seen is not None and seen.at >= oldest else None

    def _single(self, source_id: str, within: float | None = None) -> Source:
        asked = self._clock.now()
        try:
            source = self._client.get(source_id, within=within)
        except NotFoundError:
            self._seen.pop(source_id, None)
            raise
        self._remember(source, asked)
        return source

    def _read_pages(self, within: float | None) -> None:
        """Read the first page of the whole account or, in a later call, all the others."""
        if self._next_page == 0:
            page = self._list(0, ("name",), within)
            self._next_page = 1
            # A complete list is not read again: a longer run reads sources one by one.
            self._pages_left = (page.total_pages or 2) - 1 if page.has_next else 0
            return
        while self._pages_left > 0:
            page = self._list(self._next_page, ("name",), within)
            self._next_page += 1
            self._pages_left = self._pages_left - 1 if page.has_next else 0

    def _list(
        self,
        number: int,
        sort: tuple[str, ...],
        within: float | None = None,
        *,
        quiet: bool = False,
    ) -> Page:
        asked = self._clock.now()
        page = self._client.page(number, sort=sort, within=within, quiet=quiet)
        for source in page.sources:
            if source.complete:
                self._remember(source, asked)
        return page

    def _remember(self, source: Source, asked: float) -> None:
        seen = self._seen.get(source.id)
        # A list may have been requested before a change and answered after it.
        if seen is None or asked >= self._written.get(source.id, float("-inf")):
            self._seen[source.id] = _Seen(source, asked)
        self._account_id = source.account_id or self._account_id
