"""What goes out with each request, and what must not: headers, lists, keys, redirects, waits."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from imgix_provider import LostAnswerError, NotFoundError, RefusedError, UnavailableError
from imgix_provider.api.client import SourcesClient
from tests.api.conftest import MakeClient

ID = "6359b5ba8147da20e8edfdd5"
DEPLOYMENT = {"type": "webproxy", "imgix_subdomains": ["acme"]}
CALLS: dict[str, Callable[[SourcesClient], object]] = {
    "list": lambda client: list(client.list()),
    "get": lambda client: client.get(ID),
    "create": lambda client: client.create({"name": "Blog", "deployment": DEPLOYMENT}),
    "update": lambda client: client.update(ID, {"name": "Blog"}),
}


def source(source_id: str = ID, name: str = "Blog") -> dict[str, Any]:
    """Return a source as imgix shows it."""
    attributes = {
        "name": name,
        "enabled": True,
        "deployment": DEPLOYMENT,
        "deployment_status": "deployed",
        "date_deployed": 1666823606,
    }
    return {"id": source_id, "type": "sources", "attributes": attributes}


def page(*ids: str, more: bool = False) -> dict[str, Any]:
    """Return one page of a list."""
    return {"data": [source(each) for each in ids], "meta": {"pagination": {"hasNextPage": more}}}


@pytest.mark.parametrize("call", CALLS)
def test_every_request_says_who_sends_it_and_what_it_speaks(
    call: str, httpserver: HTTPServer, client: SourcesClient
) -> None:
    """The key as a bearer, JSON:API's media type both ways, and a user agent of our own."""
    document = page(ID) if call == "list" else {"data": source()}
    httpserver.expect_request(re.compile("/api/v1/sources.*")).respond_with_json(document)

    CALLS[call](client)

    ((request, _),) = httpserver.log
    assert request.headers["Authorization"] == "Bearer ak_canary"
    assert request.headers["Accept"] == "application/vnd.api+json"
    assert re.match(r"pulumi-imgix-provider/\S+ python/3\.\d+", request.headers["User-Agent"])
    if call in ("create", "update"):
        assert request.headers["Content-Type"] == "application/vnd.api+json"
    else:
        assert not request.get_data()


