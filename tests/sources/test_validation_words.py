"""What is told wrong, to the word and to the last value that passes: nothing more, nothing less."""

from __future__ import annotations

from typing import Any

import pytest

from imgix_provider import KEEP
from imgix_provider.deployments.fields import MISSING
from imgix_provider.messages import list_choices
from imgix_provider.sources.validation import (
    DECLARED_ARGUMENTS,
    Problem,
    is_source_id,
    problems_of,
)
from tests.declarations import SMALL, small, source

Inputs = dict[str, Any]
LATER: dict[str, Any] = {}
LATER_LIST: list[Any] = []


def is_later(value: object) -> bool:
    """Return whether a value is one of the two that stand for unknown ones."""
    return value is LATER or value is LATER_LIST


def told(inputs: Inputs, before: Inputs | None = None) -> list[str]:
    """Return the problems as a person reads them."""
    return [str(problem) for problem in problems_of(inputs, before=before, unknown=is_later)]


def blog(**arguments: Any) -> Inputs:
    """Return the inputs of a small source with other arguments."""
    return {**source("s3"), **arguments}


TYPES = list_choices(SMALL)
NOT_KEPT = "imgix:keep is for credentials that imgix already holds"
NO_TIME = "deploy_timeout: must be a number of seconds above 0, at most 86400"
NO_ID = "adopt: must be the id of a source, such as 6359b5ba8147da20e8edfdd5"
NO_NAME = "name: is required: the display name of the source"
EMPTY_NAME = "name: must be text that is not empty, not"
NO_URL = "must be an absolute URL such as https://www.example.com/images/"
HALF = "holds half of a character: it cannot be sent"
D = "deployment."

