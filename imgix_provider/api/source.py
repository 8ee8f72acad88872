"""A source and a page of sources, as imgix shows them.

The attributes are those of https://docs.imgix.com/apis/management/sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Source:
    """A source as imgix shows it."""

    id: str
    name: str | None = None
    enabled: bool | None = None
    deployment: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    deployment_status: str | None = None
    date_deployed: int | None = None
    secure_url_token: str | None = attrs.field(default=None, repr=False)
    account_id: str | None = None
    """The id of the account that the source belongs to, if imgix shows it."""

    @property
    def is_deleted(self) -> bool:
        """Whether imgix has deleted the source, and only its record is left."""
        return self.deployment_status == "deleted"

    @property
    def complete(self) -> bool:
        """Whether the answer had what every source has; an incomplete one may have only the id."""
        return not self.lacking

    @property
    def lacking(self) -> tuple[str, ...]:
        """What every source has and the answer had not, or not as documented."""
        has = {
            "name": self.name is not None,
            "enabled": self.enabled is not None,
            "deployment": bool(self.deployment),
        }
        return tuple(key for key, there in has.items() if not there)


@attrs.frozen(kw_only=True)
class Page:
    """One page of a list."""

    sources: tuple[Source, ...]
    has_next: bool
    total_pages: int | None = None
