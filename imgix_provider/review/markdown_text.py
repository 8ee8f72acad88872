"""Marked text as Markdown and HTML for GitHub and GitLab, with nothing active in it.

Values are in code, where Markdown, mentions of people and references to issues have no effect.
Words are escaped, and a zero-width character breaks what would be a mention or a reference.
"""

from __future__ import annotations

import html
import re
from typing import Final

import attrs

from imgix_provider.review.words import style

_ESCAPES: Final = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_{}[]|~!"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}
)
_REFERENCE: Final = re.compile(r"([@#]|GH-)(?=\w)", re.IGNORECASE)
_BLOCK: Final = re.compile(r"^(\d*)([-+=#.)])")
"""What starts a list, a heading or a rule at the beginning of a line."""
_NO_WIDTH: Final = "\u200b"
_ENTITIES: Final = {character: f"&#{ord(character)};" for character in "`|*_~[]()!#@$\\:"}


@attrs.frozen
class Renderer:
    """Renders marked text, of one stack or of several that differ only in their name."""

    stack: str = ""
    """The name to replace by a placeholder; empty for none."""

    def markdown(self, text: str) -> str:
        """Return a marked text as Markdown, fit for a line or a cell of a table."""
        shown = style(text, lambda value: _code(self._general(value)), _words)
        return _BLOCK.sub(r"\1\\\2", shown)

    def html(self, text: str) -> str:
        """Return a marked text as HTML, fit for a line that Markdown leaves alone."""
        return style(
            text, lambda value: f"<code>{html.escape(self._general(value))}</code>", _html_words
        )

    def _general(self, value: str) -> str:
        if len(self.stack) < _SHORTEST_NAME:
            return value
        pattern = rf"(?<![A-Za-z0-9]){re.escape(self.stack)}(?![A-Za-z0-9])"
        return re.sub(pattern, PLACEHOLDER, value)


PLACEHOLDER: Final = "‹stack›"
"""Stands for the name of a stack if several show the same apart from it."""
_SHORTEST_NAME: Final = 2


def _words(text: str) -> str:
    return _REFERENCE.sub(rf"\1{_NO_WIDTH}", text).translate(_ESCAPES)


def _html_words(text: str) -> str:
    return html.escape(_REFERENCE.sub(rf"\1{_NO_WIDTH}", text))


def _code(value: str) -> str:
    if not value.strip():
        return '`""`'
    if "`" in value or "|" in value or value != value.strip():
        escaped = "".join(_ENTITIES.get(c, html.escape(c)) for c in value)
        return f"<code>{escaped}</code>"
    return f"`{value}`"