EXACTLY: list[tuple[Inputs, list[str]]] = [
    # the arguments
    (
        {},
        [
            "name: is required: the display name of the source",
            "deployment: is required: where the images come from",
        ],
    ),
    (blog(name=None), [NO_NAME]),
    (blog(name=5), [f"{EMPTY_NAME} 5"]),
    (blog(name=" "), [f'{EMPTY_NAME} " "']),
    (blog(name="a\ud800b"), [f"name: {HALF}"]),
    (
        source("s3", cache_ttl_error=10**400),
        [f"{D}cache_ttl_error: must be a whole number of seconds, not 1{'0' * 78}…"],
    ),
    (source("s3", annotation="\udfff"), [f"{D}annotation: {HALF}"]),
    (
        source("s3", image_error=""),
        [f'{D}image_error: {NO_URL}, not ""'],
    ),
    (blog(name=KEEP), [f"name: {NOT_KEPT}"]),
    (blog(deployment="s3"), ["deployment: must be one of the deployment classes or an object"]),
    *(
        (blog(**{output: []}), [f"{output}: is set by imgix and cannot be declared"])
        for output in (
            "effective_deployment",
            "deployment_status",
            "date_deployed",
            "secure_url_token",
            "urls",
            "account_id",
        )
    ),
    (blog(zzzzzz=None), ["zzzzzz: is not an input of a source"]),
    (blog(adopted=1), ["adopted: is not an input of a source; did you mean adopt?"]),
    (blog(secret_kys=1), ["secret_kys: is not an input of a source"]),
    (blog(aliases=["x"]), ["aliases: is not an input of a source"]),
    (
        blog(enabled=1, wait_for_deployed="no"),
        [
            "enabled: must be true or false, not 1",
            'wait_for_deployed: must be true or false, not "no"',
        ],
    ),
    (
        blog(on_delete="keep", on_type_change="replaced"),
        [
            'on_delete: must be disable, release or retain, not "keep"',
            'on_type_change: must be update or replace, not "replaced"; did you mean replace?',
        ],
    ),
    *(
        (blog(deploy_timeout=wrong), [NO_TIME])
        for wrong in (0, -1, 86_401, True, "5", float("nan"), float("inf"))
    ),
    *((blog(adopt=wrong), [NO_ID]) for wrong in ("", "my blog", "a" * 65, 5)),
    # the type
    (source("s3", type=None), [f"{D}type: is required: {TYPES}"]),
    (source("s3", type=5), [f"{D}type: must be {TYPES}, not 5"]),
    (source("s3", type=["s3"]), [f'{D}type: must be {TYPES}, not ["s3"]']),
    (source("s3", type="gcp"), [f'{D}type: must be {TYPES}, not "gcp"; did you mean gcs?']),
    (
        source("s3", type=LATER, s3_bucket=5, s3_prefx="p", allows_upload=True, cache_ttl_error=0),
        [
            f"{D}s3_prefx: is not a documented field; did you mean s3_prefix?",
            f"{D}allows_upload: is set by imgix and cannot be declared (read-only)",
            f"{D}cache_ttl_error: must be from 1 to 31536000 seconds, not 0",
        ],
    ),
    (
        {"name": "Blog", "deployment": {"type": "s3"}},
        [
            f"{D}imgix_subdomains: is required",
            f"{D}s3_access_key: is required for type s3",
            f"{D}s3_bucket: is required for type s3",
            f"{D}s3_secret_key: is required for type s3",
        ],
    ),
    (
        blog(deployment={**small("s3"), "s3_bucket": MISSING, "s3_prefix": MISSING}),
        [f"{D}s3_bucket: is required for type s3"],
    ),
    (source("s3", typ="s3"), [f"{D}typ: is not a documented field; did you mean type?"]),
    (source("s3", zzzzzz="p"), [f"{D}zzzzzz: is not a documented field"]),
    (
        source("azure", password="p", region="r"),
        [
            f"{D}password: belongs to type webfolder and webproxy; the type here is azure",
            f"{D}region: belongs to type s3_compatible; the type here is azure",
        ],
    ),
    (
        source("webproxy", secure_url_enabled=False),
        [f"{D}secure_url_enabled: a web proxy needs secure URLs: leave it true"],
    ),
    # the values
    (
        source("s3", cache_ttl_error=300.5, cache_ttl_value=True),
        [
            f"{D}cache_ttl_error: must be a whole number of seconds, not 300.5",
            f"{D}cache_ttl_value: must be a whole number of seconds, not true",
        ],
    ),
    (
        source("s3", cache_ttl_error="300", cache_ttl_value=1799.0),
        [
            f'{D}cache_ttl_error: must be a whole number of seconds, not "300"',
            f"{D}cache_ttl_value: must be from 1800 to 31536000 seconds, not 1799",
        ],
    ),
    (
        source("s3", cache_ttl_error=0, cache_ttl_value=31_536_001),
        [
            f"{D}cache_ttl_error: must be from 1 to 31536000 seconds, not 0",
            f"{D}cache_ttl_value: must be from 1800 to 31536000 seconds, not 31536001",
        ],
    ),
    (
        source("s3", secure_url_enabled="yes", image_error_append_qs=0),
        [
            f'{D}secure_url_enabled: must be true or false, not "yes"',
            f"{D}image_error_append_qs: must be true or false, not 0",
        ],
    ),
    (
        source("s3", s3_bucket=5, s3_secret_key=["canary"]),
        [
            f"{D}s3_bucket: must be text, not 5",
            f"{D}s3_secret_key: must be text, not a value of another type",
        ],
    ),
    (
        source("s3", s3_bucket="", s3_access_key=" "),
        [f"{D}s3_bucket: must not be empty", f"{D}s3_access_key: must not be empty"],
    ),
    (
        source("s3", cache_ttl_behavior="", image_error="x"),
        [
            f"{D}cache_ttl_behavior: must be respect_origin, override_origin or enforce_minimum, "
            'not ""',
            f"{D}image_error: must be an absolute URL such as https://www.example.com/images/, "
            'not "x"',
        ],
    ),
    (
        source("s3", annotation=KEEP, s3_bucket=KEEP, cache_ttl_error=KEEP),
        [
            f"{D}s3_bucket: {NOT_KEPT}",
            f"{D}annotation: {NOT_KEPT}",
            f'{D}cache_ttl_error: must be a whole number of seconds, not "imgix:keep"',
        ],
    ),
    # lists
    (
        source("s3", imgix_subdomains="acme", custom_domains=5),
        [
            f'{D}imgix_subdomains: must be a list: write ["acme"]',
            f"{D}custom_domains: must be a list",
        ],
    ),
    (source("s3", imgix_subdomains=()), [f"{D}imgix_subdomains: needs at least one"]),
    (
        source("s3", custom_domains=[f"a{n}.example.com" for n in range(101)]),
        [f"{D}custom_domains: holds 101; imgix takes 100 at most"],
    ),
    (
        source("s3", imgix_subdomains=[LATER, "a", 5, 5, "", "A", "B"]),
        [
            f"{D}imgix_subdomains[2]: must be text, not 5",
            f"{D}imgix_subdomains[3]: must be text, not 5",
            f'{D}imgix_subdomains[4]: "" is not a subdomain: letters a to z, digits and hyphens, '
            "not at the ends, no dots, at most 63 characters",
            f'{D}imgix_subdomains[5]: "A" is listed twice',
            f'{D}imgix_subdomains[6]: is "B": write just b',
        ],
    ),
    # rendering parameters
    (
        source("s3", default_params=["auto"]),
        [f"{D}default_params: must be an object of rendering parameters"],
    ),
    (
        source(
            "s3",
            default_params={
                5: "x",
                " ": "x",
                "auto": ("format", 1),
                "crop": {},
                "w": float("inf"),
                "h": float("nan"),
            },
        ),
        [
            f"{D}default_params: has a name that is not text: 5",
            f"{D}default_params: holds a parameter without a name",
            f'{D}default_params.auto: must be one value: write "format,1"',
            f"{D}default_params.crop: must be text, a number, true or false",
            f"{D}default_params.w: must be a finite number",
            f"{D}default_params.h: must be a finite number",
        ],
    ),
]


@pytest.mark.parametrize(("inputs", "lines"), EXACTLY)
def test_every_problem_is_told_in_full(inputs: Inputs, lines: list[str]) -> None:
    """Each mistake is one line at its place, with what is right, and nothing else is told."""
    assert sorted(told(inputs)) == sorted(lines)


