"""The page of first steps, typed line by line, and the options of every `pulumi` command shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from imgix_testing.server import SimulatedImgix
from tests.pages import Block, Command, blocks, commands, commands_of, like
from tests.pulumi_cli.conftest import Pulumi

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.timeout(600)]

ALREADY_THERE = ("mkdir", ".", "pip", "python3", "export", "unset", "cd", "scripts/environment")


class Reader:
    """Someone who types what a page shows, up to the real account."""

    def __init__(self, pulumi: Pulumi) -> None:
        """Start in an empty folder that has the virtual environment."""
        self.pulumi = pulumi
        for file in pulumi.folder.iterdir():
            file.unlink()
        (pulumi.folder / ".venv").symlink_to(sys.prefix)
        assert pulumi.run("stack", "rm", "--yes", "--force", "organization/test/dev").ok

    def do(self, block: Block) -> None:
        """Write the file, make the edit, or type the commands of a block."""
        file = self.pulumi.folder / block.file
        if block.language == "diff":
            self._edit(file, block.text)
        elif block.file:
            file.write_text(block.text)
        elif block.language == "console":
            for command in commands_of(block):
                self._type(command)

    def _edit(self, file: Path, difference: str) -> None:
        lines = difference.splitlines()
        old, new = (
            "\n".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +")
        )
        text = file.read_text()
        assert text.count(old) == 1, difference
        file.write_text(text.replace(old, new))

    def _type(self, command: Command) -> None:
        (words, *_) = command.calls()
        if words[0] in ALREADY_THERE or words[1] == "login" or "imgix_testing" in words:
            return
        done = subprocess.run(
            [sys.executable if words[0] == "python" else words[0], *words[1:]],
            cwd=self.pulumi.folder,
            env=self.pulumi.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            check=False,
        )
        address = self.pulumi.environment["IMGIX_API_URL"]
        got = done.stdout.replace(address, "http://127.0.0.1:8787/api/v1")
        if command.shown.strip():
            assert like(command.shown).search(got), f"{command.block}: {command.text}\n{got}"


def test_the_first_steps_go_as_shown(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """From the files to the removal, each command prints what the page shows."""
    reader = Reader(pulumi)
    for block in blocks(page="first-steps.md"):
        if "unset IMGIX_API_URL" in block.text:
            break
        reader.do(block)
    (source,) = imgix.sources.values()
    assert source.name == "Blog images"
    assert source.deployment["cache_ttl_value"] == 3600
    assert not source.enabled


def test_the_options_of_pulumi_are_real(pulumi: Pulumi) -> None:
    """Every `pulumi` command that a page shows exists, with the options that it is given."""
    shown = {
        tuple(words)
        for command in commands()
        for words in command.calls()
        if words[0] == "pulumi" and "…" not in words
    }
    assert shown
    helped: dict[tuple[str, ...], str] = {}
    for words in sorted(shown):
        verb = tuple(word for word in words[1:3] if re.fullmatch("[a-z]+", word))
        if verb not in helped:
            helped[verb] = _help_of(verb, pulumi)
        for option in (word.partition("=")[0] for word in words[2:] if word.startswith("--")):
            assert re.search(rf"^\s.*{option}\b", helped[verb], re.MULTILINE), words


def _help_of(verb: tuple[str, ...], pulumi: Pulumi) -> str:
    helping = pulumi.run(*verb, "--help")
    assert helping.ok, helping.text
    assert f"pulumi {verb[0]}" in helping.text
    return helping.text
