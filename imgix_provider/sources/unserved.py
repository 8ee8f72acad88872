"""What errors say of domains that change hands: who holds them, and what nobody serves.

A run may free a domain and then fail to give it to the source that takes it. The error of that
source says so, and a source that has not given its domain up yet keeps it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import domain_names
from imgix_provider.errors import (
    ImgixError,
    InvalidSourceError,
    RefusedError,
    UnavailableError,
)
from imgix_provider.messages import argument
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.holders import advise, held_by
from imgix_provider.sources.services import Services
from imgix_provider.sources.transfers import Move


def explain_unserved(services: Services, declaration: Declaration, error: ImgixError) -> ImgixError:
    """Add to the error of a source the domains that wait for it, which nobody serves meanwhile.

    A source that has not given one up yet keeps it from now on.
    """
    wanted = domain_names(declaration.deployment)
    services.transfers.miss(wanted, declaration.name)
    if names := services.transfers.unserved(wanted):
        unsure = isinstance(error, UnavailableError)
        until = "Unless it was carried out after all" if unsure else "Until that works"
        waiting = f"{until}, nobody serves {listed(names)}."
        error.advice = f"{error.advice} {waiting}".strip()
    return error


def explain_given(services: Services, source_id: str, error: ImgixError) -> ImgixError:
    """Add to the error of an update that its domains have been given up, or may have been."""
    move = services.transfers.move_of(source_id)
    if move is not None and move.given and (move.sent or isinstance(error, UnavailableError)):
        gave = "gave" if move.sent else "may have given"
        given = (
            f"It {gave} up {listed(move.given)} before, which the state does not know: "
            "the next time, run `pulumi up --refresh`."
        )
        error.advice = f"{error.advice} {given}".strip()
    return error


def domain_taken_error(
    services: Services, verb: str, declaration: Declaration, holders: list[Source]
) -> RefusedError:
    """Return the error that names the holders of domains and says what to do, and note it.

    Args:
        services: The parts of the run.
        verb: Whether imgix refused to `create` or to `update`.
        declaration: The declared source.
        holders: The other sources that have its domains.
    """
    for holder in holders:
        services.transfers.refuse(holder.id, declaration.name)
    advice = advise(verb, holders)
    failed = (each.name for each in holders if services.transfers.failed_to_give(each.id))
    if any(services.ledger.replacement(holder.id) is not None for holder in holders):
        advice = (
            "That is what it replaces: let Pulumi delete it first, without "
            f"{argument('delete_before_replace', False)} and {argument('retain_on_delete', True)}; "
            f"or change the type in place, with {argument('on_type_change', 'update')}."
        )
    elif giver := next(failed, None):
        advice = f'"{giver}" was to give it up, and its own update failed: correct that first.'
    elif any(_may_yet_give(services, holder) for holder in holders):
        advice += (
            " If the update of another resource gives it up in this run, let this one wait for it "
            f"with {argument('depends_on')}, or run with `--parallel 64`, so that the engine comes "
            "to both. If that one waits for this one, give the domain up in an earlier run."
        )
    return RefusedError(
        f'imgix refused to {verb} "{declaration.name}": '
        + "; ".join(held_by(declaration, holder) for holder in holders),
        advice,
        status=409,
    )


def _may_yet_give(services: Services, holder: Source) -> bool:
    """Return whether the source may be one of this run that gives up a domain.

    That is so until the engine has compared it with its declaration, and also if it did so only
    after the last try to take the domain. After a refresh, a source that was not read is none of
    the stack's; a deleted one is nobody's.
    """
    is_stranger = services.ledger.has_read and not services.ledger.is_held(holder.id)
    if holder.is_deleted or is_stranger:
        return False
    if services.ledger.keeper(holder.id, "") is None:
        return True
    return services.transfers.move_of(holder.id) is not None


def kept_back(move: Move, missed: Mapping[str, str]) -> InvalidSourceError:
    """Return the error of a source that keeps domains which others `missed` in this run."""
    return InvalidSourceError(
        f'imgix source "{move.new.name}" ({move.source_id}) was not updated: {takers_of(missed)} '
        f"of this stack takes {listed(missed)} from it, and failed to in this run",
        "Correct that first: as it is, nobody would serve it.",
    )


def takers_of(missed: Mapping[str, str]) -> str:
    """Return the names of the sources that failed to take domains."""
    return " and ".join(f'"{name}"' for name in sorted(set(missed.values())))


def listed(domains: Collection[str]) -> str:
    """Return domains as a list in a sentence."""
    return ", ".join(sorted(domains))
