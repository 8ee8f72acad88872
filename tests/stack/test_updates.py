"""A table of changes: what preview shows of each, and which requests reach imgix.

All rows stand in one stack: it goes up with what was before, then with what is after.
"""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from imgix_provider import KEEP
from imgix_testing.engine import Result
from tests.stack.conftest import Declarations

FOLDER = {"type": "webfolder", "webfolder_base_url": "https://www.example.com/images/"}
S3 = {
    "type": "s3",
    "s3_access_key": "AKIACANARY",
    "s3_bucket": "acme",
    "s3_secret_key": "canary-secret-1",
}
S3_COMPATIBLE = {
    "type": "s3_compatible",
    "storage_provider": "Wasabi",
    "access_key_id": "CANARYKEY",
    "bucket_name": "acme",
    "secret_key": "canary-secret-2",
    "endpoint_url": "s3.wasabisys.com",
    "region": "us-east-1",
}


@attrs.frozen(kw_only=True)
class Row:
    """A source before and after a change of the program, and what the change makes."""

    before: dict[str, Any] = attrs.field(factory=dict)
    after: dict[str, Any] = attrs.field(factory=dict)
    op: str = "update"
    shown: tuple[str, ...] = ()
    """The property paths that preview shows as changed."""
    sent: tuple[dict[str, Any], ...] = ()
    """The attributes of each PATCH."""


def on_deployment(op: str, shown: str, sent: Any, before: Any, after: Any) -> Row:
    """Return a row in which one key of the deployment changes; None is not declared."""
    key = shown.split("[")[0]
    return Row(
        before={"deployment": {key: before}},
        after={"deployment": {key: after}},
        op=op,
        shown=(f"deployment.{shown}",) if op != "same" else (),
        sent=({"deployment": {key: sent}},) if op != "same" else (),
    )


ENABLE, DISABLE = {"enabled": True}, {"enabled": False}
HOUR = {"deployment": {"cache_ttl_value": 3600}}
DAY = {"deployment": {"cache_ttl_value": 86_400}}

ROWS: dict[str, Row] = {
    "nothing": Row(op="same"),
    "number-as-float": Row(
        before=HOUR, after={"deployment": {"cache_ttl_value": 3600.0}}, op="same"
    ),
    "ttl": on_deployment("update", "cache_ttl_value", 86_400, 3600, 86_400),
    "new-key": on_deployment("update", "cache_ttl_value", 3600, None, 3600),
    "removed-key": on_deployment("update", "cache_ttl_value", 31_536_000, 3600, None),
    "removed-annotation": on_deployment("update", "annotation", "", "Mine", None),
    "removed-image": on_deployment(
        "update", "image_missing", None, "https://www.example.com/a.png", None
    ),
    "parameters": Row(
        before={"deployment": {"default_params": {"auto": "format", "dpr": 2}}},
        after={"deployment": {"default_params": {"auto": "format", "w": 200}}},
        shown=("deployment.default_params.dpr", "deployment.default_params.w"),
        sent=({"deployment": {"default_params": {"auto": "format", "w": 200}}},),
    ),
    "name": Row(after={"name": "Renamed"}, shown=("name",), sent=({"name": "Renamed"},)),
    "domains-reordered": on_deployment(
        "same",
        "custom_domains",
        None,
        ["a.example.com", "b.example.com"],
        ["b.example.com", "A.example.com"],
    ),
    "domain-added": on_deployment(
        "update",
        "custom_domains[1]",
        ["c.example.com", "d.example.com"],
        ["c.example.com"],
        ["c.example.com", "d.example.com"],
    ),
    "secret": Row(
        before={"deployment": S3},
        after={"deployment": {**S3, "s3_secret_key": "canary-secret-3"}},
        shown=("deployment.s3_secret_key",),
        sent=({"deployment": {"s3_secret_key": "canary-secret-3"}},),
    ),
    "secret-kept": Row(
        before={"deployment": S3}, after={"deployment": {**S3, "s3_secret_key": KEEP}}, op="same"
    ),
    "on-delete": Row(after={"on_delete": "retain"}, shown=("on_delete",)),
    "deploy-timeout": Row(after={"deploy_timeout": 5}, shown=("deploy_timeout",)),
    "disable": Row(after=DISABLE, shown=("enabled",), sent=(DISABLE,)),
    "enable": Row(before=DISABLE, after=ENABLE, shown=("enabled",), sent=(ENABLE,)),
    "change-and-disable": Row(
        before=HOUR,
        after={**DAY, **DISABLE},
        shown=("deployment.cache_ttl_value", "enabled"),
        sent=(DAY, DISABLE),
    ),
    "change-and-enable": Row(
        before={**HOUR, **DISABLE},
        after={**DAY, **ENABLE},
        shown=("deployment.cache_ttl_value", "enabled"),
        sent=(ENABLE, DAY),
    ),
    "change-while-disabled": Row(
        before={**HOUR, **DISABLE},
        after={**DAY, **DISABLE},
        shown=("deployment.cache_ttl_value",),
        sent=(ENABLE, DAY, DISABLE),
    ),
    "ignored": Row(
        before={**HOUR, "opts": {"ignore_changes": ["deployment.cache_ttl_value"]}},
        after={**DAY, "opts": {"ignore_changes": ["deployment.cache_ttl_value"]}},
        op="same",
    ),
}


