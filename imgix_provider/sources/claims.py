"""Finds two sources of one run that declare the same domain.

Domains are unique over all sources of imgix, so the second of the two could never be made. Seen
over all sources of a run this is told in preview, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

import attrs

from imgix_provider.sources.validation import Problem


@attrs.frozen
class _Claim:
    name: str
    domains: frozenset[str]


class Claims:
    """The domains that the sources of this run declare; safe to share between threads."""

    def __init__(self) -> None:
        """Start with no claim."""
        self._claims: dict[str, _Claim] = {}
        self._lock = Lock()

    def problems_of(self, inputs: Mapping[str, Any]) -> list[Problem]:
        """Claim the known domains of a source, and return those that another one claimed before.

        The engine may check one source twice in a run; its own claim is no problem to it.
        """
        domains = dict(_domains_of(inputs))
        claim = _Claim(str(inputs.get("name")), frozenset(domains))
        with self._lock:
            return [
                Problem(path, f'"{domain}" is declared by source "{holder.name}" of this run too')
                for domain, path in domains.items()
                if (holder := self._claims.setdefault(domain, claim)) != claim
            ]


def _domains_of(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    deployment = inputs.get("deployment")
    if not isinstance(deployment, Mapping):
        return
    for key in ("imgix_subdomains", "custom_domains"):
        items = deployment.get(key)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, str):
                yield item, f"deployment.{key}[{index}]"
