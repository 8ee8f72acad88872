"""A declared source as data, and what the state keeps of it.

The engine passes a source as a mapping of properties. Here it becomes a `Declaration`, and imgix's
answer becomes the outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from imgix_provider.deployments.table import CREDENTIALS, FIELDS, READ_ONLY
from imgix_provider.deployments.values import Unknown, canonical_inputs, contains

if TYPE_CHECKING:
    from imgix_provider.api.source import Source

OUTPUTS: Final = (
    "effective_deployment",
    "deployment_status",
    "date_deployed",
    "secure_url_token",
    "urls",
    "account_id",
)
"""The outputs that imgix decides; the inputs are outputs too."""

_DOCUMENTED: Final = frozenset(
    {"type", *READ_ONLY, *(name for fields in FIELDS.values() for name in fields)}
)


@attrs.frozen(kw_only=True)
class Declaration:
    """What a program declares about one source, in canonical form."""

    name: str = ""
    deployment: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    enabled: bool = True
    on_delete: str = "disable"
    """What deleting does: `disable`, `release` (frees the domains too) or `retain`."""
    on_type_change: str = "update"
    """Whether a change of type is an `update` in place or a `replace`."""
    adopt: str | None = None
    """The id of an existing source to manage instead of creating one."""
    wait_for_deployed: bool = True
    deploy_timeout: float = 300
    """Seconds to wait for a deploy to end."""
    secret_keys: Sequence[str] | None = None
    """Arguments, and keys of the deployment, whose values the program holds as secrets, apart from
    credentials."""

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> Declaration:
        """Return what a source's inputs or outputs declare; ignore the rest."""
        canonical = canonical_inputs(properties)
        return cls(**{name: canonical[name] for name in ARGUMENTS if name in canonical})

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
        values = {name: getattr(self, name) for name in ARGUMENTS}
        return {name: value for name, value in values.items() if value is not None}


ARGUMENTS: Final = tuple(attrs.fields_dict(Declaration))
"""The names of a source's arguments, `secret_keys` included."""


def outputs_of(declaration: Declaration, source: Source) -> dict[str, Any]:
    """Return what the state keeps: the declaration, and what imgix says."""
    hidden = declaration.secret_keys or ()
    effective = effective_deployment(source.deployment, hidden)
    shown = effective or declaration.deployment
    return {
        **declaration.inputs(),
        "name": source.name if source.name is not None else declaration.name,
        "enabled": source.enabled if source.enabled is not None else declaration.enabled,
        "effective_deployment": effective,
        "deployment_status": source.deployment_status,
        "date_deployed": source.date_deployed,
        "secure_url_token": source.secure_url_token,
        "urls": urls_of(shown, hidden, order=declaration.deployment),
        "account_id": source.account_id,
    }


def effective_deployment(
    deployment: Mapping[str, Any], secret_keys: Collection[str] = ()
) -> dict[str, Any]:
    """Return all that imgix serves with, including its defaults, without any part of a credential.

    The engine encrypts a program's secrets only where they were declared, so those keys are left
    out here too. An undocumented attribute is shown unless its name sounds like a secret.
    """
    return {
        key: value
        for key, value in deployment.items()
        if key not in CREDENTIALS
        and key not in secret_keys
        and (key in _DOCUMENTED or not (_sounds_secret(key) and isinstance(value, str)))
    }


def _sounds_secret(key: str) -> bool:
    return any(word in key.lower() for word in ("secret", "password", "token", "key", "sas"))


def urls_of(
    deployment: Mapping[str, Any],
    secret_keys: Collection[str] = (),
    order: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return the addresses that serve the images: imgix's subdomains first, then custom domains.

    Args:
        deployment: Holds the two lists of domains.
        secret_keys: Leave out lists with these keys.
        order: A deployment whose lists give the order of domains; imgix keeps none.
    """
    hosts: list[str] = []
    for key, suffix in (("imgix_subdomains", ".imgix.net"), ("custom_domains", "")):
        if key not in secret_keys:
            names = [str(name) for name in deployment.get(key) or ()]
            hosts += [f"{name}{suffix}" for name in _in_order(names, (order or {}).get(key) or ())]
    return [f"https://{host}" for host in hosts]


def _in_order(names: Sequence[str], wanted: Sequence[Any]) -> list[str]:
    """Return the names, with the wanted ones first, in that order."""
    place = {str(name).lower(): number for number, name in enumerate(wanted)}
    return sorted(names, key=lambda name: place.get(name.lower(), len(place)))


def shown_name(properties: Mapping[str, Any], is_unknown: Unknown) -> str:
    """Return the display name for a message; empty if it is not known yet or is not text."""
    name = properties.get("name")
    return name if isinstance(name, str) and not is_unknown(name) else ""


def known_part(properties: Mapping[str, Any], is_unknown: Unknown) -> Declaration:
    """Return the declaration without the values that are not known yet."""
    deployment = properties.get("deployment")
    known = {key: value for key, value in properties.items() if not contains(value, is_unknown)}
    values: dict[str, Any] = {}
    if isinstance(deployment, Mapping) and not is_unknown(deployment):
        values = {k: value for k, value in deployment.items() if not contains(value, is_unknown)}
    return Declaration.from_properties({**known, "deployment": values})


def without_defaults(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that differ from their defaults; each costs a little to send."""
    return {
        key: value
        for key, value in inputs.items()
        if value is not None and (key not in _DEFAULTS or not _is(value, _DEFAULTS[key]))
    }


_DEFAULTS: Final = {
    name: field.default
    for name, field in attrs.fields_dict(Declaration).items()
    if name not in ("name", "deployment")
}


def _is(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)
