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

The names exported here are the public interface; everything else may change.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from imgix_provider.lookups import (
        FoundSource,
        get_source,
        get_source_output,
        list_sources,
        list_sources_output,
    )
    from imgix_provider.provider import ImgixSourceProvider
    from imgix_provider.resource import ImgixSource
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

_HOMES = {
    "imgix_provider.deployments.fields": ("KEEP",),
    "imgix_provider.deployments.types": (
        "AzureDeployment",
        "Deployment",
        "GcsDeployment",
        "S3CompatibleDeployment",
        "S3Deployment",
        "WebFolderDeployment",
        "WebProxyDeployment",
    ),
    "imgix_provider.lookups": (
        "FoundSource",
        "get_source",
        "get_source_output",
        "list_sources",
        "list_sources_output",
    ),
    "imgix_provider.provider": ("ImgixSourceProvider",),
    "imgix_provider.resource": ("ImgixSource",),
    "imgix_provider.stack": ("declare_sources",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    # Import a name's module only when a program uses the name: the command line needs no Pulumi,
    # and most programs need no lookups.
    if name not in __all__:
        from imgix_provider.messages import suggest

        meant = suggest(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{meant}")
    from importlib import import_module

    home = import_module(_HOME_OF.get(name, "imgix_provider.errors"))
    globals()[name] = value = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
