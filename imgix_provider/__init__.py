"""imgix sources as code, for Pulumi.

    import imgix_provider as imgix

    imgix.ImgixSource(
        "blog",
        name="Blog images",
        deployment=imgix.WebFolderDeployment(
            imgix_subdomains=["acme-blog"],
            webfolder_base_url="https://www.example.com/images/",
        ),
    )

What is exported here is the public interface; everything else may change.
"""

from typing import TYPE_CHECKING, Any

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.types import (
    AzureDeployment,
    Deployment,
    GcsDeployment,
    S3CompatibleDeployment,
    S3Deployment,
    WebFolderDeployment,
    WebProxyDeployment,
)
from imgix_provider.errors import (
    AccessDeniedError,
    ApiError,
    CancelledError,
    ConfigurationError,
    ImgixError,
    InvalidSourceError,
    LostAnswerError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
    UnreadableReplyError,
)
from imgix_provider.provider import ImgixSourceProvider
from imgix_provider.resource import ImgixSource

if TYPE_CHECKING:
    from imgix_provider.lookups import (
        FoundSource,
        get_source,
        get_source_output,
        list_sources,
        list_sources_output,
    )
    from imgix_provider.stack import declare_sources

__all__ = [
    "KEEP",
    "AccessDeniedError",
    "ApiError",
    "AzureDeployment",
    "CancelledError",
    "ConfigurationError",
    "Deployment",
    "FoundSource",
    "GcsDeployment",
    "ImgixError",
    "ImgixSource",
    "ImgixSourceProvider",
    "InvalidSourceError",
    "LostAnswerError",
    "NotFoundError",
    "RateLimitedError",
    "RefusedError",
    "S3CompatibleDeployment",
    "S3Deployment",
    "UnavailableError",
    "UnreadableReplyError",
    "WebFolderDeployment",
    "WebProxyDeployment",
    "declare_sources",
    "get_source",
    "get_source_output",
    "list_sources",
    "list_sources_output",
]

_LATER = {
    **dict.fromkeys(
        (
            "FoundSource",
            "get_source",
            "get_source_output",
            "list_sources",
            "list_sources_output",
        ),
        "lookups",
    ),
    "declare_sources": "stack",
}


def __getattr__(name: str) -> Any:
    # What most programs never use is not imported before it is asked for.
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    globals()[name] = value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return value
