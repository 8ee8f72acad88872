"""What the command line tells of itself: version, manual, completion."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomli

from imgix_provider.cli import manual
from imgix_provider.cli.about import version
from imgix_provider.cli.main import _parser
from imgix_provider.settings import API_URL

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]
VERSION = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
PAGES = {
    "": manual.MAIN,
    "list": manual.LIST,
    "show": manual.SHOW,
    "check": manual.CHECK,
    "import": manual.IMPORT,
    "review": manual.REVIEW,
}


def helps() -> Iterator[tuple[str, str]]:
    """Yield each command with the help that it prints."""
    parser = _parser()
    yield "", parser.format_help()
    for action in parser._actions:
        if action.metavar == "COMMAND" and isinstance(action.choices, dict):
            for name, inner in action.choices.items():
                yield name, inner.format_help()


def test_the_version_is_that_of_the_package(command_line: CommandLine) -> None:
    """`--version` needs no key and no command, and prints one line."""
    result = command_line("--version", IMGIX_API_KEY="")
    assert (result.returncode, result.stdout) == (0, f"imgix-provider {VERSION}\n")


def test_a_checkout_that_is_not_installed_has_a_version(tmp_path: Path) -> None:
    """Without installed metadata, pyproject.toml has the version; without both it is unknown."""
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from importlib import metadata
def missing(name):
    raise metadata.PackageNotFoundError(name)
metadata.version = missing
from pathlib import Path
from imgix_provider.cli.about import version
print(version())
print(version(Path({str(tmp_path / "pyproject.toml")!r})))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [VERSION, "unknown"]
    assert version() == VERSION


def test_every_command_has_a_whole_manual() -> None:
    """Each says what it does, its exit statuses and examples; with a key, its environment too."""
    shown = dict(helps())
    assert set(shown) == set(PAGES)
    for name, text in shown.items():
        assert PAGES[name].description.split(".")[0] in " ".join(text.split())
        assert "Exit status:\n" in text
        assert name == "" or f"{manual.PROGRAM} {name}" in text.partition("Examples:\n")[2]
        if name != "review":
            assert API_URL in text
            assert "IMGIX_API_KEY" in text


def test_every_argument_says_its_meaning() -> None:
    """No option of any command is listed without a word on it."""
    parsers = [_parser()]
    for action in parsers[0]._actions:
        if isinstance(action, argparse._SubParsersAction):
            parsers += action.choices.values()
    silent = [
        (each.prog, action.dest)
        for each in parsers
        for action in each._actions
        if not action.help and action.metavar != "COMMAND"
    ]
    assert silent == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes_the_commands(shell: str, command_line: CommandLine) -> None:
    """The script for each shell knows the commands, under the installed name."""
    result = command_line("--print-completion", shell)
    assert result.returncode == 0, result.stderr
    assert "imgix-provider" in result.stdout
    assert "review" in result.stdout


def test_bash_completes_what_is_typed(command_line: CommandLine, tmp_path: Path) -> None:
    """`imgix-provider li<Tab>` becomes `list`, and after `--type` come the types."""
    script = tmp_path / "completion"
    script.write_text(command_line("--print-completion", "bash").stdout)
    function = "_shtab_imgix_provider"
    for words, expected in ((["li"], "list"), (["list", "--type", "web"], "webfolder webproxy")):
        typed = " ".join(["imgix-provider", *words])
        done = subprocess.run(
            [
                "bash",
                "-c",
                f"""
. {script}
COMP_WORDS=({typed}); COMP_CWORD={len(words)}; {function}; echo "${{COMPREPLY[*]}}"
""",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected, done.stderr


def test_without_shtab_completion_says_what_to_install(tmp_path: Path) -> None:
    """The package that writes completions is optional; without it, one line tells its name."""
    (tmp_path / "shtab.py").write_text("raise ModuleNotFoundError('shtab')")
    done = subprocess.run(
        [sys.executable, "-m", "imgix_provider", "--print-completion", "bash"],
        cwd=ROOT,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("error: completion needs the package shtab. Run: pip install shtab\n")


def test_the_command_line_starts_without_what_it_is_not_asked_for() -> None:
    """Help imports neither Pulumi nor rich nor shtab."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "imgix_provider", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "imgix_provider.cli.main" in imported
    assert imported & {"pulumi", "rich", "shtab"} == set()
