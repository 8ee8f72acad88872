"""The settings of imgix in a stack's configuration, as a person meets them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imgix_testing.engine import Stack

SOURCES = """\
import imgix_provider as imgix

for name in ("blog", "shop"):
    imgix.ImgixSource(
        name,
        name=name,
        deployment=imgix.WebFolderDeployment(
            imgix_subdomains=[name], webfolder_base_url="https://www.example.com/"
        ),
    )
"""


LOOKUPS = "import imgix_provider as imgix\n\nimgix.list_sources()\nimgix.list_sources()\n"
LATER = LOOKUPS.replace("()", "_output()")


@pytest.mark.parametrize(
    "program",
    [SOURCES, LOOKUPS, LATER, LOOKUPS + SOURCES],
    ids=["sources", "lookups", "later", "both"],
)
def test_a_misspelt_setting_is_told_in_preview_once(
    program: str, imgix_stack: Callable[..., Stack]
) -> None:
    """The preview works, and warns of the key with the nearest setting there is."""
    config = {"imgix:requestPerSecond": 3, "imgix:createsPerHour": 10, "acme:colour": "red"}

    preview = imgix_stack(program, config=config).preview()

    assert preview.ok, preview.text
    warning = (
        "warning: imgix:requestPerSecond is not a setting, so it has no effect; "
        "did you mean requestsPerSecond?"
    )
    assert preview.text.count(warning) == 1
    assert preview.text.count("is not a setting") == 1


def test_a_key_in_plain_text_is_told_with_the_command_that_encrypts_it(
    imgix_stack: Callable[..., Stack],
) -> None:
    """Anyone who reads the stack's file could use the key; it is in no output."""
    plain = imgix_stack(SOURCES, config={"imgix:apiKey": "ak_canary"}).preview()
    assert plain.text.count("imgix:apiKey is in plain text in the stack's file") == 1
    assert "run: pulumi config set --secret imgix:apiKey --stack dev" in plain.text
    assert "ak_canary" not in plain.text


def test_a_key_that_is_set_for_the_project_is_told_with_the_command_that_sets_it(
    imgix_stack: Callable[..., Stack],
) -> None:
    """`pulumi config set apiKey` puts it under the project's name, where the provider cannot look.

    Where imgix's key is set, a key of the project is the project's own.
    """
    without = {"environment": {"IMGIX_API_KEY": ""}}
    told = "test:apiKey is not where the provider looks for the API key; if it is imgix's, run: "
    secret = {"test:apiKey": "ak_canary"}

    preview = imgix_stack(SOURCES, secret_config=secret, **without).preview()
    command = "pulumi config set --secret imgix:apiKey --stack dev"
    assert preview.text.count(told + command) == 1
    assert "ak_canary" not in preview.text

    both = {**secret, "imgix:apiKey": "ak_imgix"}
    assert told not in imgix_stack(SOURCES, secret_config=both, **without).preview().text


def test_a_class_that_there_is_not_is_told_with_the_nearest(
    imgix_stack: Callable[..., Stack],
) -> None:
    """A misspelt name ends the program, and says which name was meant."""
    program = "import imgix_provider as imgix\n\nimgix.WebfolderDeployment()\n"
    preview = imgix_stack(program).preview()
    assert not preview.ok
    assert "has no attribute 'WebfolderDeployment'; did you mean WebFolderDeployment?" in (
        preview.text
    )
