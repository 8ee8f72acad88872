"""The classes of deployments as a person meets them: made, printed, compared and explained."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from imgix_provider import S3Deployment, WebFolderDeployment, WebProxyDeployment
from imgix_provider.deployments.fields import (
    MISSING,
    Field,
    Form,
    Kind,
    deployment_class,
    describe,
    field,
    fields_of,
)
from imgix_provider.deployments.table import (
    COMMON_FIELDS,
    CREDENTIALS,
    FIELDS,
    OTHER_KEYS,
    READ_ONLY,
    properties_of,
)

DOMAINS = {"imgix_subdomains", "custom_domains"}
ADDRESS = "https://www.example.com/"


@deployment_class
class Shelf:
    """Images on a shelf."""

    label: str = field(Kind.STRING, "What it says.")
    height: int | None = field(Kind.INTEGER, "How high.", default=None, unset=3, unit="metres")
    lock: str | None = field(Kind.STRING, "The code.", default=None, write_only=True)
    owner: str = field(Kind.STRING, "Whose it is.", credential=True)


def test_a_class_is_explained_by_its_fields() -> None:
    """The docstring holds what the class is, each field with its rules, and what an error is."""
    assert Shelf.__doc__ == (
        "Images on a shelf.\n"
        "\n"
        "Args:\n"
        "    label: What it says. (string; required)\n"
        "    height: How high. (integer; in metres; imgix's default: 3)\n"
        "    lock: The code. (string; imgix's default: null; a secret that imgix never returns)\n"
        "    owner: Whose it is. (string; required; a secret)\n"
        "\n"
        "Every value may be a Pulumi Output. A value that breaks these rules is a "
        "`pulumi.RunError` when the source is declared, or a failed check in preview if it is not "
        "known before. Documented on https://docs.imgix.com/apis/management/sources.\n"
    )


def test_what_a_field_says_of_itself_is_in_the_table() -> None:
    """A field is required without a default, and a part of a credential if it is never returned."""
    assert fields_of(Shelf) == {
        "label": Field(name="label", kind=Kind.STRING, doc="What it says.", required=True),
        "height": Field(name="height", kind=Kind.INTEGER, doc="How high.", unset=3, unit="metres"),
        "lock": Field(
            name="lock", kind=Kind.STRING, doc="The code.", write_only=True, credential=True
        ),
        "owner": Field(
            name="owner", kind=Kind.STRING, doc="Whose it is.", required=True, credential=True
        ),
    }
    assert list(fields_of(Shelf)) == ["label", "height", "lock", "owner"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"kind": Kind.STRING}, "string; imgix's default: null"),
        ({"kind": Kind.STRING, "unset": ""}, "string; imgix's default: a line that names the user"),
        ({"kind": Kind.BOOLEAN, "unset": True}, "boolean; imgix's default: true"),
        ({"kind": Kind.BOOLEAN, "unset": False}, "boolean; imgix's default: false"),
        ({"kind": Kind.LIST, "unset": []}, "list of strings; imgix's default: []"),
        ({"kind": Kind.OBJECT, "unset": {}}, "object; imgix's default: {}"),
        ({"kind": Kind.STRING, "unset": "a"}, "string; imgix's default: a"),
        (
            {"kind": Kind.INTEGER, "unit": "seconds", "minimum": 0, "maximum": 9, "required": True},
            "integer; in seconds; from 0 to 9; required",
        ),
        (
            {"kind": Kind.STRING, "choices": ("a", "b", "c"), "required": True},
            "string; a or b or c; required",
        ),
        (
            {"kind": Kind.STRING, "choices": ("a", "b"), "open_choices": True, "required": True},
            "string; usually a or b; required",
        ),
        (
            {"kind": Kind.LIST, "form": Form.DOMAIN, "most_items": 5, "required": True},
            "list of strings; domain; at most 5; required",
        ),
        ({"kind": Kind.STRING, "read_only": True, "required": True}, "string; read-only"),
        (
            {"kind": Kind.STRING, "read_only": True, "credential": True},
            "string; read-only; a secret",
        ),
        (
            {"kind": Kind.STRING, "required": True, "write_only": True, "credential": True},
            "string; required; a secret that imgix never returns",
        ),
    ],
)
def test_every_rule_of_a_field_is_named(facts: dict[str, Any], words: str) -> None:
    """A person reads kind, unit, limits, choices, format and default in one paragraph."""
    assert describe(Field(doc="What it is.", **facts)) == f"What it is. ({words})"


def test_a_field_that_says_nothing_has_no_rules() -> None:
    """Any text passes, it is no secret, and it goes back to nothing."""
    bare = attrs.asdict(Field(kind=Kind.STRING, doc=""))
    assert bare == {
        "name": "",
        "kind": Kind.STRING,
        "doc": "",
        "required": False,
        "unset": None,
        "unset_by_type": {},
        "write_only": False,
        "credential": False,
        "read_only": False,
        "minimum": None,
        "maximum": None,
        "unit": "",
        "choices": (),
        "open_choices": False,
        "form": None,
        "at_least_one": False,
        "most_items": None,
        "unordered": False,
    }
    with pytest.raises(TypeError, match="positional"):
        Field("name")  # type: ignore[call-arg]


def test_a_deployment_prints_as_the_call_that_makes_it() -> None:
    """What was left out is left out, and so is every part of a credential."""
    shown = repr(
        WebFolderDeployment(
            imgix_subdomains=["acme"], webfolder_base_url=ADDRESS, password="canary", annotation=""
        )
    )
    assert shown == (
        "WebFolderDeployment(imgix_subdomains=['acme'], annotation='', "
        "webfolder_base_url='https://www.example.com/')"
    )
    assert repr(S3Deployment()) == "S3Deployment()"  # type: ignore[call-arg]
    assert repr(MISSING) == "MISSING"


def test_a_deployment_is_no_key_of_a_dict() -> None:
    """It holds lists and outputs, which are compared and not hashed."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(WebProxyDeployment(imgix_subdomains=["acme"]))


