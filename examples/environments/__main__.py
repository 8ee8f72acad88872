"""One program for dev, staging and prod. The stack's name decides what differs.

Run it, after `scripts/environment` in the root of the clone:

    cd examples/environments
    pulumi stack init dev      # or staging, or prod
    pulumi config set --secret imgix:apiKey
    pulumi up
"""

from typing import NamedTuple

import pulumi

import imgix_provider as imgix

DAY = 86_400


class Environment(NamedTuple):
    """What differs from one environment to the next."""

    cache_ttl: int
    protect: bool = False


ENVIRONMENTS = {
    "dev": Environment(cache_ttl=DAY // 24),
    "staging": Environment(cache_ttl=DAY),
    "prod": Environment(cache_ttl=365 * DAY, protect=True),
}

stack = pulumi.get_stack()
environment = ENVIRONMENTS[stack]
suffix = "" if stack == "prod" else f"-{stack}"

for team in ("blog", "shop"):
    source = imgix.ImgixSource(
        team,
        name=f"{team.title()} ({stack})",
        deployment=imgix.WebFolderDeployment(
            imgix_subdomains=[f"acme-example-{team}{suffix}"],
            webfolder_base_url=f"https://{team}{suffix}.example.com/images/",
            cache_ttl_behavior="override_origin",
            cache_ttl_value=environment.cache_ttl,
        ),
        # In prod, Pulumi refuses to delete a source, and imgix keeps one that leaves the program.
        on_delete="retain" if environment.protect else "disable",
        opts=pulumi.ResourceOptions(protect=environment.protect),
    )
    pulumi.export(team, source.urls)
