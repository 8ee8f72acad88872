"""Prints the reference of all fields, `docs/fields.md`; see `scripts/fields`.

The content comes from the table in `imgix_provider.deployments`, so the page documents exactly what
is checked. This script only lays it out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from imgix_provider.deployments.fields import DOCUMENTATION, KEEP, Field
from imgix_provider.deployments.table import COMMON_FIELDS, FIELDS, READ_ONLY
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES

INTRODUCTION = f"""\
# All fields of a source's deployment

The names and meanings are imgix's own:
<{DOCUMENTATION}>. `scripts/fields` prints this page from
the table that the checks use.

- A missing **required** field is an error before anything is sent. For all other fields, the last
  column is imgix's default. It is also what is sent when you remove the field from the declaration.
- A *secret* becomes a Pulumi secret automatically and is in no output; `{KEEP}` stands for the
  value that imgix has. If imgix *never returns* it, a refresh cannot notice a change by hand.
- Every value may be a Pulumi `Output`. In Python, use the class or a dict with the same keys plus
  `type`.
"""


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION, "## Every type\n", _table(COMMON_FIELDS.values(), None)]
    for name, cls in DEPLOYMENT_CLASSES.items():
        own = [spec for key, spec in FIELDS[name].items() if key not in COMMON_FIELDS]
        about = (cls.__doc__ or "").split("\n", 1)[0]
        parts += [f"## `{name}`: {cls.__name__}\n", f"{about}\n"]
        parts += [_table(own, name)] if own else ["It has no fields of its own.\n"]
        if cls.read_only:
            parts.append("Read-only:\n")
            parts.append("\n".join(f"- `{key}`: {READ_ONLY[key].doc}" for key in cls.read_only))
            parts[-1] += "\n"
    return "\n".join(parts)


def _table(specs: Iterable[Field], name: str | None) -> str:
    rows = ["| field | kind | meaning | default |", "|---|---|---|---|"]
    rows += [
        f"| `{spec.name}` | {_kind(spec)} | {_cell(spec.doc)} | {_unset(spec, name)} |"
        for spec in sorted(specs, key=lambda spec: (not spec.required, spec.name))
    ]
    return "\n".join(rows) + "\n"


def _kind(spec: Field) -> str:
    return "; ".join([spec.kind.value, *_rules(spec)])


def _rules(spec: Field) -> Iterator[str]:
    if spec.minimum is not None:
        yield f"{spec.minimum} to {spec.maximum} {spec.unit}".rstrip()
    if spec.choices:
        words = ", ".join(f"`{choice}`" for choice in spec.choices)
        yield f"{words}; another is a warning" if spec.open_choices else words
    if spec.form is not None:
        yield spec.form.value
    if spec.at_least_one:
        yield "at least one"
    if spec.most_items is not None:
        yield f"at most {spec.most_items}"
    if spec.credential:
        yield "*secret*"
    if spec.write_only:
        yield "*never returned*"


def _unset(spec: Field, name: str | None) -> str:
    if spec.required:
        return "**required**"
    if spec.name == "annotation":
        return "a line that names the user; empty when removed"
    exceptions = [
        f", for `{other}` {_json(value)}"
        for other, value in spec.unset_by_type.items()
        if name in (None, other)
    ]
    return _json(spec.unset) + "".join(exceptions)


def _json(value: Any) -> str:
    return f"`{json.dumps(value)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
