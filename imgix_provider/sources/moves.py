"""Moves a domain from one source of a run to another, whatever order the engine updates them in.

imgix refuses a domain while another source has it. So before taking a domain, free it: send that
part of the other source's update early. Its own update then has less to send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import DOMAIN_KEYS, domain_names, domains_of
from imgix_provider.errors import (
    CancelledError,
    ImgixError,
    InvalidSourceError,
    RefusedError,
    UnavailableError,
)
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.diff import Changes
from imgix_provider.sources.services import Services
from imgix_provider.sources.transfers import Move, swap_error
from imgix_provider.sources.unserved import kept_back, listed, takers_of
from imgix_provider.sources.update import apply_changes

Answer = TypeVar("Answer")

_LOOKS: Final = 10
_BETWEEN_LOOKS: Final = 0.2
"""After a refusal, check again this often, after this many seconds each, whether the engine has
announced another source of the run that gives up the domain."""
_LONGEST_MOVE: Final = 120
"""The most seconds that one resource waits for another to give up a domain."""


def take_given_domains(
    services: Services, declaration: Declaration, resource: str, source_id: str = ""
) -> set[str]:
    """Free the wanted domains that other sources of this run are known to give up.

    Returns:
        The ids of those sources.

    Raises:
        InvalidSourceError: They swap domains in a circle.
    """
    givers: set[str] = set()
    for domain in domains_of(declaration.deployment):
        move = services.transfers.giver_of(domain.name, {source_id, *givers})
        if move is not None:
            _carry_out(services, move, declaration, resource, source_id)
            givers.add(move.source_id)
    return givers


def free_late_domains(
    services: Services,
    declaration: Declaration,
    givers: set[str],
    resource: str,
    source_id: str = "",
) -> bool:
    """After a refusal, free a wanted domain if the run now learns that another source gives it up.

    Args:
        services: The parts of the run.
        declaration: The declared source that was refused.
        givers: The ids of the sources that have already given up their domains.
        resource: The resource that needs the domain.
        source_id: The id of the declared source, if it exists.

    Returns:
        Whether a domain was freed, so that another try is worthwhile.

    Raises:
        InvalidSourceError: They swap domains in a circle.
    """
    names = [domain.name for domain in domains_of(declaration.deployment)]
    with services.waits.wait(resource):
        move = _late_move(services, declaration.name, names, {source_id, *givers}, resource)
    if move is not None:
        _carry_out(services, move, declaration, resource, source_id)
    return move is not None


def _late_move(
    services: Services, name: str, domains: list[str], but_not: set[str], resource: str
) -> Move | None:
    """Wait for a source that gives up one of the domains, as long as one may come."""
    looks = 0
    told = False
    while True:
        found = (services.transfers.giver_of(domain, but_not) for domain in domains)
        move = next((move for move in found if move is not None), None)
        if move is not None:
            return move
        if looks == _LOOKS:
            if not services.waits.may_end(resource):
                return None
            if not told:
                services.tell(name, "waits for a source of this run that may give up a domain")
            looks, told = 0, True
        looks += 1
        services.clock.pause(_BETWEEN_LOOKS)


def send_with_moves(
    services: Services,
    declaration: Declaration,
    resource: str,
    source_id: str,
    send: Callable[[], Answer],
) -> Answer:
    """Call `send` once other sources of this run have given up the declared source's domains."""
    tried_free = False
    while True:
        givers = take_given_domains(services, declaration, resource, source_id)
        try:
            return send()
        except RefusedError as refusal:
            if free_late_domains(services, declaration, givers, resource, source_id):
                continue
            if tried_free or not is_free_now(services, declaration, refusal, source_id):
                raise
            tried_free = True


def is_free_now(
    services: Services, declaration: Declaration, refusal: RefusedError, source_id: str = ""
) -> bool:
    """Return whether no other source has the domains that a refusal named.

    Whoever had them gave them up while this one waited: a source of another provider of the stack,
    or one that this run replaces.
    """
    names = {
        name for name in domain_names(declaration.deployment) if name in refusal.detail.lower()
    }
    if not names:
        return False
    now = services.clock.now()
    try:
        holders = services.holders.find(declaration, newer_than=now, detail=refusal.detail)
    except ImgixError:
        return False
    return all(holder.id == source_id for holder in holders)


