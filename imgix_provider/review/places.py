"""Where a source is declared: the first line of user code in the stack trace in its state."""

from __future__ import annotations

import re
from typing import Any, Final

from imgix_provider.review.model import Place
from imgix_provider.review.words import clean

_FRAME: Final = re.compile(r"project:///(.+)#(\d{1,9})(?:,\d{1,9})?")
_NOT_OF_THE_USER: Final = re.compile(
    r"(^|/)(site-packages|dist-packages|imgix_provider|node_modules|pkg/mod|sdks/imgix)/"
    r"|/lib/python3|pulumi-language-|^<"
)
_OF_YAML: Final = re.compile(r"(^|/)pulumiyaml/.+\.go$")
"""A YAML program has no place: all frames are of its host."""
_FROM_CONFIGURATION: Final = re.compile(r"(^|/)imgix_provider/stack\.py$")


def place_of(stack_trace: Any) -> Place | None:
    """Return where the user's program declares the resource, or None if that is not known.

    A source declared in a stack's configuration has a place without a line, and `CONFIGURED` as
    its file.
    """
    if not isinstance(stack_trace, list):
        return None
    positions = (each.get("sourcePosition") for each in stack_trace if isinstance(each, dict))
    frames = [_FRAME.fullmatch(each) for each in positions if isinstance(each, str)]
    if any(found and _OF_YAML.search(found[1]) for found in frames):
        return None
    for found in frames:
        if found is None:
            continue
        if _FROM_CONFIGURATION.search(found[1]):
            return Place(CONFIGURED)
        if not _NOT_OF_THE_USER.search(found[1]):
            return Place(clean(found[1]), int(found[2]))
    return None


CONFIGURED: Final = "<configuration>"


def in_configuration(project: str, stack: str, resource: str) -> Place:
    """Return the place of a source declared in a stack's configuration."""
    return Place(clean(f"Pulumi.{stack}.yaml"), None, clean(f"{project}:sources.{resource}"))
