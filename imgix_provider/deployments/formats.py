"""The format of values, and the message for a value that has the wrong one.

The formats are documented on https://docs.imgix.com/apis/management/sources. That an endpoint may
be a bare host is on https://docs.imgix.com/getting-started/setup/creating-sources/s3-compatible.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from imgix_provider.deployments.fields import Field, Form
from imgix_provider.messages import argument, show

IMGIX_NET: Final = ".imgix.net"
"""What follows a subdomain in the addresses of a source."""

_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN: Final = re.compile(r"(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)[a-z0-9-]{2,63}(?<!-)")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def form_problem(spec: Field, value: str) -> str:
    """Return what is wrong with a field's text, or an empty string. Shows no credential."""
    if spec.form is Form.SUBDOMAIN:
        return _subdomain_problem(value)
    if spec.form is Form.DOMAIN:
        return _domain_problem(value)
    if spec.form is Form.URL and not _is_absolute_url(value):
        shown = "" if "@" in value else f", not {show(value)}"
        return f"must be an absolute URL such as https://www.example.com/images/{shown}"
    if spec.form is Form.ENDPOINT and not _is_endpoint(value):
        return "must be the host or URL of the provider's API, such as nyc3.digitaloceanspaces.com"
    if spec.form is Form.NAME and "://" in value:
        shown = "" if "@" in value else f"{show(value)} "
        return f"{shown}is an address: write the name alone"
    if spec.form is Form.NO_COLON and (":" in value or _CONTROL.search(value)):
        return "must not contain a colon or control characters: they break Basic Auth"
    if spec.form is Form.LATIN1_32 and (len(value) != 32 or any(ord(c) > 255 for c in value)):
        return f"must be exactly 32 latin-1 characters; this has {len(value)}" + (
            "" if len(value) != 32 else ", but some are not latin-1"
        )
    return ""


def is_unicode(value: str) -> bool:
    """Return whether a text has no half of a surrogate pair, which no encoding can hold."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _subdomain_problem(value: str) -> str:
    host = re.sub(r"^https?://", "", value.strip().lower()).split("/")[0]
    bare = host.removesuffix(IMGIX_NET)
    if _SUBDOMAIN.fullmatch(value):
        return ""
    if _SUBDOMAIN.fullmatch(bare):
        return f"is {show(value)}: write just {bare}"
    if _DOMAIN.fullmatch(host) and not is_of_imgix(host):
        place = argument("custom_domains")
        return (
            f"{show(value)} has a dot: write only what comes before {IMGIX_NET}; a domain of your "
            f"own goes in {place}"
        )
    return (
        f"{show(value)} is not a subdomain: letters a to z, digits and hyphens, not at the ends, "
        "no dots, at most 63 characters"
    )


def _domain_problem(value: str) -> str:
    lower = value.lower()
    bare = re.sub(r"^https?://", "", lower.strip()).split("/")[0]
    if is_of_imgix(bare):
        name = bare.removesuffix(IMGIX_NET)
        place = argument("imgix_subdomains")
        way_out = "" if name == bare else f": write {name} in {place}"
        return f"{show(value)} is imgix's own domain{way_out}"
    if _is_domain(lower):
        return ""
    if _is_domain(bare):
        return f"is {show(value)}: write just {bare}"
    return f"{show(value)} is not a domain such as images.example.com"


def _is_domain(value: str) -> bool:
    return len(value) <= 253 and _DOMAIN.fullmatch(value) is not None


def is_of_imgix(host: str) -> bool:
    """Return whether a host, in lower case, is imgix's own, so it cannot be a custom domain."""
    return f".{host}".endswith(IMGIX_NET)


def _is_absolute_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and not re.search(r"[\s\x00-\x1f]", value)
    )


def _is_endpoint(value: str) -> bool:
    return _is_absolute_url(value if "://" in value else f"https://{value}")


def show_value(spec: Field, value: Any) -> str:
    """Return `value` as JSON; for a credential, say only that it has another type."""
    return "a value of another type" if spec.credential else show(value)
