"""What a rule is, and the pages of imgix's documentation that rules refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import attrs

from imgix_provider.review.model import Severity, Source, Stack

_DOCS: Final = "https://docs.imgix.com"
SOURCES: Final = f"{_DOCS}/apis/management/sources"
LIMITS: Final = f"{_DOCS}/apis/management/overview"
RENDERING: Final = f"{_DOCS}/apis/rendering"
SETTINGS: Final = f"{_DOCS}/getting-started/setup/creating-sources/advanced-settings"
SECURING: Final = f"{_DOCS}/getting-started/setup/securing-assets"
PURGING: Final = f"{_DOCS}/getting-started/setup/purging-assets"


@attrs.frozen
class Hit:
    """One case that a rule found. Values in its texts are marked; see `words`."""

    source: Source | None
    sentence: str
    advice: str = ""


@attrs.frozen
class Rule:
    """Something that would go wrong later, or that a reviewer wants to know."""

    id: str
    severity: Severity
    words: str
    """One sentence for the list of rules: when the rule applies, and what that means."""
    page: str
    find: Callable[[Stack], Iterable[Hit]]
