"""imgix's own examples, as its documentation prints them: what is sent, and what is read.

From https://docs.imgix.com/apis/management/sources, section "Source Examples". The documentation
leaves `jsonapi` out of the first two bodies and has it in the other two; here it is always sent.
"""

from __future__ import annotations

from typing import Any

from pytest_httpserver import HTTPServer

from imgix_provider.api.client import SourcesClient

ID = "6359b5ba8147da20e8edfdd5"
JSON_API = {"jsonapi": {"version": "1.0"}}
REPLY_TO_CREATE: dict[str, Any] = {
    "data": {
        "attributes": {
            "date_deployed": 1666823606,
            "deployment": {
                "annotation": "New deployment created for source by imgix.",
                "cache_ttl_behavior": "respect_origin",
            },
            "deployment_status": "deploying",
            "enabled": True,
            "name": "example_test",
        },
        "id": ID,
        "type": "sources",
    },
    "included": [],
    "jsonapi": {"version": "1.0"},
    "meta": {},
}
REPLY_TO_UPDATE: dict[str, Any] = {
    "data": {
        "attributes": {
            "date_deployed": 1666822829,
            "deployment": {
                "annotation": "New deployment created for source by imgix.",
                "cache_ttl_behavior": "respect_origin",
            },
        },
        "id": ID,
        "type": "sources",
    },
    "included": [],
    "jsonapi": {"version": "1.0"},
    "meta": {},
}
S3_COMPATIBLE = {
    "type": "s3_compatible",
    "storage_provider": "$YOUR_STORAGE_PROVIDER",
    "access_key_id": "$YOUR_ACCESS_KEY",
    "bucket_name": "$YOUR_BUCKET_NAME",
    "secret_key": "$YOUR_SECRET_KEY",
    "endpoint_url": "$YOUR_ENDPOINT_URL",
    "region": "$YOUR_REGION",
    "imgix_subdomains": ["$YOUR_IMGIX_SUBDOMAIN"],
}


def test_creating_a_new_s3_source(httpserver: HTTPServer, client: SourcesClient) -> None:
    """The first example: the body as documented goes out, and the reply is understood."""
    deployment = {
        "type": "s3",
        "s3_access_key": "$YOUR_S3_ACCESS_KEY",
        "s3_bucket": "$YOUR_S3_BUCKET",
        "s3_secret_key": "$YOUR_S3_SECRET_KEY",
        "imgix_subdomains": ["$YOUR_IMGIX_SUBDOMAIN"],
    }
    documented = {
        "data": {
            "attributes": {"name": "example_test", "deployment": deployment},
            "type": "sources",
        }
    }
    httpserver.expect_oneshot_request(
        "/api/v1/sources", method="POST", json={**documented, **JSON_API}
    ).respond_with_json(REPLY_TO_CREATE, status=201)

    source = client.create({"name": "example_test", "deployment": deployment})

    httpserver.check()
    assert (source.id, source.name, source.enabled) == (ID, "example_test", True)
    assert (source.deployment_status, source.date_deployed) == ("deploying", 1666823606)
    assert source.deployment["cache_ttl_behavior"] == "respect_origin"


def test_updating_your_sources_bucket_configuration(
    httpserver: HTTPServer, client: SourcesClient
) -> None:
    """The second example: a PATCH of some fields, whose documented reply is not even whole."""
    deployment = {
        "cache_ttl_value": 31536000,
        "s3_access_key": "$YOUR_S3_ACCESS_KEY",
        "s3_bucket": "$YOUR_S3_BUCKET",
        "s3_secret_key": "$YOUR_S3_SECRET_KEY",
    }
    documented = {
        "data": {
            "attributes": {"name": "example_source", "deployment": deployment},
            "id": ID,
            "type": "sources",
        }
    }
    httpserver.expect_oneshot_request(
        f"/api/v1/sources/{ID}", method="PATCH", json={**documented, **JSON_API}
    ).respond_with_json(REPLY_TO_UPDATE)

    source = client.update(ID, {"name": "example_source", "deployment": deployment})

    httpserver.check()
    assert (source.id, source.date_deployed) == (ID, 1666822829)
    assert not source.complete


def test_creating_a_new_s3_compatible_source(httpserver: HTTPServer, client: SourcesClient) -> None:
    """The third example, body and all (its address names a source id, which a POST has not)."""
    documented = {
        "data": {
            "attributes": {"name": "new_source_name", "deployment": S3_COMPATIBLE},
            "type": "sources",
        },
        "jsonapi": {"version": "1.0"},
    }
    httpserver.expect_oneshot_request(
        "/api/v1/sources", method="POST", json=documented
    ).respond_with_json(REPLY_TO_CREATE, status=201)

    assert client.create({"name": "new_source_name", "deployment": S3_COMPATIBLE}).id == ID
    httpserver.check()


def test_converting_a_web_folder_source_to_an_s3_compatible_source(
    httpserver: HTTPServer, client: SourcesClient
) -> None:
    """The fourth example, body and all: one PATCH with every field of the new type."""
    documented = {
        "data": {
            "attributes": {"name": "sourceName", "deployment": S3_COMPATIBLE},
            "id": "source_id",
            "type": "sources",
        },
        "jsonapi": {"version": "1.0"},
    }
    httpserver.expect_oneshot_request(
        "/api/v1/sources/source_id", method="PATCH", json=documented
    ).respond_with_json(REPLY_TO_UPDATE)

    assert client.update("source_id", {"name": "sourceName", "deployment": S3_COMPATIBLE}).id == ID
    httpserver.check()
