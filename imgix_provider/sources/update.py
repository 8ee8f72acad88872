"""Sends a change to a source in the order that imgix takes it.

A disabled source takes no change but `enabled: true`, sent alone; to change and disable, the
change goes first and `enabled: false` after it, alone. That holds too where a hand disabled the
source meanwhile. What imgix has answered with yes is done: after that only a refusal raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits, Quota
from imgix_provider.api.responses import UnreadableReplyError
from imgix_provider.api.source import Source
from imgix_provider.deployments.types import FIELDS, WRITE_ONLY
from imgix_provider.deployments.values import same
from imgix_provider.errors import ImgixError, RateLimitedError, RefusedError
from imgix_provider.messages import Notify
from imgix_provider.sources.declaration import Declared
from imgix_provider.sources.diff import Changes
from imgix_provider.sources.reader import SharedReader


@attrs.frozen
class Applier:
    """Changes sources through a client, within the hourly limit of updates."""

    client: SourcesClient
    limits: Limits
    reader: SharedReader
    notify: Notify

    def apply(self, before: Source, changes: Changes, declared: Declared) -> Source:
        """Make what `before` shows into what is declared, and return the source then."""
        enable = before.enabled is False and (declared.enabled or bool(changes.patch))
        disable = not declared.enabled and (bool(changes.patch) or before.enabled is not False)
        steps = int(enable) + int(bool(changes.patch)) + int(disable)
        if steps == 0:
            return before
        self.limits.spend(Quota.UPDATES, steps)
        source = before
        if enable and changes.patch:
            source = self.enable_and_change(before, changes, declared)
        elif enable:
            source = self.patch(before, {"enabled": True})
        elif changes.patch:
            source = self.change(before, changes, declared)
        return self.disable_quietly(source, declared) if disable else source

    def change(self, source: Source, changes: Changes, declared: Declared) -> Source:
        """Send the change itself; where a hand disabled the source meanwhile, enable it first."""
        try:
            return self.patch(source, changes.patch)
        except RefusedError:
            if not self.is_disabled(source.id):
                raise
        self.notify(
            f'imgix source "{declared.name}" ({source.id}) was disabled outside of this stack; it '
            "is enabled for this change"
        )
        self.limits.spend(Quota.UPDATES)
        return self.enable_and_change(source, changes, declared)

    def enable_and_change(self, source: Source, changes: Changes, declared: Declared) -> Source:
        """Enable, then change; if the change fails, leave the source disabled as it was."""
        source = self.patch(source, {"enabled": True})
        try:
            return self.patch(source, changes.patch)
        except ImgixError as error:
            self._put_back(source, declared, error)
            raise

    def is_disabled(self, source_id: str) -> bool:
        """Tell whether imgix shows the source as disabled; False where it does not answer."""
        try:
            return self.client.get(source_id).enabled is False
        except ImgixError:
            return False

    def patch(self, source: Source, attributes: Mapping[str, Any]) -> Source:
        """Send one PATCH; where its answer cannot be read, look at what it made.

        A 2xx that cannot be read may come from a proxy in between, with nothing done. So where the
        source does not show what was sent, it is sent once more.
        """
        for _ in range(2):
            reply = self._sent(source.id, attributes)
            if reply is not None and reply.complete:
                return reply
            try:
                seen = self.client.get(source.id)
            except ImgixError as error:
                self.notify(
                    f"warning: imgix changed source {source.id}, but what it looks like now is not "
                    f"known: {error.problem}; `pulumi refresh` shows it"
                )
                return _as_sent(source, attributes)
            if reply is not None or _shows(seen, attributes):
                return seen
        raise UnreadableReplyError(
            "imgix answered twice with something that cannot be read, and changed nothing",
            "If this goes on, check imgix:apiUrl and any proxy in between.",
        )

    def _sent(self, source_id: str, attributes: Mapping[str, Any]) -> Source | None:
        """Send one PATCH and return the source that its answer holds, None where that is broken."""
        try:
            return self.client.update(source_id, attributes)
        except UnreadableReplyError:
            return None
        except RateLimitedError as error:
            raise self.limits.refused(Quota.UPDATES, error) from None
        finally:
            self.reader.wrote(source_id)

    def disable(self, source_id: str) -> None:
        """Disable the source, alone; one that a hand disabled already is no error."""
        self.limits.spend(Quota.UPDATES)
        try:
            self.patch(Source(id=source_id), {"enabled": False})
        except RefusedError:
            if not self.is_disabled(source_id):
                raise

    def change_and_disable(self, source: Source, changes: Changes, declared: Declared) -> None:
        """Change the source, whether it is enabled or not, and disable it; each step must work."""
        self.limits.spend(Quota.UPDATES, 2 if source.enabled is False else 1)
        if source.enabled is False:
            self.enable_and_change(source, changes, declared)
        else:
            self.change(source, changes, declared)
        self.disable(source.id)

    def disable_quietly(self, source: Source, declared: Declared) -> Source:
        """Disable as the last step of several; the ones before it are done whatever happens."""
        try:
            return self.patch(source, {"enabled": False})
        except ImgixError as error:
            # One that is disabled already, by a hand or by a PATCH whose answer was lost, refuses.
            if isinstance(error, RefusedError) and self.is_disabled(source.id):
                return attrs.evolve(source, enabled=False, deployment_status="disabled")
            self.notify(
                f'warning: imgix source "{declared.name}" ({source.id}) is stored, but could not '
                f"be disabled: {error.problem}; the next `pulumi up` tries again"
            )
        return attrs.evolve(source, enabled=True)

    def _put_back(self, source: Source, declared: Declared, error: ImgixError) -> None:
        """Disable again what was enabled for a change that then failed."""
        try:
            self.patch(source, {"enabled": False})
        except ImgixError as second:
            self.notify(
                f'warning: imgix source "{declared.name}" ({source.id}) was enabled for a change '
                f"that failed ({error.problem}), and could not be disabled again "
                f"({second.problem}); `pulumi refresh` shows it as it is"
            )


def _shows(source: Source, attributes: Mapping[str, Any]) -> bool:
    """Tell whether the source has all that was sent, as far as imgix shows it."""
    fields = FIELDS.get(str(source.deployment.get("type")), {})
    sent = attributes.get("deployment", {})
    return all(
        getattr(source, name) == value for name, value in attributes.items() if name != "deployment"
    ) and all(
        same(fields.get(name), source.deployment.get(name), value)
        for name, value in sent.items()
        if name not in WRITE_ONLY
    )


def _as_sent(source: Source, attributes: Mapping[str, Any]) -> Source:
    """Return the source as it must be after a PATCH whose answer nobody could read."""
    deployment = {**source.deployment, **attributes.get("deployment", {})}
    return attrs.evolve(source, **{**attributes, "deployment": deployment})
