"""The pages read the same in the repository and on the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages import ROOT


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_what_belongs_to_a_step_stays_in_its_list(page: Path) -> None:
    """The site ends a list where GitHub goes on, unless code and paragraphs stand in by four.

    Every step would then be the first.
    """
    outside = re.sub(r"^( *)```.*?^\1```$", r"\1```", page.read_text("utf-8"), flags=re.M | re.S)
    assert re.findall(r"(?:^|\n)\n {1,3}\S.*|\n {1,3}```", outside) == []
