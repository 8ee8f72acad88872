"""Text for people: one line, printable, redacted, in the spelling of the program's language.

The core reports what happens through a `Notify`: each `Notice` has a severity, the source it is
about and one line of text, and the adapter decides how to show it. A text names an argument
through `argument`, and the adapter's `Spelling` decides how to write it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Final
from urllib.parse import quote, quote_plus

import attrs

SECRET: Final = "[secret]"
"""Replaces a secret in a message."""

_SHORTEST_SECRET: Final = 3
_LONGEST_LINE: Final = 1_000
_LONGEST_VALUE: Final = 80
_SHORTEST_START: Final = 2
_CUT: Final = "…"


_START: Final = "\ue000"
_END: Final = "\ue001"
_ARGUMENT: Final = re.compile(f"{_START}([^{_START}{_END}=]*)(?:=([^{_START}{_END}]*))?{_END}")

_PYTHON: Final = {"true": "True", "false": "False"}
"""Values that Python writes otherwise than JSON."""

Spelling = Callable[[str, "str | None"], str]
"""Writes an argument as programs do, given its path, and its value as JSON or None."""


def argument(path: str, value: object = None) -> str:
    """Return a placeholder for an argument's name, which `spell` fills in.

    Args:
        path: The argument as imgix or `ImgixSource` names it: `adopt`, `deployment.s3_bucket`.
        value: The value to show with it, or None to show the name alone.
    """
    shown = "" if value is None else f"={json.dumps(value, ensure_ascii=False)}"
    return f"{_START}{path}{shown}{_END}"


def python_spelling(path: str, value: str | None) -> str:
    """Write an argument as a Python program does: `adopt="…"`, `deployment.s3_bucket`."""
    if path == "aliases" and value is not None:
        # A stack's configuration can declare sources too, but no option of a resource.
        return f"{python_alias(value)} (in a configuration, by `pulumi state rename`)"
    return path if value is None else f"{path}={_PYTHON.get(value, value)}"


def python_alias(value: str) -> str:
    """Write the option that gives a resource's earlier name as Python programs do."""
    return f"opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name={value})])"


def plugin_alias(value: str) -> str:
    """Write the option that gives a resource's earlier name as programs of the plugin do."""
    return f"aliases: [{{name: {value}}}]"


def spell(text: str, spelling: Spelling = python_spelling) -> str:
    """Return `text` with each argument written in the given spelling."""
    return _ARGUMENT.sub(lambda found: spelling(found[1], found[2]), text)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with each of `secrets` masked, even if escaped for JSON, HTML or URLs."""
    import html  # a program that declares sources redacts nothing, so it need not import this

    forms: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            forms |= {secret, json.dumps(secret)[1:-1], html.escape(secret)}
            forms |= {quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    longest_first = sorted(forms, key=len, reverse=True)
    for form in longest_first:
        text = text.replace(form, SECRET)
    return _redact_cut(text, longest_first) if _CUT in text else text


def _redact_cut(text: str, forms: Iterable[str]) -> str:
    """Return `text` with the beginning of a secret masked if a long value was cut within it."""
    before, *after = text.split(_CUT)
    parts = [before]
    for part in after:
        cut = (form[:length] for form in forms for length in range(len(form), 2, -1))
        begun = next((start for start in cut if parts[-1].endswith(start)), "")
        parts[-1] = parts[-1].removesuffix(begun) + (SECRET if begun else "")
        parts.append(part)
    return _CUT.join(parts)


class KnownSecrets:
    """The secrets that a process has seen, which no text may show; shared between threads."""

    def __init__(self) -> None:
        """Start with none."""
        self._secrets: frozenset[str] = frozenset()  # replaced, never changed

    def add(self, secrets: Iterable[str]) -> None:
        """Learn more secrets."""
        self._secrets |= frozenset(secrets)

    def redact(self, text: str) -> str:
        """Return `text` with every known secret masked."""
        return redact(text, self._secrets)


class Severity(Enum):
    """How much a notice matters."""

    PROGRESS = "progress"
    """Something slow is still going on."""
    INFO = "info"
    """Something was done, or will be, that a person may want to know about."""
    WARNING = "warning"
    """Something may need a person's attention."""


@attrs.frozen
class Notice:
    """One thing that a run reports to the person waiting for it."""

    severity: Severity
    text: str
    """One line, without the source's name."""
    source: str | None = None
    """The display name of the source that this is about, or None if it is about the run."""
    source_id: str | None = None
    """The id of that source, if known and useful."""
    unfinished: bool = False
    """Whether imgix has the source, but not all of it is as declared. If the engine can mark a
    resource as unfinished, the adapter does."""

    def line(self, spelling: Spelling = python_spelling) -> str:
        """Return the whole line, for places where nothing else names the source."""
        start = "warning: " if self.severity is Severity.WARNING else ""
        if self.source is None:
            return start + spell(self.text, spelling)
        identity = f" ({self.source_id})" if self.source_id else ""
        return f'{start}imgix source "{self.source}"{identity}: {spell(self.text, spelling)}'

    def __str__(self) -> str:
        """Return the line in Python's spelling."""
        return self.line()

    def redacted(self, secrets: KnownSecrets) -> Notice:
        """Return the notice with every known secret masked."""
        source = None if self.source is None else secrets.redact(self.source)
        return attrs.evolve(self, text=secrets.redact(self.text), source=source)


Notify = Callable[[Notice], None]
"""Shows a notice to the person waiting for the run."""


def write_line(line: str) -> None:
    """Write one line to standard error in one piece, so that lines from threads do not mix."""
    sys.stderr.write(one_line(line) + "\n")
    sys.stderr.flush()


def to_stderr(notice: Notice) -> None:
    """Write a notice to standard error."""
    write_line(str(notice))


def to_nobody(_notice: Notice) -> None:
    """Show a notice to nobody."""


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, cut to a readable length."""
    line = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + _CUT


def printable_line(text: str) -> str:
    """Return `text` as one line, without characters that control a terminal or break a file."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in one_line(text))


def show(value: Any) -> str:
    """Return `value` as JSON, cut to a readable length."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + _CUT


def list_choices(names: Iterable[str]) -> str:
    """Return the names as a sentence lists alternatives: `a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def join_names(names: Iterable[str]) -> str:
    """Return the names as a sentence lists them: `a, b and c`."""
    *most, last = [*names] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def suggest(name: str, names: Iterable[str], write: Callable[[str], str] = str) -> str:
    """Return a clause that suggests the nearest of `names`; empty if none is near.

    Args:
        name: What was written.
        names: What may have been meant.
        write: Returns a name as a text should show it: `argument` if names are arguments.
    """
    import difflib  # only needed for mistakes

    known = list(names)
    close = difflib.get_close_matches(str(name), known, n=1) or difflib.get_close_matches(
        str(name).lower(), known, n=1
    )
    if not close and len(str(name)) > _SHORTEST_START:
        close = [each for each in known if each.lower().startswith(str(name).lower())]
    return f"; did you mean {write(close[0])}?" if close else ""


def wrong_choice(value: Any, choices: Iterable[str]) -> str:
    """Return a clause saying that `value` must be one of `choices`, suggesting the nearest."""
    names = list(choices)
    suggestion = suggest(value, names) if isinstance(value, str) else ""
    return f"must be {list_choices(names)}, not {show(value)}{suggestion}"
