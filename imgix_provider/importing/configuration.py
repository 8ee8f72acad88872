"""Writes sources down as the configuration of a stack, for the program of `imgix_provider.stack`.

Strings are quoted wherever one reader of YAML or another could take them for something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from imgix_provider.importing.declarations import Imported, Takeover

_UNMISTAKABLE: Final = re.compile(r"[A-Za-z/][A-Za-z0-9 _/.,:@+-]*")
_OPENING: Final = "# The imgix sources that this stack takes over.\n"


class _Dumper(yaml.SafeDumper):
    """Indents lists, never refers to an earlier value, and quotes what could be mistaken."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _UNMISTAKABLE.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def stack_configuration(
    takeover: Takeover, project: str, present: Mapping[str, Any] | None = None
) -> str:
    """Return the text of `Pulumi.<stack>.yaml`; of a `present` one all but the sources stays."""
    sources = {each.resource_name: _source(each) for each in takeover.imported}
    content = dict(present or {})
    content["config"] = {**(content.get("config") or {}), sources_key(project): sources}
    text = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, indent=2
    )
    lines = [f"# - {left_out}\n" for left_out in takeover.left_out]
    if lines:
        lines.insert(0, "# Left out, since they cannot be declared as they are:\n")
    return _OPENING + text + "".join(lines)


def sources_key(project: str) -> str:
    """Return the configuration key that the sources of a project stand under."""
    return f"{project}:sources"


def config_path(project: str, resource_name: str, field: str) -> str:
    """Return the path of a secret in the configuration."""
    return f"{sources_key(project)}.{resource_name}.deployment.{field}"


def _source(imported: Imported) -> dict[str, Any]:
    declaration = imported.declaration
    source: dict[str, Any] = {"name": declaration.name}
    if not declaration.enabled:
        source["enabled"] = False
    deployment = {
        key: dict(sorted(value.items())) if isinstance(value, Mapping) else value
        for key, value in declaration.deployment.items()
    }
    return {**source, "deployment": deployment}
