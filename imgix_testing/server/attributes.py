"""The attributes of an imgix source, as the Sources API documentation lists them.

Only tables: one `Attribute` for each documented row, the common ones first, then those of each
type. `rules` checks values; `account` stores them and `documents` shows them.
"""

from enum import Enum
from typing import Any, Final, Literal

import attrs


class Unset(Enum):
    """Marks an attribute that has no default."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET

Kind = Literal["string", "integer", "boolean", "list", "object"]
Form = Literal["url", "basic_auth", "latin1_32", "subdomains", "domains", "params"]

LONGEST_TTL: Final = 31_536_000


@attrs.frozen
class Attribute:
    """One row of the documented tables.

    `write_only` is never shown, `read_only` is never accepted; `form` names a further rule.
    """

    name: str
    kind: Kind
    required: bool = attrs.field(default=False, kw_only=True)
    read_only: bool = attrs.field(default=False, kw_only=True)
    write_only: bool = attrs.field(default=False, kw_only=True)
    default: Any = attrs.field(default=UNSET, kw_only=True)
    choices: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    minimum: int | None = attrs.field(default=None, kw_only=True)
    maximum: int | None = attrs.field(default=None, kw_only=True)
    form: Form | None = attrs.field(default=None, kw_only=True)


def _required(name: str, *, write_only: bool = False, **rules: Any) -> Attribute:
    return Attribute(name, "string", required=True, write_only=write_only, **rules)


def _prefix(name: str) -> Attribute:
    return Attribute(name, "string", default=None)


_UPLOADS = Attribute("allows_upload", "boolean", read_only=True)

# How imgix authenticates at a web server: these rows are in both web tables.
_WEB_ORIGIN = (
    Attribute("username", "string", form="basic_auth"),
    Attribute("password", "string", form="basic_auth", write_only=True),
    Attribute("password_encrypted", "string", read_only=True),
    Attribute("request_handshake", "string", form="latin1_32", write_only=True),
    Attribute("request_handshake_encrypted", "string", read_only=True),
    Attribute("request_signing_key", "string", form="latin1_32", write_only=True),
    Attribute("request_signing_key_encrypted", "string", read_only=True),
)

OF_TYPE: Final[dict[str, tuple[Attribute, ...]]] = {
    "azure": (
        _required("azure_account"),
        _required("azure_bucket"),
        _prefix("azure_prefix"),
        _required("azure_sas_string", write_only=True),
        _required("azure_service_type", choices=("blob", "file")),
        _UPLOADS,
    ),
    "gcs": (
        _required("gcs_access_key"),
        _required("gcs_bucket"),
        _prefix("gcs_prefix"),
        _required("gcs_secret_key", write_only=True),
        _UPLOADS,
    ),
    "s3": (
        _required("s3_access_key"),
        _required("s3_bucket"),
        _prefix("s3_prefix"),
        _required("s3_secret_key", write_only=True),
        _UPLOADS,
    ),
    "webfolder": (_required("webfolder_base_url", form="url"), *_WEB_ORIGIN),
    "webproxy": _WEB_ORIGIN,
    "s3_compatible": (
        _required("access_key_id"),
        _required("bucket_name"),
        _required("endpoint_url"),
        _required("region"),
        _required("secret_key", write_only=True),
        _required("storage_provider", choices=("DigitalOcean", "Linode", "Wasabi")),
    ),
}

TYPES: Final = tuple(OF_TYPE)

COMMON: Final = (
    Attribute("annotation", "string", default="New deployment created for source by imgix."),
    Attribute(
        "cache_ttl_behavior",
        "string",
        choices=("respect_origin", "override_origin", "enforce_minimum"),
        default="respect_origin",
    ),
    Attribute("cache_ttl_error", "integer", minimum=1, maximum=LONGEST_TTL, default=300),
    Attribute("cache_ttl_value", "integer", minimum=1800, maximum=LONGEST_TTL, default=LONGEST_TTL),
    # Two switches have no documented default; off is our choice.
    Attribute("crossdomain_xml_enabled", "boolean", default=False),
    Attribute("custom_domains", "list", form="domains", default=[]),
    Attribute("default_params", "object", form="params", default={}),
    Attribute("image_error", "string", form="url", default=None),
    Attribute("image_error_append_qs", "boolean", default=False),
    Attribute("image_missing", "string", form="url", default=None),
    Attribute("image_missing_append_qs", "boolean", default=False),
    Attribute("imgix_subdomains", "list", form="subdomains", required=True),
    Attribute("secure_url_enabled", "boolean", default=False),
    Attribute("type", "string", choices=TYPES, required=True),
)

SOURCE: Final = (
    Attribute("date_deployed", "integer", read_only=True),
    Attribute("deployment", "object", required=True),
    Attribute("deployment_status", "string", read_only=True),
    Attribute("enabled", "boolean", default=True),
    Attribute("name", "string", required=True),
    Attribute("secure_url_token", "string", read_only=True),
)

COMMON_NAMES: Final = frozenset(attribute.name for attribute in COMMON)
TYPED_NAMES: Final = frozenset(
    attribute.name for attributes in OF_TYPE.values() for attribute in attributes
)
ALL_DEPLOYMENT_NAMES: Final = COMMON_NAMES | TYPED_NAMES

FILTERS: Final = frozenset(
    {
        "deployment.azure_bucket",
        "deployment.bucket_name",
        "deployment.custom_domains",
        "deployment.gcs_bucket",
        "deployment.imgix_subdomains",
        "deployment.region",
        "deployment.s3_bucket",
        "deployment.storage_provider",
        "deployment.type",
        "deployment.webfolder_base_url",
        "enabled",
        "name",
    }
)
# The documentation misspells this filter; accept both spellings.
MISSPELT_FILTERS: Final = {"deploymeny.type": "deployment.type"}

SORTS: Final = frozenset({"date_deployed", "enabled", "name"})


def of_deployment(source_type: object) -> dict[str, Attribute]:
    """Return the attributes that a deployment of this type has, by name.

    An undocumented type has only the common ones.
    """
    typed = OF_TYPE.get(source_type, ()) if isinstance(source_type, str) else ()
    return {attribute.name: attribute for attribute in (*COMMON, *typed)}
