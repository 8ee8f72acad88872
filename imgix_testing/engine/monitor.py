"""The two gRPC services that a program talks to: the resource monitor and the engine.

They turn messages into calls of `deployment` and `report`, and back; nothing is decided here.
"""

from concurrent import futures
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from imgix_testing.engine.deployment import Alias, Deployment, Goal
from imgix_testing.engine.operation import AbortedError, Operation
from imgix_testing.engine.property_values import UNKNOWN, from_struct, signed_secret, to_struct
from imgix_testing.engine.provider_process import CHANNEL_OPTIONS
from imgix_testing.engine.stack_state import ResourceState

_SUPPORTED = {"secrets", "aliasSpecs"}
_OURS = "pulumi-python:"
_SEVERITIES = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


class ResourceMonitor(resource_pb2_grpc.ResourceMonitorServicer):
    """What the SDK registers resources with."""

    def __init__(self, deployment: Deployment, operation: Operation) -> None:
        self._deployment = deployment
        self._operation = operation

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say which optional parts of the protocol are spoken here."""
        return resource_pb2.DeploymentInfo(
            project=self._operation.project,
            stack=self._operation.stack,
            dryRun=self._operation.preview,
            parallel=self._operation.parallel,
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
            ],
        )

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say the same to an SDK that asks for one part after the other."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _SUPPORTED)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Create, update or leave alone what the program declares."""
        try:
            goal = self._goal(request)
            self._refuse_foreign(goal.state)
            state = self._deployment.register(goal)
        except Exception as error:
            self._end(context, error)
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn, id=state.id, object=to_struct(state.outputs, signed_secret)
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Take the outputs of a component, or the exports of the stack."""
        try:
            self._deployment.register_outputs(request.urn, from_struct(request.outputs))
        except Exception as error:
            self._end(context, error)
        return Empty()

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Look up a resource for `.get()`."""
        try:
            wanted = ResourceState(
                urn=self._deployment.urn(request.parent, request.type, request.name),
                type=request.type,
                id=request.id,
                inputs=from_struct(request.properties),
                parent=request.parent,
                dependencies=tuple(request.dependencies),
                additional_secret_outputs=tuple(request.additionalSecretOutputs),
            )
            self._refuse_foreign(wanted)
            if request.id == UNKNOWN:
                return resource_pb2.ReadResourceResponse(urn=wanted.urn)
            found = self._deployment.read(wanted)
        except Exception as error:
            self._end(context, error)
        return resource_pb2.ReadResourceResponse(
            urn=found.urn, properties=to_struct(found.outputs, signed_secret)
        )

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Refuse: a dynamic provider has no functions to call."""
        self._end(context, self._operation.fail("", f"cannot call {request.tok} here"))

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Let the program end: nothing of it is needed after its last registration."""
        return Empty()

    def _goal(self, request: Any) -> Goal:
        by_property = {
            key: list(named.urns)
            for key, named in request.propertyDependencies.items()
            if named.urns
        }
        state = ResourceState(
            urn=self._deployment.urn(request.parent, request.type, request.name),
            type=request.type,
            custom=request.custom,
            inputs=from_struct(request.object),
            parent=request.parent,
            dependencies=tuple(request.dependencies),
            property_dependencies=by_property,
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            ignore_changes=tuple(request.ignoreChanges),
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
        )
        first = request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None
        aliases = tuple(map(_alias, request.aliases))
        return Goal(state, request.importId, first, aliases)

    def _refuse_foreign(self, state: ResourceState) -> None:
        if state.custom and not state.type.startswith(_OURS):
            raise self._operation.fail(
                state.urn, f"{state.type} is no dynamic resource; there is no provider for it here"
            )

    def _end(self, context: Any, error: BaseException) -> None:
        if not isinstance(error, AbortedError):
            self._operation.fail("", f"the engine failed: {error!r}")
        # The status by which the SDK understands that the run is over.
        context.abort(grpc.StatusCode.UNAVAILABLE, "the run has ended")


class EngineService(engine_pb2_grpc.EngineServicer):
    """What the SDK logs to."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._root = ""

    def Log(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Show a message under the diagnostics."""
        severity = _SEVERITIES.get(request.severity)
        # After a failure the program only learns that the run is over; that is no news.
        if severity and not (severity == "error" and self._operation.aborted):
            self._operation.report.diagnose(request.urn, severity, request.message)
        return Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Name the stack resource."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take the stack resource's name."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Accept every demand: there is no CLI whose version could be wrong."""
        return engine_pb2.RequirePulumiVersionResponse()


def _alias(message: Any) -> Alias:
    if message.WhichOneof("alias") == "urn":
        return Alias(urn=message.urn)
    spec = message.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
        stack=spec.stack,
        project=spec.project,
    )


def serve(deployment: Deployment, operation: Operation) -> tuple[grpc.Server, str]:
    """Start both services on one port of the loopback interface."""
    # Every registration keeps a thread until it is answered; the SDK sends 4 for each place.
    threads = futures.ThreadPoolExecutor(max_workers=4 * operation.parallel + 16)
    server = grpc.server(threads, options=CHANNEL_OPTIONS)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(
        ResourceMonitor(deployment, operation), server
    )
    engine_pb2_grpc.add_EngineServicer_to_server(EngineService(operation), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"
