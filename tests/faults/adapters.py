"""Persons who run the verbs as Pulumi does: through the dynamic provider, and through the plugin.

Both work in a run of this process, so that its pauses can be cut short; what a person has is the
state that the adapter would give to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import attrs
import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from imgix_provider.messages import Notify
from imgix_provider.plugin.engine import EngineLog
from imgix_provider.plugin.properties import message_of, received
from imgix_provider.plugin.servicer import ImgixServicer
from imgix_provider.plugin.shapes import core_properties, plugin_properties
from imgix_provider.provider import ImgixSourceProvider, use_run
from imgix_provider.run import Run
from imgix_provider.settings import Settings
from tests.faults.conftest import Person
from tests.plugin.conftest import URN, struct


@attrs.define
class DynamicPerson(Person):
    """One who runs the verbs of the dynamic provider."""

    _provider: Any = attrs.field(factory=ImgixSourceProvider)

    def run_anew(self) -> None:
        """Start another run, and let the provider work in it."""
        Person.run_anew(self)
        use_run(self.run)

    def create(self) -> None:
        """Create the declared source."""
        created = self._provider.create(self.declared.inputs())
        self.id, self.state = created.id, created.outs

    def read(self) -> None:
        """Refresh the source; where it is gone the state forgets it."""
        reading = self._provider.read(self.id, dict(self.state or {}))
        self.state = reading.outs if reading.id else None

    def send_update(self, wanted: Any) -> Any:
        """Return the state after an update to what is wanted."""
        return self._provider.update(self.id, dict(self.state or {}), wanted.inputs()).outs

    def delete(self) -> None:
        """Delete the source."""
        self._provider.delete(self.id, dict(self.state or {}))
        self.state = None


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
        request = provider_pb2.CreateRequest(urn=URN, properties=_inputs(self.declared))
        answer = self._ask("Create", request)
        self.id, self.state = answer.id, _core(answer.properties)

    def read(self) -> None:
        """Refresh the source; where it is gone the state forgets it."""
        request = provider_pb2.ReadRequest(urn=URN, id=self.id, properties=self._recorded())
        answer = self._ask("Read", request)
        self.state = _core(answer.properties) if answer.id else None

    def send_update(self, wanted: Any) -> Any:
        """Return the state after an update to what is wanted."""
        request = provider_pb2.UpdateRequest(
            urn=URN, id=self.id, olds=self._recorded(), news=_inputs(wanted)
        )
        return _core(self._ask("Update", request).properties)

    def delete(self) -> None:
        """Delete the source."""
        request = provider_pb2.DeleteRequest(urn=URN, id=self.id, properties=self._recorded())
        self._ask("Delete", request)
        self.state = None

    def _ask(self, verb: str, request: Any) -> Any:
        try:
            return getattr(self._stub, verb)(request, timeout=60)
        except grpc.RpcError as error:
            raise RuntimeError(error.details()) from None

    def _recorded(self) -> Any:
        return message_of(plugin_properties(self.state or {}))


def _inputs(declared: Any) -> Any:
    return message_of(plugin_properties(declared.inputs()))


def _core(properties: Any) -> Any:
    return core_properties(received(properties)).values


class _ToldLines(EngineLog):
    """Keeps lines as the person reads them."""

    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self._told = told

    def show(self, notice: Any) -> None:
        self._told.append(str(notice))


@contextmanager
def plugin_servers() -> Iterator[Callable[[PluginPerson], Any]]:
    """Start a server of the plugin for each run of a person, and return how to ask it."""
    servers = []

    def connect(person: PluginPerson) -> Any:
        def start_run(settings: Settings, *, notify: Notify) -> Run:
            person.run = Run(settings, notify=notify, clock=person.clock)
            return person.run

        server = grpc.server(ThreadPoolExecutor(4))
        servicer = ImgixServicer(start_run, _ToldLines(person.told))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        servers.append((channel, server))
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        settings = {
            "apiKey": person.imgix.api_key,
            "apiUrl": person.imgix.url,
            "requestsPerSecond": 1000,
            "timeout": 3,
        }
        stub.Configure(provider_pb2.ConfigureRequest(args=struct(settings)), timeout=10)
        return stub

    yield connect
    for channel, server in servers:
        channel.close()
        server.stop(None)
