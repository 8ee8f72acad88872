"""Writes sources as the configuration of a stack, for the program of `imgix_provider.stack`.

Strings are quoted wherever some YAML reader could take them for another type. Values that the
stack's file already holds encrypted stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from imgix_provider.deployments.fields import KEEP
from imgix_provider.errors import ImgixError
from imgix_provider.importing.declarations import Imported, ImportedSources

_PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9 _/.,:@+-]*")
_OPENING: Final = "# The imgix sources of this stack, imported from an account.\n"


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes no references, and quotes strings that could be mistaken."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _PLAIN.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def stack_configuration(
    sources: ImportedSources, project: str, present: Mapping[str, Any] | None = None
) -> str:
    """Return the text of `Pulumi.<stack>.yaml`.

    Args:
        sources: The sources to declare.
        project: The name of the project, which their key begins with.
        present: The current content of the file. All its other keys stay, and so do encrypted
            values of the sources.

    Raises:
        ImgixError: The sources in the file are encrypted as one value.
    """
    content = dict(present or {})
    declared = declared_sources(sources, project, content)
    content["config"] = {**(content.get("config") or {}), sources_key(project): declared}
    lines = [f"# - {left_out}\n" for left_out in sources.left_out]
    if lines:
        lines.insert(0, "# Not imported:\n")
    return _OPENING + as_yaml(content) + "".join(lines)


def declared_sources(
    sources: ImportedSources, project: str, present: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the sources as configuration by resource name, with what `present` has encrypted."""
    earlier = _present_sources(present, project)
    return {
        each.resource_name: _source(each, earlier.get(each.resource_name))
        for each in sources.imported
    }


def sources_with_encrypted_values(project: str, present: Mapping[str, Any]) -> list[str]:
    """Return the resource names of the sources for which `present` holds encrypted values."""
    earlier = _present_sources(present, project)
    return [str(name) for name, source in earlier.items() if count_encrypted(source)]


def count_encrypted(value: Any) -> int:
    """Return how many encrypted values there are in a value."""
    if _is_encrypted(value):
        return 1
    if isinstance(value, Mapping):
        return sum(map(count_encrypted, value.values()))
    return sum(map(count_encrypted, value)) if isinstance(value, list) else 0


def as_yaml(content: Mapping[str, Any]) -> str:
    """Return a file of Pulumi's, in which every text stays a text for every reader."""
    return yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000, indent=2
    )


def kept_fields(source: Mapping[str, Any]) -> list[str]:
    """Return the fields of a configured source's deployment whose values only imgix has."""
    deployment = source.get("deployment")
    fields = deployment if isinstance(deployment, Mapping) else {}
    return [key for key, value in fields.items() if value == KEEP]


def sources_key(project: str) -> str:
    """Return the configuration key of a project's sources."""
    return f"{project}:sources"


def config_path(project: str, resource_name: str, field: str) -> str:
    """Return the path of a secret in the configuration."""
    return f"{sources_key(project)}.{resource_name}.deployment.{field}"


def _present_sources(content: Mapping[str, Any], project: str) -> Mapping[str, Any]:
    config = content.get("config")
    found = config.get(sources_key(project)) if isinstance(config, Mapping) else None
    if _is_encrypted(found):
        raise ImgixError(
            f"{sources_key(project)} is encrypted as one value, so the import cannot change it",
            "Choose another folder with --out.",
        )
    return found if isinstance(found, Mapping) else {}


def _source(imported: Imported, earlier: Any) -> dict[str, Any]:
    declaration = imported.declaration
    source: dict[str, Any] = {"name": declaration.name}
    if not declaration.enabled:
        source["enabled"] = False
    deployment = {
        key: dict(sorted(value.items())) if isinstance(value, Mapping) else value
        for key, value in declaration.deployment.items()
    }
    kept = _with_encrypted(
        {**source, "deployment": deployment}, _of_type(earlier, declaration.type)
    )
    return dict(kept)


def _of_type(earlier: Any, deployment_type: str) -> Any:
    """Return the earlier source without its deployment if that is of another type."""
    deployment = earlier.get("deployment") if isinstance(earlier, Mapping) else None
    if not isinstance(deployment, Mapping) or deployment.get("type") in (deployment_type, None):
        return earlier
    return {key: value for key, value in earlier.items() if key != "deployment"}


def _with_encrypted(new: Any, earlier: Any) -> Any:
    """Return the new value with everything that is encrypted in the earlier one."""
    if _is_encrypted(earlier) or (isinstance(earlier, list) and count_encrypted(earlier)):
        return earlier
    if not isinstance(new, Mapping) or not isinstance(earlier, Mapping):
        return new
    merged = {key: _with_encrypted(value, earlier.get(key)) for key, value in new.items()}
    gone = {k: _encrypted_part(v) for k, v in earlier.items() if k not in merged}
    return {**merged, **{key: part for key, part in gone.items() if part is not None}}


def _encrypted_part(value: Any) -> Any:
    """Return what is encrypted in a value, or None; a list with such an item stays whole."""
    if not count_encrypted(value):
        return None
    if _is_encrypted(value) or not isinstance(value, Mapping):
        return value
    return {key: part for key, item in value.items() if (part := _encrypted_part(item))}


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}
