"""The simulated imgix Sources API: a real HTTP server that behaves as imgix documents it.

`SimulatedImgix` is what tests and programs use; it puts the parts together and lets them look into
the account. The parts: `api` (requests), `account` (sources), `rules` (bodies), `listing` (filters,
sorts, pages), `documents` (JSON:API), `rates`, `faults`, `control`, `connections`, `state_file`.
"""

import copy
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs
from werkzeug.wrappers import Request, Response

from imgix_testing.server import control, rates, state_file
from imgix_testing.server.account import Account, AccountSettings
from imgix_testing.server.api import BASE_PATH, RequestRecord, SourcesApi
from imgix_testing.server.connections import ENDING, Listener
from imgix_testing.server.faults import Faults
from imgix_testing.server.listing import FilterMatch
from imgix_testing.server.rates import Limits, Meters
from imgix_testing.server.source import StoredSource

API_KEY = "ak_" + "5e1f" * 16


class SimulatedImgix:
    """An imgix account behind a real HTTP server; a context manager that starts and stops it."""

    def __init__(
        self,
        *,
        api_key: str = API_KEY,
        port: int = 0,
        host: str = "127.0.0.1",
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        deploy_seconds: float = 0.0,
        status_lag_seconds: float = 0.0,
        state_file: str | Path | None = None,
        requests_per_second: float | None = None,
        creates_per_hour: int | None = None,
        updates_per_hour: int | None = None,
        account_defaults: dict[str, Any] | None = None,
        extra_attributes: dict[str, Any] | None = None,
        premium: bool = True,
        filter_match: FilterMatch = "whole",
    ) -> None:
        """Set up an account; nothing listens before `start`."""
        self.api_key = api_key
        self.faults = Faults(seed)
        self._address = (host, port)
        self._state_file = None if state_file is None else Path(state_file)
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        settings = AccountSettings(
            deploy_seconds=deploy_seconds,
            status_lag_seconds=status_lag_seconds,
            premium=premium,
            account_defaults=account_defaults or {},
            extra_attributes=extra_attributes or {},
        )
        self._account = Account(settings, clock, seed)
        self._meters = Meters(Limits(requests_per_second, creates_per_hour, updates_per_hour))
        self._api = SourcesApi(
            api_key=api_key,
            account=self._account,
            meters=self._meters,
            faults=self.faults,
            lock=self._lock,
            stopping=self._stopping,
            after_change=self._save,
            filter_match=filter_match,
            seed=seed,
        )

    def start(self) -> None:
        """Read the state file and listen; raises OSError where the port is taken."""
        if self._state_file is not None:
            self._account.sources.update(state_file.load(self._state_file))
        self._stopping.clear()
        self._listener = Listener(*self._address, self._application)
        # A stop waits for one poll at most, and tests stop many servers.
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), name="simulated-imgix", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and hang up on whoever is connected."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        if self._thread is not None:
            # The thread closes the listening socket at its end; then the port is free.
            self._thread.join()
            self._thread = None

    def __enter__(self) -> "SimulatedImgix":
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def url(self) -> str:
        """The base address of the API, without a slash at its end."""
        if self._listener is None:
            raise RuntimeError("the simulated API is not running")
        host = self._address[0]
        return f"http://{f'[{host}]' if ':' in host else host}:{self._listener.port}{BASE_PATH}"

    @property
    def requests(self) -> list[RequestRecord]:
        """What reached the API, in the order of the answers; clear it to start afresh."""
        return self._api.requests

    @property
    def sources(self) -> dict[str, StoredSource]:
        """A copy of all sources by id, oldest first, secrets included."""
        with self._lock:
            return copy.deepcopy(self._account.sources)

    def source(self, source_id: str) -> StoredSource:
        """Return a copy of one source; KeyError where there is none."""
        return self.sources[source_id]

    def add_source(
        self,
        *,
        name: str = "Added by hand",
        deployment: dict[str, Any] | None = None,
        enabled: bool = True,
    ) -> str:
        """Put a deployed source straight in the account, however odd, and return its id."""
        with self._lock:
            source = self._account.add(name, deployment or {}, enabled=enabled)
            self._save()
            return source.id

    def edit(self, source_id: str, **changes: Any) -> None:
        """Change `name`, `enabled` or keys of `deployment` as a hand in the dashboard would."""
        unknown = sorted(set(changes) - {"name", "enabled", "deployment"})
        if unknown:
            raise TypeError(f"a source has no {unknown[0]} to edit")
        with self._lock:
            self._account.edit(source_id, changes)
            self._save()

    def refuse_access_key(self, access_key: str, times: int | None = None) -> None:
        """Refuse POSTs and PATCHes that carry this S3 access key, always or so many times."""
        with self._lock:
            self._account.refused_access_keys[access_key] = times

    def busiest_second(self) -> int:
        """Return the greatest number of logged requests that arrived within any one second."""
        return rates.busiest_second([record.at for record in list(self.requests)])

    def settings(self) -> dict[str, Any]:
        """Return what `configure` can change, as it stands."""
        with self._lock:
            return {**attrs.asdict(self._account.settings), **attrs.asdict(self._meters.limits)}

    def configure(self, **changes: Any) -> None:
        """Change settings of the constructor while it runs: deploy times, limits, defaults."""
        limits = {field.name for field in attrs.fields(Limits)}
        with self._lock:
            self._account.settings = attrs.evolve(
                self._account.settings, **_only(changes, lambda name: name not in limits)
            )
            self._meters.limits = attrs.evolve(
                self._meters.limits, **_only(changes, lambda name: name in limits)
            )

    def _save(self) -> None:
        if self._state_file is not None:
            state_file.save(self._state_file, self._account.sources)

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith(control.PREFIX):
            reply = control.answer(self, request)
        else:
            reply = self._api.answer(request)
        environ[ENDING] = reply.ending
        response = Response(reply.content(), reply.status, content_type=reply.media_type)
        if reply.claimed_length is not None:
            response.content_length = reply.claimed_length
        response.headers.update(reply.headers)
        # A relative Location stays as the fault says it.
        response.autocorrect_location_header = False
        return response(environ, start_response)


def _only(changes: dict[str, Any], wanted: Callable[[str], bool]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if wanted(name)}
