"""What every verb works with, made once per run and shared by its threads.

The verbs are functions of a `Services`, which is frozen. Only its parts change during a run, and
each has its own lock.
"""

from __future__ import annotations

from threading import Lock

import attrs

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits
from imgix_provider.clock import Clock
from imgix_provider.messages import Notice, Notify, Severity
from imgix_provider.sources.holders import DomainHolders
from imgix_provider.sources.ledger import Ledger
from imgix_provider.sources.neighbours import Neighbours
from imgix_provider.sources.reader import SharedReader
from imgix_provider.sources.transfers import Transfers
from imgix_provider.waits import Waits


class Foretold:
    """What was said of steps to come; safe to share between threads."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._lock = Lock()
        self._said: set[tuple[str, Notice]] = set()

    def is_new(self, about: str, notice: Notice) -> bool:
        """Return whether this was not said before about that resource or source."""
        with self._lock:
            new = (about, notice) not in self._said
            self._said.add((about, notice))
            return new


@attrs.frozen(kw_only=True)
class Services:
    """The parts that a run is made of."""

    client: SourcesClient
    limits: Limits
    reader: SharedReader
    holders: DomainHolders
    ledger: Ledger
    transfers: Transfers
    waits: Waits
    clock: Clock
    notify: Notify
    foretold: Foretold = attrs.field(factory=Foretold)
    check_domains: bool = True
    """Whether to look for the holders of domains before creating a source."""
    began: float
    """When the run began, as a time of the clock."""

    def tell(
        self,
        name: str,
        text: str,
        source_id: str | None = None,
        *,
        warn: bool = False,
        unfinished: bool = False,
    ) -> None:
        """Tell the waiting person something about a source.

        Args:
            name: The source's display name.
            text: One line, which does not name the source.
            source_id: The source's id, if known and useful.
            warn: Whether it is a warning.
            unfinished: Whether the source is stored, but not as declared.
        """
        severity = Severity.WARNING if warn else Severity.INFO
        self.notify(Notice(severity, text, name, source_id, unfinished))

    def foretell(
        self,
        about: str,
        name: str | None,
        text: str,
        source_id: str | None = None,
        *,
        warn: bool = False,
    ) -> None:
        """Tell what a step will do, once: with `--refresh`, the engine compares a source twice.

        Args:
            about: The resource's URN or the source's id, as the caller has it; empty for the run.
            name: The source's display name, or None for the run.
            text: One line, which does not name the source.
            source_id: The source's id, if known and useful.
            warn: Whether it is a warning.
        """
        notice = Notice(Severity.WARNING if warn else Severity.INFO, text, name, source_id)
        if self.foretold.is_new(about, notice):
            self.notify(notice)


def make_services(
    client: SourcesClient,
    limits: Limits,
    notify: Notify,
    *,
    clock: Clock | None = None,
    check_domains: bool = True,
    neighbours: Neighbours | None = None,
    waits: Waits | None = None,
) -> Services:
    """Put the parts of a run together."""
    clock = clock or Clock()
    reader = SharedReader(client, clock)
    return Services(
        client=client,
        limits=limits,
        reader=reader,
        holders=DomainHolders(client, reader),
        ledger=Ledger(neighbours),
        transfers=Transfers(),
        waits=waits or Waits(),
        clock=clock,
        notify=notify,
        check_domains=check_domains,
        began=clock.now(),
    )
