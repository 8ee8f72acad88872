"""The parts of a stack's review as Markdown: findings, rows, blocks of details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import attrs

from imgix_provider.review.fitting import Detail
from imgix_provider.review.markdown_text import Renderer
from imgix_provider.review.model import Action, Reviewed, Severity, Source, Way
from imgix_provider.review.phrases import (
    gone_words,
    place_words,
    remarks_of,
    sentence_of,
    summary_of,
    title_of,
    title_parts,
    type_lines,
    way_of,
)
from imgix_provider.review.rules.table import place_of_rule
from imgix_provider.review.values import (
    LONG,
    SHORT,
    declared_values,
    show_change,
    show_drift,
    show_value,
)
from imgix_provider.review.words import code, count

ICONS: Final = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "ℹ️"}
LABELS: Final = "\ue012"
"""A placeholder for the labels of the stacks that share a part."""

_SHORT_TABLE: Final = 6
"""A table with up to this many rows is unfolded even without findings."""
_MOST_ROWS: Final = 12
"""The most rows of a table when everything is shortened."""
_NEW: Final = frozenset({Action.CREATED, Action.ADOPTED, Action.REPLACED})
_ABOUT: Final = {
    Action.CREATED: "all that is declared",
    Action.ADOPTED: "all that is declared",
    Action.REPLACED: "the new source",
    Action.UPDATED: "every change",
}


@attrs.frozen
class Part:
    """A piece of Markdown, and the key that orders it within its section."""

    order: tuple[Any, ...]
    text: str


@attrs.frozen
class Parts:
    """Renders one stack at one level of detail."""

    reviewed: Reviewed
    renderer: Renderer
    detail: Detail

    @property
    def _limit(self) -> int:
        return SHORT if self.detail in (Detail.SHORT, Detail.NONE) else LONG

    def findings(self) -> Iterator[Part]:
        """Yield the findings, each as an item of a list."""
        md = self.renderer.markdown
        for finding in self.reviewed.findings:
            source = finding.source
            about = f"{self._title(source)} " if source else ""
            rule = f"[{finding.rule}]({finding.page})" if finding.page else finding.rule
            yield Part(
                (place_of_rule(finding.rule), *_order(source), finding.sentence),
                f"- {ICONS[finding.severity]} {LABELS}{about}{md(sentence_of(finding))} "
                f"<sub>{rule}</sub>",
            )

    def rows(self) -> Iterator[Part]:
        """Yield what happens to each source, each as a row of a table."""
        md = self.renderer.markdown
        for source in self.reviewed.stack.changed:
            words, _ = summary_of(source, SHORT)
            place = md(place_words(source))
            yield Part(_order(source), f"| {self._title(source)} | {md(words)} | {place} |{LABELS}")

    def _title(self, source: Source) -> str:
        name, resource = map(self.renderer.markdown, title_parts(source))
        return f"**{name}** ({resource})" if resource else f"**{name}**"

    def blocks(self) -> Iterator[Part]:
        """Yield the details of sources whose row does not say everything."""
        for source in self.reviewed.stack.changed:
            body = self._body(source)
            if body:
                yield Part(_order(source), self._block(source, body))

    def _block(self, source: Source, body: str) -> str:
        found = source.urn in self.reviewed.alarming
        is_open = self.detail is Detail.OPEN or (
            self.detail is Detail.AUTO and (found or body.count("\n") - 1 <= _SHORT_TABLE)
        )
        title = f"<b>{self.renderer.html(title_of(source))}</b>: "
        is_retyped = source.type_change is not None and source.action is Action.UPDATED
        title += "the new type" if is_retyped else _ABOUT.get(source.action, "details")
        start = f"<details{' open' if is_open else ''}><summary>{title}{LABELS}</summary>"
        return f"{start}\n\n{body}\n\n</details>"

    def _body(self, source: Source) -> str:
        md = self.renderer.markdown
        lines = type_lines(source, self._limit) if source.action is Action.UPDATED else []
        parts = ["\n".join(f"- {md(line)}" for line in lines)]
        if not summary_of(source, SHORT)[1]:
            if source.after and source.action in _NEW:
                values = declared_values(source.after)
                rows = [(key, show_value(key, value, self._limit)) for key, value in values]
                parts.append(self._table("declared as", rows))
            else:
                rows = [(each.path, show_change(each, self._limit)) for each in source.changes]
                parts.append(self._table("change", rows))
        parts += [
            f"- {md(f'The {said.by} says: {said.text}')}"
            for said in source.said
            if said.severity is Severity.NOTE
        ]
        return "\n\n".join(part for part in parts if part)

    def _table(self, what: str, rows: list[tuple[str, str]]) -> str:
        if not rows:
            return ""
        md = self.renderer.markdown
        most = _MOST_ROWS if self.detail is Detail.SHORT else len(rows)
        lines = [f"| value | {what} |", "|---|---|"]
        lines += [f"| {md(code(key))} | {md(text)} |" for key, text in rows[:most]]
        if len(rows) > most:
            lines.append(f"| | _and {count(len(rows) - most, 'value')} more_ |")
        return "\n".join(lines)

    def drift(self) -> Iterator[Part]:
        """Yield what was changed by hand, each as a row of a table."""
        md = self.renderer.markdown
        for source in self.reviewed.stack.sources:
            start = f"| {self._title(source)} |"
            for drift in source.drift:
                order = (*_order(source), drift.path)
                if drift.way is Way.GONE:
                    words = gone_words(source)
                    row = f"{start} the source | there | **gone** | {words} |{LABELS}"
                else:
                    recorded, live, then = map(md, show_drift(drift, self._limit))
                    after = then if drift.way is Way.LEFT_ALONE else f"{then}: {way_of(drift)}"
                    key = md(code(drift.path))
                    row = f"{start} {key} | {recorded} | {live} | {after} |{LABELS}"
                yield Part(order, row)

    def remarks(self) -> Iterator[Part]:
        """Yield what a reader must know about the preview itself."""
        for place, remark in enumerate(remarks_of(self.reviewed.stack)):
            yield Part((place,), f"<sub>{LABELS}{self.renderer.markdown(remark)}</sub>")


def _order(source: Source | None) -> tuple[Any, ...]:
    return (source.parents, source.resource) if source else ((), "")
