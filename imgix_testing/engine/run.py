"""One run in progress: what its parts share, ending it on failure, deleting, refreshing.

The first failure ends a run: steps in progress finish, and no new ones start. `deployment` handles
what the program declares.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timezone

from attrs import define, evolve, field

from imgix_testing.engine.property_values import same, with_secret_outputs
from imgix_testing.engine.provider_process import ProviderError, ProviderProcess
from imgix_testing.engine.report import Report, Step
from imgix_testing.engine.state import ResourceState, State


class AbortedError(Exception):
    """The run has failed; stop without a further message."""


@define
class Run:
    """One preview, update, refresh or destroy in progress."""

    stack: str
    project: str
    preview: bool
    parallel: int
    provider: ProviderProcess
    state: State
    report: Report
    # The address of the engine's service, which every process of the run is told.
    engine: str = ""
    # Set as soon as there is nothing more to wait for, after success or failure.
    over: threading.Event = field(factory=threading.Event)
    step_failed: bool = False
    _aborted: threading.Event = field(factory=threading.Event)
    _settled: threading.Condition = field(factory=threading.Condition)
    _running: int = 0

    @property
    def aborted(self) -> bool:
        """Whether the run was told to stop."""
        return self._aborted.is_set()

    def abort(self) -> None:
        """End the run: steps in progress finish, nothing else starts."""
        self._aborted.set()
        self.over.set()

    def fail(self, urn: str, *messages: str) -> AbortedError:
        """Report errors and end the run; return an exception to raise."""
        for message in messages:
            self.report.diagnose(urn, "error", message)
        self.abort()
        return AbortedError()

    def fail_step(self, urn: str, message: str) -> AbortedError:
        """End the run because of a failed step; in this case the CLI adds that the run failed."""
        self.step_failed = True
        return self.fail(urn, f"Preview failed: {message}" if self.preview else message)

    def ensure_running(self) -> None:
        """Raise if the run was told to stop."""
        if self.aborted:
            raise AbortedError

    @contextmanager
    def provider_errors(self, urn: str) -> Iterator[None]:
        """Turn an error of the provider into a failure of the run."""
        try:
            yield
        except ProviderError as error:
            raise self.fail_step(urn, str(error)) from error

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a place among the operations that run at the same time."""
        with self._settled:
            self._settled.wait_for(lambda: self._running < self.parallel)
            self.ensure_running()
            self._running += 1
        try:
            yield
        finally:
            with self._settled:
                self._running -= 1
                self._settled.notify_all()

    def settle(self, timeout: float) -> None:
        """Wait until no step is in progress."""
        with self._settled:
            self._settled.wait_for(lambda: self._running == 0, timeout)

    def delete_all(self, resources: list[ResourceState]) -> None:
        """Delete the resources, dependents first; none of them if one is protected."""
        for resource in resources:
            if resource.protect:
                self.fail_step(
                    resource.urn,
                    f'resource "{resource.urn}" cannot be deleted\nbecause it is protected. To '
                    "unprotect the resource, either remove the `protect` flag from the resource in "
                    "your Pulumi program and run `pulumi up`, or use the command:\n"
                    f"`pulumi state unprotect '{resource.urn}'`",
                )
        left = list(resources)
        while left:
            self.ensure_running()
            needed = {urn for resource in left for urn in resource.needs() - {resource.urn}}
            # Only a damaged state has a cycle; then any order will do.
            free = [resource for resource in left if resource.urn not in needed] or left
            self._in_parallel(self._delete, free)
            left = [resource for resource in left if resource not in free]
        self.ensure_running()

    def delete_at_provider(self, old: ResourceState) -> None:
        """Have the provider delete a resource that the stack owns, except in a preview."""
        owned = old.custom and not old.external and not old.retain_on_delete
        if owned and not old.pending_replacement and not self.preview:
            with self.provider_errors(old.urn):
                self.provider.delete(old)

    def refresh_all(self, *, shown: bool) -> None:
        """Ask the provider for the live state of everything, including inputs if it returns them.

        Resources that are gone leave the state. With `shown`, each resource gets a step that says
        what was found; otherwise a step `refresh`, before those of the update that follows.
        """

        def refresh(old: ResourceState) -> None:
            new, step = self._refreshed(old)
            self.report.add(step if shown else Step("refresh", old, old))
            if new is None:
                self.state.forget(old)
            else:
                self.state.put_back([new])

        self._in_parallel(refresh, self.state.olds())
        self.ensure_running()

    def _refreshed(self, old: ResourceState) -> tuple[ResourceState | None, Step]:
        # As with the CLI, these are known again only after the next update.
        kept = evolve(old, property_dependencies={})
        if not old.custom or old.pending_replacement:
            return kept, Step("same", old, kept)
        with self.slot(), self.provider_errors(old.urn):
            live = self.provider.read(old.urn, old.id, inputs=old.inputs, outputs=old.outputs)
            if not live.id:
                return None, Step("delete", old, None)
            new = evolve(
                kept,
                id=live.id,
                inputs=old.inputs if live.inputs is None else live.inputs,
                outputs=with_secret_outputs(live.outputs, old.additional_secret_outputs),
            )
            changed = self._differs(old, new)
        if not same(old.outputs, new.outputs):
            new = evolve(new, modified=now())
        return new, Step("update" if changed else "same", old, new, compare_outputs=changed)

    def _differs(self, old: ResourceState, new: ResourceState) -> bool:
        if old.external:
            return not same(old.outputs, new.outputs)
        # What an update right after this would find, in the opposite direction.
        return self.provider.diff(new, old.inputs)[0]

    def _delete(self, resource: ResourceState) -> None:
        with self.slot():
            self.delete_at_provider(resource)
            self.state.forget(resource)
            self.report.add(Step("discard" if resource.external else "delete", resource, None))

    def _in_parallel(
        self, act: Callable[[ResourceState], None], resources: Sequence[ResourceState]
    ) -> None:
        """Do it for each; skip those not yet started when the run ends."""
        with ThreadPoolExecutor(self.parallel) as pool:
            try:
                begun = [pool.submit(act, resource) for resource in resources]
                wait(begun)
            except KeyboardInterrupt:
                self.abort()
                raise
        for made in begun:
            if not isinstance(made.exception(), AbortedError | None):
                made.result()


def now() -> str:
    """Return the time in the state's format."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
