"""How this package introduces itself: its version, and the User-Agent."""

from __future__ import annotations

import platform
from typing import Final

DISTRIBUTION: Final = "imgix-provider"


def installed_version() -> str | None:
    """Return the version of the installed package; None in a checkout that is not installed."""
    from importlib import metadata  # takes longer to import than the rest of the command line

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return None


def user_agent() -> str:
    """Return the User-Agent header."""
    import requests  # not needed for the version alone

    return (
        f"pulumi-imgix-provider/{installed_version() or 'source'} "
        f"python/{platform.python_version()} requests/{requests.__version__}"
    )
