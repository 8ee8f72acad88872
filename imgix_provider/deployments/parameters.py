"""What imgix documents about rendering parameters, to find mistakes in `default_params`.

imgix accepts any parameter and ignores unknown ones, and new ones appear often, so nothing here is
an error. The table is `parameters.txt`, read on first use, with one line per parameter: its names
and what it takes. Alternatives are separated by `|`. Each is a letter, then its choices in `{}`,
the range that imgix enforces in `[]` and the one that it suggests in `()`. The letters are
i integer, n number, u share from 0 to 1, b boolean, s text, l comma-separated list, x hexadecimal
colour, k colour name, r ratio, v interval; `<a;b>` is a list of exactly these items.

Documented on https://docs.imgix.com/apis/rendering.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import attrs

from imgix_provider.messages import list_choices, show, suggest

WARNING: Final = "warning"
NOTE: Final = "note"

_ALWAYS_KNOWN: Final = frozenset({"ixlib", "s"})
_HEX_COLOR: Final = re.compile(r"#?(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_INTEGER: Final = re.compile(r"[+-]?\d+(?:\.0*)?")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_RATIO: Final = re.compile(r"(?:\d+\.?\d*|\.\d+)(?::(?:\d+\.?\d*|\.\d+))?")
_INTERVAL: Final = re.compile(r"\d*[-:,]\d*")
_COLORS: Final = "*"
"""Marks the line that lists the names of colours instead of a parameter."""
_BOOLEANS: Final = ("true", "false", "1", "0")
_TOKEN: Final = re.compile(r"([a-z])(?:\{([^}]*)\})?(?:\[([^]]*)\])?(?:\(([^)]*)\))?")


class ParameterProblem(NamedTuple):
    """What is unusual about one rendering parameter."""

    severity: str
    """`warning`, or `note` for what imgix accepts but does not suggest."""
    path: str
    """Its path, such as `deployment.default_params.q`."""
    message: str
    """One clause that goes after the path."""


Range = tuple["float | None", "float | None"]


@attrs.frozen
class Expected:
    """One of the alternatives that a parameter takes."""

    letter: str
    choices: tuple[str, ...] = ()
    strict: Range = (None, None)
    suggested: Range = (None, None)
    items: tuple[tuple[Expected, ...], ...] = ()


def parameter_problems(default_params: Mapping[str, Any]) -> list[ParameterProblem]:
    """Return what is unusual about rendering parameters, in their order.

    Names and choices match in any case. Values other than text, numbers and booleans, such as ones
    that are not known yet, are skipped.
    """
    found = []
    for name, value in default_params.items():
        problem = _problem(str(name), value)
        if problem is not None:
            severity, message = problem
            path = f"deployment.default_params.{name}"
            found.append(ParameterProblem(severity, path, message))
    return found


def _problem(name: str, value: Any) -> tuple[str, str] | None:
    known = _table()
    lower = name.lower()
    if lower in _ALWAYS_KNOWN or (lower.endswith("64") and lower[:-2] in known):
        return None
    if lower not in known:
        return WARNING, "is not a documented rendering parameter" + suggest(name, known)
    text = _text(value)
    if not text:
        return None
    alternatives = known[lower]
    verdicts = [_verdict(expected, text) for expected in alternatives]
    if "" in verdicts:
        return None
    if NOTE in verdicts:
        limits = _suggested(alternatives[verdicts.index(NOTE)])
        suggested = _between(limits)
        return NOTE, f"{show(value)} is outside the range that imgix suggests, {suggested}"
    described = list_choices(dict.fromkeys(_describe(each) for each in alternatives))
    choices = [choice for each in alternatives for choice in each.choices]
    wrong = next((part for part in text.split(",") if part.strip().lower() not in choices), text)
    return WARNING, f"must be {described}, not {show(value)}{suggest(wrong.strip(), choices)}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _verdict(expected: Expected, text: str) -> str:
    """Return "" if the text is fine, NOTE if imgix suggests something else, else WARNING."""
    if expected.items:
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != len(expected.items):
            return WARNING
        verdicts = [
            min((_verdict(each, part) for each in item), key=_RANK.__getitem__)
            for item, part in zip(expected.items, parts, strict=True)
        ]
        return max(verdicts, key=_RANK.__getitem__)
    lower = text.lower()
    if expected.letter == "l":
        parts = [part.strip() for part in lower.split(",") if part.strip()]
        return "" if not expected.choices or set(parts) <= set(expected.choices) else WARNING
    if expected.choices:
        return "" if lower in expected.choices else WARNING
    if expected.letter in "inu":
        return _number_verdict(expected, lower)
    return "" if _suits(expected.letter, lower) else WARNING


_RANK: Final = {"": 0, NOTE: 1, WARNING: 2}


def _suits(letter: str, text: str) -> bool:
    if letter == "b":
        return text in _BOOLEANS
    if letter == "k":
        return text in _colors()
    pattern = {"x": _HEX_COLOR, "r": _RATIO, "v": _INTERVAL}.get(letter)
    return pattern is None or pattern.fullmatch(text) is not None


def _number_verdict(expected: Expected, text: str) -> str:
    pattern = _INTEGER if expected.letter == "i" else _NUMBER
    if not pattern.fullmatch(text) or len(text) > 30:
        return WARNING
    number = float(text)
    strict = (0.0, 1.0) if expected.letter == "u" else expected.strict
    if not _within(number, strict):
        return WARNING
    return "" if _within(number, expected.suggested) else NOTE


def _within(number: float, limits: Range) -> bool:
    low, high = limits
    return (low is None or number >= low) and (high is None or number <= high)


def _describe(expected: Expected) -> str:
    if expected.items:
        return f"{len(expected.items)} values separated by commas"
    if expected.letter == "l":
        return f"one or more of {', '.join(expected.choices)}, with commas between"
    if expected.choices:
        return list_choices(expected.choices)
    kind = {
        "i": "a whole number",
        "n": "a number",
        "u": "a share from 0 to 1",
        "b": "true or false",
        "x": "a colour such as ff0000",
        "k": "the name of a colour",
        "r": "a ratio such as 16:9",
        "v": "an interval such as 1-5",
    }[expected.letter]
    limits = expected.strict
    if expected.letter == "u" or limits == (None, None):
        return kind
    return f"{kind} {_between(limits)}"


def _suggested(expected: Expected) -> Range:
    """Return the range that imgix suggests; for a list of items, the first one that they have."""
    ranges = [expected.suggested, *(one.suggested for item in expected.items for one in item)]
    return next(limits for limits in ranges if limits != (None, None))


def _between(limits: Range) -> str:
    low, high = (None if limit is None else f"{limit:g}" for limit in limits)
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


@cache
def _table() -> Mapping[str, tuple[Expected, ...]]:
    """Return what each parameter takes, by each of its names in lower case."""
    table: dict[str, tuple[Expected, ...]] = {}
    for names, rest in _lines():
        if names != _COLORS:
            expected = _parse(rest)
            table.update((name.lower(), expected) for name in names.split(","))
    return table


@cache
def _colors() -> frozenset[str]:
    return frozenset(next(rest for names, rest in _lines() if names == _COLORS).split(","))


def _lines() -> Iterator[tuple[str, str]]:
    text = (files("imgix_provider.deployments") / "parameters.txt").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            names, _, rest = line.partition(" ")
            yield names, rest


def _parse(text: str) -> tuple[Expected, ...]:
    """Return the alternatives that a line describes; lists of lists do not occur."""
    alternatives = re.findall(r"<[^>]*>|[^|<]+", text)
    return tuple(
        Expected("", items=tuple(map(_parse, one[1:-1].split(";"))))
        if one.startswith("<")
        else _parse_one(one)
        for one in alternatives
    )


def _parse_one(text: str) -> Expected:
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise ValueError(f"the table of rendering parameters holds {text!r}")
    letter, choices, strict, suggested = found.groups()
    return Expected(
        letter,
        choices=tuple(choices.lower().split(",")) if choices else (),
        strict=_limits(strict),
        suggested=_limits(suggested),
    )


def _limits(text: str | None) -> Range:
    low, _, high = (text or ",").partition(",")
    return (float(low) if low else None, float(high) if high else None)
