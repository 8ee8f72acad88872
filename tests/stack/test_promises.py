"""What a program may write, and what it is told: one line each, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
import yaml

import imgix_provider as imgix_package
from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

MakeStack = Callable[..., Stack]

START = """
import asyncio
import pulumi
import imgix_provider as imgix

async def later(value):
    await asyncio.sleep(0)
    return value

def folder(**more):
    more.setdefault("imgix_subdomains", ["acme"])
    more.setdefault("webfolder_base_url", "https://a.example/")
    return imgix.WebFolderDeployment(**more)

"""


def test_a_source_that_is_only_looked_up_can_be_deleted(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """`get` manages nothing, so it keeps no delete of another resource from disabling."""
    declared = 'imgix.ImgixSource("blog", name="Blog", deployment=folder())\n'
    assert imgix_stack(START + declared).up(skip_preview=True).ok
    (source,) = imgix.sources
    lookup = f'imgix.ImgixSource.get("look", "{source}")\n'
    assert imgix_stack(START + declared + lookup).up(skip_preview=True).ok

    removed = imgix_stack(START + lookup).up(skip_preview=True, refresh=True)

    assert removed.ok, removed.text
    assert f'imgix source "Blog" ({source}): disabled, and keeps acme' in removed.text
    assert not imgix.source(source).enabled


def test_a_source_that_does_not_exist_cannot_be_looked_up(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """`get` of an unknown id fails with the id; of no id at all, before any request."""
    missing = imgix_stack(START + f'imgix.ImgixSource.get("shared", "{"0" * 24}")\n').up(
        skip_preview=True
    )
    assert not missing.ok
    assert f"there is no imgix source {'0' * 24} in this account" in missing.text
    imgix.requests.clear()
    empty = imgix_stack(START + 'imgix.ImgixSource.get("shared", "")\n').preview()
    assert not empty.ok
    assert 'ImgixSource.get("shared"): "" is not the id of a source' in empty.text
    assert imgix.requests == []


def test_awaitables_are_inputs_wherever_pulumi_takes_them(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """As an item of a list, a whole list, a whole deployment, a name: all go up, and stay."""
    stack = imgix_stack(
        START
        + """
imgix.ImgixSource("item", name=later("Item"), deployment=folder(
    imgix_subdomains=[later("item"), pulumi.Output.from_input(later("item2"))]))
imgix.ImgixSource("list", name="List", deployment=folder(
    imgix_subdomains=["list"], custom_domains=later(["list.example.com"]),
    default_params={"txt": later("hello")}))
imgix.ImgixSource("whole", name="Whole", deployment=later(
    folder(imgix_subdomains=["whole"], password="canary-secret")))
imgix.ImgixSource("dict", name="Dict", on_delete=later("retain"), deployment=later(
    {"type": "webproxy", "imgix_subdomains": ["dict"]}))
"""
    )

    done = stack.up()

    assert done.ok, done.text
    held = {source.name: source.deployment for source in imgix.sources.values()}
    assert held["Item"]["imgix_subdomains"] == ["item", "item2"]
    assert held["List"]["custom_domains"] == ["list.example.com"]
    assert held["List"]["default_params"] == {"txt": "hello"}
    assert held["Whole"]["password"] == "canary-secret"
    assert held["Dict"]["type"] == "webproxy"
    assert "canary" not in done.text + stack.state_file.read_text()
    assert stack.up(skip_preview=True).changes == {"same": 4}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("default_params={1: 2}", "default_params: has a name that is not text: 1"),
        ('default_params={"w": float("nan")}', "default_params.w: must be a finite number"),
        ('default_params={"w": float("inf")}', "default_params.w: must be a finite number"),
        ("annotation=imgix.KEEP", "annotation: imgix:keep is for credentials that imgix already"),
        ("cache_tll_value=3600", "cache_tll_value: is not a documented field; did you mean cache"),
    ],
)
def test_a_slip_in_a_program_is_one_plain_line(written: str, told: str) -> None:
    """Each is told where the source is declared, by its path, as a `RunError`."""
    arguments = eval(f"dict({written})", {"imgix": imgix_package})
    deployment = imgix_package.WebFolderDeployment(
        imgix_subdomains=["acme"], webfolder_base_url="https://a.example/", **arguments
    )

    with pytest.raises(pulumi.RunError) as error:
        imgix_package.ImgixSource("blog", name="Blog", deployment=deployment)

    assert f'imgix source "blog": deployment.{told}' in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("written", ["None", '""', "5", '"a/b"'])
def test_a_lookup_without_a_usable_id_is_one_plain_line(written: str) -> None:
    """`get_source` says so before it sends anything."""
    with pytest.raises(pulumi.RunError, match=r"^get_source: .* is not the id of a source\.?$"):
        imgix_package.get_source(eval(written))


def test_slips_in_the_root_configuration_are_told_in_one_run(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """`secret_keys`, an empty resource name and twins are told each by its place, all at once."""
    base = {"type": "webproxy", "imgix_subdomains": ["acme"]}
    sources: dict[Any, Any] = {
        "blog": {"name": "Blog", "deployment": base, "secret_keys": ["name"]},
        "journal": {"name": "Blog", "deployment": base},
        "": {"name": "Nameless", "deployment": base},
        "odd": {"name": "Odd", "deployment": {"type": "webproxy", "imgix_subdomains": [1]}},
    }
    stack = imgix_stack("import imgix_provider as imgix\nimgix.declare_sources()\n")
    text = yaml.safe_dump({"config": {"test:sources": sources}})
    (stack.program_dir / "Pulumi.dev.yaml").write_text(text)

    preview = stack.preview()

    assert not preview.ok
    assert "test:sources.blog.secret_keys: is not an input of a source" in preview.text
    assert 'test:sources: a source needs a resource name that is text, not ""' in preview.text
    assert (
        'test:sources.journal.deployment.imgix_subdomains[0]: "acme" is declared by resource '
        '"blog" ("Blog") of this stack too'
    ) in preview.text
    assert "test:sources.odd.deployment.imgix_subdomains[0]: must be text, not 1" in preview.text
    assert "Traceback" not in preview.text
    assert imgix.requests == []
