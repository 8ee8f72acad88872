"""Images in an Azure container, served with signed URLs only.

Run it, after `scripts/environment` in the root of the clone:

    cd examples/azure
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi config set --secret azureSasString
    pulumi up
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

documents = imgix.ImgixSource(
    "documents",
    name="Documents",
    deployment=imgix.AzureDeployment(
        imgix_subdomains=["acme-example-azure"],
        azure_account="acmedocuments",
        azure_bucket="scans",
        azure_service_type="blob",
        azure_sas_string=config.require_secret("azureSasString"),
        secure_url_enabled=True,
    ),
)

pulumi.export("urls", documents.urls)
# The token that signs URLs is a secret: `pulumi stack output --show-secrets token` shows it.
pulumi.export("token", documents.secure_url_token)
