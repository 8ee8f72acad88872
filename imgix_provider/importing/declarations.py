"""Declares existing sources: only what differs from imgix's documented defaults.

A source is left out, with the reason, if imgix has deleted it, or if its type or a value is one
that this package cannot declare. The modules `python` and `configuration` write the declarations
down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import DOMAIN_KEYS
from imgix_provider.deployments.fields import KEEP, Field
from imgix_provider.deployments.formats import is_unicode
from imgix_provider.deployments.table import COMMON_FIELDS, FIELDS
from imgix_provider.deployments.values import canonical_inputs, values_equal
from imgix_provider.importing.names import as_a_person_sorts, resource_names
from imgix_provider.messages import printable_line, show
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.validation import problems_of

_AUTOMATIC_ANNOTATION: Final = "New deployment created for source by "


@attrs.frozen(kw_only=True)
class Imported:
    """A source, the name of its resource, and its declaration."""

    resource_name: str
    source: Source
    declaration: Declaration

    @property
    def kept(self) -> list[str]:
        """The write-only fields that are declared as `KEEP`."""
        return [key for key, value in self.declaration.deployment.items() if value == KEEP]


@attrs.frozen
class LeftOut:
    """A source that cannot be declared."""

    source: Source
    reason: str

    def __str__(self) -> str:
        return printable_line(f"{show(self.source.name or '')} ({self.source.id}): {self.reason}")


@attrs.frozen
class ImportedSources:
    """The result of an import: sources in the order of their resource names, and the rest."""

    imported: tuple[Imported, ...]
    left_out: tuple[LeftOut, ...]


def import_sources(sources: Iterable[Source]) -> ImportedSources:
    """Return a declaration for each source, or the reason why it has none."""
    declarations: dict[str, Declaration] = {}
    sound: list[Source] = []
    left_out = []
    for source in sorted(sources, key=lambda source: source.id):
        inputs = _inputs(source)
        reasons = [*_reasons(source, inputs)]
        if reasons:
            left_out.append(LeftOut(source, "; ".join(reasons)))
        else:
            declarations[source.id] = Declaration.from_properties(inputs)
            sound.append(source)
    names = resource_names(sound)
    imported = [
        Imported(resource_name=names[source.id], source=source, declaration=declarations[source.id])
        for source in sound
    ]
    return ImportedSources(
        tuple(sorted(imported, key=lambda each: as_a_person_sorts(each.resource_name))),
        tuple(left_out),
    )


def _inputs(source: Source) -> dict[str, Any]:
    """Return the inputs that declare the source, not yet checked."""
    live = source.deployment
    live_type = live.get("type")
    deployment: dict[str, Any] = {"type": live_type}
    for key, spec in _in_order(str(live_type)).items():
        if spec.write_only:
            if spec.required or _is_held(live, key):
                deployment[key] = KEEP
        elif spec.required or not _is_default(spec, str(live_type), live.get(key)):
            value: Any = live.get(key)
            # imgix lists domains in any order. Sorted, two imports write the same.
            sortable = spec.unordered and isinstance(value, list)
            deployment[key] = sorted(value, key=str) if sortable else value
    inputs = {"name": source.name, "enabled": source.enabled, "deployment": deployment}
    return canonical_inputs(inputs)


def _in_order(deployment_type: str) -> Mapping[str, Field]:
    """Return the fields in the order a person would write them: domains, origin, the rest."""
    fields = FIELDS.get(deployment_type, {})
    own = [key for key in fields if key not in COMMON_FIELDS]
    own.sort(key=lambda key: not fields[key].required)
    rest = [key for key in fields if key in COMMON_FIELDS and key not in DOMAIN_KEYS]
    return {key: fields[key] for key in (*DOMAIN_KEYS, *own, *rest) if key in fields}


def _is_held(live: Mapping[str, Any], key: str) -> bool:
    return bool(live.get(f"{key}_encrypted")) or live.get(f"{key}_set") is True


def _is_default(spec: Field, deployment_type: str, value: Any) -> bool:
    default = spec.default_for(deployment_type)
    if value is None or values_equal(spec, value, default):
        return True
    if spec.name == "annotation":
        return isinstance(value, str) and value.startswith(_AUTOMATIC_ANNOTATION)
    # Some servers write an empty object as an empty list.
    return default in ([], {}) and value in ([], {})


def _reasons(source: Source, declaration: Mapping[str, Any]) -> Iterator[str]:
    """Yield each reason why the source cannot be declared."""
    if source.is_deleted:
        yield "imgix has deleted it"  # so a refresh would take it out of the state again
        return
    if not source.complete:
        yield "imgix did not show its name, whether it is enabled, or its deployment"
        return
    live_type = source.deployment.get("type")
    if not isinstance(live_type, str) or live_type not in FIELDS:
        yield f"this package does not know the type {show(live_type)}"
        return
    yield from (str(problem) for problem in problems_of(declaration, before=declaration))
    for path, value in (("name", source.name), *_under("deployment.", declaration["deployment"])):
        if not storable(value):
            yield f"{path} holds a value that a stack cannot store"


def _under(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{prefix}{key}", value) for key, value in values.items())


def storable(value: Any) -> bool:
    """Return whether a stack's state can hold the value unchanged.

    Text must be valid Unicode, and a number must fit a double.
    """
    if isinstance(value, Mapping):
        return all(storable(key) and storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(storable, value))
    if isinstance(value, str):
        return is_unicode(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or _is_double(value)


def _is_double(number: int) -> bool:
    """Return whether a double holds the number exactly; the engine sends numbers as doubles."""
    try:
        return int(float(number)) == number
    except OverflowError:
        return False
