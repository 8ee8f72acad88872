"""The functions of the package, and the list of an account's sources for the engine.

They send requests on every call, even in a preview, and change nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs
from pulumi.runtime.proto import provider_pb2

from imgix_provider.api.query import FILTERS, query_of
from imgix_provider.api.source import Source
from imgix_provider.errors import ImgixError, operation_error
from imgix_provider.importing.names import resource_names
from imgix_provider.messages import argument, join_names, show
from imgix_provider.plugin.names import camel
from imgix_provider.plugin.properties import UNKNOWN, Secret, received
from imgix_provider.plugin.schema import GET_SOURCE, functions
from imgix_provider.plugin.shapes import nested
from imgix_provider.run import Run
from imgix_provider.sources.declaration import effective_deployment, urls_of
from imgix_provider.sources.validation import is_source_id


def call_function(run: Run, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a function returns, in the plugin's names.

    Raises:
        ImgixError: There is no such function or source, an argument is wrong, or imgix could not
            be asked.
    """
    known = functions()
    if token not in known:
        raise ImgixError(f"the package imgix has no function {token}")
    _require_arguments(token.rpartition(":")[2], arguments, known[token]["inputs"]["properties"])
    if token == GET_SOURCE:
        return _get_source(run, arguments.get("id"))
    sources = _listed(run, arguments.get("filters") or {}, arguments.get("sorts") or ())
    # With tokens in it, the engine would treat the whole list as a secret.
    return {"sources": [_found(attrs.evolve(s, secure_url_token=None)) for s in sources]}


def _require_arguments(function: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise `ImgixError` for an argument that the function does not have.

    The engine sends on what it does not know, and a filter that is left out finds everything.
    """
    for name in given:
        if name in known:
            continue
        problem = f'{function} has no argument "{name}"'
        if "filters" in known and name in map(camel, FILTERS):
            raise ImgixError(problem, f"It is one of the filters: put it below {show('filters')}.")
        raise ImgixError(f"{problem}; it has {join_names(known)}")


def list_resources(
    run: Run, request: provider_pb2.ListRequest
) -> Iterator[provider_pb2.ListResponse]:
    """Yield the ids of the account's sources, with the names that resources could have.

    Raises:
        ImgixError: imgix could not be asked.
    """
    response = provider_pb2.ListResponse
    query = received(request.query).values
    if UNKNOWN in query.values():
        yield response(computed=response.Computed())
        return
    sources = _listed(run, query, ())
    names = resource_names(sources)
    if request.limit > 0:
        sources = sources[: request.limit]
    start = int(request.continuation_token or 0)
    end = start + request.page_size if request.page_size > 0 else len(sources)
    for source in sources[start:end]:
        yield response(result=response.Result(id=source.id, name=names[source.id]))
    if end < len(sources):
        yield response(continuation=response.Continuation(continuation_token=str(end)))


def _get_source(run: Run, source_id: Any) -> dict[str, Any]:
    if not is_source_id(source_id):
        raise ImgixError(f"getSource: {show(source_id)} is not the id of a source")
    try:
        return _found(run.client.get(source_id))
    except ImgixError as error:
        raise operation_error("look up", source_id, error) from None


def _listed(run: Run, filters: Any, sorts: Any) -> list[Source]:
    if not isinstance(filters, Mapping):
        raise ImgixError(f"{argument('filters')} must be a map, such as {{type: s3}}")
    known = {camel(name): name for name in FILTERS}
    given = {known.get(str(name), str(name)): value for name, value in filters.items()}
    if not isinstance(sorts, (list, tuple)) or not all(isinstance(each, str) for each in sorts):
        raise ImgixError(f"{argument('sorts')} must be a list of strings")
    return list(query_of(given, [*sorts]).run(run.client))


def _found(source: Source) -> dict[str, Any]:
    deployment = effective_deployment(source.deployment)
    token = source.secure_url_token
    found = {
        "id": source.id,
        "name": source.name or "",
        "type": str(source.deployment.get("type") or ""),
        "enabled": source.enabled is not False,
        "imgixSubdomains": list(deployment.get("imgix_subdomains") or ()),
        "customDomains": list(deployment.get("custom_domains") or ()),
        "urls": urls_of(deployment),
        "deployment": nested(deployment),
        "deploymentStatus": source.deployment_status,
        "dateDeployed": source.date_deployed,
        "secureUrlToken": None if token is None else Secret(token),
    }
    return {key: value for key, value in found.items() if value is not None}
