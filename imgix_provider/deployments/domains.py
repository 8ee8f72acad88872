"""The two lists of domains in a deployment; imgix keeps each name unique across all sources.

https://docs.imgix.com/apis/management/sources
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

DOMAIN_NOUNS: Final = {"imgix_subdomains": "subdomain", "custom_domains": "custom domain"}
"""The keys of the two lists, and what a name in each is called."""
DOMAIN_KEYS: Final = tuple(DOMAIN_NOUNS)


class Domain(NamedTuple):
    """A name in one of the lists, in lower case."""

    name: str
    key: str
    position: int


def domains_of(deployment: Any) -> Iterator[Domain]:
    """Yield what is in both lists, without what is not a text or not known yet."""
    for key in DOMAIN_KEYS if isinstance(deployment, Mapping) else ():
        items = deployment.get(key)
        for index, item in enumerate(items if isinstance(items, (list, tuple)) else ()):
            if isinstance(item, str):
                yield Domain(item.lower(), key, index)


def domain_names(deployment: Any) -> set[str]:
    """Return the names in both lists, in lower case."""
    return {domain.name for domain in domains_of(deployment)}
