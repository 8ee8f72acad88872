"""JSON:API documents, the documented ones and odd ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgix_provider.api.jsonapi import (
    Refusal,
    read_page,
    read_refusal,
    read_source,
    read_whole_source,
    source_document,
)
from imgix_provider.errors import UnreadableDocumentError

ID = "6359b5ba8147da20e8edfdd5"
ATTRIBUTES: dict[str, Any] = {
    "date_deployed": 1666823606,
    "deployment": {"type": "s3", "imgix_subdomains": ["acme"]},
    "deployment_status": "deploying",
    "enabled": True,
    "name": "example_test",
    "secure_url_token": "canary-token",
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def document(**attributes: Any) -> dict[str, Any]:
    """Return the document of a source with these attributes over the usual ones."""
    return {"data": {"id": ID, "type": "sources", "attributes": {**ATTRIBUTES, **attributes}}}


def test_a_whole_document_becomes_a_source() -> None:
    """Every documented attribute has its place."""
    source = read_source(document())
    assert (source.id, source.name, source.enabled) == (ID, "example_test", True)
    assert source.deployment == {"type": "s3", "imgix_subdomains": ["acme"]}
    assert (source.deployment_status, source.date_deployed) == ("deploying", 1666823606)
    assert source.secure_url_token == "canary-token"
    assert source.account_id is None


def test_attributes_that_are_not_documented_change_nothing() -> None:
    """What imgix adds one day breaks nothing."""
    assert read_source(document(flavour="new")) == read_source(document())


def test_the_account_of_a_source_is_read_where_it_is_shown() -> None:
    """The account's id tells later whether a source is gone or the key another's."""
    shown = document()
    shown["data"]["relationships"] = {"account": {"data": {"id": "5f2a", "type": "accounts"}}}
    assert read_source(shown).account_id == "5f2a"


@pytest.mark.parametrize("odd", [None, [], {"account": None}, {"account": {"data": {"id": 7}}}])
def test_an_odd_account_counts_as_not_shown(odd: Any) -> None:
    """The relationships are not documented, so anything may stand there."""
    shown = document()
    shown["data"]["relationships"] = odd
    assert read_source(shown).account_id is None


ODD: list[dict[str, Any]] = [
    {"name": None},
    {"name": 7},
    {"enabled": "true"},
    {"enabled": None},
    {"deployment": None},
    {"deployment": []},
    {"deployment": {}},
]


@pytest.mark.parametrize("odd", ODD)
def test_a_document_that_lacks_what_every_source_has_is_incomplete(odd: dict[str, Any]) -> None:
    """The id of a created source must not be lost, but a read may not rest on such an answer."""
    assert read_source(document(**odd)).id == ID
    assert not read_source(document(**odd)).complete
    (key,) = odd
    with pytest.raises(UnreadableDocumentError, match=f"the source has no usable {key}"):
        read_whole_source(document(**odd))


@pytest.mark.parametrize("odd", [{"date_deployed": "now"}, {"deployment_status": 3}])
def test_what_can_be_missed_is_missed(odd: dict[str, Any]) -> None:
    """A date or a status of another kind is none."""
    source = read_whole_source(document(**odd))
    assert None in (source.date_deployed, source.deployment_status)


@pytest.mark.parametrize(
    "odd",
    [{}, {"data": None}, {"data": []}, {"data": {}}, {"data": {"id": 5}}, {"data": {"id": ""}}],
)
def test_a_document_without_an_id_is_unreadable(odd: dict[str, Any]) -> None:
    """Without an id there is no telling which source it is."""
    with pytest.raises(UnreadableDocumentError):
        read_source(odd)


@given(st.dictionaries(st.sampled_from(["data", "meta", "errors"]), anything))
def test_no_document_breaks_the_reader(odd: dict[str, Any]) -> None:
    """Whatever JSON comes, it is read or told unreadable, and nothing else is raised."""
    for read in (read_source, read_whole_source, lambda item: read_page(item, 100)):
        try:
            read(odd)
        except UnreadableDocumentError:
            continue
    assert isinstance(read_refusal(odd), Refusal)


def test_a_page_with_an_item_that_has_no_id_is_unreadable() -> None:
    """Leaving such an item out could make a source look as if it were gone."""
    for odd in ({"type": "sources"}, None):
        with pytest.raises(UnreadableDocumentError):
            read_page({"data": [document()["data"], odd]}, 100)
    with pytest.raises(UnreadableDocumentError):
        read_page({"data": None}, 100)


@pytest.mark.parametrize(
    ("meta", "count", "has_next"),
    [
        ({"pagination": {"hasNextPage": True, "totalPages": 3}}, 1, True),
        ({"pagination": {"hasNextPage": False}}, 2, False),
        ({"pagination": {}}, 2, True),
        ({"pagination": None}, 1, False),
        (None, 2, True),
        (None, 1, False),
    ],
)
def test_whether_there_is_a_next_page(meta: Any, count: int, has_next: bool) -> None:
    """Where the pagination does not say, a full page has one after it."""
    page = read_page({"data": [document()["data"]] * count, "meta": meta}, page_size=2)
    assert page.has_next is has_next


REFUSALS: list[tuple[Any, Refusal]] = [
    (
        {"errors": [{"detail": "Resource not found.", "status": "404", "title": "Not Found"}]},
        Refusal("Not Found", "Resource not found."),
    ),
    (
        {"errors": [{"title": "a", "detail": "one"}, {"title": "b", "detail": "two"}]},
        Refusal("a", "one; two"),
    ),
    ({"errors": [{"title": "aws_access_key"}]}, Refusal("aws_access_key", "aws_access_key")),
    ({"errors": [{}, None, "x"]}, Refusal("", "")),
    ({"errors": {}}, Refusal("", "")),
    ({}, Refusal("", "")),
    (None, Refusal("", "")),
    ([], Refusal("", "")),
]


@pytest.mark.parametrize(("odd", "expected"), REFUSALS)
def test_an_error_document_is_read_as_far_as_it_is_one(odd: Any, expected: Refusal) -> None:
    """All details of several errors are told; what is missing is empty."""
    assert read_refusal(odd) == expected


def test_a_body_names_the_source_only_in_a_patch() -> None:
    """A POST has no id yet."""
    assert source_document({"name": "a"}) == {
        "data": {"attributes": {"name": "a"}, "type": "sources"},
        "jsonapi": {"version": "1.0"},
    }
    assert source_document({"name": "a"}, ID)["data"]["id"] == ID


def test_a_source_hides_its_token() -> None:
    """What is printed of a source shows no token and none of its deployment."""
    assert "canary" not in repr(read_source(document()))
