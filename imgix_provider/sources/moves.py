"""Moves a domain from one source of a run to another, whatever order the engine updates them in.

imgix refuses a domain while another source has it. So whoever takes a domain first makes the one
who gives it up do so: on behalf of that source's own update, which then has less to send.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from imgix_provider.api.limits import Quota
from imgix_provider.api.source import Source
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.diff import Changes
from imgix_provider.sources.domains import domains_of
from imgix_provider.sources.ledger import DOMAIN_KEYS, Move
from imgix_provider.sources.services import Services
from imgix_provider.sources.update import patch

_WAIT_FOR_PLAN: Final = 2.0
"""Seconds to wait for the engine to ask about another source of the run, after a refusal."""


def take_given_domains(services: Services, declaration: Declaration, source_id: str = "") -> None:
    """Free the domains of a declared source that other sources of this run are known to give up."""
    for _, name in domains_of(declaration):
        move = services.ledger.giver_of(name, source_id)
        if move is not None:
            _carry_out(services, move)


def free_late_domains(services: Services, declaration: Declaration, source_id: str = "") -> bool:
    """After a refusal, free what a source gives up that the run hears of only now.

    Returns:
        Whether a domain was freed, so that another try is worth it.
    """
    names = [name for _, name in domains_of(declaration)]
    move = services.ledger.wait_for_giver(names, source_id, _WAIT_FOR_PLAN)
    return move is not None and _carry_out(services, move)


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


def _carry_out(services: Services, move: Move) -> bool:
    """Tell imgix what the source gives up, unless that is done; return whether this did it."""
    if not services.ledger.begin_move(move):
        return False
    done = False
    try:
        if move.old.enabled:  # a disabled source takes no change: its own update enables it first
            freed = _freed(move)
            services.limits.spend(Quota.UPDATES)
            patch(services, Source(id=move.source_id, name=move.new.name), {"deployment": freed})
            move.sent = freed
            done = True
            services.tell(
                move.new.name,
                f"gave up {', '.join(sorted(move.given))}, which another source of this run takes",
                move.source_id,
            )
    finally:
        services.ledger.end_move(move, done=done)
    return done


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
