"""The verb diff: what changes from state to program, in words if a preview cannot show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgix_provider.api.limits import Quota
from imgix_provider.deployments.domains import domain_names
from imgix_provider.deployments.values import Unknown, contains
from imgix_provider.errors import InvalidSourceError
from imgix_provider.messages import argument
from imgix_provider.sources.claims import ADOPTS_TOO_LATE, managed_twice
from imgix_provider.sources.declaration import Declaration, known_part, shown_name
from imgix_provider.sources.diff import (
    Changes,
    describe_removed,
    describe_secret_changes,
    describe_type_change,
    diff_declarations,
)
from imgix_provider.sources.foresight import (
    foresee_update,
    require_current_state,
    require_not_reused,
    settle,
)
from imgix_provider.sources.ledger import Hold
from imgix_provider.sources.outcomes import DiffOutcome
from imgix_provider.sources.services import Services
from imgix_provider.sources.transfers import swap_error


def diff_source(
    services: Services,
    source_id: str,
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    is_unknown: Unknown,
    resource: str,
) -> DiffOutcome:
    """Return what changes; put into words what a preview cannot show.

    Raises:
        InvalidSourceError: The change can never work as it is declared.
    """
    if not services.ledger.is_declared(resource):
        return _compare(olds, news, is_unknown)
    services.ledger.hold(source_id, resource, Hold.KEPT)
    other = services.ledger.adopter(source_id, resource)
    if other is None:
        other = services.ledger.keeper(source_id, resource)
    if other is not None:
        name = shown_name(news, is_unknown) or source_id
        raise InvalidSourceError(
            f'imgix source "{name}" cannot stay here: ' + managed_twice(source_id, other),
            "Remove one of the two from the program: that leaves the source as it is.",
        )
    require_not_reused(services, source_id, shown_name(news, is_unknown) or source_id)
    if is_unknown(news.get("deployment")):
        return DiffOutcome(changes=True)
    old, new = Declaration.from_properties(olds), known_part(news, is_unknown)
    changes = diff_declarations(old, new)
    name = shown_name(news, is_unknown) or old.name
    if new.adopt not in (None, old.adopt, source_id):
        services.foretell(source_id, name, ADOPTS_TOO_LATE, source_id)
    if is_unknown(news["deployment"].get("type")):
        return DiffOutcome(changes=True)
    if changes.type_change is not None:
        replaces = _plan_type_change(services, source_id, name, old, new)
        if replaces:
            services.transfers.plan_update(source_id, old, new)
            settle(services, source_id, name)
            return DiffOutcome(changes=True, details=changes, replaces=("deployment.type",))
    if contains(news, is_unknown):
        return DiffOutcome(changes=True, details=changes)
    _foretell_hidden_changes(services, source_id, name, changes, new)
    if changes.patch and not (old.enabled or new.enabled):
        text = "it is disabled: it is enabled for this change, and disabled again after it"
        services.foretell(source_id, name, text)
    if changes.sends:
        services.limits.plan(Quota.UPDATES, source_id)
    circle = services.transfers.plan_update(source_id, old, new)
    if circle:
        raise swap_error(name, circle)
    require_current_state(services, source_id, old, new)
    settle(services, source_id, name)
    foresee_update(services, source_id, old, new)
    if not changes.any:
        services.ledger.stay(source_id, resource)
    return DiffOutcome(changes=changes.any, details=changes)


def _compare(olds: Mapping[str, Any], news: Mapping[str, Any], is_unknown: Unknown) -> DiffOutcome:
    """Return what a refresh found to be different from the state; nothing is planned by that.

    The engine compares what it read with what was declared before, whatever the program declares.
    """
    if contains(news, is_unknown):
        return DiffOutcome(changes=True)
    changes = diff_declarations(Declaration.from_properties(olds), known_part(news, is_unknown))
    return DiffOutcome(changes=changes.any or changes.type_change is not None, details=changes)


def _plan_type_change(
    services: Services, source_id: str, name: str, old: Declaration, new: Declaration
) -> bool:
    """Report what the change of type does; return whether a new source replaces the old one."""
    replaces = new.on_type_change == "replace"
    how = "a new source replaces the old one" if replaces else "the source stays the same"
    services.foretell(source_id, name, f"{describe_type_change(old, new)}; {how}")
    if not replaces:
        return False
    shared = domain_names(old.deployment) & domain_names(new.deployment)
    if new.on_delete == "retain" and shared:
        raise InvalidSourceError(
            f'imgix source "{name}" cannot be replaced: {argument("on_delete", "retain")} '
            f"leaves {', '.join(sorted(shared))} with the old source, so the new one cannot "
            "have them",
            f"Set {argument('on_delete', 'release')}, give the new one other domains, or set "
            f"{argument('on_type_change', 'update')} to change the type in place.",
        )
    services.ledger.plan_replace(source_id, new)
    return True


def _foretell_hidden_changes(
    services: Services, source_id: str, name: str, changes: Changes, new: Declaration
) -> None:
    hidden = describe_secret_changes(changes, tuple(new.secret_keys or ()))
    for text in filter(None, (hidden, describe_removed(changes))):
        services.foretell(source_id, name, text)
