"""Which sources a list shows: the documented filters, sorts, pages and sparse fields.

Works on sources as they are shown, not as they are stored, so nothing can search for a write-only
value.
"""

from collections.abc import Iterator
from typing import Any, Literal

import attrs

from imgix_testing.server import attributes
from imgix_testing.server.replies import Problem, RefusedError

JsonObject = dict[str, Any]
FilterMatch = Literal["whole", "part"]

DEFAULT_PAGE_SIZE = 20
LARGEST_PAGE_SIZE = 100

_FIELDS = "fields[sources]"


@attrs.frozen
class Query:
    """The checked parameters of a GET."""

    filters: tuple[tuple[str, str], ...] = ()
    sorts: tuple[tuple[str, bool], ...] = ()
    fields: frozenset[str] | None = None
    number: int = 0
    size: int = DEFAULT_PAGE_SIZE


def parse(parameters: list[tuple[str, str]], *, of_list: bool) -> Query:
    """Read the parameters of a request, or refuse the first that imgix does not document."""
    query = Query()
    for name, value in parameters:
        if name == _FIELDS:
            query = attrs.evolve(query, fields=frozenset(_fields(value)))
        elif not of_list:
            raise _refused(name, "is not a parameter of this request")
        elif name == "sort":
            query = attrs.evolve(query, sorts=(*query.sorts, *_sorts(value)))
        elif name == "page[number]":
            query = attrs.evolve(query, number=_number(name, value, 0, None))
        elif name == "page[size]":
            query = attrs.evolve(query, size=_number(name, value, 1, LARGEST_PAGE_SIZE))
        elif name.startswith("filter[") and name.endswith("]"):
            query = attrs.evolve(query, filters=(*query.filters, _filter(name, value)))
        else:
            raise _refused(name, "is not a parameter of this request")
    return query


def select(
    query: Query, resources: list[JsonObject], *, match: FilterMatch
) -> tuple[list[JsonObject], JsonObject]:
    """Return one page of the matching sources, and its `meta.pagination`."""
    chosen = [
        resource
        for resource in resources
        if all(_passes(resource, name, wanted, match) for name, wanted in query.filters)
    ]
    for name, descending in reversed(query.sorts):
        # A descending sort must keep the order of equals, so that several sorts combine.
        chosen.sort(key=lambda resource: _sort_key(resource, name), reverse=descending)
    first = query.number * query.size
    page = [narrow(query, resource) for resource in chosen[first : first + query.size]]
    return page, _pagination(query, len(chosen))


def narrow(query: Query, resource: JsonObject) -> JsonObject:
    """Return the source with only the requested fields."""
    if query.fields is None:
        return resource
    shown: JsonObject = {}
    for name, value in resource["attributes"].items():
        if name in query.fields:
            shown[name] = value
        elif name == "deployment":
            inner = {key: v for key, v in value.items() if f"deployment.{key}" in query.fields}
            if inner:
                shown[name] = inner
    return {**resource, "attributes": shown}


def _pagination(query: Query, total: int) -> JsonObject:
    pages = -(-total // query.size)
    has_next = query.number + 1 < pages
    has_previous = query.number > 0
    return {
        "currentPage": query.number,
        "hasNextPage": has_next,
        "hasPreviousPage": has_previous,
        "nextPage": query.number + 1 if has_next else None,
        "pageSize": query.size,
        "previousPage": query.number - 1 if has_previous else None,
        "totalPages": pages,
        "totalRecords": total,
    }


def _passes(resource: JsonObject, name: str, wanted: str, match: FilterMatch) -> bool:
    if name == "enabled":
        return bool(resource["attributes"]["enabled"] is (wanted == "true"))
    holder = resource["attributes"]
    if name.startswith("deployment."):
        holder, name = holder["deployment"], name.removeprefix("deployment.")
    value = holder.get(name)
    candidates = value if isinstance(value, list) else [value]
    if match == "part":
        return any(isinstance(candidate, str) and wanted in candidate for candidate in candidates)
    return wanted in candidates


def _sort_key(resource: JsonObject, name: str) -> tuple[bool, Any]:
    value = resource["attributes"].get(name)
    return value is not None, value


def _filter(parameter: str, value: str) -> tuple[str, str]:
    name = parameter[len("filter[") : -1]
    name = attributes.MISSPELT_FILTERS.get(name, name)
    if name not in attributes.FILTERS:
        raise _refused(parameter, "is not a documented filter")
    if name == "enabled" and value not in ("true", "false"):
        raise _refused(parameter, "must be true or false")
    if name == "deployment.type" and value not in attributes.TYPES:
        raise _refused(parameter, f"must be one of {', '.join(attributes.TYPES)}")
    return name, value


def _sorts(value: str) -> Iterator[tuple[str, bool]]:
    for entry in value.split(","):
        name = entry.removeprefix("-")
        if name not in attributes.SORTS:
            raise _refused("sort", f"does not know {name!r}")
        yield name, entry.startswith("-")


def _fields(value: str) -> Iterator[str]:
    known = {attribute.name for attribute in attributes.SOURCE}
    known |= {f"deployment.{name}" for name in attributes.ALL_DEPLOYMENT_NAMES}
    for name in value.split(","):
        if name not in known:
            raise _refused(_FIELDS, f"does not know {name!r}")
        yield name


def _number(name: str, value: str, least: int, most: int | None) -> int:
    if not (value.isascii() and value.isdigit()):
        raise _refused(name, "must be a whole number")
    number = int(value)
    if number < least or (most is not None and number > most):
        raise _refused(name, f"must be from {least}" + (f" to {most}" if most else ""))
    return number


def _refused(parameter: str, why: str) -> RefusedError:
    return RefusedError(400, Problem("Invalid parameter", f"{parameter} {why}"))
