"""Which answer becomes which exception, and what a person reads of it."""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer

from imgix_provider import (
    AccessDeniedError,
    ApiError,
    ImgixError,
    LostAnswerError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from imgix_provider.api.client import SourcesClient
from tests.api.conftest import MakeClient

ID = "6359b5ba8147da20e8edfdd5"
SECRET = 'canary "s3" <secret>/é'


def errors(detail: str, title: str = "Bad Request") -> dict[str, Any]:
    """Return an error document as imgix writes them."""
    found = {"detail": detail, "id": "0" * 32, "meta": {}, "status": "400", "title": title}
    return {"errors": [found], "jsonapi": {"version": "1.0"}, "meta": {}}


ANSWERS: list[tuple[int, type[ImgixError], str]] = [
    (400, RefusedError, "imgix answered 400: no such bucket"),
    (401, AccessDeniedError, "Check that imgix:apiKey (or IMGIX_API_KEY) holds a key"),
    (403, AccessDeniedError, "Sources permission"),
    (404, NotFoundError, "imgix answered 404: no such bucket"),
    (405, RefusedError, "imgix answered 405"),
    (409, RefusedError, "imgix answered 409"),
    (422, RefusedError, "imgix answered 422"),
    (429, RateLimitedError, "run again when they have ended"),
    (500, UnavailableError, "Try again in a while."),
    (502, UnavailableError, "imgix answered 502"),
    (503, UnavailableError, "imgix answered 503"),
    (504, UnavailableError, "imgix answered 504"),
]


@pytest.mark.parametrize(("status", "kind", "words"), ANSWERS)
def test_each_status_is_an_error_of_its_kind(
    status: int, kind: type[ImgixError], words: str, httpserver: HTTPServer, client: SourcesClient
) -> None:
    """A person reads what imgix said and what to do; a program catches the class."""
    httpserver.expect_request(f"/api/v1/sources/{ID}").respond_with_json(
        # So long a pause is not worth waiting for, so nothing is tried again here.
        errors("no such bucket"),
        status=status,
        headers={"Retry-After": "3600"},
    )
    with pytest.raises(ImgixError) as raised:
        client.get(ID)
    assert type(raised.value) is kind
    assert words in str(raised.value)
    assert "no such bucket" in str(raised.value)
    assert len(httpserver.log) == 1
    if isinstance(raised.value, ApiError):
        assert raised.value.status == status


BODIES: list[tuple[str, str, str]] = [
    ("an HTML page", "<html><h1>Bad Gateway</h1></html>", "imgix answered 400: BAD REQUEST"),
    ("nothing", "", "imgix answered 400: BAD REQUEST"),
    ("another document", '{"message": "x"}', "imgix answered 400: BAD REQUEST"),
    ("no errors", '{"errors": []}', "imgix answered 400: BAD REQUEST"),
    (
        "several errors",
        json.dumps({"errors": [{"detail": "one\nand more"}, {"title": "two"}]}),
        "imgix answered 400: one and more; two",
    ),
]


@pytest.mark.parametrize("call", ["list", "create"])
def test_an_address_without_sources_is_named(
    call: str, httpserver: HTTPServer, make_client: MakeClient
) -> None:
    """Where `/api/v1` was forgotten, the person is sent to the address, not to the source."""
    httpserver.expect_request("/sources").respond_with_json(errors("not found"), status=404)
    client = make_client(api_url=httpserver.url_for(""))

    with pytest.raises(RefusedError) as caught:
        client.page(0) if call == "list" else client.create({"name": "Blog", "deployment": {}})

    assert caught.value.advice == (
        "Check imgix:apiUrl; the default is https://api.imgix.com/api/v1."
    )


@pytest.mark.parametrize(("what", "body", "words"), BODIES)
def test_an_error_that_is_no_document_still_reads_well(
    what: str, body: str, words: str, httpserver: HTTPServer, client: SourcesClient
) -> None:
    """A proxy's page is not printed, and several errors stand in one line."""
    httpserver.expect_request(f"/api/v1/sources/{ID}").respond_with_data(body, status=400)
    with pytest.raises(RefusedError) as raised:
        client.get(ID)
    assert str(raised.value).rstrip(".") == words


@pytest.mark.parametrize("body", ["", "<html></html>", "[]", "null", '{"data": null}', "{}"])
def test_a_create_whose_answer_is_unreadable_is_a_lost_one(
    body: str, httpserver: HTTPServer, client: SourcesClient
) -> None:
    """It was done, so it is not sent again, and the error says that it may have been."""
    httpserver.expect_request("/api/v1/sources", method="POST").respond_with_data(body, status=201)
    with pytest.raises(LostAnswerError):
        client.create({"name": "Blog", "deployment": {}})
    assert len(httpserver.log) == 1


@pytest.mark.parametrize("field", ["s3_secret_key", "azure_sas_string", "password", "secret_key"])
@pytest.mark.parametrize(
    "escaped",
    [SECRET, json.dumps(SECRET)[1:-1], html.escape(SECRET), quote(SECRET, safe="")],
    ids=["plain", "json", "html", "url"],
)
@pytest.mark.parametrize("status", [400, 401, 409, 500])
def test_a_secret_that_the_server_repeats_is_masked(
    status: int, escaped: str, field: str, httpserver: HTTPServer, client: SourcesClient
) -> None:
    """An error that quotes the request, or the key, shows neither."""
    httpserver.expect_request("/api/v1/sources").respond_with_json(
        errors(f"cannot use {escaped} with ak_canary"), status=status
    )
    with pytest.raises(ImgixError) as raised:
        client.create({"name": "Blog", "deployment": {field: SECRET, "type": "s3"}})
    said = f"{raised.value} {raised.value.__dict__}"
    assert "canary" not in said
    assert "cannot use [secret] with [secret]" in said
