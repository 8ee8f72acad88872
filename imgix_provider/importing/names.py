"""Makes resource names from the display names of sources.

A name is unique within one import, and the same whenever the same sources are imported. It is valid
in a URN, in a path of `pulumi config` and in a comment.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, count

from imgix_provider.api.source import Source

_LONGEST = 60


def resource_names(sources: Iterable[Source]) -> dict[str, str]:
    """Return a resource name for each source, by id.

    If several sources would get the same name, the oldest gets it and the others get a number.
    """
    # An id begins with the time the source was created, so this is oldest first.
    wanted = {s.id: _wanted(s) for s in sorted(sources, key=lambda source: source.id)}
    used: set[str] = set()
    names: dict[str, str] = {}
    numbered = []
    for source_id, name in wanted.items():
        if name in used:
            numbered.append(source_id)
        else:
            names[source_id] = name
            used.add(name)
    for source_id in numbered:
        names[source_id] = _numbered(wanted[source_id], used)
        used.add(names[source_id])
    return names


def resource_name_beside(name: str, others: Iterable[str]) -> str:
    """Return the name, with a number if one of the others is the same."""
    taken = set(others)
    return _numbered(name, taken) if name in taken else name


def as_a_person_sorts(name: str) -> list[tuple[bool, int, str]]:
    """Return a key to sort names by, in which `blog-2` comes before `blog-10`."""
    parts = re.split(r"([0-9]+)", name)
    return [
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts if part
    ]


def _wanted(source: Source) -> str:
    subdomains = source.deployment.get("imgix_subdomains")
    first = subdomains[:1] if isinstance(subdomains, list) else []
    for text in chain([source.name or ""], (item for item in first if isinstance(item, str))):
        if name := _slug(text):
            return name
    return f"source-{_slug(source.id)}"


def _slug(text: str) -> str:
    """Return the letters and digits of `text` in any script, with hyphens between words."""
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    words = "".join(c if _belongs(c) else " " for c in lower).split()
    return "-".join(_without_leading_marks(words))[:_LONGEST].rstrip("-")


def _without_leading_marks(words: Iterable[str]) -> Iterator[str]:
    # A vowel sign or accent belongs to the letter before it. Without that letter, drop it.
    for word in words:
        while word and unicodedata.category(word[0]).startswith("M"):
            word = word[1:]
        if word:
            yield word


def _belongs(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _numbered(name: str, used: set[str]) -> str:
    return next(new for number in count(2) if (new := f"{name}-{number}") not in used)
