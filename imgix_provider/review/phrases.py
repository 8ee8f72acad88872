"""The sentences that all formats of a report share: verdicts, summaries, what a delete does."""

from __future__ import annotations

from typing import Final

from imgix_provider.deployments.domains import DOMAIN_KEYS
from imgix_provider.deployments.table import CREDENTIALS
from imgix_provider.review.model import (
    DELETED,
    Action,
    Drift,
    Finding,
    Reviewed,
    Severity,
    Source,
    Special,
    Stack,
    Way,
)
from imgix_provider.review.served import hosts_now, hosts_then, is_served
from imgix_provider.review.values import SHORT, declared_values, show_change, show_value
from imgix_provider.review.words import code, codes, count, plain

FAILED: Final = "This preview failed and is incomplete"
ORIGINS: Final = (
    "s3_bucket",
    "gcs_bucket",
    "azure_bucket",
    "bucket_name",
    "webfolder_base_url",
)
"""The keys that say where images come from."""

_INLINE: Final = 2
_INLINE_LENGTH: Final = 110


def counts_of(stack: Stack) -> str:
    """Return how many sources are created, updated and so on: `1 created, 2 updated`."""
    return ", ".join(
        f"{number:,} {action.value}"
        for action, number in stack.counts().items()
        if number and action is not Action.UNCHANGED
    )


def changes_nothing(reviewed: Reviewed) -> bool:
    """Return whether there is nothing to look at: no change, no finding, no drift, no failure."""
    stack = reviewed.stack
    return not (
        stack.failed or stack.changed or stack.drifted or reviewed.findings or stack.others_change
    )


def severities_of(reviewed: Reviewed) -> dict[Severity, int]:
    """Return the number of findings for each severity, in the order of severities."""
    numbers = dict.fromkeys(Severity, 0)
    for finding in reviewed.findings:
        numbers[finding.severity] += 1
    return numbers


def highest_of(reviewed: Reviewed) -> Severity | None:
    """Return the worst severity that was found, or None."""
    return next((severity for severity, n in severities_of(reviewed).items() if n), None)


def findings_of(reviewed: Reviewed) -> str:
    """Return how many findings there are: `1 error, 2 warnings`; `no findings`."""
    numbers = severities_of(reviewed)
    return ", ".join(count(n, s.value) for s, n in numbers.items() if n) or "no findings"


def drift_of(stack: Stack) -> str:
    """Return how many sources were changed at imgix, outside of the stack."""
    if stack.failed:
        return "not known"
    if stack.looked_for_drift is None:
        return "none"
    if not stack.looked_for_drift:
        return "not looked for"
    if stack.hides_drift:
        return "none visible"
    return count(stack.drifted, "source") if stack.drifted else "none"


def verdict(reviewed: Reviewed) -> str:
    """Return one line on what happens to a stack, without its label."""
    stack = reviewed.stack
    if changes_nothing(reviewed):
        return f"nothing changes{_unchanged(stack)}; {_drift_words(stack)}"
    if stack.refresh_only:
        return f"{_drift_words(stack)}; a preview of a refresh shows no values"
    counts = counts_of(stack) or "no source changes"
    if stack.failed:
        return f"{counts}; {findings_of(reviewed)}"
    if stack.destroys:
        counts = f"everything is deleted: {counts}"
    return f"{counts}; {findings_of(reviewed)}; {_drift_words(stack)}"


def _unchanged(stack: Stack) -> str:
    number = stack.counts()[Action.UNCHANGED]
    return f" ({count(number, 'source')})" if number else ""


def _drift_words(stack: Stack) -> str:
    if stack.looked_for_drift is None:
        return "no drift, since nothing is deployed yet"
    if not stack.looked_for_drift:
        return "drift was not looked for"
    if stack.drifted:
        return f"{count(stack.drifted, 'source')} changed at imgix by hand"
    seen = "no visible drift" if stack.hides_drift else "no drift"
    return f"{seen} where it was looked for" if stack.unlooked else seen


