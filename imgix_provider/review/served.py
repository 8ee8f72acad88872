"""What imgix serves with before and after a run, declared or not, as far as a preview shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from imgix_provider.deployments.advice import Get, hosts_in, hosts_of
from imgix_provider.deployments.table import FIELDS
from imgix_provider.review.model import DELETED, Action, Source, Special, View

_UNSET_WHEN_NEW: Final = frozenset(
    {
        "custom_domains",
        "default_params",
        "image_error",
        "image_error_append_qs",
        "image_missing",
        "image_missing_append_qs",
        "secure_url_enabled",
    }
)
"""The keys whose documented default is certain for a new source in any account."""


def served_now(source: Source, key: str) -> Any:
    """Return what imgix serves with before the run; unknown if the preview does not show it."""
    view = source.now
    return Special.ABSENT if view is None else _shown(view, key)


def served_then(source: Source, key: str) -> Any:
    """Return what imgix serves with after the run; absent if the source leaves the stack."""
    after = source.after
    if after is None and source.action is Action.UNCHANGED:
        return served_now(source, key)
    if after is None or source.action is Action.READ:
        return Special.ABSENT
    if isinstance(after.deployment, Special):
        return after.deployment
    if key in after.deployment:
        return after.deployment[key]
    if key == "secure_url_enabled" and after.type == "webproxy":
        return True
    now = source.now
    default = FIELDS[after.type][key].default_for(after.type) if _has(after, key) else None
    if source.action is Action.ADOPTED:
        return Special.UNKNOWN
    if now is None or source.action in (Action.CREATED, Action.REPLACED):
        return default if key in _UNSET_WHEN_NEW else Special.UNKNOWN
    if key in now.declared:
        return default
    return _shown(now, key)


def _has(view: View, key: str) -> bool:
    return key in FIELDS.get(view.type, {})


def _shown(view: View, key: str) -> Any:
    if isinstance(view.deployment, Special):
        return view.deployment
    if key in view.deployment:
        return view.deployment[key]
    if key in view.effective:
        return view.effective[key]
    return Special.UNKNOWN


def getter(served: Callable[[Source, str], Any], source: Source) -> Get:
    """Return a function that gives a source's values at one moment, for rules on deployments."""

    def get(key: str) -> Any:
        value = served(source, key)
        return None if value is Special.ABSENT else value

    return get


def hosts_now(source: Source) -> frozenset[str]:
    """Return the hosts that the source serves before the run."""
    return hosts_of(getter(served_now, source))


def hosts_then(source: Source) -> frozenset[str]:
    """Return the hosts that the source serves after the run; none if it leaves the stack."""
    if source.action in DELETED:
        return frozenset()
    return hosts_of(getter(served_then, source))


def custom_hosts_then(source: Source) -> frozenset[str]:
    """Return the custom domains that the source serves after the run."""
    return frozenset(hosts_in(served_then(source, "custom_domains")))


def is_served(source: Source) -> bool:
    """Return whether the source serves images before the run; a disabled one does not."""
    view = source.now
    return view is not None and view.argument("enabled") is not False
