"""Images in an Amazon S3 bucket.

Run it, after `scripts/environment` in the root of the clone:

    cd examples/s3
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi config set --secret s3AccessKey
    pulumi config set --secret s3SecretKey
    pulumi up
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

products = imgix.ImgixSource(
    "products",
    name="Products",
    deployment=imgix.S3Deployment(
        imgix_subdomains=["acme-example-s3"],
        s3_bucket="acme-products",
        s3_access_key=config.require_secret("s3AccessKey"),
        s3_secret_key=config.require_secret("s3SecretKey"),
        cache_ttl_behavior="override_origin",
        cache_ttl_value=86_400,
        default_params={"auto": "format,compress"},
    ),
)

pulumi.export("urls", products.urls)
