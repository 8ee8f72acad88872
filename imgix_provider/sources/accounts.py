"""Tells a source that is gone from one that the key cannot see: it is in another account."""

from __future__ import annotations

from imgix_provider.errors import ConfigurationError, ImgixError
from imgix_provider.sources.services import Services


def require_same_account(
    services: Services, source_id: str, name: str, account_id: str | None
) -> bool:
    """Return whether a source that was not found is known to belong to the key's account.

    Raises:
        ConfigurationError: The key belongs to another account, so the source may still exist.
        ImgixError: The account could not be listed. A wrong address answers 404 as well.
    """
    try:
        current = services.reader.account_id()
    except ImgixError as error:
        raise ImgixError(
            f'imgix does not show source "{name}" ({source_id}), and cannot be asked for others: '
            f"{error.problem}",
            error.advice,
        ) from None
    if current and account_id and current != account_id:
        raise ConfigurationError(
            f'imgix source "{name}" ({source_id}) belongs to account {account_id}, and '
            f"imgix:apiKey to account {current}",
            "Set the key of the right account; nothing was dropped from the state.",
        )
    return bool(current and account_id)
