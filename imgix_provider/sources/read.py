"""The verb read: a source as it is now, in the form in which a program would declare it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgix_provider.deployments.table import CREDENTIALS, FIELDS
from imgix_provider.errors import ImgixError, NotFoundError, operation_error
from imgix_provider.sources.accounts import require_same_account
from imgix_provider.sources.declaration import Declaration, outputs_of
from imgix_provider.sources.diff import declaration_of_live
from imgix_provider.sources.ledger import Hold
from imgix_provider.sources.outcomes import ReadOutcome
from imgix_provider.sources.services import Services


def read_source(
    services: Services, source_id: str, properties: Mapping[str, Any], manager: str | None
) -> ReadOutcome | None:
    """Return the source as it is now, or None if it is gone.

    Args:
        services: The parts of the run.
        source_id: The source's id.
        properties: What the state has of it.
        manager: The resource that manages it, or None for a lookup.

    Raises:
        ConfigurationError: The source belongs to another account than the key.
    """
    name = str(properties.get("name") or source_id)
    try:
        source = services.reader.read(source_id)
    except NotFoundError:
        _tell_gone(services, source_id, name, properties)
        return None
    except ImgixError as error:
        raise operation_error("read", name, error) from None
    if source.is_deleted:
        services.tell(name, "imgix has deleted it, so it leaves the state", source_id, warn=True)
        return None
    if manager is not None:
        services.ledger.hold(source_id, manager, Hold.READ)
    if properties.get("deployment"):
        before = properties.get("effective_deployment") or {}
        declaration = Declaration.from_properties(properties)
        declaration = declaration_of_live(declaration, source, before)
    else:
        shown = _declarable(source.deployment)
        enabled = source.enabled is not False
        declaration = Declaration(name=source.name or "", deployment=shown, enabled=enabled)
    return ReadOutcome(outputs_of(declaration, source), declaration.inputs(), source)


def _tell_gone(
    services: Services, source_id: str, name: str, properties: Mapping[str, Any]
) -> None:
    """Report that a source is gone, unless the key belongs to another account."""
    if not properties.get("deployment"):
        return
    text = "not found in this account, so it leaves the state"
    if not require_same_account(services, source_id, name, properties.get("account_id")):
        text += "; if imgix:apiKey belongs to another account, correct it before `pulumi up`"
    services.tell(name, text, source_id, warn=True)


def _declarable(deployment: Mapping[str, Any]) -> dict[str, Any]:
    fields = FIELDS.get(str(deployment.get("type")), {})
    return {
        key: value
        for key, value in deployment.items()
        if (key == "type" or key in fields) and key not in CREDENTIALS and value is not None
    }
