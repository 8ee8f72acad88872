"""What one process shares: limits, client, lifecycle, and what is known about the resources.

There is one `Run` per process and settings. If the engine configures a provider more than once with
the same settings, it gets the same `Run`, with all that it has learned. Two accounts in one process
never mix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits
from imgix_provider.clock import Clock
from imgix_provider.deployments.values import secrets_in
from imgix_provider.messages import KnownSecrets, Notice, Notify, to_stderr
from imgix_provider.settings import Settings
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_provider.sources.neighbours import Neighbours
from imgix_provider.sources.services import Services, make_services
from imgix_provider.waits import Waits

if TYPE_CHECKING:
    from imgix_provider.api.transport import Transport


class Run:
    """The parts of a run, put together for one set of settings; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        notify: Notify = to_stderr,
        clock: Clock | None = None,
        before_change: Callable[[], None] | None = None,
        neighbours: Neighbours | None = None,
        waits: Waits | None = None,
    ) -> None:
        """Make the parts; nothing is sent yet.

        Args:
            settings: The key, the address and the limits.
            notify: Shows what the run reports, with every known secret masked.
            clock: Pauses; cancelling it cancels the run.
            before_change: Called before each request that changes something; may raise.
            neighbours: The other providers of the same engine; none by default.
            waits: Tells the program what waits for a domain; by default there is no program.
        """
        self.settings = settings
        self.clock = clock or Clock()
        self.secrets = KnownSecrets()
        self._notify = notify
        limits = Limits(settings, self.clock)

        def connect() -> Transport:
            from imgix_provider.api.transport import Transport

            return Transport(
                settings, limits, notify=self.notify, clock=self.clock, before_change=before_change
            )

        self.client = SourcesClient(connect)
        self.services: Services = make_services(
            self.client,
            limits,
            self.notify,
            clock=self.clock,
            check_domains=settings.check_domains and settings.api_key is not None,
            neighbours=neighbours,
            waits=waits,
        )
        self.lifecycle = Lifecycle(self.services)

    def notify(self, notice: Notice) -> None:
        """Show a notice, with the secrets of this run's sources masked."""
        self._notify(notice.redacted(self.secrets))

    def learn_secrets(self, properties: Mapping[str, Any]) -> None:
        """Remember the secrets among a source's properties, to mask them everywhere."""
        self.secrets.add(secrets_in(properties))


_runs: dict[Settings, Run] = {}
_making = Lock()


def run_for(settings: Settings, make: Callable[[Settings], Run] = Run) -> Run:
    """Return this process's run for these settings; the first call makes it with `make`."""
    with _making:
        if settings not in _runs:
            _runs[settings] = make(settings)
        return _runs[settings]
