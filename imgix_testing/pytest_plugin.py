"""Fixtures for the tests of a stack of imgix sources: a simulated account and a stand-in engine.

# conftest.py
pytest_plugins = ["imgix_testing.pytest_plugin"]

# test_sources.py
def test_the_blog_is_served(imgix, imgix_stack):
    stack = imgix_stack(Path("infrastructure"))
    assert stack.up().ok
    assert [source.name for source in imgix.sources.values()] == ["Blog"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

_PROJECT = "name: {name}\nruntime: python\n"


@pytest.fixture
def imgix() -> Iterator[SimulatedImgix]:
    """An empty simulated imgix account whose deploys end at once."""
    with SimulatedImgix() as api:
        yield api


@pytest.fixture
def imgix_stack(imgix: SimulatedImgix, tmp_path: Path) -> Callable[..., Stack]:
    """Makes stacks that use the account of `imgix`.

    Takes the folder of a program or its text, the name of the stack, and the other arguments of
    `imgix_testing.engine.Stack`. The state is in a folder of the test.
    """

    def make(program: Path | str, name: str = "dev", **options: Any) -> Stack:
        folder = program if isinstance(program, Path) else _written(program, tmp_path)
        environment = {
            "IMGIX_API_URL": imgix.url,
            "IMGIX_API_KEY": imgix.api_key,
            **options.pop("environment", {}),
        }
        state_file = options.pop("state_file", tmp_path / f"{folder.name}.{name}.json")
        return Stack(folder, name, state_file=state_file, environment=environment, **options)

    return make


def _written(text: str, tmp_path: Path) -> Path:
    """Write the program to a folder of the test, and return the folder."""
    folder = tmp_path / "program"
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text(_PROJECT.format(name="test"))
    (folder / "__main__.py").write_text(text)
    return folder
