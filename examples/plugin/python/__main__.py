"""Images in an Amazon S3 bucket and on a web server, in Python, through the plugin.

Run it:

    cd examples/plugin/python
    pulumi install                             # makes the SDK in sdks/, and gets the rest
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi config set --secret s3AccessKey
    pulumi config set --secret s3SecretKey
    pulumi up
"""

import pulumi
import pulumi_imgix as imgix

config = pulumi.Config()

products = imgix.Source(
    "products",
    name="Products",
    deployment=imgix.DeploymentArgs(
        imgix_subdomains=["acme-python-products"],
        cache_ttl_behavior=imgix.CacheTtlBehavior.OVERRIDE_ORIGIN,
        cache_ttl_value=86400,
        default_params={"auto": "format,compress"},
        s3=imgix.S3DeploymentArgs(
            s3_bucket="acme-products",
            s3_access_key=config.require_secret("s3AccessKey"),
            s3_secret_key=config.require_secret("s3SecretKey"),
        ),
    ),
)

blog = imgix.Source(
    "blog",
    name="Blog",
    on_delete=imgix.OnDelete.RELEASE,
    deployment=imgix.DeploymentArgs(
        imgix_subdomains=["acme-python-blog"],
        webfolder=imgix.WebFolderDeploymentArgs(
            webfolder_base_url="https://blog.example.com/images/",
        ),
    ),
)

pulumi.export("product_urls", products.urls)
pulumi.export("blog_urls", blog.urls)
