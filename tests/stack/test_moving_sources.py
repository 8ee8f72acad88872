"""Sources move between stacks without a request to imgix; see docs/moving-sources.md."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]


def account(imgix: SimulatedImgix) -> None:
    """Put a blog and a shop in the account."""
    for name in ("Blog", "Shop"):
        imgix.add_source(
            name=name,
            deployment={
                "type": "s3",
                "imgix_subdomains": [name.lower()],
                "s3_access_key": "AKIA",
                "s3_bucket": name.lower(),
                "s3_secret_key": "canary",
            },
        )


def imported_stack(
    command_line: CommandLine, imgix_stack: Callable[..., Stack], folder: Path, *filters: str
) -> Stack:
    """Import what the filters ask for into a stack of its own."""
    assert command_line("import", "--out", folder, *filters).returncode == 0
    stack = imgix_stack(folder)
    assert stack.import_file(folder / "import.json", protect=False).ok
    return stack


def test_an_account_is_split_over_stacks(
    imgix: SimulatedImgix,
    imgix_stack: Callable[..., Stack],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """A source goes to another stack by an import there and forgetting here; nothing changes."""
    account(imgix)
    old = imported_stack(command_line, imgix_stack, tmp_path / "old")
    new = imported_stack(command_line, imgix_stack, tmp_path / "new", "--name", "Shop")
    imgix.requests.clear()

    (urn,) = [
        resource["urn"]
        for resource in old.state()["deployment"]["resources"]
        if resource["urn"].endswith("::shop")
    ]
    old.state_delete(urn)
    program = old.program_dir / "__main__.py"
    program.write_text(program.read_text().split('\nimgix.ImgixSource(\n    "shop"')[0])

    for stack in (old, new):
        done = stack.up(skip_preview=True)
        assert done.ok, done.text
        assert done.changes == {"same": 1}
    assert list(imgix.requests) == []
    assert all(source.enabled for source in imgix.sources.values())
