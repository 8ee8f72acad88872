"""Images below an address on the web, which asks for a user and a password.

pulumi config set --secret originPassword
"""

import pulumi

import imgix_provider as imgix

config = pulumi.Config()

blog = imgix.ImgixSource(
    "blog",
    name="Blog",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=["acme-blog"],
        webfolder_base_url="https://blog.example.com/images/",
        username="imgix",
        password=config.require_secret("originPassword"),
    ),
)

pulumi.export("urls", blog.urls)
