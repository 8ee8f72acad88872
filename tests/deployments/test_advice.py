"""What is allowed in a deployment, and yet likely to be a mistake: each finding in full."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from imgix_provider.deployments.advice import (
    APPEND_QS,
    HTTP_ORIGIN,
    LOOP,
    NOTES,
    PARAMETER_RANGE,
    PARAMETER_UNKNOWN,
    PARAMETER_VALUE,
    UNSEEN,
    Advice,
    advice_on,
    hosts_in,
    hosts_of,
)

OWN = "https://acme.imgix.net/logo.png"
HOSTS = {"imgix_subdomains": ["Acme", "blog"], "custom_domains": ["I.acme.com"]}


def encoded(text: str) -> str:
    """Return `text` as imgix takes it in parameters that end in 64."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def found(deployment: Mapping[str, Any], rule: str | None = None) -> list[Advice]:
    """Return the advice on a deployment, with names and values between angle brackets."""
    return list(advice_on(deployment.get, lambda text: f"<{text}>", rule))


def plain_http(path: str) -> Advice:
    """Return the advice on an address without encryption."""
    return Advice(
        HTTP_ORIGIN,
        path,
        "is plain http: images, and any password, travel unencrypted",
        "Use https, if the origin has it.",
    )


def loop(path: str, url: str = OWN, host: str = "acme.imgix.net") -> Advice:
    """Return the advice on a link to the source itself."""
    return Advice(
        LOOP,
        path,
        f"points at <{host}>, which is this source itself: a loop, which imgix answers with 400",
        "Point it at another source, or at the image's own address.",
        url,
    )


def idle(key: str) -> Advice:
    """Return the advice on a switch whose image there is not."""
    return Advice(
        APPEND_QS,
        f"{key}_append_qs",
        "is on, but there is no such image: it has no effect",
        f"Declare <{key}>, or leave it out.",
    )


EVERYTHING = {
    **HOSTS,
    "webfolder_base_url": "http://example.com/",
    "image_error": OWN,
    "image_missing_append_qs": True,
    "default_params": {"croop": "faces", "dpr": 99, "q": 180},
}
"""One mistake of every rule."""

