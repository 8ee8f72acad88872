"""The format of texts: what passes, and the exact words for what does not."""

from __future__ import annotations

import pytest

from imgix_provider.deployments.fields import Field, Form, Kind
from imgix_provider.deployments.formats import form_problem, is_of_imgix, show_value
from imgix_provider.messages import spell

LONGEST_DOMAIN = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])

FINE: dict[Form | None, tuple[str, ...]] = {
    Form.SUBDOMAIN: ("acme", "a", "7", "acme-2", "a" * 63),
    Form.DOMAIN: ("img.example.com", "IMG.Example.COM", "a-b.example.co", LONGEST_DOMAIN),
    Form.URL: (
        "https://www.example.com/images/",
        "http://example.com",
        "https://example.com:8443/a?b=c",
        "https://me:secret@example.com/",
    ),
    Form.ENDPOINT: (
        "nyc3.digitaloceanspaces.com",
        "minio.example.com:9000",
        "http://minio.example.com:9000",
    ),
    Form.NAME: ("acme-images", "acme.com", "Acme_Images", "acme/images"),
    Form.NO_COLON: ("me", "me too", "né", "\N{NO-BREAK SPACE}"),
    Form.LATIN1_32: ("k" * 32, "\xff" * 32),
    None: (
        "",
        "anything: at all\n",
    ),
}


@pytest.mark.parametrize(("form", "value"), [(f, v) for f, values in FINE.items() for v in values])
def test_a_text_in_its_format_is_no_problem(form: Form | None, value: str) -> None:
    """Nothing is refused that imgix takes, up to the longest and the oddest of each format."""
    assert form_problem(Field(kind=Kind.STRING, doc="", form=form), value) == ""


NO_SUBDOMAIN = (
    "is not a subdomain: letters a to z, digits and hyphens, not at the ends, no dots, at most 63 "
    "characters"
)
NO_URL = "must be an absolute URL such as https://www.example.com/images/"
NO_ENDPOINT = "must be the host or URL of the provider's API, such as nyc3.digitaloceanspaces.com"
COLON = "must not contain a colon or control characters: they break Basic Auth"
TOO_LONG = f"{LONGEST_DOMAIN}d"

WRONG: list[tuple[Form, str, str]] = [
    (Form.SUBDOMAIN, "Acme", 'is "Acme": write just acme'),
    (Form.SUBDOMAIN, " acme ", 'is " acme ": write just acme'),
    (Form.SUBDOMAIN, "acme.imgix.net", 'is "acme.imgix.net": write just acme'),
    (Form.SUBDOMAIN, "HTTPS://acme.imgix.net/", 'is "HTTPS://acme.imgix.net/": write just acme'),
    (Form.SUBDOMAIN, "http://acme", 'is "http://acme": write just acme'),
    (Form.SUBDOMAIN, "img_acme", f'"img_acme" {NO_SUBDOMAIN}'),
    (
        Form.SUBDOMAIN,
        "img.acme",
        '"img.acme" has a dot: write only what comes before .imgix.net; a domain of your own goes '
        "in custom_domains",
    ),
    (Form.SUBDOMAIN, "-acme", f'"-acme" {NO_SUBDOMAIN}'),
    (Form.SUBDOMAIN, "acme-", f'"acme-" {NO_SUBDOMAIN}'),
    (Form.SUBDOMAIN, "a" * 64, f'"{"a" * 64}" {NO_SUBDOMAIN}'),
    (
        Form.DOMAIN,
        " HTTPS://Img.example.com/x",
        'is " HTTPS://Img.example.com/x": write just img.example.com',
    ),
    (
        Form.DOMAIN,
        "http://img.example.com",
        'is "http://img.example.com": write just img.example.com',
    ),
    (Form.DOMAIN, "images", '"images" is not a domain such as images.example.com'),
    (Form.DOMAIN, "-a.example.com", '"-a.example.com" is not a domain such as images.example.com'),
    (Form.DOMAIN, "a.example-.com", '"a.example-.com" is not a domain such as images.example.com'),
    (Form.DOMAIN, "a.example.c", '"a.example.c" is not a domain such as images.example.com'),
    (Form.DOMAIN, TOO_LONG, f'"{TOO_LONG[:78]}… is not a domain such as images.example.com'),
    (Form.DOMAIN, "imgix.net", '"imgix.net" is imgix\'s own domain'),
    (
        Form.DOMAIN,
        "https://ACME.imgix.net/x",
        '"https://ACME.imgix.net/x" is imgix\'s own domain: write acme in imgix_subdomains',
    ),
    (Form.URL, "/missing.png", f'{NO_URL}, not "/missing.png"'),
    (Form.URL, "ftp://example.com/", f'{NO_URL}, not "ftp://example.com/"'),
    (Form.URL, "https:///a.png", f'{NO_URL}, not "https:///a.png"'),
    (Form.URL, "https://exa mple.com/", f'{NO_URL}, not "https://exa mple.com/"'),
    (Form.URL, "https://example.com:99999/", f'{NO_URL}, not "https://example.com:99999/"'),
    (Form.URL, "https://[example.com/", f'{NO_URL}, not "https://[example.com/"'),
    (Form.URL, "ftp://me:secret@example.com/", NO_URL),
    (Form.ENDPOINT, "nyc3 spaces", NO_ENDPOINT),
    (Form.ENDPOINT, "ftp://minio.example.com", NO_ENDPOINT),
    (Form.ENDPOINT, "https://", NO_ENDPOINT),
    (Form.NAME, "s3://acme", '"s3://acme" is an address: write the name alone'),
    (Form.NAME, "https://me:secret@x/acme", "is an address: write the name alone"),
    (Form.NO_COLON, "me:too", COLON),
    (Form.NO_COLON, "me\x00", COLON),
    (Form.NO_COLON, "me\x7f", COLON),
    (Form.NO_COLON, "me\x9f", COLON),
    (Form.LATIN1_32, "k" * 31, "must be exactly 32 latin-1 characters; this has 31"),
    (Form.LATIN1_32, "€" * 33, "must be exactly 32 latin-1 characters; this has 33"),
    (
        Form.LATIN1_32,
        "k" * 31 + "\u0100",
        "must be exactly 32 latin-1 characters; this has 32, but some are not latin-1",
    ),
]


@pytest.mark.parametrize(("form", "value", "words"), WRONG)
def test_a_text_out_of_its_format_is_told_in_words(form: Form, value: str, words: str) -> None:
    """A person reads what is wrong and, where it can be told, just what to write instead."""
    assert spell(form_problem(Field(kind=Kind.STRING, doc="", form=form), value)) == words


def test_only_hosts_of_imgix_are_its_own() -> None:
    """A domain that merely ends alike is a custom domain as any other."""
    assert [is_of_imgix(host) for host in ("imgix.net", "a.b.imgix.net")] == [True, True]
    assert [is_of_imgix(host) for host in ("notimgix.net", "imgix.net.example.com")] == [
        False,
        False,
    ]


def test_a_credential_of_the_wrong_type_is_not_repeated() -> None:
    """Any other value is shown as JSON, which names it exactly."""
    secret = Field(kind=Kind.STRING, doc="", credential=True)
    assert show_value(secret, ["canary"]) == "a value of another type"
    assert show_value(Field(kind=Kind.STRING, doc=""), ["canary"]) == '["canary"]'
