"""Stores the sources of a simulated account in a JSON file.

The file holds secrets, so only its owner can read it.
"""

import json
import os
import tempfile
from pathlib import Path

import attrs

from imgix_testing.server.source import Deploy, StoredSource


class UnreadableStateError(Exception):
    """The file was not written by this module, or cannot be."""


def load(path: Path) -> dict[str, StoredSource]:
    """Return the sources in the file; none if there is no file."""
    if not path.parent.is_dir():
        raise UnreadableStateError(f"there is no folder {path.parent} for its state file")
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["sources"]
        sources = [StoredSource(**{**entry, "deploy": Deploy(**entry["deploy"])}) for entry in kept]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableStateError(f"{path} is not a state file of the simulated API") from error
    return {source.id: source for source in sources}


def save(path: Path, sources: dict[str, StoredSource]) -> None:
    """Write the sources atomically: a reader finds the old file or the new one."""
    text = json.dumps({"sources": [attrs.asdict(source) for source in sources.values()]}, indent=2)
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
