"""The table of fields against imgix's documentation, and the classes that it is written as."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from imgix_provider import (
    KEEP,
    Deployment,
    S3Deployment,
    WebFolderDeployment,
    WebProxyDeployment,
)
from imgix_provider.deployments.fields import DOCUMENTATION
from imgix_provider.deployments.table import (
    CREDENTIALS,
    FIELDS,
    READ_ONLY,
    WRITE_ONLY,
    properties_of,
)
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES

ROOT = Path(__file__).parents[2]
COMMON = {
    "annotation",
    "cache_ttl_behavior",
    "cache_ttl_error",
    "cache_ttl_value",
    "crossdomain_xml_enabled",
    "custom_domains",
    "default_params",
    "image_error",
    "image_error_append_qs",
    "image_missing",
    "image_missing_append_qs",
    "imgix_subdomains",
    "secure_url_enabled",
}
ORIGIN = {"username", "password", "request_handshake", "request_signing_key"}
ORIGIN_READ_ONLY = {
    "password_encrypted",
    "request_handshake_encrypted",
    "request_signing_key_encrypted",
}
# As on https://docs.imgix.com/apis/management/sources: the required and the other fields of each
# type, those that are never returned, and the attributes that only imgix sets.
DOCUMENTED = {
    "s3": (
        {"s3_access_key", "s3_bucket", "s3_secret_key"},
        {"s3_prefix"},
        {"s3_secret_key"},
        {"allows_upload"},
    ),
    "gcs": (
        {"gcs_access_key", "gcs_bucket", "gcs_secret_key"},
        {"gcs_prefix"},
        {"gcs_secret_key"},
        {"allows_upload"},
    ),
    "azure": (
        {"azure_account", "azure_bucket", "azure_sas_string", "azure_service_type"},
        {"azure_prefix"},
        {"azure_sas_string"},
        {"allows_upload"},
    ),
    "webfolder": (
        {"webfolder_base_url"},
        ORIGIN,
        {"password", "request_handshake", "request_signing_key"},
        ORIGIN_READ_ONLY,
    ),
    "webproxy": (
        set[str](),
        ORIGIN,
        {"password", "request_handshake", "request_signing_key"},
        ORIGIN_READ_ONLY,
    ),
    "s3_compatible": (
        {
            "access_key_id",
            "bucket_name",
            "endpoint_url",
            "region",
            "secret_key",
            "storage_provider",
        },
        set[str](),
        {"secret_key"},
        set[str](),
    ),
}
DEFAULTS = {
    "annotation": "",
    "cache_ttl_behavior": "respect_origin",
    "cache_ttl_error": 300,
    "cache_ttl_value": 31_536_000,
    "crossdomain_xml_enabled": False,
    "custom_domains": [],
    "default_params": {},
    "image_error": None,
    "image_error_append_qs": False,
    "image_missing": None,
    "image_missing_append_qs": False,
    "secure_url_enabled": False,
}


def test_the_six_documented_types_are_there() -> None:
    """Nothing is left out and nothing is made up."""
    assert set(FIELDS) == set(DEPLOYMENT_CLASSES) == set(DOCUMENTED)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_documented_field_is_in_the_table(name: str) -> None:
    """Each type has just its fields and the common ones, required and secret as documented."""
    required, optional, write_only, read_only = DOCUMENTED[name]
    fields = FIELDS[name]

    assert set(fields) == COMMON | required | optional
    assert {key for key, spec in fields.items() if spec.required} == {
        "imgix_subdomains",
        *required,
    }
    assert {key for key, spec in fields.items() if spec.write_only} == write_only
    assert set(DEPLOYMENT_CLASSES[name].read_only) == read_only


def test_what_is_never_returned_is_known_of_all_types() -> None:
    """A refresh asks of one name, whatever the type."""
    never = {key for _, _, write_only, _ in DOCUMENTED.values() for key in write_only}
    assert never == WRITE_ONLY


def test_read_only_attributes_are_those_of_all_types() -> None:
    """What imgix sets by itself cannot be declared for any type."""
    assert set(READ_ONLY) == {"allows_upload", *ORIGIN_READ_ONLY}


@pytest.mark.parametrize(("key", "default"), DEFAULTS.items())
def test_a_removed_field_goes_back_to_the_documented_default(key: str, default: object) -> None:
    """One default for all types, but a web proxy keeps secure URLs on, and GCS its caching."""
    exceptions = {
        ("webproxy", "secure_url_enabled"): True,
        ("gcs", "cache_ttl_behavior"): "enforce_minimum",
    }
    for name, fields in FIELDS.items():
        assert fields[key].default_for(name) == exceptions.get((name, key), default)


@pytest.mark.parametrize(
    ("name", "key", "minimum", "maximum"),
    [("s3", "cache_ttl_error", 1, 31_536_000), ("s3", "cache_ttl_value", 1800, 31_536_000)],
)
def test_ttl_limits_are_the_documented_ones(
    name: str, key: str, minimum: int, maximum: int
) -> None:
    """Both TTLs have their own lower limit and the same upper one."""
    assert (FIELDS[name][key].minimum, FIELDS[name][key].maximum) == (minimum, maximum)


@pytest.mark.parametrize(
    ("name", "key", "choices"),
    [
        (
            "gcs",
            "cache_ttl_behavior",
            {"respect_origin", "override_origin", "enforce_minimum"},
        ),
        ("azure", "azure_service_type", {"blob", "file"}),
        ("s3_compatible", "storage_provider", {"DigitalOcean", "Linode", "Wasabi"}),
    ],
)
def test_accepted_values_are_the_documented_ones(name: str, key: str, choices: set[str]) -> None:
    """The enumerations hold imgix's words, in imgix's spelling."""
    assert set(FIELDS[name][key].choices) == choices


def test_every_part_of_a_credential_counts_as_one() -> None:
    """What becomes a Pulumi secret by itself is every key, secret, token string and password."""
    assert {
        "s3_access_key",
        "s3_secret_key",
        "gcs_access_key",
        "gcs_secret_key",
        "azure_sas_string",
        "access_key_id",
        "secret_key",
        "password",
        "request_handshake",
        "request_signing_key",
        *ORIGIN_READ_ONLY,
    } == CREDENTIALS


def test_a_deployment_cannot_be_changed_once_made() -> None:
    """Data is frozen, so one deployment can stand behind several sources."""
    deployment = WebFolderDeployment(
        imgix_subdomains=["acme"], webfolder_base_url="https://www.example.com/"
    )
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        deployment.webfolder_base_url = "https://other.example.com/"  # type: ignore[misc]


@pytest.mark.parametrize("cls", DEPLOYMENT_CLASSES.values())
def test_fields_are_given_by_name_alone(cls: type) -> None:
    """A second positional string cannot end up in the wrong field."""
    with pytest.raises(TypeError, match="takes arguments by name, such as imgix_subdomains"):
        cls(["acme"])


def test_a_secret_is_not_in_the_repr() -> None:
    """Printing a deployment while looking for a mistake shows no part of a credential."""
    shown = repr(
        S3Deployment(
            imgix_subdomains=["acme"],
            s3_bucket="acme-images",
            s3_access_key="AKIACANARY",
            s3_secret_key="canary-secret",
        )
    )
    assert "acme-images" in shown
    assert "AKIACANARY" not in shown
    assert "canary-secret" not in shown


def test_deployments_are_compared_by_what_they_say() -> None:
    """Two that say the same are equal, and another type or value, a stray key too, is not."""

    def folder(**more: Any) -> WebFolderDeployment:
        address = "https://www.example.com/"
        return WebFolderDeployment(imgix_subdomains=["acme"], webfolder_base_url=address, **more)

    assert folder() == folder()
    assert folder() != folder(cache_ttl_value=86_400)
    assert folder() != folder(cache_ttl_vale=86_400)
    assert WebProxyDeployment(imgix_subdomains=["acme"]) != Deployment(imgix_subdomains=["acme"])


def test_only_what_was_given_is_declared() -> None:
    """A field left out, or None, is imgix's to choose; the type stands first."""
    deployment = WebFolderDeployment(
        imgix_subdomains=["acme"],
        webfolder_base_url="https://www.example.com/",
        image_error=None,
        secure_url_enabled=False,
    )
    assert list(properties_of(deployment).items()) == [
        ("type", "webfolder"),
        ("imgix_subdomains", ["acme"]),
        ("secure_url_enabled", False),
        ("webfolder_base_url", "https://www.example.com/"),
    ]


def test_keep_stands_in_a_declaration_as_it_is_written_in_a_stack_file() -> None:
    """The constant and the word in a stack's configuration are one."""
    deployment = S3Deployment(
        imgix_subdomains=["acme"], s3_access_key="AKIA", s3_bucket="b", s3_secret_key=KEEP
    )
    assert properties_of(deployment)["s3_secret_key"] == "imgix:keep"


@pytest.mark.parametrize("cls", DEPLOYMENT_CLASSES.values())
def test_an_editor_shows_every_field_with_its_rules(cls: type) -> None:
    """The docstring of each class lists its fields and names imgix's own page."""
    text = cls.__doc__ or ""
    assert DOCUMENTATION in text
    for key in FIELDS[cls.type]:  # type: ignore[attr-defined]
        assert f"    {key}: " in text
    assert "from 1800 to 31536000; imgix's default: 31536000" in text


def test_the_reference_is_up_to_date() -> None:
    """The page of fields is what `scripts/fields` prints from the table."""
    printed = subprocess.run(
        [sys.executable, "scripts/fields.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs" / "fields.md").read_text() == printed, (
        "run scripts/fields > docs/fields.md"
    )
