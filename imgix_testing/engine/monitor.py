"""The two gRPC services that a program talks to: the resource monitor and the engine.

They turn messages into calls of `deployment` and `report`, and back; they decide nothing.
"""

import os
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlparse

import grpc
from attrs import evolve
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    resource_pb2,
    resource_pb2_grpc,
)

from imgix_testing.engine.deployment import Deployment
from imgix_testing.engine.property_values import UNKNOWN, from_struct, signed_secret, to_struct
from imgix_testing.engine.provider_process import CHANNEL_OPTIONS
from imgix_testing.engine.run import AbortedError, Run
from imgix_testing.engine.state import ResourceState

_READ_STATE = "pulumi:pulumi:readStackResourceOutputs"
_INVOKE_RESPONSE = getattr(resource_pb2, "ResourceInvokeResponse", provider_pb2.InvokeResponse)
"""An older SDK has one message for the answers of providers and of the engine."""
_OURS, _PARTS = "pulumi-python:", ("secrets", "aliasSpecs")
_SEVERITIES = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}


class ResourceMonitor(resource_pb2_grpc.ResourceMonitorServicer):
    """The service with which the SDK registers resources."""

    def __init__(self, deployment: Deployment, run: Run, folder: Path) -> None:
        self._deployment = deployment
        self._run = run
        self._folder = folder

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say which optional parts of the protocol are supported."""
        return resource_pb2.DeploymentInfo(
            project=self._run.project,
            stack=self._run.stack,
            dryRun=self._run.preview,
            parallel=self._run.parallel,
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
            ],
        )

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say the same to an older SDK, which asks for one part at a time."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _PARTS)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Create, update or leave alone a declared resource."""
        with self._ending_the_run(context):
            wanted = self._wanted(request, custom=request.custom, inputs=request.object)
            if request.aliases:
                raise self._run.fail(wanted.urn, "aliases need the pulumi CLI")
            wanted = evolve(
                wanted,
                property_dependencies={
                    key: list(named.urns)
                    for key, named in sorted(request.propertyDependencies.items())
                },
                ignore_changes=tuple(request.ignoreChanges),
                protect=request.protect,
                retain_on_delete=request.retainOnDelete,
            )
            state = self._deployment.register(wanted, request.importId)
            return resource_pb2.RegisterResourceResponse(
                urn=state.urn, id=state.id, object=to_struct(state.outputs, signed_secret)
            )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Store the outputs of a component, or the exports of the stack."""
        with self._ending_the_run(context):
            self._deployment.register_outputs(request.urn, from_struct(request.outputs))
            return Empty()

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Look up a resource for `.get()`."""
        with self._ending_the_run(context):
            wanted = self._wanted(request, custom=True, inputs=request.properties)
            if request.id == UNKNOWN:
                return resource_pb2.ReadResourceResponse(urn=wanted.urn)
            found = self._deployment.read(evolve(wanted, id=request.id))
            return resource_pb2.ReadResourceResponse(
                urn=found.urn, properties=to_struct(found.outputs, signed_secret)
            )

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Answer the engine's own function that reads a state; a dynamic provider has none."""
        with self._ending_the_run(context):
            stack = f"organization/{self._run.project}/{self._run.stack}"
            if request.tok != _READ_STATE or request.args["stackName"] != stack:
                raise self._run.fail("", f"cannot call {request.tok} here")
            with self._run.slot():  # as the engine, which registers its own provider for this
                found = {"name": stack, "outputs": self._deployment.resource_outputs()}
            response = _INVOKE_RESPONSE()
            getattr(response, "return").CopyFrom(to_struct(found, signed_secret))
            return response

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Let the program end: it is not needed after its last registration."""
        return Empty()

    def _wanted(self, request: Any, *, custom: bool, inputs: Any) -> ResourceState:
        """Return the state that registering and reading begin with."""
        urn = self._deployment.urn(request.parent, request.type, request.name)
        if custom and not request.type.startswith(_OURS):
            reason = f"{request.type} is no dynamic resource; there is no provider for it here"
            raise self._run.fail(urn, reason)
        frames = [self._position(frame.pc) for frame in request.stackTrace.frames]
        return ResourceState(
            urn=urn,
            type=request.type,
            custom=custom,
            inputs=from_struct(inputs, nulls=False),
            parent=request.parent,
            dependencies=tuple(request.dependencies),
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            source_position=self._position(request.sourcePosition),
            stack_trace=tuple({"sourcePosition": place} if place else {} for place in frames),
        )

    def _position(self, position: Any) -> str:
        """Return a source line as the CLI writes it: relative to the program's folder."""
        if not position.uri:
            return ""
        file = unquote(urlparse(position.uri).path)
        return f"project:///{quote(os.path.relpath(file, self._folder))}#{position.line}"

    @contextmanager
    def _ending_the_run(self, context: Any) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not isinstance(error, AbortedError):
                self._run.fail("", f"the engine failed: {error!r}")
            # This status tells the SDK that the run is over.
            context.abort(grpc.StatusCode.UNAVAILABLE, "the run has ended")


class EngineService(engine_pb2_grpc.EngineServicer):
    """The service to which the SDK logs."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def Log(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Show a message under the diagnostics."""
        severity = _SEVERITIES.get(request.severity)
        # After a failure, the program only reports that the run is over; do not repeat that.
        if severity and not (severity == "error" and self._run.aborted):
            self._run.report.diagnose(request.urn, severity, request.message)
        return Empty()


def serve_monitor(deployment: Deployment, run: Run, folder: Path) -> tuple[grpc.Server, str]:
    """Start the resource monitor on a loopback port, for the program in a folder."""
    # Every registration keeps a thread until it is answered; the SDK sends 4 per parallel slot.
    server = _server(threads=4 * run.parallel + 16)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(
        ResourceMonitor(deployment, run, folder), server
    )
    return server, _address_of(server)


def serve_engine(run: Run) -> tuple[grpc.Server, str]:
    """Start the engine's own service on a loopback port, for all processes of the run."""
    server = _server(threads=16)
    engine_pb2_grpc.add_EngineServicer_to_server(EngineService(run), server)
    return server, _address_of(server)


def _server(threads: int) -> grpc.Server:
    return grpc.server(futures.ThreadPoolExecutor(threads), options=CHANNEL_OPTIONS)


def _address_of(server: grpc.Server) -> str:
    """Start the server, and return its address."""
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return f"127.0.0.1:{port}"
