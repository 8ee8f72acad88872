"""Lookups for programs: the account's sources, whether the stack manages them or not.

    blog = imgix.get_source("6359b5ba8147da20e8edfdd5")
    originals = imgix.list_sources(type="s3", sort="-date_deployed")

They use the provider's key and address, and send requests on every call, even in a preview. They
change nothing at imgix and store nothing in the state.

Under `pulumi.runtime.set_mocks` nothing is sent: the mocks' `call` answers the functions
`imgix:index:getSource`, given `id`, and `imgix:index:listSources`, given the filters, which returns
`{"sources": [...]}`; each source is a dict with the fields of `FoundSource`.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import attrs
import pulumi
from pulumi.runtime.mocks import MockMonitor

from imgix_provider.api.query import query_of
from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import DOMAIN_KEYS
from imgix_provider.errors import ImgixError, operation_error
from imgix_provider.messages import show
from imgix_provider.resource import warn_of_settings
from imgix_provider.settings import load_settings
from imgix_provider.sources.declaration import effective_deployment, urls_of
from imgix_provider.sources.validation import is_source_id

if TYPE_CHECKING:
    from imgix_provider.api.client import SourcesClient

SourceType = Literal["azure", "gcs", "s3", "webfolder", "webproxy", "s3_compatible"]
"""The deployment types, by imgix's names."""


# Without slots, because Pulumi reads the `__dict__` of an exported object.
@attrs.frozen(kw_only=True, slots=False)
class FoundSource:
    """A source as imgix shows it at the moment of the lookup."""

    id: str
    name: str
    type: str
    enabled: bool
    imgix_subdomains: tuple[str, ...]
    """The subdomains of imgix.net that serve the images."""
    custom_domains: tuple[str, ...]
    urls: tuple[str, ...]
    """The addresses that serve the images: imgix's subdomains first, then custom domains."""
    deployment: Mapping[str, Any]
    """All that imgix serves with, including its defaults, without any part of a credential."""
    deployment_status: str | None
    date_deployed: int | None
    """When the source was deployed, in seconds of Unix time."""
    _secure_url_token: str | None = attrs.field(default=None, repr=False)

    @property
    def secure_url_token(self) -> pulumi.Output[str] | None:
        """The token that signs URLs, as a secret; None unless the source has secure URLs on."""
        token = self._secure_url_token
        return None if token is None else pulumi.Output.secret(token)


def get_source(id: str) -> FoundSource:
    """Return the source with this id.

    Args:
        id: The id of the source, 24 hexadecimal characters.

    Raises:
        pulumi.RunError: There is no such source, or imgix could not be asked.
    """
    with _in_one_line():
        if not is_source_id(id):
            raise ImgixError(f"get_source: {show(id)} is not the id of a source")
        if _is_mocked():
            return _from_mocks(_invoke("getSource", {"id": id}))
        try:
            return _found(_client().get(id))
        except ImgixError as error:
            raise operation_error("look up", id, error) from None


def list_sources(
    *,
    type: SourceType | None = None,
    name: str | None = None,
    enabled: bool | None = None,
    custom_domain: str | None = None,
    imgix_subdomain: str | None = None,
    s3_bucket: str | None = None,
    gcs_bucket: str | None = None,
    azure_bucket: str | None = None,
    webfolder_base_url: str | None = None,
    bucket_name: str | None = None,
    region: str | None = None,
    storage_provider: str | None = None,
    sort: str | Sequence[str] = (),
) -> list[FoundSource]:
    """Return all sources of the account that match every given filter exactly.

    Args:
        type: The deployment type.
        name: The display name.
        enabled: Whether the source serves images.
        custom_domain: One of the source's custom domains.
        imgix_subdomain: One of the source's subdomains of imgix.net, without `.imgix.net`.
        s3_bucket: The bucket of a source of type s3.
        gcs_bucket: The bucket of a source of type gcs.
        azure_bucket: The container of a source of type azure.
        webfolder_base_url: The address of a source of type webfolder.
        bucket_name: The bucket of a source of type s3_compatible.
        region: The region of a source of type s3_compatible.
        storage_provider: The storage provider of a source of type s3_compatible.
        sort: `date_deployed`, `enabled` or `name`, or several; a leading `-` sorts descending.

    Raises:
        pulumi.RunError: A filter or sort is not one of imgix's, or imgix could not be asked.
    """
    given = {key: value for key, value in locals().items() if key != "sort"}
    with _in_one_line():
        query = query_of(given, sort)
        if _is_mocked():
            asked = {key: value for key, value in given.items() if value is not None}
            return [_from_mocks(each) for each in _invoke("listSources", asked).get("sources", [])]
        return [_found(source) for source in query.run(_client())]


