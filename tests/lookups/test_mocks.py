"""A user's own unit tests, with Pulumi's mocks; the examples are those of docs/testing.md."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

import imgix_provider as imgix

ROOT = Path(__file__).parents[2]


class Account(Mocks):
    """Answers in the place of imgix."""

    def __init__(self) -> None:
        """Note what is asked for."""
        self.calls: list[tuple[str, dict[str, object]]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        """Return each resource as it was declared."""
        return f"{args.name}-id", args.inputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, object], list[tuple[str, str]]]:
        """Return a source of the account."""
        self.calls.append((args.token, args.args))
        blog: dict[str, object] = {
            "id": "0" * 24,
            "name": "Blog",
            "type": "s3",
            "imgix_subdomains": ["acme"],
        }
        return ({"sources": [blog]} if args.token.endswith("listSources") else blog), []


@pytest.fixture
def account() -> Iterator[Account]:
    """Mocks for one test."""
    before = pulumi.runtime.settings.get_monitor()
    mocks = Account()
    pulumi.runtime.set_mocks(mocks, preview=False)
    yield mocks
    pulumi.runtime.settings.SETTINGS.monitor = before


def test_lookups_answer_from_the_user_s_mocks(account: Account) -> None:
    """Nothing is sent, no key is needed; what mocks leave out is as in a plain source."""
    found = imgix.get_source("0" * 24)
    (listed,) = imgix.list_sources(type="s3")

    assert found == listed
    assert (found.name, found.enabled) == ("Blog", True)
    assert found.urls == ("https://acme.imgix.net",)
    assert account.calls == [
        ("imgix:index:getSource", {"id": "0" * 24}),
        ("imgix:index:listSources", {"type": "s3"}),
    ]


def test_programs_under_mocks_do_not_see_each_other_s_domains(account: Account) -> None:
    """Tests that share mocks declare the same domain under different names, time and again."""
    for program in ("first", "second"):
        imgix.ImgixSource(
            program,
            name="Blog",
            deployment=imgix.WebProxyDeployment(imgix_subdomains=["acme"]),
        )


def test_the_example_of_the_documentation_passes(tmp_path: Path) -> None:
    """Both files on the page are taken as they stand, and their tests pass."""
    page = (ROOT / "docs" / "testing.md").read_text()
    files = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", page, re.DOTALL)
    assert [name for name, _ in files] == ["sources.py", "test_sources.py"]
    for name, text in files:
        (tmp_path / name).write_text(text)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
