"""A stack's resources while a run changes them, saved after every finished step.

Keeps apart what earlier runs left, what this run has made of it, and what waits to be deleted
because it is replaced. What becomes of a resource is decided in `deployment`.
"""

import threading

from attrs import evolve

from imgix_testing.engine.stack_state import ResourceState, StateFile


class Snapshot:
    """The resources of a stack; a preview's changes stay in memory."""

    def __init__(self, file: StateFile, *, save: bool) -> None:
        self._file = file
        self._saves = save
        self._lock = threading.RLock()
        self._news: dict[str, ResourceState] = {}
        self._renamed: dict[str, str] = {}
        self._take(file.load())

    def old(self, urn: str) -> ResourceState | None:
        """What an earlier run left under this name, if this run has not dealt with it."""
        with self._lock:
            return self._olds.get(urn)

    def registered(self, urn: str) -> ResourceState | None:
        """What this run has made of the resource."""
        with self._lock:
            return self._news.get(urn)

    def unclaimed(self) -> list[ResourceState]:
        """What is in no part of the program any more, or replaced: what is to be deleted."""
        with self._lock:
            return [*self._replaced, *self._olds.values()]

    def resources(self) -> list[ResourceState]:
        """Everything there is, under its newest name."""
        with self._lock:
            every = [*self._news.values(), *self._replaced, *self._olds.values()]
            there = {resource.urn for resource in every}
            return [_with_present(item.renamed(self._renamed), there) for item in every]

    def rename(self, old_urn: str, new_urn: str) -> None:
        """Let an old resource go by the name that the program gives it now."""
        with self._lock:
            old = self._olds.pop(old_urn)
            self._olds[new_urn] = evolve(old, urn=new_urn)
            self._renamed[old_urn] = new_urn

    def record(self, resource: ResourceState) -> None:
        """Save what a step made of a resource."""
        with self._lock:
            self._olds.pop(resource.urn, None)
            self._news[resource.urn] = resource
            self._save()

    def record_replacement(self, resource: ResourceState) -> None:
        """Save a replacement; the replaced resource stays until it is deleted."""
        with self._lock:
            old = self._olds.pop(resource.urn)
            self._replaced.append(evolve(old, delete=True))
            self._news[resource.urn] = resource
            self._save()

    def await_replacement(self, resource: ResourceState) -> None:
        """Save that a resource is deleted, and that its replacement is still to come."""
        with self._lock:
            self._olds[resource.urn] = evolve(resource, pending_replacement=True)
            self._save()

    def restore(self, resources: list[ResourceState]) -> None:
        """Put resources in place of all that earlier runs left."""
        with self._lock:
            self._take(resources)
            self._save()

    def forget(self, resource: ResourceState) -> None:
        """Save that a resource is gone."""
        with self._lock:
            if resource in self._replaced:
                self._replaced.remove(resource)
            else:
                self._olds.pop(resource.urn, None)
            self._save()

    def _take(self, resources: list[ResourceState]) -> None:
        self._replaced = [resource for resource in resources if resource.delete]
        self._olds = {resource.urn: resource for resource in resources if not resource.delete}

    def _save(self) -> None:
        if self._saves:
            self._file.save(self.resources())


def _with_present(resource: ResourceState, there: set[str]) -> ResourceState:
    """The resource without dependencies on what is gone, which could never be deleted first."""
    if resource.needs() <= there:
        return resource
    return evolve(
        resource,
        dependencies=tuple(urn for urn in resource.dependencies if urn in there),
        property_dependencies={
            key: [urn for urn in urns if urn in there]
            for key, urns in resource.property_dependencies.items()
        },
    )
