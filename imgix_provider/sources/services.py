"""What every verb works with, made once per run and shared by its threads.

The verbs are functions of a `Services`, which is frozen. Only its parts change during a run, and
each has its own lock.
"""

from __future__ import annotations

import attrs

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits
from imgix_provider.clock import Clock
from imgix_provider.messages import Notice, Notify, Severity
from imgix_provider.sources.holders import DomainHolders
from imgix_provider.sources.ledger import Ledger
from imgix_provider.sources.reader import SharedReader


@attrs.frozen(kw_only=True)
class Services:
    """The parts that a run is made of."""

    client: SourcesClient
    limits: Limits
    reader: SharedReader
    holders: DomainHolders
    ledger: Ledger
    clock: Clock
    notify: Notify
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


def make_services(
    client: SourcesClient,
    limits: Limits,
    notify: Notify,
    *,
    clock: Clock | None = None,
    check_domains: bool = True,
) -> Services:
    """Put the parts of a run together."""
    clock = clock or Clock()
    reader = SharedReader(client, clock)
    return Services(
        client=client,
        limits=limits,
        reader=reader,
        holders=DomainHolders(client, reader),
        ledger=Ledger(),
        clock=clock,
        notify=notify,
        check_domains=check_domains,
        began=clock.now(),
    )
