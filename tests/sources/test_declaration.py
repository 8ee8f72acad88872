"""A declared source as data: what is read from properties, what is kept, and what is shown."""

from __future__ import annotations

from typing import Any

import pytest

from imgix_provider.api.source import Source
from imgix_provider.sources.declaration import (
    Declaration,
    effective_deployment,
    known_part,
    outputs_of,
    shown_name,
    urls_of,
    without_defaults,
)
from tests.declarations import small

LATER = object()
DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "on_delete": "disable",
    "on_type_change": "update",
    "wait_for_deployed": True,
    "deploy_timeout": 300,
}


def is_later(value: object) -> bool:
    """Return whether a value stands for one that is not known yet."""
    return value is LATER


def test_what_is_not_declared_has_the_documented_defaults() -> None:
    """They stand in the state too; an argument that is None does not."""
    declared = Declaration(name="Blog", deployment=small("webproxy"))
    assert declared.inputs() == {"name": "Blog", "deployment": small("webproxy"), **DEFAULTS}
    assert Declaration().inputs() == {"name": "", "deployment": {}, **DEFAULTS}


def test_a_declaration_is_made_by_name() -> None:
    """A name and a deployment cannot be mixed up."""
    with pytest.raises(TypeError, match="positional"):
        Declaration("Blog")  # type: ignore[call-arg]


def test_properties_are_read_in_canonical_form_and_the_rest_is_ignored() -> None:
    """Inputs and outputs of a source give the same declaration."""
    properties = {
        "name": "Blog",
        "deployment": {**small("s3"), "cache_ttl_error": 300.0, "s3_prefix": None},
        "adopt": None,
        "deploy_timeout": 5.0,
        "secret_keys": ["name"],
        "urls": ["https://acme.imgix.net"],
        "zzzz": 1,
    }
    assert Declaration.from_properties(properties) == Declaration(
        name="Blog",
        deployment=small("s3", cache_ttl_error=300),
        deploy_timeout=5,
        secret_keys=["name"],
    )


def test_a_declaration_without_type_or_domains_has_none() -> None:
    """Whatever is not declared, or is None, reads as nothing."""
    for deployment in ({}, {"imgix_subdomains": None, "custom_domains": None}):
        bare = Declaration(deployment=deployment)
        assert (bare.type, bare.subdomains, bare.custom_domains) == ("", [], [])
    full = Declaration(deployment=small("s3", custom_domains=["a.example.com"]))
    assert (full.type, full.subdomains, full.custom_domains) == ("s3", ["acme"], ["a.example.com"])


def test_the_state_keeps_what_is_declared_and_what_imgix_says() -> None:
    """Name and state are as imgix has them, and no credential is among the live values."""
    declared = Declaration(
        name="Blog",
        deployment=small("s3", imgix_subdomains=["b", "a"], annotation="secret"),
        secret_keys=["annotation"],
    )
    source = Source(
        id="6359b5ba8147da20e8edfdd5",
        name="Blog by hand",
        enabled=False,
        deployment={
            **small("s3", imgix_subdomains=["a", "b", "c"], annotation="secret"),
            "allows_upload": True,
        },
        deployment_status="deployed",
        date_deployed=1_700_000_000,
        secure_url_token="token",
        account_id="12",
    )
    assert outputs_of(declared, source) == {
        **declared.inputs(),
        "name": "Blog by hand",
        "enabled": False,
        "effective_deployment": {
            "type": "s3",
            "imgix_subdomains": ["a", "b", "c"],
            "s3_bucket": "acme-images",
            "allows_upload": True,
        },
        "deployment_status": "deployed",
        "date_deployed": 1_700_000_000,
        "secure_url_token": "token",
        "urls": ["https://b.imgix.net", "https://a.imgix.net", "https://c.imgix.net"],
        "account_id": "12",
    }


def test_what_imgix_leaves_unsaid_is_as_declared() -> None:
    """An answer that holds an id alone still gives a state to go on from."""
    declared = Declaration(name="Blog", deployment=small("s3"), enabled=False)
    assert outputs_of(declared, Source(id="6359b5ba8147da20e8edfdd5")) == {
        **declared.inputs(),
        "effective_deployment": {},
        "deployment_status": None,
        "date_deployed": None,
        "secure_url_token": None,
        "urls": ["https://acme.imgix.net"],
        "account_id": None,
    }


