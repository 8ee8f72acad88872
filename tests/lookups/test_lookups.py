"""Programs look up sources that the account holds, whether the stack manages them or not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix


def deployment(number: int, **more: object) -> dict[str, object]:
    """Return a deployment with a subdomain of its own."""
    return {"type": "webproxy", "imgix_subdomains": [f"s{number}"], **more}


def test_get_source(imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]) -> None:
    """A source is found by its id, typed and frozen, with its token as a secret."""
    source_id = imgix.add_source(
        name="Blog",
        deployment=deployment(1, custom_domains=["img.example.com"], secure_url_enabled=True),
    )
    stack = imgix_stack(
        f"""
import pulumi
import imgix_provider as imgix

blog = imgix.get_source({source_id!r})
try:
    blog.name = "Other"
except AttributeError:
    pulumi.export("frozen", True)
pulumi.export("blog", blog)
pulumi.export("ttl", blog.deployment["cache_ttl_error"])
pulumi.export("token", blog.secure_url_token)
later = imgix.get_source_output(pulumi.Output.from_input({source_id!r}))
pulumi.export("later", later.apply(lambda found: found.urls))
pulumi.export("later_token", later.apply(lambda found: found.secure_url_token))
"""
    )
    done = stack.up(skip_preview=True)

    assert done.ok, done.text
    shown = stack.outputs(show_secrets=True)
    assert shown["frozen"] is True
    assert shown["blog"]["name"] == "Blog"
    assert shown["blog"]["type"] == "webproxy"
    assert shown["later"] == ["https://s1.imgix.net", "https://img.example.com"]
    assert shown["ttl"] == 300
    token = imgix.source(source_id).secure_url_token
    assert shown["token"] == shown["later_token"] == token
    assert token not in done.text + stack.state_file.read_text()


def test_list_sources(imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]) -> None:
    """Every page is read, filters are joined, and Outputs can be filters too."""
    for number in range(130):
        imgix.add_source(
            name=f"Source {number:03}", deployment=deployment(number), enabled=number % 2 == 0
        )
    imgix.add_source(
        name="Other",
        deployment={
            "type": "s3_compatible",
            "imgix_subdomains": ["other"],
            "custom_domains": ["img.example.com"],
            "bucket_name": "b",
            "region": "nyc3",
            "storage_provider": "Linode",
        },
    )
    stack = imgix_stack(
        """
import pulumi
import imgix_provider as imgix

def names(sources):
    return [source.name for source in sources]

pulumi.export("all", len(imgix.list_sources()))
pulumi.export("on", len(imgix.list_sources(enabled=True, type="webproxy")))
pulumi.export("first", names(imgix.list_sources(sort=["-name"]))[:2])
pulumi.export("domain", names(imgix.list_sources(custom_domain="IMG.example.com")))
pulumi.export("bucket", names(imgix.list_sources(
    bucket_name="b", region="nyc3", storage_provider="Linode", imgix_subdomain="other")))
pulumi.export("none", imgix.list_sources(name="Source 00"))
pulumi.export("later", imgix.list_sources_output(
    name=pulumi.Output.from_input("Source 007")).apply(names))
"""
    )
    done = stack.up(skip_preview=True)

    assert done.ok, done.text
    assert done.outputs == {
        "all": 131,
        "on": 65,
        "first": ["Source 129", "Source 128"],
        "domain": ["Other"],
        "bucket": ["Other"],
        "none": [],
        "later": ["Source 007"],
    }


def test_whole_values_are_compared(imgix_stack: Callable[..., Stack]) -> None:
    """Where imgix finds parts of a value too, a lookup still returns what matches whole."""
    with SimulatedImgix(filter_match="part") as imgix:
        for number, name in enumerate(("Blog", "Blog images")):
            imgix.add_source(name=name, deployment=deployment(number))
        stack = imgix_stack(
            "import pulumi\nimport imgix_provider as imgix\n"
            'pulumi.export("found", len(imgix.list_sources(name="Blog")))\n',
            environment={"IMGIX_API_URL": imgix.url},
        )
        assert stack.up(skip_preview=True).outputs == {"found": 1}


def test_configuration_goes_before_the_environment(
    imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]
) -> None:
    """A lookup uses the stack's key where there is one, as the provider does."""
    stack = imgix_stack(
        "import imgix_provider as imgix\nimgix.list_sources()\n",
        environment={"IMGIX_API_KEY": "ak_of_somebody_else"},
        secret_config={"imgix:apiKey": imgix.api_key},
    )
    done = stack.preview()
    assert done.ok, done.text


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ('get_source("0" * 24)', "cannot look up imgix source"),
        ('list_sources(type="s4")', "type must be"),
        ('list_sources(sort="date")', "sort must be date_deployed, enabled or name"),
        ('list_sources(name="")', "name must be a string that is not empty"),
    ],
)
def test_a_failed_lookup_is_a_plain_line(
    call: str, reason: str, imgix_stack: Callable[..., Stack]
) -> None:
    """What cannot be found, or is not a filter, fails the preview with a line and no traceback."""
    done = imgix_stack(f"import imgix_provider as imgix\nimgix.{call}\n").preview()
    assert not done.ok
    assert reason in done.text
    assert "Traceback" not in done.text
