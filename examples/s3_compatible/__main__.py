"""Images in a bucket at DigitalOcean, Linode or Wasabi. A plain dict does as well as a class.

pulumi config set --secret spacesKey
pulumi config set --secret spacesSecret
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

uploads = imgix.ImgixSource(
    "uploads",
    name="Uploads",
    deployment={
        "type": "s3_compatible",
        "imgix_subdomains": ["acme-uploads"],
        "storage_provider": "DigitalOcean",
        "bucket_name": "acme-uploads",
        "region": "nyc3",
        "endpoint_url": "https://nyc3.digitaloceanspaces.com",
        "access_key_id": config.require_secret("spacesKey"),
        "secret_key": config.require_secret("spacesSecret"),
    },
)

pulumi.export("urls", uploads.urls)
