"""Rules about domains, which imgix keeps unique across all sources of all accounts."""

from __future__ import annotations

from collections.abc import Iterator

from imgix_provider.deployments.formats import IMGIX_NET, is_of_imgix
from imgix_provider.messages import plugin_alias, python_alias
from imgix_provider.review.model import DELETED, Action, Severity, Source, Stack
from imgix_provider.review.rules.rule import SETTINGS, SOURCES, Hit, Rule
from imgix_provider.review.served import (
    custom_hosts_then,
    hosts_now,
    hosts_then,
    served_now,
    served_then,
)
from imgix_provider.review.shape import PLUGIN
from imgix_provider.review.steps import Urn
from imgix_provider.review.words import code, codes, command

_Move = tuple[Source, Source, str]


def _taken_twice(stack: Stack) -> Iterator[Hit]:
    holders: dict[str, list[Source]] = {}
    for source in stack.sources:
        if stack.failed and source.after is None:
            continue  # what happens to it is not known
        for host in hosts_then(source):
            holders.setdefault(host, []).append(source)
    for host, sources in sorted(holders.items()):
        newcomers = [source for source in sources if host not in hosts_now(source)]
        if len(sources) > 1 and newcomers:
            first = newcomers[-1]
            others = [each for each in sources if each is not first]
            advice = "Give it to one of them only."
            if all(each.action is Action.UNCHANGED for each in others):
                advice += (
                    " If the program does so already, the run is limited to a part of it "
                    "(--target, --exclude): let it change the other source too."
                )
            names = codes(each.resource for each in others)
            yield Hit(
                first,
                f"{code(host)} is declared here and by {names}: imgix refuses the second",
                advice,
            )


def _moves(stack: Stack) -> list[_Move]:
    """Return the hosts that move, each with its giver and taker."""
    givers: dict[str, Source] = {}
    for source in stack.sources:
        if source.action not in DELETED:
            for host in hosts_now(source) - hosts_then(source):
                givers[host] = source
    return [
        (givers[host], taker, host)
        for taker in stack.sources
        for host in sorted(hosts_then(taker) - hosts_now(taker))
        if host in givers and givers[host] is not taker
    ]


def _circular(moves: list[_Move]) -> set[str]:
    """Return the hosts that move in a circle, where each waits for another."""
    takers: dict[str, set[str]] = {}
    for giver, taker, _ in moves:
        takers.setdefault(giver.urn, set()).add(taker.urn)
    return {host for giver, taker, host in moves if giver.urn in _reachable(taker.urn, takers)}


