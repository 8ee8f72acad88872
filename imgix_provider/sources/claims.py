"""What a resource asks for that only one can have: its domains, and the source that it adopts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from imgix_provider.deployments.domains import domains_of
from imgix_provider.deployments.values import Unknown
from imgix_provider.messages import argument
from imgix_provider.sources.validation import Problem

ADOPTS_TOO_LATE: Final = f"{argument('adopt')} has no effect: the source already exists"


class Claim(NamedTuple):
    """Something a resource asks for that only one resource can have."""

    resource: str
    """The URN, empty if it is not known."""
    name: str
    """The display name, for messages."""
    subject: str
    """A domain, or the id of a source to adopt."""
    path: str

    def is_of_the_same_resource(self, other: Claim) -> bool:
        """Return whether both claims are of one resource."""
        if self.resource or other.resource:
            return self.resource == other.resource
        return self.name == other.name

    def conflict(self, other: Claim) -> Problem:
        """Return the problem that another resource has already claimed the subject."""
        title = other.resource.rpartition("::")[2] or other.name
        if self.path == "adopt":
            return Problem("adopt", managed_twice(self.subject, title))
        shown = f' ("{other.name}")' if other.name and other.name != title else ""
        return Problem(
            self.path,
            f'"{self.subject}" is declared by resource "{title}"{shown} of this stack too',
        )


def claims_of(
    resource: str, inputs: Mapping[str, Any], is_unknown: Unknown, *, creates: bool
) -> Iterator[Claim]:
    """Yield what a resource claims, as far as its inputs are known."""
    name = inputs.get("name")
    shown = name if isinstance(name, str) else ""
    adopted = inputs.get("adopt")
    if creates and isinstance(adopted, str) and not is_unknown(adopted):
        yield Claim(resource, shown, adopted, "adopt")
    for domain in domains_of(inputs.get("deployment")):
        path = f"deployment.{domain.key}[{domain.position}]"
        yield Claim(resource, shown, domain.name, path)


def managed_twice(source_id: str, holder: str) -> str:
    """Say that another resource of this stack already has the source to adopt."""
    title = f'resource "{holder.rpartition("::")[2]}"' if holder else "another resource"
    return (
        f"source {source_id} is managed by {title} of this stack too: one source can be managed "
        "by one resource only"
    )
