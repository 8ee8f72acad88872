"""Makes texts from a preview safe to show anywhere, and marks values for each format to style.

Values from a document are never trusted: `code` puts each on one line, makes it printable and wraps
it in marks. A renderer replaces the marks and escapes what is between them, as its format needs.
The marks cannot be part of a value, since they are not printable.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import Final

_START: Final = "\ue010"
_END: Final = "\ue011"
_MARKED: Final = re.compile(f"{_START}([^{_END}]*){_END}")
_COMMAND: Final = re.compile(r"::(?=\S)")
_LONGEST: Final = 4_000


def clean(text: str) -> str:
    """Return `text` on one line, printable, without what a log would take for a command."""
    line = " ".join(text[:_LONGEST].split())
    if not line.isprintable():
        line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    if "::" in line or "##[" in line:
        line = _COMMAND.sub(": :", line).replace("##[", "## [")
    return line


def code(value: str) -> str:
    """Return a value from a document, marked."""
    return f"{_START}{clean(value)}{_END}"


def command(*words: str) -> str:
    """Return a command for a shell, marked. A URN keeps its colons, which begin no line."""
    return f"{_START}{' '.join(shlex.quote(_cleaned(word)) for word in words)}{_END}"


def _cleaned(word: str) -> str:
    *kinds, name = word.split("::", 3) if word.startswith("urn:pulumi:") else [word]
    return "::".join([*kinds, clean(name)])


def style(text: str, of_code: Callable[[str], str], of_words: Callable[[str], str] = str) -> str:
    """Return a marked text with its values and its words rendered."""
    parts = _MARKED.split(text)
    return "".join(
        of_code(part) if place % 2 else of_words(part) for place, part in enumerate(parts)
    )


def parts_of(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a marked text, and whether each is a value."""
    for place, part in enumerate(_MARKED.split(text)):
        if part:
            yield part, bool(place % 2)


def plain(text: str) -> str:
    """Return a marked text without marks."""
    return style(text, str)


def codes(values: Iterable[str]) -> str:
    """Return marked values as a sentence lists them."""
    *most, last = [code(value) for value in values] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def shorten(text: str, limit: int) -> str:
    """Return `text`, cut in the middle if it is longer than `limit`."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 3
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 source`, `1,200 sources`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: int) -> str:
    """Return a number of seconds in readable units: `1 day`, `1 hour 30 min`."""
    if seconds <= 0:
        return f"{seconds} s"
    parts = []
    rest = seconds
    for size, unit in ((31_536_000, "year"), (86_400, "day"), (3_600, "hour")):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(count(amount, unit))
    minutes, rest = divmod(rest, 60)
    parts += [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest)
    return " ".join(parts)
