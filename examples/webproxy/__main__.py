"""Images anywhere on the web, by their full address: a premium feature of imgix.

A web proxy needs secure URLs, so every request is signed with the source's token.

Run it, after `scripts/environment` in the root of the clone:

    cd examples/webproxy
    pulumi stack init dev
    pulumi config set --secret imgix:apiKey
    pulumi up
"""

import pulumi

import imgix_provider as imgix

partners = imgix.ImgixSource(
    "partners",
    name="Partners",
    deployment=imgix.WebProxyDeployment(
        imgix_subdomains=["acme-example-webproxy"],
        secure_url_enabled=True,
    ),
)

pulumi.export("urls", partners.urls)