def test_only_a_deployment_equals_a_deployment() -> None:
    """A plain dict declares the same, and still is something else."""
    proxy = WebProxyDeployment(imgix_subdomains=["acme"])
    anything: object = {"imgix_subdomains": ["acme"]}
    assert proxy != anything
    assert proxy != WebProxyDeployment(imgix_subdomains=["blog"])


def test_a_name_that_is_no_field_is_kept_for_the_check() -> None:
    """The check can then suggest the right one, with what was given beside it."""
    deployment = WebFolderDeployment(
        webfolder_base_url=ADDRESS,
        subdomains=["acme"],  # type: ignore[call-arg]
    )
    assert properties_of(deployment) == {
        "type": "webfolder",
        "webfolder_base_url": ADDRESS,
        "subdomains": ["acme"],
    }
    missing: object = deployment.imgix_subdomains
    assert missing is MISSING


def test_what_only_imgix_sets_is_known_by_its_kind() -> None:
    """An encrypted value is a part of a credential as well."""
    encrypted = ("password", "request_handshake", "request_signing_key")
    assert {
        "allows_upload": Field(
            name="allows_upload",
            kind=Kind.BOOLEAN,
            read_only=True,
            doc="Whether imgix may upload to the origin.",
        ),
        **{
            f"{secret}_encrypted": Field(
                name=f"{secret}_encrypted",
                kind=Kind.STRING,
                read_only=True,
                credential=True,
                doc=f"The encrypted value of `{secret}`.",
            )
            for secret in encrypted
        },
    } == READ_ONLY


def test_a_field_of_any_type_is_either_secret_or_not() -> None:
    """Of all names, just the parts of credentials are apart."""
    names = {name for fields in FIELDS.values() for name in fields}
    assert names - CREDENTIALS == OTHER_KEYS
    assert set(COMMON_FIELDS) <= OTHER_KEYS


@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("imgix_subdomains", Form.SUBDOMAIN),
        ("custom_domains", Form.DOMAIN),
        ("image_error", Form.URL),
        ("image_missing", Form.URL),
        ("azure_account", Form.NAME),
        ("s3_bucket", Form.NAME),
        ("gcs_bucket", Form.NAME),
        ("azure_bucket", Form.NAME),
        ("bucket_name", Form.NAME),
        ("username", Form.NO_COLON),
        ("password", Form.NO_COLON),
        ("request_handshake", Form.LATIN1_32),
        ("request_signing_key", Form.LATIN1_32),
        ("endpoint_url", Form.ENDPOINT),
        ("webfolder_base_url", Form.URL),
    ],
)
def test_a_text_with_a_format_is_checked_for_it(key: str, form: Form) -> None:
    """Every type that has the field asks for the same format, and no other field for any."""
    assert {table[key].form for table in FIELDS.values() if key in table} == {form}


def test_only_domains_come_in_any_order() -> None:
    """Two lists of a hundred at most, in each type; one of them must not be empty."""
    for table in FIELDS.values():
        assert {key for key, spec in table.items() if spec.unordered} == DOMAINS
        assert {key: spec.most_items for key, spec in table.items() if spec.most_items} == (
            dict.fromkeys(DOMAINS, 100)
        )
        assert [key for key, spec in table.items() if spec.at_least_one] == ["imgix_subdomains"]
