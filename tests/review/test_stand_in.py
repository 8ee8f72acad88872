"""The same path without the CLI: a program, the provider, the stand-in's preview, the review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imgix_provider.review.model import Action, Reviewed, Way
from imgix_testing.server import SimulatedImgix
from tests.declarations import small
from tests.review.documents import reviewed, rules_hit, source_of
from tests.review.reports import all_reports
from tests.stack.conftest import Declarations

SECRETS = ("s3-secret-value", "rotated-secret-value", "azure-secret-value", "gcs-secret-value")


def source(name: str, deployment_type: str, subdomain: str, **changes: Any) -> dict[str, Any]:
    """Return the arguments of a source."""
    changes.setdefault("imgix_subdomains", [subdomain])
    return {"name": name, "deployment": small(deployment_type, **changes)}


BEFORE = {
    "blog": source("Blog", "s3", "t-blog", annotation="note", cache_ttl_value=86_400),
    "shop": source("Shop", "s3", "t-shop"),
    "press": source("Press", "webfolder", "t-press"),
    "legacy": source("Legacy", "azure", "t-legacy"),
    "archive": source("Archive", "webfolder", "", imgix_subdomains=["t-archive", "t-photos"]),
    "gallery": source("Gallery", "webfolder", "t-gallery"),
    "still": source("Still", "webfolder", "t-still"),
}
AFTER = {
    "blog": source("Blog", "s3", "t-blog", cache_ttl_value=172_800),
    "shop": source("Shop", "s3", "t-shop", s3_secret_key="rotated-secret-value"),
    "press": source("Press", "s3_compatible", "t-press"),
    "media": source("Media", "gcs", "t-media"),
    "archive": source("Archive", "webfolder", "t-archive"),
    "gallery": source("Gallery", "webfolder", "", imgix_subdomains=["t-gallery", "t-photos"]),
    "still": source("Still", "webfolder", "t-still"),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declarations]:
    """A stack that is up, with one hand edit of what is declared and one of what is not."""
    with SimulatedImgix() as imgix:
        made = Declarations(tmp_path_factory.mktemp("review"), imgix)
        assert made.declare(BEFORE).up().ok
        imgix.edit(made.id_of("blog"), deployment={"cache_ttl_value": 3_600})
        imgix.edit(made.id_of("still"), deployment={"image_error": "https://example.com/e.png"})
        imgix.requests.clear()
        yield made


@pytest.fixture(scope="module")
def found(stack: Declarations) -> Reviewed:
    """The review of the seven changes."""
    return reviewed(stack.declare(AFTER).preview_json())


def test_the_seven_changes_are_told(found: Reviewed) -> None:
    """Each source does what the program says, and nothing else."""
    assert {s.resource: s.action for s in found.stack.sources} == {
        "blog": Action.UPDATED,
        "shop": Action.UPDATED,
        "press": Action.UPDATED,
        "media": Action.CREATED,
        "legacy": Action.DISABLED,
        "archive": Action.UPDATED,
        "gallery": Action.UPDATED,
        "still": Action.UNCHANGED,
    }
    blog = source_of(found.stack, "blog")
    assert {change.path for change in blog.changes} == {"annotation", "cache_ttl_value"}
    press = source_of(found.stack, "press").type_change
    assert press is not None
    assert (press.old, press.new) == ("webfolder", "s3_compatible")
    assert press.goes == ("webfolder_base_url",)


def test_a_rotated_secret_is_named(found: Reviewed) -> None:
    """No value shows a difference; the provider's own words name the key."""
    assert [change.path for change in source_of(found.stack, "shop").changes] == ["s3_secret_key"]
    assert rules_hit(found, "shop") == ["credential-changed"]


def test_what_would_go_wrong_is_found(found: Reviewed) -> None:
    """The findings of the scene, and no others."""
    assert rules_hit(found) == [
        "domain-moved",
        "source-disabled",
        "credential-changed",
        "type-changed",
        "hand-edit-overwritten",
        "hand-edit-kept",
    ]


def test_hand_edits_are_told_apart_from_intent(found: Reviewed) -> None:
    """One is overwritten with something new, one is left alone."""
    ways = {s.resource: {d.path: d.way for d in s.drift} for s in found.stack.sources if s.drift}
    assert ways == {
        "blog": {"cache_ttl_value": Way.OVERWRITTEN},
        "still": {"image_error": Way.LEFT_ALONE},
    }