@contextmanager
def own_move(
    services: Services, before: Source, changes: Changes
) -> Iterator[tuple[Source, Changes]]:
    """Yield a source and what is left to send of its own update; note that it gave up its domains.

    If another source took them earlier, part of the update is done, and the source is as imgix
    showed it then.
    """
    move = services.transfers.move_of(before.id)
    if move is None:
        yield before, changes
        return
    begun = _begin(services, move)
    if begun and (missed := services.transfers.missed(move.given)):
        services.transfers.end_move(move, done=False, failed=True)
        raise kept_back(move, missed)
    sent = frozenset(
        key for key, value in move.sent.items() if changes.deployment.get(key) == value
    )
    try:
        yield _after(move, before), changes.without(sent)
    except BaseException:
        if begun:
            services.transfers.end_move(move, done=False, failed=True)
        raise
    if begun:
        services.transfers.end_move(move, done=True)
        if missed := services.transfers.missed(move.given):
            failed = f"{takers_of(missed)} failed to take it"
            text = f"gave up {listed(missed)}, which nobody serves: {failed}"
            services.tell(move.new.name, text, move.source_id, warn=True)


def _after(move: Move, before: Source) -> Source:
    """Return the source after what was sent of its update, or as it was if nothing was."""
    if move.reply is not None and move.reply.complete:
        return attrs.evolve(move.reply, account_id=move.reply.account_id or before.account_id)
    return attrs.evolve(before, deployment={**before.deployment, **move.sent})


def _begin(services: Services, move: Move) -> bool:
    """Begin a move, unless another thread has done it, or does not come to an end."""
    for _ in range(_LONGEST_MOVE):
        services.clock.require_not_cancelled()
        begun = services.transfers.begin_move(move, timeout=1.0)
        if begun is not None:
            return begun
    return False


def _carry_out(
    services: Services, move: Move, taker: Declaration, resource: str, taker_id: str
) -> None:
    """Send imgix what the source gives up, unless that is already done.

    Refuse if it, or the taker, is in a circle of moves: the engine may learn of that only after it
    began to update one of them.
    """
    if others := services.transfers.circle_of(taker_id):
        raise swap_error(taker.name, others)
    if others := services.transfers.circle_of(move.source_id):
        raise swap_error(move.new.name, others)
    if not _begin(services, move):
        return
    done = False
    try:
        freed = _freed(move)
        before = Source(id=move.source_id, name=move.old.name, enabled=move.old.enabled)
        # It may in turn need a domain that a third source gives up.
        kept = attrs.evolve(move.old, deployment={**move.old.deployment, **freed})
        move.reply = send_with_moves(
            services,
            kept,
            resource,
            move.source_id,
            lambda: apply_changes(services, before, Changes(deployment=freed), move.old),
        )
        move.sent = freed
        done = True
        services.tell(
            move.new.name,
            f"gave up {listed(move.given)}, which another source of this run takes",
            move.source_id,
        )
    except (CancelledError, InvalidSourceError):
        raise
    except ImgixError as error:
        # As its own class, it would be taken for an answer about the taker.
        kind = UnavailableError if isinstance(error, UnavailableError) else ImgixError
        text = f'"{move.new.name}" could not give up {listed(move.given)}: {error.problem}'
        raise kind(text, error.advice) from None
    finally:
        services.transfers.end_move(move, done=done)


def _freed(move: Move) -> dict[str, Any]:
    """Return the source's lists of domains without those it gives up."""
    freed: dict[str, Any] = {}
    for key in DOMAIN_KEYS:
        old = list(move.old.deployment.get(key) or ())
        new = list(move.new.deployment.get(key) or ())
        kept = [name for name in old if name in new]
        if kept != old:
            # The last subdomain cannot go before another comes.
            freed[key] = kept if kept or key == "custom_domains" else new
    return freed
