"""A review as text: coloured and wrapped on a terminal, plain and unwrapped in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from imgix_provider.review.fitting import Detail
from imgix_provider.review.model import Action, Finding, Reviewed, Severity, Source, Way
from imgix_provider.review.phrases import (
    FAILED,
    changes_nothing,
    gone_words,
    place_words,
    remarks_of,
    sentence_of,
    summary_of,
    title_of,
    type_lines,
    verdict,
    way_of,
)
from imgix_provider.review.values import declared_values, show_change, show_drift, show_value
from imgix_provider.review.words import code, parts_of, plain

_SYMBOLS: Final = {
    Action.CREATED: ("+", "green"),
    Action.ADOPTED: (">", "green"),
    Action.UPDATED: ("~", "yellow"),
    Action.REPLACED: ("±", "magenta"),
    Action.DISABLED: ("-", "red"),
    Action.RELEASED: ("-", "red"),
    Action.LEFT_ALONE: ("=", "cyan"),
    Action.READ: ("<", "cyan"),
    Action.UNCHANGED: ("=", "dim"),
}
_STYLES: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}
_VALUE: Final = "bold"
_NARROW: Final = 20
"""As wide as a text stays, at the cost of its indent."""
_NEW: Final = frozenset({Action.CREATED, Action.ADOPTED, Action.REPLACED})


def print_review(reviews: Sequence[Reviewed], console: Console, detail: Detail) -> None:
    """Print the reviews, one stack after another."""
    for place, reviewed in enumerate(reviews):
        if place:
            console.print()
        _Printer(console, reviewed, detail).print()


class _Printer:
    """Prints one stack."""

    def __init__(self, console: Console, reviewed: Reviewed, detail: Detail) -> None:
        self._console = console
        self._reviewed = reviewed
        self._details = detail is not Detail.CLOSED

    def print(self) -> None:
        stack = self._reviewed.stack
        start = _styled(f"imgix {code(stack.label)}: ")
        if stack.failed:
            self._line(0, start + Text(FAILED, style="bold red"))
            for problem in stack.problems:
                self._line(2, Text("✗ ", style="bold red") + _styled(problem), hang=2)
            if stack.changed:
                self._line(0, _styled(f"Before the failure it shows: {verdict(self._reviewed)}"))
        else:
            self._line(0, start + _styled(verdict(self._reviewed)))
        if changes_nothing(self._reviewed):
            return
        self._findings()
        self._sources()
        self._drift()
        remarks = remarks_of(stack)
        if remarks:
            self._line(0, Text())
        for remark in remarks:
            self._line(0, _styled(remark), "dim")

    def _findings(self) -> None:
        if not self._reviewed.findings:
            return
        self._heading("What to look at")
        for finding in self._reviewed.findings:
            self._finding(finding)

    def _finding(self, finding: Finding) -> None:
        style = _STYLES[finding.severity]
        head = Text(f"{finding.severity.value} ", style=style) + Text(finding.rule, style="dim")
        if finding.source:
            head += Text(" ") + _styled(title_of(finding.source))
        self._line(2, head)
        self._line(4, _styled(sentence_of(finding)))

    def _sources(self) -> None:
        changed = self._reviewed.stack.changed
        if not changed:
            return
        self._heading("What happens")
        for source in changed:
            self._source(source)

    def _source(self, source: Source) -> None:
        symbol, colour = _SYMBOLS[source.action]
        words, is_whole = summary_of(source)
        head = Text(f"{symbol} ", style=colour) + _styled(f"{title_of(source)}: {words}")
        head += Text(f"  {plain(place_words(source))}", style="dim")
        self._line(2, head, hang=2)
        if not self._details:
            return
        if source.action is Action.UPDATED:
            for line in type_lines(source):
                self._line(6, _styled(line))
        if not is_whole:
            self._rows(source)
        for said in source.said:
            if said.severity is Severity.NOTE:
                self._line(6, _styled(f"The {said.by} says: {said.text}"))

    def _rows(self, source: Source) -> None:
        if source.after and source.action in _NEW:
            rows = [(key, show_value(key, value)) for key, value in declared_values(source.after)]
        else:
            rows = [(change.path, show_change(change)) for change in source.changes]
        width = min(max((len(key) for key, _ in rows), default=0), 32)
        for key, shown in rows:
            self._line(6, _styled(f"{code(key)}{' ' * (width - len(key))}  {shown}"), hang=2)

    def _drift(self) -> None:
        drifted = [source for source in self._reviewed.stack.sources if source.drift]
        if not drifted:
            return
        self._heading("Changed at imgix by hand")
        for source in drifted:
            self._line(2, Text("! ", style="yellow") + _styled(title_of(source)))
            for drift in source.drift:
                if drift.way is Way.GONE:
                    self._line(6, _styled(f"gone at imgix; {gone_words(source)}"))
                    continue
                recorded, live, then = show_drift(drift)
                after = then if drift.way is Way.LEFT_ALONE else f"{way_of(drift)}: {then}"
                words = f"{code(drift.path)}  recorded {recorded}; at imgix {live}; {after}"
                self._line(6, _styled(words), hang=2)

    def _heading(self, words: str) -> None:
        self._line(0, Text())
        self._line(0, Text(words, style="bold underline" if self._console.is_terminal else ""))

    def _line(self, indent: int, text: Text, style: str = "", hang: int = 0) -> None:
        """Print one line; on a terminal, wrap it with the same indent, or less if it is narrow."""
        if not self._console.is_terminal:
            self._console.file.write(f"{' ' * indent}{text.plain}".rstrip() + "\n")
            return
        if style:
            text.stylize(style)
        margin = min(indent + hang, max(0, self._console.width - _NARROW))
        for place, line in enumerate(text.wrap(self._console, self._console.width - margin)):
            start = " " * (margin if place else min(indent, margin))
            self._console.print(Text(start) + line, highlight=False, no_wrap=True, crop=False)


def _styled(text: str) -> Text:
    """Return a marked text with its values in their style."""
    styled = Text()
    for part, is_value in parts_of(text):
        styled.append(part, style=_VALUE if is_value else "")
    return styled
