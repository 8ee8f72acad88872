"""What a preview tells of domains: what imgix would refuse, unless the run frees them.

It asks imgix for a list of the account, once for all sources of a run. Without a key it says
nothing; if imgix does not answer, it says that. Where a source only learns later that another gives
up a domain, it takes back what it said.
"""

from __future__ import annotations

from typing import Final

from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import domain_names
from imgix_provider.errors import AccessDeniedError, ImgixError, InvalidSourceError
from imgix_provider.messages import argument
from imgix_provider.sources.create import reusable_among
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.diff import describe_reuse
from imgix_provider.sources.holders import FREE_IT_FIRST, advise, held_by
from imgix_provider.sources.services import Services
from imgix_provider.sources.transfers import Refusal

_MANY: Final = 4
"""How many sources the engine works on at once where it works on fewest: four for each core."""


def foresee_create(services: Services, declaration: Declaration, resource: str) -> None:
    """Warn if another source holds a domain of a new source, unless this run frees it."""
    holders = [
        holder
        for holder in _holders(services, declaration)
        if services.ledger.replacement(holder.id) is None
    ]
    wanted = domain_names(declaration.deployment)
    taken = [holder for holder in holders if not services.transfers.frees(holder.id, wanted)]
    if not taken:
        return
    if len(taken) == 1 and services.ledger.is_own(taken[0].id, resource):
        kept = ", so the source is kept"
        if declaration.on_delete == "release":
            kept = (
                ": if the run deletes it first, nobody serves its domains until a new source has "
                "them; otherwise the source is kept"
            )
        text = f"what replaces it has a domain of it{kept}"
        services.foretell(resource, declaration.name, text, taken[0].id)
        return
    reusable = reusable_among(services, declaration, holders)
    if reusable is not None:
        services.transfers.foresee_reuse(reusable.id, declaration.name)
        services.foretell(
            resource,
            declaration.name,
            f"source {reusable.id} has the same name and subdomains and is disabled: it is reused"
            + (f"; this changes {told}" if (told := describe_reuse(reusable, declaration)) else ""),
        )
        return
    refusal = Refusal(declaration.name, wanted, {holder.id for holder in taken})
    services.transfers.foresee_refusal(resource or declaration.name, refusal)
    held = "; ".join(held_by(declaration, holder) for holder in taken)
    services.foretell(
        resource,
        declaration.name,
        f"imgix will refuse to create it, unless this run frees the domain first: {held}. "
        f"{advise('create', taken)}",
        warn=True,
    )


def _holders(services: Services, declaration: Declaration) -> list[Source]:
    """Return the sources that hold a domain; where imgix cannot be asked, none, and say so once."""
    try:
        return services.holders.known(declaration, newer_than=services.began)
    except ImgixError as error:
        refused = isinstance(error, AccessDeniedError)
        text = f"imgix could not be asked whether domains are taken: {error}"
        services.foretell("", None, text, warn=refused)
        return []


def foresee_update(services: Services, source_id: str, old: Declaration, new: Declaration) -> None:
    """Warn if a source outside of the stack has a domain that an update takes.

    Which sources the stack has is known once they have been read, by a refresh. Nothing is said of
    those: they may yet give the domain up.
    """
    gained = domain_names(new.deployment) - domain_names(old.deployment)
    if not (gained and services.check_domains and services.ledger.has_read):
        return
    strangers = [
        holder
        for holder in _holders(services, new)
        if gained & domain_names(holder.deployment) and not services.ledger.is_held(holder.id)
    ]
    if strangers:
        held = "; ".join(held_by(new, holder) for holder in strangers)
        text = f"imgix will refuse to update it: {held}. {FREE_IT_FIRST}"
        services.foretell(source_id, new.name, text, warn=True)


def require_current_state(
    services: Services, source_id: str, old: Declaration, new: Declaration
) -> None:
    """Refuse to go on if the state has a domain twice, and the source that gives it up has it.

    The other source lost it in a run that failed, and would stay without it.

    Raises:
        InvalidSourceError: That is so.
    """
    for domain, giver_id, other in services.transfers.in_two_states(source_id, old, new):
        try:
            giver = services.reader.read(giver_id, glance=True)
        except ImgixError:
            continue
        if domain in domain_names(giver.deployment):
            raise InvalidSourceError(
                f'imgix source "{new.name}" cannot stay as the state has it: {domain} is there '
                f'twice, in "{other}" too, after a run that failed',
                "Run `pulumi up --refresh`, which asks imgix who has it.",
            )


def require_not_reused(services: Services, source_id: str, name: str) -> None:
    """Refuse to go on if a new source, which the run came to earlier, would reuse this one.

    Raises:
        InvalidSourceError: That is so.
    """
    other = services.transfers.reused_by(source_id)
    if other is not None:
        raise InvalidSourceError(
            f'imgix source "{name}" cannot stay here: the new source "{other}" has its name and '
            f"a subdomain of it, and would reuse {source_id}, since it is disabled",
            f"Let the new one come after this one with {argument('depends_on')}, or give it "
            "another name.",
        )


def settle(services: Services, source_id: str, name: str) -> None:
    """Take back the warnings of sources that get all their domains now that this one is known."""
    for refusal in services.transfers.no_longer_refused(source_id):
        services.foretell(
            source_id,
            refusal.name,
            f'imgix can create it: source {source_id} "{name}" gives up its domains in this run',
        )
    if services.transfers.queue() >= _MANY and not services.waits.has_program:
        services.foretell(
            "",
            None,
            f"{_MANY} sources or more wait at once for domains that others give up after them: run "
            "`pulumi up --parallel 64`, so that the engine comes to those too",
        )
