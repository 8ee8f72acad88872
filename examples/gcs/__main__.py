"""Images in a Google Cloud Storage bucket, below one folder.

pulumi config set --secret gcsAccessKey
pulumi config set --secret gcsSecretKey
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

archive = imgix.ImgixSource(
    "archive",
    name="Archive",
    deployment=imgix.GcsDeployment(
        imgix_subdomains=["acme-archive"],
        gcs_bucket="acme-archive",
        gcs_prefix="originals",
        gcs_access_key=config.require_secret("gcsAccessKey"),
        gcs_secret_key=config.require_secret("gcsSecretKey"),
        image_missing="https://www.example.com/missing.png",
    ),
)

pulumi.export("urls", archive.urls)
