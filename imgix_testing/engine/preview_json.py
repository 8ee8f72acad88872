"""A preview as the document that `pulumi preview --json` writes, key by key.

Values are as the engine holds them: secrets are `[secret]`, unknown values are Pulumi's constant
for them, and the SDK's own properties are included.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from imgix_testing.engine.property_values import UNKNOWN, mask
from imgix_testing.engine.report import PARTS, Diagnostic, Report, Step
from imgix_testing.engine.state import STACK_TYPE, ResourceState

JsonObject = dict[str, Any]

_UNCOUNTED = (*PARTS, "read", "discard")


def document(
    report: Report, config: Mapping[str, str], *, seconds: float, hidden: Collection[str]
) -> JsonObject:
    """Return the document, without steps in `hidden`; secrets in `config` are already masked."""
    # The provider gets its id from the first update of the stack.
    known = any(step.old is not None and step.old.custom for step in report.steps)
    steps = [
        _step(step, known_provider=known)
        for step in report.steps
        if step.op not in hidden or step.resource.type == STACK_TYPE
    ]
    diagnostics = [_diagnostic(diagnostic) for diagnostic in report.diagnostics]
    summary = Counter(step.op for step in report.steps if step.op not in _UNCOUNTED)
    return {
        **({"config": dict(config)} if config else {}),
        "steps": steps,
        **({"diagnostics": diagnostics} if diagnostics else {}),
        "duration": int(seconds * 1_000_000_000),
        **({"changeSummary": dict(sorted(summary.items()))} if summary else {}),
    }


def _step(step: Step, *, known_provider: bool) -> JsonObject:
    provider = {}
    if step.resource.custom:
        provider["provider"] = _provider(step.resource.urn, known=known_provider)
    told: JsonObject = {"op": step.op, "urn": step.resource.urn, **provider}
    if step.old is not None:
        told["oldState"] = {**step.old.to_entry(mask), **provider}
    if step.new is not None:
        told["newState"] = {**_new_state(step.new, step.op), **provider}
    if step.replaces:
        told["replaceReasons"] = step.replaces
    # Always null for a dynamic resource.
    return {**told, "detailedDiff": None}


def _new_state(new: ResourceState, op: str) -> JsonObject:
    """Return the planned state, without what only the update brings; a refresh has it all."""
    left_out = {"refresh": (), "read": ("outputs",)}.get(op, ("id", "outputs"))
    return {key: value for key, value in new.to_entry(mask).items() if key not in left_out}


def _provider(urn: str, *, known: bool) -> str:
    stack, project = urn.split("::")[:2]
    name = f"{stack}::{project}::pulumi:providers:pulumi-python::default"
    return f"{name}::{uuid.uuid5(uuid.NAMESPACE_URL, name) if known else UNKNOWN}"


def _diagnostic(diagnostic: Diagnostic) -> JsonObject:
    urn = {"urn": diagnostic.urn} if diagnostic.urn else {}
    line_breaks = "\n\n" if diagnostic.message.endswith("\n") else "\n"
    return {**urn, "message": f"{diagnostic}{line_breaks}", "severity": diagnostic.severity}
