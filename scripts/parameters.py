"""Prints `imgix_provider/deployments/parameters.txt`; see `scripts/parameters`.

The input is `dist/parameters.json` of npm's `imgix-url-params`. What depends on other parameters,
fonts, defaults and descriptions are left out; the notation is that of
`imgix_provider.deployments.parameters`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HEADER = """\
# Rendering parameters of imgix, from npm's imgix-url-params {version} (BSD-2-Clause; see
# parameters.LICENSE.md). Printed by scripts/parameters; the notation is explained in parameters.py.
"""

LETTERS = {
    "integer": "i",
    "number": "n",
    "unit_scalar": "u",
    "boolean": "b",
    "string": "s",
    "list": "l",
    "hex_color": "x",
    "color_keyword": "k",
    "ratio": "r",
    "interval": "v",
    "timestamp": "i",
    "url": "s",
    "path": "s",
    "font": "s",
}


def page(described: Mapping[str, Any]) -> str:
    """Return the whole table."""
    lines = [f"* {','.join(described['colorKeywordValues'])}"]
    for name, parameter in sorted(described["parameters"].items()):
        aliases = [alias for alias in parameter.get("aliases", ()) if "=" not in alias]
        names = [name, *sorted(set(aliases) - {name})]
        lines.append(f"{','.join(names)} {_alternatives(parameter['expects'])}")
    return HEADER.format(version=described["version"]) + "\n".join(lines) + "\n"


def _alternatives(expects: list[Mapping[str, Any]]) -> str:
    # Where any text will do, nothing else needs to be said.
    shown = list(dict.fromkeys(map(_one, expects)))
    return "s" if "s" in shown else "|".join(shown)


def _one(expected: Mapping[str, Any]) -> str:
    if "length" in expected:
        items = (expected[str(place)] for place in range(expected["length"]))
        return f"<{';'.join(map(_alternatives, items))}>"
    return LETTERS[expected["type"]] + "".join(_limits(expected))


def _limits(expected: Mapping[str, Any]) -> Iterator[str]:
    if "possible_values" in expected:
        yield f"{{{','.join(str(value) for value in expected['possible_values'])}}}"
    strict = expected.get("strict_range") or (expected if "min" in expected else None)
    if strict:
        yield f"[{strict.get('min', '')},{strict.get('max', '')}]"
    suggested = expected.get("suggested_range")
    if suggested:
        yield f"({suggested.get('min', '')},{suggested.get('max', '')})"


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text())), end="")
