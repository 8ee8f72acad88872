"""Writes the table of modules in ARCHITECTURE.md; see `scripts/architecture`.

The rules are in `tests/architecture.toml`, which the test of the architecture reads too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import tomli

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "ARCHITECTURE.md"
START: Final = "<!-- modules -->\n"
END: Final = "<!-- end of modules -->\n"


def table() -> str:
    """Return the table: a row for each module, from the top layer to the bottom."""
    rules = tomli.loads((ROOT / "tests" / "architecture.toml").read_text())
    rows = ["| module | subject |", "|---|---|"]
    for number, layer in enumerate(rules["layer"]):
        if number:
            rows.append("| | |")
        rows += [f"| `{name}` | {subject} |" for name, subject in layer.items()]
    return "\n".join(rows) + "\n"


def page() -> str:
    """Return the page with the current table."""
    before, _, rest = PAGE.read_text().partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page())
