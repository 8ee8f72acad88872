"""One form for every value, whatever the engine or imgix makes of it on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgix_provider.deployments.fields import KEEP, Field, Kind
from imgix_provider.deployments.table import FIELDS
from imgix_provider.deployments.values import (
    canonical_inputs,
    contains,
    is_unsigned_proxy,
    never_unknown,
    secret_keys_of,
    secrets_in,
    values_equal,
)
from tests.declarations import deployments, source

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), anything))
def test_one_time_is_as_good_as_two(inputs: dict[str, Any]) -> None:
    """What is in canonical form stays as it is, however odd it was before."""
    once = canonical_inputs(inputs)
    assert canonical_inputs(once) == once


@given(deployments(), st.randoms())
def test_reordered_domains_keep_the_earlier_order(deployment: dict[str, Any], random: Any) -> None:
    """An order that means nothing shows as no change."""
    shuffled = dict(deployment)
    for key in ("imgix_subdomains", "custom_domains"):
        if key in deployment:
            shuffled[key] = random.sample(deployment[key], len(deployment[key]))
    before = {"name": "Blog", "deployment": deployment}
    assert canonical_inputs({"name": "Blog", "deployment": shuffled}, before) == before


def test_other_domains_take_the_order_they_are_declared_in() -> None:
    """Once a domain comes or goes, the declared order is the one that shows."""
    before = source("s3", imgix_subdomains=["a", "b"])
    after = source("s3", imgix_subdomains=["c", "b", "a"])
    assert canonical_inputs(after, before)["deployment"]["imgix_subdomains"] == ["c", "b", "a"]


def test_whole_floats_become_ints() -> None:
    """Pulumi hands over 300.0, and imgix takes integers."""
    inputs = canonical_inputs(
        source("s3", cache_ttl_value=86_400.0, default_params={"w": 200.0, "dpr": 1.5})
    )
    values = inputs["deployment"]
    assert repr(values["cache_ttl_value"]) == "86400"
    assert repr(values["default_params"]) == "{'w': 200, 'dpr': 1.5}"
    assert repr(canonical_inputs({"lists": (1.0, [2.0], {"a": 3.0})})) == (
        "{'lists': [1, [2], {'a': 3}]}"
    )


def test_what_is_not_documented_is_left_alone() -> None:
    """A list of another name, or of a type that is not known, is as the program has it."""
    for inputs in (source("s3", zzzz=["B", "a"]), {"deployment": {"type": "ftp", "hosts": ["B"]}}):
        assert canonical_inputs(inputs) == inputs


def test_only_an_order_without_meaning_is_taken_over() -> None:
    """A list where a text belongs shows just as it is declared now, and so do fewer domains."""
    before = source("s3", s3_bucket=["a", "b"], imgix_subdomains=["a", "b"])
    after = source("s3", s3_bucket=["b", "a"], imgix_subdomains=["b"])
    assert canonical_inputs(after, before) == after
    assert canonical_inputs(after, source("s3", imgix_subdomains="b")) == after


def test_custom_domains_are_written_small() -> None:
    """A domain is the same in any case, so it is kept in one."""
    inputs = canonical_inputs(source("s3", custom_domains=["Img.Example.COM"]))
    assert inputs["deployment"]["custom_domains"] == ["img.example.com"]


def test_nulls_are_left_out_at_any_depth() -> None:
    """A value that is None is one that was not given."""
    inputs = {"name": "Blog", "adopt": None, "deployment": {"default_params": {"a": None, "b": 1}}}
    assert canonical_inputs(inputs) == {"name": "Blog", "deployment": {"default_params": {"b": 1}}}


def test_what_is_not_known_yet_is_left_alone() -> None:
    """In preview an unknown value, alone or in a list, goes through as it is."""
    later = object()
    domains = [later, "B.example.com"]
    inputs = source("s3", imgix_subdomains=[later, "B"], s3_bucket=later, custom_domains=domains)
    canonical = canonical_inputs(inputs, unknown=lambda value: value is later)
    assert canonical["deployment"]["s3_bucket"] is later
    assert canonical["deployment"]["imgix_subdomains"] == [later, "B"]
    assert canonical["deployment"]["custom_domains"] == domains


def test_what_stands_for_an_unknown_value_is_not_looked_into() -> None:
    """Whatever an engine uses for it comes out as the same object."""
    later = {"a": None, "b": 1.0}
    inputs = {"name": later, "deployment": {"type": later, "custom_domains": [later]}}
    canonical = canonical_inputs(inputs, unknown=lambda value: value is later)
    assert canonical["name"] is later
    assert canonical["deployment"]["type"] is later
    assert canonical["deployment"]["custom_domains"][0] is later
    assert canonical_inputs({"deployment": later}, unknown=lambda value: value is later) == {
        "deployment": later
    }


LATER = object()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (LATER, True),
        ({"a": 1, "b": LATER}, True),
        ([1, LATER], True),
        ((1, {"a": [2, (LATER,)]}), True),
        ({"a": 1}, False),
        ([1, "b"], False),
        ((), False),
        ("text", False),
        (5, False),
        (None, False),
    ],
)
def test_an_unknown_value_is_found_at_any_depth(value: Any, expected: bool) -> None:
    """A preview says nothing of a value, or of anything around it, that it does not know."""
    assert contains(value, lambda each: each is LATER) is expected


def test_when_a_request_is_sent_every_value_is_known() -> None:
    """Outside of a preview nothing is passed over."""
    assert never_unknown(LATER) is False


@pytest.mark.parametrize(
    ("name", "signed", "expected"),
    [("webproxy", False, True), ("webproxy", True, False), ("s3", False, False)],
)
def test_only_a_web_proxy_cannot_give_up_signed_urls(
    name: str, signed: bool, expected: bool
) -> None:
    """Any other type may turn them off, and a web proxy that says nothing has them on."""
    assert is_unsigned_proxy({"type": name, "secure_url_enabled": signed}) is expected
    assert is_unsigned_proxy({"type": name}) is False


SAME: list[tuple[str, Any, Any, bool]] = [
    ("cache_ttl_value", 300, 300.0, True),
    ("cache_ttl_value", 300, 301, False),
    ("imgix_subdomains", ["a", "b"], ["b", "a"], True),
    ("imgix_subdomains", ["a", "b"], ["a"], False),
    ("imgix_subdomains", ["a", "a"], ["a"], False),
    ("custom_domains", ["A.example.com"], ["a.example.com"], True),
    ("default_params", {"w": 2}, {"w": "2"}, True),
    ("default_params", {"w": 2.0}, {"w": "2"}, True),
    ("default_params", {"new": True}, {"new": "true"}, True),
    ("default_params", {"auto": "format"}, {"auto": "compress"}, False),
    ("default_params", {"auto": "format"}, {}, False),
    ("s3_prefix", "", None, True),
    ("s3_prefix", "a", "A", False),
    ("s3_bucket", "1", 1, False),
    ("secure_url_enabled", True, "true", False),
    ("secure_url_enabled", False, None, False),
    ("cache_ttl_value", 300, "300", True),
    ("cache_ttl_value", 1.5, 1, False),
    ("cache_ttl_value", None, 0, False),
    ("custom_domains", ["a"], "a", False),
    ("custom_domains", [], None, False),
    ("default_params", {"w": 2}, "w=2", False),
    ("default_params", {"w": 2, "h": None}, {"w": 2}, True),
    ("default_params", {"w": 2.5}, {"w": 2}, False),
    ("default_params", {"new": True}, {"new": "True"}, False),
    ("default_params", {"new": False}, {"new": "false"}, True),
    ("s3_secret_key", KEEP, "any", True),
    ("s3_bucket", KEEP, "any", False),
    ("s3_bucket", "b", None, False),
]


@pytest.mark.parametrize(("key", "left", "right", "expected"), SAME)
def test_what_means_the_same_to_imgix_is_the_same(
    key: str, left: Any, right: Any, expected: bool
) -> None:
    """Spelling, order and kind count only where they count for imgix, in both directions."""
    assert values_equal(FIELDS["s3"][key], left, right) is expected
    assert values_equal(FIELDS["s3"][key], right, left) is expected


ORDERED = Field(kind=Kind.LIST, doc="A list whose order means something.")


@pytest.mark.parametrize(
    ("spec", "left", "right", "expected"),
    [
        (None, ["a", "b"], ["b", "a"], True),
        (None, ["a", "b"], ["a"], False),
        (None, "ab", "ba", False),
        (None, KEEP, "any", False),
        (None, 2, "2", True),
        (None, {"a": 1}, {"a": "1"}, True),
        (ORDERED, ["a", "b"], ["b", "a"], False),
        (ORDERED, [1, "b"], ["1", "b"], True),
    ],
)
def test_what_is_not_documented_is_compared_by_what_it_says(
    spec: Field | None, left: Any, right: Any, expected: bool
) -> None:
    """Order counts only for a list that is known to have one; a text is never a list of letters."""
    assert values_equal(spec, left, right) is expected
    assert values_equal(spec, right, left) is expected


SECRETS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "credentials and the token": (
        {
            "name": "Blog",
            "secure_url_token": "tok",
            "deployment": {"password": "p", "username": "u"},
        },
        ["tok", "p"],
    ),
    "what the program holds as secret": (
        {
            "name": "Blog",
            "adopt": "id",
            "secret_keys": ["name", "annotation"],
            "deployment": {"annotation": "mine", "image_error": "x"},
        },
        ["Blog", "mine"],
    ),
    "of every kind": (
        {
            "secret_keys": ["default_params", "custom_domains", "cache_ttl_value", "enabled"],
            "enabled": True,
            "deployment": {
                "default_params": {"a": "x", "b": 2.0, "c": False, "d": None},
                "custom_domains": ["y", "z"],
                "cache_ttl_value": 300,
            },
        },
        ["x", "2", "y", "z", "300"],
    ),
    "in a tuple": ({"secret_keys": ["name"], "name": ("a", 1.5)}, ["a", "1.5"]),
    "the word that keeps a value": ({"deployment": {"password": KEEP}}, []),
    "names alone": (
        {
            "secret_keys": ["deployment", "secret_keys"],
            "deployment": {"type": "s3", "password": "p"},
        },
        ["p"],
    ),
    "no deployment yet": ({"deployment": "later", "secret_keys": None}, []),
    "nothing": ({}, []),
}


@pytest.mark.parametrize("case", SECRETS)
def test_just_the_secrets_are_hidden(case: str) -> None:
    """Every text and number of a secret is found, and nothing else would vanish from messages."""
    properties, secrets = SECRETS[case]
    assert list(secrets_in(properties)) == secrets


@pytest.mark.parametrize(
    ("now", "before", "keys"),
    [
        (None, ["name"], None),
        (["annotation"], ["name"], ["annotation"]),
        (["?annotation"], ["annotation", "name"], ["annotation"]),
        (["?annotation"], ["name"], None),
        (["?annotation"], None, None),
        (["name", "?*"], ["annotation"], ["annotation", "name"]),
        ("later", ["annotation"], "later"),
    ],
)
def test_what_was_secret_stays_so_where_its_changes_are_ignored(
    now: Any, before: Any, keys: Any
) -> None:
    """Only there: else the program says what is secret."""
    found = secret_keys_of(
        {"secret_keys": now}, {"secret_keys": before}, lambda value: value == "later"
    )
    assert found == keys
