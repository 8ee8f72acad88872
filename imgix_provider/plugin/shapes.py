"""Converts a source's properties between two shapes: the plugin program's and the core's.

| plugin | core |
|---|---|
| `deployment: {imgixSubdomains, s3: {s3Bucket}}` | `{type: s3, imgix_subdomains, s3_bucket}` |
| `onDelete` | `on_delete` |
| values that the program holds as secrets | `secret_keys` names them |

What cannot be translated is a problem that `Check` reports; in a state it is left out. A state
written by the dynamic resource is already in the core's shape, and is recognised by its
`__provider`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.table import CREDENTIALS
from imgix_provider.messages import argument, join_names, list_choices, suggest
from imgix_provider.plugin.names import (
    BLOCKS,
    COMMON_KEYS,
    OWN_KEYS,
    PROPERTIES,
    TYPES,
    camel,
    own_fields,
)
from imgix_provider.plugin.properties import UNKNOWN, Path, Received, Secret
from imgix_provider.sources.declaration import ARGUMENTS
from imgix_provider.sources.validation import Problem

_DYNAMIC: Final = "__provider"
_DEPLOYMENTS: Final = ("deployment", "effectiveDeployment")
_INPUTS: Final = tuple(camel(name) for name in ARGUMENTS if name != "secret_keys")


@attrs.frozen
class CoreProperties:
    """Properties in the core's shape."""

    values: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()
    """What has no place in the core's shape; the paths are the program's."""
    from_dynamic: bool = False
    """Whether the dynamic resource wrote them."""

    @property
    def type(self) -> str:
        """The deployment type, by imgix's name; empty if there is none."""
        deployment = self.values.get("deployment")
        found = deployment.get("type") if isinstance(deployment, Mapping) else None
        return found if isinstance(found, str) else ""


def core_properties(properties: Received) -> CoreProperties:
    """Return a source's inputs or outputs in the core's shape."""
    if _DYNAMIC in properties.values:
        kept = {key: value for key, value in properties.values.items() if key != _DYNAMIC}
        return CoreProperties(kept, from_dynamic=True)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in properties.values.items():
        if key in _DEPLOYMENTS and isinstance(value, Mapping):
            flat, stray = _flat(value)
            if key == "deployment":
                problems += stray
            else:  # imgix may show more than is documented
                known = {*COMMON_KEYS, *TYPES}
                flat |= {name: item for name, item in value.items() if name not in known}
            values[PROPERTIES[key]] = flat
        elif key in PROPERTIES:
            values[PROPERTIES[key]] = value
        elif not key.startswith("__") and value is not None:
            problems.append(Problem(key, "is not an input of a source" + suggest(key, _INPUTS)))
    secret_keys = sorted(_secret_keys(properties.secrets, values.get("deployment")))
    if secret_keys:
        values["secret_keys"] = secret_keys
    return CoreProperties(values, tuple(problems))


