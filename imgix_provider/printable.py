"""Text that others wrote, made safe to stand in one line of a terminal or of a file's comment."""

from __future__ import annotations

from imgix_provider.errors import one_line


def printable_line(text: str) -> str:
    """Return `text` in one line, without characters that steer a terminal or break a file."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in one_line(text))
