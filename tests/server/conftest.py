"""What the tests of the simulated API share: a server, a client's session, a body for each type."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from imgix_testing.server import SimulatedImgix

Call = Callable[..., requests.Response]

COMPLETE: dict[str, dict[str, Any]] = {
    "azure": {
        "azure_account": "acme",
        "azure_bucket": "images",
        "azure_sas_string": "sv=2022&sig=azure-secret",
        "azure_service_type": "blob",
    },
    "gcs": {
        "gcs_access_key": "GOOG1",
        "gcs_bucket": "acme-gcs",
        "gcs_secret_key": "gcs-secret",
    },
    "s3": {
        "s3_access_key": "AKIAEXAMPLE",
        "s3_bucket": "acme-s3",
        "s3_secret_key": "s3-secret",
    },
    "webfolder": {
        "webfolder_base_url": "https://www.acme.example/images/",
        "username": "robot",
        "password": "web-secret",
        "request_handshake": "h" * 32,
        "request_signing_key": "é" * 32,
    },
    "webproxy": {"username": "robot", "password": "proxy-secret"},
    "s3_compatible": {
        "access_key_id": "WASABI1",
        "bucket_name": "acme-wasabi",
        "endpoint_url": "https://s3.eu-central-1.wasabisys.com",
        "region": "eu-central-1",
        "secret_key": "compatible-secret",
        "storage_provider": "Wasabi",
    },
}


@pytest.fixture
def clock() -> list[float]:
    """The account's time, which stands still until a test moves its only entry."""
    return [1_700_000_000.0]


@pytest.fixture
def imgix(clock: list[float]) -> Iterator[SimulatedImgix]:
    """A simulated account that listens."""
    with SimulatedImgix(clock=lambda: clock[0]) as running:
        yield running


@pytest.fixture
def call(imgix: SimulatedImgix) -> Iterator[Call]:
    """Send a request with the right key: method, path below the base address, and options."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {imgix.api_key}"

        def send(method: str, path: str, **options: Any) -> requests.Response:
            options = {"timeout": 5, "allow_redirects": False, **options}
            return session.request(method, imgix.url + path, **options)

        yield send


@pytest.fixture
def deployment() -> Callable[..., dict[str, Any]]:
    """Return a deployment that imgix takes, of a type, with other values on top."""

    def complete(source_type: str = "s3", **other: Any) -> dict[str, Any]:
        common = {"type": source_type, "imgix_subdomains": ["acme"]}
        return {**common, **copy.deepcopy(COMPLETE[source_type]), **other}

    return complete


@pytest.fixture
def post(call: Call) -> Call:
    """POST a source with these attributes."""

    def send(**attributes: Any) -> requests.Response:
        return call(
            "POST", "/sources", json={"data": {"attributes": attributes, "type": "sources"}}
        )

    return send


@pytest.fixture
def patch(call: Call) -> Call:
    """PATCH a source, given by its id, with these attributes."""

    def send(source_id: str, **attributes: Any) -> requests.Response:
        data = {"attributes": attributes, "id": source_id, "type": "sources"}
        return call("PATCH", f"/sources/{source_id}", json={"data": data})

    return send


@pytest.fixture
def create(post: Call, deployment: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """Create a source of a type and return its id."""

    def made(source_type: str = "s3", name: str = "Images", **other: Any) -> str:
        answer = post(name=name, deployment=deployment(source_type, **other))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    return made


@pytest.fixture
def show(call: Call) -> Callable[[str], dict[str, Any]]:
    """GET a source and return its attributes."""

    def shown(source_id: str) -> dict[str, Any]:
        attributes: dict[str, Any] = call("GET", f"/sources/{source_id}").json()["data"][
            "attributes"
        ]
        return attributes

    return shown
