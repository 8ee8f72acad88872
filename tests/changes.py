"""A table of changes to a source: what each adapter shows of one, and which requests it sends."""

from __future__ import annotations

from typing import Any

import attrs

from imgix_provider import KEEP

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
