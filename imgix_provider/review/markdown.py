"""A review as Markdown: one comment for all stacks of a pull request.

What several stacks have in common is shown once, even if it differs by the name of the stack. A
hidden marker at the top lets a later run find the comment again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

import attrs

from imgix_provider.review.fitting import COMMENT, Detail, Section, characters, fit
from imgix_provider.review.markdown_parts import ICONS, LABELS, Part, Parts
from imgix_provider.review.markdown_text import PLACEHOLDER, Renderer
from imgix_provider.review.model import Reviewed, Severity
from imgix_provider.review.phrases import (
    FAILED,
    changes_nothing,
    counts_of,
    drift_of,
    findings_of,
    highest_of,
    verdict,
)
from imgix_provider.review.words import code, codes, count

MARKER: Final = "imgix-review"
_PLAIN: Final = Renderer()
_FINE: Final = "✅"

Make = Callable[[Parts], Iterable[Part]]


def marker_of(name: str) -> str:
    """Return the hidden first line of a comment, which lets a later run find it again."""
    plain = re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9_.-]+", "-", name)).strip("-")
    return f"<!-- {MARKER}{':' if plain else ''}{plain} -->"


def to_comment(
    reviews: Sequence[Reviewed],
    *,
    name: str = "",
    detail: Detail = Detail.AUTO,
    limit: int = COMMENT,
    size: Callable[[str], int] = characters,
) -> str:
    """Return the reviews of one run as one comment, not longer than `limit`.

    Args:
        reviews: The stacks, in the order to show them in.
        name: Tells this review from others of the same pull request.
        detail: Whether details are unfolded; if the comment gets too long, they are folded anyway.
        limit: The largest size allowed.
        size: Measures a text.
    """
    comment = _Comment(reviews, name)
    least = sum(size(section.text()) for section in comment.in_full)
    return fit(comment.sections, detail, limit, size, least)


@attrs.frozen
class _Shared:
    """A part that some of the stacks have in common."""

    part: Part
    labels: tuple[str, ...]


class _Comment:
    """Builds one comment, at each level of detail that is tried."""

    def __init__(self, reviews: Sequence[Reviewed], name: str) -> None:
        self._reviews = reviews
        self._name = name
        self._is_one = len(reviews) == 1

    def sections(self, detail: Detail) -> list[Section]:
        """Return the comment's sections at a level of detail, without empty ones."""
        found = [Section(marker_of(self._name)), *self._head()]
        if not (self._is_one and changes_nothing(self._reviews[0])):
            found += [*self._failures(), *self.in_full, self._details(detail)]
            found.append(self._drift(detail))
            found.append(self._remarks(found))
        return [section for section in found if section.head or section.items]

    def _head(self) -> list[Section]:
        about = f" {_md(code(self._name))}" if self._name else ""
        if not self._is_one:
            quiet = ": nothing changes" if all(map(changes_nothing, self._reviews)) else ""
            icon = min((_icon(each) for each in self._reviews), key=_ICON_ORDER.index)
            heading = f"### {icon} imgix{about} · {count(len(self._reviews), 'stack')}{quiet}"
            table = "| | stack | sources | findings | changed by hand |\n|---|---|---|---|---|"
            rows = tuple(map(_stack_row, self._reviews))
            return [Section(f"{heading}\n\n{table}", rows, noun="stack")]
        (only,) = self._reviews
        label = _md(code(only.stack.label))
        words = _md(verdict(only))
        if changes_nothing(only):
            return [Section(f"**imgix{about} · {label}**: {words}.")]
        if only.stack.failed:
            return [Section(f"### ❌ imgix{about} · {label}: {FAILED}")]
        return [Section(f"### {_icon(only)} imgix{about} · {label}\n\n**{_sentence(words)}**")]

    def _failures(self) -> list[Section]:
        found = []
        for reviewed in self._reviews:
            stack = reviewed.stack
            if not stack.failed:
                continue
            problems = tuple(f"- {_md(problem)}" for problem in stack.problems)
            told = "" if problems else " It does not say why; see the log of the run."
            head = f"**❌ {_md(code(stack.label))}: {FAILED}.**{told}"
            if self._is_one:
                head = f"**What failed**{told or ':'}"
            before = f"Before the failure it shows: {_md(verdict(reviewed))}."
            foot = before if stack.changed else ""
            found.append(Section(head, problems, noun="problem", foot=foot))
        return found

    @cached_property
    def in_full(self) -> list[Section]:
        """The sections that are the same at all levels: the findings, and a row for each source."""
        items = self._texts(Parts.findings, self._in_front, Detail.OPEN)
        columns = ("source", "what", "where")
        return [
            Section("#### What to look at" if items else "", items, noun="finding"),
            self._table("What happens", columns, Parts.rows, "source", Detail.OPEN),
        ]

    def _table(
        self, title: str, columns: tuple[str, ...], make: Make, noun: str, detail: Detail
    ) -> Section:
        """Return a table; unless every row applies to all stacks, each names its stacks."""
        shared = self._shared(make, detail)
        is_plain = all(self._is_all(each.labels) for each in shared)
        names = columns if is_plain else (*columns, "in")
        head = f"#### {title}\n\n| {' | '.join(names)} |\n|{'---|' * len(names)}"
        rows = tuple(
            each.part.text.replace(LABELS, "" if is_plain else self._cell(each.labels))
            for each in shared
        )
        return Section(head if rows else "", rows, noun=noun)

    def _details(self, detail: Detail) -> Section:
        if detail is Detail.NONE:
            return Section("_The details of each source are left out: a comment has no room._")
        blocks = self._texts(Parts.blocks, self._behind, detail)
        return Section("", blocks, between="\n\n", noun="source")

    def _drift(self, detail: Detail) -> Section:
        columns = ("source", "value", "recorded", "at imgix now", "after this run")
        return self._table("Changed at imgix by hand", columns, Parts.drift, "hand edit", detail)

    def _remarks(self, above: Iterable[Section]) -> Section:
        items = list(self._texts(Parts.remarks, self._in_front, Detail.OPEN))
        shown = (item for section in above for item in section.items)
        if not self._is_one and any(PLACEHOLDER in item for item in shown):
            items.append(f"<sub>{_md(code(PLACEHOLDER))} is the name of the stack.</sub>")
        return Section("", tuple(items), "<br>\n", "remark")

    def _texts(
        self, make: Make, labelled: Callable[[tuple[str, ...]], str], detail: Detail
    ) -> tuple[str, ...]:
        shared = self._shared(make, detail)
        return tuple(each.part.text.replace(LABELS, labelled(each.labels)) for each in shared)

    def _shared(self, make: Make, detail: Detail) -> list[_Shared]:
        """Return the parts of all stacks in order, identical ones only once."""
        found: dict[str, list[tuple[str, Part, Part]]] = {}
        for reviewed in self._reviews:
            exact = list(make(Parts(reviewed, _PLAIN, detail)))
            general: Iterable[Part] = exact
            if not self._is_one:
                general = make(Parts(reviewed, Renderer(reviewed.stack.stack), detail))
            for own, common in zip(exact, general, strict=True):
                found.setdefault(common.text, []).append((reviewed.stack.label, own, common))
        shared = []
        for holders in found.values():
            alike = len({own.text for _, own, _ in holders}) == 1
            part = holders[0][1] if alike else holders[0][2]
            shared.append(_Shared(part, tuple(dict.fromkeys(label for label, _, _ in holders))))
        return sorted(shared, key=lambda each: each.part.order)

    def _in_front(self, labels: tuple[str, ...]) -> str:
        return "" if self._is_all(labels) else f"{_md(codes(labels))}: "

    def _behind(self, labels: tuple[str, ...]) -> str:
        return "" if self._is_all(labels) else f" · in {_PLAIN.html(codes(labels))}"

    def _cell(self, labels: tuple[str, ...]) -> str:
        return f" {'all' if self._is_all(labels) else _md(codes(labels))} |"

    def _is_all(self, labels: tuple[str, ...]) -> bool:
        return len(labels) == len(self._reviews)


def _stack_row(reviewed: Reviewed) -> str:
    stack = reviewed.stack
    counts = counts_of(stack)
    if stack.failed:
        counts = f"**failed and incomplete**{'; until then ' if counts else ''}{counts}"
    elif stack.refresh_only:
        counts = "only a refresh"
    found = findings_of(reviewed) if reviewed.findings else "none"
    cells = (_icon(reviewed), _md(code(stack.label)), counts or "nothing changes", found)
    return f"| {' | '.join(cells)} | {drift_of(stack)} |"


_ICON_ORDER: Final = (ICONS[Severity.ERROR], ICONS[Severity.WARNING], _FINE)


def _icon(reviewed: Reviewed) -> str:
    if reviewed.stack.failed:
        return ICONS[Severity.ERROR]
    highest = highest_of(reviewed)
    return ICONS[highest] if highest in (Severity.ERROR, Severity.WARNING) else _FINE


def _md(text: str) -> str:
    return _PLAIN.markdown(text)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
