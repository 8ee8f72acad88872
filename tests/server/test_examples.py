"""The four example requests of imgix's documentation, as they stand there."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from imgix_testing.server import SimulatedImgix

Call = Callable[..., requests.Response]

CREATE_S3 = """
{
  "data": {
    "attributes": {
      "name": "example_test",
      "deployment": {
        "type": "s3",
        "s3_access_key": "$YOUR_S3_ACCESS_KEY",
        "s3_bucket": "$YOUR_S3_BUCKET",
        "s3_secret_key": "$YOUR_S3_SECRET_KEY",
        "imgix_subdomains": [
          "$YOUR_IMGIX_SUBDOMAIN"
        ]
      }
    },
    "type": "sources"
  }
}
"""
UPDATE_BUCKET = """
{
  "data": {
    "attributes": {
      "name": "example_source",
      "deployment": {
        "cache_ttl_value": 31536000,
        "s3_access_key": "$YOUR_S3_ACCESS_KEY",
        "s3_bucket": "$YOUR_S3_BUCKET",
        "s3_secret_key": "$YOUR_S3_SECRET_KEY",
      }
    },
    "id": "6359b5ba8147da20e8edfdd5",
    "type": "sources"
  }
}
"""
CREATE_COMPATIBLE = """
{
    "data": {
        "attributes": {
            "name": "new_source_name",
            "deployment": {
                "type": "s3_compatible",
                "storage_provider": "$YOUR_STORAGE_PROVIDER",
                "access_key_id": "$YOUR_ACCESS_KEY",
                "bucket_name": "$YOUR_BUCKET_NAME",
                "secret_key": "$YOUR_SECRET_KEY",
                "endpoint_url": "$YOUR_ENDPOINT_URL",
                "region": "$YOUR_REGION",
                "imgix_subdomains": [
                    "$YOUR_IMGIX_SUBDOMAIN"
                ]
            }
        },
        "type": "sources"
    },
    "jsonapi": {
        "version": "1.0"
    }
}
"""
CONVERT = """
{
  "data": {
    "attributes": {
      "name": "sourceName",
      "deployment": {
        "type": "s3_compatible",
        "storage_provider": "$YOUR_STORAGE_PROVIDER",
        "access_key_id": "$YOUR_ACCESS_KEY",
        "bucket_name": "$YOUR_BUCKET_NAME",
        "secret_key": "$YOUR_SECRET_KEY",
        "endpoint_url": "$YOUR_ENDPOINT_URL",
        "region": "$YOUR_REGION",
        "imgix_subdomains": ["$YOUR_IMGIX_SUBDOMAIN"]
      }
    },
    "id": "source_id",
    "type": "sources"
  },
  "jsonapi": {
    "version": "1.0"
  }
}
"""
HEADERS = {"Content-Type": "application/vnd.api+json"}


def filled(body: str, source_id: str = "") -> str:
    """Put values in the places that the documentation leaves to its reader."""
    for placeholder, value in {
        "$YOUR_STORAGE_PROVIDER": "Wasabi",
        "$YOUR_IMGIX_SUBDOMAIN": "acme-docs",
        "$YOUR_ENDPOINT_URL": "https://s3.wasabisys.com",
        "6359b5ba8147da20e8edfdd5": source_id,
        '"id": "source_id"': f'"id": "{source_id}"',
    }.items():
        body = body.replace(placeholder, value)
    return body


def test_the_first_example_creates_an_s3_source(imgix: SimulatedImgix, call: Call) -> None:
    """The documented S3 request creates a source and is answered as documented."""
    answer = call("POST", "/sources", data=filled(CREATE_S3), headers=HEADERS)

    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    document = answer.json()
    assert set(document) == {"data", "included", "jsonapi", "meta"}
    assert document["included"] == []
    assert document["jsonapi"] == {"version": "1.0"}
    assert set(document["meta"]["authentication"]) == {
        *("authorized", "clientId", "mode", "modeTitle", "tag", "user")
    }
    assert set(document["meta"]["server"]) == {"commit", "status", "version"}
    data = document["data"]
    assert data["type"] == "sources"
    assert re.fullmatch("[0-9a-f]{24}", data["id"])
    assert int(data["id"][:8], 16) == data["attributes"]["date_deployed"] == 1_700_000_000
    assert data["attributes"]["name"] == "example_test"
    assert data["attributes"]["enabled"] is True
    assert data["attributes"]["deployment_status"] == "deploying"
    shown = data["attributes"]["deployment"]
    assert shown["annotation"] == "New deployment created for source by imgix."
    assert shown["cache_ttl_behavior"] == "respect_origin"
    assert imgix.source(data["id"]).deployment["s3_secret_key"] == "$YOUR_S3_SECRET_KEY"


def test_the_second_example_is_no_json_until_its_comma_goes(
    imgix: SimulatedImgix, call: Call
) -> None:
    """The documented bucket update has a comma too many; without it the keys are merged."""
    source_id = imgix.add_source(
        deployment={"type": "s3", "imgix_subdomains": ["kept"], "s3_prefix": "kept/"}
    )
    body = filled(UPDATE_BUCKET, source_id)
    path = f"/sources/{source_id}"

    refused = call("PATCH", path, data=body, headers=HEADERS)
    assert (refused.status_code, imgix.source(source_id).name) == (400, "Added by hand")

    answer = call("PATCH", path, data=re.sub(r",(\s*})", r"\1", body), headers=HEADERS)
    assert answer.status_code == 200
    attributes = answer.json()["data"]["attributes"]
    assert attributes["name"] == "example_source"
    assert attributes["deployment"]["s3_bucket"] == "$YOUR_S3_BUCKET"
    assert attributes["deployment"]["imgix_subdomains"] == ["kept"]
    assert attributes["deployment"]["s3_prefix"] == "kept/"


def test_the_third_example_works_at_the_path_of_creates(call: Call) -> None:
    """The documented S3-compatible create names a source's path; it works where creates go."""
    body = filled(CREATE_COMPATIBLE)
    assert call("POST", "/sources/source_id", data=body, headers=HEADERS).status_code == 405

    answer = call("POST", "/sources", data=body, headers=HEADERS)
    assert answer.status_code == 201
    shown = answer.json()["data"]["attributes"]["deployment"]
    assert (shown["type"], shown["storage_provider"]) == ("s3_compatible", "Wasabi")
    assert "secret_key" not in shown


def test_the_fourth_example_converts_a_web_folder(imgix: SimulatedImgix, call: Call) -> None:
    """The documented conversion makes the same source an S3-compatible one."""
    web: dict[str, Any] = {"type": "webfolder", "webfolder_base_url": "https://a.example/"}
    source_id = imgix.add_source(deployment={**web, "imgix_subdomains": ["acme-docs"]})

    body = filled(CONVERT, source_id)
    answer = call("PATCH", f"/sources/{source_id}", data=body, headers=HEADERS)

    assert answer.status_code == 200
    shown = answer.json()["data"]["attributes"]["deployment"]
    assert shown["type"] == "s3_compatible"
    assert "webfolder_base_url" not in shown
    assert "webfolder_base_url" not in imgix.source(source_id).deployment


@pytest.mark.parametrize("media_type", ["application/json", "application/vnd.api+json"])
def test_both_media_types_are_taken(call: Call, media_type: str) -> None:
    """Plain JSON is taken as well as JSON:API's own media type."""
    headers = {"Content-Type": media_type}
    answer = call("POST", "/sources", data=filled(CREATE_S3), headers=headers)
    assert answer.status_code == 201
