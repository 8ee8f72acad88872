"""Sends a change to a source in the order that imgix accepts.

A disabled source accepts no change but `enabled: true`, sent alone; to change and disable, send the
change first, then `enabled: false` alone. That also works if someone has disabled the source by
hand meanwhile. What imgix has accepted is done; after that only a refusal raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from imgix_provider.api.limits import Quota
from imgix_provider.api.source import Source
from imgix_provider.deployments.table import FIELDS, WRITE_ONLY
from imgix_provider.deployments.values import values_equal
from imgix_provider.errors import (
    ImgixError,
    RateLimitedError,
    RefusedError,
    UnreadableReplyError,
)
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.diff import Changes
from imgix_provider.sources.services import Services


def apply_changes(
    services: Services, before: Source, changes: Changes, declaration: Declaration
) -> Source:
    """Turn what `before` shows into what is declared, and return the changed source."""
    enable = before.enabled is False and (declaration.enabled or bool(changes.patch))
    disable = not declaration.enabled and (bool(changes.patch) or before.enabled is not False)
    steps = int(enable) + int(bool(changes.patch)) + int(disable)
    if steps == 0:
        return before
    services.limits.spend(Quota.UPDATES, steps)
    source = before
    if enable and changes.patch:
        source = _enable_and_change(services, before, changes, declaration)
    elif enable:
        source = patch(services, before, {"enabled": True})
    elif changes.patch:
        source = _change(services, before, changes, declaration)
    return disable_at_last(services, source, declaration) if disable else source


def change_and_disable(
    services: Services, source: Source, changes: Changes, declaration: Declaration
) -> None:
    """Change the source, whether it is enabled or not, and disable it; each step must work."""
    services.limits.spend(Quota.UPDATES, 3 if source.enabled is False else 2)
    if source.enabled is False:
        _enable_and_change(services, source, changes, declaration)
    else:
        _change(services, source, changes, declaration)
    _disable(services, source.id)


def disable(services: Services, source_id: str) -> Source:
    """Disable the source and return it as imgix shows it; it may be disabled already."""
    services.limits.spend(Quota.UPDATES)
    return _disable(services, source_id)


def _disable(services: Services, source_id: str) -> Source:
    try:
        return patch(services, Source(id=source_id), {"enabled": False})
    except RefusedError:
        found = find_disabled(services, source_id)
        if found is None:
            raise
        return found


def disable_at_last(services: Services, source: Source, declaration: Declaration) -> Source:
    """Disable as the last of several steps; a failure is a warning, since the others are done."""
    try:
        return patch(services, source, {"enabled": False})
    except ImgixError as error:
        # A source already disabled, by hand or by a PATCH whose answer was lost, refuses this.
        if isinstance(error, RefusedError) and is_disabled(services, source.id):
            return attrs.evolve(source, enabled=False, deployment_status="disabled")
        services.tell(
            declaration.name,
            f"stored, but could not be disabled: {error.problem}; the next `pulumi up` tries again",
            source.id,
            warn=True,
            unfinished=True,
        )
    return attrs.evolve(source, enabled=True)


def is_disabled(services: Services, source_id: str) -> bool:
    """Return whether imgix shows the source as disabled; False if it does not answer."""
    return find_disabled(services, source_id) is not None


def find_disabled(services: Services, source_id: str) -> Source | None:
    """Return the source if imgix shows it as disabled; None if not, or if it does not answer."""
    try:
        source = services.client.get(source_id)
    except ImgixError:
        return None
    return source if source.enabled is False else None


def patch(services: Services, source: Source, attributes: Mapping[str, Any]) -> Source:
    """Send one PATCH; if its answer cannot be read, look at the source.

    An unreadable 2xx may come from a proxy in between, with nothing done. So if the source does not
    show what was sent, send it once more.
    """
    for _ in range(2):
        reply = _send(services, source.id, attributes)
        if reply is not None and reply.complete:
            return reply
        try:
            seen = services.client.get(source.id)
        except ImgixError as error:
            services.tell(
                source.name or source.id,
                f"changed, but what it looks like now is not known: {error.problem}; "
                "`pulumi refresh` shows it",
                source.id,
                warn=True,
            )
            return _as_sent(source, attributes)
        if reply is not None or _shows(seen, attributes):
            return seen
    raise UnreadableReplyError(
        "imgix answered twice with something that cannot be read, and changed nothing",
        "If this goes on, check imgix:apiUrl (or IMGIX_API_URL) and any proxy in between.",
    )


def _change(
    services: Services, source: Source, changes: Changes, declaration: Declaration
) -> Source:
    """Send the change itself; if the source was disabled by hand meanwhile, enable it first."""
    try:
        return patch(services, source, changes.patch)
    except RefusedError:
        if not is_disabled(services, source.id):
            raise
    services.tell(
        declaration.name,
        "it was disabled outside of this stack; it is enabled for this change",
        source.id,
    )
    services.limits.spend(Quota.UPDATES)
    return _enable_and_change(services, source, changes, declaration)


def _enable_and_change(
    services: Services, source: Source, changes: Changes, declaration: Declaration
) -> Source:
    """Enable, then change; if the change fails, disable the source again."""
    source = patch(services, source, {"enabled": True})
    try:
        return patch(services, source, changes.patch)
    except ImgixError as error:
        _disable_again(services, source, declaration, error)
        raise


def _disable_again(
    services: Services, source: Source, declaration: Declaration, error: ImgixError
) -> None:
    """Disable again what was enabled for a change that then failed."""
    try:
        patch(services, source, {"enabled": False})
    except ImgixError as second:
        services.tell(
            declaration.name,
            f"it was enabled for a change that failed ({error.problem}), and could not be disabled "
            f"again ({second.problem}); `pulumi refresh` shows it as it is",
            source.id,
            warn=True,
        )


def _send(services: Services, source_id: str, attributes: Mapping[str, Any]) -> Source | None:
    """Send one PATCH and return the source in its answer, or None if that is unreadable."""
    reply: Source | None = None
    try:
        reply = services.client.update(source_id, attributes)
    except UnreadableReplyError:
        pass
    except RateLimitedError as error:
        raise services.limits.explain_refusal(Quota.UPDATES, error) from None
    finally:
        services.reader.wrote(source_id, reply)
    services.limits.count_done(Quota.UPDATES)
    return reply


def _shows(source: Source, attributes: Mapping[str, Any]) -> bool:
    """Return whether the source has all that was sent, as far as imgix shows it."""
    fields = FIELDS.get(str(source.deployment.get("type")), {})
    sent = attributes.get("deployment", {})
    return all(
        getattr(source, name) == value for name, value in attributes.items() if name != "deployment"
    ) and all(
        values_equal(fields.get(name), source.deployment.get(name), value)
        for name, value in sent.items()
        if name not in WRITE_ONLY
    )


def _as_sent(source: Source, attributes: Mapping[str, Any]) -> Source:
    """Return the source as it should be after a PATCH whose answer could not be read."""
    deployment = {**source.deployment, **attributes.get("deployment", {})}
    return attrs.evolve(source, **{**attributes, "deployment": deployment})
