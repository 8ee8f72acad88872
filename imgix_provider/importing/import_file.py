"""`import.json` for the plugin: the ids of the sources to import.

`pulumi import --file import.json` reads it, reads each source through the plugin, and writes the
code that declares the sources, in the project's language.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from imgix_provider.importing.declarations import Imported
from imgix_provider.importing.names import resource_name_beside
from imgix_provider.plugin.schema import SOURCE

_WORDS: Final = ("null", "true", "false")
"""Reserved words, for which the CLI writes no code."""


def ids_to_import(imported: Iterable[Imported]) -> str:
    """Return the text of `import.json`."""
    names = {each.source.id: each.resource_name for each in imported}
    for source_id, name in names.items():
        if name in _WORDS:
            names[source_id] = resource_name_beside(f"{name}-source", names.values())
    resources = [{"type": SOURCE, "name": name, "id": id_} for id_, name in names.items()]
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=False) + "\n"
