"""The table of all rules, the kinds of `--fail-on`, and the findings of stacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from imgix_provider.errors import ImgixError
from imgix_provider.messages import suggest
from imgix_provider.review.model import SEVERITIES, Finding, Reviewed, Severity, Source, Stack
from imgix_provider.review.rules import domains, origins, runs, serving
from imgix_provider.review.rules.between import taken_by_several
from imgix_provider.review.rules.domains import TAKEN_TWICE
from imgix_provider.review.rules.rule import Hit, Rule

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        (*domains.RULES, *serving.RULES, *origins.RULES, *runs.RULES),
        key=lambda rule: SEVERITIES.index(rule.severity),
    )
)
"""All rules, worst first."""

KINDS: Final[Mapping[str, frozenset[str]]] = {
    "replace": frozenset({"source-replaced"}),
    "disable": frozenset({"source-disabled"}),
    "release": frozenset({"source-released"}),
    "type-change": frozenset({"type-changed", "webproxy-changed"}),
    "drift": frozenset(
        {"hand-edit-overwritten", "hand-edit-kept", "gone-at-imgix", "refresh-differs"}
    ),
    "error": frozenset(rule.id for rule in RULES if rule.severity is Severity.ERROR),
    "warning": frozenset(rule.id for rule in RULES if rule.severity is Severity.WARNING),
}
"""The set of rules that each kind stands for."""


def review(stacks: Sequence[Stack]) -> list[Reviewed]:
    """Return each stack with what is found in it, or between it and another, worst first."""
    found = [
        [_finding(rule, hit) for rule in RULES for hit in rule.find(stack)] for stack in stacks
    ]
    for place, hit in taken_by_several(stacks):
        found[place].append(_finding(TAKEN_TWICE, hit))
    return [
        Reviewed(stack=stack, findings=tuple(sorted(of_stack, key=_order)))
        for stack, of_stack in zip(stacks, found, strict=True)
    ]


def _finding(rule: Rule, hit: Hit) -> Finding:
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        source=hit.source,
        sentence=hit.sentence,
        advice=hit.advice,
        page=rule.page,
    )


_PLACES: Final = {rule.id: place for place, rule in enumerate(RULES)}


def place_of_rule(rule: str) -> int:
    """Return a rule's position in the table, worst first."""
    return _PLACES[rule]


def _order(finding: Finding) -> tuple[object, ...]:
    source: Source | None = finding.source
    return (_PLACES[finding.rule], source.order if source else ((), "", ""), finding.sentence)


def rules_named(names: Iterable[str]) -> frozenset[str]:
    """Return the ids of the rules that names of rules or kinds stand for.

    Raises:
        ImgixError: A name is neither; the nearest one is suggested.
    """
    known = {rule.id: frozenset({rule.id}) for rule in RULES} | dict(KINDS)
    found: set[str] = set()
    for name in names:
        if name not in known:
            raise ImgixError(f'there is no rule or kind "{name}"{suggest(name, known)}')
        found |= known[name]
    return frozenset(found)
