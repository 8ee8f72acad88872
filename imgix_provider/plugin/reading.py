"""A source as the engine reads it: for a refresh, for `pulumi import`, and for a lookup.

A refresh keeps the shape of what is declared. If the state has nothing yet, the inputs are what a
person would write: what differs from imgix's defaults, and `imgix:keep` for each part of a
credential.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.table import CREDENTIALS
from imgix_provider.errors import NotFoundError
from imgix_provider.importing.declarations import import_sources
from imgix_provider.run import Run
from imgix_provider.sources.declaration import Declaration, outputs_of

_DEFAULTS = Declaration().inputs()


@attrs.frozen
class Reading:
    """Outputs and inputs of a source, in the core's shape."""

    outputs: Mapping[str, Any]
    inputs: Mapping[str, Any]


def read_source(
    run: Run,
    source_id: str,
    properties: Mapping[str, Any],
    inputs: Mapping[str, Any],
    resource: str,
) -> Reading | None:
    """Return the source as it is now, or None if it is gone.

    Args:
        run: The run.
        source_id: The source's id.
        properties: The outputs in the state; empty for an import or a lookup.
        inputs: The inputs in the state; empty for an import or a lookup.
        resource: The source's resource.

    Raises:
        NotFoundError: There is no source with the id given to an import or a lookup.
    """
    looks_up = not inputs.get("deployment")
    outcome = run.lifecycle.read(source_id, properties, resource=resource, looks_up=looks_up)
    if outcome is None:
        if not properties.get("deployment"):
            raise NotFoundError(
                f"there is no imgix source {source_id} in this account",
                "Check the id, and that imgix:apiKey belongs to the right account.",
                status=404,
            )
        return None
    if properties.get("deployment"):
        written = inputs if looks_up else _written(outcome.inputs, inputs)
        return Reading(outcome.outputs, written)
    found = import_sources([outcome.source])
    if not found.imported:
        run.services.tell(
            outcome.source.name or source_id,
            f"cannot be declared as it is: {found.left_out[0].reason}",
            source_id,
            warn=True,
        )
        return Reading(outcome.outputs, _written(outcome.inputs, {}))
    declaration = _without_credentials(found.imported[0].declaration)
    return Reading(outputs_of(declaration, outcome.source), _written(declaration.inputs(), {}))


def as_if_adopted(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the outputs of a source that a program imports, as if it had declared its own keys.

    What imgix has beyond these, nobody has declared: so it stays, as where a source is adopted.
    """
    old, new = olds.get("deployment"), news.get("deployment")
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return olds
    return {**olds, "deployment": {k: v for k, v in old.items() if k == "type" or k in new}}


def _without_credentials(declaration: Declaration) -> Declaration:
    kept = {
        key: KEEP if key in CREDENTIALS else value for key, value in declaration.deployment.items()
    }
    return attrs.evolve(declaration, deployment=kept)


def _written(declared: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs without the defaults that nobody wrote."""
    return {
        key: value
        for key, value in declared.items()
        if key in inputs or key not in _DEFAULTS or value != _DEFAULTS[key]
    }
