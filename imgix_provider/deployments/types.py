"""The six deployment types of imgix as classes.

Each class declares each of its fields once: meaning, type, limits, default, and whether imgix ever
returns it. Checks, comparison, secrets and the reference in `docs/fields.md` all use these
declarations, through the module `table`.

Documented on https://docs.imgix.com/apis/management/sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from imgix_provider.deployments.fields import (
    Form,
    Kind,
    deployment_class,
    field,
)

if TYPE_CHECKING:
    from pulumi import Input


@deployment_class
class Deployment:
    """The fields that every type of source has."""

    type: ClassVar[str]
    read_only: ClassVar[tuple[str, ...]] = ()
    """The documented read-only attributes of this type; their fields are in `table.READ_ONLY`."""

    imgix_subdomains: Input[list[Input[str]]] | Input[list[str]] = field(
        Kind.LIST,
        "Subdomains of imgix.net that serve the images: write ['acme'] for acme.imgix.net. "
        "Unique across all sources of imgix; at least one.",
        form=Form.SUBDOMAIN,
        at_least_one=True,
        most_items=100,
        unordered=True,
    )
    annotation: Input[str] | None = field(
        Kind.STRING, "Any comment on this deployment.", default=None, unset=""
    )
    cache_ttl_behavior: Input[str] | None = field(
        Kind.STRING,
        "How the TTL of images is set.",
        default=None,
        unset="respect_origin",
        # Google Cloud Storage says "do not store" of files that have no header of their own.
        unset_by_type={"gcs": "enforce_minimum"},
        choices=("respect_origin", "override_origin", "enforce_minimum"),
    )
    cache_ttl_error: Input[int] | None = field(
        Kind.INTEGER,
        "TTL of the image that is served when the origin fails.",
        default=None,
        unset=300,
        unit="seconds",
        minimum=1,
        maximum=31_536_000,
    )
    cache_ttl_value: Input[int] | None = field(
        Kind.INTEGER,
        "TTL that `cache_ttl_behavior` refers to.",
        default=None,
        unset=31_536_000,
        unit="seconds",
        minimum=1_800,
        maximum=31_536_000,
    )
    crossdomain_xml_enabled: Input[bool] | None = field(
        Kind.BOOLEAN,
        "Whether to serve a cross-domain policy file.",
        default=None,
        unset=False,
    )
    custom_domains: Input[list[Input[str]]] | Input[list[str]] | None = field(
        Kind.LIST,
        "Domains outside imgix.net that serve the images. Unique across all sources of imgix.",
        default=None,
        unset=[],
        form=Form.DOMAIN,
        most_items=100,
        unordered=True,
    )
    default_params: Input[Mapping[str, Any]] | None = field(
        Kind.OBJECT,
        "Rendering parameters set on every request, such as {'auto': 'format,compress'}.",
        default=None,
        unset={},
    )
    image_error: Input[str] | None = field(
        Kind.STRING,
        "Image to serve when a request ends in an error.",
        default=None,
        form=Form.URL,
    )
    image_error_append_qs: Input[bool] | None = field(
        Kind.BOOLEAN,
        "Whether to apply the request's parameters to `image_error`.",
        default=None,
        unset=False,
    )
    image_missing: Input[str] | None = field(
        Kind.STRING,
        "Image to serve when the requested one is missing.",
        default=None,
        form=Form.URL,
    )
    image_missing_append_qs: Input[bool] | None = field(
        Kind.BOOLEAN,
        "Whether to apply the request's parameters to `image_missing`.",
        default=None,
        unset=False,
    )
    secure_url_enabled: Input[bool] | None = field(
        Kind.BOOLEAN,
        "Whether requests must be signed with the source's `secure_url_token`. Always on for a "
        "web proxy.",
        default=None,
        unset=False,
        unset_by_type={"webproxy": True},
    )


@deployment_class
class S3Deployment(Deployment):
    """Images in an Amazon S3 bucket (type `s3`)."""

    type: ClassVar[str] = "s3"
    read_only: ClassVar[tuple[str, ...]] = ("allows_upload",)

    s3_access_key: Input[str] = field(Kind.STRING, "Access Key ID.", credential=True)
    s3_bucket: Input[str] = field(Kind.STRING, "Name of the bucket.", form=Form.NAME)
    s3_secret_key: Input[str] = field(Kind.STRING, "Secret Access Key.", write_only=True)
    s3_prefix: Input[str] | None = field(
        Kind.STRING, "Folder in the bucket that every image path is relative to.", default=None
    )


@deployment_class
class GcsDeployment(Deployment):
    """Images in a Google Cloud Storage bucket (type `gcs`)."""

    type: ClassVar[str] = "gcs"
    read_only: ClassVar[tuple[str, ...]] = ("allows_upload",)

    gcs_access_key: Input[str] = field(Kind.STRING, "Access key.", credential=True)
    gcs_bucket: Input[str] = field(Kind.STRING, "Name of the bucket.", form=Form.NAME)
    gcs_secret_key: Input[str] = field(Kind.STRING, "Secret access key.", write_only=True)
    gcs_prefix: Input[str] | None = field(
        Kind.STRING, "Folder in the bucket that every image path is relative to.", default=None
    )


@deployment_class
class AzureDeployment(Deployment):
    """Images in Microsoft Azure storage (type `azure`)."""

    type: ClassVar[str] = "azure"
    read_only: ClassVar[tuple[str, ...]] = ("allows_upload",)

    azure_account: Input[str] = field(Kind.STRING, "Name of the storage account.", form=Form.NAME)
    azure_bucket: Input[str] = field(Kind.STRING, "Name of the storage container.", form=Form.NAME)
    azure_sas_string: Input[str] = field(
        Kind.STRING, "Shared Access Signature string.", write_only=True
    )
    azure_service_type: Input[str] = field(
        Kind.STRING, "Storage service of the account.", choices=("blob", "file")
    )
    azure_prefix: Input[str] | None = field(
        Kind.STRING, "Folder in the container that every image path is relative to.", default=None
    )


@deployment_class
class _WebOrigin(Deployment):
    """Fields that the two types which fetch over HTTP share: how imgix authenticates."""

    read_only: ClassVar[tuple[str, ...]] = (
        "password_encrypted",
        "request_handshake_encrypted",
        "request_signing_key_encrypted",
    )

    username: Input[str] | None = field(
        Kind.STRING, "User for Basic Auth at the origin.", default=None, form=Form.NO_COLON
    )
    password: Input[str] | None = field(
        Kind.STRING,
        "Password for Basic Auth at the origin.",
        default=None,
        form=Form.NO_COLON,
        write_only=True,
    )
    request_handshake: Input[str] | None = field(
        Kind.STRING,
        "Key for origin authentication by a custom header.",
        default=None,
        form=Form.LATIN1_32,
        write_only=True,
    )
    request_signing_key: Input[str] | None = field(
        Kind.STRING,
        "Key for origin authentication by signing each request.",
        default=None,
        form=Form.LATIN1_32,
        write_only=True,
    )


@deployment_class
class WebFolderDeployment(_WebOrigin):
    """Images below a URL (type `webfolder`)."""

    type: ClassVar[str] = "webfolder"

    webfolder_base_url: Input[str] = field(
        Kind.STRING,
        "Protocol, host and path put before every image path, such as "
        "https://www.example.com/images/.",
        form=Form.URL,
    )


@deployment_class
class WebProxyDeployment(_WebOrigin):
    """Images anywhere on the web, by their full URL (type `webproxy`, a premium feature)."""

    type: ClassVar[str] = "webproxy"


@deployment_class
class S3CompatibleDeployment(Deployment):
    """Images in a bucket of a provider with an S3-compatible API (type `s3_compatible`)."""

    type: ClassVar[str] = "s3_compatible"

    access_key_id: Input[str] = field(Kind.STRING, "Access key.", credential=True)
    bucket_name: Input[str] = field(Kind.STRING, "Name of the bucket.", form=Form.NAME)
    endpoint_url: Input[str] = field(
        Kind.STRING,
        "Host or URL of the provider's API, such as nyc3.digitaloceanspaces.com.",
        form=Form.ENDPOINT,
    )
    region: Input[str] = field(Kind.STRING, "Region of the provider's data centre.")
    secret_key: Input[str] = field(Kind.STRING, "Secret access key.", write_only=True)
    storage_provider: Input[str] = field(
        Kind.STRING,
        "Name of the storage provider.",
        choices=("DigitalOcean", "Linode", "Wasabi"),
        open_choices=True,
    )


DEPLOYMENT_CLASSES: Final[Mapping[str, type[Deployment]]] = {
    cls.type: cls
    for cls in (
        S3Deployment,
        GcsDeployment,
        AzureDeployment,
        WebFolderDeployment,
        WebProxyDeployment,
        S3CompatibleDeployment,
    )
}
"""The class of each deployment type, by imgix's name for the type."""
