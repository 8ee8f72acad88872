"""Selects sources of an account by imgix's documented filters and sorts.

Lookups in programs and the command line share these names. The filters are documented on
https://docs.imgix.com/apis/management/sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from imgix_provider.api.source import Page, Source
from imgix_provider.deployments.formats import is_unicode
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.errors import UsageError
from imgix_provider.messages import argument, show, wrong_choice

if TYPE_CHECKING:
    from imgix_provider.api.client import SourcesClient

FILTERS: Final[Mapping[str, str]] = {
    "type": "deployment.type",
    "name": "name",
    "enabled": "enabled",
    "custom_domain": "deployment.custom_domains",
    "imgix_subdomain": "deployment.imgix_subdomains",
    "s3_bucket": "deployment.s3_bucket",
    "gcs_bucket": "deployment.gcs_bucket",
    "azure_bucket": "deployment.azure_bucket",
    "webfolder_base_url": "deployment.webfolder_base_url",
    "bucket_name": "deployment.bucket_name",
    "region": "deployment.region",
    "storage_provider": "deployment.storage_provider",
}
"""Every documented filter: imgix's name by the name of our argument."""

SORTS: Final = ("date_deployed", "enabled", "name")
"""What a list can be sorted by; a leading `-` sorts descending."""

_DOMAINS: Final = ("custom_domain", "imgix_subdomain")


@attrs.frozen
class Query:
    """Which sources to list, in which order."""

    filters: Mapping[str, str] = attrs.field(factory=dict)
    """Values by the names in `FILTERS`; a source must have all of them."""
    sort: tuple[str, ...] = ()

    def matches(self, source: Source) -> bool:
        """Return whether the source matches every filter exactly."""
        return all(
            wanted in _values(source, name, FILTERS[name]) for name, wanted in self.filters.items()
        )

    def run(
        self, client: SourcesClient, on_page: Callable[[Page], None] | None = None
    ) -> Iterator[Source]:
        """Yield the sources, page by page.

        imgix does not document whether its filters match parts of values, so filter again here.
        """
        sent = {FILTERS[name]: wanted for name, wanted in self.filters.items()}
        return filter(self.matches, client.list(sent, self.sort, on_page))


def query_of(given: Mapping[str, Any], sort: str | Sequence[str] | None = None) -> Query:
    """Return the query for the filters that were given a value.

    Raises:
        UsageError: imgix documents no such filter or sort, or the value is invalid.
    """
    filters = {name: value for name, value in given.items() if value is not None}
    sorts = tuple(sort.split(",")) if isinstance(sort, str) else tuple(sort or ())
    for name, value in filters.items():
        if name not in FILTERS:
            known = ", ".join(map(argument, FILTERS))
            raise UsageError(f"unknown filter {argument(name)}; use one of {known}")
        if name == "enabled" and not isinstance(value, bool):
            raise UsageError("enabled must be true or false")
        if name != "enabled" and not (isinstance(value, str) and value):
            raise UsageError(f"{argument(name)} must be a string that is not empty")
        if isinstance(value, str) and not is_unicode(value):
            raise UsageError(
                f"{argument(name)} is not valid UTF-8: {show(value)}",
                "Write it in UTF-8, with a locale that reads it, such as LC_ALL=C.UTF-8.",
            )
    if "type" in filters and filters["type"] not in DEPLOYMENT_CLASSES:
        raise UsageError(f"type {wrong_choice(filters['type'], DEPLOYMENT_CLASSES)}")
    for name in sorts:
        if name.removeprefix("-") not in SORTS:
            raise UsageError(f"sort {wrong_choice(name, SORTS)}; a leading - sorts descending")
    return Query({name: _as_text(name, value) for name, value in filters.items()}, sorts)


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).lower() if name in _DOMAINS else str(value)


def _values(source: Source, name: str, path: str) -> list[str]:
    """Return the values of the source that a filter compares, as text."""
    if name == "enabled":
        return [] if source.enabled is None else [_as_text(name, source.enabled)]
    if name == "name":
        return [] if source.name is None else [source.name]
    held = source.deployment.get(path.removeprefix("deployment."))
    items = held if isinstance(held, list) else [held]
    return [_as_text(name, item) for item in items if isinstance(item, str)]
