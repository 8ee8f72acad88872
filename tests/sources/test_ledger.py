"""What two resources of one run do to each other: a person learns it before a request."""

from __future__ import annotations

from typing import Any

from imgix_provider.deployments.values import never_unknown
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.ledger import Hold, Ledger
from imgix_provider.sources.transfers import Transfers
from imgix_provider.sources.validation import Problem

BLOG = "urn:pulumi:dev::acme::imgix:Source::blog"
SHOP = "urn:pulumi:dev::acme::imgix:Source::shop"


def source(
    name: str, *subdomains: str, custom: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """Return the inputs of a source with these domains."""
    deployment = {"imgix_subdomains": list(subdomains), "custom_domains": list(custom)}
    return {"name": name, "deployment": deployment, **more}


def claim(
    ledger: Ledger, resource: str, inputs: dict[str, Any], creates: bool = True
) -> list[Problem]:
    """Claim what a resource declares, every value known."""
    return ledger.claim(resource, inputs, never_unknown, creates=creates)


def test_the_second_source_with_a_domain_is_told_of_the_first() -> None:
    """The problem stands at the domain and names the other resource and its source."""
    ledger = Ledger()

    assert claim(ledger, BLOG, source("Blog", "acme")) == []
    (problem,) = claim(ledger, SHOP, source("Shop", "other", "acme"))

    assert problem.path == "deployment.imgix_subdomains[1]"
    assert problem.message == ('"acme" is declared by resource "blog" ("Blog") of this stack too')


def test_custom_domains_are_claimed_too() -> None:
    """Custom domains are unique like subdomains, whatever their case."""
    ledger = Ledger()
    claim(ledger, BLOG, source("Blog", "blog", custom=("images.example.com",)))

    (problem,) = claim(ledger, SHOP, source("Shop", "shop", custom=("Images.example.com",)))

    assert problem.path == "deployment.custom_domains[0]"


def test_twins_with_one_name_are_two_resources() -> None:
    """Two resources with the same name and domains are told, though only their URN differs."""
    ledger = Ledger()
    claim(ledger, BLOG, source("Blog", "acme"))

    (problem,) = claim(ledger, SHOP, source("Blog", "acme"))

    assert 'resource "blog"' in problem.message


def test_a_source_that_is_checked_twice_does_not_meet_itself() -> None:
    """The engine checks a source that it replaces a second time, perhaps in another order."""
    ledger = Ledger()

    assert claim(ledger, BLOG, source("Blog", "one", "two")) == []
    assert claim(ledger, BLOG, source("Blog", "two", "one")) == []


def test_one_source_is_adopted_once() -> None:
    """Two resources with the same id to adopt would both change, and delete, one source."""
    ledger = Ledger()
    claim(ledger, BLOG, source("Blog", "blog", adopt="5f2a"))

    (problem,) = claim(ledger, SHOP, source("Shop", "shop", adopt="5f2a"))

    assert problem.path == "adopt"
    assert 'source 5f2a is managed by resource "blog" of this stack too' in problem.message


def test_an_adoption_that_is_done_claims_nothing() -> None:
    """The option stays in the program and does nothing more once the source exists."""
    ledger = Ledger()
    claim(ledger, BLOG, source("Blog", "blog", adopt="5f2a"), creates=False)

    assert claim(ledger, SHOP, source("Shop", "shop", adopt="5f2a")) == []


def test_what_is_not_known_yet_claims_nothing() -> None:
    """Values that become known later, or are no domains at all, pass, and no message shows them."""
    ledger = Ledger()

    assert claim(ledger, BLOG, {"name": "A", "deployment": object()}) == []
    assert claim(ledger, BLOG, {"name": "B", "deployment": {"imgix_subdomains": [object()]}}) == []
    assert claim(ledger, BLOG, {"name": "C", "deployment": {"imgix_subdomains": "text"}}) == []
    claim(ledger, BLOG, {**source("", "acme"), "name": object()})
    (problem,) = claim(ledger, SHOP, source("Shop", "acme"))
    assert problem.message == '"acme" is declared by resource "blog" of this stack too'


def test_a_source_that_another_resource_has_is_known() -> None:
    """Whoever deletes a source learns who has it now."""
    ledger = Ledger()
    ledger.hold("5f2a", BLOG, Hold.KEPT)

    assert ledger.other_holder("5f2a", SHOP) == BLOG
    assert ledger.other_holder("5f2a", BLOG) is None
    ledger.let_go("5f2a", BLOG)
    assert ledger.other_holder("5f2a", SHOP) is None


def test_a_source_that_its_own_resource_took_on_anew_is_not_deleted() -> None:
    """A forced replacement adopts first and deletes then, with one id for both."""
    ledger = Ledger()
    ledger.hold("5f2a", BLOG, Hold.MADE)

    assert ledger.other_holder("5f2a", BLOG) == BLOG


def _declare(name: str, *subdomains: str) -> Declaration:
    return Declaration.from_properties(source(name, *subdomains))


def test_a_swap_of_domains_is_a_circle() -> None:
    """Each of two sources takes what the other gives: neither can go first."""
    plan = Transfers().plan_update

    assert plan("a", _declare("Blog", "x"), _declare("Blog", "y")) == []
    assert plan("b", _declare("Shop", "y"), _declare("Shop", "x")) == ["Blog"]


def test_a_chain_of_moves_is_no_circle() -> None:
    """A domain that moves on from source to source can go one after the other."""
    plan = Transfers().plan_update

    assert plan("a", _declare("Blog", "x"), _declare("Blog", "w", "x2")) == []
    assert plan("b", _declare("Shop", "y"), _declare("Shop", "x")) == []
    assert plan("c", _declare("News", "z"), _declare("News", "y")) == []