FILTERS = {
    "deployment.azure_bucket": "a",
    "deployment.bucket_name": "b",
    "deployment.custom_domains": "img.example.com",
    "deployment.gcs_bucket": "c",
    "deployment.imgix_subdomains": "acme",
    "deployment.region": "nyc3",
    "deployment.s3_bucket": "a&b=c d",
    "deployment.storage_provider": "Wasabi",
    "deployment.type": "s3_compatible",
    "deployment.webfolder_base_url": "https://www.example.com/images/?a=1",
    "enabled": "false",
    "name": "Grüße",
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_list_is_asked_for_with_each_documented_filter(
    name: str, httpserver: HTTPServer, client: SourcesClient
) -> None:
    """The value arrives whole, whatever characters it has."""
    httpserver.expect_request("/api/v1/sources").respond_with_json(page(ID))
    assert [each.id for each in client.list({name: FILTERS[name]})] == [ID]
    ((request, _),) = httpserver.log
    assert request.args[f"filter[{name}]"] == FILTERS[name]


def test_all_filters_and_sorts_go_together(httpserver: HTTPServer, client: SourcesClient) -> None:
    """Several filters are one request, and several sorts one parameter."""
    httpserver.expect_request("/api/v1/sources").respond_with_json(page())
    assert list(client.list(FILTERS, ("-date_deployed", "enabled", "name"))) == []
    ((request, _),) = httpserver.log
    assert request.args.to_dict() == {
        **{f"filter[{name}]": value for name, value in FILTERS.items()},
        "sort": "-date_deployed,enabled,name",
        "page[number]": "0",
        "page[size]": "100",
    }


def test_a_list_is_read_page_by_page(httpserver: HTTPServer, client: SourcesClient) -> None:
    """Pages are counted from zero, and the next is asked for only when it is needed."""
    answer(httpserver, page("a", "b", more=True), page("c"))
    sources = client.list()
    assert next(sources).id == "a"
    assert len(httpserver.log) == 1
    assert [each.id for each in sources] == ["b", "c"]
    assert [request.args["page[number]"] for request, _ in httpserver.log] == ["0", "1"]


def test_each_source_comes_once_from_pages_that_move(
    httpserver: HTTPServer, client: SourcesClient
) -> None:
    """A source made meanwhile pushes the last of a page onto the next; it is not told twice."""
    answer(httpserver, page("a", "b", more=True), page("b", "c", more=True), page("c", "d"))
    assert [each.id for each in client.list()] == ["a", "b", "c", "d"]


def test_a_list_that_never_ends_ends(httpserver: HTTPServer, client: SourcesClient) -> None:
    """An empty page is the last one, whatever it says of a next."""
    answer(httpserver, page("a", more=True), page(more=True))
    assert [each.id for each in client.list()] == ["a"]


def answer(httpserver: HTTPServer, *pages: dict[str, Any]) -> None:
    """Let the server answer with these pages by their number."""
    for number, document in enumerate(pages):
        httpserver.expect_request(
            "/api/v1/sources", query_string={"page[number]": str(number), "page[size]": "100"}
        ).respond_with_json(document)


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("call", CALLS)
def test_no_call_waits_for_ever(call: str, make_client: MakeClient, silent_server: int) -> None:
    """A server that never answers is given up, and the message says that it was too slow."""
    client = make_client(api_url=f"http://127.0.0.1:{silent_server}/api/v1", timeout=0.5)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="did not answer in time") as raised:
        CALLS[call](client)
    assert time.monotonic() - began < 10
    assert isinstance(raised.value, LostAnswerError) is (call == "create")


def test_a_server_that_is_not_there_is_told_by_its_name(make_client: MakeClient) -> None:
    """The address is what a person can check; the create was surely not done."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = make_client(api_url=f"http://127.0.0.1:{port}/api/v1", timeout=0.5)
    with pytest.raises(UnavailableError) as raised:
        CALLS["create"](client)
    assert not isinstance(raised.value, LostAnswerError)
    assert f"no connection to 127.0.0.1:{port} could be made" in str(raised.value)


def test_a_netrc_does_not_replace_the_key(
    httpserver: HTTPServer,
    client: SourcesClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A password that a person keeps for this host in .netrc is another matter."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {httpserver.host} login me password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request(f"/api/v1/sources/{ID}").respond_with_json({"data": source()})
    client.get(ID)
    ((request, _),) = httpserver.log
    assert request.headers["Authorization"] == "Bearer ak_canary"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", CALLS)
def test_a_redirect_is_not_followed(
    call: str, status: int, httpserver: HTTPServer, client: SourcesClient
) -> None:
    """The key goes to the configured address and nowhere else."""
    elsewhere = httpserver.url_for("/elsewhere?token=canary-token")
    httpserver.expect_request(re.compile("/api/v1/sources.*")).respond_with_data(
        "", status=status, headers={"Location": elsewhere}
    )
    with pytest.raises(RefusedError, match=r"a redirect to \S+, which is not followed") as raised:
        CALLS[call](client)
    assert [request.path.split("/")[1] for request, _ in httpserver.log] == ["api"]
    assert "canary" not in str(raised.value)


def test_an_id_cannot_lead_to_another_path(httpserver: HTTPServer, client: SourcesClient) -> None:
    """Whatever stands for an id is one part of the address, escaped."""
    httpserver.expect_request(re.compile(".*")).respond_with_json({}, status=404)
    with pytest.raises(NotFoundError):
        client.get("../accounts?x=1")
    ((request, _),) = httpserver.log
    assert request.environ["REQUEST_URI"] == "/api/v1/sources/..%2Faccounts%3Fx%3D1"
