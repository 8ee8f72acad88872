"""Keys, paths, methods, rate limits, and the log of requests."""

import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from imgix_testing.server import SimulatedImgix

Call = Callable[..., requests.Response]


@pytest.mark.parametrize("key", [None, "", "Bearer", "Bearer ak_wrong", "Basic {key}", "{key}"])
def test_requests_need_the_key(imgix: SimulatedImgix, key: str | None) -> None:
    """Without the right bearer key every request is a 401 with imgix's own words."""
    headers = {} if key is None else {"Authorization": key.format(key=imgix.api_key)}
    answer = requests.get(f"{imgix.url}/sources", headers=headers, timeout=5)
    assert answer.status_code == 401
    document = answer.json()
    (error,) = document["errors"]
    assert error["detail"] == "A valid API key is required and could not be determined."
    assert (error["status"], error["meta"]) == ("401", {})
    assert re.fullmatch("[0-9a-f]{32}", error["id"])
    assert document["jsonapi"] == {"version": "1.0"}
    assert document["meta"]["authentication"]["authorized"] is False
    assert answer.headers["Content-Type"] == "application/vnd.api+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sources/000000000000000000000000", 404),
        ("PATCH", "/sources/000000000000000000000000", 404),
        ("GET", "/sources/", 404),
        ("GET", "/sources/a/b", 404),
        ("GET", "/purge", 404),
        ("GET", "", 404),
        ("DELETE", "/sources/000000000000000000000000", 405),
        ("PUT", "/sources/000000000000000000000000", 405),
        ("POST", "/sources/000000000000000000000000", 405),
        ("DELETE", "/sources", 405),
        ("PATCH", "/sources", 405),
        ("HEAD", "/sources", 405),
    ],
)
def test_there_is_nothing_else(call: Call, method: str, path: str, status: int) -> None:
    """Only the four documented operations exist."""
    answer = call(method, path, json={})
    assert answer.status_code == status
    if status == 404:
        assert answer.json()["errors"][0]["detail"] == "Resource not found."


def test_requests_are_logged(imgix: SimulatedImgix, call: Call, create: Callable[..., str]) -> None:
    """Each request is kept with what it asked and how it was answered."""
    source_id = create()
    call("GET", "/sources", params={"filter[name]": "Images"}, headers={"X-Trace": "7"})
    call("PATCH", f"/sources/{source_id}", data="{", headers={"Content-Type": "text/plain"})
    made, listed, refused = imgix.requests
    assert (made.method, made.path, made.status) == ("POST", "/api/v1/sources", 201)
    assert made.body["data"]["attributes"]["name"] == "Images"
    assert (listed.query, listed.body) == ({"filter[name]": "Images"}, None)
    assert listed.headers["X-Trace"] == "7"
    assert (refused.path, refused.body) == (f"/api/v1/sources/{source_id}", None)
    assert refused.status == 400
    assert made.at <= listed.at <= refused.at
    imgix.requests.clear()
    assert imgix.requests == []


def test_connections_are_kept(imgix: SimulatedImgix) -> None:
    """One connection serves several requests, refused ones with bodies among them."""
    address = urlsplit(imgix.url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=5)
    connection.connect()
    # Without a second connect a request on a closed connection fails.
    connection.auto_open = False
    statuses = []
    for method in ("GET", "POST", "DELETE", "GET"):
        connection.request(method, f"{address.path}/sources", body="x" * 5000)
        answer = connection.getresponse()
        statuses.append(answer.status)
        answer.read()
    assert statuses == [401] * 4
    connection.close()


def test_a_stopped_server_hangs_up(imgix: SimulatedImgix) -> None:
    """After a stop not even a kept connection is answered, and the port is free again."""
    address = urlsplit(imgix.url)
    kept = socket.create_connection((str(address.hostname), address.port or 0), timeout=5)
    with kept:
        kept.sendall(b"GET /api/v1/sources HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(100_000).startswith(b"HTTP/1.1 401")
        imgix.stop()
        assert kept.recv(1) == b""
    with pytest.raises(requests.ConnectionError):
        requests.get(address.geturl(), timeout=5)
    with SimulatedImgix(port=address.port or 0) as again:
        assert again.url == address.geturl()
    with pytest.raises(RuntimeError, match="not running"):
        assert imgix.url


def test_the_second_is_limited(imgix: SimulatedImgix, call: Call) -> None:
    """The fifth request of a second is one too many, and the log knows how many there were."""
    imgix.configure(requests_per_second=4)
    statuses = [call("GET", "/sources").status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    assert imgix.busiest_second() == 6


@pytest.mark.parametrize("what", ["creates_per_hour", "updates_per_hour"])
def test_the_hour_is_limited(
    imgix: SimulatedImgix,
    clock: list[float],
    post: Call,
    patch: Call,
    deployment: Callable[..., dict[str, Any]],
    what: str,
) -> None:
    """Creates and updates are counted by the hour, refused ones not, each for itself."""
    source_id = imgix.add_source(deployment=deployment())
    imgix.configure(**{what: 2})
    numbers = iter(range(10))

    def create() -> int:
        number = next(numbers)
        given = deployment("s3", imgix_subdomains=[f"acme-{number}"])
        return post(name="x", deployment=given).status_code

    def update() -> int:
        return patch(source_id, name=str(next(numbers))).status_code

    limited, free = (create, update) if what == "creates_per_hour" else (update, create)
    assert post(name=3).status_code == patch(source_id, name=3).status_code == 400
    assert [limited(), limited(), limited()][-1] == 429
    assert free() in (200, 201)
    clock[0] += 3600
    assert limited() in (200, 201)


def test_many_clients_at_once_lose_nothing(
    imgix: SimulatedImgix, deployment: Callable[..., dict[str, Any]]
) -> None:
    """Of many creates at once each is made, and of those for one subdomain exactly one."""
    headers = {"Authorization": f"Bearer {imgix.api_key}"}
    url = f"{imgix.url}/sources"

    def create(number: int) -> int:
        subdomain = f"own-{number}" if number % 2 else "shared"
        given = {"name": str(number), "deployment": deployment("s3", imgix_subdomains=[subdomain])}
        body = {"data": {"attributes": given, "type": "sources"}}
        return requests.post(url, json=body, headers=headers, timeout=10).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(create, range(20)))
    assert statuses[1::2] == [201] * 10
    assert sorted(statuses[::2]) == [201] + [400] * 9
    assert len(imgix.sources) == 11
    assert len(imgix.requests) == 20
