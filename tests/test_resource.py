"""What a program is told that calls `ImgixSource` or a deployment class the wrong way."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

import imgix_provider as imgix

DEPLOYMENT = {
    "type": "webfolder",
    "imgix_subdomains": ["acme-blog"],
    "webfolder_base_url": "https://www.example.com/",
}
GOOD = {"name": "Blog", "deployment": DEPLOYMENT}
NO_NAME = "name: is required: the display name of the source"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            {"nam": "Blog", "deployment": DEPLOYMENT},
            ["nam: is not an input of a source; did you mean name?", NO_NAME],
        ),
        (
            {"name": "Blog", "deploymnt": DEPLOYMENT},
            [
                "deploymnt: is not an input of a source; did you mean deployment?",
                "deployment: is required: where the images come from",
            ],
        ),
        ({"deployment": DEPLOYMENT}, [NO_NAME]),
        ({}, [NO_NAME, "deployment: is required: where the images come from"]),
        (
            {**GOOD, "protect": True},
            ["protect: is an option of the resource: write opts=pulumi.ResourceOptions(protect=…)"],
        ),
        (
            {**GOOD, "imgix_subdomains": ["acme-blog"]},
            ["imgix_subdomains: is not an input of a source: it belongs in deployment"],
        ),
        (
            {**GOOD, "type": "webfolder"},
            ["type: is not an input of a source: it belongs in deployment"],
        ),
        (
            {**GOOD, "urls": ["https://acme-blog.imgix.net"]},
            ["urls: is set by imgix and cannot be declared"],
        ),
        (
            {**GOOD, "whatever": pulumi.Output.from_input("canary")},
            ["whatever: is not an input of a source"],
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_told_like_any_other_mistake(
    arguments: dict[str, Any], lines: list[str]
) -> None:
    """One line for each, all at once, where Python would end in a traceback at the first."""
    with pytest.raises(pulumi.RunError) as told:
        imgix.ImgixSource("blog", **arguments)
    assert str(told.value).splitlines() == [f'imgix source "blog": {line}' for line in lines]


def test_wrong_arguments_come_with_the_mistakes_in_the_deployment() -> None:
    """A deployment class counts as what it holds."""
    deployment = imgix.WebFolderDeployment(
        imgix_subdomains=["acme.blog"], webfolder_base_url="https://www.example.com/"
    )
    with pytest.raises(pulumi.RunError) as told:
        imgix.ImgixSource("blog", nam="Blog", deployment=deployment)  # type: ignore[call-arg]
    assert "has a dot" in str(told.value)
    assert len(str(told.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Source", "ImgixSource"),
        ("imgixsource", "ImgixSource"),
        ("WebfolderDeployment", "WebFolderDeployment"),
        ("getSource", "get_source"),
    ],
)
def test_a_misspelt_name_of_the_package_is_told_with_the_nearest(written: str, meant: str) -> None:
    """Names of classes and of functions are near those of their own kind."""
    with pytest.raises(AttributeError, match=rf"did you mean {meant}\?$"):
        getattr(imgix, written)
