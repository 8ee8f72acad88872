"""The schema's texts, except those for the fields of a deployment, which are in their table.

The examples are in YAML, which suits readers of every language; tests check them against the
schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PACKAGE: Final = "imgix sources as code: where images come from, and the addresses that serve them."

SOURCE: Final = """\
A source of imgix: where images come from, and the addresses that serve them.

imgix has no delete. `onDelete` says what `pulumi destroy` and removing the resource do.
imgix documents sources on https://docs.imgix.com/apis/management/sources.
"""

SOURCE_EXAMPLES: Final[Mapping[str, str]] = {
    "Amazon S3": """\
resources:
  blog:
    type: imgix:Source
    properties:
      name: Blog images
      deployment:
        imgixSubdomains: [acme-blog]
        cacheTtlBehavior: override_origin
        cacheTtlValue: 86400
        defaultParams: {auto: "format,compress"}
        s3:
          s3Bucket: acme-blog-images
          s3AccessKey: ${s3AccessKey}
          s3SecretKey: ${s3SecretKey}
config:
  s3AccessKey: {type: string, secret: true}
  s3SecretKey: {type: string, secret: true}
outputs:
  urls: ${blog.urls}
""",
    "A folder on the web": """\
resources:
  shop:
    type: imgix:Source
    properties:
      name: Shop
      deployment:
        imgixSubdomains: [acme-shop]
        customDomains: [images.shop.example.com]
        webfolder:
          webfolderBaseUrl: https://www.example.com/images/
""",
    "Any image on the web": """\
resources:
  proxy:
    type: imgix:Source
    properties:
      name: Proxy
      onDelete: release
      deployment:
        imgixSubdomains: [acme-proxy]
        webproxy: {}
""",
}

PROPERTIES: Final[Mapping[str, str]] = {
    "name": "The display name in imgix; does not affect how images are served.",
    "deployment": "Where the images come from, and how they are served.",
    "enabled": (
        "Whether the source serves; a disabled one answers 410 Gone for what is not cached. "
        "Default true."
    ),
    "onDelete": (
        "What deleting does, since imgix has no delete: `disable` (the default) keeps the domains "
        "taken, `release` frees them and disables, `retain` does nothing."
    ),
    "onTypeChange": (
        "What a change of type does: `update` (the default) changes the source in place, with the "
        "same id and domains; `replace` makes a new source."
    ),
    "adopt": (
        "The id of an existing source to adopt instead of creating one. Has no effect on a source "
        "that the stack already has."
    ),
    "waitForDeployed": "Whether to wait until imgix has deployed a change. Default true.",
    "deployTimeout": (
        "How long to wait for a deploy, in seconds, at most 86400. Default 300; after that there "
        "is a warning, and the source is kept."
    ),
    "effectiveDeployment": (
        "All that imgix serves with, including its defaults, in the shape of `deployment`, without "
        "any part of a credential."
    ),
    "deploymentStatus": "`deploying`, `deployed`, `disabled` or `deleted`.",
    "dateDeployed": "When the source was deployed, in seconds of Unix time.",
    "secureUrlToken": "The token that signs URLs; empty unless `secureUrlEnabled` is true.",
    "urls": "The addresses that serve the images: imgix's subdomains first, then custom domains. A "
    "list of domains with a secret in it is left out.",
    "accountId": "The id of the account that the source belongs to, where imgix shows it.",
}
"""What each property of a source is."""

DEPLOYMENT: Final = (
    "How images are served, and where they come from: exactly one of the blocks `s3`, `gcs`, "
    "`azure`, `webfolder`, `webproxy` and `s3Compatible`."
)

KEEP_NOTE: Final = "Write imgix:keep for the value that imgix already holds."

CHOICES: Final[Mapping[str, str]] = {
    "CacheTtlBehavior": "How the TTL of images is set.",
    "AzureServiceType": "The storage service of an Azure account.",
    "OnDelete": "What deleting a source does.",
    "OnTypeChange": "What a change of type does to a source.",
    "SourceType": "The deployment types, by imgix's names.",
}
"""What each enum is."""

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "apiKey": (
        "string",
        "API key with the Sources permission. Read from IMGIX_API_KEY if not set.",
    ),
    "apiUrl": (
        "string",
        "Address of the Management API. Read from IMGIX_API_URL if not set; default imgix's own.",
    ),
    "requestsPerSecond": ("number", "Requests per second, of any kind. Default 4, imgix's limit."),
    "createsPerHour": ("integer", "Sources created per hour. Default 60, imgix's limit."),
    "updatesPerHour": ("integer", "Sources updated per hour. Default 60, imgix's limit."),
    "timeout": ("number", "Seconds for a request and all its retries. Default 120."),
    "checkDomains": (
        "boolean",
        "Whether a preview looks for domains that other sources hold. Default true.",
    ),
}
"""The kind of each setting of the provider, and what it is."""

GET_SOURCE: Final = "Returns the source with an id, whether a stack manages it or not."
GET_SOURCE_EXAMPLE: Final = """\
variables:
  shared:
    fn::invoke:
      function: imgix:getSource
      arguments:
        id: 6359b5ba8147da20e8edfdd5
outputs:
  urls: ${shared.urls}
"""

LIST_SOURCES: Final = (
    "Returns all sources of the account that match every given filter exactly; without their "
    "tokens, which only `getSource` returns."
)
LIST_SOURCES_EXAMPLE: Final = """\
variables:
  originals:
    fn::invoke:
      function: imgix:listSources
      arguments:
        filters:
          type: s3
          enabled: true
        sorts: [-date_deployed]
outputs:
  names: ${originals.sources}
"""
SORTS: Final = "`date_deployed`, `enabled` or `name`, or several; a leading `-` sorts descending."

FILTERS: Final[Mapping[str, str]] = {
    "type": "The deployment type.",
    "name": "The display name.",
    "enabled": "Whether the source serves.",
    "customDomain": "One of the source's custom domains.",
    "imgixSubdomain": "One of the source's subdomains of imgix.net, without `.imgix.net`.",
    "s3Bucket": "The bucket of a source of type s3.",
    "gcsBucket": "The bucket of a source of type gcs.",
    "azureBucket": "The container of a source of type azure.",
    "webfolderBaseUrl": "The address of a source of type webfolder.",
    "bucketName": "The bucket of a source of type s3_compatible.",
    "region": "The region of a source of type s3_compatible.",
    "storageProvider": "The storage provider of a source of type s3_compatible.",
}
"""What each filter of `listSources` compares."""

FOUND_SOURCE: Final = "A source as imgix shows it at the moment of the lookup."
FOUND: Final[Mapping[str, str]] = {
    "id": "The id of the source, 24 hexadecimal characters.",
    "name": PROPERTIES["name"],
    "type": "The deployment type, by imgix's name.",
    "enabled": "Whether the source serves.",
    "imgixSubdomains": "The subdomains of imgix.net that serve the images.",
    "customDomains": "The domains outside imgix.net that serve the images.",
    "urls": PROPERTIES["urls"],
    "deployment": PROPERTIES["effectiveDeployment"].replace("`deployment`", "a declared one"),
    "deploymentStatus": PROPERTIES["deploymentStatus"],
    "dateDeployed": PROPERTIES["dateDeployed"],
    "secureUrlToken": "The token that signs URLs; absent unless the source has secure URLs on.",
}
"""What each property of a found source is."""