CASES: dict[str, tuple[dict[str, Any], list[Advice]]] = {
    "both addresses": (
        {"webfolder_base_url": " HTTP://example.com/", "endpoint_url": "http://example.com"},
        [plain_http("webfolder_base_url"), plain_http("endpoint_url")],
    ),
    "both fallbacks": (
        {**HOSTS, "image_error": OWN, "image_missing": "https://I.ACME.com "},
        [loop("image_error"), loop("image_missing", "https://I.ACME.com ", "i.acme.com")],
    ),
    "every overlay, beside parameters of other kinds": (
        {
            **HOSTS,
            "default_params": {"mark": OWN, "B": OWN, "blend": OWN, "zzzz": OWN, "M": OWN, "b": 5},
        },
        [
            *(loop(f"default_params.{name}") for name in ("B", "M", "blend", "mark")),
            Advice(
                PARAMETER_UNKNOWN,
                "default_params.zzzz",
                "is not a documented rendering parameter",
                value=OWN,
            ),
        ],
    ),
    "an overlay after a number": (
        {**HOSTS, "default_params": {"h": 100, "mark": OWN}},
        [loop("default_params.mark")],
    ),
    "overlays in base64, of each length": (
        {
            **HOSTS,
            "default_params": {
                "mark64": encoded(OWN),
                "B64": encoded(f"{OWN}?"),
                "m64": encoded(f"{OWN}?>"),
                "blend64": encoded(f"{OWN}?w=300"),
            },
        },
        [
            loop("default_params.B64", f"{OWN}?"),
            loop("default_params.blend64", f"{OWN}?w=300"),
            loop("default_params.m64", f"{OWN}?>"),
            loop("default_params.mark64"),
        ],
    ),
    "both switches": (
        {
            "image_error_append_qs": True,
            "image_missing_append_qs": True,
            "image_missing": "",
        },
        [idle("image_error"), idle("image_missing")],
    ),
    "parameters": (
        {"default_params": {"cr.oop": 1, "dpr": 99, "q": 180}},
        [
            Advice(
                PARAMETER_UNKNOWN,
                "default_params.cr.oop",
                "is not a documented rendering parameter; did you mean crop?",
                value=1,
            ),
            Advice(
                PARAMETER_VALUE,
                "default_params.dpr",
                "must be a number from 0 to 5, not 99",
                value=99,
            ),
            Advice(
                PARAMETER_RANGE,
                "default_params.q",
                "180 is outside the range that imgix suggests, from 0 to 100",
                value=180,
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_finding_says_what_where_and_what_to_do(case: str) -> None:
    """Rule, place, words, way out and value are all there, in an order that stays."""
    deployment, advice = CASES[case]
    assert found(deployment) == advice


INNOCENT: dict[str, dict[str, Any]] = {
    "nothing": {},
    "values that nobody can tell": dict.fromkeys(
        [*EVERYTHING, "endpoint_url", "image_missing", "image_error_append_qs"], UNSEEN
    ),
    "https": {"webfolder_base_url": "https://example.com/http://", "endpoint_url": "example.com"},
    "links elsewhere": {
        **HOSTS,
        "image_error": "https://other.imgix.net/acme.imgix.net",
        "image_missing": "https://[acme.imgix.net",
        "default_params": {"mark": "/logo.png", "txt": OWN, "txt64": encoded(OWN)},
    },
    "what is no base64": {**HOSTS, "default_params": {"mark64": "a", "m64": "_w", "b64": "é"}},
    "a switch that is off": {"image_error_append_qs": False, "image_missing_append_qs": None},
    "a switch with its image": {
        "image_error_append_qs": True,
        "image_error": "https://example.com/x.png",
    },
    "domains that are none": {
        "imgix_subdomains": "acme",
        "custom_domains": [None, ""],
        "image_error": OWN,
        "image_missing": "https:///x.png",
    },
}


@pytest.mark.parametrize("case", INNOCENT)
def test_what_is_right_or_cannot_be_told_is_left_alone(case: str) -> None:
    """The nearest case that is no mistake gets no advice, and nothing odd breaks the search."""
    assert found(INNOCENT[case]) == []


@pytest.mark.parametrize(
    ("rule", "path", "fields"),
    [
        (HTTP_ORIGIN, "webfolder_base_url", {"webfolder_base_url", "endpoint_url"}),
        (
            LOOP,
            "image_error",
            {"image_error", "image_missing", "default_params", *HOSTS},
        ),
        (
            APPEND_QS,
            "image_missing_append_qs",
            {"image_error_append_qs", "image_missing_append_qs", "image_missing"},
        ),
        (PARAMETER_UNKNOWN, "default_params.croop", {"default_params"}),
        (PARAMETER_VALUE, "default_params.dpr", {"default_params"}),
        (PARAMETER_RANGE, "default_params.q", {"default_params"}),
    ],
)
def test_one_rule_can_be_asked_alone(rule: str, path: str, fields: set[str]) -> None:
    """It finds just its own mistakes, and looks at no field that it does not need."""
    asked: set[str] = set()

    def get(key: str) -> Any:
        asked.add(key)
        return EVERYTHING.get(key)

    assert [(advice.rule, advice.path) for advice in advice_on(get, rule=rule)] == [(rule, path)]
    assert asked == fields


def test_names_are_plain_unless_they_are_marked() -> None:
    """Without a mark the text reads as it is."""
    (advice,) = advice_on({**HOSTS, "image_error": OWN}.get)
    assert advice.message.startswith("points at acme.imgix.net, which")


def test_domains_are_asked_for_only_where_there_is_a_link() -> None:
    """A deployment without links is done at once."""
    asked: list[str] = []
    assert list(advice_on(lambda key: asked.append(key), rule=LOOP)) == []
    assert not {"imgix_subdomains", "custom_domains"} & set(asked)


def test_the_value_is_not_printed() -> None:
    """A link may hold a password, so no log of the advice shows it."""
    assert "canary" not in repr(loop("image_error", "https://me:canary@acme.imgix.net/"))


def test_a_rule_keeps_its_name() -> None:
    """Whoever filters a report by its rules finds them under these names."""
    rules = [advice.rule for advice in found({**EVERYTHING, "webfolder_base_url": "http://a.com"})]
    assert rules == [
        "http-origin",
        "loop",
        "append-qs-without-url",
        "parameter-unknown",
        "parameter-value",
        "parameter-range",
    ]


def test_what_says_itself_what_to_do_has_no_way_out_beside_it() -> None:
    """The message about a parameter ends with what is right."""
    assert [advice.way_out for advice in found(EVERYTHING) if "param" in advice.rule] == [""] * 3


def test_only_what_imgix_takes_is_a_note() -> None:
    """Every other rule is a warning."""
    assert frozenset({PARAMETER_RANGE}) == NOTES


def test_the_hosts_of_a_deployment_are_those_that_serve_it() -> None:
    """Subdomains are imgix's, custom domains are whole, and case counts for neither."""
    assert hosts_of(HOSTS.get) == {"acme.imgix.net", "blog.imgix.net", "i.acme.com"}
    assert hosts_in(("A", "", None, 7, "b"), ".x") == ["a.x", "b.x"]
    assert hosts_in("acme") == []
    assert hosts_in(UNSEEN) == []
