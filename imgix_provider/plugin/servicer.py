"""The verbs of Pulumi's plugin protocol: each translates its request for the core, and back.

`imgix_provider.sources` decides what happens to a source; `answers` makes the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from imgix_provider.errors import ConfigurationError, ImgixError, UnfinishedError
from imgix_provider.messages import Notice, Severity, spell
from imgix_provider.plugin.answers import answering, not_there
from imgix_provider.plugin.detailed_diff import detailed_diff, replaced_paths
from imgix_provider.plugin.engine import EngineLog, current_work
from imgix_provider.plugin.functions import call_function, list_resources
from imgix_provider.plugin.names import spelling
from imgix_provider.plugin.preview import created_outputs, updated_outputs
from imgix_provider.plugin.properties import is_unknown, message_of, received
from imgix_provider.plugin.reading import as_if_adopted, read_source
from imgix_provider.plugin.schema import SOURCE, plugin_version, schema_text
from imgix_provider.plugin.settings import (
    check_settings,
    diff_settings,
    settings_of,
    unknown_settings,
)
from imgix_provider.plugin.shapes import CoreProperties, core_properties, plugin_properties
from imgix_provider.run import Run
from imgix_provider.settings import NO_KEY
from imgix_provider.sources.declaration import Declaration

_SCHEMA_VERSION: Final = 0

StartRun = Callable[..., Run]


class ImgixServicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers an engine; safe to share between the threads of a server."""

    def __init__(self, start_run: StartRun, log: EngineLog) -> None:
        """Serve with runs made by `start_run` from settings and `notify`."""
        self._start_run = start_run
        self._log = log
        self._run: Run | None = None
        self._imported: set[tuple[str, str]] = set()
        """The URN and id of each source that was read without any state, and not updated yet."""

    def redacted(self, line: str) -> str:
        """Return a line with every known secret masked."""
        return line if self._run is None else self._run.secrets.redact(line)

    def cancel(self) -> None:
        """End every pause of the run; nothing more is sent."""
        if self._run is not None:
            self._run.clock.cancel()

    @answering
    def Handshake(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what this plugin accepts: secrets marked as such."""
        self._log.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    @answering
    def Attach(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """Show messages through another engine from now on."""
        self._log.connect(request.address)
        return Empty()

    @answering
    def GetPluginInfo(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """Return the version."""
        return plugin_pb2.PluginInfo(version=plugin_version())

    @answering
    def GetSchema(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Return the schema of the package."""
        if request.version != _SCHEMA_VERSION:
            raise ImgixError(f"there is no schema of version {request.version}")
        return provider_pb2.GetSchemaResponse(schema=schema_text())

    @answering
    def GetMapping(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingResponse:
        """Return no mapping: there is no other provider to convert from."""
        return provider_pb2.GetMappingResponse()

    @answering
    def GetMappings(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.GetMappingsResponse:
        """Return no mappings: there is no other provider to convert from."""
        return provider_pb2.GetMappingsResponse()

    def Parameterize(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802
        """Say that the package takes no parameters."""
        not_there(context, "the package imgix takes no parameters")

    def Call(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802
        """Say that no resource has methods."""
        not_there(context, "the package imgix has no methods")

    def Construct(self, request: Any, context: grpc.ServicerContext) -> NoReturn:  # noqa: N802
        """Say that there are no components."""
        not_there(context, "the package imgix has no components")

    @answering
    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """End every pause; running verbs finish with what they know."""
        self.cancel()
        return Empty()

    @answering
    def CheckConfig(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Return what is wrong with the settings; warn of what is none.

        Not when they are taken: an engine that finds no change takes those of the state.
        """
        for line in unknown_settings(received(request.news).values):
            self._log.show(Notice(Severity.WARNING, line))
        return check_settings(request)

    @answering
    def DiffConfig(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Return which settings change."""
        return diff_settings(request)

    @answering
    def Configure(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Start a run with the settings; a process may serve several, one after another."""
        given = received(request.args).values
        self._run = self._start_run(settings_of(given), notify=self._log.show)
        if self._run.settings.api_key is None:
            self._run.notify(Notice(Severity.INFO, NO_KEY))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @answering
    def Check(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Report all problems of the inputs at once, and return them in canonical form."""
        news, olds = self._core(request.news), self._core(request.olds, leading=False)
        outcome = self._running().lifecycle.check(
            news.values, olds.values, is_unknown, resource=request.urn
        )
        write = spelling(news.type)
        lines = [f"{each.path}: {spell(each.message, write)}" for each in news.problems]
        missing = {"deployment.type"} if any(p.path == "deployment" for p in news.problems) else ()
        lines += [each.line(write) for each in outcome.problems if each.path not in missing]
        return provider_pb2.CheckResponse(
            inputs=message_of(plugin_properties(outcome.inputs)),
            # The engine prints the value of the property that a failure names, so name none.
            failures=[provider_pb2.CheckFailure(reason=self.redacted(line)) for line in lines],
        )

    @answering
    def Diff(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Return what changes, path by path, and whether a new source replaces the old one."""
        olds, news = self._core(request.olds, leading=False), self._core(request.news)
        before = _known_secrets(self._declared_before(request, olds, news), news.values)
        outcome = self._running().lifecycle.diff(
            request.id, before, news.values, is_unknown, resource=request.urn
        )
        details = detailed_diff(outcome, before, news.values)
        response = provider_pb2.DiffResponse
        changes = outcome.changes or olds.from_dynamic
        if changes and not outcome.changes:
            text = "moves from the dynamic resource to this one; nothing is sent to imgix"
            self._running().services.tell(current_work().name, text)
        return response(
            changes=response.DIFF_SOME if changes else response.DIFF_NONE,
            replaces=replaced_paths(outcome, before, news.values),
            # Whatever the reason for a replacement, both would have the same domains.
            deleteBeforeReplace=True,
            diffs=sorted({path.split(".")[0] for path in details}),
            detailedDiff=details,
            hasDetailedDiff=True,
        )

    @answering
    def Create(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Adopt, reuse or create the source; in a preview, return what is known about it."""
        news = self._core(request.properties)
        if request.preview:
            outputs = created_outputs(news.values)
            return provider_pb2.CreateResponse(properties=message_of(plugin_properties(outputs)))
        declaration = Declaration.from_properties(news.values)
        source_id, outputs = self._running().lifecycle.create(declaration, request.urn)
        properties = self._finished(source_id, outputs)
        return provider_pb2.CreateResponse(id=source_id, properties=properties)

    @answering
    def Read(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Return the source's current outputs and inputs; an empty id if it is gone."""
        properties = self._core(request.properties)
        inputs = self._core(request.inputs, leading=False)
        reading = read_source(
            self._running(), request.id, properties.values, inputs.values, request.urn
        )
        if reading is None:
            return provider_pb2.ReadResponse()
        if not (properties.values or inputs.values):
            self._imported.add((request.urn, request.id))
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=message_of(plugin_properties(reading.outputs)),
            inputs=message_of(plugin_properties(reading.inputs)),
        )

    @answering
    def Update(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Send what changed, or nothing if only local options did."""
        olds, news = self._core(request.olds, leading=False), self._core(request.news)
        before = self._declared_before(request, olds, news)
        if request.preview:
            outputs = updated_outputs(before, news.values)
            return provider_pb2.UpdateResponse(properties=message_of(plugin_properties(outputs)))
        declaration = Declaration.from_properties(news.values)
        try:
            outputs = self._running().lifecycle.update(request.id, before, declaration, request.urn)
        except ImgixError as error:
            if (request.urn, request.id) not in self._imported:
                raise
            # The state has to forget, even so, what nobody has declared.
            kept = message_of(plugin_properties(before))
            line = self.redacted(error.line(spelling(news.type)))
            raise UnfinishedError(request.id, kept, [line]) from None
        self._imported.discard((request.urn, request.id))
        return provider_pb2.UpdateResponse(properties=self._finished(request.id, outputs))

    @answering
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """Do what `onDelete` says, and report it in one line."""
        properties = self._core(request.properties)
        self._running().lifecycle.delete(request.id, properties.values, request.urn)
        return Empty()

    @answering
    def Invoke(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Call a function of the package."""
        returned = call_function(self._running(), request.tok, received(request.args).values)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(message_of(returned))
        return response

    def List(  # noqa: N802
        self, request: Any, context: grpc.ServicerContext
    ) -> Iterator[provider_pb2.ListResponse]:
        """List the account's sources, with ids that can be imported."""
        yield from self._list(request, context)

    @answering
    def _list(self, request: Any, context: grpc.ServicerContext) -> list[provider_pb2.ListResponse]:
        if request.token != SOURCE:
            raise ImgixError(f"the package imgix has no resource {request.token}")
        return list(list_resources(self._running(), request))

    def _running(self) -> Run:
        if self._run is None:
            raise ConfigurationError("the imgix plugin was used before it was configured")
        return self._run

    def _declared_before(
        self, request: Any, olds: CoreProperties, news: CoreProperties
    ) -> Mapping[str, Any]:
        """Return the old properties; of a source that is being imported, what is declared of it."""
        is_imported = (request.urn, request.id) in self._imported
        return as_if_adopted(olds.values, news.values) if is_imported else olds.values

    def _core(self, message: Struct, *, leading: bool = True) -> CoreProperties:
        """Return properties in the core's shape, and learn their secrets.

        Args:
            message: The properties.
            leading: Whether the verb's messages are about these properties.
        """
        properties = core_properties(received(message))
        self._running().learn_secrets(properties.values)
        if leading:
            work, name = current_work(), properties.values.get("name")
            work.name = name if isinstance(name, str) else ""
            work.deployment_type = properties.type
        return properties

    def _finished(self, source_id: str, outputs: Mapping[str, Any]) -> Struct:
        """Return the outputs; raise if imgix has the source, but not as declared."""
        properties = message_of(plugin_properties(outputs))
        if reasons := current_work().unfinished:
            raise UnfinishedError(source_id, properties, [self.redacted(each) for each in reasons])
        return properties


def _known_secrets(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Return the old properties with only those marked as secret that still are.

    A key that is no longer secret is not a change: an option of the resource can make the engine
    hold more outputs as secrets than the program does.
    """
    now = news.get("secret_keys") or ()
    kept = [key for key in now if key in (olds.get("secret_keys") or ())]
    others = {key: value for key, value in olds.items() if key != "secret_keys"}
    return {**others, "secret_keys": kept} if kept else others
