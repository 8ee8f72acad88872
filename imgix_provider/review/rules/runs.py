"""Rules about the run as a whole, hand edits, and what was said in the preview."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Final

from imgix_provider.deployments.advice import advice_on
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.review.model import (
    DELETED,
    LOCAL,
    Action,
    Said,
    Severity,
    Source,
    Special,
    Stack,
    Way,
)
from imgix_provider.review.rules.rule import LIMITS, SOURCES, Hit, Rule
from imgix_provider.review.served import getter, is_served, served_then
from imgix_provider.review.words import clean, code, codes, count


def _over_quota(stack: Stack) -> Iterator[Hit]:
    for what, number, limit in (
        ("create", creates_of(stack), stack.creates_per_hour),
        ("update", updates_of(stack), stack.updates_per_hour),
    ):
        if number > limit:
            runs = math.ceil(number / limit)
            yield Hit(
                None,
                f"{count(number, what)} take {runs} runs: imgix accepts {limit} an hour",
                f"Run pulumi up {runs} times, an hour apart; each goes on where the last one "
                "stopped. If your plan allows more, set "
                f"{code(f'imgix:{what}sPerHour')}.",
            )


def creates_of(stack: Stack) -> int:
    """Return how many sources the run creates at imgix."""
    return sum(source.action in (Action.CREATED, Action.REPLACED) for source in stack.sources)


def updates_of(stack: Stack) -> int:
    """Return the least number of updates that the run sends to imgix."""
    return sum(map(_updates, stack.sources))


def _updates(source: Source) -> int:
    served = is_served(source)
    if source.action is Action.DISABLED:
        return int(served)
    if source.action in (Action.RELEASED, Action.REPLACED):
        return 2 if served else 3  # a disabled source is enabled for a change
    if source.action is not Action.UPDATED:
        return 0
    paths = {change.path for change in source.changes} - LOCAL
    paths |= {drift.path for drift in source.drift if drift.way in (Way.PUT_BACK, Way.OVERWRITTEN)}
    rest = bool(paths - {"enabled"}) or source.type_change is not None or bool(source.hidden)
    around = 2 if rest and not served and "enabled" not in paths else 0
    return int("enabled" in paths) + int(rest) + around


def _overwritten(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        back = [drift.path for drift in source.drift if drift.way is Way.PUT_BACK]
        over = [drift.path for drift in source.drift if drift.way is Way.OVERWRITTEN]
        lost = [drift.path for drift in source.drift if drift.way is Way.DROPPED]
        if back or over or lost:
            parts = [f"puts back {codes(back)}"] * bool(back)
            parts += [f"sets {codes(over)} to something new"] * bool(over)
            parts += [f"drops {codes(lost)}, which nobody declares"] * bool(lost)
            yield Hit(
                source,
                f"was changed at imgix by hand; this run {' and '.join(parts)}",
                "If the hand edit was right, write it into the program first.",
            )


def _kept(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        left = [drift.path for drift in source.drift if drift.way is Way.LEFT_ALONE]
        same = [drift.path for drift in source.drift if drift.way is Way.DECLARED]
        ignored = [drift.path for drift in source.drift if drift.way is Way.IGNORED]
        if ignored:
            yield Hit(
                source,
                f"was changed at imgix by hand: {codes(ignored)}. The program ignores it, so it "
                "stays",
            )
        if left and source.action in DELETED:
            yield Hit(
                source,
                f"was changed at imgix by hand: {codes(left)}. It leaves the stack, so that stays",
            )
        elif left:
            yield Hit(
                source,
                f"was changed at imgix by hand: {codes(left)}. It is not declared, so it stays",
                "To manage it, declare it.",
            )
        if same:
            yield Hit(source, f"was changed at imgix to what the program now says: {codes(same)}")


def _gone(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if any(drift.way is Way.GONE for drift in source.drift):
            then = (
                "this run creates it again, with another id and another token for signing URLs"
                if source.action is Action.CREATED
                else "the stack forgets it"
                if source.action is Action.LEFT_ALONE
                else "the next pulumi up creates it again if it is still declared"
            )
            yield Hit(
                source,
                f"is no longer at imgix; {then}",
                "Find out who removed it, and whether its domains are still free."
                if source.action is Action.CREATED
                else "",
            )


def _refreshed(stack: Stack) -> Iterator[Hit]:
    if stack.differing:
        differ = "differs" if stack.differing == 1 else "differ"
        yield Hit(
            None,
            f"{count(stack.differing, 'resource')} {differ} from what the stack recorded",
            f"For what was changed, review {code('pulumi preview --json --refresh --show-sames')}.",
        )


def _adopted(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        if source.imported:
            differs = source.changes or source.hidden or source.type_change
            then = "changes what is declared otherwise" if differs else "changes nothing of it"
            yield Hit(
                source,
                f"imports the existing source {code(source.id)}, and {then}",
                "What is not declared stays as imgix has it.",
            )
        elif source.action is Action.ADOPTED and source.after:
            found = source.after.argument("adopt")
            which = f" {code(found)}" if isinstance(found, str) else ""
            yield Hit(
                source,
                f"adopts the existing source{which}; what is declared here is set there",
                "Compare both first: the preview does not show what the source has now.",
            )


def _left(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        gone = any(drift.way is Way.GONE for drift in source.drift)
        if source.action is Action.LEFT_ALONE and not gone:
            yield Hit(
                source,
                "leaves the stack and stays at imgix as it is, still serving, but not managed here"
                if is_served(source) and not source.reason.startswith("the resource")
                else "leaves the stack and stays at imgix as it is",
            )


def _blind(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        after = source.after
        if after is None or source.action is Action.READ or source.action in DELETED:
            continue
        if isinstance(after.deployment, Special):
            why = "masked" if after.deployment is Special.SECRET else "unknown"
            yield Hit(source, f"has a deployment that is entirely {why}, so no rule could check it")


def _warned(by: str) -> Callable[[Stack], Iterator[Hit]]:
    def find(stack: Stack) -> Iterator[Hit]:
        spoken: list[tuple[Source | None, Said]] = [(None, said) for said in stack.said]
        spoken += [(source, said) for source in stack.sources for said in source.said]
        for source, said in spoken:
            if said.by == by and said.severity is Severity.WARNING:
                if source and by == "provider" and _folded(said.text) in _told_by_rules(source):
                    continue
                yield Hit(source, said.text)

    return find


def _told_by_rules(source: Source) -> set[str]:
    """Return the provider's warnings that rules already report."""
    return {
        _folded(clean(f"deployment.{advice.path}: {advice.message}"))
        for advice in advice_on(getter(served_then, source))
    }


