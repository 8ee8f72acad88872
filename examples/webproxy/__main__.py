"""Images anywhere on the web, by their full address: a premium feature of imgix.

A web proxy needs secure URLs, so every request is signed with the source's token.
"""

import pulumi

import imgix_provider as imgix

partners = imgix.ImgixSource(
    "partners",
    name="Partners",
    deployment=imgix.WebProxyDeployment(
        imgix_subdomains=["acme-partners"],
        secure_url_enabled=True,
    ),
)

pulumi.export("urls", partners.urls)
