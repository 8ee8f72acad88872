"""The Sources API as calls: list, get, create, update.

Documented on https://docs.imgix.com/apis/management/sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from imgix_provider.api.jsonapi import read_page, read_source, read_whole_source, source_document
from imgix_provider.api.source import Page, Source
from imgix_provider.deployments.values import secrets_in

if TYPE_CHECKING:
    from imgix_provider.api.transport import Transport

PAGE_SIZE: Final = 100
"""Sources on one page of a list; the most that is known to work."""


class SourcesClient:
    """Lists, gets, creates and updates sources. There is no delete: imgix has none.

    Every call may raise the errors of `Transport.send`.
    """

    def __init__(self, connect: Callable[[], Transport]) -> None:
        """Send through what `connect` returns, which is called at the first request.

        Most runs send nothing, and the transport takes as long to import as the rest.
        """
        self._connect = connect
        self._connecting = Lock()
        self._connected: Transport | None = None

    def _transport(self) -> Transport:
        with self._connecting:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def list(
        self,
        filters: Mapping[str, str] | None = None,
        sort: Sequence[str] = (),
        on_page: Callable[[Page], None] | None = None,
    ) -> Iterator[Source]:
        """Yield each source that matches all `filters` once, page by page.

        Args:
            filters: Values by documented filter, such as `{"deployment.type": "s3"}`.
            sort: `date_deployed`, `enabled` or `name`, descending with a `-` in front.
            on_page: Called with each page as it arrives.
        """
        seen: set[str] = set()
        number = 0
        while True:
            page = self.page(number, filters, sort)
            if on_page is not None:
                on_page(page)
            fresh = [source for source in page.sources if source.id not in seen]
            seen.update(source.id for source in fresh)
            yield from fresh
            number += 1
            # A source created in the meantime pushes others to the next page, so skip known ones.
            # A page without a new source is the last, even if it says that there are more.
            if not page.has_next or not fresh:
                return

    def page(
        self,
        number: int,
        filters: Mapping[str, str] | None = None,
        sort: Sequence[str] = (),
        *,
        within: float | None = None,
        quiet: bool = False,
    ) -> Page:
        """Return one page of the list, counted from zero."""
        query = {f"filter[{name}]": value for name, value in (filters or {}).items()}
        query |= {"page[number]": str(number), "page[size]": str(PAGE_SIZE)}
        if sort:
            query["sort"] = ",".join(sort)
        return self._transport().send(
            "GET",
            "sources",
            lambda document: read_page(document, PAGE_SIZE),
            query=query,
            within=within,
            quiet=quiet,
        )

    def get(self, source_id: str, *, within: float | None = None) -> Source:
        """Return one source.

        Raises:
            NotFoundError: No source has this id.
        """
        return self._transport().send("GET", _path(source_id), read_whole_source, within=within)

    def create(self, attributes: Mapping[str, Any]) -> Source:
        """Create and deploy a source; of the result, only the id is certain.

        Raises:
            LostAnswerError: The source may or may not have been created.
        """
        return self._transport().send(
            "POST",
            "sources",
            read_source,
            body=source_document(attributes),
            secrets=tuple(secrets_in(attributes)),
        )

    def update(self, source_id: str, attributes: Mapping[str, Any]) -> Source:
        """Change the given attributes of a source and nothing else.

        Raises:
            UnreadableReplyError: It was most likely done, but the answer could not be read.
        """
        return self._transport().send(
            "PATCH",
            _path(source_id),
            read_source,
            body=source_document(attributes, source_id),
            secrets=tuple(secrets_in(attributes)),
        )


def _path(source_id: str) -> str:
    return f"sources/{quote(source_id, safe='')}"