def plugin_properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a source's properties in the plugin's shape, with its secrets marked."""
    hidden = frozenset(values.get("secret_keys") or ())
    properties: dict[str, Any] = {}
    for key, value in values.items():
        name = camel(key)
        if key == "secure_url_token" and not value:
            # Of what the state lacks, SDKs say in every preview that it is unknown.
            properties[name] = ""
        elif key == "secret_keys" or value is None:
            continue
        elif name in _DEPLOYMENTS and isinstance(value, Mapping):
            properties[name] = nested(value, hidden if key == "deployment" else ())
        else:
            secret = key == "secure_url_token" or key in hidden
            properties[name] = _marked(value) if secret else value
    return properties


def nested(deployment: Mapping[str, Any], secret_keys: Collection[str] = ()) -> dict[str, Any]:
    """Return a deployment with the block of its type; flat if the type is undocumented."""
    deployment_type = str(deployment.get("type", ""))
    if deployment_type not in BLOCKS:
        return dict(deployment)
    own = {key: name for name, key in OWN_KEYS[deployment_type].items()}
    common = {key: name for name, key in COMMON_KEYS.items()}
    block: dict[str, Any] = {}
    result: dict[str, Any] = {}
    for key, value in deployment.items():
        hidden = key in secret_keys or (key in CREDENTIALS and value != KEEP)
        shown = _marked(value) if hidden else value
        if key in own:
            block[own[key]] = shown
        elif key != "type":
            result[common.get(key, key)] = shown
    fields = own_fields(deployment_type)
    all_unknown = bool(fields) and all(deployment.get(key) is UNKNOWN for key in fields)
    result[BLOCKS[deployment_type]] = UNKNOWN if all_unknown else block
    return result


def _marked(value: Any) -> Any:
    return value if value is UNKNOWN else Secret(value)


def _flat(deployment: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return a nested deployment in the core's shape, and what has no place there."""
    flat: dict[str, Any] = {}
    problems: list[Problem] = []
    blocks = [name for name in TYPES if deployment.get(name) is not None]
    # An unknown block may turn out to be absent, so it does not count beside a known one.
    blocks = [name for name in blocks if deployment[name] is not UNKNOWN] or blocks
    if len(blocks) == 1:
        flat["type"] = TYPES[blocks[0]]
        flat |= _own(blocks[0], deployment[blocks[0]], problems)
    else:
        there = f"has the blocks {join_names(blocks)}, but " if blocks else ""
        problems.append(Problem("deployment", f"{there}{_wanted_block()}"))
    for key, value in deployment.items():
        if key in COMMON_KEYS:
            flat[COMMON_KEYS[key]] = value
        elif key not in TYPES and value is not None:
            problems.append(Problem(f"deployment.{key}", _stray(key)))
    return flat, problems


def _wanted_block() -> str:
    return f"needs exactly one of the blocks {list_choices(TYPES)}: where the images come from"


def _own(block: str, values: Any, problems: list[Problem]) -> dict[str, Any]:
    """Return the fields in a type's block, by imgix's names."""
    deployment_type = TYPES[block]
    if values is UNKNOWN:
        return dict.fromkeys(own_fields(deployment_type), UNKNOWN)
    if not isinstance(values, Mapping):
        problems.append(Problem(f"deployment.{block}", "must be an object"))
        return {}
    known = OWN_KEYS[deployment_type]
    for key, value in values.items():
        if key not in known and value is not None:
            problems.append(Problem(f"deployment.{block}.{key}", _stray(key, block)))
    return {known[key]: value for key, value in values.items() if key in known}


def _stray(key: str, block: str = "") -> str:
    """Say why a key has no place in a block, or in the deployment itself."""
    written = camel(key)
    if block and written in COMMON_KEYS:
        return f"belongs beside the block {block}: {argument(f'deployment.{COMMON_KEYS[written]}')}"
    if written == "type" and not block:
        return "is given by the block, such as s3"
    owners = [BLOCKS[name] for name, keys in OWN_KEYS.items() if written in keys]
    if block in owners or (not block and written in COMMON_KEYS):
        return f"is written {written}"
    if owners:
        return f"belongs to the block {list_choices(owners)}"
    known = OWN_KEYS[TYPES[block]] if block else [*COMMON_KEYS, *TYPES]
    return "is not a documented field" + suggest(key, known)


def _secret_keys(secrets: Iterable[Path], deployment: Any) -> set[str]:
    """Return the arguments and keys of the deployment that the program holds as secrets."""
    return {key for path in secrets for key in _keys_at(path, deployment)} - CREDENTIALS


def _keys_at(path: Path, deployment: Any) -> Iterator[str]:
    first, *rest = path
    if first != "deployment":
        key = PROPERTIES.get(str(first), "")
        if key in ARGUMENTS:
            yield key
        return
    declared = deployment if isinstance(deployment, Mapping) else {}
    within = [str(part) for part in rest[:2]]
    if not within:
        yield from (key for key in declared if key != "type")
    elif within[0] in TYPES:
        own = OWN_KEYS[TYPES[within[0]]]
        if len(within) == 1:
            yield from (key for key in own.values() if key in declared)
        elif within[1] in own:
            yield own[within[1]]
    elif within[0] in COMMON_KEYS:
        yield COMMON_KEYS[within[0]]
