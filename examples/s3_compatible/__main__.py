"""Images in a bucket at DigitalOcean, Linode or Wasabi. A dict works as well as a class.

Run it, after `scripts/environment` in the root of the clone:

    cd examples/s3_compatible
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi config set --secret spacesKey
    pulumi config set --secret spacesSecret
    pulumi up
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

uploads = imgix.ImgixSource(
    "uploads",
    name="Uploads",
    deployment={
        "type": "s3_compatible",
        "imgix_subdomains": ["acme-example-spaces"],
        "storage_provider": "DigitalOcean",
        "bucket_name": "acme-uploads",
        "region": "nyc3",
        "endpoint_url": "https://nyc3.digitaloceanspaces.com",
        "access_key_id": config.require_secret("spacesKey"),
        "secret_key": config.require_secret("spacesSecret"),
    },
)

pulumi.export("urls", uploads.urls)
