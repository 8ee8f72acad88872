"""The schema of the package `imgix`, made from the table of fields.

Every language's types and documentation are generated from it. `plugin/schema.json` is a copy for
tools that read a file; a test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from imgix_provider.api.agent import installed_version
from imgix_provider.api.query import FILTERS
from imgix_provider.deployments.fields import Field, Kind, describe
from imgix_provider.deployments.table import COMMON_FIELDS, FIELDS
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.plugin import descriptions
from imgix_provider.plugin.names import BLOCKS, camel, own_fields
from imgix_provider.plugin.programs import PROGRAMS, with_examples
from imgix_provider.sources.declaration import OUTPUTS
from imgix_provider.sources.validation import DECLARED_ARGUMENTS, ON_DELETE, ON_TYPE_CHANGE

PACKAGE: Final = "imgix"
SOURCE: Final = f"{PACKAGE}:index:Source"
GET_SOURCE: Final = f"{PACKAGE}:index:getSource"
LIST_SOURCES: Final = f"{PACKAGE}:index:listSources"
DYNAMIC_SOURCE: Final = "pulumi-python:dynamic/imgix:Source"
"""The type of the dynamic resource, whose states this one can take over."""

# Pulumi's name for a module that is generated beside the program. Without it, a plugin from git
# would get another name, and programs would have to change their imports.
_GO_MODULE: Final = "example.com/pulumi-imgix/sdk/go"
_ANY: Final = {"$ref": "pulumi.json#/Any"}
_ANYTHING_BY_NAME: Final = {"type": "object", "additionalProperties": _ANY}
_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_KINDS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.LIST: _TEXTS,
    Kind.OBJECT: _ANYTHING_BY_NAME,
}
_TYPES_OF_PROPERTIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "name": {"type": "string"},
    "deployment": {"$ref": f"#/types/{PACKAGE}:index:Deployment"},
    "enabled": {"type": "boolean"},
    "onDelete": {"$ref": f"#/types/{PACKAGE}:index:OnDelete"},
    "onTypeChange": {"$ref": f"#/types/{PACKAGE}:index:OnTypeChange"},
    "adopt": {"type": "string"},
    "waitForDeployed": {"type": "boolean"},
    "deployTimeout": {"type": "number"},
    "effectiveDeployment": _ANYTHING_BY_NAME,
    "deploymentStatus": {"type": "string"},
    "dateDeployed": {"type": "integer"},
    "secureUrlToken": {"type": "string", "secret": True},
    "urls": _TEXTS,
    "accountId": {"type": "string"},
    "id": {"type": "string"},
    "type": {"type": "string"},
    "imgixSubdomains": _TEXTS,
    "customDomains": _TEXTS,
}
_ALWAYS_THERE: Final = ("name", "deployment", "enabled", "effectiveDeployment", "urls")
_ALWAYS_FOUND: Final = (
    *("id", "name", "type", "enabled"),
    *("imgixSubdomains", "customDomains", "urls", "deployment"),
)


def schema_text() -> str:
    """Return the schema as JSON, the text of `plugin/schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def plugin_version() -> str:
    """Return the version of the installed package, or 0.0.0 if it is not installed."""
    return installed_version() or "0.0.0"


def schema() -> dict[str, Any]:
    """Return the schema of the package."""
    return {
        "name": PACKAGE,
        "displayName": "imgix",
        "version": plugin_version(),
        "description": descriptions.PACKAGE,
        "keywords": ["pulumi", "imgix", "images", "cdn", "kind/native", "category/network"],
        "homepage": "https://www.imgix.com",
        "license": "MIT",
        "meta": {"moduleFormat": "(.*)"},
        "language": _languages(),
        "config": {"variables": _settings()},
        "provider": {
            "description": "The account that sources belong to, and its limits.",
            "inputProperties": _settings(),
            "properties": _settings(),
        },
        "types": _types(),
        "resources": {SOURCE: _source()},
        "functions": functions(),
    }


def functions() -> dict[str, Any]:
    """Return the package's functions by their tokens."""
    return {GET_SOURCE: _get_source(), LIST_SOURCES: _list_sources()}


def _languages() -> dict[str, Any]:
    return {
        "nodejs": {"packageName": "pulumi-imgix", "respectSchemaVersion": True},
        "python": {
            "packageName": "pulumi_imgix",
            "respectSchemaVersion": True,
            "pyproject": {"enabled": True},
        },
        "go": {
            "importBasePath": f"{_GO_MODULE}/{PACKAGE}",
            "modulePath": _GO_MODULE,
            "respectSchemaVersion": True,
            "generateExtraInputTypes": True,
        },
        "csharp": {"namespaces": {"imgix": "Imgix"}, "respectSchemaVersion": True},
    }


def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = {
        name: {"type": kind, "description": text}
        for name, (kind, text) in descriptions.SETTINGS.items()
    }
    settings["apiKey"]["secret"] = True
    return settings


def _source() -> dict[str, Any]:
    names = {camel(name): name for name in (*DECLARED_ARGUMENTS, *OUTPUTS)}
    arguments = [name for name, core in names.items() if core in DECLARED_ARGUMENTS]
    return {
        "description": with_examples(
            descriptions.SOURCE, descriptions.SOURCE_EXAMPLES, {"Two sources": PROGRAMS}
        ),
        "properties": {name: _property(name, descriptions.PROPERTIES) for name in names},
        "required": list(_ALWAYS_THERE),
        "inputProperties": {name: _property(name, descriptions.PROPERTIES) for name in arguments},
        "requiredInputs": ["name", "deployment"],
        "listInputs": {"type": "object", "properties": _filters()},
        "aliases": [{"type": DYNAMIC_SOURCE}],
    }


def _property(name: str, described: Mapping[str, str]) -> dict[str, Any]:
    return {**_TYPES_OF_PROPERTIES[name], "description": described[name]}


def _types() -> dict[str, Any]:
    named = {"Deployment": _deployment()}
    for deployment_type, cls in DEPLOYMENT_CLASSES.items():
        named[cls.__name__] = _object(
            (cls.__doc__ or "").split("\n", 1)[0],
            {camel(key): FIELDS[deployment_type][key] for key in own_fields(deployment_type)},
        )
    for spec in (COMMON_FIELDS["cache_ttl_behavior"], FIELDS["azure"]["azure_service_type"]):
        named[_pascal(spec.name)] = _enum(_pascal(spec.name), spec.choices)
    named["OnDelete"] = _enum("OnDelete", ON_DELETE)
    named["OnTypeChange"] = _enum("OnTypeChange", ON_TYPE_CHANGE)
    named["SourceType"] = _enum("SourceType", DEPLOYMENT_CLASSES)
    named["SourceFilters"] = {
        "description": "Filters; a source must match every one exactly.",
        "type": "object",
        "properties": _filters(),
    }
    named["FoundSource"] = _found_source()
    del named["FoundSource"]["properties"]["secureUrlToken"]
    return {f"{PACKAGE}:index:{name}": spec for name, spec in named.items()}


def _deployment() -> dict[str, Any]:
    made = _object(descriptions.DEPLOYMENT, {camel(k): v for k, v in COMMON_FIELDS.items()})
    for deployment_type, block in BLOCKS.items():
        cls = DEPLOYMENT_CLASSES[deployment_type]
        made["properties"][block] = {
            "$ref": f"#/types/{PACKAGE}:index:{cls.__name__}",
            "description": (cls.__doc__ or "").split("\n", 1)[0],
        }
    return made


def _object(description: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": {name: _field(spec) for name, spec in fields.items()},
        "required": [name for name, spec in fields.items() if spec.required],
    }


def _field(spec: Field) -> dict[str, Any]:
    description = _in_this_spelling(describe(spec))
    made = {**_KINDS[spec.kind], "description": description}
    if spec.choices and not spec.open_choices:
        del made["type"]
        made["$ref"] = f"#/types/{PACKAGE}:index:{_pascal(spec.name)}"
    if spec.credential:
        made["secret"] = True
    if spec.credential:
        made["description"] = f"{description} {descriptions.KEEP_NOTE}"
    return made


def _in_this_spelling(text: str) -> str:
    """Return a text of the table with imgix's names, which are in backquotes, in camel case."""
    return re.sub(r"`([a-z0-9_]+)`", lambda found: f"`{camel(found[1])}`", text)


def _enum(name: str, values: Iterable[str]) -> dict[str, Any]:
    return {
        "description": descriptions.CHOICES[name],
        "type": "string",
        "enum": [{"name": _pascal(value), "value": value} for value in values],
    }


def _filters() -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name in map(camel, FILTERS):
        kind: dict[str, Any] = {"type": "string"}
        if name == "enabled":
            kind = {"type": "boolean"}
        elif name == "type":
            kind = {"$ref": f"#/types/{PACKAGE}:index:SourceType"}
        properties[name] = {**kind, "description": descriptions.FILTERS[name]}
    return properties


def _found_source() -> dict[str, Any]:
    properties = {name: _property(name, descriptions.FOUND) for name in descriptions.FOUND}
    properties["deployment"] = {
        **_ANYTHING_BY_NAME,
        "description": descriptions.FOUND["deployment"],
    }
    return {
        "description": descriptions.FOUND_SOURCE,
        "type": "object",
        "properties": properties,
        "required": list(_ALWAYS_FOUND),
    }


def _get_source() -> dict[str, Any]:
    found = _found_source()
    return {
        "description": with_examples(
            descriptions.GET_SOURCE, {"A source by its id": descriptions.GET_SOURCE_EXAMPLE}
        ),
        "inputs": {
            "type": "object",
            "properties": {"id": _property("id", descriptions.FOUND)},
            "required": ["id"],
        },
        "outputs": {key: found[key] for key in ("type", "properties", "required")},
    }


def _list_sources() -> dict[str, Any]:
    found = {"$ref": f"#/types/{PACKAGE}:index:FoundSource"}
    filters = {"$ref": f"#/types/{PACKAGE}:index:SourceFilters"}
    return {
        "description": with_examples(
            descriptions.LIST_SOURCES,
            {"The enabled sources of a type": descriptions.LIST_SOURCES_EXAMPLE},
        ),
        "inputs": {
            "type": "object",
            "properties": {
                "filters": {**filters, "description": "What the sources must match."},
                "sorts": {**_TEXTS, "description": descriptions.SORTS},
            },
        },
        "outputs": {
            "type": "object",
            "properties": {
                "sources": {"type": "array", "items": found, "description": "The sources found."}
            },
            "required": ["sources"],
        },
    }


def _pascal(name: str) -> str:
    written = camel(name)
    return written[:1].upper() + written[1:]