def get_source_output(id: pulumi.Input[str]) -> pulumi.Output[FoundSource]:
    """Return the source with an id that may not be known yet; see `get_source`."""
    return pulumi.Output.from_input(id).apply(_in_thread(get_source))


def list_sources_output(
    *,
    type: pulumi.Input[SourceType] | None = None,
    name: pulumi.Input[str] | None = None,
    enabled: pulumi.Input[bool] | None = None,
    custom_domain: pulumi.Input[str] | None = None,
    imgix_subdomain: pulumi.Input[str] | None = None,
    s3_bucket: pulumi.Input[str] | None = None,
    gcs_bucket: pulumi.Input[str] | None = None,
    azure_bucket: pulumi.Input[str] | None = None,
    webfolder_base_url: pulumi.Input[str] | None = None,
    bucket_name: pulumi.Input[str] | None = None,
    region: pulumi.Input[str] | None = None,
    storage_provider: pulumi.Input[str] | None = None,
    sort: pulumi.Input[str] | pulumi.Input[Sequence[str]] = (),
) -> pulumi.Output[list[FoundSource]]:
    """Return the sources that match filters which may not be known yet; see `list_sources`."""
    given: pulumi.Output[dict[str, Any]] = pulumi.Output.from_input(dict(locals()))
    return given.apply(_in_thread(lambda known: list_sources(**known)))


def _in_thread(function: Callable[[Any], Any]) -> Any:
    """Return `function` made asynchronous, so the program's event loop runs while imgix answers."""
    warn_of_settings()

    async def called(known: Any) -> Any:
        return await asyncio.to_thread(function, known)

    return called


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Turn an error into one that Pulumi shows as a plain line, without a traceback."""
    try:
        yield
    except ImgixError as error:
        raise pulumi.RunError(str(error)) from None


def _is_mocked() -> bool:
    return isinstance(pulumi.runtime.settings.get_monitor(), MockMonitor)


def _invoke(function: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = pulumi.runtime.invoke(f"imgix:index:{function}", dict(arguments)).value
    return answer if isinstance(answer, Mapping) else {}


def _from_mocks(source: Mapping[str, Any]) -> FoundSource:
    """Return the source that a user's mocks describe, with plain values for what they leave out."""
    deployment = {key: source[key] for key in DOMAIN_KEYS if key in source} | dict(
        source.get("deployment") or {}
    )
    deployment |= {"type": source["type"]} if "type" in source else {}
    return _found(
        Source(
            id=str(source.get("id", "")),
            name=source.get("name"),
            enabled=source.get("enabled"),
            deployment=deployment,
            deployment_status=source.get("deployment_status", "deployed"),
            date_deployed=source.get("date_deployed"),
            secure_url_token=source.get("secure_url_token"),
        )
    )


def _client() -> SourcesClient:
    # Imported only when needed: most programs declare sources and look none up.
    from imgix_provider.run import run_for

    warn_of_settings()
    # One run for all lookups of a program, so that they share one rate limit.
    return run_for(load_settings(pulumi.Config("imgix").get)).client


def _found(source: Source) -> FoundSource:
    deployment = copy.deepcopy(effective_deployment(source.deployment))
    return FoundSource(
        id=source.id,
        name=source.name or "",
        type=str(source.deployment.get("type") or ""),
        enabled=source.enabled is not False,
        imgix_subdomains=tuple(deployment.get("imgix_subdomains") or ()),
        custom_domains=tuple(deployment.get("custom_domains") or ()),
        urls=tuple(urls_of(deployment)),
        deployment=deployment,
        deployment_status=source.deployment_status,
        date_deployed=source.date_deployed,
        secure_url_token=source.secure_url_token,
    )
