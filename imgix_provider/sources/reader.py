"""Reads many sources with few requests.

A refresh reads each source of a stack, and while sources deploy each of them is watched. All
threads of the process share one `SharedReader`: a list that one of them asked for serves the
others too, as long as it is fresh enough for them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

import attrs

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.source import Page, Source
from imgix_provider.errors import NotFoundError, UnavailableError

FRESH_SECONDS: Final = 20.0
"""How old a source may be that a refresh is told about."""


@attrs.frozen
class _Seen:
    source: Source
    at: float
    """When it was asked for, by the monotonic clock."""


@attrs.frozen
class _Failure:
    error: UnavailableError
    at: float
    """When it was given up, by the monotonic clock."""
    tried: float
    """For how many seconds it was tried."""


class SharedReader:
    """Gets sources one by one or in lists, whichever takes fewer requests."""

    def __init__(self, client: SourcesClient) -> None:
        """Read through `client`."""
        self._client = client
        self._lock = Lock()
        self._failure: _Failure | None = None
        self._seen: dict[str, _Seen] = {}
        self._written: dict[str, float] = {}
        self._watched: Counter[str] = Counter()
        self._counting = Lock()
        self._singles = 0
        self._next_page = 0
        self._pages_left = 1

    def wrote(self, source_id: str) -> None:
        """Note that the source was just changed: what was read of it before counts no more."""
        self._written[source_id] = time.monotonic()

    def read(self, source_id: str) -> Source:
        """Return a source as it was some seconds ago at most.

        The first one is got by itself. Then, as soon as as many were got singly as pages of the
        list are left to read, those pages are read, so that the requests are never more than
        twice the fewest possible.

        Raises:
            NotFoundError: There is no such source.
        """
        with self._requesting(None):
            found = self._known(source_id, time.monotonic() - FRESH_SECONDS)
            if found is None and self._singles >= self._pages_left > 0:
                self._read_pages()
                found = self._known(source_id, time.monotonic() - FRESH_SECONDS)
            if found is None:
                self._singles += 1
                found = self._single(source_id)
            return found

    @contextmanager
    def watching(self, source_id: str) -> Iterator[None]:
        """Let other watched sources be looked at together with this one."""
        with self._counting:
            self._watched[source_id] += 1
        try:
            yield
        finally:
            with self._counting:
                self._watched[source_id] -= 1
                self._watched += Counter()  # drops what is watched no more

    def look(self, source_id: str, newer_than: float, within: float) -> Source:
        """Return a source as it was after `newer_than`, a time of the monotonic clock.

        While several are watched, one list of those deployed last serves them all.

        Raises:
            NotFoundError: There is no such source.
        """
        with self._requesting(within) as left:
            found = self._known(source_id, newer_than)
            if found is None and len(self._watched) > 1:
                self._list(0, ("-date_deployed",), left)
                found = self._known(source_id, newer_than)
            return found or self._single(source_id, left)

    @contextmanager
    def _requesting(self, within: float | None) -> Iterator[float | None]:
        """Send requests one thread at a time, and yield what is left of `within` seconds.

        What one thread tried in vain while others waited is not tried again by each of them.
        """
        began = time.monotonic()
        with self._lock:
            asked = time.monotonic()
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
                now = time.monotonic()
                self._failure = _Failure(error, at=now, tried=now - asked)
                raise

    def _known(self, source_id: str, newer_than: float) -> Source | None:
        seen = self._seen.get(source_id)
        oldest = max(newer_than, self._written.get(source_id, 0.0))
        return seen.source if seen is not None and seen.at >= oldest else None

    def _single(self, source_id: str, within: float | None = None) -> Source:
        asked = time.monotonic()
        try:
            source = self._client.get(source_id, within=within)
        except NotFoundError:
            self._seen.pop(source_id, None)
            raise
        self._seen[source_id] = _Seen(source, asked)
        return source

    def _read_pages(self) -> None:
        """Read the first page of the whole account, or at a later call all the others."""
        self._singles = 0
        if self._next_page == 0:
            page = self._list(0, ("name",))
            self._next_page = 1
            # Once the list is whole it is not read again: a run that goes on longer gets singly.
            self._pages_left = (page.total_pages or 2) - 1 if page.has_next else 0
            return
        while self._pages_left > 0:
            page = self._list(self._next_page, ("name",))
            self._next_page += 1
            self._pages_left = self._pages_left - 1 if page.has_next else 0

    def _list(self, number: int, sort: tuple[str, ...], within: float | None = None) -> Page:
        asked = time.monotonic()
        page = self._client.page(number, sort=sort, within=within)
        for source in page.sources:
            if source.complete:
                self._seen[source.id] = _Seen(source, asked)
        return page