def remarks_of(stack: Stack) -> list[str]:
    """Return what a reader must know about the preview itself."""
    remarks = []
    if stack.looked_for_drift is False:
        remarks.append(f"Drift was not looked for; {code('--refresh')} finds it.")
    if stack.unlooked:
        were = "was" if stack.unlooked == 1 else "were"
        remarks.append(
            f"{count(stack.unlooked, 'source')} {were} not compared with imgix, as with "
            f"{code('--target')}."
        )
    if stack.refresh_only:
        remarks.append(
            "The preview of a refresh shows no values; "
            f"{code('pulumi preview --json --refresh --show-sames')} does."
        )
    if stack.unlisted:
        remarks.append(
            f"{count(stack.unlisted, 'unchanged resource')} not listed, so a domain that one of "
            f"them holds is not noticed; {code('--show-sames')} lists them."
        )
    remarks += [
        f"The provider says about {said.text}"
        for said in stack.said
        if said.by == "provider" and said.severity is Severity.NOTE
    ]
    if stack.others:
        others = ", ".join(f"{number:,} {word}" for word, number in stack.others.items())
        remarks.append(f"Other resources: {others}.")
    return remarks


def title_of(source: Source) -> str:
    """Return a source's title: its display name, and its resource's name if that differs."""
    name, resource = title_parts(source)
    return f"{name} ({resource})" if resource else name


def title_parts(source: Source) -> tuple[str, str]:
    """Return a source's display name with its components, and its resource's if that differs."""
    parents = "".join(f"{code(parent)} › " for parent in source.parents)
    is_same = source.resource.casefold() == source.name.casefold()
    return f"{parents}{code(source.name)}", "" if is_same else code(source.resource)


def summary_of(source: Source, limit: int = SHORT) -> tuple[str, bool]:
    """Return one line on what happens to a source, and whether it says everything."""
    action = source.action
    if action is Action.UPDATED:
        return _update(source, limit)
    if action in (Action.CREATED, Action.ADOPTED, Action.REPLACED):
        return _new(source, limit)
    if action is Action.READ:
        return "read, and not managed here", True
    if action is Action.UNCHANGED:
        return _unchanged_words(source), True
    return deletion_of(source), True


def _unchanged_words(source: Source) -> str:
    if source.renamed_from:
        return f"was {code(source.renamed_from)} in the program; nothing changes at imgix"
    return "does not change"


def _update(source: Source, limit: int) -> tuple[str, bool]:
    if source.type_change is not None:
        change = source.type_change
        rest = len(source.changes)
        more = f", and {count(rest, 'other value')}" if rest else ""
        return f"changes its type: {code(change.old)} → {code(change.new)}{more}", False
    if source.hidden:
        which = "" if len(source.hidden) == 1 else "one or more of "
        return f"changes a value that is masked: {which}{codes(source.hidden)}", True
    if not source.changes:
        if source.drift:
            return "put back to what is declared, see below", True
        return "updated; the preview shows no difference", True
    if len(source.changes) <= _INLINE:
        shown = "; ".join(f"{code(c.path)}: {show_change(c, limit)}" for c in source.changes)
        if len(plain(shown)) <= _INLINE_LENGTH:
            return shown, True
    return f"changes {count(len(source.changes), 'value')}", False


