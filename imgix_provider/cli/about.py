"""The command line's version and its shell completion."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from imgix_provider.api.agent import DISTRIBUTION, installed_version

SCRIPT: Final = "imgix-provider"
"""The name of the installed command, which a shell can complete."""
SHELLS: Final = ("bash", "zsh", "tcsh")

_CHECKOUT: Final = Path(__file__).resolve().parents[2] / "pyproject.toml"


def version(checkout: Path = _CHECKOUT) -> str:
    """Return the version of this package.

    It is that of the installed package or, in a checkout that is not installed, the one in
    `pyproject.toml`; `unknown` if there is neither.
    """
    installed = installed_version()
    if installed is not None:
        return installed
    try:
        text = checkout.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return "unknown"
    found = re.search(r'^version = "([^"]+)"$', text, re.MULTILINE)
    return found[1] if found else "unknown"


class ShowVersion(argparse.Action):
    """The option `--version`: finds the version only if it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print name and version, and exit."""
        print(f"{DISTRIBUTION} {version()}")
        parser.exit()


class PrintCompletion(argparse.Action):
    """The option `--print-completion SHELL`; shtab is imported only if it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print a shell completion script, and exit."""
        try:
            import shtab
        except ModuleNotFoundError:
            parser.exit(1, "error: completion needs the package shtab. Run: pip install shtab\n")
        parser.prog = SCRIPT  # a shell completes a command by its name
        print(shtab.complete(parser, shell=str(values)))
        parser.exit()
