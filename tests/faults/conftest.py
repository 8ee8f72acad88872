"""What the fault tests share: one declared source with its state, and pauses cut short.

Clocks are real everywhere, so limits and deadlines hold as they do in a run; only what a pause
asks for is shortened, and written down.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits
from imgix_provider.api.transport import Transport
from imgix_provider.settings import Settings
from imgix_provider.sources.declaration import Declared
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import SimulatedImgix

ACCESS_KEY = "AKIACANARYCANARY"
SECRET_KEY = 'canary/"secret"+key'


def declared_source(label: str = "blog", **deployment: Any) -> Declared:
    """Return a declared S3 source whose subdomain is `label`."""
    return Declared(
        name=f"Source {label}",
        deployment={
            "type": "s3",
            "imgix_subdomains": [label],
            "s3_bucket": f"{label}-bucket",
            "s3_access_key": ACCESS_KEY,
            "s3_secret_key": SECRET_KEY,
            **deployment,
        },
        deploy_timeout=1,
    )


@attrs.define
class Person:
    """One who runs the verbs on one source, keeps its state and reads what is said."""

    imgix: SimulatedImgix
    settings: Settings
    declared: Declared
    id: str = ""
    state: Mapping[str, Any] | None = None
    said: list[str] = attrs.field(factory=list)
    listed: list[str] = attrs.field(factory=list)
    limits: Limits = attrs.field(init=False)
    client: SourcesClient = attrs.field(init=False)
    lifecycle: Lifecycle = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start the first run."""
        self.run_anew()

    def run_anew(self) -> None:
        """Start another run, which knows nothing but the state."""
        self.limits = Limits(self.settings)
        self.client = SourcesClient(Transport(self.settings, self.limits, self.said.append))
        self.lifecycle = Lifecycle(self.client, self.limits, self.said.append)

    def create(self) -> None:
        """Create the declared source."""
        self.id, self.state = self.lifecycle.create(self.declared)

    def read(self) -> None:
        """Refresh the source; where it is gone the state forgets it."""
        reading = self.lifecycle.read(self.id, self.state or {})
        self.state = None if reading is None else reading.outputs

    def update(self, **changes: Any) -> None:
        """Change what is declared, by default one key of the deployment, and update."""
        deployment = {**self.declared.deployment, "cache_ttl_error": 600}
        wanted = attrs.evolve(self.declared, **(changes or {"deployment": deployment}))
        self.state = self.lifecycle.update(self.id, self.state or {}, wanted)
        self.declared = wanted

    def delete(self) -> None:
        """Delete the source."""
        self.lifecycle.delete(self.id, self.state or {})
        self.state = None

    def list_account(self) -> None:
        """List the account."""
        self.listed = [source.id for source in self.client.list()]

    def attempt(self, verb: str) -> str:
        """Do what `verb` says in a new run; return all that the person then reads, or fail on a
        secret in it.
        """
        self.run_anew()
        before, failure = len(self.said), ""
        try:
            getattr(self, verb)()
        except Exception as error:
            failure = str(error)
            seen = f"{failure} {error!r} {traceback.format_exception(error)} {vars(error)}"
            assert "\n" not in failure
            self.assert_no_secret(seen)
        self.assert_no_secret(str(self.said) + repr(self.lifecycle) + repr(self.client))
        return "\n".join([*self.said[before:], failure]).strip()

    def assert_no_secret(self, text: str) -> None:
        """Fail where a credential or the key of the API stands in `text`."""
        for secret in (ACCESS_KEY, SECRET_KEY, self.imgix.api_key, "canary"):
            assert secret not in text

    def count(self, method: str) -> int:
        """Count the requests of a method that reached the API."""
        return sum(request.method == method for request in self.imgix.requests)


MakePerson = Callable[..., Person]
Declare = Callable[..., Declared]


@pytest.fixture
def declare() -> Declare:
    """Declares S3 sources: by the label of the subdomain, with keys of the deployment."""
    return declared_source


@pytest.fixture
def declare_quick() -> Declare:
    """Declares sources whose deploy is not waited for."""
    return lambda *given, **deployment: attrs.evolve(
        declared_source(*given, **deployment), wait_for_deployed=False
    )


@pytest.fixture
def imgix() -> Iterator[SimulatedImgix]:
    """An empty account whose clock runs fast, so that each deploy has a second of its own."""
    began = time.time()
    with SimulatedImgix(clock=lambda: began + (time.time() - began) * 200) as api:
        yield api


@pytest.fixture
def person_of(imgix: SimulatedImgix) -> MakePerson:
    """Makes a person, with settings, on the simulated account."""

    def make(declared: Declared | None = None, **settings: Any) -> Person:
        plenty = {
            "api_key": imgix.api_key,
            "api_url": imgix.url,
            "requests_per_second": 1000,
            "creates_per_hour": 10_000,
            "updates_per_hour": 10_000,
            "timeout": 3,
        }
        chosen = Settings(**{**plenty, **settings})
        return Person(imgix, chosen, declared or declared_source())

    return make


@pytest.fixture
def person(person_of: MakePerson) -> Person:
    """A person with a limit of requests that no test reaches."""
    return person_of()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause takes a fiftieth of its time; the list holds what was asked for."""
    asked: list[float] = []
    sleep = time.sleep

    def shortened(seconds: float) -> None:
        asked.append(seconds)
        sleep(seconds / 50)

    monkeypatch.setattr(time, "sleep", shortened)
    return asked


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clock and pauses of the process go twenty times as fast, so that minutes are seconds."""
    sleep, monotonic = time.sleep, time.monotonic
    began = monotonic()
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(seconds / 20))
    monkeypatch.setattr(time, "monotonic", lambda: began + (monotonic() - began) * 20)


@pytest.fixture
def four_threads() -> Iterator[ThreadPoolExecutor]:
    """As many threads as a provider process has."""
    with ThreadPoolExecutor(4) as pool:
        yield pool
