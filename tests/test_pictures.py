"""The pictures of the documentation: there, light and dark, and drawn from what the pages say."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT, Block, Picture, blocks, pictures

SHOWN = [picture for page in PAGES for picture in pictures(page)]
DIAGRAMS = [block for block in blocks("mermaid") if block.page.parent.name == "docs"]


@pytest.mark.parametrize("picture", SHOWN, ids=lambda each: f"{each.page.name}:{each.file.name}")
def test_a_picture_is_there_light_and_dark_and_in_words(picture: Picture) -> None:
    """It suits light and dark pages, and is described for those who do not see it."""
    assert picture.file.is_file()
    assert picture.dark.is_file()
    assert picture.file.read_bytes() != picture.dark.read_bytes()
    assert len(picture.words) > 20


def test_the_readme_shows_the_dark_picture_on_dark_pages() -> None:
    """GitHub chooses by what the reader's system says."""
    for page in (ROOT / "README.md", ROOT / "README.ja.md"):
        (picture,) = pictures(page)
        dark = picture.dark.relative_to(ROOT)
        source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        assert source in page.read_text("utf-8")


def test_there_is_no_picture_that_no_page_shows() -> None:
    """A picture left behind would go stale."""
    folder = ROOT / "docs" / "pictures"
    linked = {
        page.parent / name
        for page in PAGES
        for name in re.findall(r"\]\((pictures/[^)]+)\)", page.read_text("utf-8"))
    }
    drawn = {Path(picture.file) for picture in SHOWN} | linked | {*map(drawing_of, DIAGRAMS)}
    dark = {file.with_suffix(f".dark{file.suffix}") for file in drawn}
    assert {*folder.iterdir()} == {file for file in drawn | dark if file.parent == folder}


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=str)
def test_a_diagram_on_the_site_is_drawn_from_what_its_page_says(diagram: Block) -> None:
    """After a change of the diagram, `scripts/pictures` draws it anew."""
    of = hashlib.sha256(diagram.text.encode()).hexdigest()[:16]
    light = drawing_of(diagram)
    for file in (light, light.with_suffix(".dark.svg")):
        assert file.read_text("utf-8").endswith(f"<!-- {of} -->\n")


@pytest.mark.parametrize("diagram", blocks("mermaid"), ids=str)
def test_a_diagram_is_named_and_ends_no_line_by_a_semicolon(diagram: Block) -> None:
    """The name is for those who do not see it; Mermaid takes a semicolon for the end of a line."""
    assert re.search(r"^ *accTitle: \S", diagram.text, re.MULTILINE)
    assert ";" not in diagram.text


def drawing_of(diagram: Block) -> Path:
    """Return the picture of a page's diagram."""
    return ROOT / "docs" / "pictures" / f"{diagram.page.stem}.svg"
