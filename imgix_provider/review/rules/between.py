"""What goes wrong between the stacks of one review, each of which is fine by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imgix_provider.review.model import Action, Source, Stack
from imgix_provider.review.rules.rule import Hit
from imgix_provider.review.served import hosts_now, hosts_then
from imgix_provider.review.words import code

_Holder = tuple[int, Source]
"""The place of a stack in the review, and a source of it."""


def taken_by_several(stacks: Sequence[Stack]) -> Iterator[tuple[int, Hit]]:
    """Yield each domain that a source takes and a source of another stack has or takes as well.

    A hit comes with the place of its stack. Two previews of one stack have nothing between them.
    """
    for host, holders in sorted(_holders(stacks).items()):
        newcomers = [each for each in holders if _takes(each[1], host)]
        for place, source in newcomers[-1:]:
            others = [
                f"{code(other.resource)} of stack {code(stacks[at].label)}"
                for at, other in holders
                if _name(stacks[at]) != _name(stacks[place])
            ]
            if others:
                yield (
                    place,
                    Hit(
                        source,
                        f"{code(host)} is declared here and by {' and '.join(others)}: imgix "
                        "refuses whichever comes second",
                        "Give it to one of them only.",
                    ),
                )


def _holders(stacks: Sequence[Stack]) -> dict[str, list[_Holder]]:
    """Return the sources that have a host after all runs, by host."""
    holders: dict[str, list[_Holder]] = {}
    for place, stack in enumerate(stacks):
        for source in stack.reached:
            for host in hosts_then(source):
                holders.setdefault(host, []).append((place, source))
    return holders


def _takes(source: Source, host: str) -> bool:
    """Return whether the run asks imgix for a host; an adopted source has its own already."""
    return source.action is not Action.ADOPTED and host not in hosts_now(source)


def _name(stack: Stack) -> tuple[str, str]:
    return stack.project, stack.stack
