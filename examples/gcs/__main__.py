"""Images in one folder of a Google Cloud Storage bucket.

Run it, after `scripts/environment` in the root of the clone:

    cd examples/gcs
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi config set --secret gcsAccessKey
    pulumi config set --secret gcsSecretKey
    pulumi up
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

archive = imgix.ImgixSource(
    "archive",
    name="Archive",
    deployment=imgix.GcsDeployment(
        imgix_subdomains=["acme-example-gcs"],
        gcs_bucket="acme-archive",
        gcs_prefix="originals",
        gcs_access_key=config.require_secret("gcsAccessKey"),
        gcs_secret_key=config.require_secret("gcsSecretKey"),
        image_missing="https://www.example.com/missing.png",
    ),
)

pulumi.export("urls", archive.urls)