def _folded(text: str) -> str:
    """Return a text in which spellings of arguments are equal: `s3_bucket`, `s3.s3Bucket`."""
    return _BLOCK.sub("deployment.", text.lower().replace("_", ""))


_BLOCK: Final = re.compile(
    f"^deployment\\.({'|'.join(name.replace('_', '') for name in DEPLOYMENT_CLASSES)})\\."
)


RULES = (
    Rule(
        "over-quota",
        Severity.ERROR,
        "The run creates or updates more sources than imgix accepts in an hour.",
        LIMITS,
        _over_quota,
    ),
    Rule(
        "hand-edit-overwritten",
        Severity.WARNING,
        "A source was changed at imgix by hand, and the run puts back or overwrites that.",
        SOURCES,
        _overwritten,
    ),
    Rule(
        "gone-at-imgix",
        Severity.WARNING,
        "A source of the stack is no longer at imgix.",
        SOURCES,
        _gone,
    ),
    Rule(
        "refresh-differs",
        Severity.WARNING,
        "The preview of a refresh found differences, whose values it does not show.",
        SOURCES,
        _refreshed,
    ),
    Rule(
        "provider-warning",
        Severity.WARNING,
        "The provider gives a warning in the preview.",
        SOURCES,
        _warned("provider"),
    ),
    Rule(
        "program-warning",
        Severity.WARNING,
        "The program itself warns, with `pulumi.log.warn`.",
        "",
        _warned("program"),
    ),
    Rule(
        "policy-warning",
        Severity.WARNING,
        "A Pulumi policy advises against something.",
        "",
        _warned("policy"),
    ),
    Rule(
        "hand-edit-kept",
        Severity.NOTE,
        "Something undeclared was changed at imgix by hand, and stays.",
        SOURCES,
        _kept,
    ),
    Rule(
        "source-adopted",
        Severity.NOTE,
        "An existing source is adopted.",
        SOURCES,
        _adopted,
    ),
    Rule(
        "source-left-alone",
        Severity.NOTE,
        "A source leaves the stack and stays at imgix.",
        SOURCES,
        _left,
    ),
    Rule(
        "deployment-unseen",
        Severity.NOTE,
        "A deployment is entirely masked or unknown, so no rule can check it.",
        "",
        _blind,
    ),
)
