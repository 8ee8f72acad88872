"""Creates whose answer is lost, and creates of what exists: never two sources, never a theft."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from imgix_testing.server import Fault, SimulatedImgix

if TYPE_CHECKING:
    from tests.faults.conftest import Declare, MakePerson, Person

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.mark.parametrize("kind", ["status_after", "reset_after", "garbage", "truncated", "cut"])
def test_a_create_that_was_done_is_never_sent_again(person: Person, kind: str) -> None:
    """A lost answer is looked up by subdomain; the source found is the one that was made."""
    person.imgix.faults.add(Fault(kind, method="POST", times=None))

    seen = person.attempt("create")

    assert (
        f'imgix source "Source blog" ({person.id}): created, though the response was lost' in seen
    )
    assert person.count("POST") == len(person.imgix.sources) == 1
    looked = person.imgix.requests[1].query
    assert looked["filter[deployment.imgix_subdomains]"] == "blog"


@pytest.mark.parametrize("kind", ["status", "reset_before"])
def test_a_create_that_was_not_done_is_sent_after_a_settling_time(
    person: Person, pauses: list[float], kind: str
) -> None:
    """Absent at several looks, seconds in all, the source is posted once more."""
    person.imgix.faults.add(Fault(kind, method="POST"))

    person.create()

    methods = [request.method for request in person.imgix.requests]
    second = methods.index("POST", 1)
    assert methods[1:second].count("GET") >= 3
    assert sum(pauses[: second - 2]) >= 2
    assert len(person.imgix.sources) == 1


def test_a_create_that_is_done_after_all_the_looks_is_found(person_of: MakePerson) -> None:
    """Where imgix works on while the client gave up, the refused second POST finds the first."""
    person = person_of(timeout=1)
    person.imgix.faults.add(Fault("slow", method="POST", delay=1.4))
    person.imgix.faults.add(Fault("slow", method="POST", delay=0.7))

    seen = person.attempt("create")

    assert [r.status for r in person.imgix.requests if r.method == "POST"] == [201, 400]
    assert "though the response was lost" in seen
    assert len(person.imgix.sources) == 1


def test_a_create_of_which_nothing_is_known_says_so(person_of: MakePerson) -> None:
    """Where the looks fail as well, the error says that the next run finds the source."""
    person = person_of(timeout=0.5)
    person.imgix.faults.add(Fault("status_after", times=None))

    seen = person.attempt("create")

    assert 'it is not known whether imgix created "Source blog"' in seen
    assert "Run `pulumi up` again: if the source was created, that run finds and names it." in seen
    assert person.state is None
    person.imgix.faults.clear()
    (made,) = person.imgix.sources
    assert f'source {made} "Source blog" (enabled)' in person.attempt("create")


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Another name"},
        {"deployment": {"s3_bucket": "another-bucket"}},
        {"enabled": False},
    ],
    ids=["name", "bucket", "disabled"],
)
def test_another_source_is_not_taken_for_the_lost_one(person: Person, other: Any) -> None:
    """A holder of the subdomain that differs from what was posted is named, and left alone."""
    deployment = {**person.declared.deployment, **other.pop("deployment", {})}
    name = other.pop("name", "Source blog" if other.get("enabled", True) else "Disabled one")
    held = person.imgix.add_source(name=name, deployment=deployment, **other)
    before = person.imgix.source(held)
    person.imgix.faults.add(Fault("reset_before", method="POST"))

    seen = person.attempt("create")

    assert f'subdomain blog is taken by source {held} "{name}"' in seen
    assert f'set adopt="{held}"' in seen
    assert person.state is None
    assert person.imgix.sources == {held: before}


def test_a_source_of_an_earlier_day_is_not_taken_for_the_lost_one(person: Person) -> None:
    """A source just like the declared one, but older, may be another stack's: it is named."""
    with SimulatedImgix(clock=lambda: time.time() - 86_400) as imgix:
        older = imgix.add_source(name="Source blog", deployment=dict(person.declared.deployment))
        imgix.faults.add(Fault("reset_before", method="POST"))
        person.imgix = imgix
        person.settings = {**person.settings, "api_url": imgix.url}

        seen = person.attempt("create")

    assert f'set adopt="{older}"' in seen
    assert person.state is None


