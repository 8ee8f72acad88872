"""What the fault tests share: one declared source with its state, and pauses cut short.

Clocks are real everywhere, so limits and deadlines hold as they do in a run; only what a pause
asks for is shortened, and written down.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import attrs
import pytest

from imgix_provider.api.client import SourcesClient
from imgix_provider.clock import Clock
from imgix_provider.run import Run
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import SimulatedImgix
from tests.runs import FastClock, ShortPauses, fast_run

ACCESS_KEY = "AKIACANARYCANARY"
SECRET_KEY = 'canary/"secret"+key'


def declared_source(label: str = "blog", **deployment: Any) -> Declaration:
    """Return a declared S3 source whose subdomain is `label`."""
    return Declaration(
        name=f"Source {label}",
        deployment={
            "type": "s3",
            "imgix_subdomains": [label],
            "s3_bucket": f"{label}-bucket",
            "s3_access_key": ACCESS_KEY,
            "s3_secret_key": SECRET_KEY,
            **deployment,
        },
        deploy_timeout=3,
    )


@attrs.define
class Person:
    """One who runs the verbs on one source, keeps its state and reads what they are told."""

    imgix: SimulatedImgix
    settings: Mapping[str, Any]
    declared: Declaration
    clock: Clock
    id: str = ""
    state: Mapping[str, Any] | None = None
    told: list[str] = attrs.field(factory=list)
    listed: list[str] = attrs.field(factory=list)
    run: Run = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start the first run."""
        self.run_anew()

    def run_anew(self) -> None:
        """Start another run, which knows nothing but the state."""
        self.run = fast_run(self.imgix, self.told, clock=self.clock, **self.settings)

    @property
    def lifecycle(self) -> Lifecycle:
        """The verbs of the run."""
        return self.run.lifecycle

    @property
    def client(self) -> SourcesClient:
        """The client of the run."""
        return self.run.client

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
        self.state = self.send_update(wanted)
        self.declared = wanted

    def send_update(self, wanted: Declaration) -> Mapping[str, Any]:
        """Return the state after an update to what is wanted."""
        return self.lifecycle.update(self.id, self.state or {}, wanted)

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
        return self.attempt_here(verb)

    def attempt_here(self, verb: str) -> str:
        """Do what `verb` says in the same run; return and check as `attempt` does."""
        before, failure = len(self.told), ""
        try:
            getattr(self, verb)()
        except Exception as error:
            failure = str(error)
            seen = f"{failure} {error!r} {traceback.format_exception(error)} {vars(error)}"
            assert "\n" not in failure
            self.assert_no_secret(seen)
        self.assert_no_secret(str(self.told) + repr(self.lifecycle) + repr(self.client))
        return "\n".join([*self.told[before:], failure]).strip()

    def assert_no_secret(self, text: str) -> None:
        """Fail where a credential or the key of the API stands in `text`."""
        for secret in (ACCESS_KEY, SECRET_KEY, self.imgix.api_key, "canary"):
            assert secret not in text

    def count(self, method: str) -> int:
        """Count the requests of a method that reached the API."""
        return sum(request.method == method for request in self.imgix.requests)


MakePerson = Callable[..., Person]
Declare = Callable[..., Declaration]


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


class SkippedPauses(Clock):
    """A clock that takes no time for a pause: it goes on by what the pause asks for."""

    def __init__(self) -> None:
        """Start now."""
        super().__init__()
        self._skipped = 0.0
        self._adding = Lock()

    def now(self) -> float:
        """Return the time, with the pauses that were skipped."""
        return super().now() + self._skipped

    def _wait(self, event: Event, seconds: float) -> bool:
        with self._adding:
            self._skipped += max(0.0, seconds)
        return event.is_set()


@attrs.define
class _ChosenClock:
    clock: Clock = attrs.field(factory=Clock)


@pytest.fixture
def chosen_clock() -> _ChosenClock:
    """The clock that the persons of a test live by."""
    return _ChosenClock()


@pytest.fixture
def person_of(
    imgix: SimulatedImgix, chosen_clock: _ChosenClock, request: pytest.FixtureRequest
) -> MakePerson:
    """Makes a person, with settings, on the simulated account."""
    for other_clock in {"pauses", "skipped_pauses", "fast_clock"} & set(request.fixturenames):
        request.getfixturevalue(other_clock)

    def make(declaration: Declaration | None = None, **settings: Any) -> Person:
        chosen = {"api_url": imgix.url, "timeout": 3, **settings}
        return Person(imgix, chosen, declaration or declared_source(), chosen_clock.clock)

    return make


@pytest.fixture
def person(person_of: MakePerson) -> Person:
    """A person with a limit of requests that no test reaches."""
    return person_of()


@pytest.fixture
def pauses(chosen_clock: _ChosenClock) -> list[float]:
    """Every pause takes a fiftieth of its time; the list holds what was asked for."""
    asked: list[float] = []
    chosen_clock.clock = ShortPauses(asked)
    return asked


@pytest.fixture
def skipped_pauses(chosen_clock: _ChosenClock) -> None:
    """No pause takes any time, and the clock goes on as if it had."""
    chosen_clock.clock = SkippedPauses()


@pytest.fixture
def fast_clock(chosen_clock: _ChosenClock) -> None:
    """Clock and pauses go twenty times as fast, so that minutes are seconds."""
    chosen_clock.clock = FastClock()


@pytest.fixture
def four_threads() -> Iterator[ThreadPoolExecutor]:
    """As many threads as a provider process has."""
    with ThreadPoolExecutor(4) as pool:
        yield pool
