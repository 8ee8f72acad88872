"""What the pages show runs as they show it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOG = """\
import imgix_provider as imgix

imgix.ImgixSource(
    "blog",
    name="Blog",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=["acme-blog"], webfolder_base_url="https://www.example.com/"
    ),
)
"""


def blocks(page: Path) -> list[str]:
    """Return the Python in a page."""
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_in_a_page_is_python(page: Path) -> None:
    """Each example can be pasted."""
    for block in blocks(page):
        ast.parse(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_in_a_page_leads_somewhere(page: Path) -> None:
    """Every file that a page links to is there, and every heading in it."""
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}
            assert anchor in slugs, target


def test_the_example_of_the_stand_in_engine_runs(tmp_path: Path) -> None:
    """The test that the page shows passes, on a simulated account and not on the real API."""
    (example,) = blocks(ROOT / "docs" / "stand-in-engine.md")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_blog.py").write_text(example)
    (tmp_path / "Pulumi.yaml").write_text("name: blog\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(BLOG)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
