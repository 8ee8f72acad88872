"""Deployments for the tests of this folder: a small one of each type, and generated ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from imgix_provider.sources.declaration import Declaration

SMALL: dict[str, dict[str, Any]] = {
    "s3": {
        "type": "s3",
        "imgix_subdomains": ["acme"],
        "s3_access_key": "AKIAEXAMPLE",
        "s3_bucket": "acme-images",
        "s3_secret_key": "s3-secret-value",
    },
    "gcs": {
        "type": "gcs",
        "imgix_subdomains": ["acme"],
        "gcs_access_key": "GOOGEXAMPLE",
        "gcs_bucket": "acme-images",
        "gcs_secret_key": "gcs-secret-value",
    },
    "azure": {
        "type": "azure",
        "imgix_subdomains": ["acme"],
        "azure_account": "acme",
        "azure_bucket": "images",
        "azure_sas_string": "sv=2024&sig=azure-secret-value",
        "azure_service_type": "blob",
    },
    "webfolder": {
        "type": "webfolder",
        "imgix_subdomains": ["acme"],
        "webfolder_base_url": "https://www.example.com/images/",
    },
    "webproxy": {"type": "webproxy", "imgix_subdomains": ["acme"]},
    "s3_compatible": {
        "type": "s3_compatible",
        "imgix_subdomains": ["acme"],
        "access_key_id": "SPACESEXAMPLE",
        "bucket_name": "acme-images",
        "endpoint_url": "nyc3.digitaloceanspaces.com",
        "region": "nyc3",
        "secret_key": "spaces-secret-value",
        "storage_provider": "DigitalOcean",
    },
}
"""The fewest fields that imgix takes, by type."""


def small(deployment_type: str, **changes: Any) -> dict[str, Any]:
    """Return a small deployment of the type with other values; None takes a field away."""
    deployment = {**SMALL[deployment_type], **changes}
    return {key: value for key, value in deployment.items() if value is not None}


def source(deployment_type: str, **changes: Any) -> dict[str, Any]:
    """Return the inputs of a source whose deployment is a small one with other values."""
    return {"name": "Blog", "deployment": small(deployment_type, **changes)}


def declare(deployment: Mapping[str, Any], **options: Any) -> Declaration:
    """Return a declared source with this deployment."""
    return Declaration(**{"name": "Blog", **options, "deployment": deployment})


_word = st.sampled_from(["one", "two", "three"])
_ttl = st.sampled_from([1800, 86_400, 31_536_000])
_url = st.sampled_from(["https://a.example.com/x.png", "https://b.example.com/y.png"])
_key32 = st.sampled_from(["k" * 32, "é" * 32])

_COMMON: dict[str, st.SearchStrategy[Any]] = {
    "annotation": _word,
    "cache_ttl_behavior": st.sampled_from(["respect_origin", "override_origin"]),
    "cache_ttl_error": st.sampled_from([1, 300, 600]),
    "cache_ttl_value": _ttl,
    "crossdomain_xml_enabled": st.booleans(),
    "custom_domains": st.lists(
        st.sampled_from(["a.example.com", "b.example.com", "c.example.com"]), unique=True
    ),
    "default_params": st.dictionaries(st.sampled_from(["auto", "w", "fit"]), _word, max_size=2),
    "image_error": _url,
    "image_error_append_qs": st.booleans(),
    "image_missing": _url,
    "image_missing_append_qs": st.booleans(),
}
_ORIGIN = {
    "username": _word,
    "password": _word,
    "request_handshake": _key32,
    "request_signing_key": _key32,
}
_OPTIONAL: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "s3": {"s3_prefix": _word, "secure_url_enabled": st.booleans()},
    "gcs": {"gcs_prefix": _word, "secure_url_enabled": st.booleans()},
    "azure": {"azure_prefix": _word, "secure_url_enabled": st.booleans()},
    "webfolder": {**_ORIGIN, "secure_url_enabled": st.booleans()},
    "webproxy": {**_ORIGIN, "secure_url_enabled": st.just(True)},
    "s3_compatible": {"secure_url_enabled": st.booleans()},
}
_OTHER_REQUIRED: dict[str, st.SearchStrategy[Any]] = {
    "azure_service_type": st.sampled_from(["blob", "file"]),
    "webfolder_base_url": _url,
    "storage_provider": st.sampled_from(["DigitalOcean", "Linode", "Wasabi"]),
}

types = st.sampled_from(sorted(SMALL))


@st.composite
def deployments(draw: st.DrawFn, deployment_type: str | None = None) -> dict[str, Any]:
    """Generate valid deployments in canonical form, few values each so that they often agree."""
    chosen = deployment_type or draw(types)
    required = {
        key: draw(_OTHER_REQUIRED.get(key, _word)) for key in SMALL[chosen] if key != "type"
    }
    subdomains = draw(
        st.lists(st.sampled_from(["acme", "blog", "shop"]), min_size=1, max_size=3, unique=True)
    )
    optional = draw(st.fixed_dictionaries({}, optional={**_COMMON, **_OPTIONAL[chosen]}))
    return {"type": chosen, **required, "imgix_subdomains": subdomains, **optional}
