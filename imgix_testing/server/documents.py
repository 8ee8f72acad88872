"""The JSON:API documents that the simulated API answers with.

The envelope, a source as a resource object, and error replies. `listing` selects the sources of a
list.
"""

import copy
import hashlib
from typing import Any

from imgix_testing.server import attributes
from imgix_testing.server.replies import Problem
from imgix_testing.server.source import StoredSource

JsonObject = dict[str, Any]


def envelope(data: object, *, pagination: JsonObject | None = None) -> JsonObject:
    """Wrap the data of a successful reply."""
    meta = _meta(authorized=True)
    if pagination is not None:
        meta["pagination"] = pagination
    return {"data": data, "included": [], "jsonapi": {"version": "1.0"}, "meta": meta}


def errors(status: int, problems: tuple[Problem, ...], request_id: str) -> JsonObject:
    """Return the body of an error reply."""
    return {
        "errors": [
            {
                "detail": problem.detail,
                "id": request_id,
                "meta": {},
                "status": str(status),
                "title": problem.title,
            }
            for problem in problems
        ],
        "jsonapi": {"version": "1.0"},
        "meta": _meta(authorized=status != 401),
    }


def resource(
    source: StoredSource, *, account_id: str | None, status: str, now: float, extra: JsonObject
) -> JsonObject:
    """Return a source as a GET shows it, with undocumented extras and its account's id."""
    shown: JsonObject = {
        "date_deployed": source.date_deployed(now),
        "deployment": _deployment(source.deployment),
        "deployment_status": status,
        "enabled": source.enabled,
        "name": source.name,
    }
    if source.deployment.get("secure_url_enabled") is True:
        shown["secure_url_token"] = source.secure_url_token
    document: JsonObject = {"attributes": shown, "id": source.id, "type": "sources"}
    if account_id is not None:
        document["relationships"] = {"account": {"data": {"id": account_id, "type": "accounts"}}}
    for key, value in extra.items():
        place, name = _place_of(key, document)
        place[name] = copy.deepcopy(value)
    return document


def _place_of(key: str, document: JsonObject) -> tuple[JsonObject, str]:
    """Return where an undocumented key goes: `deployment.x`, `relationships`, or an attribute."""
    if key.startswith("deployment."):
        return document["attributes"]["deployment"], key.removeprefix("deployment.")
    if key in ("links", "meta", "relationships"):
        return document, key
    return document["attributes"], key


def _deployment(stored: JsonObject) -> JsonObject:
    known = attributes.of_deployment(stored.get("type"))
    shown = {
        name: copy.deepcopy(value)
        for name, value in stored.items()
        if name not in known or not (known[name].write_only or known[name].read_only)
    }
    if "allows_upload" in known:
        shown["allows_upload"] = bool(stored.get("allows_upload", False))
    for name in known:
        secret = name.removesuffix("_encrypted")
        if secret != name and stored.get(secret) is not None:
            shown[name] = hashlib.sha256(f"{secret}:{stored[secret]}".encode()).hexdigest()
    return dict(sorted(shown.items()))


def _meta(*, authorized: bool) -> JsonObject:
    return {
        "authentication": {
            "authorized": authorized,
            "clientId": None,
            "mode": "PUBLIC_APIKEY" if authorized else None,
            "modeTitle": "API Key" if authorized else None,
            "tag": "simulated" if authorized else None,
            "user": None,
        },
        "server": {
            "commit": "0000000",
            "status": {"healthy": True, "read_only": False, "tombstone": False},
            "version": "simulated",
        },
    }
