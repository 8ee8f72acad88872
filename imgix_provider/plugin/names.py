"""Names as plugin programs write them, and how messages for those programs write an argument.

imgix and the core write `s3_bucket` in one flat deployment with its `type`. A plugin program writes
`s3Bucket` in the block `s3`, one block for each type, with the common fields beside it. Both come
from the same table, so neither can lack a field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from imgix_provider.api.query import FILTERS
from imgix_provider.deployments.table import COMMON_FIELDS, FIELDS, READ_ONLY
from imgix_provider.messages import Spelling, plugin_alias
from imgix_provider.sources.declaration import ARGUMENTS, OUTPUTS

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def camel(name: str) -> str:
    """Return a name in camel case: `s3Bucket` for `s3_bucket`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


BLOCKS: Final[Mapping[str, str]] = {name: camel(name) for name in FIELDS}
"""The block of each deployment type, by imgix's name for the type."""

TYPES: Final[Mapping[str, str]] = {block: name for name, block in BLOCKS.items()}
"""The deployment type of each block."""

OWN_KEYS: Final[Mapping[str, Mapping[str, str]]] = {
    name: {camel(key): key for key in (*fields, *READ_ONLY) if key not in COMMON_FIELDS}
    for name, fields in FIELDS.items()
}
"""The keys of each type's block, including those that imgix sets: imgix's name by the plugin's."""

COMMON_KEYS: Final[Mapping[str, str]] = {camel(key): key for key in COMMON_FIELDS}
"""The keys beside the blocks: imgix's name by the plugin's."""

PROPERTIES: Final[Mapping[str, str]] = {
    camel(key): key for key in (*ARGUMENTS, *OUTPUTS) if key != "secret_keys"
}
"""The inputs and outputs of a source: the core's name by the plugin's."""

_KNOWN: Final = frozenset(
    {
        "depends_on",
        *ARGUMENTS,
        *OUTPUTS,
        *READ_ONLY,
        *FILTERS,
        *(key for own in FIELDS.values() for key in own),
    }
)


def own_fields(deployment_type: str) -> list[str]:
    """Return the fields that can be declared in a type's block, by imgix's names."""
    return [key for key in FIELDS[deployment_type] if key not in COMMON_FIELDS]


def spelling(deployment_type: str = "") -> Spelling:
    """Return how messages on a source of this type write an argument: `onDelete: "retain"`.

    Args:
        deployment_type: Decides the block of a field that several types have; may be empty.
    """

    def write(path: str, value: str | None) -> str:
        if path == "aliases" and value is not None:
            return plugin_alias(value)
        shown = written_path(path, deployment_type)
        return shown if value is None else f"{shown}: {value}"

    return write


def written_path(path: str, deployment_type: str = "") -> str:
    """Return a path of the core as a plugin program writes it: `deployment.s3.s3Bucket`."""
    first, dot, rest = path.partition(".")
    if first != "deployment" or not dot:
        return _renamed(path)
    if rest == "type":
        return "deployment"
    key, end = _split(rest)
    block = _block_of(key, deployment_type)
    place = f"deployment.{block}" if block else "deployment"
    if end.startswith("."):  # names of parameters stay as they are
        end = written_key(end[1:])
    return f"{place}.{_renamed(key)}{end}"


def written_key(key: str) -> str:
    """Return the last part of a path as Pulumi writes it: `.w`, or `["txt-size.x"]`."""
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else '["' + key.replace('"', '\\"') + '"]'


def _renamed(name: str) -> str:
    key, end = _split(name)
    return f"{camel(key)}{end}" if key in _KNOWN else name


def _split(path: str) -> tuple[str, str]:
    """Return the first key of a path, and what comes after it."""
    key = re.split(r"[.\[]", path, maxsplit=1)[0]
    return key, path[len(key) :]


def _block_of(key: str, deployment_type: str) -> str:
    owners = [name for name, fields in FIELDS.items() if key in fields]
    if key in COMMON_FIELDS or not owners:
        return ""
    return BLOCKS[deployment_type if deployment_type in owners else owners[0]]
