"""Tells a source that is gone from one that the key cannot see: it is in another account."""

from __future__ import annotations

from contextlib import suppress

from imgix_provider.errors import ConfigurationError, ImgixError
from imgix_provider.sources.services import Services


def require_same_account(
    services: Services, source_id: str, name: str, account_id: str | None
) -> bool:
    """Return whether a source that was not found is known to belong to the key's account.

    Raises:
        ConfigurationError: The key belongs to another account, so the source may still exist.
    """
    current: str | None = None
    with suppress(ImgixError):
        current = services.reader.account_id() if account_id else None
    if current and current != account_id:
        raise ConfigurationError(
            f'imgix source "{name}" ({source_id}) belongs to account {account_id}, and '
            f"imgix:apiKey to account {current}",
            "Set the key of the right account; nothing was dropped from the state.",
        )
    return current is not None
