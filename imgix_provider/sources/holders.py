"""Finds which sources hold the domains that a declared source asks for, and says what to do.

Subdomains and custom domains are unique across all sources at imgix, including disabled ones, so
the usual reason for a refused create or update is another source in the same account.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import DOMAIN_NOUNS, domain_names, domains_of
from imgix_provider.messages import argument
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.reader import SharedReader

MOST_PAGES: Final = 5
"""To find holders, list all sources of an account with up to this many pages of 100."""
_MOST_LOOKUPS: Final = 4
"""In a larger account, look up this many of a source's domains, with a filter for each."""

FREE_IT_FIRST: Final = "Free it there first, or declare another."
"""What to do about a domain that an update takes from a source outside of the stack."""


class DomainHolders:
    """Finds the holders of domains, with lookups that all sources of a run share."""

    def __init__(self, client: SourcesClient, reader: SharedReader) -> None:
        """Ask through `client` and `reader`."""
        self._client = client
        self._reader = reader

    def find(
        self, declaration: Declaration, *, newer_than: float, detail: str = ""
    ) -> list[Source]:
        """Return the sources that hold a domain of the declared one.

        Args:
            declaration: The declared source.
            newer_than: A time of the clock; lists from before it do not count.
            detail: What imgix said; if it names domains, only those are looked up.

        Raises:
            ImgixError: imgix could not be asked.
        """
        account = self._reader.whole_account(newer_than=newer_than, most_pages=MOST_PAGES)
        if account is not None:
            return _among(account, declaration)
        return self._filtered(declaration, detail)

    def look_up(self, declaration: Declaration) -> list[Source]:
        """Return the current holders, looked up by domain.

        Raises:
            ImgixError: imgix could not be asked.
        """
        return self._filtered(declaration, "")

    def known(self, declaration: Declaration, *, newer_than: float) -> list[Source]:
        """Return the holders found in a list that costs little; empty if the account is large.

        Raises:
            ImgixError: imgix could not be asked.
        """
        account = self._reader.whole_account(
            newer_than=newer_than, most_pages=MOST_PAGES, glance=True
        )
        return _among(account or (), declaration)

    def _filtered(self, declaration: Declaration, detail: str) -> list[Source]:
        wanted = list(domains_of(declaration.deployment))
        named = [domain for domain in wanted if domain.name in detail.lower()]
        found: dict[str, Source] = {}
        for domain in (named or wanted)[:_MOST_LOOKUPS]:
            if any(domain.name in domain_names(source.deployment) for source in found.values()):
                continue
            for source in self._client.list({f"deployment.{domain.key}": domain.name}):
                # imgix does not document whether it compares whole values, so compare again here.
                if domain.name in domain_names(source.deployment):
                    found[source.id] = source
        return list(found.values())


def held_by(declaration: Declaration, holder: Source) -> str:
    """Say which domains of the declared source `holder` has."""
    theirs = domain_names(holder.deployment)
    held: dict[str, list[str]] = {}
    for domain in domains_of(declaration.deployment):
        if domain.name in theirs:
            held.setdefault(domain.key, []).append(domain.name)
    kinds = [
        f"{DOMAIN_NOUNS[key]}{'s' if len(names) > 1 else ''} {', '.join(names)}"
        for key, names in held.items()
    ]
    verb = "is" if sum(map(len, held.values())) == 1 else "are"
    state = "disabled" if holder.enabled is False else "enabled"
    state = "deleted" if holder.is_deleted else state
    return f'{" and ".join(kinds)} {verb} taken by source {holder.id} "{holder.name}" ({state})'


def advise(verb: str, holders: list[Source]) -> str:
    """Say how to `create` or `update` a source whose domains are taken."""
    deletes = (
        "To take the domains of a source, delete it in an earlier run with "
        f"{argument('on_delete', 'release')}: deletes come last in a run."
    )
    if verb == "update":
        return f"{FREE_IT_FIRST} {deletes}"
    if len(holders) != 1:
        return f"One source cannot adopt several: free the domains of the others first. {deletes}"
    if holders[0].is_deleted:
        return "It cannot be adopted: declare another domain, or ask imgix to free that one."
    return (
        "If that is this resource under an earlier name or parent, keep it with "
        f"{argument('aliases', 'EARLIER NAME')}; if it is what this resource has, leave "
        f"`--replace` out. To manage it here, set {argument('adopt', holders[0].id)}. {deletes}"
    )


def _among(sources: Iterable[Source], declaration: Declaration) -> list[Source]:
    wanted = domain_names(declaration.deployment)
    return [source for source in sources if wanted & domain_names(source.deployment)]
