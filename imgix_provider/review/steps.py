"""The steps of a preview: their resources, a stable order, and their states."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

Step = Mapping[str, Any]

STACK: Final = "pulumi:pulumi:Stack"
OPERATIONS: Final = (
    "replace",
    "create-replacement",
    "create",
    "update",
    "import",
    "import-replacement",
    "read",
    "read-replacement",
    "same",
    "delete",
    "delete-replaced",
)
"""The operations that a resource's step can have, the most telling first."""


@attrs.frozen
class Urn:
    """The name by which the engine knows a resource."""

    text: str
    stack: str
    project: str
    types: tuple[str, ...]
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Take a URN apart; any other text becomes a resource without a stack."""
        parts = text.split("::")
        if not text.startswith("urn:pulumi:") or len(parts) < 4:
            return cls(text, "", "", ("",), text)
        stack, project, types = parts[0].removeprefix("urn:pulumi:"), parts[1], parts[2]
        return cls(text, stack, project, tuple(types.split("$")), "::".join(parts[3:]))

    @property
    def type(self) -> str:
        """The resource's own type, without those of its parents."""
        return self.types[-1]


def in_order(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps that have an operation and a URN, without duplicates, in a stable order."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for step in steps:
        urn, op = step.get("urn"), step.get("op")
        if isinstance(urn, str) and isinstance(op, str):
            other = found.get((urn, op))
            if other is None or _text(step) < _text(other):
                found[urn, op] = step
    return [found[key] for key in sorted(found)]


def _text(step: dict[str, Any]) -> str:
    return json.dumps(step, sort_keys=True, default=str)


def old_urn(step: Step) -> str:
    """Return the resource's earlier URN, which differs if an alias renames it."""
    old = (state_of(step, "oldState") or {}).get("urn")
    return old if isinstance(old, str) and old else str(step["urn"])


def state_of(step: Step, key: str) -> dict[str, Any] | None:
    """Return `oldState` or `newState` of a step, or None if it has none."""
    state = step.get(key)
    return state if isinstance(state, dict) and state else None
