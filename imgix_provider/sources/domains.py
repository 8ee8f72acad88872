"""Who holds the domains that a declared source asks for, and the way to go on.

Subdomains and custom domains are unique over all sources of imgix, disabled ones included, so a
refused create or update is most often explained by another source of the same account.
"""

from __future__ import annotations

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.source import Source
from imgix_provider.errors import RefusedError
from imgix_provider.sources.declaration import Declared


def holders_of(
    client: SourcesClient, declared: Declared, but_not: str | None = None
) -> list[Source]:
    """Return the sources, `but_not` the one of this id, that hold a domain of the declared one."""
    found: dict[str, Source] = {}
    wanted = [("imgix_subdomains", name) for name in declared.subdomains]
    wanted += [("custom_domains", name) for name in declared.custom_domains]
    for field, name in wanted:
        if any(name in domains_in(source, field) for source in found.values()):
            continue
        for source in client.list({f"deployment.{field}": name}):
            # Whether imgix compares whole values is not documented, so it is looked again.
            if name in domains_in(source, field) and source.id != but_not:
                found[source.id] = source
    return list(found.values())


def domains_in(source: Source, field: str) -> list[str]:
    """Return the names that a source has in one of its two lists of domains."""
    return [str(item).lower() for item in source.deployment.get(field) or ()]


def taken(verb: str, declared: Declared, holders: list[Source]) -> RefusedError:
    """Return the error that names the holders, and the way to take one over."""
    if verb != "create":
        advice = "Free it there first; if this run does that, run `pulumi up` again."
    elif len(holders) == 1:
        advice = f'To manage that source here, set adopt="{holders[0].id}".'
    else:
        advice = "One source cannot take over several: free the domains of the others first."
    return RefusedError(
        f'imgix refused to {verb} "{declared.name}": '
        + "; ".join(_held(declared, holder) for holder in holders),
        advice,
        status=409,
    )


def _held(declared: Declared, holder: Source) -> str:
    subdomains = [n for n in declared.subdomains if n in domains_in(holder, "imgix_subdomains")]
    customs = [n for n in declared.custom_domains if n in domains_in(holder, "custom_domains")]
    kind = "subdomain" if subdomains else "domain"
    state = "disabled" if holder.enabled is False else "enabled"
    names = ", ".join([*subdomains, *customs])
    return f'{kind} {names} is taken by source {holder.id} "{holder.name}" ({state})'
