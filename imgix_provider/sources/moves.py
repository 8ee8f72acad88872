"""Moves a domain from one source of a run to another, whatever order the engine updates them in.

imgix refuses a domain while another source has it. So whoever takes a domain first makes the one
who gives it up do so: on behalf of that source's own update, which then has less to send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import attrs

from imgix_provider.api.source import Source
from imgix_provider.errors import RefusedError
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.diff import Changes
from imgix_provider.sources.domains import domains_of
from imgix_provider.sources.ledger import DOMAIN_KEYS, Move
from imgix_provider.sources.services import Services
from imgix_provider.sources.update import apply_changes

Answer = TypeVar("Answer")

_LOOKS: Final = 11
_BETWEEN_LOOKS: Final = 0.2
"""After a refusal, look this often, this many seconds apart, whether the engine has asked about
another source of the run that gives up the domain."""


def take_given_domains(
    services: Services, declaration: Declaration, source_id: str = ""
) -> set[str]:
    """Free the domains of a declared source that other sources of this run are known to give up.

    Returns:
        The ids of those sources.
    """
    givers: set[str] = set()
    for _, name in domains_of(declaration):
        move = services.ledger.giver_of(name, {source_id, *givers})
        if move is not None:
            _carry_out(services, move)
            givers.add(move.source_id)
    return givers


def free_late_domains(
    services: Services, declaration: Declaration, givers: set[str], source_id: str = ""
) -> bool:
    """After a refusal, free what a source gives up that the run hears of only now.

    Args:
        services: The parts of the run.
        declaration: The declared source that was refused.
        givers: The ids of the sources that had given up their domains before.
        source_id: The id of the declared source, where it exists.

    Returns:
        Whether a domain was freed meanwhile, so that another try is worth it.
    """
    names = [name for _, name in domains_of(declaration)]
    for look in range(_LOOKS):
        if look > 0:
            services.clock.pause(_BETWEEN_LOOKS)
        found = (services.ledger.giver_of(name, {source_id, *givers}) for name in names)
        move = next((move for move in found if move is not None), None)
        if move is not None:
            _carry_out(services, move)
            return True
    return False


def send_with_moves(
    services: Services, declaration: Declaration, source_id: str, send: Callable[[], Answer]
) -> Answer:
    """Send what takes the domains of a declared source, as soon as its givers have given."""
    while True:
        givers = take_given_domains(services, declaration, source_id)
        try:
            return send()
        except RefusedError:
            if not free_late_domains(services, declaration, givers, source_id):
                raise


@contextmanager
def own_move(services: Services, source_id: str, changes: Changes) -> Iterator[Changes]:
    """Yield what is left to send of a source's own update, and note that it gave up its domains."""
    move = services.ledger.move_of(source_id)
    if move is None:
        yield changes
        return
    begun = services.ledger.begin_move(move)
    sent = frozenset(
        key for key, value in move.sent.items() if changes.deployment.get(key) == value
    )
    try:
        yield changes.without(sent)
    except BaseException:
        if begun:
            services.ledger.end_move(move, done=False)
        raise
    if begun:
        services.ledger.end_move(move, done=True)


def _carry_out(services: Services, move: Move) -> None:
    """Tell imgix what the source gives up, unless that is done."""
    if not services.ledger.begin_move(move):
        return
    done = False
    try:
        freed = _freed(move)
        before = Source(id=move.source_id, name=move.old.name, enabled=move.old.enabled)
        # What it gives up may have to be replaced by what another one gives up in turn.
        kept = attrs.evolve(move.old, deployment={**move.old.deployment, **freed})
        send_with_moves(
            services,
            kept,
            move.source_id,
            lambda: apply_changes(services, before, Changes(deployment=freed), move.old),
        )
        move.sent = freed
        done = True
        services.tell(
            move.new.name,
            f"gave up {', '.join(sorted(move.given))}, which another source of this run takes",
            move.source_id,
        )
    finally:
        services.ledger.end_move(move, done=done)


def _freed(move: Move) -> dict[str, Any]:
    """Return the lists of domains of a source that has given up what it does."""
    freed: dict[str, Any] = {}
    for key in DOMAIN_KEYS:
        old = list(move.old.deployment.get(key) or ())
        new = list(move.new.deployment.get(key) or ())
        kept = [name for name in old if name in new]
        if kept != old:
            # The last subdomain cannot go before another comes.
            freed[key] = kept if kept or key == "custom_domains" else new
    return freed
