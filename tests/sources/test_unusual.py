"""What the provider warns of: the likely mistakes that inputs alone show, each when it is new."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import Any

import pytest

from imgix_provider.messages import spell
from imgix_provider.sources.unusual import warnings_of
from tests.declarations import SMALL, source

Inputs = dict[str, Any]
UNKNOWN = object()
OWN = "https://acme.imgix.net/logo.png"
IDLE = source("webfolder", image_error_append_qs=True)


def is_unknown(value: object) -> bool:
    """Return whether a value stands for one that is not known yet."""
    return value is UNKNOWN


def told(inputs: Inputs, before: Inputs | None = None) -> list[str]:
    """Return the warnings as a person reads them; without `before` the source would be created."""
    return [spell(each) for each in warnings_of(inputs, is_unknown, before or {})]


def rendering(**parameters: Any) -> Inputs:
    """Return the inputs of a source with these rendering parameters."""
    return source("webfolder", default_params=parameters)


MISTAKES: dict[str, tuple[Inputs, str]] = {
    "plain http": (
        source("webfolder", webfolder_base_url="http://user:pass-word@example.com/"),
        "deployment.webfolder_base_url: is plain http: images, and any password, travel "
        "unencrypted",
    ),
    "a plain endpoint": (
        source("s3_compatible", endpoint_url="HTTP://minio.acme.com"),
        "deployment.endpoint_url: is plain http: images, and any password, travel unencrypted",
    ),
    "its own fallback": (
        source("s3", custom_domains=["i.acme.com"], image_missing="https://I.acme.com/x.png"),
        "deployment.image_missing: points at i.acme.com, which is this source itself: a loop, "
        "which imgix answers with 400",
    ),
    "its own mark": (
        rendering(Mark64=base64.urlsafe_b64encode(OWN.encode()).decode().rstrip("=")),
        "deployment.default_params.Mark64: points at acme.imgix.net, which is this source itself: "
        "a loop, which imgix answers with 400",
    ),
    "a switch without its image": (
        IDLE,
        "deployment.image_error_append_qs: is on, but there is no such image: it has no effect",
    ),
    "an unknown parameter": (
        rendering(croop="faces"),
        "deployment.default_params.croop: is not a documented rendering parameter; did you mean "
        "crop?",
    ),
    "a value out of range": (
        rendering(dpr=99),
        "deployment.default_params.dpr: must be a number from 0 to 5, not 99",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_likely_mistake_is_told_with_its_place(mistake: str) -> None:
    """One line says where it stands and what comes of it."""
    inputs, line = MISTAKES[mistake]
    assert told(inputs) == [line]


INNOCENT: dict[str, Inputs] = {
    **{name: source(name) for name in SMALL},
    "https": source("webfolder", webfolder_base_url="https://example.com/http://"),
    "a bare endpoint": source("s3_compatible", endpoint_url="minio.acme.com"),
    "another source's image": source("s3", image_error="https://acme2.imgix.net/x.png"),
    "a path as a mark": rendering(mark="/logo.png"),
    "a switch that is off": source("s3", image_error_append_qs=False),
    "a switch with its image": source(
        "s3", image_error_append_qs=True, image_error="https://example.com/x.png"
    ),
    "an image that is not known yet": source("s3", image_error_append_qs=True, image_error=UNKNOWN),
    "parameters": rendering(auto="format,compress", Q=60, ixlib="py", fit="CROP"),
    "parameters that are not known yet": rendering(w=UNKNOWN, mark=UNKNOWN),
    "a value that imgix does not suggest": rendering(q=180),
    "an adopted source, whose image imgix may hold": {**IDLE, "adopt": "6359b5ba8147da20e8edfdd5"},
    "a secret address": {
        **source("webfolder", image_error=OWN, webfolder_base_url="http://example.com/"),
        "secret_keys": ["image_error", "webfolder_base_url"],
    },
    "secret parameters": {**rendering(croop=1, mark=OWN), "secret_keys": ["default_params"]},
    "a deployment that is not known yet": {"name": "Blog", "deployment": UNKNOWN},
    "no deployment at all": {"name": "Blog"},
}


@pytest.mark.parametrize("case", INNOCENT)
def test_the_innocent_are_left_alone(case: str) -> None:
    """The nearest case that is right, or that nobody can tell, is no warning."""
    assert told(INNOCENT[case]) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_told_once_is_not_told_again(mistake: str) -> None:
    """A source that stands as it is, with whatever is unusual about it, is left in peace."""
    inputs, _ = MISTAKES[mistake]
    assert told({**inputs, "name": "Another"}, before=inputs) == []


def test_a_switch_whose_image_is_no_longer_declared_is_told() -> None:
    """A removed image goes back to none; one that was never declared may be there at imgix."""
    image = {"image_error_append_qs": True, "image_error": "https://example.com/x.png"}
    assert len(told(IDLE, before=source("webfolder", **image))) == 1
    assert told(IDLE, before=source("webfolder")) == []


def test_a_link_becomes_a_loop_with_a_new_domain() -> None:
    """What makes the loop may be the domain instead of the link."""
    before = source("webfolder", image_error="https://i.acme.com/x.png")
    after = source(
        "webfolder", image_error="https://i.acme.com/x.png", custom_domains=["i.acme.com"]
    )
    assert len(told(after, before=before)) == 1


def test_the_table_of_parameters_is_read_where_parameters_are_declared() -> None:
    """Most sources declare none, so most checks do not pay for it."""
    program = (
        "from imgix_provider.deployments import parameters\n"
        "from imgix_provider.sources.unusual import warnings_of\n"
        "for given in ({}, {'default_params': {}}, {'default_params': {'q': 3}}):\n"
        "    warnings_of({'deployment': {'type': 's3', **given}}, before={})\n"
        "    print(parameters._table.cache_info().currsize)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "0", "1"]
