"""Converts JSON:API documents to data and back; no other module knows the envelope.

The envelope is described on https://docs.imgix.com/apis/management/overview, the attributes of a
source on https://docs.imgix.com/apis/management/sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from imgix_provider.api.source import Page, Source
from imgix_provider.deployments.domains import DOMAIN_KEYS
from imgix_provider.errors import UnreadableDocumentError


@attrs.frozen
class Refusal:
    """What an error document says."""

    title: str
    detail: str


def source_document(attributes: Mapping[str, Any], source_id: str | None = None) -> dict[str, Any]:
    """Return the body of a POST or, with a `source_id`, of a PATCH."""
    data: dict[str, Any] = {"attributes": dict(attributes), "type": "sources"}
    if source_id is not None:
        data["id"] = source_id
    return {"data": data, "jsonapi": {"version": "1.0"}}


def read_source(document: Mapping[str, Any]) -> Source:
    """Return the source in a document; everything but its id may be missing.

    Raises:
        UnreadableDocumentError: The document holds no source with an id.
    """
    return _source(document.get("data"))


def read_whole_source(document: Mapping[str, Any]) -> Source:
    """Return the source in a document, with everything that every source has.

    Raises:
        UnreadableDocumentError: The document holds no source, or one that lacks attributes.
    """
    source = read_source(document)
    if not source.complete:
        lacking = ", ".join(source.lacking)
        raise UnreadableDocumentError(f"the source has no usable {lacking}")
    return source


def read_page(document: Mapping[str, Any], page_size: int) -> Page:
    """Return the sources of one page of a list.

    Raises:
        UnreadableDocumentError: The document holds no list, or one of its items has no id.
    """
    data = document.get("data")
    if not isinstance(data, list):
        raise UnreadableDocumentError("the list of sources is missing")
    meta = document.get("meta")
    pagination = meta.get("pagination") if isinstance(meta, dict) else None
    if not isinstance(pagination, dict):
        pagination = {}
    total = pagination.get("totalPages")
    has_next = pagination.get("hasNextPage")
    return Page(
        sources=tuple(map(_source, data)),
        has_next=has_next if isinstance(has_next, bool) else len(data) >= page_size,
        total_pages=total if isinstance(total, int) else None,
    )


def read_refusal(document: Any) -> Refusal:
    """Return what an error document says; empty if it is not one."""
    errors = document.get("errors") if isinstance(document, dict) else None
    found = [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []
    titles = [str(item["title"]) for item in found if item.get("title")]
    details = [str(item.get("detail") or item.get("title") or "") for item in found]
    return Refusal(title=titles[0] if titles else "", detail="; ".join(filter(None, details)))


def _source(data: Any) -> Source:
    if not isinstance(data, dict) or not isinstance(data.get("id"), str) or not data["id"]:
        raise UnreadableDocumentError("the source's id is missing")
    attributes = data.get("attributes")
    if not isinstance(attributes, dict):
        attributes = {}
    return Source(
        id=data["id"],
        name=_of(str, attributes.get("name")),
        enabled=_of(bool, attributes.get("enabled")),
        deployment=_deployment(attributes.get("deployment")),
        deployment_status=_of(str, attributes.get("deployment_status")),
        date_deployed=_of(int, attributes.get("date_deployed")),
        secure_url_token=_of(str, attributes.get("secure_url_token")),
        account_id=_account_id(data),
    )


def _account_id(data: Mapping[str, Any]) -> str | None:
    found: Any = data
    for key in ("relationships", "account", "data", "id"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) and found else None


def _deployment(value: Any) -> Mapping[str, Any]:
    """Return the deployment; a list of domains that is not a list counts as missing."""
    shown = _of(dict, value) or {}
    return {key: item for key, item in shown.items() if key not in DOMAIN_KEYS or _is_texts(item)}


def _is_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(v, str) for v in value))


def _of(kind: type[Any], value: Any) -> Any:
    return value if isinstance(value, kind) else None
