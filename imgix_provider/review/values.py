"""Puts values and their changes into words: with units, before and after, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from imgix_provider.review.compare import field_of
from imgix_provider.review.model import Change, Drift, Special, View, Way
from imgix_provider.review.words import clean, code, duration, shorten

LONG: Final = 120
"""The most characters of a value to show, if there is room."""
SHORT: Final = 40
"""The same if there is little room."""

_SPECIAL: Final[Mapping[Special, str]] = {
    Special.ABSENT: "not declared",
    Special.SECRET: "a secret",
    Special.UNKNOWN: "known after apply",
}


def show_value(path: str, value: Any, limit: int = LONG) -> str:
    """Return a value in words or marked, for use in a sentence."""
    if isinstance(value, Special):
        return _SPECIAL[value]
    if isinstance(value, list):
        return _join(path, value, limit) if value else "none"
    if isinstance(value, Mapping):
        return _object(value, limit) if value else "none"
    if _is_in_seconds(path, value):
        return text_of(path, value, limit)
    return code(text_of(path, value, limit))


def _is_in_seconds(path: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        return False
    spec = field_of(None, path)
    return (spec is not None and spec.unit == "seconds") or path == "deploy_timeout"


def text_of(path: str, value: Any, limit: int = LONG) -> str:
    """Return one plain value as text; a number of seconds in units."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (int, float)):
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            value = int(value)
        return duration(value) if _is_in_seconds(path, value) else str(value)[:limit]
    if isinstance(value, str):
        text = clean(_without_password(value))
        return shorten(text, limit) if text else '""'
    return shorten(clean(json.dumps(value, default=_word, ensure_ascii=False)), limit)


def _word(value: object) -> str:
    return _SPECIAL.get(value, "…") if isinstance(value, Special) else "…"


def _without_password(text: str) -> str:
    """Return an address without any user and password."""
    if "@" not in text or "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return text.partition("://")[0] + "://…"


def _join(path: str, items: list[Any], limit: int) -> str:
    shown = [show_value(path, item, limit) for item in items[: _most(limit)]]
    return ", ".join(shown) + _and_more(len(items) - len(shown))


def _object(value: Mapping[str, Any], limit: int) -> str:
    items = list(value.items())
    shown = [
        f"{code(shorten(clean(str(name)), limit))} = {show_value('', item, limit)}"
        for name, item in items[: _most(limit)]
    ]
    return ", ".join(shown) + _and_more(len(items) - len(shown))


def _most(limit: int) -> int:
    return 20 if limit >= LONG else 3


def _and_more(number: int) -> str:
    return f" and {number:,} more" if number > 0 else ""


def show_change(change: Change, limit: int = LONG) -> str:
    """Return how one value changes, marked."""
    path, before, after = change.path, change.before, change.after
    if Special.SECRET in (before, after):
        return _secret_change(before, after)
    if isinstance(before, list) and isinstance(after, list):
        return _list_change(path, before, after, limit)
    if before is Special.ABSENT:
        if change.served is not Special.ABSENT and change.served not in (None, "", [], {}):
            served = show_value(path, change.served, limit)
            return f"{served} (not declared) → {show_value(path, after, limit)}"
        return f"is set: {show_value(path, after, limit)}"
    if after is Special.ABSENT:
        return f"{show_value(path, before, limit)} → {_gone(change, limit)}"
    return f"{show_value(path, before, limit)} → {show_value(path, after, limit)}"


def _gone(change: Change, limit: int) -> str:
    if change.goes_to is Special.ABSENT:
        return "removed"
    if change.goes_to in (None, "", [], {}):
        return "removed (cleared)"
    return f"removed (back to {show_value(change.path, change.goes_to, limit)})"


def _secret_change(before: Any, after: Any) -> str:
    if before is Special.ABSENT:
        return "is set (secret)"
    if after is Special.ABSENT:
        return "is removed (secret)"
    return "changes (secret)"


def _list_change(path: str, before: list[Any], after: list[Any], limit: int) -> str:
    added = [item for item in after if item not in before]
    removed = [item for item in before if item not in after]
    if not added and not removed:
        return "reordered"
    parts = []
    if added:
        parts.append(f"added {_join(path, added, limit)}")
    if removed:
        parts.append(f"removed {_join(path, removed, limit)}")
    return "; ".join(parts)


def show_drift(drift: Drift, limit: int = LONG) -> tuple[str, str, str]:
    """Return the value recorded, at imgix, and after the run, each marked."""
    if Special.SECRET in (drift.recorded, drift.live, drift.declared):
        return "a secret", "changed", "a secret"
    recorded = show_value(drift.path, drift.recorded, limit)
    live = show_value(drift.path, drift.live, limit)
    if drift.declared is Special.ABSENT:
        stays = "stays (not declared)" if drift.way is Way.LEFT_ALONE else "not declared"
        return recorded, live, stays
    return recorded, live, show_value(drift.path, drift.declared, limit)


def declared_values(view: View) -> Iterator[tuple[str, Any]]:
    """Yield what a new source declares: its type first, its arguments last."""
    if isinstance(view.deployment, Special):
        yield "deployment", view.deployment
    elif view.type:
        yield "type", view.type
    for key in sorted(view.declared):
        if key != "type":
            yield key, view.declared[key]
    for name in sorted(view.arguments):
        if name != "name" and view.argument(name) != _DEFAULTS.argument(name):
            yield name, view.arguments[name]


_DEFAULTS: Final = View()
