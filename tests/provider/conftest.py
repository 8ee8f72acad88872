"""The provider process as an engine meets it: started, configured and asked over gRPC.

Nothing stands between these tests and the process but the SDK's own stubs, so what they send and
get is what Pulumi sends and gets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from imgix_provider import ImgixSourceProvider
from imgix_testing.server import SimulatedImgix

URN = "urn:pulumi:dev::test::pulumi-python:dynamic/imgix:Source::blog"
IDENTITY = serialize_provider(ImgixSourceProvider())


class Provider:
    """One provider process; each verb takes and returns plain properties."""

    def __init__(self, process: subprocess.Popen[str], notices: Path) -> None:
        """Talk to the process on the port that it prints."""
        assert process.stdout is not None
        self.process = process
        port = process.stdout.readline().strip()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self._notices = notices

    @property
    def notices(self) -> str:
        """All that the process has said to a person so far."""
        return self._notices.read_text()

    def configure(self, **configuration: Any) -> None:
        """Hand over the stack's configuration, `apiKey` standing for `imgix:apiKey`."""
        args = struct({f"imgix:{name}": value for name, value in configuration.items()})
        self._stub.Configure(provider_pb2.ConfigureRequest(args=args), timeout=30)

    def check(
        self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the inputs in canonical form, and what is wrong with them by path."""
        answer = self._stub.Check(
            provider_pb2.CheckRequest(urn=URN, olds=owned(olds or {}), news=owned(news)), timeout=30
        )
        assert not any(each.property for each in answer.failures)  # the engine prints its value
        reasons = [each.reason.split(": ", 1) for each in answer.failures]
        return plain(answer.inputs), {path: message for path, message in reasons}  # noqa: C416

    def diff(self, source_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        """Return the answer to a diff as it is."""
        request = provider_pb2.DiffRequest(
            urn=URN, id=source_id, olds=owned(olds), news=owned(news)
        )
        return self._stub.Diff(request, timeout=30)

    def create(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the id and the outputs."""
        request = provider_pb2.CreateRequest(urn=URN, properties=owned(props))
        answer = self._stub.Create(request, timeout=30)
        return answer.id, plain(answer.properties)

    def read(
        self, source_id: str, props: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return the id, the outputs and the inputs."""
        request = provider_pb2.ReadRequest(urn=URN, id=source_id, properties=owned(props))
        answer = self._stub.Read(request, timeout=30)
        return answer.id, plain(answer.properties), plain(answer.inputs)

    def update(
        self, source_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the outputs."""
        request = provider_pb2.UpdateRequest(
            urn=URN, id=source_id, olds=owned(olds), news=owned(news)
        )
        return plain(self._stub.Update(request, timeout=30).properties)

    def delete(self, source_id: str, props: Mapping[str, Any]) -> None:
        """Delete the source."""
        request = provider_pb2.DeleteRequest(urn=URN, id=source_id, properties=owned(props))
        self._stub.Delete(request, timeout=30)


def struct(properties: Mapping[str, Any]) -> Struct:
    """Return the properties as they travel, where every number is a float."""
    message = Struct()
    message.update(dict(properties))
    return message


def owned(properties: Mapping[str, Any]) -> Struct:
    """Return the properties with the provider they belong to, as the SDK sends them."""
    return struct({**properties, "__provider": IDENTITY})


def plain(message: Struct) -> dict[str, Any]:
    """Return properties from the wire, without the provider."""
    found: dict[str, Any] = MessageToDict(message)
    found.pop("__provider", None)
    return found


StartProvider = Callable[..., Provider]


@pytest.fixture
def start_provider(tmp_path: Path) -> Iterator[StartProvider]:
    """Starts provider processes, with nothing of imgix in their environment but what is given."""
    with ExitStack() as stack:

        def start(*, arguments: Sequence[str] = (), **environment: str) -> Provider:
            inherited = {k: v for k, v in os.environ.items() if not k.startswith("IMGIX_")}
            notices = Path(tempfile.mkdtemp(dir=tmp_path)) / "notices"
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-u", "-m", "pulumi.dynamic", *arguments],
                    stdout=subprocess.PIPE,
                    stderr=stack.enter_context(notices.open("w")),
                    env={**inherited, "PULUMI_PROJECT": "test", **environment},
                    text=True,
                )
            )
            stack.callback(process.terminate)
            provider = Provider(process, notices)
            stack.callback(provider.channel.close)
            return provider

        yield start


@pytest.fixture
def provider(imgix: SimulatedImgix, start_provider: StartProvider) -> Provider:
    """A provider process that is configured for the account of `imgix`."""
    started = start_provider()
    started.configure(apiKey=imgix.api_key, apiUrl=imgix.url, requestsPerSecond=1000)
    return started
