"""The page about reviews says what the command does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "review.md"


def test_the_page_shows_the_rules() -> None:
    """The tables are those that `scripts/rules` writes."""
    program = "import sys; sys.path.insert(0, 'scripts'); import rules; print(rules.page(), end='')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert PAGE.read_text() == done.stdout


def test_every_picture_and_link_of_the_page_is_there() -> None:
    """Nothing that the page points at within the project is missing."""
    links = re.findall(r"\]\(((?!https?:)[^)#]+)\)", PAGE.read_text())
    assert links
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
