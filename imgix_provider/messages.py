"""Text for people: one line, printable, redacted."""

from __future__ import annotations

import difflib
import html
import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import quote, quote_plus

SECRET: Final = "[secret]"
"""What stands in a message where a secret would have stood."""

_SHORTEST_SECRET: Final = 3
_LONGEST_LINE: Final = 600
_LONGEST_VALUE: Final = 80


Notify = Callable[[str], None]
"""Tells a person one line; it must not hold a secret."""


def to_stderr(line: str) -> None:
    """Write `line` to standard error, whole, so that lines of several threads do not mix."""
    sys.stderr.write(one_line(line) + "\n")
    sys.stderr.flush()


def silently(_line: str) -> None:
    """Tell nobody."""


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, cut at a length one can read."""
    line = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def printable_line(text: str) -> str:
    """Return `text` in one line, without characters that control a terminal or break a file."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in one_line(text))


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with each of `secrets` masked, also escaped for JSON, HTML or URLs."""
    forms: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            forms |= {secret, json.dumps(secret)[1:-1], html.escape(secret)}
            forms |= {quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, SECRET)
    return text


def show(value: Any) -> str:
    """Return `value` as JSON writes it, shortened to what one can read."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def list_choices(names: Iterable[str]) -> str:
    """Return the names as a sentence lists alternatives: `a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def suggest(name: str, names: Iterable[str]) -> str:
    """Return a clause that suggests the nearest of `names`; empty where none is near."""
    close = difflib.get_close_matches(str(name).lower(), list(names), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def wrong_choice(value: Any, choices: Iterable[str]) -> str:
    """Return the clause that `value` must be one of `choices`, with the nearest."""
    names = list(choices)
    suggestion = suggest(value, names) if isinstance(value, str) else ""
    return f"must be {list_choices(names)}, not {show(value)}{suggestion}"
