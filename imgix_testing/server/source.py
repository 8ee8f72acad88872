"""A source of a simulated account, and the status of its deploy over time.

A deploy needs no thread: its status follows from when it began. `account` changes sources.
"""

from typing import Any

import attrs

from imgix_testing.server import attributes


@attrs.frozen
class Deploy:
    """When a deploy began, when it starts to show, and when it is done (None: never)."""

    asked_at: float
    shows_from: float
    done_at: float | None
    date_before: int


@attrs.frozen
class StoredSource:
    """A source as the account stores it, with its secrets."""

    id: str
    name: str
    enabled: bool
    deployment: dict[str, Any]
    secure_url_token: str
    deploy: Deploy
    deleted: bool = False
    """Whether only its record is left, which still has the domains."""

    def status(self, now: float) -> str:
        """Return the current `deployment_status`, as documented."""
        if self.deleted:
            return "deleted"
        if not self.enabled:
            return "disabled"
        if now < self.deploy.shows_from:
            return "deployed"
        return "deployed" if self._done(now) else "deploying"

    def status_when_answered(self) -> str:
        """Return the status in the answer to the request that started the deploy.

        It is `deploying`, as in the documented example, however fast the deploy is.
        """
        if not self.enabled:
            return "disabled"
        return "deployed" if self.deploy.shows_from > self.deploy.asked_at else "deploying"

    def date_deployed(self, now: float) -> int:
        """Return when the currently served deploy was done, or the new one began."""
        if self.deploy.done_at is not None and self._done(now):
            return int(self.deploy.done_at)
        return self.deploy.date_before

    def _done(self, now: float) -> bool:
        return self.deploy.done_at is not None and now >= self.deploy.done_at

    def domains(self) -> set[str]:
        """Return every domain of the source, in full and in lower case."""
        subdomains = _strings(self.deployment.get("imgix_subdomains"))
        custom = _strings(self.deployment.get("custom_domains"))
        return {f"{name}.imgix.net".lower() for name in subdomains} | {
            name.lower() for name in custom
        }


def _strings(value: object) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def without_typed(deployment: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a deployment that survives a change of type."""
    return {
        name: value
        for name, value in deployment.items()
        if name not in attributes.TYPED_NAMES and name != "type"
    }
