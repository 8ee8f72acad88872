"""Finds which sources hold the domains that a declared source asks for, and says what to do.

Subdomains and custom domains are unique across all sources at imgix, including disabled ones, so
the usual reason for a refused create or update is another source in the same account.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.source import Source
from imgix_provider.errors import ImgixError, RefusedError
from imgix_provider.messages import argument
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.reader import SharedReader

MOST_PAGES: Final = 5
"""To find holders, list all sources of an account with up to this many pages of 100."""
_MOST_LOOKUPS: Final = 4
"""In a larger account, look up this many of a source's domains, with a filter for each."""

_NOUNS: Final = {"imgix_subdomains": "subdomain", "custom_domains": "custom domain"}
"""What the two lists of domains hold."""

Domain = tuple[str, str]
"""The key of the deployment, and the name."""


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
        wanted = domains_of(declaration)
        account = self._reader.whole_account(newer_than=newer_than, most_pages=MOST_PAGES)
        if account is not None:
            return _among(account, wanted)
        return self._filtered(wanted, detail)

    def look_up(self, declaration: Declaration) -> list[Source]:
        """Return the current holders, looked up by domain.

        Raises:
            ImgixError: imgix could not be asked.
        """
        return self._filtered(domains_of(declaration), "")

    def known(self, declaration: Declaration, *, newer_than: float) -> list[Source]:
        """Return the holders found in a list that costs little; empty on any failure."""
        try:
            account = self._reader.whole_account(
                newer_than=newer_than, most_pages=MOST_PAGES, glance=True
            )
        except ImgixError:
            return []
        return _among(account or (), domains_of(declaration))

    def _filtered(self, wanted: list[Domain], detail: str) -> list[Source]:
        named = [domain for domain in wanted if domain[1] in detail.lower()]
        found: dict[str, Source] = {}
        for key, name in (named or wanted)[:_MOST_LOOKUPS]:
            if any(name in names_in(source, key) for source in found.values()):
                continue
            for source in self._client.list({f"deployment.{key}": name}):
                # imgix does not document whether it compares whole values, so compare again here.
                if name in names_in(source, key):
                    found[source.id] = source
        return list(found.values())


def domains_of(declaration: Declaration) -> list[Domain]:
    """Return the declared domains in lower case."""
    subdomains = [("imgix_subdomains", str(name).lower()) for name in declaration.subdomains]
    return subdomains + [("custom_domains", str(n).lower()) for n in declaration.custom_domains]


def names_in(source: Source, key: str) -> list[str]:
    """Return the names in one of a source's two lists of domains."""
    return [str(item).lower() for item in source.deployment.get(key) or ()]


def _among(sources: Iterable[Source], wanted: list[Domain]) -> list[Source]:
    return [s for s in sources if any(name in names_in(s, key) for key, name in wanted)]


def held_by(declaration: Declaration, holder: Source) -> str:
    """Say which domains of the declared source `holder` has."""
    held = [
        domain for domain in domains_of(declaration) if domain[1] in names_in(holder, domain[0])
    ]
    kinds = []
    for key, noun in _NOUNS.items():
        names = [name for of, name in held if of == key]
        if names:
            kinds.append(f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}")
    state = "disabled" if holder.enabled is False else "enabled"
    verb = "is" if len(held) == 1 else "are"
    return f'{" and ".join(kinds)} {verb} taken by source {holder.id} "{holder.name}" ({state})'


def advise_adopting(holders: list[Source]) -> str:
    """Say how to create a source whose domains are taken."""
    if len(holders) != 1:
        return "One source cannot adopt several: free the domains of the others first."
    return (
        "If that is a resource of this stack under an earlier name, keep it with "
        f"{argument('aliases', 'EARLIER NAME')}. To manage that source here, set "
        f"{argument('adopt', holders[0].id)}. Deletes come last in a run: to take the domains of a "
        f"source, delete it in an earlier run with {argument('on_delete', 'release')}."
    )


def domain_taken_error(
    verb: str, declaration: Declaration, holders: list[Source], *, may_give: bool
) -> RefusedError:
    """Return the error that names the holders and says what to do.

    Args:
        verb: Whether imgix refused to `create` or to `update`.
        declaration: The declared source.
        holders: The sources that have its domains.
        may_give: Whether one of them can be a source of the run that the engine has yet to come to.
    """
    if verb == "create":
        advice = advise_adopting(holders)
    else:
        advice = "Free it there first, or declare another."
    if may_give:
        advice += (
            " If a resource of this stack gives it up in this run, let this one wait for it with "
            f"{argument('depends_on')}, or run with `--parallel 64`, so that the engine comes to "
            "both."
        )
    return RefusedError(
        f'imgix refused to {verb} "{declaration.name}": '
        + "; ".join(held_by(declaration, holder) for holder in holders),
        advice,
        status=409,
    )