def _new(source: Source, limit: int) -> tuple[str, bool]:
    """Describe a new source: its type, origin, domains and secrets."""
    start = {
        Action.CREATED: "created",
        Action.ADOPTED: "adopts an existing source",
        Action.REPLACED: "replaced: deleted, then created again"
        if source.type_change
        else "replaced, though its type stays",
    }[source.action]
    after = source.after
    if after is None:
        return start, True
    if isinstance(after.deployment, Special):
        return f"{start}; its deployment is {show_value('', after.deployment)}", True
    words = []
    told = {"type", *DOMAIN_KEYS}
    if after.type:
        words.append(code(after.type))
    for key in ORIGINS:
        value = after.declared.get(key)
        if isinstance(value, str) and value:
            told.add(key)
            words.append(show_value(key, value, limit))
    hosts = sorted(hosts_then(source))
    if hosts:
        shown = codes(hosts[:3]) + (f" and {len(hosts) - 3:,} more" if len(hosts) > 3 else "")
        words.append(f"serves {shown}")
    secret = [key for key in sorted(after.declared) if key in CREDENTIALS]
    if secret:
        words.append(f"with the secrets {codes(secret)}" if secret[1:] else f"with {codes(secret)}")
    rest = [(key, v) for key, v in declared_values(after) if key not in told | set(secret)]
    inline = [f"{code(key)} = {show_value(key, value, limit)}" for key, value in rest]
    is_whole = len(rest) <= _INLINE and len(plain("".join(inline))) <= _INLINE_LENGTH
    if is_whole:
        words += inline
    is_whole = is_whole and len(hosts) <= 3 and source.type_change is None
    return f"{start}: {', '.join(words)}" if words else start, is_whole


def deletion_of(source: Source) -> str:
    """Describe what leaving the stack does to a source at imgix and its addresses."""
    if any(drift.way is Way.GONE for drift in source.drift):
        return "forgotten by the stack: it is no longer at imgix"
    if source.action is Action.LEFT_ALONE:
        return f"left alone: it leaves the stack and stays at imgix; {source.reason}"
    hosts = sorted(hosts_now(source))
    shown = f" ({codes(hosts[:4])}{' …' if len(hosts) > 4 else ''})" if hosts else ""
    freed = " and its domains are freed" if source.action is Action.RELEASED else ""
    if not is_served(source):
        return f"leaves the stack{freed}; it is already disabled{shown}"
    if source.action is Action.RELEASED:
        return f"disabled{freed}{shown}: they answer 404 or 410"
    return f"disabled{shown}: 410 Gone for what is not cached; its domains stay taken"


def type_lines(source: Source, limit: int = SHORT) -> list[str]:
    """Describe a change of type in lines; none if the type stays."""
    change = source.type_change
    if change is None or source.after is None:
        return []
    values = source.after.declared
    comes = [
        code(key) if key in CREDENTIALS else f"{code(key)} = {show_value(key, values[key], limit)}"
        for key in sorted(change.comes, key=lambda key: (key in CREDENTIALS, key))
    ]
    secrets = sum(key in CREDENTIALS for key in change.comes)
    lines = []
    if change.goes:
        lines.append(f"Goes: {codes(change.goes)}")
    if comes:
        lines.append(f"Comes: {', '.join(comes)}{' (secret)' if secrets else ''}")
    if change.stays:
        lines.append(f"Stays: {codes(change.stays)}")
    return [*lines, UNTIL_DEPLOYED]


UNTIL_DEPLOYED: Final = "imgix serves the old configuration until the deploy has ended."


def sentence_of(finding: Finding) -> str:
    """Return what was found and what to do, marked."""
    stop = "" if finding.sentence.endswith((".", "!", "?")) else "."
    advice = f" {finding.advice}" if finding.advice else ""
    return f"{finding.sentence}{stop}{advice}"


def place_words(source: Source) -> str:
    """Return where a source is or was declared; empty if that is not known."""
    if source.place is None:
        return ""
    place = source.place
    if place.path:
        return f"{code(place.path)} in {code(place.file)}"
    return f"{'was ' if source.action in DELETED else ''}{code(str(place))}"


def way_of(drift: Drift) -> str:
    """Return what happens to a hand edit."""
    return {
        Way.PUT_BACK: "this run puts it back",
        Way.OVERWRITTEN: "this run overwrites it",
        Way.LEFT_ALONE: "left alone",
        Way.DROPPED: "dropped by this run",
        Way.IGNORED: "ignored by the program, stays",
        Way.DECLARED: "declared now, stays",
        Way.GONE: "gone at imgix",
    }[drift.way]


def gone_words(source: Source) -> str:
    """Return what happens to a source that is gone at imgix."""
    if source.action is Action.CREATED:
        return "created again"
    if source.action is Action.LEFT_ALONE:
        return "forgotten by the stack"
    return "created again by the next run if it is still declared"
