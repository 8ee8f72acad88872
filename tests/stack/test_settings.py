"""The settings of imgix in a stack's configuration, as a person meets them."""

from __future__ import annotations

from collections.abc import Callable

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


def test_a_misspelt_setting_is_told_in_preview_once(imgix_stack: Callable[..., Stack]) -> None:
    """The preview works, and warns of the key with the nearest setting there is."""
    config = {"imgix:requestPerSecond": 3, "imgix:createsPerHour": 10, "acme:colour": "red"}

    preview = imgix_stack(SOURCES, config=config).preview()

    assert preview.ok, preview.text
    warning = (
        "warning: imgix:requestPerSecond is not a setting, so it has no effect; "
        "did you mean requestsPerSecond?"
    )
    assert preview.text.count(warning) == 1
    assert preview.text.count("is not a setting") == 1
