"""What is told wrong before a request is sent: a table of mistakes, and the words for each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgix_provider import KEEP
from imgix_provider.deployments.table import FIELDS, properties_of
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.messages import spell
from imgix_provider.sources.unusual import warnings_of
from imgix_provider.sources.validation import problems_of
from tests.declarations import SMALL, deployments, source

UNKNOWN = object()


def is_unknown(value: object) -> bool:
    """Tell the stand-in for a value that becomes known later."""
    return value is UNKNOWN


# Each row: inputs, the path of the one problem, and words that it must hold.
MISTAKES: dict[str, tuple[dict[str, Any], str, str]] = {
    # the type and the fields that it brings
    "no type": (source("s3", type=None), "deployment.type", "is required: s3, gcs"),
    "a type that is misspelt": (
        source("webfolder", type="webfolders"),
        "deployment.type",
        'not "webfolders"; did you mean webfolder?',
    ),
    "a field that is misspelt": (
        source("s3", s3_prefx="images"),
        "deployment.s3_prefx",
        "is not a documented field; did you mean s3_prefix?",
    ),
    "a field that is like no other": (
        source("s3", zzzzzz="x"),
        "deployment.zzzzzz",
        "is not a documented field",
    ),
    "a field of another type": (
        source("s3", gcs_bucket="b"),
        "deployment.gcs_bucket",
        "belongs to type gcs; the type here is s3",
    ),
    "a field of two other types": (
        source("gcs", username="u"),
        "deployment.username",
        "belongs to type webfolder and webproxy; the type here is gcs",
    ),
    "an attribute that imgix sets": (
        source("s3", allows_upload=True),
        "deployment.allows_upload",
        "read-only",
    ),
    "an encrypted value that imgix returned": (
        source("webfolder", password_encrypted="x"),
        "deployment.password_encrypted",
        "read-only",
    ),
    # numbers
    "an error TTL of nothing": (
        source("s3", cache_ttl_error=0),
        "deployment.cache_ttl_error",
        "must be from 1 to 31536000 seconds, not 0",
    ),
    "an error TTL of more than a year": (
        source("s3", cache_ttl_error=31_536_001),
        "deployment.cache_ttl_error",
        "not 31536001",
    ),
    "a TTL below half an hour": (
        source("s3", cache_ttl_value=1799),
        "deployment.cache_ttl_value",
        "must be from 1800 to 31536000 seconds, not 1799",
    ),
    "a TTL in milliseconds": (
        source("s3", cache_ttl_value=86_400_000),
        "deployment.cache_ttl_value",
        "seconds, not 86400000: is it in milliseconds? Write 86400",
    ),
    "bucket and region swapped": (
        source(
            "s3_compatible",
            bucket_name="nyc3",
            region="acme-images",
            endpoint_url="https://nyc3.digitaloceanspaces.com",
        ),
        "deployment.region",
        '"acme-images" looks like the bucket, and bucket_name like the region: swap them',
    ),
    "the address of an image for a subdomain": (
        source("s3", imgix_subdomains=["https://acme-blog.imgix.net/cat.jpg?w=1"]),
        "deployment.imgix_subdomains[0]",
        "write just acme-blog",
    ),
    "a domain of one's own for a subdomain": (
        source("s3", imgix_subdomains=["images.example.com"]),
        "deployment.imgix_subdomains[0]",
        "has a dot: write only what comes before .imgix.net; a domain of your own goes in "
        "custom_domains",
    ),
    "a TTL of more than a year": (
        source("s3", cache_ttl_value=31_536_001.0),
        "deployment.cache_ttl_value",
        "not 31536001",
    ),
    "half a second": (
        source("s3", cache_ttl_error=300.5),
        "deployment.cache_ttl_error",
        "must be a whole number of seconds, not 300.5",
    ),
    "a number as text": (
        source("s3", cache_ttl_error="300"),
        "deployment.cache_ttl_error",
        'must be a whole number of seconds, not "300"',
    ),
    "true for a number": (
        source("s3", cache_ttl_error=True),
        "deployment.cache_ttl_error",
        "must be a whole number of seconds, not true",
    ),
    "not a number at all": (
        source("s3", cache_ttl_error=float("nan")),
        "deployment.cache_ttl_error",
        "must be a whole number",
    ),
    # words, booleans, texts
    "a cache behaviour that there is not": (
        source("s3", cache_ttl_behavior="override"),
        "deployment.cache_ttl_behavior",
        'must be respect_origin, override_origin or enforce_minimum, not "override"',
    ),
    "a service type in capitals": (
        source("azure", azure_service_type="Blob"),
        "deployment.azure_service_type",
        'must be blob or file, not "Blob"; did you mean blob?',
    ),
    "yes for true": (
        source("s3", secure_url_enabled="yes"),
        "deployment.secure_url_enabled",
        'must be true or false, not "yes"',
    ),
    "a number for a bucket": (
        source("s3", s3_bucket=5),
        "deployment.s3_bucket",
        "must be text, not 5",
    ),
    "an empty bucket": (
        source("s3", s3_bucket=" "),
        "deployment.s3_bucket",
        "must not be empty",
    ),
    # domains
    "no subdomain": (
        source("s3", imgix_subdomains=[]),
        "deployment.imgix_subdomains",
        "needs at least one",
    ),
    "a subdomain that is no list": (
        source("s3", imgix_subdomains="acme"),
        "deployment.imgix_subdomains",
        'must be a list: write ["acme"]',
    ),
    "a subdomain with imgix.net": (
        source("s3", imgix_subdomains=["acme.imgix.net"]),
        "deployment.imgix_subdomains[0]",
        'is "acme.imgix.net": write just acme',
    ),
    "a subdomain as an address": (
        source("s3", imgix_subdomains=["ok", "https://acme.imgix.net/"]),
        "deployment.imgix_subdomains[1]",
        "write just acme",
    ),
    "a subdomain with a dot": (
        source("s3", imgix_subdomains=["img.acme"]),
        "deployment.imgix_subdomains[0]",
        "has a dot: write only what comes before .imgix.net",
    ),
    "a subdomain that ends in a hyphen": (
        source("s3", imgix_subdomains=["acme-"]),
        "deployment.imgix_subdomains[0]",
        "hyphens, not at the ends",
    ),
    "a subdomain that is too long": (
        source("s3", imgix_subdomains=["a" * 64]),
        "deployment.imgix_subdomains[0]",
        "at most 63 characters",
    ),
    "a subdomain twice": (
        source("s3", imgix_subdomains=["acme", "blog", "acme"]),
        "deployment.imgix_subdomains[2]",
        '"acme" is listed twice',
    ),
    "too many subdomains": (
        source("s3", imgix_subdomains=[f"acme-{n}" for n in range(101)]),
        "deployment.imgix_subdomains",
        "holds 101; imgix takes 100 at most",
    ),
    "a number among domains": (
        source("s3", custom_domains=[7]),
        "deployment.custom_domains[0]",
        "must be text, not 7",
    ),
    "a custom domain twice in other letters": (
        source("s3", custom_domains=["a.example.com", "A.example.com"]),
        "deployment.custom_domains[1]",
        "is listed twice",
    ),
    "a custom domain with a path": (
        source("s3", custom_domains=["https://img.example.com/x"]),
        "deployment.custom_domains[0]",
        "write just img.example.com",
    ),
    "a custom domain of imgix": (
        source("s3", custom_domains=["acme.imgix.net"]),
        "deployment.custom_domains[0]",
        "write acme in imgix_subdomains",
    ),
    "a custom domain of one word": (
        source("s3", custom_domains=["images"]),
        "deployment.custom_domains[0]",
        "is not a domain such as",
    ),
    # addresses
    "a relative image": (
        source("s3", image_missing="/missing.png"),
        "deployment.image_missing",
        'must be an absolute URL such as https://www.example.com/images/, not "/missing.png"',
    ),
    "an image without a host": (
        source("s3", image_error="https:///error.png"),
        "deployment.image_error",
        "must be an absolute URL",
    ),
    "a folder over ftp": (
        source("webfolder", webfolder_base_url="ftp://example.com/"),
        "deployment.webfolder_base_url",
        "must be an absolute URL",
    ),
    "an endpoint with a blank": (
        source("s3_compatible", endpoint_url="nyc3 spaces"),
        "deployment.endpoint_url",
        "must be the host or URL of the provider's API",
    ),
    # how imgix shows the origin who it is
    "a colon in the user": (
        source("webfolder", username="me:too"),
        "deployment.username",
        "must not contain a colon or control characters",
    ),
    "a tab in the user": (
        source("webproxy", username="me\ttoo"),
        "deployment.username",
        "must not contain a colon or control characters",
    ),
    "a colon in the password": (
        source("webproxy", password="canary:pass"),
        "deployment.password",
        "must not contain a colon or control characters",
    ),
    "a line break in the password": (
        source("webfolder", password="canary\n"),
        "deployment.password",
        "must not contain a colon or control characters",
    ),
    "a handshake of 31 characters": (
        source("webfolder", request_handshake="h" * 31),
        "deployment.request_handshake",
        "must be exactly 32 latin-1 characters; this has 31",
    ),
    "a signing key of 33 characters": (
        source("webproxy", request_signing_key="h" * 33),
        "deployment.request_signing_key",
        "this has 33",
    ),
    "a signing key beyond latin-1": (
        source("webfolder", request_signing_key="€" * 32),
        "deployment.request_signing_key",
        "some are not latin-1",
    ),
    "a web proxy without secure URLs": (
        source("webproxy", secure_url_enabled=False),
        "deployment.secure_url_enabled",
        "a web proxy needs secure URLs",
    ),
    # rendering parameters
    "parameters as text": (
        source("s3", default_params="auto=format"),
        "deployment.default_params",
        "must be an object of rendering parameters",
    ),
    "a parameter that is a list": (
        source("s3", default_params={"auto": ["format", "compress"]}),
        "deployment.default_params.auto",
        'must be one value: write "format,compress"',
    ),
    "a parameter that is an object": (
        source("s3", default_params={"auto": {"format": True}}),
        "deployment.default_params.auto",
        "must be text, a number, true or false",
    ),
    "a parameter without a name": (
        source("s3", default_params={"": "x"}),
        "deployment.default_params",
        "holds a parameter without a name",
    ),
    # what is kept
    "keep for what imgix returns": (
        source("s3", s3_bucket=KEEP),
        "deployment.s3_bucket",
        "imgix:keep is for credentials that imgix already holds",
    ),
    # the source itself
    "no name": ({"deployment": SMALL["s3"]}, "name", "is required"),
    "an empty name": ({**source("s3"), "name": "  "}, "name", "must be text that is not empty"),
    "no deployment": ({"name": "Blog"}, "deployment", "is required"),
    "a deployment that is a word": (
        {"name": "Blog", "deployment": "s3"},
        "deployment",
        "must be one of the deployment classes or an object",
    ),
    "enabled in words": (
        {**source("s3"), "enabled": "no"},
        "enabled",
        'must be true or false, not "no"',
    ),
    "an unknown way to delete": (
        {**source("s3"), "on_delete": "delete"},
        "on_delete",
        'must be disable, release or retain, not "delete"; did you mean release?',
    ),
    "an unknown way to change the type": (
        {**source("s3"), "on_type_change": "recreate"},
        "on_type_change",
        "must be update or replace",
    ),
    "a name to adopt": (
        {**source("s3"), "adopt": "my blog"},
        "adopt",
        "must be the id of a source",
    ),
    "no time to deploy": (
        {**source("s3"), "deploy_timeout": 0},
        "deploy_timeout",
        "must be a number of seconds above 0, at most 86400",
    ),
    "an input that is misspelt": (
        {**source("s3"), "on_deleted": "retain"},
        "on_deleted",
        "is not an input of a source; did you mean on_delete?",
    ),
    "an output": (
        {**source("s3"), "secure_url_token": "x"},
        "secure_url_token",
        "is set by imgix and cannot be declared",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_to_write(mistake: str) -> None:
    """One mistake is one problem, at the path of the value, in words that lead to the right one."""
    inputs, path, words = MISTAKES[mistake]
    (problem,) = problems_of(inputs)
    assert problem.path == path
    assert words in str(problem)


REQUIRED = [
    (name, key) for name, fields in FIELDS.items() for key, spec in fields.items() if spec.required
]


@pytest.mark.parametrize(("name", "key"), REQUIRED)
def test_a_missing_required_field_is_told(name: str, key: str) -> None:
    """Each required field of each type is asked for by its name."""
    (problem,) = problems_of(source(name, **{key: None}))
    assert problem.path == f"deployment.{key}"
    assert problem.message.startswith("is required")


FINE: dict[str, dict[str, Any]] = {
    **{f"a small {name}": source(name) for name in SMALL},
    "a whole number as a float": source("s3", cache_ttl_error=300.0),
    "both ends of the ranges": source("s3", cache_ttl_error=1, cache_ttl_value=1800),
    "the other ends": source("s3", cache_ttl_error=31_536_000, cache_ttl_value=31_536_000),
    "the longest subdomain": source("s3", imgix_subdomains=["a" * 63]),
    "a subdomain of one letter": source("s3", imgix_subdomains=["a"]),
    "latin-1 beyond ASCII": source("webfolder", request_handshake="é" * 32),
    "an endpoint as an address": source(
        "s3_compatible", endpoint_url="https://nyc3.digitaloceanspaces.com"
    ),
    "parameters of all kinds": source(
        "s3", default_params={"auto": "format", "w": 200, "dpr": 1.5, "new": True}
    ),
    "fields that are None": {
        **source("s3"),
        "adopt": None,
        "deployment": {**SMALL["s3"], "s3_prefix": None, "gcs_bucket": None},
    },
    "all options": {
        **source("s3"),
        "enabled": False,
        "on_delete": "release",
        "on_type_change": "replace",
        "adopt": "6359b5ba8147da20e8edfdd5",
        "wait_for_deployed": False,
        "deploy_timeout": 0.5,
    },
}


@pytest.mark.parametrize("case", FINE)
def test_what_imgix_takes_is_no_problem(case: str) -> None:
    """Nothing that is documented as accepted is refused."""
    assert problems_of(FINE[case]) == []


def test_an_undocumented_storage_provider_is_a_warning() -> None:
    """More providers may do than imgix lists, so an unlisted one is told, not refused."""
    inputs = source("s3_compatible", storage_provider="Backblaze")
    assert problems_of(inputs) == []
    assert [spell(each) for each in warnings_of(inputs)] == [
        'deployment.storage_provider: "Backblaze" is not among the documented DigitalOcean, '
        "Linode or Wasabi; imgix may refuse it"
    ]
    assert warnings_of(source("s3_compatible")) == []


@pytest.mark.parametrize("name", SMALL)
def test_values_that_are_not_known_yet_pass(name: str) -> None:
    """In preview nothing is told of a value that only the update will know."""
    later = dict.fromkeys(FIELDS[name], UNKNOWN)
    inputs = {"name": UNKNOWN, "enabled": UNKNOWN, "deployment": {"type": name, **later}}
    assert problems_of(inputs, unknown=is_unknown) == []
    assert warnings_of(inputs, is_unknown) == []


def test_known_values_beside_unknown_ones_are_checked() -> None:
    """An unknown subdomain hides neither the wrong one beside it nor a wrong field."""
    inputs = source("s3", imgix_subdomains=[UNKNOWN, "a.b"], default_params={"auto": UNKNOWN})
    (problem,) = problems_of(inputs, unknown=is_unknown)
    assert problem.path == "deployment.imgix_subdomains[1]"


def test_a_deployment_and_a_type_that_are_not_known_yet_pass() -> None:
    """Even the whole deployment, or its type alone, may be an output of another resource."""
    assert problems_of({"name": "Blog", "deployment": UNKNOWN}, unknown=is_unknown) == []
    inputs = source("s3", type=UNKNOWN)
    assert problems_of(inputs, unknown=is_unknown) == []


def test_all_problems_are_told_at_once() -> None:
    """A person mends one file once, not as often as it has mistakes."""
    inputs = {
        "name": "",
        "on_delete": "never",
        "deployment": {
            "type": "s3",
            "imgix_subdomains": ["ok", "a.b", "c.d"],
            "s3_buckett": "b",
            "cache_ttl_value": 5,
            "allows_upload": True,
        },
    }
    assert [problem.path for problem in problems_of(inputs)] == [
        "name",
        "on_delete",
        "deployment.imgix_subdomains[1]",
        "deployment.imgix_subdomains[2]",
        "deployment.s3_buckett",
        "deployment.cache_ttl_value",
        "deployment.allows_upload",
        "deployment.s3_access_key",
        "deployment.s3_bucket",
        "deployment.s3_secret_key",
    ]


CLASS_MISTAKES: dict[str, dict[str, Any]] = {
    "s3": {"cache_ttl_value": 5, "s3_bucket": "", "imgix_subdomains": ["A B"]},
    "gcs": {"gcs_secret_key": None, "custom_domains": ["x"]},
    "azure": {"azure_service_type": "table"},
    "webfolder": {"webfolder_base_url": "images/", "username": "a:b"},
    "webproxy": {"secure_url_enabled": False, "request_handshake": "short"},
    "s3_compatible": {"region": None, "endpoint_url": ""},
}


@pytest.mark.parametrize("name", CLASS_MISTAKES)
def test_a_class_and_a_plain_dict_give_the_same_problems(name: str) -> None:
    """It does not matter how a deployment is written."""
    deployment = source(name, **CLASS_MISTAKES[name])["deployment"]
    arguments = {key: value for key, value in deployment.items() if key != "type"}
    by_class = properties_of(DEPLOYMENT_CLASSES[name](**arguments))
    of_class = problems_of({"name": "Blog", "deployment": by_class})
    of_dict = problems_of({"name": "Blog", "deployment": deployment})
    assert of_class
    assert sorted(map(str, of_class)) == sorted(map(str, of_dict))


@given(deployments())
def test_no_generated_deployment_has_a_problem(deployment: dict[str, Any]) -> None:
    """Whatever combination of documented values is declared, it passes."""
    assert problems_of({"name": "Blog", "deployment": deployment}) == []


SECRETS = [
    (name, key)
    for name, fields in FIELDS.items()
    for key, spec in fields.items()
    if spec.credential
]


@given(
    st.sampled_from(SECRETS),
    st.one_of(st.text(min_size=6), st.lists(st.text(min_size=6), min_size=1), st.binary()),
)
def test_no_message_holds_a_secret(field: tuple[str, str], secret: Any) -> None:
    """Whatever stands where a secret should, what is told of it does not repeat it."""
    name, key = field
    inputs = source(name, **{key: secret})
    said = " ".join([*map(str, problems_of(inputs)), *warnings_of(inputs)])
    said = said.replace(f"deployment.{key}", "")
    for text in secret if isinstance(secret, list) else [secret]:
        if isinstance(text, str) and text.strip() and text not in _OWN_WORDS:
            assert text not in said


_OWN_WORDS = (
    "must not contain a colon or control characters: they break Basic Auth "
    "must be exactly 32 latin-1 characters; this has 32, but some are not latin-1 "
    "must be text, not a value of another type must not be empty"
)


class TestKeep:
    """`KEEP` stands for a part of a credential that imgix already holds."""

    def test_it_is_fine_at_declaration(self) -> None:
        """The program cannot know whether the source is there already."""
        assert problems_of(source("s3", s3_secret_key=KEEP)) == []

    def test_it_is_refused_where_the_source_would_be_created(self) -> None:
        """A new source has no value to keep."""
        (problem,) = problems_of(source("s3", s3_secret_key=KEEP), before={})
        assert problem.path == "deployment.s3_secret_key"
        assert "this source would be created" in problem.message

    def test_it_is_fine_for_a_source_that_is_adopted(self) -> None:
        """An adopted source brings its secrets along."""
        inputs = {**source("s3", s3_secret_key=KEEP), "adopt": "6359b5ba8147da20e8edfdd5"}
        assert problems_of(inputs, before={}) == []

    def test_it_is_fine_for_a_source_that_stands(self) -> None:
        """An existing source of the same type has a value."""
        assert problems_of(source("s3", s3_secret_key=KEEP), before=source("s3")) == []

    def test_it_is_refused_where_the_type_changes(self) -> None:
        """A source of another type never had this field."""
        (problem,) = problems_of(source("s3", s3_secret_key=KEEP), before=source("gcs"))
        assert "the type changes from gcs to s3" in problem.message
