"""Which bodies imgix takes, and which it refuses and with what words."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from imgix_testing.server import SimulatedImgix

Call = Callable[..., requests.Response]
TYPES = ("azure", "gcs", "s3", "webfolder", "webproxy", "s3_compatible")
WRITE_ONLY = {
    *("azure_sas_string", "gcs_secret_key", "s3_secret_key", "secret_key"),
    *("password", "request_handshake", "request_signing_key"),
}
REQUIRED = {
    "azure": ("azure_account", "azure_bucket", "azure_sas_string", "azure_service_type"),
    "gcs": ("gcs_access_key", "gcs_bucket", "gcs_secret_key"),
    "s3": ("s3_access_key", "s3_bucket", "s3_secret_key"),
    "webfolder": ("webfolder_base_url",),
    "webproxy": (),
    "s3_compatible": (
        *("access_key_id", "bucket_name", "endpoint_url"),
        *("region", "secret_key", "storage_provider"),
    ),
}


def details(answer: requests.Response) -> str:
    """Return what an error reply says, as one text."""
    return "\n".join(error["detail"] for error in answer.json()["errors"])


@pytest.mark.parametrize("source_type", TYPES)
def test_every_type_is_created_and_shown_without_secrets(
    imgix: SimulatedImgix,
    create: Callable[..., str],
    show: Callable[..., dict[str, Any]],
    deployment: Callable[..., dict[str, Any]],
    source_type: str,
) -> None:
    """A complete body of each type makes a source whose GET shows all but the secrets."""
    source_id = create(source_type)
    given = deployment(source_type)
    shown = show(source_id)["deployment"]

    stored = imgix.source(source_id).deployment
    assert {name: stored[name] for name in given} == given
    assert {name for name in given if name not in shown} == WRITE_ONLY & set(given)
    assert {name: shown[name] for name in set(given) - WRITE_ONLY} == {
        name: value for name, value in given.items() if name not in WRITE_ONLY
    }


def test_a_new_source_has_the_documented_defaults(
    create: Callable[..., str], show: Callable[..., dict[str, Any]]
) -> None:
    """What a create leaves out reads as the documentation says."""
    shown = show(create("s3"))
    assert set(shown) == {"date_deployed", "deployment", "deployment_status", "enabled", "name"}
    assert shown["deployment"] == {
        "allows_upload": False,
        "annotation": "New deployment created for source by imgix.",
        "cache_ttl_behavior": "respect_origin",
        "cache_ttl_error": 300,
        "cache_ttl_value": 31536000,
        "crossdomain_xml_enabled": False,
        "custom_domains": [],
        "default_params": {},
        "image_error": None,
        "image_error_append_qs": False,
        "image_missing": None,
        "image_missing_append_qs": False,
        "imgix_subdomains": ["acme"],
        "s3_access_key": "AKIAEXAMPLE",
        "s3_bucket": "acme-s3",
        "s3_prefix": None,
        "secure_url_enabled": False,
        "type": "s3",
    }


@pytest.mark.parametrize(
    ("source_type", "name"), [(t, name) for t in TYPES for name in (*REQUIRED[t], "")]
)
def test_required_fields_are_required(
    post: Call,
    patch: Call,
    create: Callable[..., str],
    deployment: Callable[..., dict[str, Any]],
    source_type: str,
    name: str,
) -> None:
    """A create without a required field is refused by name, and no PATCH can null it."""
    name = name or "imgix_subdomains"
    complete = deployment(source_type)
    incomplete = {key: value for key, value in complete.items() if key != name}
    refused = post(name="x", deployment=incomplete)
    assert (refused.status_code, details(refused)) == (400, f"deployment.{name} is required")

    refused = patch(create(source_type), deployment={name: None})
    assert (refused.status_code, details(refused)) == (400, f"deployment.{name} cannot be null")


REFUSED_VALUES: list[tuple[str, str, Any]] = [
    ("s3", "annotation", 1),
    ("s3", "cache_ttl_behavior", "sometimes"),
    ("s3", "cache_ttl_error", 0),
    ("s3", "cache_ttl_error", 31_536_001),
    ("s3", "cache_ttl_error", 300.0),
    ("s3", "cache_ttl_error", "300"),
    ("s3", "cache_ttl_error", True),
    ("s3", "cache_ttl_value", 1799),
    ("s3", "cache_ttl_value", 31_536_001),
    ("s3", "crossdomain_xml_enabled", 1),
    ("s3", "crossdomain_xml_enabled", "true"),
    ("s3", "custom_domains", "images.acme.example"),
    ("s3", "custom_domains", ["nodots"]),
    ("s3", "custom_domains", ["under_score.example"]),
    ("s3", "custom_domains", ["https://images.acme.example"]),
    ("s3", "custom_domains", ["127.0.0.1"]),
    ("s3", "custom_domains", ["acme.imgix.net"]),
    ("s3", "custom_domains", ["a.example", "A.example"]),
    ("s3", "custom_domains", [1]),
    ("s3", "custom_domains", [f"d{n}.example" for n in range(100)]),
    ("s3", "default_params", [["w", 1]]),
    ("s3", "default_params", {"w": {"max": 1}}),
    ("s3", "default_params", {"": 1}),
    ("s3", "image_error", "/error.png"),
    ("s3", "image_error", "ftp://acme.example/error.png"),
    ("s3", "image_missing", "https:///missing.png"),
    ("s3", "image_missing", "https://acme.example/not here.png"),
    ("s3", "image_missing", "http://[broken"),
    ("s3", "image_missing_append_qs", "no"),
    ("s3", "imgix_subdomains", []),
    ("s3", "imgix_subdomains", "acme"),
    ("s3", "imgix_subdomains", ["acme.imgix.net"]),
    ("s3", "imgix_subdomains", ["Acme"]),
    ("s3", "imgix_subdomains", ["-acme"]),
    ("s3", "imgix_subdomains", ["acme-"]),
    ("s3", "imgix_subdomains", ["a_b"]),
    ("s3", "imgix_subdomains", ["a" * 64]),
    ("s3", "imgix_subdomains", ["twice", "twice"]),
    ("s3", "imgix_subdomains", [f"s{n}" for n in range(101)]),
    ("s3", "s3_bucket", ""),
    ("s3", "s3_prefix", 7),
    ("s3", "s3_secret_key", 7),
    ("s3", "secure_url_enabled", "yes"),
    ("s3", "allows_upload", True),
    ("s3", "gcs_bucket", "of another type"),
    ("s3", "username", "of another type"),
    ("s3", "robots.txt", "unknown"),
    ("azure", "azure_service_type", "queue"),
    ("s3_compatible", "storage_provider", "wasabi"),
    ("webfolder", "webfolder_base_url", "www.acme.example/images/"),
    ("webfolder", "username", "a:b"),
    ("webfolder", "password", "a\tb"),
    ("webfolder", "password", "a\x85b"),
    ("webfolder", "password_encrypted", "x"),
    ("webfolder", "request_handshake", "h" * 31),
    ("webfolder", "request_signing_key", "h" * 31 + "€"),
    ("webproxy", "secure_url_enabled", False),
    ("webproxy", "webfolder_base_url", "https://of.another.type/"),
    ("webproxy", "request_handshake_encrypted", "x"),
]


@pytest.mark.parametrize(("source_type", "name", "value"), REFUSED_VALUES)
def test_values_that_break_a_rule_are_refused(
    imgix: SimulatedImgix,
    post: Call,
    patch: Call,
    create: Callable[..., str],
    deployment: Callable[..., dict[str, Any]],
    source_type: str,
    name: str,
    value: Any,
) -> None:
    """A value that imgix does not document is refused by POST and PATCH, naming the attribute."""
    refused = post(name="x", deployment=deployment(source_type, **{name: value}))
    assert refused.status_code == 400
    assert f"deployment.{name}" in details(refused)
    assert imgix.sources == {}

    source_id = create(source_type)
    before = imgix.source(source_id)
    refused = patch(source_id, deployment={name: value})
    assert refused.status_code == 400
    assert f"deployment.{name}" in details(refused)
    assert imgix.source(source_id) == before


@pytest.mark.parametrize(
    ("source_type", "name", "value"),
    [
        ("s3", "cache_ttl_error", 1),
        ("s3", "cache_ttl_value", 1800),
        ("s3", "cache_ttl_value", 31_536_000),
        ("s3", "custom_domains", [f"d{n}.example" for n in range(99)]),
        ("s3", "default_params", {"auto": "format", "w": 100, "dpr": 1.5, "page": True}),
        ("s3", "imgix_subdomains", ["a", "0-9", "b" * 63]),
        ("s3", "image_error", "https://acme.example/error.png?x=1"),
        ("s3_compatible", "endpoint_url", "nyc3.digitaloceanspaces.com"),
        ("webfolder", "request_handshake", "ÿ" * 32),
        ("webproxy", "secure_url_enabled", True),
    ],
)
def test_values_at_the_edge_of_a_rule_are_taken(
    create: Callable[..., str],
    show: Callable[..., dict[str, Any]],
    imgix: SimulatedImgix,
    source_type: str,
    name: str,
    value: Any,
) -> None:
    """The least and the most that the documentation allows is taken as it is."""
    assert imgix.source(create(source_type, **{name: value})).deployment[name] == value


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"deployment": {}}, "name is required"),
        ({"name": "x"}, "deployment is required"),
        ({"name": ""}, "name cannot be empty"),
        ({"name": None}, "name cannot be null"),
        ({"name": 3}, "name must be a string"),
        ({"deployment": []}, "deployment must be an object"),
        ({"deployment": None}, "deployment cannot be null"),
        ({"deployment": {"imgix_subdomains": ["a"]}}, "deployment.type is required"),
        ({"deployment": {"type": "ftp"}}, "deployment.type must be one of"),
        ({"deployment": {"type": ["s3"]}}, "deployment.type must be a string"),
        ({"enabled": "true"}, "enabled must be a boolean"),
        ({"enabled": False}, "enabled must be true when a source is created"),
        ({"date_deployed": 1}, "date_deployed is read-only"),
        ({"deployment_status": "deployed"}, "deployment_status is read-only"),
        ({"secure_url_token": "x"}, "secure_url_token is read-only"),
        ({"colour": "blue"}, "colour is not a known attribute"),
    ],
)
def test_odd_sources_are_refused(post: Call, attributes: dict[str, Any], named: str) -> None:
    """What is wrong with a source's own attributes is refused with a sentence about it."""
    refused = post(**attributes)
    assert refused.status_code == 400
    assert named in details(refused)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"data": []}',
        b'{"data": {"attributes": {}}}',
        b'{"data": {"attributes": [], "type": "sources"}}',
        b'{"data": {"attributes": {}, "type": "source"}}',
        b'{"data": {"attributes": {"x": NaN}, "type": "sources"}}',
        b'{"data": {"attributes": {}, "type": "sources", "id": "chosen"}}',
        b'{"data": {"attributes": {}, "type": "sources", "relationships": {}}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_bodies_that_are_no_resource_are_refused(call: Call, body: bytes) -> None:
    """A body that is not JSON, or not a JSON:API resource of type sources, is a 400."""
    headers = {"Content-Type": "application/vnd.api+json"}
    answer = call("POST", "/sources", data=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (400, "Bad Request")


@pytest.mark.parametrize("data", [{"id": "other"}, {"id": None}, {"type": "source"}])
def test_a_patch_names_its_source(
    call: Call, create: Callable[..., str], data: dict[str, Any]
) -> None:
    """A PATCH whose data.id or data.type is not the path's source is refused."""
    source_id = create()
    whole = {"attributes": {"name": "y"}, "id": source_id, "type": "sources", **data}
    assert call("PATCH", f"/sources/{source_id}", json={"data": whole}).status_code == 400
    del whole[next(iter(data))]
    assert call("PATCH", f"/sources/{source_id}", json={"data": whole}).status_code == 400


def test_every_problem_of_a_body_is_told(post: Call) -> None:
    """A body with several mistakes is refused once, with an error for each."""
    errors = post(name=1, deployment={"type": "s3", "s3_bucket": 2}).json()["errors"]
    assert len(errors) == 5
    assert {error["status"] for error in errors} == {"400"}
    assert len({error["id"] for error in errors}) == 1


def test_other_media_types_are_refused(call: Call) -> None:
    """A body sent as a form is refused."""
    assert call("POST", "/sources", data={"data": "x"}).status_code == 400
