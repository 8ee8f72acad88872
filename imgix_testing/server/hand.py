"""What someone in the dashboard, or a test, can do to an account without requests."""

import copy
import threading
from collections.abc import Callable
from typing import Any

import attrs

from imgix_testing.server.account import Account
from imgix_testing.server.rates import Limits, Meters
from imgix_testing.server.source import StoredSource


class SimulatedAccount:
    """An account of a simulated API: its key, its sources, and hand edits."""

    def __init__(
        self,
        api_key: str,
        account: Account,
        meters: Meters,
        lock: threading.RLock,
        after_change: Callable[[], None],
    ) -> None:
        """Wrap an account; hold `lock` while reading or changing it."""
        self.api_key = api_key
        self._account = account
        self._meters = meters
        self._lock = lock
        self._after_change = after_change

    @property
    def account_id(self) -> str | None:
        """The account id that its sources show."""
        return self._account.id

    @property
    def sources(self) -> dict[str, StoredSource]:
        """A copy of all sources by id, oldest first, secrets included."""
        with self._lock:
            return copy.deepcopy(self._account.sources)

    def source(self, source_id: str) -> StoredSource:
        """Return a copy of one source; KeyError if there is none."""
        return self.sources[source_id]

    def add_source(
        self,
        *,
        name: str = "Added by hand",
        deployment: dict[str, Any] | None = None,
        enabled: bool = True,
    ) -> str:
        """Add a deployed source, however odd, and return its id."""
        with self._lock:
            source = self._account.add(name, deployment or {}, enabled=enabled)
            self._after_change()
            return source.id

    def edit(self, source_id: str, **changes: Any) -> None:
        """Change `name`, `enabled` or keys of `deployment` as someone in the dashboard would."""
        unknown = sorted(set(changes) - {"name", "enabled", "deployment"})
        if unknown:
            raise TypeError(f"a source has no {unknown[0]} to edit")
        with self._lock:
            self._account.edit(source_id, changes)
            self._after_change()

    def delete(self, source_id: str) -> None:
        """Delete a source as imgix itself may: its record stays, with the status `deleted`."""
        with self._lock:
            kept = self._account.find(source_id)
            gone = attrs.evolve(kept, enabled=False, deleted=True)
            self._account.sources[source_id] = gone
            self._after_change()

    def refuse_access_key(self, access_key: str, times: int | None = None) -> None:
        """Refuse POSTs and PATCHes with this S3 access key, always or `times` times."""
        with self._lock:
            self._account.refused_access_keys[access_key] = times

    def settings(self) -> dict[str, Any]:
        """Return the current values of what `configure` can change."""
        with self._lock:
            return {**attrs.asdict(self._account.settings), **attrs.asdict(self._meters.limits)}

    def configure(self, **changes: Any) -> None:
        """Change settings while it runs: deploy times, limits, defaults."""
        limits = {field.name for field in attrs.fields(Limits)}
        with self._lock:
            self._account.settings = attrs.evolve(
                self._account.settings, **_only(changes, lambda name: name not in limits)
            )
            self._meters.limits = attrs.evolve(
                self._meters.limits, **_only(changes, lambda name: name in limits)
            )


def _only(changes: dict[str, Any], wanted: Callable[[str], bool]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if wanted(name)}
