"""`import.json` for the plugin: which sources `pulumi import` takes over, by their ids.

It is read by `pulumi import --file import.json`, which reads each source through the plugin and
writes the code that declares it, in the language of the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from imgix_provider.importing.declarations import Imported
from imgix_provider.plugin.schema import SOURCE


def ids_to_import(imported: Iterable[Imported]) -> str:
    """Return the text of `import.json`."""
    resources = [
        {"type": SOURCE, "name": each.resource_name, "id": each.source.id} for each in imported
    ]
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=False) + "\n"
