"""Checks the bodies of POST and PATCH: every documented rule that one request can break.

Each function returns a sentence for each problem and raises nothing; with an empty list the body is
valid. Rules that need the rest of the account, such as free subdomains, are in `account`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from imgix_testing.server import attributes
from imgix_testing.server.attributes import Attribute

JsonObject = dict[str, Any]

MOST_DOMAINS = 100
UNSIGNED_PROXY = "deployment.secure_url_enabled must be true for a webproxy source"

_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def new_source_problems(given: JsonObject) -> list[str]:
    """Return the problems of creating a source with these attributes."""
    problems = list(_source_problems(given))
    problems += [f"{name} is required" for name in ("deployment", "name") if name not in given]
    if given.get("enabled") is False:
        problems.append("enabled must be true when a source is created; disable it afterwards")
    deployment = given.get("deployment")
    if isinstance(deployment, dict):
        problems += deployment_problems(deployment, deployment.get("type"))
        problems += _missing(deployment, attributes.of_deployment(deployment.get("type")))
        problems += _domain_count_problems(deployment)
    return problems


def change_problems(given: JsonObject, *, enabled: bool, stored: JsonObject) -> list[str]:
    """Return the problems of changing the source `stored` by these attributes."""
    if not enabled:
        if given == {"enabled": True}:
            return []
        return ["This source is disabled. A disabled source takes only enabled: true, sent alone"]
    problems = list(_source_problems(given))
    if given.get("enabled") is False and len(given) > 1:
        problems.append(
            "enabled: false must be sent alone: make the other changes first, then disable"
        )
    deployment = given.get("deployment")
    if isinstance(deployment, dict):
        kept = stored.get("type")
        chosen = deployment.get("type", kept)
        problems += deployment_problems(deployment, chosen)
        if chosen != kept and chosen in attributes.OF_TYPE:
            typed = {attribute.name: attribute for attribute in attributes.OF_TYPE[chosen]}
            problems += _missing(deployment, typed)
        problems += _domain_count_problems({**stored, **deployment})
    return problems


def deployment_problems(given: JsonObject, source_type: object) -> list[str]:
    """Return the problems of a deployment of this type."""
    known = attributes.of_deployment(source_type)
    problems: list[str] = []
    for name, value in given.items():
        path = f"deployment.{name}"
        if name in known:
            problems += _value_problems(path, value, known[name])
        elif name in attributes.TYPED_NAMES:
            # Nobody knows which fields belong to an unknown type.
            if source_type in attributes.OF_TYPE:
                problems.append(f"{path} is not an attribute of a {source_type} source")
        else:
            problems.append(f"{path} is not a known attribute")
    if source_type == "webproxy" and given.get("secure_url_enabled") is False:
        problems.append(UNSIGNED_PROXY)
    return problems


def _source_problems(given: JsonObject) -> Iterator[str]:
    known = {attribute.name: attribute for attribute in attributes.SOURCE}
    for name, value in given.items():
        if name in known:
            yield from _value_problems(name, value, known[name])
        else:
            yield f"{name} is not a known attribute"


def _missing(given: JsonObject, known: dict[str, Attribute]) -> list[str]:
    return [
        f"deployment.{attribute.name} is required"
        for attribute in known.values()
        if attribute.required and attribute.name not in given
    ]


def _domain_count_problems(deployment: JsonObject) -> list[str]:
    lists = (deployment.get("imgix_subdomains"), deployment.get("custom_domains"))
    count = sum(len(domains) for domains in lists if isinstance(domains, list))
    if count <= MOST_DOMAINS:
        return []
    return [
        f"deployment.imgix_subdomains and deployment.custom_domains hold {count} domains; "
        f"a source takes {MOST_DOMAINS} at most"
    ]


def _value_problems(path: str, value: object, attribute: Attribute) -> list[str]:
    if attribute.read_only:
        return [f"{path} is read-only"]
    if value is None:
        if attribute.required or path == "enabled":
            return [f"{path} cannot be null"]
        return []
    if not _KINDS[attribute.kind](value):
        return [f"{path} must be {_WORDS[attribute.kind]}"]
    if attribute.required and value == "":
        return [f"{path} cannot be empty"]
    if attribute.choices and value not in attribute.choices:
        return [f"{path} must be one of {', '.join(attribute.choices)}"]
    if isinstance(value, int) and not isinstance(value, bool):
        return _range_problems(path, value, attribute)
    if attribute.form is not None:
        return [f"{path} {problem}" for problem in _FORMS[attribute.form](value)]
    return []


def _range_problems(path: str, value: int, attribute: Attribute) -> list[str]:
    if attribute.minimum is not None and value < attribute.minimum:
        return [f"{path} must be at least {attribute.minimum}"]
    if attribute.maximum is not None and value > attribute.maximum:
        return [f"{path} must be at most {attribute.maximum}"]
    return []


# JSON's 300.0 is a float and true is a bool here, so neither is an integer.
_KINDS: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "boolean": "a boolean",
    "list": "a list",
    "object": "an object",
}


def _url_problems(value: Any) -> Iterator[str]:
    try:
        parts = urlsplit(value)
        absolute = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        absolute = False
    if not absolute or re.search(r"\s", value):
        yield "must be a valid absolute URL"


def _basic_auth_problems(value: Any) -> Iterator[str]:
    if ":" in value or _CONTROL.search(value):
        yield "cannot contain : or control characters"


def _latin1_problems(value: Any) -> Iterator[str]:
    if len(value) != 32 or any(ord(character) > 0xFF for character in value):
        yield "must be a string of 32 latin-1 characters"


def _subdomain_problems(value: Any) -> Iterator[str]:
    if not value:
        yield "must hold at least one subdomain"
    for entry in value:
        if not isinstance(entry, str):
            yield "must hold strings only"
        elif not _SUBDOMAIN.fullmatch(entry):
            yield f"holds {entry!r}, which is not a valid subdomain of imgix.net"
    yield from _repeated(value)


def _domain_problems(value: Any) -> Iterator[str]:
    for entry in value:
        if not isinstance(entry, str):
            yield "must hold strings only"
        elif not _is_domain(entry):
            yield f"holds {entry!r}, which is not a valid domain"
        elif f".{entry.lower()}".endswith(".imgix.net"):
            yield f"holds {entry!r}; subdomains of imgix.net belong in imgix_subdomains"
    yield from _repeated(value)


def _is_domain(entry: str) -> bool:
    labels = entry.split(".")
    return (
        len(labels) >= 2
        and len(entry) <= 253
        and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
        # A name that ends in digits is an IP address, not a domain.
        and not labels[-1].isdigit()
    )


def _repeated(value: list[object]) -> Iterator[str]:
    seen: set[str] = set()
    for entry in value:
        if isinstance(entry, str):
            if entry.lower() in seen:
                yield f"holds {entry!r} twice"
            seen.add(entry.lower())


def _param_problems(value: Any) -> Iterator[str]:
    for key, setting in value.items():
        if not key:
            yield "holds a parameter without a name"
        if not isinstance(setting, (str, int, float)):
            yield f"holds {key!r}, whose value is not a string, number or boolean"


_FORMS: dict[str, Callable[[Any], Iterator[str]]] = {
    "url": _url_problems,
    "basic_auth": _basic_auth_problems,
    "latin1_32": _latin1_problems,
    "subdomains": _subdomain_problems,
    "domains": _domain_problems,
    "params": _param_problems,
}
