"""One form for every value, whatever the engine or imgix makes of it on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgix_provider.deployments.types import FIELDS
from imgix_provider.deployments.values import canonical_inputs, values_equal
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
    inputs = source("s3", imgix_subdomains=[later, "B"], s3_bucket=later)
    canonical = canonical_inputs(inputs, unknown=lambda value: value is later)
    assert canonical["deployment"]["s3_bucket"] is later
    assert canonical["deployment"]["imgix_subdomains"] == [later, "B"]


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
]


@pytest.mark.parametrize(("key", "left", "right", "expected"), SAME)
def test_what_means_the_same_to_imgix_is_the_same(
    key: str, left: Any, right: Any, expected: bool
) -> None:
    """Spelling, order and kind count only where they count for imgix, in both directions."""
    assert values_equal(FIELDS["s3"][key], left, right) is expected
    assert values_equal(FIELDS["s3"][key], right, left) is expected
