"""A review as JSON, for your own checks; `review.schema.json` describes its shape.

The shape is versioned: within a version, keys may be added, but none is removed or changes meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from imgix_provider.review.model import Change, Drift, Finding, Reviewed, Source, Special, Stack
from imgix_provider.review.phrases import highest_of, severities_of, summary_of
from imgix_provider.review.rules.table import RULES
from imgix_provider.review.values import show_change, text_of
from imgix_provider.review.words import plain

VERSION: Final = 1


def to_json(reviews: Sequence[Reviewed], name: str, failed_on: Sequence[str]) -> str:
    """Return the reviews of one run as JSON, with the rules that `--fail-on` hit."""
    document = {
        "version": VERSION,
        "name": name,
        "failed": any(reviewed.stack.failed for reviewed in reviews),
        "failed_on": list(failed_on),
        "counts": totals_of(reviews),
        "stacks": [_stack(reviewed) for reviewed in reviews],
    }
    return json.dumps(document, indent=2, sort_keys=False, allow_nan=False)


def rules_to_json() -> str:
    """Return the table of rules as JSON."""
    rules = [
        {"id": r.id, "severity": r.severity.value, "words": r.words, "page": r.page} for r in RULES
    ]
    return json.dumps(rules, indent=2)


def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a review."""
    found = json.loads((files("imgix_provider.review") / "review.schema.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def totals_of(reviews: Sequence[Reviewed]) -> dict[str, int]:
    """Count sources by action and findings by severity, over all stacks."""
    totals: dict[str, int] = {}
    for reviewed in reviews:
        for action, number in reviewed.stack.counts().items():
            totals[action.name.lower()] = totals.get(action.name.lower(), 0) + number
    for reviewed in reviews:
        for severity, number in severities_of(reviewed).items():
            key = f"{severity.value}s"
            totals[key] = totals.get(key, 0) + number
    totals["drifted"] = sum(reviewed.stack.drifted for reviewed in reviews)
    totals["failed"] = sum(reviewed.stack.failed for reviewed in reviews)
    return totals


def _stack(reviewed: Reviewed) -> dict[str, Any]:
    stack = reviewed.stack
    highest = highest_of(reviewed)
    return {
        "label": stack.label,
        "stack": stack.stack,
        "project": stack.project,
        "failed": stack.failed,
        "problems": list(stack.problems),
        "counts": totals_of([reviewed]),
        "highest": highest.value if highest else None,
        "drift": _drift_state(stack),
        "unlisted": stack.unlisted,
        "other_resources": dict(stack.others),
        "findings": [_finding(finding) for finding in reviewed.findings],
        "sources": [_source(source) for source in stack.reached],
    }


def _drift_state(stack: Stack) -> str:
    if stack.looked_for_drift is False:
        return "not looked for"
    if stack.unlooked and not stack.drifted:
        return "not looked for"
    return "found" if stack.drifted else "none"


def _finding(finding: Finding) -> dict[str, Any]:
    source = finding.source
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "resource": source.resource if source else None,
        "urn": source.urn if source else None,
        "sentence": plain(finding.sentence),
        "advice": plain(finding.advice),
        "page": finding.page,
    }


def _source(source: Source) -> dict[str, Any]:
    view = source.after or source.now
    return {
        "urn": source.urn,
        "resource": source.resource,
        "parents": list(source.parents),
        "name": source.name,
        "id": source.id,
        "type": view.type if view else "",
        "action": source.action.name.lower(),
        "summary": plain(summary_of(source)[0]),
        "file": source.place.file if source.place else None,
        "line": source.place.line if source.place else None,
        "config_path": (source.place.path or None) if source.place else None,
        "renamed_from": source.renamed_from or None,
        "type_change": None
        if source.type_change is None
        else {
            "from": source.type_change.old,
            "to": source.type_change.new,
            "goes": list(source.type_change.goes),
            "comes": list(source.type_change.comes),
            "stays": list(source.type_change.stays),
        },
        "changes": [_change(change) for change in source.changes],
        "masked_candidates": list(source.hidden),
        "drift": [_drift(drift) for drift in source.drift],
        "said": [
            {"by": said.by, "severity": said.severity.value, "text": said.text}
            for said in source.said
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "before": _value(change.path, change.before),
        "after": _value(change.path, change.after),
        "words": plain(show_change(change)),
    }


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "path": drift.path or None,
        "recorded": _value(drift.path, drift.recorded),
        "live": _value(drift.path, drift.live),
        "declared": _value(drift.path, drift.declared),
        "way": drift.way.name.lower(),
    }


def _value(path: str, value: Any) -> dict[str, Any]:
    """Return a value with its state; a hidden value has no `value`."""
    if isinstance(value, Special):
        return {"state": value.value}
    return {"state": "known", "value": _plain(path, value)}


def _plain(path: str, value: Any) -> Any:
    if isinstance(value, Special):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain("", item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(path, item) for item in value]
    return text_of(path, value, _LONGEST) if isinstance(value, str) and value else value


_LONGEST: Final = 2_000
