"""The fault matrix through the plugin: the same cells as for the core, over gRPC.

The servicer runs in this process, on a server of its own, so that its pauses can be cut short.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from imgix_provider.messages import Notify
from imgix_provider.plugin.engine import EngineLog
from imgix_provider.plugin.properties import message_of, received
from imgix_provider.plugin.servicer import ImgixServicer
from imgix_provider.plugin.shapes import core_properties, plugin_properties
from imgix_provider.run import Run
from imgix_provider.settings import Settings
from imgix_testing.server import SimulatedImgix
from tests.faults.conftest import Person, declared_source
from tests.faults.test_matrix import FINE, MATRIX, METHODS, assert_it_ended_so, given
from tests.plugin.conftest import URN, struct
from tests.runs import ShortPauses

VERBS = ("create", "read", "update", "delete")


@attrs.define
class PluginPerson(Person):
    """One who runs the verbs through the plugin's protocol."""

    connect: Callable[[PluginPerson], Any] = attrs.field(kw_only=True)
    _stub: Any = None

    def run_anew(self) -> None:
        """Start another run."""
        self._stub = self.connect(self)

    def create(self) -> None:
        """Create the declared source."""
        answer = self._ask(
            "Create", provider_pb2.CreateRequest(urn=URN, properties=self._declared())
        )
        self.id, self.state = answer.id, self._core(answer.properties)

    def read(self) -> None:
        """Refresh the source; where it is gone the state forgets it."""
        request = provider_pb2.ReadRequest(urn=URN, id=self.id, properties=self._recorded())
        answer = self._ask("Read", request)
        self.state = self._core(answer.properties) if answer.id else None

    def update(self, **changes: Any) -> None:
        """Change what is declared, by default one key of the deployment, and update."""
        deployment = {**self.declared.deployment, "cache_ttl_error": 600}
        wanted = attrs.evolve(self.declared, **(changes or {"deployment": deployment}))
        before, self.declared = self.declared, wanted
        request = provider_pb2.UpdateRequest(
            urn=URN, id=self.id, olds=self._recorded(), news=self._declared()
        )
        self.declared = before
        self.state = self._core(self._ask("Update", request).properties)
        self.declared = wanted

    def delete(self) -> None:
        """Delete the source."""
        self._ask(
            "Delete",
            provider_pb2.DeleteRequest(urn=URN, id=self.id, properties=self._recorded()),
        )
        self.state = None

    def _ask(self, verb: str, request: Any) -> Any:
        try:
            return getattr(self._stub, verb)(request, timeout=60)
        except grpc.RpcError as error:
            raise RuntimeError(error.details()) from None

    def _declared(self) -> Any:
        return message_of(plugin_properties(self.declared.inputs()))

    def _recorded(self) -> Any:
        return message_of(plugin_properties(self.state or {}))

    @staticmethod
    def _core(properties: Any) -> Any:
        return core_properties(received(properties)).values


class ToldLines(EngineLog):
    """Keeps lines as the person reads them."""

    def __init__(self, told: list[str]) -> None:
        """Keep them in `told`."""
        super().__init__()
        self._told = told

    def show(self, notice: Any) -> None:
        """Keep a line."""
        self._told.append(str(notice))


@pytest.fixture
def imgix() -> Iterator[SimulatedImgix]:
    """An empty account whose clock runs fast, so that each deploy has a second of its own."""
    began = time.time()
    with SimulatedImgix(clock=lambda: began + (time.time() - began) * 200) as api:
        yield api


@pytest.fixture
def person(imgix: SimulatedImgix) -> Iterator[PluginPerson]:
    """A person whose plugin's every pause takes a fiftieth of its time."""
    servers = []

    def connect(person: PluginPerson) -> Any:
        def start_run(settings: Settings, *, notify: Notify) -> Run:
            person.run = Run(settings, notify=notify, clock=person.clock)
            return person.run

        server = grpc.server(ThreadPoolExecutor(4))
        servicer = ImgixServicer(start_run, ToldLines(person.told))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        servers.append((channel, server))
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        settings = {
            "apiKey": imgix.api_key,
            "apiUrl": imgix.url,
            "requestsPerSecond": 1000,
            "timeout": 3,
        }
        stub.Configure(provider_pb2.ConfigureRequest(args=struct(settings)), timeout=10)
        return stub

    yield PluginPerson(imgix, {}, declared_source(), ShortPauses([]), connect=connect)
    for channel, server in servers:
        channel.close()
        server.stop(None)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", MATRIX)
def test_a_fault_is_survived_or_told_in_one_line(
    person: PluginPerson, fault: str, verb: str
) -> None:
    """After one fault the person reads what the table says, and nothing is lost or doubled."""
    given(person, verb)
    met, row = MATRIX[fault]
    cell = row.get(verb, FINE)
    before = person.state
    person.imgix.faults.add(attrs.evolve(met, method=METHODS[verb]))

    seen = person.attempt(verb)

    assert_it_ended_so(person, cell, before, seen)
