"""Reads what `pulumi preview --json` writes: one document, or engine events, one per line.

A document is read whole, up to a limit; of events, only what a review needs is kept. Both become a
`Preview` of steps and diagnostics. A document's `config` holds values in plain text. Only the
hourly limits and the secrets to mask are kept from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TextIO

import attrs

from imgix_provider.deployments.table import CREDENTIALS
from imgix_provider.errors import ImgixError
from imgix_provider.review.places import place_of

_LARGEST: Final = 100_000_000
"""The most characters of a document: enough for some 8,000 sources."""

_RECIPE: Final = "Give what `pulumi preview --json --refresh --show-sames` writes."


@attrs.frozen(kw_only=True)
class Preview:
    """The parts of a preview, as the engine wrote them."""

    steps: list[dict[str, Any]]
    diagnostics: list[dict[str, Any]]
    summary: Mapping[str, Any]
    """The number of resources for each operation."""
    from_events: bool = False
    failed: bool = False
    """Whether the engine says that it failed; a document does not say."""
    secrets: frozenset[str] = attrs.field(factory=frozenset, repr=False)
    """Texts that no message may show."""
    limits: Mapping[str, int] = attrs.field(factory=dict)


def read_preview(stream: TextIO, name: str) -> Preview:
    """Read one preview.

    Args:
        stream: What the engine wrote.
        name: What to call it in an error.

    Raises:
        ImgixError: It is not a preview: empty, cut off, or of another shape.
    """
    try:
        return _read(stream, name)
    except ImgixError:
        raise
    except RecursionError:
        raise ImgixError(f"{name} is not a preview: it is nested too deeply", _RECIPE) from None
    except ValueError:
        raise ImgixError(f"{name} is not a preview: it is not JSON, or cut off", _RECIPE) from None


def _read(stream: TextIO, name: str) -> Preview:
    first = stream.readline(_LARGEST)
    while first and not first.strip("\ufeff \t\r\n"):
        first = stream.readline(_LARGEST)
    if not first:
        raise ImgixError(f"{name} is empty: the preview did not get as far as a result", _RECIPE)
    first = first.lstrip("\ufeff")
    if _is_event(first):
        return _from_events(first, stream)
    text = first + stream.read(_LARGEST)
    if len(text) >= _LARGEST:
        raise ImgixError(f"{name} is too large: a preview has at most {_LARGEST:,} characters")
    document = _parse(text)
    if not isinstance(document, dict) or not {"steps", "diagnostics"} & document.keys():
        raise ImgixError(f"{name} is JSON, but not a preview", _RECIPE)
    config = _mapping(document.get("config"))
    return Preview(
        steps=_dicts(document.get("steps")),
        diagnostics=_dicts(document.get("diagnostics")),
        summary=_mapping(document.get("changeSummary")),
        secrets=frozenset(_secrets_of(config)),
        limits=_limits_of(config),
    )


def _parse(text: str) -> Any:
    return json.loads(text, object_hook=_slim, parse_constant=str)


def _slim(value: dict[str, Any]) -> dict[str, Any]:
    """Keep the place of a state's declaration, and drop what is long and useless."""
    if "urn" in value and "type" in value:
        place = place_of(value.pop("stackTrace", None))
        if place is not None:
            value["place"] = place
        value.pop("propertyDependencies", None)
    return value


def _is_event(line: str) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and any(key.endswith("Event") for key in value)


def _from_events(first: str, stream: TextIO) -> Preview:
    steps: dict[tuple[str, str], dict[str, Any]] = {}
    diagnostics: list[dict[str, Any]] = []
    config: Mapping[str, Any] = {}
    summary: Mapping[str, Any] | None = None
    for event in _events(first, stream):
        if "preludeEvent" in event:
            config = _mapping(_mapping(event["preludeEvent"]).get("config"))
        elif "diagnosticEvent" in event:
            said = _mapping(event["diagnosticEvent"])
            if said.get("severity") != "debug":
                diagnostics.append(dict(said))
        elif "policyEvent" in event:
            diagnostics.append(_policy(_mapping(event["policyEvent"])))
        elif "summaryEvent" in event:
            summary = _mapping(event["summaryEvent"])
        else:
            for key in ("resourcePreEvent", "resOutputsEvent"):
                step = _step(_mapping(_mapping(event.get(key)).get("metadata")))
                if step is not None:
                    # The second event has the result of a refresh or a read.
                    steps[step["urn"], step["op"]] = step
    return Preview(
        steps=list(steps.values()),
        diagnostics=diagnostics,
        summary=_mapping((summary or {}).get("resourceChanges")),
        from_events=True,
        failed=summary is None or summary.get("result") == "failed",
        secrets=frozenset(_secrets_of(config)),
        limits=_limits_of(config),
    )


def _events(first: str, stream: TextIO) -> Iterator[Mapping[str, Any]]:
    line = first
    while line:
        if line.strip():
            event = _parse(line)
            if isinstance(event, dict):
                yield event
        line = stream.readline(_LARGEST)


def _step(metadata: Mapping[str, Any]) -> dict[str, Any] | None:
    urn, op = metadata.get("urn"), metadata.get("op")
    if not isinstance(urn, str) or not isinstance(op, str):
        return None
    return {
        "op": op,
        "urn": urn,
        "oldState": _state(metadata.get("old")),
        "newState": _state(metadata.get("new")),
        "detailedDiff": metadata.get("detailedDiff"),
    }


def _state(state: Any) -> Any:
    if not isinstance(state, dict):
        return None
    kept = (
        "urn",
        "type",
        "id",
        "parent",
        "inputs",
        "outputs",
        "protect",
        "retainOnDelete",
        "place",
    )
    return {key: state[key] for key in kept if key in state}


def _policy(event: Mapping[str, Any]) -> dict[str, Any]:
    mandatory = event.get("enforcementLevel") in ("mandatory", "remediate")
    name = f"{event.get('policyPackName', '')}/{event.get('policyName', '')}"
    return {
        "urn": event.get("resourceUrn"),
        "message": f"{name}: {event.get('message', '')}",
        "severity": "error" if mandatory else "warning",
        "policy": True,
    }


def _secrets_of(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the credentials that are in plain text in a stack's configuration."""
    for key, text in config.items():
        if str(key).endswith(":apiKey") and isinstance(text, str):
            yield text
        elif isinstance(text, str) and text.startswith(("{", "[")):
            try:
                yield from _credentials_in(json.loads(text))
            except (ValueError, RecursionError):
                continue
        else:
            yield from _credentials_in(text)


def _credentials_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in CREDENTIALS and isinstance(item, str):
                yield item
            else:
                yield from _credentials_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _credentials_in(item)


def _limits_of(config: Mapping[str, Any]) -> dict[str, int]:
    limits = {}
    for name in ("createsPerHour", "updatesPerHour"):
        text = str(config.get(f"imgix:{name}", ""))
        if text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text):
            limits[name] = int(text)
    return limits


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
