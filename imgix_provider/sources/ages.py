"""When sources were created, which their ids tell, and how many count for the hourly quota."""

from __future__ import annotations

import re
import time
from typing import Final

from imgix_provider.api.limits import Quota
from imgix_provider.api.source import Source
from imgix_provider.errors import ImgixError
from imgix_provider.sources.holders import MOST_PAGES
from imgix_provider.sources.services import Services

CLOCKS_APART: Final = 600.0
"""How many seconds this machine's clock may be wrong."""
_FIRST_ID: Final = 1_293_840_000.0
"""The start of 2011, when imgix began: an id with an earlier or a future time is not a time."""
_HOUR: Final = 3600.0


def made_at(source: Source, unless_told: float) -> float:
    """Return when a source was created: its id, 24 hexadecimal digits, begins with the time."""
    if re.fullmatch(r"[0-9a-f]{24}", source.id) is None:
        return unless_told
    made = float(int(source.id[:8], 16))
    return made if _FIRST_ID <= made <= time.time() + CLOCKS_APART else unless_told


def count_last_hour(services: Services) -> None:
    """Count the sources that others created within the hour.

    The quota is for the whole account, and a source's id says when it was created. The account is
    listed for this only if the run might reach the limit.
    """
    listed = services.reader.has_listed(services.began)
    if not listed and not services.limits.is_near(Quota.CREATES):
        return
    try:
        account = services.reader.whole_account(newer_than=services.began, most_pages=MOST_PAGES)
    except ImgixError:
        return
    hour_ago = time.time() - _HOUR
    recent = [s for s in account or () if made_at(s, 0.0) > hour_ago]
    foreign = [source for source in recent if not services.ledger.is_made_here(source.id)]
    services.limits.count_elsewhere(Quota.CREATES, len(foreign))
