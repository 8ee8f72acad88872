"""Two sources of one run cannot declare one domain: a person learns it before a request."""

from typing import Any

from imgix_provider.sources.claims import Claims


def source(name: str, *subdomains: str, custom: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the inputs of a source with these domains."""
    deployment = {"imgix_subdomains": list(subdomains), "custom_domains": list(custom)}
    return {"name": name, "deployment": deployment}


def test_the_second_source_with_a_domain_is_told_of_the_first() -> None:
    """The problem stands at the domain and names the other source."""
    claims = Claims()

    assert claims.problems_of(source("Blog", "acme")) == []
    (problem,) = claims.problems_of(source("Shop", "other", "acme"))

    assert problem.path == "deployment.imgix_subdomains[1]"
    assert problem.message == '"acme" is declared by source "Blog" of this run too'


def test_custom_domains_are_claimed_too() -> None:
    """Custom domains are unique like subdomains."""
    claims = Claims()
    claims.problems_of(source("Blog", "blog", custom=("images.example.com",)))

    (problem,) = claims.problems_of(source("Shop", "shop", custom=("images.example.com",)))

    assert problem.path == "deployment.custom_domains[0]"


def test_a_source_that_is_checked_twice_does_not_meet_itself() -> None:
    """The engine checks a source that it replaces a second time, perhaps in another order."""
    claims = Claims()

    assert claims.problems_of(source("Blog", "one", "two")) == []
    assert claims.problems_of(source("Blog", "two", "one")) == []


def test_what_is_not_known_yet_claims_nothing() -> None:
    """Values that become known later, or are no domains at all, pass."""
    claims = Claims()

    assert claims.problems_of({"name": "A", "deployment": object()}) == []
    assert claims.problems_of({"name": "B", "deployment": {"imgix_subdomains": [object()]}}) == []
    assert claims.problems_of({"name": "C", "deployment": {"imgix_subdomains": "text"}}) == []
