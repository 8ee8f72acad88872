"""Fits a report into the length of a comment, without cutting anything in the middle.

First everything is folded, then values are shortened, then details are left out, and finally whole
rows. The report says what is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

import attrs

COMMENT: Final = 65_536
"""The most characters that GitHub accepts in a comment."""
JOB_SUMMARY: Final = 1_000_000
"""Bytes, a little less than the mebibyte that GitHub accepts in the summary of a job."""


class Detail(Enum):
    """How much of the details of each source is shown."""

    OPEN = "open"
    AUTO = "auto"
    CLOSED = "closed"
    SHORT = "short"
    """Folded, and with values shortened."""
    NONE = "none"


_LADDER: Final = (Detail.CLOSED, Detail.SHORT, Detail.NONE)


@attrs.frozen
class Section:
    """A part of a report: its head, and items that can be left out."""

    head: str
    items: tuple[str, ...] = ()
    between: str = "\n"
    noun: str = "row"
    foot: str = ""

    def text(self, most: int | None = None) -> str:
        """Return the section with at most `most` items, and the number left out."""
        shown = self.items if most is None else self.items[:most]
        parts = [self.head, self.between.join(shown)] if shown else [self.head]
        separator = "\n" if self.head.endswith("|") else "\n\n"
        text = separator.join(part for part in parts if part)
        left = len(self.items) - len(shown)
        if left:
            words = f"{left:,} more {self.noun}{'' if left == 1 else 's'}"
            text += f"\n\n_{words} left out, for the length that a comment may have._"
        return text + (f"\n\n{self.foot}" if self.foot else "")


def fit(
    make: Callable[[Detail], list[Section]],
    detail: Detail,
    limit: int,
    size: Callable[[str], int],
    least: int = 0,
) -> str:
    """Return the most detailed form of a report that is not longer than `limit`.

    Args:
        make: Makes the sections of the report at a level of detail.
        detail: The level to begin with.
        limit: The largest size allowed.
        size: Measures a text.
        least: The smallest possible size, so that hopeless levels are not tried.
    """
    for level in (detail, *(step for step in _LADDER if step is not detail)):
        if least > limit:
            break
        text = _join(section.text() for section in make(level))
        if size(text) <= limit:
            return text
    return _packed(make(Detail.NONE), limit, size)


def _packed(sections: list[Section], limit: int, size: Callable[[str], int]) -> str:
    """Return the sections with as many items as fit, sharing the room fairly."""
    room = limit - size(_join([section.text(0) for section in sections]))
    kept = [0] * len(sections)
    for is_last in (False, True):
        open_sections = [p for p, section in enumerate(sections) if kept[p] < len(section.items)]
        for number, place in enumerate(open_sections):
            section = sections[place]
            share = room if is_last else room // (len(open_sections) - number)
            for item in section.items[kept[place] :]:
                need = size(item) + len(section.between) + _RESERVE
                if need > share:
                    break
                share -= need
                room -= need
                kept[place] += 1
    return _join(section.text(most) for section, most in zip(sections, kept, strict=True))


_RESERVE: Final = 8
"""Characters to allow for a longer count and a separator."""


def _join(texts: Iterator[str] | list[str]) -> str:
    return "\n\n".join(text for text in texts if text) + "\n"


def characters(text: str) -> int:
    """Return the length as the strictest host counts it: rare characters count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def size_in_bytes(text: str) -> int:
    """Return the length in bytes."""
    return len(text.encode("utf-8", "replace"))
