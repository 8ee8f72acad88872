"""The verb delete: imgix has none, so a source is disabled, freed and disabled, or left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import DOMAIN_KEYS, domain_names
from imgix_provider.errors import (
    ConfigurationError,
    ImgixError,
    InvalidSourceError,
    NotFoundError,
    operation_error,
)
from imgix_provider.messages import argument
from imgix_provider.sources.accounts import require_same_account
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.diff import Changes
from imgix_provider.sources.moves import own_move
from imgix_provider.sources.services import Services
from imgix_provider.sources.update import change_and_disable, disable, find_disabled


def retire_source(
    services: Services, source_id: str, properties: Mapping[str, Any], resource: str
) -> None:
    """Do what `on_delete` says, and report it in one line.

    A source that another resource of this run has is left alone.

    Raises:
        InvalidSourceError: Another source of this run was refused a domain that this one has.
        ImgixError: imgix refused, or could not be asked.
    """
    declaration = Declaration.from_properties(properties)
    ledger = services.ledger
    successor = ledger.replacement(source_id)
    other = None if successor else ledger.other_holder(source_id, resource)
    kept = "" if successor or other else _kept(services, source_id, declaration, resource)
    if kept:
        services.tell(declaration.name, f"left as it is: what replaces it {kept}", source_id)
        ledger.leave(source_id, properties, resource)
        return
    ledger.let_go(source_id, resource)
    if other is not None:
        holder = f'resource "{other.rpartition("::")[2]}"' if other else "another resource"
        text = f"left as it is: {holder} of this stack has this source now"
        services.tell(declaration.name, text, source_id)
        return
    refused = None if successor else services.transfers.refused_by(source_id)
    if refused is not None:
        raise InvalidSourceError(
            f'imgix source "{declaration.name}" ({source_id}) was not deleted: "{refused}" of this '
            "stack declares a domain of it, and was refused it in this run",
            "Correct that first: as it is, nobody would serve the domain.",
        )
    on_delete = (successor or declaration).on_delete
    what = "release" if successor and on_delete != "retain" else on_delete
    if what == "retain":
        text = f"left as it is, as {argument('on_delete', 'retain')} asks"
    else:
        try:
            account_id = properties.get("account_id")
            release = what == "release"
            text = _retire(services, source_id, declaration, account_id, release=release)
        except ConfigurationError:
            raise
        except ImgixError as error:
            raise operation_error(what, declaration.name, error) from None
    services.tell(declaration.name, text, source_id)


def _kept(services: Services, source_id: str, declaration: Declaration, resource: str) -> str:
    """Return why its own resource takes the source back after this delete; empty if it does not.

    The engine deletes first if told to replace a source that it has compared, or that is declared
    with `delete_before_replace`. imgix refuses a new source with a domain of the old one, unless
    that is freed; so the old one would only go off and on again.
    """
    if services.ledger.claims_any(resource, {source_id}):
        return "adopts it"
    keeps_domain = (
        declaration.on_delete != "release"
        and services.ledger.claims_any(resource, domain_names(declaration.deployment))
        and _has_a_domain(services, source_id, declaration)
    )
    return "has a domain of it, so the source is kept" if keeps_domain else ""


def _has_a_domain(services: Services, source_id: str, declaration: Declaration) -> bool:
    """Return whether the source still has a domain; a replacement that failed may have freed it."""
    try:
        source = services.reader.read(source_id)
    except NotFoundError:
        return False
    except ImgixError:
        return True
    return bool(domain_names(source.deployment) & domain_names(declaration.deployment))


def _retire(
    services: Services,
    source_id: str,
    declaration: Declaration,
    account_id: str | None,
    *,
    release: bool,
) -> str:
    """Disable the source, after freeing its domains if asked, and return what was done."""
    declared = ", ".join([*declaration.subdomains, *declaration.custom_domains])
    known = Source(id=source_id, name=declaration.name, enabled=declaration.enabled)
    freed = {"imgix_subdomains": [f"released-{source_id}"], "custom_domains": []}
    retired = attrs.evolve(declaration, enabled=False)
    try:
        if release:
            with own_move(services, known, Changes(deployment=freed)) as (now, changes):
                change_and_disable(services, now, changes, retired)
            services.transfers.release(domain_names(declaration.deployment))
            return f"disabled, and {declared} freed: imgix has no delete"
        found = None if declaration.enabled else find_disabled(services, source_id)
        if found is not None:
            kept = _shown_domains(found) or declared
            return f"stays disabled, and keeps {kept}: imgix has no delete"
        kept = _shown_domains(disable(services, source_id)) or declared
    except NotFoundError:
        if require_same_account(services, source_id, declaration.name, account_id):
            return "was already gone"
        if not account_id:
            return "not found in this account, so nothing was disabled"
        raise ConfigurationError(
            f'imgix source "{declaration.name}" ({source_id}) is not in the account of '
            f"imgix:apiKey, which shows no source; the state has it in account {account_id}",
            "Set the key of that account. If the source is gone, `pulumi refresh` takes it out of "
            "the state.",
        ) from None
    return f"disabled, and keeps {kept}: imgix has no delete"


def _shown_domains(source: Source) -> str:
    """Return the domains that imgix shows: a failed replacement may have freed some."""
    return ", ".join(str(name) for key in DOMAIN_KEYS for name in source.deployment.get(key) or ())
