"""Writes the tables of rules and kinds in `docs/review.md`; see `scripts/rules`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from imgix_provider.cli.review import rules_table
from imgix_provider.review.rules.table import KINDS

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "review.md"
START: Final = "<!-- rules -->\n"
END: Final = "<!-- end of rules -->\n"


def tables() -> str:
    """Return both tables."""
    kinds = ["| kind | stands for |", "|---|---|"]
    for kind, ids in KINDS.items():
        every = kind in ("error", "warning")
        words = f"every {kind}" if every else ", ".join(f"`{name}`" for name in sorted(ids))
        kinds.append(f"| `{kind}` | {words} |")
    return f"{rules_table()}\n\n" + "\n".join(kinds) + "\n"


def page() -> str:
    """Return the page with the tables as they have to be."""
    before, _, rest = PAGE.read_text().partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page())
