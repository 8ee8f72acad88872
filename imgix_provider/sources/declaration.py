"""A declared source as data, and what is kept of it in the state.

The engine hands a source over as a mapping of properties; here it becomes a `Declared`, and what
imgix answers becomes the outputs that go back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.types import CREDENTIALS, FIELDS, READ_ONLY
from imgix_provider.deployments.values import canonical_inputs

OUTPUTS: Final = (
    "effective_deployment",
    "deployment_status",
    "date_deployed",
    "secure_url_token",
    "urls",
)
"""The outputs that imgix decides, beside the inputs, which are outputs too."""


@attrs.frozen(kw_only=True)
class Declared:
    """What a program says of one source, in canonical form."""

    name: str
    deployment: Mapping[str, Any] = attrs.field(repr=False)
    enabled: bool = True
    on_delete: str = "disable"
    """What deleting does: `disable`, `release` (frees the domains too) or `retain`."""
    on_type_change: str = "update"
    """Whether another type is an `update` in place or a `replace`."""
    adopt: str | None = None
    """The id of a source to take over instead of creating one."""
    wait_for_deployed: bool = True
    deploy_timeout: float = 300
    """Seconds to wait for a deploy to end."""
    secret_keys: Sequence[str] | None = None
    """Keys of the deployment whose values the program holds as secrets, beside credentials."""

    @property
    def type(self) -> str:
        """The deployment type, by imgix's name."""
        return str(self.deployment.get("type", ""))

    @property
    def subdomains(self) -> list[str]:
        """The declared subdomains of imgix.net."""
        return list(self.deployment.get("imgix_subdomains") or ())

    @property
    def custom_domains(self) -> list[str]:
        """The declared domains outside imgix.net."""
        return list(self.deployment.get("custom_domains") or ())

    def inputs(self) -> dict[str, Any]:
        """Return the properties that declare this source, without nulls."""
        values = {name: getattr(self, name) for name in attrs.fields_dict(Declared)}
        return {name: value for name, value in values.items() if value is not None}


def declared_from(properties: Mapping[str, Any]) -> Declared:
    """Return what `properties`, inputs or outputs of a source, declare; the rest is ignored."""
    canonical = canonical_inputs(properties)
    known = {name: canonical[name] for name in attrs.fields_dict(Declared) if name in canonical}
    return Declared(**{"name": "", "deployment": {}, **known})


def outputs_of(declared: Declared, source: Source) -> dict[str, Any]:
    """Return what the state keeps: the declaration, and beside it what imgix says."""
    effective = effective_deployment(source.deployment, declared.secret_keys or ())
    shown = effective or declared.deployment
    return {
        **declared.inputs(),
        "name": source.name if source.name is not None else declared.name,
        "enabled": source.enabled if source.enabled is not None else declared.enabled,
        "effective_deployment": effective,
        "deployment_status": source.deployment_status,
        "date_deployed": source.date_deployed,
        "secure_url_token": source.secure_url_token,
        "urls": urls_of({k: v for k, v in shown.items() if k not in (declared.secret_keys or ())}),
    }


def effective_deployment(
    deployment: Mapping[str, Any], secret_keys: Collection[str] = ()
) -> dict[str, Any]:
    """Return all that imgix serves with, its defaults included, without any part of a credential.

    The engine encrypts what a program holds as a secret only where it was declared, so such keys
    are left out here too. An attribute that is not documented is shown, unless its name says that
    it is a secret.
    """
    documented = {"type", *READ_ONLY, *(name for fields in FIELDS.values() for name in fields)}
    return {
        key: value
        for key, value in deployment.items()
        if key not in CREDENTIALS
        and key not in secret_keys
        and (key in documented or not (_sounds_secret(key) and isinstance(value, str)))
    }


def _sounds_secret(key: str) -> bool:
    return any(word in key.lower() for word in ("secret", "password", "token", "key", "sas"))


def urls_of(deployment: Mapping[str, Any]) -> list[str]:
    """Return the addresses that serve the images: imgix's subdomains first, then custom domains."""
    subdomains = [f"{name}.imgix.net" for name in deployment.get("imgix_subdomains") or ()]
    return [f"https://{host}" for host in (*subdomains, *(deployment.get("custom_domains") or ()))]
