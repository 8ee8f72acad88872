"""What the parts of one run share: the provider, the report, and the end of everything on failure.

The first failure ends a run: steps under way finish, and no other starts.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from imgix_testing.engine.provider_process import ProviderError, ProviderProcess
from imgix_testing.engine.report import Report
from imgix_testing.engine.snapshot import Snapshot

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


class AbortedError(Exception):
    """The run has failed or was cancelled; whoever meets this just stops."""


class Operation:
    """One preview, update, refresh or destroy under way."""

    def __init__(
        self,
        *,
        stack: str,
        project: str,
        preview: bool,
        provider: ProviderProcess,
        snapshot: Snapshot,
        report: Report,
        parallel: int,
    ) -> None:
        self.stack = stack
        self.project = project
        self.preview = preview
        self.provider = provider
        self.snapshot = snapshot
        self.report = report
        self.parallel = parallel
        self._slots = threading.Semaphore(parallel)
        self._running = 0
        self._settled = threading.Condition()
        self._aborted = threading.Event()
        # Set as soon as there is nothing more to wait for, be it success or failure.
        self.over = threading.Event()

    @property
    def aborted(self) -> bool:
        """Whether the run is to end without going on."""
        return self._aborted.is_set()

    def abort(self) -> None:
        """End the run: what is under way finishes, nothing else starts."""
        self._aborted.set()
        self.over.set()

    def cancel(self) -> None:
        """End the run because a person wants it to end, and tell why that may take a while."""
        self.abort()
        self.report.line("Cancelling; steps under way finish first.")

    def fail(self, urn: str, *messages: str) -> AbortedError:
        """Report errors and end the run; the result is for raising."""
        for message in messages:
            self.report.diagnose(urn, "error", message)
        self.abort()
        return AbortedError()

    def ensure_running(self) -> None:
        """Raise if the run is to end."""
        if self.aborted:
            raise AbortedError

    @contextmanager
    def provider_errors(self, urn: str) -> Iterator[None]:
        """Turn what the provider could not do into the failure of the run."""
        try:
            yield
        except ProviderError as error:
            raise self.fail(urn, str(error)) from error

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A place among the operations that run at the same time."""
        with self._slots:
            with self._settled:
                self.ensure_running()
                self._running += 1
            try:
                yield
            finally:
                with self._settled:
                    self._running -= 1
                    self._settled.notify_all()

    def in_parallel(
        self, act: Callable[[_Item], _Made], items: Sequence[_Item]
    ) -> list[_Made | None]:
        """What `act` makes of each item, in order; nothing where the run was aborted before."""
        with ThreadPoolExecutor(self.parallel) as pool:
            try:
                runs = [pool.submit(act, item) for item in items]
                wait(runs)
            except KeyboardInterrupt:
                # Leaving the pool waits for what has not started either, unless it is told.
                self.cancel()
                raise
        return [self._made(run) for run in runs]

    @staticmethod
    def _made(run: "Future[_Made]") -> _Made | None:
        try:
            return run.result()
        except AbortedError:
            return None

    def settle(self, timeout: float) -> bool:
        """Wait until no step is under way; whether that came about."""
        with self._settled:
            return self._settled.wait_for(lambda: self._running == 0, timeout)
