"""What the verbs return to an adapter: frozen data, independent of any engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from imgix_provider.api.source import Source
from imgix_provider.sources.diff import Changes
from imgix_provider.sources.validation import Problem


@attrs.frozen
class CheckOutcome:
    """The inputs in canonical form, and everything wrong with them."""

    inputs: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()


@attrs.frozen(kw_only=True)
class DiffOutcome:
    """What changes from the state to the program."""

    changes: bool
    details: Changes = attrs.field(factory=Changes)
    """What changes in detail, as far as the values are known."""
    replaces: tuple[str, ...] = ()
    """The inputs that require a new source to replace this one."""

    @property
    def delete_before_replace(self) -> bool:
        """Whether the old source goes first, since both would have the same domains."""
        return bool(self.replaces)


@attrs.frozen
class ReadOutcome:
    """A source as read: what the state keeps, and the inputs that would declare it."""

    outputs: Mapping[str, Any]
    inputs: Mapping[str, Any]
    source: Source