def test_nothing_leaks_and_nothing_was_written(stack: Declarations, found: Reviewed) -> None:
    """A preview and its review send no change, and show no secret."""
    for form, report in all_reports([found]).items():
        assert not any(secret in report for secret in SECRETS), form
    assert {record.method for record in stack.imgix.requests} == {"GET"}


@pytest.mark.parametrize(
    ("changes", "resource", "rule"),
    [
        ({"still": None, "other": source("Still", "webfolder", "t-still")}, "other", "renamed"),
        (
            {"still": source("Still", "webfolder", "t-still", default_params={"qality": 3})},
            "still",
            "parameter-unknown",
        ),
        (
            {"still": source("Still", "webfolder", "t-still", webfolder_base_url="http://e.com/")},
            "still",
            "http-origin",
        ),
        (
            {"still": {**source("Still", "webfolder", "t-still"), "enabled": False}},
            "still",
            "source-disabled",
        ),
    ],
)
def test_a_mistake_is_caught_before_anything_is_written(
    stack: Declarations, changes: dict[str, Any], resource: str, rule: str
) -> None:
    """Each mistake is found in the preview of a real program, with nothing written to imgix."""
    declared = {name: given for name, given in {**BEFORE, **changes}.items() if given}
    stack.imgix.requests.clear()
    found = reviewed(stack.declare(declared).preview_json())
    assert any(each.startswith(rule) for each in rules_hit(found, resource))
    assert {record.method for record in stack.imgix.requests} <= {"GET"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"still": source("Still", "webfolder", "t-still", cache_ttl_value=12)},
            "must be from 1800 to 31536000",
        ),
        (
            {
                "still": source("Still", "webfolder", "t-gallery"),
                "gallery": source("Gallery", "webfolder", "t-still"),
            },
            "which one run cannot do",
        ),
        (
            {"still": source("Still", "webfolder", "t-gallery")},
            '"t-gallery" is declared by resource "gallery"',
        ),
    ],
)
def test_a_failed_preview_says_why(
    stack: Declarations, changes: dict[str, Any], words: str
) -> None:
    """The provider's problem is told, and no line of a traceback."""
    found = reviewed(stack.declare({**BEFORE, **changes}).preview_json())
    assert found.stack.failed
    assert any(words in each for each in found.stack.problems), found.stack.problems
    assert "Traceback" not in json.dumps(found.stack.problems)


def test_the_document_has_the_keys_of_a_real_one(stack: Declarations) -> None:
    """What the stand-in writes is what the CLI writes, key by key."""
    document = stack.declare(AFTER).preview_json()
    samples = Path(__file__).parent / "samples"
    real = json.loads((samples / "refresh-and-sames.json").read_text())
    real["steps"] += json.loads((samples / "changes-of-every-kind.json").read_text())["steps"]

    def keys(of: dict[str, Any]) -> set[tuple[str, ...]]:
        found: set[tuple[str, ...]] = {(key,) for key in of if key not in ("config",)}
        for step in of["steps"]:
            if "Source" in step["urn"]:
                found |= {(step["op"], key) for key in step}
                for side in ("oldState", "newState"):
                    found |= {(step["op"], side, key) for key in step.get(side) or ()}
        return found

    ours, theirs = keys(document), keys(real)
    ops = {step["op"] for step in document["steps"]}
    assert {key for key in ours if key[0] in ops} <= theirs


LIKELY_MISTAKES = source(
    "Mistakes",
    "webfolder",
    "t-mistakes",
    webfolder_base_url="http://www.example.com/images/",
    image_missing="https://t-mistakes.imgix.net/missing.png",
    image_error_append_qs=True,
    default_params={"croop": "faces", "dpr": 99},
)


def test_a_likely_mistake_is_told_by_the_provider_and_once_by_the_review(
    tmp_path: Path,
) -> None:
    """Each warning of the preview is one finding of a rule, and the next preview is silent."""
    with SimulatedImgix() as imgix:
        stack = Declarations(tmp_path, imgix).declare({"mistakes": LIKELY_MISTAKES})
        shown = stack.preview()
        warnings = [line for line in shown.text.splitlines() if "warning: imgix source" in line]
        assert len(warnings) == len(set(warnings)) == 5
        assert rules_hit(reviewed(stack.preview_json())) == [
            "http-origin",
            "loop",
            "append-qs-without-url",
            "parameter-unknown",
            "parameter-value",
        ]
        assert stack.up().ok
        again = stack.preview()
        assert "warning" not in again.text
        assert rules_hit(reviewed(stack.preview_json())) == []
