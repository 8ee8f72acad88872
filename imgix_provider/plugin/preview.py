"""What is known about a source before it is created or changed, for resources that depend on it.

Above all its addresses, which follow from the declaration. What only imgix decides is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from imgix_provider.deployments.domains import DOMAIN_KEYS
from imgix_provider.deployments.values import contains
from imgix_provider.plugin.properties import UNKNOWN, is_unknown
from imgix_provider.sources.declaration import Declaration, urls_of
from imgix_provider.sources.diff import diff_declarations

_DECIDED_BY_IMGIX: Final = (
    *("effective_deployment", "deployment_status", "date_deployed"),
    *("secure_url_token", "account_id"),
)
_STAYS: Final = ("account_id",)


def created_outputs(news: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a source that will be created, as far as they are known."""
    # A source that is adopted may have domains that the program does not declare.
    known: Mapping[str, Any] | None = {} if news.get("adopt") is None else None
    return {
        **_declared(news),
        **dict.fromkeys(_DECIDED_BY_IMGIX, UNKNOWN),
        "urls": _urls(news, known),
    }


def updated_outputs(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of a source that will be changed, as far as they are known."""
    outputs = {**_declared(news), **dict.fromkeys(_DECIDED_BY_IMGIX, UNKNOWN)}
    outputs |= {key: olds[key] for key in _STAYS if key in olds}
    effective = olds.get("effective_deployment")
    outputs["urls"] = _urls(news, effective if isinstance(effective, Mapping) else None)
    if contains(news, is_unknown):
        return outputs
    old, new = Declaration.from_properties(olds), Declaration.from_properties(news)
    changes = diff_declarations(old, new)
    if not changes.deployment and changes.enabled is None:
        outputs |= {key: olds.get(key) for key in _DECIDED_BY_IMGIX}
    elif "secure_url_enabled" not in changes.deployment and changes.type_change is None:
        outputs["secure_url_token"] = olds.get("secure_url_token")
    if "custom_domains" in changes.removed:
        outputs["urls"] = _urls(news, {})
    return outputs


def _declared(news: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is declared, with defaults for the rest, as the outputs hold it."""
    declaration = Declaration.from_properties(
        {key: value for key, value in news.items() if not contains(value, is_unknown)}
    )
    return {**declaration.inputs(), **news}


def _urls(news: Mapping[str, Any], live: Mapping[str, Any] | None) -> Any:
    """Return the addresses, or unknown unless it is known what each list of domains will be.

    Args:
        news: The inputs.
        live: What imgix has in lists that are not declared; None if that is not known.
    """
    deployment = news.get("deployment")
    if not isinstance(deployment, Mapping):
        return UNKNOWN
    domains: dict[str, Any] = {}
    for key in DOMAIN_KEYS:
        declared = deployment.get(key)
        if declared is None and live is None:
            return UNKNOWN
        domains[key] = (live or {}).get(key) or [] if declared is None else declared
    if contains(domains, is_unknown):
        return UNKNOWN
    return urls_of(domains, news.get("secret_keys") or ())
