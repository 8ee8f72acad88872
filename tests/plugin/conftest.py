"""The plugin's process as an engine meets it: started, configured and asked over gRPC.

The engine here is a real server that takes lines and nothing else. Requests and answers are built
with the SDK's stubs, so what these tests send and get is what Pulumi sends and gets.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import attrs
import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from imgix_testing.server import SimulatedImgix

URN = "urn:pulumi:dev::test::imgix:index:Source::blog"
PROVIDER_URN = "urn:pulumi:dev::test::pulumi:providers:imgix::default"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def secret(value: Any) -> dict[str, Any]:
    """Return a value as the engine sends a secret."""
    return {SIGNATURE: SECRET, "value": value}


def struct(properties: Mapping[str, Any]) -> Struct:
    """Return the properties as they travel, where every number is a double."""
    message = Struct()
    message.update(dict(properties))
    return message


def raw(message: Struct) -> dict[str, Any]:
    """Return properties from the wire as they are, signatures included."""
    found: dict[str, Any] = MessageToDict(message)
    return found


def opened(value: Any) -> Any:
    """Return a value without the signatures of its secrets."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return opened(value["value"])
        return {key: opened(item) for key, item in value.items()}
    return [opened(item) for item in value] if isinstance(value, list) else value


@attrs.frozen
class Line:
    """What the plugin told the person: where, how much it matters, and whether it stays."""

    urn: str
    severity: int
    text: str
    ephemeral: bool


class Lines(engine_pb2_grpc.EngineServicer):
    """An engine that keeps the lines it is told."""

    def __init__(self) -> None:
        """Start with none."""
        self.told: list[Line] = []

    def Log(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Keep a line."""
        self.told.append(Line(request.urn, request.severity, request.message, request.ephemeral))
        return Empty()

    @property
    def texts(self) -> list[str]:
        """The texts alone."""
        return [line.text for line in self.told]


class Plugin:
    """One process of the plugin; each verb takes plain properties and returns the answer."""

    def __init__(self, process: subprocess.Popen[str], lines: Lines) -> None:
        """Talk to the process on the port that it prints."""
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        self.process = process
        self.lines = lines
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def configure(self, **settings: Any) -> Any:
        """Hand over the provider's settings."""
        return self.stub.Configure(
            provider_pb2.ConfigureRequest(args=struct(settings), acceptSecrets=True), timeout=30
        )

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Any:
        """Return the answer to a check."""
        request = provider_pb2.CheckRequest(urn=URN, olds=struct(olds or {}), news=struct(news))
        return self.stub.Check(request, timeout=30)

    def problems(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> list[str]:
        """Return what is wrong with inputs."""
        failures = self.check(news, olds).failures
        assert not any(each.property for each in failures)  # the engine prints its value
        return [each.reason for each in failures]

    def checked(
        self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return inputs that are sound in canonical form, as they travel on."""
        answer = self.check(news, olds)
        assert [each.reason for each in answer.failures] == []
        return raw(answer.inputs)

    def diff(self, source_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        """Return the answer to a diff."""
        request = provider_pb2.DiffRequest(
            urn=URN, id=source_id, olds=struct(olds), old_inputs=struct({}), news=struct(news)
        )
        return self.stub.Diff(request, timeout=30)

    def create(
        self, inputs: Mapping[str, Any], *, preview: bool = False
    ) -> tuple[str, dict[str, Any]]:
        """Return the id and the outputs as they travel."""
        answer = self.start_create(inputs, preview=preview).result()
        return answer.id, raw(answer.properties)

    def start_create(self, inputs: Mapping[str, Any], *, preview: bool = False) -> Any:
        """Start a create and return its future."""
        request = provider_pb2.CreateRequest(urn=URN, properties=struct(inputs), preview=preview)
        return self.stub.Create.future(request, timeout=60)

    def read(
        self,
        source_id: str,
        properties: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        *,
        urn: str = URN,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return the id, the outputs and the inputs as they travel."""
        request = provider_pb2.ReadRequest(
            urn=urn, id=source_id, properties=struct(properties or {}), inputs=struct(inputs or {})
        )
        answer = self.stub.Read(request, timeout=30)
        return answer.id, raw(answer.properties), raw(answer.inputs)

    def update(
        self,
        source_id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        preview: bool = False,
    ) -> dict[str, Any]:
        """Return the outputs as they travel."""
        request = provider_pb2.UpdateRequest(
            urn=URN, id=source_id, olds=struct(olds), news=struct(news), preview=preview
        )
        return raw(self.stub.Update(request, timeout=30).properties)

    def delete(self, source_id: str, properties: Mapping[str, Any]) -> None:
        """Delete the source."""
        request = provider_pb2.DeleteRequest(urn=URN, id=source_id, properties=struct(properties))
        self.stub.Delete(request, timeout=30)

    def invoke(self, function: str, **arguments: Any) -> dict[str, Any]:
        """Return what a function of the package returns."""
        request = provider_pb2.InvokeRequest(tok=f"imgix:index:{function}", args=struct(arguments))
        return raw(getattr(self.stub.Invoke(request, timeout=30), "return"))

    def cancel(self) -> None:
        """Tell the plugin that the run is cancelled."""
        self.stub.Cancel(Empty(), timeout=5)


StartPlugin = Callable[..., Plugin]


@pytest.fixture(scope="module")
def engine() -> Iterator[tuple[str, Lines]]:
    """An engine that takes lines: its address, and what it was told."""
    lines = Lines()
    server = grpc.server(ThreadPoolExecutor(8))
    engine_pb2_grpc.add_EngineServicer_to_server(lines, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", lines
    server.stop(None)


def started(stack: ExitStack, engine: tuple[str, Lines], **environment: str) -> Plugin:
    """Return a plugin process that lives as long as `stack`."""
    address, lines = engine
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("IMGIX_")}
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-m", "imgix_provider.plugin", address],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**inherited, **environment},
            text=True,
        )
    )
    stack.callback(process.kill)
    plugin = Plugin(process, lines)
    stack.callback(plugin.channel.close)
    return plugin


@pytest.fixture
def start_plugin(engine: tuple[str, Lines]) -> Iterator[StartPlugin]:
    """Starts plugin processes, with nothing of imgix in their environment but what is given."""
    engine[1].told.clear()
    with ExitStack() as stack:
        yield lambda **environment: started(stack, engine, **environment)


@pytest.fixture(scope="module")
def shared_plugin(engine: tuple[str, Lines]) -> Iterator[Plugin]:
    """A plugin process that serves one test after the other, each in a run of its own."""
    with ExitStack() as stack:
        yield started(stack, engine)


@pytest.fixture
def plugin(imgix: SimulatedImgix, shared_plugin: Plugin) -> Plugin:
    """A plugin process that is configured for the account of `imgix`."""
    shared_plugin.lines.told.clear()
    shared_plugin.configure(
        apiKey=secret(imgix.api_key),
        apiUrl=imgix.url,
        requestsPerSecond="1000",
        createsPerHour="1000",
    )
    return shared_plugin
