"""Random histories of a stack: changes, renames, moves, hand edits, faults and kills, in any order.

The machine below is an engine as small as it can be: it keeps a state, runs the provider's verbs
in this process, deletes last and only where all else went well, and loses the result of a verb
where the run is killed. The person it stands for follows the messages: an `adopt="…"` that was read
is pasted, and a swap that was refused is done in two steps.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from imgix_provider import provider
from imgix_provider.provider import ImgixSourceProvider
from imgix_provider.run import Run
from imgix_provider.settings import Settings
from imgix_testing.server import Fault, SimulatedImgix
from imgix_testing.server.rates import busiest_second
from tests.runs import ShortPauses

SECRETS: Final = ("AKIACANARYCANARY", "canary-secret-key", "canary-password")
DOMAINS: Final = ("one.example.com", "two.example.com")
NAMES: Final = st.sampled_from(["a", "b", "c"])
KINDS: Final = (
    *("status", "status_after", "reset_before", "reset_after", "garbage", "empty"),
    *("truncated", "cut", "missing_keys", "unknown_status"),
)
ECHO: Final = {"errors": [{"title": SECRETS[0], "detail": " ".join(SECRETS)}]}
"""An answer that repeats what must not be printed."""
RATES: Final = st.integers(0, 11).map(lambda drawn: 8 if drawn == 11 else 1000)
"""Now and then a run may send so few requests a second that it has to wait."""
TYPED: Final[dict[str, dict[str, Any]]] = {
    "s3": {"s3_bucket": "bucket", "s3_access_key": SECRETS[0], "s3_secret_key": SECRETS[1]},
    "webfolder": {
        "webfolder_base_url": "https://example.com",
        "username": "somebody",
        "password": SECRETS[2],
    },
}
CHANGES: Final = st.sampled_from(
    [
        {},
        *({"enabled": enabled} for enabled in (False, True)),
        *({"ttl": ttl} for ttl in (60, 600)),
        *({"type": kind} for kind in TYPED),
    ]
)
FAULTS: Final = st.lists(
    st.builds(
        Fault,
        st.sampled_from([*KINDS, "never_deploys", "refuse_credentials"]),
        method=st.sampled_from([None, "GET", "POST", "PATCH"]),
        after=st.integers(0, 3),
        times=st.integers(1, 2),
    )
    | st.builds(Fault, st.just("status"), status=st.sampled_from([403, 429, 502]))
    | st.builds(Fault, st.just("body"), status=st.sampled_from([400, 500]), body=st.just(ECHO)),
    max_size=3,
)


def sent(value: Any) -> Any:
    """Return a property as the engine hands it over: numbers as floats, nothing null."""
    if isinstance(value, dict):
        return {key: sent(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [sent(item) for item in value]
    return float(value) if type(value) is int else value


@attrs.frozen
class Request:
    """What the SDK's servicer has at hand while it calls a verb."""

    urn: str


Answer = TypeVar("Answer")


def serve(request: Request, verb: Callable[..., Answer], *arguments: Any) -> Answer:
    """Call a verb as the SDK's servicer does."""
    assert request.urn
    return verb(*arguments)


class KilledError(Exception):
    """The run was killed just before the result of a verb reached the state."""