def test_no_secret_is_among_the_values_that_imgix_serves_with() -> None:
    """Nor is one that imgix may add without telling, by the sound of its name."""
    live = {
        **small("webfolder", username="u", password="p", annotation="a", custom_domains=[]),
        "password_encrypted": "x",
        "new": "shown",
        "new_keys": ["shown"],
        "uses_token": True,
        "NewSecret": "x",
        "new_password": "x",
        "token": "x",
        "api_Key": "x",
        "sas": "x",
    }
    assert effective_deployment(live, ("annotation",)) == {
        **small("webfolder", username="u", custom_domains=[]),
        "new": "shown",
        "new_keys": ["shown"],
        "uses_token": True,
    }


def test_the_addresses_come_in_the_declared_order() -> None:
    """Subdomains come first, and a domain that is not declared comes after those that are."""
    live = {
        "imgix_subdomains": ["a", "B", "c"],
        "custom_domains": ["x.example.com", "w.example.com"],
    }
    custom = ["https://x.example.com", "https://w.example.com"]
    as_is = ["https://a.imgix.net", "https://B.imgix.net", "https://c.imgix.net"]
    assert urls_of(live) == [*as_is, *custom]
    assert urls_of(live, order={"imgix_subdomains": ["C", "b"], "custom_domains": None}) == [
        *reversed(as_is[1:]),
        as_is[0],
        *custom,
    ]
    assert urls_of(live, order={"custom_domains": ["w.example.com"]}) == [
        *as_is,
        *reversed(custom),
    ]


def test_no_address_shows_a_secret_domain() -> None:
    """A list that the program holds as secret is left out, and so is one that is not there."""
    live = {"imgix_subdomains": ["a"], "custom_domains": ["x.example.com"]}
    assert urls_of(live, ("imgix_subdomains",)) == ["https://x.example.com"]
    assert urls_of(live, ("custom_domains",)) == ["https://a.imgix.net"]
    assert urls_of({"imgix_subdomains": None}) == []


@pytest.mark.parametrize(
    ("properties", "name"),
    [({"name": "Blog"}, "Blog"), ({"name": LATER}, ""), ({"name": 5}, ""), ({}, "")],
)
def test_a_message_names_a_source_as_far_as_its_name_is_known(
    properties: dict[str, Any], name: str
) -> None:
    """It is never named by what stands for an unknown value."""
    assert shown_name(properties, is_later) == name
    assert shown_name(properties, lambda value: value == "Blog") == ""


def test_the_known_part_leaves_out_what_comes_later() -> None:
    """A value goes as a whole if anything in it is unknown, and nothing else goes with it."""
    properties = {
        "name": "Blog",
        "adopt": LATER,
        "deployment": {
            **small("s3", s3_bucket=LATER, custom_domains=["a.example.com", LATER]),
            "default_params": {"w": 2},
        },
    }
    assert known_part(properties, is_later) == Declaration(
        name="Blog", deployment=small("s3", s3_bucket=None, default_params={"w": 2})
    )


@pytest.mark.parametrize("deployment", [LATER, "s3", None])
def test_a_deployment_that_is_not_known_is_empty(deployment: Any) -> None:
    """The rest of the declaration is known all the same."""
    known = known_part({"name": "Blog", "deployment": deployment}, is_later)
    assert known == Declaration(name="Blog")
    later: dict[str, Any] = {"type": "s3"}
    known = known_part({"name": "Blog", "deployment": later}, lambda value: value is later)
    assert known == Declaration(name="Blog")


def test_what_says_no_more_than_its_absence_is_left_out() -> None:
    """Another value or kind of value stays, and so do name, deployment and what is unknown."""
    assert without_defaults({**DEFAULTS, "adopt": None, "secret_keys": None}) == {}
    assert without_defaults({"enabled": None, "deploy_timeout": None}) == {}
    kept: dict[str, Any] = {
        "name": "",
        "deployment": {},
        "enabled": 1,
        "on_delete": "retain",
        "wait_for_deployed": False,
        "deploy_timeout": 300.0,
        "secret_keys": [],
        "zzzz": True,
    }
    assert without_defaults({**kept, "on_type_change": "update"}) == kept
