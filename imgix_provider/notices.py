"""What a running provider tells the person who waits: single lines on standard error.

The engine shows them under the stack's diagnostics, without a source's name, so each line names
its source.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from imgix_provider.errors import one_line

Notify = Callable[[str], None]
"""Tells a person one line; it must not hold a secret."""


def to_stderr(line: str) -> None:
    """Write `line` to standard error, whole, so that lines of several threads do not mix."""
    sys.stderr.write(one_line(line) + "\n")
    sys.stderr.flush()


def silently(_line: str) -> None:
    """Tell nobody."""