FINE: dict[str, Inputs] = {
    "arguments that are None": blog(
        **dict.fromkeys((*DECLARED_ARGUMENTS[2:], "urls", "secure_url_token"), None)
    ),
    "arguments that are not known yet": {
        "name": LATER,
        "deployment": LATER,
        **dict.fromkeys(("enabled", "on_delete", "on_type_change", "deploy_timeout"), LATER),
    },
    "an id that is not known yet": blog(adopt=LATER),
    "the secrets that are found out": blog(secret_keys=["name"]),
    "the longest time": blog(deploy_timeout=86_400),
    "a number with a fraction": blog(deploy_timeout=0.1),
    "fields of any type while the type is not known": source("s3", type=LATER, region="r"),
    "as many domains as may be": source("s3", custom_domains=[f"a{n}.co" for n in range(100)]),
    "a tuple of domains": source("s3", imgix_subdomains=("a", "b")),
    "no custom domain": source("s3", custom_domains=[]),
    "empty texts": source("s3", annotation="", s3_prefix=" "),
    "another storage provider": source("s3_compatible", storage_provider="Backblaze"),
    "odd parameters": source(
        "s3",
        default_params={"a": None, "b": LATER, "c": LATER_LIST, "d": False, "e": 1.5, "f": ""},
    ),
    "values that are not known yet": source(
        "s3", s3_bucket=LATER, default_params=LATER, imgix_subdomains=LATER_LIST
    ),
}


@pytest.mark.parametrize("case", FINE)
def test_the_nearest_that_is_right_passes(case: str) -> None:
    """No value that may be declared, or that is not known yet, is refused."""
    assert told(FINE[case]) == []


CREATED = (
    "imgix holds no value to keep: this source would be created. Give the value, or name an "
    "existing source with adopt"
)
KEPT: list[tuple[Inputs, Inputs | None, list[str]]] = [
    (source("s3", s3_secret_key=KEEP), None, []),
    (source("s3", s3_secret_key=KEEP), source("s3"), []),
    (source("s3", s3_secret_key=KEEP), {"name": "Blog"}, []),
    (source("s3", s3_secret_key=KEEP), {"name": "Blog", "deployment": None}, []),
    (
        source("s3", s3_access_key=KEEP, s3_secret_key=KEEP),
        {},
        [f"{D}s3_access_key: {CREATED}", f"{D}s3_secret_key: {CREATED}"],
    ),
    ({**source("s3", s3_secret_key=KEEP), "adopt": None}, {}, [f"{D}s3_secret_key: {CREATED}"]),
    ({**source("s3", s3_secret_key=KEEP), "adopt": LATER}, {}, []),
    (
        source("s3", s3_secret_key=KEEP),
        source("gcs"),
        [
            f"{D}s3_secret_key: imgix holds no value to keep: the type changes from gcs to s3. "
            "Give the value"
        ],
    ),
    (
        {**source("s3", s3_secret_key=KEEP), "adopt": "6359b5ba8147da20e8edfdd5"},
        source("gcs"),
        [
            f"{D}s3_secret_key: imgix holds no value to keep: the type changes from gcs to s3. "
            "Give the value"
        ],
    ),
    (source("s3", annotation=KEEP), source("gcs"), [f"{D}annotation: {NOT_KEPT}"]),
]


@pytest.mark.parametrize(("inputs", "before", "lines"), KEPT)
def test_a_value_is_kept_only_where_imgix_holds_one(
    inputs: Inputs, before: Inputs | None, lines: list[str]
) -> None:
    """At declaration nobody knows; in a check the source's earlier inputs tell."""
    assert told(inputs, before) == lines


def test_a_problem_is_written_in_the_language_of_the_program() -> None:
    """The path, and every argument that the words name, take its spelling."""

    def loud(path: str, value: str | None) -> str:
        return path.upper()

    (problem,) = problems_of(blog(on_deleted="retain"))
    assert problem.line(loud) == "ON_DELETED: is not an input of a source; did you mean ON_DELETE?"
    assert problem.line() == "on_deleted: is not an input of a source; did you mean on_delete?"
    assert problem == Problem("on_deleted", problem.message)
    (problem,) = problems_of(source("s3", s3_prefx="p"))
    assert problem.line(loud).endswith("did you mean S3_PREFIX?")
    (problem,) = problems_of(source("s3", s3_secret_key=KEEP), before={})
    assert problem.line(loud).endswith("with ADOPT")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("6359b5ba8147da20e8edfdd5", True),
        ("aZ_-9", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("", False),
        ("a/b", False),
        ("a\n", False),
        (5, False),
        (None, False),
    ],
)
def test_an_id_is_safe_to_put_into_an_address(value: Any, expected: bool) -> None:
    """Only what imgix can have given as an id is taken for one."""
    assert is_source_id(value) is expected


def test_people_give_every_argument_but_one() -> None:
    """The keys that are secrets are found out, so nobody is led to declare them."""
    assert DECLARED_ARGUMENTS == (
        "name",
        "deployment",
        "enabled",
        "on_delete",
        "on_type_change",
        "adopt",
        "wait_for_deployed",
        "deploy_timeout",
    )
