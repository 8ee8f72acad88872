"""What one run does to domains: which source gives up which, and who takes it.

imgix refuses a domain while another source has it. Nothing here sends a request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from threading import Condition
from typing import Any

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import domain_names
from imgix_provider.errors import InvalidSourceError
from imgix_provider.sources.declaration import Declaration


@attrs.define
class Move:
    """A source whose update gives up domains, and whether that has been sent to imgix."""

    source_id: str
    old: Declaration
    new: Declaration
    sent: Mapping[str, Any] = attrs.field(factory=dict)
    """The keys of the deployment already sent on behalf of the source's own update."""
    reply: Source | None = None
    """The source after that, as imgix answered."""
    under_way: bool = False
    done: bool = False
    failed: bool = False
    """Whether the source's own update failed: then it keeps its domains, as the state says."""

    @property
    def given(self) -> set[str]:
        """The domains that the source gives up."""
        return domain_names(self.old.deployment) - domain_names(self.new.deployment)

    @property
    def gained(self) -> set[str]:
        """The domains that the source takes on."""
        return domain_names(self.new.deployment) - domain_names(self.old.deployment)


@attrs.frozen
class Refusal:
    """A new source that imgix would refuse, since other sources hold domains that it needs."""

    name: str
    domains: set[str]
    holders: set[str]
    """The ids of the sources that may yet give the domains up."""


@attrs.define
class Queue:
    """How many sources wait at once for domains that the engine comes to later."""

    _takers: dict[str, tuple[int, set[str]]] = attrs.field(factory=dict)
    """For each source that takes domains, which step of the run it is, and the domains."""
    _waiting: list[int] = attrs.field(factory=list)
    """After each step of the run, how many sources wait for a later one."""

    def take(self, resource: str, domains: set[str]) -> None:
        """Note the next step, a source that takes these domains."""
        if domains and resource not in self._takers:
            self._takers[resource] = len(self._waiting), domains
            self._waiting.append(0)

    def give(self, domains: set[str]) -> None:
        """Note the next step, a source that gives up these domains."""
        for resource, (step, taken) in list(self._takers.items()):
            if taken & domains:
                del self._takers[resource]
                for after in range(step, len(self._waiting)):
                    self._waiting[after] += 1

    @property
    def longest(self) -> int:
        """How many sources wait at once, at most, as far as is known."""
        return max(self._waiting, default=0)


