"""Declared against deployed: what changed, and the smallest PATCH that makes it so.

Only declared keys are compared: what imgix chose by itself is no change. A key that is declared no
longer goes back to its documented default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.fields import KEEP, Field
from imgix_provider.deployments.types import FIELDS
from imgix_provider.deployments.values import same
from imgix_provider.sources.declaration import Declared


@attrs.frozen(kw_only=True)
class Changes:
    """What makes a source as it was into the source as it is declared."""

    name: str | None = None
    """The new name, or None where it stays."""
    enabled: bool | None = None
    """Whether to enable or disable the source, or None where that stays."""
    deployment: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    """The keys to send, each with its new value."""
    type_change: tuple[str, str] | None = None
    """The old and the new type, where they differ."""
    options: bool = False
    """Whether options change that are this package's own and never sent."""

    @property
    def patch(self) -> dict[str, Any]:
        """The attributes to send, without `enabled`, which always goes alone."""
        attributes: dict[str, Any] = {}
        if self.name is not None:
            attributes["name"] = self.name
        if self.deployment:
            attributes["deployment"] = dict(self.deployment)
        return attributes

    @property
    def sends(self) -> bool:
        """Whether there is anything to tell imgix."""
        return bool(self.patch) or self.enabled is not None

    @property
    def any(self) -> bool:
        """Whether anything changes at all."""
        return self.sends or self.options


def between(old: Declared, new: Declared) -> Changes:
    """Return what changes from one declaration of a source to the next."""
    type_change = (old.type, new.type) if old.type != new.type else None
    local = set(attrs.fields_dict(Declared)) - {"name", "enabled", "deployment"}
    return Changes(
        name=new.name if new.name != old.name else None,
        enabled=new.enabled if new.enabled != old.enabled else None,
        deployment=_deployment_patch(old.deployment, new.deployment),
        type_change=type_change,
        options=any(getattr(old, option) != getattr(new, option) for option in local),
    )


def from_live(source: Source, new: Declared) -> Changes:
    """Return what makes a source, as imgix shows it, into what is declared.

    Write-only values cannot be compared, so those that are declared are always sent.
    """
    live = {
        key: value
        for key, value in source.deployment.items()
        if key == "type" or key in new.deployment
    }
    return between(
        attrs.evolve(
            new, name=source.name or "", enabled=source.enabled is not False, deployment=live
        ),
        new,
    )


def _deployment_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the smallest deployment object that makes `old` into `new`."""
    new_type = str(new.get("type", ""))
    fields = FIELDS.get(new_type, {})
    retyped = old.get("type") != new_type
    patch: dict[str, Any] = {}
    for key, value in new.items():
        spec = fields.get(key)
        if _is_kept(spec, value):
            continue
        if retyped or key not in old or _is_kept(spec, old[key]) or not same(spec, old[key], value):
            patch[key] = value
    for key in old:
        if key in fields and key not in new and old[key] is not None:
            patch[key] = fields[key].default_for(new_type)
    return patch


def _is_kept(spec: Field | None, value: Any) -> bool:
    """Tell whether `value` stands for what imgix holds, which no other value is known to equal."""
    return spec is not None and spec.write_only and bool(value == KEEP)


def as_live(declared: Declared, source: Source, before: Mapping[str, Any]) -> Declared:
    """Return the declaration as it would read if the program said what imgix now shows.

    `before` is the deployment as imgix showed it last. A live value that means the same as the
    declared one, or that is what imgix made of it then, is no difference; any other replaces the
    declared value. Write-only values, which imgix does not show, are carried over.
    """
    live = source.deployment
    live_type = str(live.get("type", declared.type))
    fields = FIELDS.get(live_type, {})
    retyped = live_type != declared.type
    deployment: dict[str, Any] = {"type": live_type}
    for key, value in declared.deployment.items():
        spec = fields.get(key)
        if key == "type" or (retyped and spec is None):
            continue
        if key not in live:
            # What imgix never shows is as declared; what it showed before, and now not, is gone.
            if key not in before or same(spec, value, None):
                deployment[key] = value
        elif same(spec, value, live[key]) or (
            not retyped and key in before and same(spec, before[key], live[key])
        ):
            deployment[key] = value
        elif live[key] is not None:
            deployment[key] = live[key]
    return attrs.evolve(
        declared,
        name=source.name if source.name is not None else declared.name,
        enabled=source.enabled if source.enabled is not None else declared.enabled,
        deployment=deployment,
    )


def describe_type_change(old: Declared, new: Declared) -> str:
    """Say in words what another type means: which fields go, and which come."""
    stays = FIELDS.get(new.type, {})
    gone = [key for key in FIELDS.get(old.type, {}) if key in old.deployment and key not in stays]
    come = [key for key in stays if key in new.deployment and key not in old.deployment]
    words = f"the type changes from {old.type} to {new.type}"
    if gone:
        words += f"; {', '.join(gone)} {'goes' if len(gone) == 1 else 'go'}"
    if come:
        words += f"; {', '.join(come)} {'comes' if len(come) == 1 else 'come'}"
    return words
