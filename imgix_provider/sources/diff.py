"""What changes from one declaration to the next, and the smallest PATCH that does it.

Only declared keys are compared: a value that imgix chose is not a change. A key that is no longer
declared goes back to its documented default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.fields import KEEP, Field
from imgix_provider.deployments.table import COMMON_FIELDS, CREDENTIALS, FIELDS, WRITE_ONLY
from imgix_provider.deployments.values import values_equal
from imgix_provider.messages import argument, join_names, show
from imgix_provider.sources.declaration import ARGUMENTS, Declaration

_SENT: Final = frozenset({"name", "enabled", "deployment"})
_SIGNED: Final = "secure_url_enabled"
_CHOSEN_BY_ACCOUNT: Final = frozenset({"annotation", "cache_ttl_behavior"})
"""Keys whose default differs from account to account."""


@attrs.frozen(kw_only=True)
class Changes:
    """What turns a source as it was into the source as declared."""

    name: str | None = None
    """The new name, or None if it stays."""
    enabled: bool | None = None
    """Whether to enable or disable the source, or None if that stays."""
    deployment: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    """The keys to send, each with its new value."""
    removed: tuple[str, ...] = ()
    """The keys among them that are no longer declared, sent with their defaults."""
    type_change: tuple[str, str] | None = None
    """The old and the new type, if they differ."""
    options: tuple[str, ...] = ()
    """The changed arguments that belong to this package and are never sent."""

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
        """Whether there is anything to send to imgix."""
        return bool(self.patch) or self.enabled is not None

    @property
    def any(self) -> bool:
        """Whether anything changes at all."""
        return self.sends or bool(self.options)

    def without(self, keys: frozenset[str]) -> Changes:
        """Return the changes without some keys of the deployment."""
        left = {key: value for key, value in self.deployment.items() if key not in keys}
        return attrs.evolve(self, deployment=left)


def diff_declarations(old: Declaration, new: Declaration) -> Changes:
    """Return what changes from one declaration of a source to the next."""
    local = [name for name in ARGUMENTS if name not in _SENT]
    return Changes(
        name=new.name if new.name != old.name else None,
        enabled=new.enabled if new.enabled != old.enabled else None,
        deployment=_deployment_patch(old.deployment, new.deployment),
        removed=tuple(_removed(old.deployment, new.deployment)),
        type_change=(old.type, new.type) if old.type != new.type else None,
        options=tuple(name for name in local if getattr(old, name) != getattr(new, name)),
    )


def diff_live(source: Source, new: Declaration) -> Changes:
    """Return what turns a source, as imgix shows it, into what is declared.

    Write-only values cannot be compared, so declared ones are always sent.
    """
    live = {
        key: value
        for key, value in source.deployment.items()
        if key == "type" or key in new.deployment
    }
    shown = attrs.evolve(
        new, name=source.name or "", enabled=source.enabled is not False, deployment=live
    )
    return diff_declarations(shown, new)


def diff_reused(source: Source, new: Declaration) -> Changes:
    """Return what turns a disabled source that is reused into the source of a new resource.

    What it has beyond the declaration goes back to the documented default, as if a program had
    declared it before; but for what the account has a default of its own.
    """
    changes = diff_live(source, new)
    fields = FIELDS.get(new.type, {})
    left_over = tuple(
        key
        for key, spec in sorted(fields.items())
        if key not in new.deployment
        and key not in _CHOSEN_BY_ACCOUNT
        and _is_left_over(spec, source.deployment, spec.default_for(new.type))
    )
    defaults = {key: fields[key].default_for(new.type) for key in left_over}
    return attrs.evolve(changes, deployment={**changes.deployment, **defaults}, removed=left_over)


def _is_left_over(spec: Field, live: Mapping[str, Any], default: Any) -> bool:
    """Return whether imgix shows another value than the default, or that it holds a secret."""
    if spec.write_only:
        return bool(live.get(f"{spec.name}_set") or live.get(f"{spec.name}_encrypted"))
    return live.get(spec.name) is not None and not values_equal(spec, live[spec.name], default)


def _deployment_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the smallest deployment object that turns `old` into `new`."""
    new_type = str(new.get("type", ""))
    fields = FIELDS.get(new_type, {})
    retyped = old.get("type") != new_type
    patch: dict[str, Any] = {}
    for key, value in sorted(new.items()):  # Go's maps, and so the inputs, have no order
        spec = fields.get(key)
        if _is_keep(spec, value):
            continue
        known = key in old and not retyped and not _is_keep(spec, old[key])
        if not known or not values_equal(spec, old[key], value):
            patch[key] = value
    if any(key in CREDENTIALS - WRITE_ONLY for key in patch):
        # An id may have been changed by hand together with its secret, which imgix does not show.
        patch |= {key: value for key, value in new.items() if _is_sent_secret(fields, key, value)}
    if retyped:
        patch = with_secure_urls(patch)
    return patch | {key: fields[key].default_for(new_type) for key in _removed(old, new)}