class History(RuleBasedStateMachine):
    """One stack of up to three sources."""

    def __init__(self) -> None:
        super().__init__()
        self.ticks = 1_800_000_000.0
        self.imgix = SimulatedImgix(clock=self.clock)
        self.imgix.start()
        self.program: dict[str, dict[str, Any]] = {}  # by the name of the resource
        self.resource = {label: label for label in "abc"}  # by the first subdomain
        self.roaming: dict[str, str] = {}  # custom domains, by whose source has them
        self.state: dict[str, dict[str, Any]] = {}
        self.adopt: dict[str, str] = {}
        self.excused: set[str] = set()  # whose source a kill, a message or a hand left astray
        self.problems: list[str] = []
        self.renames = 1
        self.refused = False
        self.postponed: dict[str, str] | None = None  # what the second step of a swap declares

    def clock(self) -> float:
        """Return a time that never stands still, so that each deploy has a second of its own."""
        self.ticks += 1
        return self.ticks

    @initialize(kind=st.sampled_from(list(TYPED)))
    def begin(self, kind: str) -> None:
        """Have two sources that went up without trouble."""
        for name in ("a", "b"):
            self.change(name, {"type": kind})
        self.up([], [], None, 1000)

    def change(self, name: str, change: dict[str, Any]) -> None:
        """Change the program: drop a source, switch it, or declare it with a type or a time."""
        resource = self.resource[name]
        if not change:
            self.program.pop(resource, None)
            return
        known = self.program.get(resource, {})
        kind = change.get("type") or known.get("deployment", {}).get("type", "s3")
        ttl = change.get("ttl") or known.get("deployment", {}).get("cache_ttl_error", 60)
        deployment = {"type": kind, "imgix_subdomains": [name], "cache_ttl_error": ttl}
        self.program[resource] = {
            "name": f"Source {name}",
            "deployment": {**deployment, **TYPED[kind]},
            "enabled": change.get("enabled", known.get("enabled", True)),
            "deploy_timeout": 0.05,
        }

    @rule(name=NAMES, alias=st.booleans())
    def rename(self, name: str, alias: bool) -> None:
        """Give a resource another name, with or without an alias."""
        old, new = self.resource[name], f"{name}{self.renames}"
        if old not in self.program:
            return
        self.renames += 1
        self.resource[name] = new
        self.program[new] = self.program.pop(old)
        if alias and old in self.state:
            self.state[new] = self.state.pop(old)

    @rule(domain=st.sampled_from(DOMAINS), name=st.none() | NAMES)
    def move(self, domain: str, name: str | None) -> None:
        """Declare a custom domain for another source, or for none."""
        self.roaming.pop(domain, None)
        if name is not None:
            self.roaming[domain] = name

    @rule()
    def swap(self) -> None:
        """Have two sources exchange their custom domains."""
        names = [self.roaming.pop(domain, None) for domain in DOMAINS]
        self.roaming |= {d: n for d, n in zip(DOMAINS, reversed(names), strict=True) if n}

    @precondition(lambda self: self.state)
    @rule(
        name=NAMES,
        change=st.sampled_from(
            [
                {"enabled": False},
                {"enabled": True},
                {"name": "By hand"},
                {"deployment": {"cache_ttl_error": 5}},
            ]
        ),
    )
    def edit_by_hand(self, name: str, change: dict[str, Any]) -> None:
        """Change a source in the dashboard."""
        for source in self.imgix.sources.values():
            if f"{name}.imgix.net" in source.domains():
                self.imgix.edit(source.id, **change)
                if all(known["id"] != source.id for known in self.state.values()):
                    self.excused.add(name)

    @rule(
        changes=st.lists(st.tuples(NAMES, CHANGES), max_size=3),
        faults=FAULTS,
        kill_at=st.none() | st.integers(0, 2),
        rate=RATES,
        got=st.none() | NAMES,
    )
    def up(
        self,
        changes: list[tuple[str, dict[str, Any]]],
        faults: list[Fault],
        kill_at: int | None,
        rate: int,
        got: str | None = None,
    ) -> None:
        """Change the program and run it, perhaps under faults, perhaps killed."""
        for name, change in changes:
            self.change(name, change)
        with self.run_under(faults, kill_at, rate) as verbs:
            if got is not None:
                self.attempt("got", lambda: self.get(verbs, self.resource[got]))
            checked = {name: self.checked(verbs, name) for name in self.program}
            steps = [self.planned(name, inputs, verbs) for name, inputs in checked.items()]
            for name, step in zip(checked, steps, strict=True):
                if not self.refused:
                    self.attempt(name, step)
            for name in [name for name in self.state if name not in self.program]:
                if not self.problems:  # as an engine, which deletes where all else went well
                    self.attempt(name, lambda name=name: self.delete(verbs, name))
        if self.postponed is not None and not self.problems:
            self.roaming, self.postponed = self.postponed, None

    @precondition(lambda self: self.state)
    @rule(faults=FAULTS)
    def refresh(self, faults: list[Fault]) -> None:
        """Bring the state up to what is there; without faults it then is."""
        with self.run_under(faults, None) as verbs:
            for name in list(self.state):
                self.attempt(name, lambda name=name: self.read(verbs, name))
        if not faults:
            assert self.problems == []
            self.assert_state_is_what_imgix_has()

    @precondition(lambda self: self.state)
    @rule(faults=FAULTS, kill_at=st.none() | st.integers(0, 2))
    def destroy(self, faults: list[Fault], kill_at: int | None) -> None:
        """Delete all that the state knows."""
        with self.run_under(faults, kill_at, destroys=True) as verbs:
            for name in list(self.state):
                self.attempt(name, lambda name=name: self.delete(verbs, name))

    def teardown(self) -> None:
        """Whatever happened: without faults, a refresh and two runs end with what is declared."""
        try:
            for _ in range(2):
                self.refresh([])
                self.up([], [], None, 1000)
            for _ in range(4):  # what a swap that was refused takes
                self.up([], [], None, 1000)
            assert self.problems == []
            self.refresh([])
            self.assert_sources_are_as_declared()
        finally:
            self.imgix.stop()

    # What an engine does.

    @contextlib.contextmanager
    def run_under(
        self,
        faults: list[Fault],
        kill_at: int | None,
        rate: int = 1000,
        *,
        destroys: bool = False,
    ) -> Iterator[ImgixSourceProvider]:
        """Be one provider process, from its start to its end or its kill."""
        for fault in faults:
            self.imgix.faults.add(fault)
        self.problems = []
        self.refused = False
        self.kill_in = kill_at
        serving = {id for id, source in self.imgix.sources.items() if source.enabled}
        self.imgix.requests.clear()
        told = io.StringIO()
        run = Run(
            Settings(
                api_key=self.imgix.api_key,
                api_url=self.imgix.url,
                requests_per_second=rate,
                creates_per_hour=1000,
                updates_per_hour=1000,
                timeout=2,
            ),
            clock=ShortPauses([]),
        )
        # imgix may repeat a secret of any source, and a run knows those that it was handed.
        for known in (*self.program.values(), *(each["inputs"] for each in self.state.values())):
            run.learn_secrets(known)
        provider.use_run(run)
        with contextlib.redirect_stderr(told), contextlib.suppress(KilledError):
            yield ImgixSourceProvider()
        self.imgix.faults.clear()
        if not destroys:
            self.assert_nothing_went_dark(serving)
        self.read_messages(told.getvalue() + "\n".join(self.problems))
        assert busiest_second([request.at for request in self.imgix.requests]) <= rate

    def checked(self, verbs: ImgixSourceProvider, name: str) -> dict[str, Any]:
        """Return the inputs in the provider's form."""
        wanted = {**self.declared(name), "adopt": self.adopt.get(name)}
        olds = self.state.get(name, {}).get("inputs", {})
        result = serve(Request(name), verbs.check, sent(olds), sent(wanted))
        assert result.failures == []
        return result.inputs

    def declared(self, name: str) -> dict[str, Any]:
        """Return what the program says of a source, with the custom domains that it has now."""
        declared = self.program[name]
        (label,) = declared["deployment"]["imgix_subdomains"]
        domains = sorted(domain for domain, owner in self.roaming.items() if owner == label)
        return {**declared, "deployment": {**declared["deployment"], "custom_domains": domains}}

    def planned(
        self, name: str, inputs: dict[str, Any], verbs: ImgixSourceProvider
    ) -> Callable[[], None]:
        """Return what creates or updates a source, or does nothing where nothing changes."""
        known = self.state.get(name)
        if known is None:
            return lambda: self.create(verbs, name, inputs)
        try:
            found = serve(
                Request(name), verbs.diff, known["id"], sent(known["outputs"]), sent(inputs)
            )
        except Exception as error:
            self.follow(name, str(error))
            return lambda: None
        return (lambda: self.update(verbs, name, inputs)) if found.changes else lambda: None

    def get(self, verbs: ImgixSourceProvider, name: str) -> None:
        """Look up a source of the stack as `ImgixSource.get` does."""
        if name in self.state:
            found = serve(Request("got"), verbs.read, self.state[name]["id"], {})
            assert found.id == self.state[name]["id"]
            assert not set(SECRETS) & set(json.dumps(found.outs).split('"'))
            if name not in self.program:
                self.excused.add(self.label_of(name))  # its delete will leave it alone

    def label_of(self, name: str) -> str:
        """Return the subdomain of a resource's source."""
        (label,) = self.state[name]["outputs"]["deployment"]["imgix_subdomains"]
        return str(label)

    def attempt(self, name: str, verb: Any) -> None:
        """Run a verb; what it raises is a problem of its source alone."""
        try:
            verb()
        except KilledError:
            raise
        except Exception as error:
            self.follow(name, str(error))

    def follow(self, name: str, message: str) -> None:
        """Do what the message of a failed verb tells."""
        self.problems.append(message)
        assert "unexpected" not in message
        if found := re.search(r'set adopt="(\w+)"', message):
            self.adopt[name] = found[1]
        if "not known whether" in message:
            self.excused.add(name[0])
        if "swaps domains with" in message:
            assert "Do it in two" in message
            self.refused = True  # the engine stops, and the person frees one domain first
            self.postponed = {**self.roaming}
            self.roaming.pop(sorted(self.roaming)[0])

    def maybe_die(self) -> None:
        """Be killed, if this is the time."""
        if self.kill_in is not None:
            self.kill_in -= 1
            if self.kill_in < 0:
                raise KilledError

    def create(self, verbs: ImgixSourceProvider, name: str, inputs: dict[str, Any]) -> None:
        """Create a source and keep it, unless killed in between."""
        made = serve(Request(name), verbs.create, sent(inputs))
        self.excused.add(name[0])
        self.maybe_die()
        self.excused.discard(name[0])
        self.state[name] = {"id": made.id, "inputs": inputs, "outputs": made.outs}

    def update(self, verbs: ImgixSourceProvider, name: str, inputs: dict[str, Any]) -> None:
        """Update a source and keep what came of it, unless killed in between."""
        known = self.state[name]
        done = serve(Request(name), verbs.update, known["id"], sent(known["outputs"]), sent(inputs))
        self.maybe_die()
        self.state[name] = {"id": known["id"], "inputs": inputs, "outputs": done.outs}

    def delete(self, verbs: ImgixSourceProvider, name: str) -> None:
        """Delete a source and forget it, unless killed in between."""
        known = self.state[name]
        serve(Request(name), verbs.delete, known["id"], sent(known["outputs"]))
        self.maybe_die()
        del self.state[name]

    def read(self, verbs: ImgixSourceProvider, name: str) -> None:
        """Refresh one source."""
        known = self.state[name]
        found = serve(Request(name), verbs.read, known["id"], sent(known["outputs"]))
        if not found.id:
            del self.state[name]
        else:
            known.update(outputs=found.outs, inputs=found.inputs)

    # What must hold.

    def read_messages(self, text: str) -> None:
        """Fail where a secret is printed that a source has."""
        held = json.dumps([self.program, self.state])
        for secret in (*(each for each in SECRETS if each in held), self.imgix.api_key):
            assert secret not in text

    def assert_nothing_went_dark(self, serving: set[str]) -> None:
        """What served and is declared as enabled by a resource of the stack serves on."""
        for name, declared in self.program.items():
            known = self.state.get(name)
            if known and known["id"] in serving and declared["enabled"]:
                assert self.imgix.source(known["id"]).enabled

    def assert_state_is_what_imgix_has(self) -> None:
        """Compare each source of the state with the account."""
        for known in self.state.values():
            stored, outputs = self.imgix.source(known["id"]), known["outputs"]
            assert (outputs["name"], outputs["enabled"]) == (stored.name, stored.enabled)
            for key in ("type", "imgix_subdomains", "cache_ttl_error"):
                assert outputs["deployment"][key] == stored.deployment[key]
                assert outputs["effective_deployment"][key] == stored.deployment[key]

    def assert_sources_are_as_declared(self) -> None:
        """No source twice, none astray without a word, each as its program says."""
        assert set(self.state) == set(self.program)
        ids = {known["id"] for known in self.state.values()}
        assert len(ids) == len(self.state)
        domains = [domain for one in self.imgix.sources.values() for domain in one.domains()]
        assert len(domains) == len(set(domains))
        assert len(self.imgix.sources) <= 3
        for name in self.program:
            wanted = self.declared(name)
            stored = self.imgix.source(self.state[name]["id"])
            assert (stored.name, stored.enabled) == (wanted["name"], wanted["enabled"])
            for key, value in wanted["deployment"].items():
                assert stored.deployment[key] == value
        for stored in self.imgix.sources.values():
            if stored.enabled and stored.id not in ids:
                (subdomain,) = stored.deployment["imgix_subdomains"]
                assert subdomain in self.excused


def test_random_histories_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No source is doubled, lost or left astray without a word, and no secret is printed."""
    monkeypatch.setattr(provider, "_run", None)
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            derandomize=True,
            # A failing history is as good long as short, and shortening it takes minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
