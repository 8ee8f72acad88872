"""The programs whose stacks are measured."""

from __future__ import annotations

from typing import Final

SOURCES: Final = """\
import imgix_provider as imgix

for number in range({count}):
    imgix.ImgixSource(
        f"source-{{number}}",
        name=f"Source {{number}}",
        deployment=imgix.S3Deployment(
            imgix_subdomains=[f"bench-{{number}}"],
            s3_bucket="images",
            s3_access_key="AKIABENCHBENCHBENCH0",
            s3_secret_key="secret-of-the-bench",
            cache_ttl_value={ttl},
            default_params={{"auto": "format,compress"}},
        ),
    )
"""

PLUGIN_HEAD: Final = """\
name: bench
runtime: yaml
resources:
"""
PLUGIN_SOURCE: Final = """\
  source-{number}:
    type: imgix:Source
    properties:
      name: Source {number}
      deployment:
        imgixSubdomains: [bench-{number}]
        cacheTtlValue: {ttl}
        defaultParams: {{auto: "format,compress"}}
        s3:
          s3Bucket: images
          s3AccessKey: AKIABENCHBENCHBENCH0
          s3SecretKey: secret-of-the-bench
"""

NOTHING: Final = """\
import pulumi
from nothing import Nothing

for number in range({count}):
    Nothing(
        f"source-{{number}}",
        {{
            "name": f"Source {{number}}",
            "deployment": {{
                "type": "s3",
                "imgix_subdomains": [f"bench-{{number}}"],
                "s3_bucket": "images",
                "s3_access_key": pulumi.Output.secret("AKIABENCHBENCHBENCH0"),
                "s3_secret_key": pulumi.Output.secret("secret-of-the-bench"),
                "cache_ttl_value": {ttl},
                "default_params": {{"auto": "format,compress"}},
            }},
            "enabled": True,
            "on_delete": "disable",
            "effective_deployment": None,
            "urls": None,
        }},
    )
"""

NOTHING_MODULE: Final = '''\
"""A dynamic resource that does nothing: what any such resource costs."""

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult(props["name"], {k: v for k, v in props.items() if k != "__provider"})

    def diff(self, _id, _olds, _news):
        return DiffResult(changes=False)


class Nothing(Resource, module="nothing", name="Nothing"):
    def __init__(self, name, props):
        super().__init__(NothingProvider(), name, props)
'''


def sources(count: int, ttl: int = 86_400, prefix: str = "bench-") -> dict[str, str]:
    """Return the files of a program with so many sources, as dynamic resources."""
    return _python(SOURCES, count, ttl, prefix)


def nothing(count: int, ttl: int = 86_400) -> dict[str, str]:
    """Return the files of the same program on a dynamic provider that does nothing."""
    return {**_python(NOTHING, count, ttl, "bench-"), "nothing.py": NOTHING_MODULE}


def plugin(count: int, ttl: int = 86_400) -> dict[str, str]:
    """Return the files of the same program in YAML, through the plugin."""
    resources = (PLUGIN_SOURCE.format(number=number, ttl=ttl) for number in range(count))
    return {"Pulumi.yaml": PLUGIN_HEAD + "".join(resources)}


def _python(program: str, count: int, ttl: int, prefix: str) -> dict[str, str]:
    text = program.format(count=count, ttl=ttl).replace("bench-", prefix)
    return {"Pulumi.yaml": "name: bench\nruntime: python\n", "__main__.py": text}