def with_secure_urls(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole deployment as it is sent: a web proxy asks for secure URLs, declared or not.

    It cannot do without, and a request leaves alone what it does not name.
    """
    needed = {_SIGNED: True} if deployment.get("type") == "webproxy" else {}
    return {**needed, **deployment}


def _is_sent_secret(fields: Mapping[str, Field], key: str, value: Any) -> bool:
    return key in fields and fields[key].write_only and value not in (None, KEEP)


def _removed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the keys that are no longer declared and that the new type has."""
    fields = FIELDS.get(str(new.get("type", "")), {})
    return [key for key in sorted(old) if key in fields and key not in new and old[key] is not None]


def _is_keep(spec: Field | None, value: Any) -> bool:
    """Return whether `value` is `KEEP`: what imgix holds, which cannot be compared."""
    return spec is not None and spec.credential and bool(value == KEEP)


def declaration_of_live(
    declaration: Declaration, source: Source, shown_before: Mapping[str, Any]
) -> Declaration:
    """Return the declaration as it would be if the program said what imgix now shows.

    A live value replaces the declared one unless both mean the same, or imgix already showed that
    live value for the declared one before (`shown_before`). Write-only values, which imgix does not
    show, are carried over. If the type was changed by hand, the new type's own keys are taken as
    they are, but each part of a credential becomes `KEEP`.
    """
    live_type = str(source.deployment.get("type", declaration.type))
    if live_type != declaration.type:
        deployment = _retyped(declaration.deployment, source.deployment, live_type)
    else:
        deployment = _refreshed(declaration.deployment, source.deployment, shown_before)
    return attrs.evolve(
        declaration,
        name=source.name if source.name is not None else declaration.name,
        enabled=source.enabled if source.enabled is not None else declaration.enabled,
        deployment=deployment,
    )


def _refreshed(
    declared: Mapping[str, Any], live: Mapping[str, Any], shown_before: Mapping[str, Any]
) -> dict[str, Any]:
    fields = FIELDS.get(str(declared.get("type")), {})
    deployment: dict[str, Any] = {}
    for key, value in declared.items():
        spec = fields.get(key)
        if key == "type":
            deployment[key] = value
        elif key not in live:
            # What imgix never shows counts as declared; what it no longer shows is gone.
            if key not in shown_before or values_equal(spec, value, None):
                deployment[key] = value
        elif values_equal(spec, value, live[key]) or (
            key in shown_before and values_equal(spec, shown_before[key], live[key])
        ):
            deployment[key] = value
        elif live[key] is not None:
            deployment[key] = live[key]
    return deployment


def _retyped(
    declared: Mapping[str, Any], live: Mapping[str, Any], live_type: str
) -> dict[str, Any]:
    fields = FIELDS.get(live_type, {})
    deployment: dict[str, Any] = {"type": live_type}
    for key, spec in fields.items():
        if key in COMMON_FIELDS:
            if key not in declared or (key in live and live[key] is None):
                continue
            equal = key not in live or values_equal(spec, declared[key], live[key])
            deployment[key] = declared[key] if equal else live[key]
        elif spec.credential:
            # The engine encrypts only what was a secret before, so not even what imgix shows.
            hidden = spec.write_only and spec.required
            if hidden or live.get(key) is not None or live.get(f"{key}_encrypted"):
                deployment[key] = KEEP
        elif live.get(key) is not None:
            deployment[key] = live[key]
    return deployment


def describe_type_change(old: Declaration, new: Declaration) -> str:
    """Describe a change of type: which fields go and come, and whether URLs must be signed."""
    stays = FIELDS.get(new.type, {})
    gone = [key for key in FIELDS.get(old.type, {}) if key in old.deployment and key not in stays]
    come = [key for key in stays if key in new.deployment and key not in old.deployment]
    words = f"the type changes from {old.type} to {new.type}"
    if gone:
        words += f"; {', '.join(map(argument, gone))} {'goes' if len(gone) == 1 else 'go'}"
    if come:
        words += f"; {', '.join(map(argument, come))} {'comes' if len(come) == 1 else 'come'}"
    return words + _describe_signing(old, new)


def _describe_signing(old: Declaration, new: Declaration) -> str:
    """Say what is worth knowing of undeclared `secure_url_enabled`; empty if nothing is."""
    if old.deployment.get(_SIGNED) is not None or new.deployment.get(_SIGNED) is not None:
        return ""
    if new.type == "webproxy":
        return "; a web proxy serves signed URLs only"
    if old.type == "webproxy" and new.on_type_change == "update":
        return f"; URLs must be signed as before: to change that, declare {argument(_SIGNED)}"
    return ""


def describe_secret_changes(changes: Changes, secret_keys: tuple[str, ...]) -> str:
    """Name the changed values that a preview masks; empty if there are none.

    A preview shows both sides as `[secret]`, so a changed secret looks like one that stays.
    """
    hidden = CREDENTIALS | set(secret_keys)
    keys = [key for key in changes.deployment if key in hidden and key not in changes.removed]
    given = {"name": changes.name is not None, "enabled": changes.enabled is not None}
    others = [*(key for key, changed in given.items() if changed), *changes.options]
    keys += [key for key in others if key in secret_keys]
    if not keys:
        return ""
    names = join_names(map(argument, keys))
    words = f"{names} {'changes' if len(keys) == 1 else 'change'}"
    return f"{words}; imgix deploys the source again" if changes.deployment else words


def describe_removed(changes: Changes) -> str:
    """Describe what removing keys from a declaration does; empty if none was removed."""
    shown = []
    for key in changes.removed:
        value = changes.deployment.get(key)
        word = "is cleared" if value in (None, "", [], {}) else f"goes back to {show(value)}"
        shown.append(f"{argument(f'deployment.{key}')} {word}")
    return f"no longer declared: {'; '.join(shown)}" if shown else ""


def describe_reuse(source: Source, new: Declaration) -> str:
    """Describe what reusing a disabled source changes at imgix, other than that it serves."""
    return describe_adoption(attrs.evolve(diff_reused(source, new), enabled=None), source)


def describe_adoption(changes: Changes, source: Source) -> str:
    """Describe what adopting a source changes at imgix, by the names of keys, without values."""
    words = []
    if changes.type_change is not None:
        words.append(f"the type, from {changes.type_change[0]} to {changes.type_change[1]}")
    if changes.name is not None:
        words.append(f"the name, which is {show(source.name or '')} now")
    if changes.enabled is not None:
        state = "enabled" if changes.enabled else "disabled"
        words.append(f"whether it serves (it will be {state})")
    fields = FIELDS.get(str(changes.deployment.get("type", source.deployment.get("type"))), {})
    words += [
        argument(key)
        for key, value in changes.deployment.items()
        if key != "type"
        # With another type all keys are sent, also those that imgix has already.
        and not (key in source.deployment and _is_as_shown(fields, key, source, value))
    ]
    return join_names(words)


def _is_as_shown(fields: Mapping[str, Field], key: str, source: Source, value: Any) -> bool:
    return values_equal(fields.get(key), source.deployment[key], value)
