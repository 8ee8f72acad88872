"""The table of all fields of deployments, made from the classes in `types`.

Documented on https://docs.imgix.com/apis/management/sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imgix_provider.deployments.fields import MISSING, STRAY, Field, Kind, fields_of
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES, Deployment

READ_ONLY: Final[Mapping[str, Field]] = {
    spec.name: spec
    for spec in (
        Field(
            name="allows_upload",
            kind=Kind.BOOLEAN,
            read_only=True,
            doc="Whether imgix may upload to the origin.",
        ),
        *(
            Field(
                name=f"{secret}_encrypted",
                kind=Kind.STRING,
                read_only=True,
                credential=True,
                doc=f"The encrypted value of `{secret}`.",
            )
            for secret in ("password", "request_handshake", "request_signing_key")
        ),
    )
}
"""The documented attributes that only imgix sets."""

FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    name: fields_of(cls) for name, cls in DEPLOYMENT_CLASSES.items()
}
"""The table: for each deployment type, every field that can be declared, by name."""

COMMON_FIELDS: Final[Mapping[str, Field]] = fields_of(Deployment)
"""The fields that every type has."""

CREDENTIALS: Final[frozenset[str]] = frozenset(
    name
    for fields in (*FIELDS.values(), READ_ONLY)
    for name, spec in fields.items()
    if spec.credential
)
"""The names of the fields of all types that are part of a credential."""

OTHER_KEYS: Final[frozenset[str]] = (
    frozenset(name for fields in FIELDS.values() for name in fields) - CREDENTIALS
)
"""The names of all other fields of all types."""

WRITE_ONLY: Final[frozenset[str]] = frozenset(
    name for fields in FIELDS.values() for name, spec in fields.items() if spec.write_only
)
"""The names of the fields of all types that imgix never returns."""


def properties_of(deployment: Deployment) -> dict[str, Any]:
    """Return the keys of `deployment` that were given a value, with its `type` first."""
    values = {name: getattr(deployment, name) for name in FIELDS[deployment.type]}
    given = {k: v for k, v in values.items() if v is not None and v is not MISSING}
    return {"type": deployment.type, **given, **deployment.__dict__.get(STRAY, {})}
