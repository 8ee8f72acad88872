"""The provider process, and the calls that the engine makes to it.

It is the SDK's own `python -m pulumi.dynamic`, started in the program's folder. It does not support
secrets, so the marks are removed before each call and restored on its answer. `deployment` decides
which calls to make.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from attrs import frozen
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from imgix_testing.engine.child_processes import Child
from imgix_testing.engine.property_values import (
    Properties,
    from_struct,
    mark_secrets,
    same,
    signed_secret,
    to_struct,
    without_secrets,
)
from imgix_testing.engine.state import ResourceState

_START_TIMEOUT = 60
# As in the CLI: gRPC's default of 4 MB is too small for a source with long lists.
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
]


class ProviderError(Exception):
    """The provider process's reason why a call failed."""


@frozen
class Live:
    """What `read` found; no id means that the resource is gone."""

    id: str
    outputs: Properties
    inputs: Properties | None


class ProviderProcess:
    """The calls to a provider process, which is configured before the first one."""

    def __init__(self, launch: Callable[[], Child], configuration: Mapping[str, Any]) -> None:
        """Take a function that starts the process, and the stack's configuration with secrets."""
        self._launch = launch
        self._child: Child | None = None
        self._configuration = configuration
        self._configuring = threading.Lock()
        self._stub: provider_pb2_grpc.ResourceProviderStub | None = None

    def start(self) -> Child:
        """Start the process, unless it is already running."""
        if self._child is None:
            self._child = self._launch()
        return self._child

    def check(
        self, urn: str, olds: Properties, news: Properties
    ) -> tuple[Properties, list[tuple[str, str]]]:
        """Return the inputs in canonical form, and each problem as property and reason."""
        request = provider_pb2.CheckRequest(urn=urn, olds=_bare(olds), news=_bare(news))
        answer = self._call("Check", request)
        inputs = mark_secrets(from_struct(answer.inputs), news)
        return inputs, [(found.property, found.reason) for found in answer.failures]

    def diff(self, old: ResourceState, news: Properties) -> tuple[bool, list[str]]:
        """Return whether the resource changes, and the properties that require a replacement."""
        answer = self._call("Diff", provider_pb2.DiffRequest(**_change(old, news)))
        if answer.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
            return not same(old.inputs, news), list(answer.replaces)
        return answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)

    def create(self, urn: str, news: Properties) -> tuple[str, Properties]:
        """Create the resource; return its id and outputs."""
        request = provider_pb2.CreateRequest(urn=urn, properties=_bare(news))
        answer = self._call("Create", request)
        return answer.id, mark_secrets(from_struct(answer.properties), news)

    def update(self, old: ResourceState, news: Properties) -> Properties:
        """Update the resource in place; return its outputs."""
        answer = self._call("Update", provider_pb2.UpdateRequest(**_change(old, news)))
        return mark_secrets(from_struct(answer.properties), news)

    def read(self, urn: str, id_: str, *, inputs: Properties, outputs: Properties) -> Live:
        """Return the resource as it is now."""
        request = provider_pb2.ReadRequest(
            urn=urn, id=id_, inputs=_bare(inputs), properties=_bare(outputs)
        )
        answer = self._call("Read", request)
        found = None
        if answer.HasField("inputs"):
            found = mark_secrets(from_struct(answer.inputs), inputs)
        return Live(answer.id, mark_secrets(from_struct(answer.properties), outputs), found)

    def delete(self, old: ResourceState) -> None:
        """Delete the resource."""
        request = provider_pb2.DeleteRequest(
            urn=old.urn, id=old.id, properties=_bare(old.outputs), old_inputs=_bare(old.inputs)
        )
        self._call("Delete", request)

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._configured(), method)(request)
        except grpc.RpcError as error:
            raise ProviderError(self._reason(error)) from error

    def _reason(self, error: Any) -> str:
        # The connection breaks a moment before the process is known to be gone.
        if error.code() == grpc.StatusCode.UNAVAILABLE and self.start().ended(within=2):
            return "the provider process has ended"
        return str(error.details()).rstrip("\n")

    def _configured(self) -> provider_pb2_grpc.ResourceProviderStub:
        with self._configuring:
            if self._stub is None:
                child = self.start()
                port = child.first_line()
                if not port.isdigit():
                    raise ProviderError("the provider process ended before it could be reached")
                child.follow()
                channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                request = provider_pb2.ConfigureRequest(
                    args=to_struct(self._configuration, signed_secret), acceptSecrets=True
                )
                stub.Configure(request, wait_for_ready=True, timeout=_START_TIMEOUT)
                self._stub = stub
            return self._stub


def _change(old: ResourceState, news: Properties) -> dict[str, Any]:
    properties = {"olds": old.outputs, "news": news, "old_inputs": old.inputs}
    bare = {name: _bare(value) for name, value in properties.items()}
    return {"urn": old.urn, "id": old.id, **bare}


def _bare(properties: Mapping[str, Any]) -> Any:
    return to_struct(properties, without_secrets)
