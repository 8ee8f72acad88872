"""Images on a web server that asks for a user and a password.

Run it, after `scripts/environment` in the root of the clone:

    cd examples/webfolder
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi config set --secret originPassword
    pulumi up
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

blog = imgix.ImgixSource(
    "blog",
    name="Blog",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=["acme-example-webfolder"],
        webfolder_base_url="https://blog.example.com/images/",
        username="imgix",
        password=config.require_secret("originPassword"),
    ),
)

pulumi.export("urls", blog.urls)
