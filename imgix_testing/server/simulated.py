"""The simulated imgix Sources API: a real HTTP server that behaves as imgix documents it.

Tests and programs use `SimulatedImgix`, which puts the parts together: `api` (requests), `account`
(sources), `hand` (reading and hand edits), `rules` (bodies), `listing` (filters, sorts, pages),
`documents` (JSON:API), `rates`, `faults`, `control`, `connections` and `state_file`.
"""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from werkzeug.wrappers import Request, Response

from imgix_testing.server import state_file
from imgix_testing.server.account import Account, AccountSettings
from imgix_testing.server.api import BASE_PATH, RequestRecord, SourcesApi, Tenant
from imgix_testing.server.connections import ENDING, Listener
from imgix_testing.server.control import PREFIX, Control
from imgix_testing.server.faults import Faults
from imgix_testing.server.hand import SimulatedAccount
from imgix_testing.server.listing import FilterMatch
from imgix_testing.server.rates import Limits, Meters

API_KEY = "ak_" + "5e1f" * 16
ACCOUNT_ID = "acc0" * 6


class SimulatedImgix(SimulatedAccount):
    """An imgix account behind a real HTTP server; a context manager that starts and stops it."""

    def __init__(
        self,
        *,
        api_key: str = API_KEY,
        account_id: str | None = ACCOUNT_ID,
        port: int = 0,
        host: str = "127.0.0.1",
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        deploy_seconds: float = 0.0,
        status_lag_seconds: float = 0.0,
        date_when_begun: bool = False,
        state_file: str | Path | None = None,
        requests_per_second: float | None = None,
        creates_per_hour: int | None = None,
        updates_per_hour: int | None = None,
        account_defaults: dict[str, Any] | None = None,
        extra_attributes: dict[str, Any] | None = None,
        premium: bool = True,
        filter_match: FilterMatch = "whole",
    ) -> None:
        """Set up an account; the server starts with `start`.

        Sources show `account_id` as their account; with None they show no account.
        """
        self.faults = Faults(seed)
        self._address = (host, port)
        self._state_file = None if state_file is None else Path(state_file)
        self._seed = seed
        self._stopping = threading.Event()
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        settings = AccountSettings(
            deploy_seconds=deploy_seconds,
            status_lag_seconds=status_lag_seconds,
            date_when_begun=date_when_begun,
            premium=premium,
            account_defaults=account_defaults or {},
            extra_attributes=extra_attributes or {},
        )
        account = Account(account_id, settings, clock, seed)
        meters = Meters(Limits(requests_per_second, creates_per_hour, updates_per_hour))
        super().__init__(api_key, account, meters, threading.RLock(), self._save)
        self._api = SourcesApi(
            tenants={api_key: Tenant(account, meters)},
            faults=self.faults,
            lock=self._lock,
            stopping=self._stopping,
            after_change=self._save,
            filter_match=filter_match,
            seed=seed,
        )
        self.control = Control(self, self._api)

    def start(self) -> None:
        """Read the state file and listen; raises OSError if the port is in use."""
        if self._state_file is not None:
            self._account.sources.update(state_file.load(self._state_file))
        self._stopping.clear()
        self._listener = Listener(*self._address, self._application)
        # A stop waits for one poll, and tests stop many servers.
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), name="simulated-imgix", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close all connections."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.stop()
            self._listener = None
        if self._thread is not None:
            # The thread closes the listening socket when it ends; then the port is free.
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
        """The base URL of the API, without a trailing slash."""
        if self._listener is None:
            raise RuntimeError("the simulated API is not running")
        host = self._address[0]
        return f"http://{f'[{host}]' if ':' in host else host}:{self._listener.port}{BASE_PATH}"

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests that reached the API, in the order of their answers; you may clear it."""
        return self._api.requests

    def busiest_second(self) -> int:
        """Return the highest number of logged requests in any one second."""
        return self._api.busiest_second()

    def add_account(self, api_key: str, account_id: str | None) -> SimulatedAccount:
        """Add an empty account with its own key and the current settings of this one.

        Domains are unique across all accounts. The state file keeps only the first account.
        """
        with self._lock:
            if api_key in self._api.tenants:
                raise ValueError("another account has this API key")
            meters = Meters(self._meters.limits)
            seed = f"account {len(self._api.tenants)} of {self._seed}"
            account = Account(account_id, self._account.settings, self._account.clock, seed)
            for tenant in self._api.tenants.values():
                tenant.account.others.append(account)
                account.others.append(tenant.account)
            self._api.tenants[api_key] = Tenant(account, meters)
        return SimulatedAccount(api_key, account, meters, self._lock, self._save)

    def _save(self) -> None:
        if self._state_file is not None:
            state_file.save(self._state_file, self._account.sources)

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        controls = request.path.startswith(PREFIX)
        reply = self.control.answer(request) if controls else self._api.answer(request)
        environ[ENDING] = reply.ending
        response = Response(reply.content(), reply.status, content_type=reply.media_type)
        if reply.claimed_length is not None:
            response.content_length = reply.claimed_length
        response.headers.update(reply.headers)
        # Keep the Location of a fault as it is, even if it is relative.
        response.autocorrect_location_header = False
        return response(environ, start_response)
