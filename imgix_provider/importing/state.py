"""Writes `import.json`, which puts sources into a stack's state without a request to imgix.

`pulumi import --file import.json --generate-code=false` reads it. It holds what the state would
hold if the stack had created the sources, so the next preview has nothing to do. The one exception
is `secure_url_token`: it is a secret and the file is plain text, so it comes with a refresh.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import attrs
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.table import CREDENTIALS
from imgix_provider.importing.declarations import Imported, storable
from imgix_provider.provider import ImgixSourceProvider
from imgix_provider.sources.declaration import outputs_of, without_defaults

RESOURCE_TYPE: Final = "pulumi-python:dynamic/imgix:Source"
"""The type of `ImgixSource`, as states and import files name it."""

# How Pulumi writes a secret in an import file: the value as JSON, in `plaintext`. The import
# encrypts it.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"


def import_file(imported: Iterable[Imported]) -> str:
    """Return the text of `import.json`."""
    # Exactly what a program sends with each source; anything else would show as a change.
    provider = {PROVIDER_KEY: serialize_provider(ImgixSourceProvider())}
    resources = [
        {
            "type": RESOURCE_TYPE,
            "name": each.resource_name,
            "id": each.source.id,
            "inputs": {**_marked(without_defaults(each.declaration.inputs())), **provider},
            "outputs": {**_marked(_outputs(each)), **provider},
        }
        for each in imported
    ]
    return json.dumps({"resources": resources}, indent=2, sort_keys=True, allow_nan=False) + "\n"


def _outputs(imported: Imported) -> dict[str, Any]:
    """Return the outputs without the token and without values that the state cannot hold."""
    source = imported.source
    shown = {key: value for key, value in source.deployment.items() if storable(value)}
    outputs = outputs_of(imported.declaration, attrs.evolve(source, deployment=shown))
    # Marked as a secret, so that a refresh stores the token as a secret too. An empty one is none.
    token = "" if source.secure_url_token is None else None
    return {**outputs, "secure_url_token": _secret(token)}


def _marked(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties with each credential that imgix shows marked as a secret."""
    deployment = {
        key: _secret(value) if key in CREDENTIALS and value != KEEP else value
        for key, value in properties["deployment"].items()
    }
    return {**properties, "deployment": deployment}


def _secret(value: Any) -> dict[str, str]:
    return {_SIGNATURE: _SECRET, "plaintext": json.dumps(value)}