def test_destroy_then_up_takes_the_source_back(person: Person) -> None:
    """The disabled source of the same name and subdomain is used again, and that is told."""
    person.create()
    first = person.id
    person.delete()
    person.declared = attrs.evolve(
        person.declared, deployment={**person.declared.deployment, "cache_ttl_error": 7}
    )

    seen = person.attempt("create")

    assert person.id == first
    assert "reused: it existed, disabled, with the same name and subdomains" in seen
    (only,) = person.imgix.sources.values()
    assert (only.enabled, only.deployment["cache_ttl_error"]) == (True, 7)


@pytest.mark.parametrize(("name", "enabled"), [("Source blog", True), ("Old blog", False)])
def test_what_others_hold_is_never_taken_silently(person: Person, name: str, enabled: bool) -> None:
    """An enabled holder, or one of another name, is named with the adopt to paste, which works."""
    held = person.imgix.add_source(
        name=name, deployment=dict(person.declared.deployment), enabled=enabled
    )
    before = person.imgix.source(held)

    seen = person.attempt("create")

    state = "enabled" if enabled else "disabled"
    assert f'subdomain blog is taken by source {held} "{name}" ({state})' in seen
    assert f'To manage it here, set adopt="{held}".' in seen
    assert person.imgix.sources == {held: before}
    person.declared = attrs.evolve(person.declared, adopt=held)
    assert ": adopted" in person.attempt("create")
    assert person.id == held
    (only,) = person.imgix.sources.values()
    assert (only.name, only.enabled) == ("Source blog", True)


def test_several_holders_are_all_named(person: Person, declare: Declare) -> None:
    """Where two sources hold the domains, no single adopt is offered."""
    person.declared = declare("blog", custom_domains=["img.example.com"])
    one = person.imgix.add_source(name="One", deployment={"imgix_subdomains": ["blog"]})
    two = person.imgix.add_source(name="Two", deployment={"custom_domains": ["img.example.com"]})

    seen = person.attempt("create")

    assert f'subdomain blog is taken by source {one} "One"' in seen
    assert f'domain img.example.com is taken by source {two} "Two"' in seen
    assert "adopt=" not in seen


@pytest.mark.parametrize("whole", [False, True])
def test_a_filter_that_compares_parts_names_no_stranger(person: Person, whole: bool) -> None:
    """Only who holds the very subdomain is its holder, whatever a filter answers."""
    person.imgix._api.filter_match = "whole" if whole else "part"
    person.imgix.add_source(name="Near", deployment={"imgix_subdomains": ["my-blog-too"]})
    held = person.imgix.add_source(name="Blog", deployment={"imgix_subdomains": ["blog"]})

    seen = person.attempt("create")

    assert f'is taken by source {held} "Blog" (enabled). If that' in seen
    assert "Near" not in seen


def test_a_list_without_end_ends(person: Person) -> None:
    """A list that says of each page that more follow, and shows one page again and again, ends."""
    item = {"id": "5f" * 12, "type": "sources", "attributes": {"name": "A", "deployment": {}}}
    body = {"data": [item], "meta": {"pagination": {"hasNextPage": True}}}
    person.imgix.faults.add(Fault("body", method="GET", body=body, times=50))

    assert [source.id for source in person.client.list()] == ["5f" * 12]
    assert person.count("GET") <= 2


def test_a_list_that_grows_while_it_is_read_shows_each_source_once(person: Person) -> None:
    """A source that moves to the next page because another was made is not listed twice."""
    for number in range(150):
        person.imgix.add_source(name=f"Source {number:03}", deployment={})
    listing = person.client.list(sort=["-name"])
    seen = [next(listing).name]
    person.imgix.add_source(name="Source 999", deployment={})
    seen += [source.name for source in listing]
    assert seen == [f"Source {number:03}" for number in reversed(range(150))]
