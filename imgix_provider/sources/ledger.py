"""What one run knows about its own resources: which declares which domain and has which source.

imgix keeps domains unique and knows nothing about stacks, so conflicts between two resources of a
run only show when looking at all of them. Nothing here sends a request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from threading import RLock
from typing import Any

from imgix_provider.deployments.values import Unknown
from imgix_provider.sources.claims import Claim, claims_of
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.neighbours import Neighbours
from imgix_provider.sources.validation import Problem


class Hold(Enum):
    """How a resource of this run got its source."""

    READ = "read"
    KEPT = "kept"
    """It was compared with its declaration, and stays."""
    MADE = "made"
    """This run created, adopted or reused it."""


class Ledger:
    """The resources of one run; safe to share between threads.

    A resource is identified by its URN. If an adapter does not know it, the URN is empty, and
    conflicts that need it are not found.
    """

    def __init__(self, neighbours: Neighbours | None = None) -> None:
        """Start with no resource; `neighbours` are the other providers of the run."""
        self._neighbours = neighbours or Neighbours()
        self._lock = RLock()
        self._claims: dict[str, Claim] = {}
        self._holds: dict[str, dict[str, Hold]] = {}
        # Each resource that was checked, with the source that it stays with once that is known.
        self._declared: dict[str, str | None] = {}
        self._replaced: dict[str, Declaration] = {}
        self._left: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._has_read = False

    def claim(
        self, resource: str, inputs: Mapping[str, Any], is_unknown: Unknown, *, creates: bool
    ) -> list[Problem]:
        """Claim what a resource asks for, and return what another one of this run already claimed.

        The engine may check a resource twice in a run; its own claim is not a problem.
        """
        with self._lock:
            self._declared[resource] = None
            problems = []
            for claim in claims_of(resource, inputs, is_unknown, creates=creates):
                other = self._claims.setdefault(claim.subject, claim)
                if not claim.is_of_the_same_resource(other):
                    problems.append(claim.conflict(other))
                elif claim.path == "adopt":
                    self._neighbours.note(claim.subject, resource)
            return problems

    def claims_any(self, resource: str, subjects: Collection[str]) -> bool:
        """Return whether a resource declares one of these domains, or to adopt one of these ids."""
        with self._lock:
            claims = (self._claims.get(subject) for subject in subjects)
            return any(claim is not None and claim.resource == resource for claim in claims)

    def hold(self, source_id: str, resource: str, hold: Hold) -> None:
        """Note that a resource has a source."""
        with self._lock:
            self._has_read = self._has_read or hold is Hold.READ
            holds = self._holds.setdefault(source_id, {})
            if holds.get(resource) is not Hold.MADE:
                holds[resource] = hold
        if hold is not Hold.KEPT:  # what is kept may still be replaced
            self._neighbours.note(source_id, resource, is_read=hold is Hold.READ)

    def is_declared(self, resource: str) -> bool:
        """Return whether the program has come to a resource: its check is the first verb of it.

        True as well if the adapter does not know the resource.
        """
        with self._lock:
            return not resource or resource in self._declared

    def stay(self, source_id: str, resource: str) -> None:
        """Note that a resource that is declared keeps its source: it is not replaced."""
        with self._lock:
            self._declared[resource] = source_id
        self._neighbours.note(source_id, resource)

    @property
    def has_read(self) -> bool:
        """Whether the run began with a refresh, which reads every source that it may change."""
        with self._lock:
            return self._has_read or self._neighbours.has_read()

    def let_go(self, source_id: str, resource: str) -> None:
        """Note that a resource no longer has a source."""
        with self._lock:
            self._holds.get(source_id, {}).pop(resource, None)

    def other_holder(self, source_id: str, resource: str) -> str | None:
        """Return another resource of this run, of any provider, that has the source, or None.

        This includes a resource that adopted or reused the source in this run, or that stays as it
        is, even the same one: what is being deleted is its earlier self. It also includes one that
        declares to adopt the source, even if that failed.
        """
        with self._lock:
            adopter = self.adopter(source_id, resource)
            if adopter is not None:
                return adopter
            if resource and self._declared.get(resource) == source_id:
                return resource
            for holder, hold in self._holds.get(source_id, {}).items():
                if holder != resource or (hold is Hold.MADE and resource):
                    return holder
            return self._neighbours.keeper(source_id)

    def adopter(self, source_id: str, resource: str) -> str | None:
        """Return another resource of this run that declares to adopt the source, or None."""
        with self._lock:
            claim = self._claims.get(source_id)
            adopts = claim is not None and claim.path == "adopt" and claim.resource != resource
            return claim.resource if claim is not None and adopts else None

    def keeper(self, source_id: str, resource: str) -> str | None:
        """Return another resource, of any provider, that has the source and keeps it, or None."""
        with self._lock:
            holds = self._holds.get(source_id, {}).items()
            keepers = [r for r, hold in holds if r != resource and hold is not Hold.READ]
        if keepers:
            return keepers[0]
        other = self._neighbours.keeper(source_id)
        return None if other == resource else other

    def is_own(self, source_id: str, resource: str) -> bool:
        """Return whether this run has seen that the resource itself has the source."""
        with self._lock:
            return bool(resource) and resource in self._holds.get(source_id, {})

    def is_held(self, source_id: str) -> bool:
        """Return whether a resource of this run has the source."""
        with self._lock:
            return bool(self._holds.get(source_id)) or self._neighbours.knows(source_id)

    def is_made_here(self, source_id: str) -> bool:
        """Return whether this run made, adopted or reused the source."""
        with self._lock:
            return Hold.MADE in self._holds.get(source_id, {}).values()

    def leave(self, source_id: str, properties: Mapping[str, Any], resource: str) -> None:
        """Note that a delete left a source, with these properties, to what replaces it."""
        with self._lock:
            self._left[resource] = source_id, properties

    def left(self, resource: str) -> tuple[str, Mapping[str, Any]] | None:
        """Return the source that a delete of this run left to a resource, with its properties."""
        with self._lock:
            return self._left.pop(resource, None)

    def plan_replace(self, source_id: str, declaration: Declaration) -> None:
        """Note that a new source with this declaration replaces this one."""
        with self._lock:
            self._replaced[source_id] = declaration
            self._holds.pop(source_id, None)

    def replacement(self, source_id: str) -> Declaration | None:
        """Return the declaration of the source that replaces this one, or None."""
        with self._lock:
            return self._replaced.get(source_id)