class Transfers:
    """The domains that change hands in one run; safe to share between threads."""

    def __init__(self) -> None:
        """Start with no move."""
        self._changed = Condition()
        self._queue = Queue()
        self._moves: dict[str, Move] = {}
        self._kept: dict[str, tuple[str, str]] = {}
        self._refused: dict[str, Refusal] = {}
        self._waiting: dict[str, str] = {}
        self._released: set[str] = set()
        self._missed: dict[str, str] = {}
        self._reused: dict[str, str] = {}

    def plan_update(self, source_id: str, old: Declaration, new: Declaration) -> list[str]:
        """Note what an update does to domains.

        Returns:
            The names of the other sources in a circle of domain swaps. A run cannot do that, since
            each update would have to come first.
        """
        with self._changed:
            move = Move(source_id, old, new)
            if source_id not in self._moves and (move.given or move.gained):
                self._moves[source_id] = move
                self._queue.take(source_id, move.gained)
                self._queue.give(move.given)
            for domain in domain_names(old.deployment) & domain_names(new.deployment):
                self._kept[domain] = (source_id, new.name)
            self._changed.notify_all()
            return self._circle(self._moves[source_id]) if source_id in self._moves else []

    def plan_create(self, resource: str, domains: set[str]) -> None:
        """Note that a new source takes these domains."""
        with self._changed:
            self._queue.take(resource, domains)

    def queue(self) -> int:
        """Return how many sources wait at once for domains that the run comes to later."""
        with self._changed:
            return self._queue.longest

    def in_two_states(
        self, source_id: str, old: Declaration, new: Declaration
    ) -> list[tuple[str, str, str]]:
        """Return each domain that the state has twice: one source keeps it, and one gives it up.

        Returns:
            The domain, the id of the source that gives it up, and the name of the other source.
        """
        after = domain_names(new.deployment)
        found = []
        with self._changed:
            for domain in sorted(domain_names(old.deployment)):
                giver = self.giver_of(domain, {source_id}) if domain in after else None
                keeper, name = self._kept.get(domain, (source_id, ""))
                if giver is not None:
                    found.append((domain, giver.source_id, giver.new.name))
                elif domain not in after and keeper != source_id:
                    found.append((domain, source_id, name))
        return found

    def frees(self, source_id: str, domains: set[str]) -> bool:
        """Return whether this run is known to take from a source all these domains that it has."""
        with self._changed:
            move = self._moves.get(source_id)
            return move is not None and not (domains & domain_names(move.new.deployment))

    def foresee_reuse(self, source_id: str, name: str) -> None:
        """Note that a new source, with this name, reuses this one, which is disabled."""
        with self._changed:
            self._reused[source_id] = name

    def reused_by(self, source_id: str) -> str | None:
        """Return the name of a new source that was foreseen to reuse this one, or None."""
        with self._changed:
            return self._reused.get(source_id)

    def foresee_refusal(self, resource: str, refusal: Refusal) -> None:
        """Note that imgix would refuse to create a resource's source."""
        with self._changed:
            self._refused[resource] = refusal

    def no_longer_refused(self, source_id: str) -> list[Refusal]:
        """Return the new sources that imgix takes now that this source gives up its domains."""
        with self._changed:
            freed = {
                resource: attrs.evolve(refusal, holders=refusal.holders - {source_id})
                for resource, refusal in self._refused.items()
                if source_id in refusal.holders and self.frees(source_id, refusal.domains)
            }
            self._refused.update(freed)
            return [refusal for refusal in freed.values() if not refusal.holders]

    def release(self, domains: set[str]) -> None:
        """Note that a source that this run deletes has freed these domains."""
        with self._changed:
            self._released |= domains

    def unserved(self, domains: set[str]) -> set[str]:
        """Return those of the domains that this run took from a source, for another to take."""
        with self._changed:
            given = (move.given for move in self._moves.values() if move.done)
            return domains & self._released.union(*given)

    def miss(self, domains: set[str], name: str) -> None:
        """Note that a source, with this name, failed to take these domains in this run."""
        with self._changed:
            self._missed.update(dict.fromkeys(domains, name))

    def missed(self, domains: set[str]) -> dict[str, str]:
        """Return those of the domains that a source failed to take, with its name."""
        with self._changed:
            return {domain: self._missed[domain] for domain in domains if domain in self._missed}

    def refuse(self, source_id: str, name: str) -> None:
        """Note that a source was refused a domain, since this other source has it."""
        with self._changed:
            self._waiting[source_id] = name

    def refused_by(self, source_id: str) -> str | None:
        """Return the name of a source that was refused a domain of this one, or None."""
        with self._changed:
            return self._waiting.get(source_id)

    def giver_of(self, domain: str, but_not: Collection[str]) -> Move | None:
        """Return the planned update that gives up a domain, from any source but these."""
        with self._changed:
            moves = (
                move
                for move in self._moves.values()
                if move.source_id not in but_not and not move.failed
            )
            return next((move for move in moves if domain in move.given), None)

    def move_of(self, source_id: str) -> Move | None:
        """Return what this run is known to do to the domains of a source, or None."""
        with self._changed:
            return self._moves.get(source_id)

    def failed_to_give(self, source_id: str) -> bool:
        """Return whether a source was to give up domains, and its own update failed."""
        with self._changed:
            move = self._moves.get(source_id)
            return move is not None and move.failed

    def circle_of(self, source_id: str) -> list[str]:
        """Return the names of the other sources in a circle of planned moves, if there is one."""
        with self._changed:
            move = self._moves.get(source_id)
            return self._circle(move) if move is not None else []

    def begin_move(self, move: Move, timeout: float) -> bool | None:
        """Begin to carry out the move, unless it is done.

        Returns:
            Whether it is still to be done, and can be; None if another thread is at it for longer
            than `timeout`, in seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: not move.under_way, timeout):
                return None
            move.under_way = not (move.done or move.failed)
            return move.under_way

    def end_move(self, move: Move, *, done: bool, failed: bool = False) -> None:
        """Note how carrying out a move ended, and whether it failed as the source's own update."""
        with self._changed:
            move.under_way = False
            move.done = move.done or done
            move.failed = failed and not move.done
            self._changed.notify_all()

    def _circle(self, start: Move) -> list[str]:
        """Return the names of the other sources in a circle of moves that `start` is part of."""
        path: list[Move] = []
        seen: set[str] = set()

        def leads_back(move: Move) -> bool:
            for other in self._moves.values():
                if not (move.gained & other.given):
                    continue
                if other is start:
                    return True
                if other.source_id not in seen:
                    seen.add(other.source_id)
                    path.append(other)
                    if leads_back(other):
                        return True
                    path.pop()
            return False

        return [move.new.name for move in path] if leads_back(start) else []


def swap_error(name: str, others: list[str]) -> InvalidSourceError:
    """Return the error of a source that swaps domains with others, and say what to do instead."""
    titles = " and ".join(f'"{other}"' for other in others)
    return InvalidSourceError(
        f'imgix source "{name}" cannot be updated',
        f"It swaps domains with {titles}, which one run cannot do: imgix keeps each domain unique "
        "at every step. Do it in two: first declare another domain for one of them, in place of "
        "the one that it swaps, and run `pulumi up`; then declare the swap and run it again.",
    )
