"""The provider process, and the calls that the engine makes to it.

It is the SDK's own `python -m pulumi.dynamic`, started in the program's folder. It keeps no
secrets, so they are taken off before each call and marked again on its answer. Which calls to make
is `deployment`'s affair.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
from attrs import frozen
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from imgix_testing.engine.child_processes import Child, ChildProcesses
from imgix_testing.engine.property_values import (
    Properties,
    from_struct,
    mark_secrets,
    signed_secret,
    to_struct,
    without_secrets,
)

_START_TIMEOUT = 60
# As the CLI does: a source with a long list of anything must not meet gRPC's 4 MB.
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
]


class ProviderError(Exception):
    """What the provider process gave as the reason why a call failed."""


@frozen
class Failure:
    """One complaint of `check`; the property may be a path, or empty."""

    property: str
    reason: str


@frozen
class Diff:
    """All of a provider's diff that reaches the engine."""

    changes: bool | None  # None when the provider does not say
    replaces: tuple[str, ...]
    delete_before_replace: bool


@frozen
class Live:
    """What `read` found; no id means that the resource is gone."""

    id: str
    outputs: Properties
    inputs: Properties | None


class ProviderProcess:
    """One provider process, started at once and configured at its first use."""

    def __init__(
        self,
        children: ChildProcesses,
        *,
        python: str,
        directory: Path,
        environment: Mapping[str, str],
        configuration: Mapping[str, Any],
        on_line: Any,
    ) -> None:
        self._configuration = configuration
        self._port = ""
        self._announced = threading.Event()
        self._configuring = threading.Lock()
        self._stub: provider_pb2_grpc.ResourceProviderStub | None = None
        self._child: Child = children.start(
            [python, "-u", "-m", "pulumi.dynamic"],
            directory=directory,
            environment=environment,
            on_line=on_line,
            first_line=self._announce,
        )

    def check(
        self, urn: str, olds: Properties, news: Properties
    ) -> tuple[Properties, list[Failure]]:
        """The inputs in the provider's form, and everything it finds wrong with them."""
        request = provider_pb2.CheckRequest(urn=urn, olds=_bare(olds), news=_bare(news))
        answer = self._call("Check", request)
        inputs = mark_secrets(from_struct(answer.inputs), news)
        return inputs, [Failure(found.property, found.reason) for found in answer.failures]

    def diff(
        self, urn: str, id_: str, *, old_inputs: Properties, olds: Properties, news: Properties
    ) -> Diff:
        """What the provider says must be done to get from the old outputs to the new inputs."""
        request = provider_pb2.DiffRequest(
            urn=urn, id=id_, olds=_bare(olds), news=_bare(news), old_inputs=_bare(old_inputs)
        )
        answer = self._call("Diff", request)
        changes = {
            provider_pb2.DiffResponse.DIFF_NONE: False,
            provider_pb2.DiffResponse.DIFF_SOME: True,
        }.get(answer.changes)
        return Diff(changes, tuple(answer.replaces), answer.deleteBeforeReplace)

    def create(self, urn: str, news: Properties) -> tuple[str, Properties]:
        """Create the resource; its id and outputs."""
        request = provider_pb2.CreateRequest(urn=urn, properties=_bare(news))
        answer = self._call("Create", request)
        return answer.id, mark_secrets(from_struct(answer.properties), news)

    def update(
        self, urn: str, id_: str, *, old_inputs: Properties, olds: Properties, news: Properties
    ) -> Properties:
        """Update the resource in place; its outputs."""
        request = provider_pb2.UpdateRequest(
            urn=urn, id=id_, olds=_bare(olds), news=_bare(news), old_inputs=_bare(old_inputs)
        )
        return mark_secrets(from_struct(self._call("Update", request).properties), news)

    def read(self, urn: str, id_: str, *, inputs: Properties, outputs: Properties) -> Live:
        """The resource as it is now."""
        request = provider_pb2.ReadRequest(
            urn=urn, id=id_, inputs=_bare(inputs), properties=_bare(outputs)
        )
        answer = self._call("Read", request)
        found = None
        if answer.HasField("inputs"):
            found = mark_secrets(from_struct(answer.inputs), inputs)
        return Live(answer.id, mark_secrets(from_struct(answer.properties), outputs), found)

    def delete(self, urn: str, id_: str, *, inputs: Properties, outputs: Properties) -> None:
        """Delete the resource."""
        request = provider_pb2.DeleteRequest(
            urn=urn, id=id_, properties=_bare(outputs), old_inputs=_bare(inputs)
        )
        self._call("Delete", request)

    def _call(self, method: str, request: Any) -> Any:
        stub = self._configured()
        try:
            return getattr(stub, method)(request)
        except grpc.RpcError as error:
            raise ProviderError(self._reason(error)) from error

    def _reason(self, error: Any) -> str:
        # The connection breaks a moment before the process is known to be gone.
        if error.code() == grpc.StatusCode.UNAVAILABLE and self._child.ended(within=2):
            return "the provider process has ended"
        return str(error.details()).rstrip("\n")

    def _announce(self, port: str) -> None:
        self._port = port
        self._announced.set()

    def _configured(self) -> provider_pb2_grpc.ResourceProviderStub:
        with self._configuring:
            if self._stub is not None:
                return self._stub
            self._await_port()
            channel = grpc.insecure_channel(f"127.0.0.1:{self._port}", options=CHANNEL_OPTIONS)
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            request = provider_pb2.ConfigureRequest(
                args=to_struct(self._configuration, signed_secret), acceptSecrets=True
            )
            try:
                stub.Configure(request, wait_for_ready=True, timeout=_START_TIMEOUT)
            except grpc.RpcError as error:
                raise ProviderError(self._reason(error)) from error
            self._stub = stub
            return stub

    def _await_port(self) -> None:
        for _ in range(_START_TIMEOUT * 10):
            if self._announced.wait(0.1):
                break
            if self._child.ended():
                raise ProviderError("the provider process ended before it could be reached")
        if not self._port.isdigit():
            raise ProviderError(f"the provider process printed no port but {self._port!r}")


def _bare(properties: Mapping[str, Any]) -> Any:
    return to_struct(properties, without_secrets)