def arguments(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a row's source."""
    base = {"name": name, "deployment": {}, "opts": {}}
    own = changes.get("deployment", {})
    deployment = {**({} if "type" in own else FOLDER), **own, "imgix_subdomains": [name]}
    given = {key: value for key, value in deployment.items() if value is not None}
    return {**base, **changes, "deployment": given}


@attrs.frozen
class Run:
    """What came of the one run that all rows are looked up in."""

    declarations: Declarations
    preview: Result
    requests_of_preview: int
    update: Result
    again: Result
    sent: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run(declarations: Declarations) -> Run:
    """The stack of all rows, up before and up after, and once more without a change."""
    imgix = declarations.imgix
    before = {name: arguments(name, row.before) for name, row in ROWS.items()}
    first = declarations.declare(before).up(skip_preview=True)
    assert first.ok, first.text
    imgix.requests.clear()

    stack = declarations.declare({name: arguments(name, row.after) for name, row in ROWS.items()})
    preview = stack.preview()
    requests_of_preview = len(imgix.requests)
    update = stack.up(skip_preview=True)
    sent = {name: declarations.changes_sent(declarations.id_of(name)) for name in ROWS}
    imgix.requests.clear()
    return Run(
        declarations, preview, requests_of_preview, update, stack.up(skip_preview=True), sent
    )


@pytest.mark.parametrize("name", ROWS)
def test_a_change_is_shown_and_sent_as_it_is(name: str, run: Run) -> None:
    """Preview shows just what was changed, and the smallest requests make it so, in order."""
    row = ROWS[name]
    assert run.preview.step(name).op == row.op
    if row.op != "same":
        assert sorted(run.preview.step(name).changed) == sorted(row.shown)
    assert run.update.step(name).op == row.op
    assert run.sent[name] == list(row.sent)


def test_the_whole_run_ended_well(run: Run) -> None:
    """Both the preview and the update succeed, and no secret is in what they print."""
    assert run.preview.ok, run.preview.text
    assert run.update.ok, run.update.text
    assert "canary" not in run.preview.text + run.update.text


def test_preview_sends_nothing(run: Run) -> None:
    """Looking costs no request, however much changes."""
    assert run.requests_of_preview == 0


def test_a_second_run_has_nothing_to_do(run: Run) -> None:
    """After the update the program and the state agree: no step and no request."""
    assert run.again.changes == {"same": len(ROWS)}
    assert run.declarations.imgix.requests == []
