"""The messages on the troubleshooting page are, word for word, what the provider prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

import imgix_provider
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.deployments.values import never_unknown
from imgix_provider.errors import ConfigurationError
from imgix_provider.settings import NO_KEY, load_settings, misspelt_settings
from imgix_provider.sources.ledger import Ledger
from imgix_provider.sources.validation import problems_of
from tests.declarations import source

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"

DECLARED: list[dict[str, Any]] = [
    source("webfolder", imgix_subdomains=["images.acme.com"]),
    source("webfolder", imgix_subdomains=["https://acme-blog.imgix.net/cat.jpg"]),
    source("webfolder", imgix_subdomains=["acme_blog"]),
    source("webfolder", imgix_subdomains="acme-blog"),
    source("webfolder", imgix_subdomains=[]),
    source("webfolder", webfolder_base_url="www.example.com/images"),
    source("webfolder", password=imgix_provider.KEEP),
    source("webfolder", type=None),
    source("webfolder", type="webfoldr"),
    source("s3", s3_bucket=None),
    source("webfolder", imgix_subdomain=["acme-blog"]),
    source("webfolder", s3_bucket="acme"),
    source("webproxy", secure_url_enabled=False),
    source(
        "s3_compatible",
        bucket_name="nyc3",
        region="acme-images",
        endpoint_url="https://nyc3.digitaloceanspaces.com",
    ),
    source("s3", s3_bucket="s3://acme-images"),
    source("webfolder", cache_ttl_value="1d"),
    source("webfolder", cache_ttl_value=60),
    source("webfolder", cache_ttl_value=86_400_000),
]
CALLED: list[dict[str, Any]] = [
    {"nam": "Blog"},
    {**source("webfolder"), "imgix_subdomains": ["acme-blog"]},
    {**source("webfolder"), "protect": True},
]
SETTINGS: list[dict[str, str]] = [
    {"IMGIX_API_KEY": '"ak_1"'},
    {"IMGIX_API_KEY": "ak_5e1f…"},
    {"IMGIX_API_URL": "127.0.0.1:8787/api/v1"},
    {"IMGIX_API_URL": "https://api.imgix.com/api/v1/sources"},
    {"IMGIX_API_URL": "http://api.imgix.com/api/v1"},
]


def documented(heading: str) -> list[str]:
    """Return the messages in the table below a heading of the page."""
    (part,) = re.findall(rf"^### {heading}\n(.*?)(?=^##)", PAGE.read_text(), re.M | re.S)
    cells = [row.split(" | ")[0] for row in part.splitlines() if row.startswith("| `")]
    assert cells
    return [message for cell in cells for message in re.findall(r"`([^`]+)`", cell)]


def printed_for_declarations() -> Iterator[str]:
    """Yield what the provider says of each mistake, and of two sources with one domain."""
    for inputs in DECLARED:
        yield from map(str, problems_of(inputs, before={}))
    for arguments in CALLED:
        with pytest.raises(pulumi.RunError) as refused:
            imgix_provider.ImgixSource("blog", **arguments)
        yield from str(refused.value).splitlines()
    ledger = Ledger()
    for name in "ab":
        inputs = source("webfolder", name="Blog", imgix_subdomains=["acme-blog"])
        yield from map(str, ledger.claim(f"::{name}", inputs, never_unknown, creates=True))
    with pytest.raises(AttributeError) as told:
        imgix_provider.WebfolderDeployment  # noqa: B018
    yield str(told.value)


def printed_for_settings() -> Iterator[str]:
    """Yield what the provider says of each wrong setting."""
    yield NO_KEY
    yield from misspelt_settings(["imgix:apikey"])
    for environment in SETTINGS:
        with pytest.raises(ConfigurationError) as told:
            load_settings(environment=environment)
        yield str(told.value)


def test_a_mistake_in_a_declaration_is_found_by_its_words() -> None:
    """Every line on the page is printed for its mistake, from the path to the end."""
    printed = set(printed_for_declarations())
    # That a secret stands in plain text is told by a run; tests/stack has that.
    wanted = [line for line in documented("What is declared") if "in plain text" not in line]
    assert [line for line in wanted if not any(text.endswith(line) for text in printed)] == []
    assert len(wanted) == len(DECLARED) + len(CALLED) + 2


def test_a_mistake_in_a_setting_is_found_by_its_words() -> None:
    """Each line that is printed for a wrong setting is on the page, by its beginning."""
    wanted = documented("The key and the address")
    missing = [text for text in printed_for_settings() if not any(map(text.startswith, wanted))]
    assert missing == []


def test_the_page_names_classes_that_there_are() -> None:
    """What is suggested for a misspelt class can be written."""
    suggested = re.findall(r"did you mean (\w+Deployment)", PAGE.read_text())
    assert set(suggested) <= {cls.__name__ for cls in DEPLOYMENT_CLASSES.values()}
    assert suggested