def _reachable(start: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    open_ends = [start]
    while open_ends:
        fresh = arrows.get(open_ends.pop(), set()) - found
        found |= fresh
        open_ends += fresh
    return found


def _swapped(stack: Stack) -> Iterator[Hit]:
    moves = _moves(stack)
    circular = _circular(moves)
    for giver, taker, host in moves:
        if host in circular:
            yield Hit(
                taker,
                f"takes {code(host)} from {code(giver.resource)}, which takes one in turn: imgix "
                "refuses a domain that another source still has, whichever comes first",
                "Do it in two runs: first remove what moves, then add it to the other source.",
            )


def _moved(stack: Stack) -> Iterator[Hit]:
    moves = _moves(stack)
    circular = _circular(moves)
    for giver, taker, host in moves:
        if host not in circular:
            yield Hit(
                giver,
                f"{code(host)} moves to {code(taker.resource)}: between both deploys its addresses "
                "may answer 404, and afterwards its images come from the other origin",
                "Run it when traffic is low, and check an image of it afterwards.",
            )


def _taken_from_leaving(stack: Stack, *actions: Action) -> Iterator[tuple[Source, Source, str]]:
    """Yield each source that takes hosts of one that leaves the stack, that one, and the hosts."""
    leaving: dict[str, list[Source]] = {}
    for source in stack.sources:
        if source.action in DELETED and not _is_handed_over(source):
            for host in hosts_now(source):
                leaving.setdefault(host, []).append(source)
    for source in stack.sources:
        if source.action in actions:
            wanted = hosts_then(source) - hosts_now(source)
            holders = {old.urn: old for host in sorted(wanted) for old in leaving.get(host, ())}
            for old in holders.values():
                yield source, old, codes(sorted(wanted & hosts_now(old)))


def _renamed(stack: Stack) -> Iterator[Hit]:
    for source, old, shared in _taken_from_leaving(stack, Action.CREATED, Action.ADOPTED):
        yield Hit(
            source,
            f"is created with {shared}, which {code(old.resource)} has: it is deleted in the same "
            "run, but only afterwards, so imgix refuses the create",
            f"{_keeping(source, old)}; it then stays the same source. If not, free the domain in "
            "an earlier run.",
        )


def _taken_from_deleted(stack: Stack) -> Iterator[Hit]:
    for source, old, shared in _taken_from_leaving(stack, Action.UPDATED):
        yield Hit(
            source,
            f"takes {shared}, which {code(old.resource)} has: it is deleted in the same run, but "
            "only afterwards, so imgix refuses the update",
            f"Delete {code(old.resource)} in an earlier run, with {code('on_delete=release')}.",
        )


def _keeping(source: Source, old: Source) -> str:
    """Return what keeps a source under another name; a configuration cannot declare an alias."""
    if Urn.parse(source.urn).type != Urn.parse(old.urn).type:
        return f"If it is the same source in another kind of program, set {code(f'adopt={old.id}')}"
    known = f"If {code(source.resource)} is {code(old.resource)} under another name, "
    if source.place is None or not source.place.path:
        return f"{known}add {code(_alias(old))}"
    stack = Urn.parse(source.urn).stack
    rename = command("pulumi", "state", "rename", old.urn, source.resource, "--stack", stack)
    return f"{known}run {rename} first"


def _alias(source: Source) -> str:
    """Return the option that keeps a source under another name, as its kind of program says it."""
    name = f'"{source.resource}"'
    return plugin_alias(name) if f"{PLUGIN}::" in source.urn else python_alias(name)


def _is_handed_over(source: Source) -> bool:
    return source.reason.startswith(("the resource ", "it is no longer"))


def _removed(stack: Stack) -> Iterator[Hit]:
    moved = {host for _, _, host in _moves(stack)}
    for source in stack.sources:
        if source.action not in (Action.UPDATED, Action.REPLACED) or not source.after:
            continue
        if not isinstance(served_then(source, "imgix_subdomains"), list):
            continue
        gone = sorted(hosts_now(source) - hosts_then(source) - moved)
        if gone:
            yield Hit(
                source,
                f"gives up {codes(gone)}: {_their(gone)} addresses answer 404 or 410 afterwards",
                f"Make sure that nothing links to {'it' if len(gone) == 1 else 'them'} any more.",
            )


def _their(hosts: list[str]) -> str:
    return "its" if len(hosts) == 1 else "their"


def _custom_added(stack: Stack) -> Iterator[Hit]:
    elsewhere = {host for source in stack.sources for host in hosts_now(source)}
    for source in stack.sources:
        if source.action is Action.ADOPTED:
            continue
        new = sorted(custom_hosts_then(source) - elsewhere)
        new = [host for host in new if not is_of_imgix(host)]
        if new and source.action is not Action.UNCHANGED:
            noun, verb, it = (
                ("domain", "needs", "it") if len(new) == 1 else ("domains", "need", "them")
            )
            yield Hit(
                source,
                f"serves the new {noun} {codes(new)}, which {verb} a CNAME to a subdomain of "
                "imgix.net; https needs a certificate from imgix's support",
                f"Set up both before anything links to {it}.",
            )


def _of_imgix(stack: Stack) -> Iterator[Hit]:
    for source in stack.sources:
        before = served_now(source, "custom_domains")
        known = {str(name).lower() for name in before} if isinstance(before, list) else set()
        wrong = [host for host in sorted(custom_hosts_then(source) - known) if is_of_imgix(host)]
        if wrong:
            yield Hit(
                source,
                f"has {codes(wrong)} as custom domain, but imgix.net is imgix's own",
                f"Write {code(wrong[0].removesuffix(IMGIX_NET))} in imgix_subdomains instead.",
            )


TAKEN_TWICE = Rule(
    "domain-taken-twice",
    Severity.ERROR,
    "Two sources, of one stack or of two, declare one domain; imgix refuses the second.",
    SOURCES,
    _taken_twice,
)
RULES = (
    TAKEN_TWICE,
    Rule(
        "domain-swapped",
        Severity.ERROR,
        "Sources take domains from each other in a circle; imgix refuses whichever comes first.",
        SOURCES,
        _swapped,
    ),
    Rule(
        "renamed-without-alias",
        Severity.ERROR,
        "A source is created with the domains of one that the same run deletes, which comes last.",
        SOURCES,
        _renamed,
    ),
    Rule(
        "taken-from-deleted",
        Severity.ERROR,
        "A source takes a domain of one that the same run deletes, which comes last.",
        SOURCES,
        _taken_from_deleted,
    ),
    Rule(
        "domain-removed",
        Severity.WARNING,
        "A source gives up a domain, whose addresses answer 404 or 410 afterwards.",
        SOURCES,
        _removed,
    ),
    Rule(
        "domain-moved",
        Severity.WARNING,
        "A domain moves to another source, with a gap between both deploys.",
        SOURCES,
        _moved,
    ),
    Rule(
        "custom-domain-added",
        Severity.WARNING,
        "A new custom domain needs a CNAME and a certificate first.",
        SETTINGS,
        _custom_added,
    ),
    Rule(
        "custom-domain-of-imgix",
        Severity.WARNING,
        "A custom domain lies under imgix.net.",
        SOURCES,
        _of_imgix,
    ),
)
