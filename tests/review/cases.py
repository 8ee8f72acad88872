"""Kinds of changes that no sample has, each as a preview of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.review.documents import (
    PLUGIN,
    SECRET,
    UNKNOWN,
    Case,
    azure,
    compatible,
    folder,
    gcs,
    inputs,
    proxy,
    s3,
)


def secret_rotated() -> Case:
    """Return a preview where the provider names the secret that changes."""
    given = inputs(s3())
    said = 'imgix source "Blog" (0000000000000000000001a4): s3_secret_key changes; '
    return Case().update("blog", given, given).says(said + "imgix deploys the source again")


def secret_rotated_in_silence() -> Case:
    """Return a preview where nothing shows a difference, and nobody says why."""
    given = inputs(s3())
    return Case().update("blog", given, given)


def secrets_of_twins() -> Case:
    """Return a preview of two sources of one name, of which one changes a secret."""
    given, other = inputs(s3("one")), inputs(s3("two"))
    said = 'imgix source "Blog": s3_access_key and s3_secret_key change; imgix deploys the source '
    return Case().update("one", given, given).same("two", other).says(said + "again")


def secret_added_and_removed() -> Case:
    """Return a preview where one source gets a password, and another loses it."""
    bare, guarded = folder("one"), folder("one", username="me", password=SECRET)
    other, unguarded = folder("two", username="me", password=SECRET), folder("two")
    case = Case().update("one", inputs(bare, "One"), inputs(guarded, "One"))
    return case.update("two", inputs(other, "Two"), inputs(unguarded, "Two"))


def released() -> Case:
    """Return a preview where a source leaves the stack and frees its domains."""
    return Case().delete(
        "blog", inputs(folder("acme", custom_domains=["i.acme.com"]), on_delete="release")
    )


def retained() -> Case:
    """Return a preview where a source leaves the stack and stays as it is."""
    return Case().delete("blog", inputs(folder(), on_delete="retain"))


def disabled_already() -> Case:
    """Return a preview where a disabled source leaves the stack."""
    return Case().delete("blog", inputs(folder(), enabled=False))


def enabled_again() -> Case:
    """Return a preview where a disabled source is enabled."""
    return Case().update("blog", inputs(folder(), enabled=False), inputs(folder()))


def handed_over() -> Case:
    """Return a preview where another resource adopts what one resource gives up."""
    case = Case().delete("old", inputs(folder()))
    source_id = case.steps[-1]["oldState"]["id"]
    return case.create("new", inputs(folder(), adopt=source_id))


def adopted() -> Case:
    """Return a preview of an adoption, with what the provider says that it changes."""
    source_id = "6b0536640000000000000001"
    said = f'imgix source "Blog": source {source_id} is adopted, nothing is created; this changes '
    case = Case().create("blog", inputs(folder(), adopt=source_id))
    return case.says(said + 'cache_ttl_value and the name, which is "Old" now')


def masked_as_a_whole() -> Case:
    """Return a preview where a whole deployment is a secret, before or after."""
    case = Case().update("blog", inputs(folder("acme")), inputs(SECRET))
    return case.create("shop", inputs(SECRET, "Shop"))


def unknown_as_a_whole() -> Case:
    """Return a preview where a whole deployment is not known yet."""
    return Case().create("blog", inputs(UNKNOWN))


def to_a_web_proxy() -> Case:
    """Return a preview where a source becomes a web proxy."""
    return Case().update("blog", inputs(folder()), inputs(proxy()))


def long_lists() -> Case:
    """Return a preview of long lists, long texts and many parameters."""
    many = [f"host-{number:02}" for number in range(40)]
    old = folder("acme", annotation="a" * 500, default_params={f"p{n}": n for n in range(20)})
    new = folder(*many, annotation="b" * 500, default_params={f"p{n}": n + 1 for n in range(20)})
    return Case().update("blog", inputs(old), inputs(new))


def every_default() -> Case:
    """Return a preview where every optional key is removed."""
    given: dict[str, Any] = {
        "annotation": "note",
        "cache_ttl_behavior": "override_origin",
        "cache_ttl_error": 60,
        "cache_ttl_value": 90_000,
        "crossdomain_xml_enabled": True,
        "custom_domains": ["img.acme.com"],
        "default_params": {"q": 60},
        "image_error": "https://example.com/error.png",
        "image_error_append_qs": True,
        "image_missing": "https://example.com/missing.png",
        "image_missing_append_qs": True,
        "secure_url_enabled": True,
    }
    return Case().update("blog", inputs(folder(**given)), inputs(folder()))


def local_options() -> Case:
    """Return a preview where only options change that imgix never sees."""
    new = inputs(folder(), deploy_timeout=90, wait_for_deployed=False, on_delete="retain")
    return Case().update("blog", inputs(folder()), new)


def reordered() -> Case:
    """Return a preview where domains change their order, and one is added."""
    old, new = folder("a", "b", "c"), folder("c", "a", "b", "d")
    return Case().update("blog", inputs(old), inputs(new))


def hand_edits() -> Case:
    """Return a preview with a hand edit of each kind, a source that is gone, one forgotten."""
    old = folder("acme", cache_ttl_value=86_400, annotation="as agreed", default_params={"q": 60})
    live = {**old, "cache_ttl_value": 7_200, "annotation": "by hand", "default_params": {"q": 10}}
    new = {**old, "cache_ttl_value": 172_800, "default_params": {"q": 10}}
    case = Case().refreshed(
        "blog", inputs(old), inputs(live), inputs(new), shown={"image_error": "https://e.com/x.png"}
    )
    gone = inputs(folder("gone"), "Gone")
    case.refreshed("gone", gone, None, gone)
    lost = case.state("lost", inputs(folder("lost"), "Lost"), {})
    return case.step("refresh", lost, lost)


def type_by_hand() -> Case:
    """Return a preview where somebody gave a source another type at imgix."""
    declared = inputs(folder())
    return Case().refreshed("blog", declared, inputs(s3()), declared)


def moved_between_all_kinds() -> Case:
    """Return a preview of one change to each other type."""
    case = Case()
    for number, new in enumerate((s3, gcs, azure, compatible)):
        name = f"source-{number}"
        case.update(name, inputs(folder(name), name), inputs(new(name), name))
    return case


def components() -> Case:
    """Return a preview of a source inside of two components, and of other resources."""
    case = Case()
    outer = {"urn": "urn:pulumi:dev::acme::my:site:Site::site", "type": "my:site:Site"}
    inner = {
        "urn": "urn:pulumi:dev::acme::my:site:Site$my:site:Images::images",
        "type": "my:site:Images",
        "parent": outer["urn"],
    }
    case.step("create", None, {**outer, "parent": case.root, "inputs": {}})
    case.step("create", None, {**inner, "inputs": {}})
    case.create("blog", inputs(folder()))
    case.steps[-1]["newState"]["parent"] = inner["urn"]
    return case


def policies() -> Case:
    """Return a preview with lines of the program and of the provider about sources."""
    case = Case().create("blog", inputs(folder()))
    case.says("warning: look out", "warning", "blog")
    case.says('warning: imgix source "Blog": deployment.region: may be wrong')
    case.says('imgix source "Blog": has the same name as a disabled source: it is reused')
    return case.says("printed by the program", "info")


def plugin() -> Case:
    """Return a preview of the full plugin: another type, camelCase, nested blocks."""
    case = Case(kind=PLUGIN)
    old = {
        "name": "Blog",
        "deployment": {
            "imgixSubdomains": ["acme"],
            "cacheTtlValue": 86_400,
            "s3": {"s3Bucket": "acme", "s3AccessKey": SECRET, "s3SecretKey": SECRET},
        },
    }
    new = {
        "name": "Blog",
        "onDelete": "release",
        "deployment": {
            "imgixSubdomains": ["acme"],
            "cacheTtlValue": 172_800,
            "defaultParams": {"txtColor": "red", "q": 60},
            "s3": {"s3Bucket": "acme", "s3AccessKey": SECRET, "s3SecretKey": SECRET},
        },
    }
    detail = {"deployment.s3.s3SecretKey": {"kind": "update", "inputDiff": True}}
    before = case.state("blog", old, {"enabled": True, "deploymentStatus": "deployed"})
    case.step("update", before, case.state("blog", new), detailedDiff=detail)
    proxied = {"name": "Proxy", "deployment": {"imgixSubdomains": ["proxy"], "webproxy": {}}}
    case.create("proxy", proxied)
    hidden = {"name": "Hidden", "deployment": {"imgixSubdomains": ["h"], "s3Compatible": SECRET}}
    return case.create("hidden", hidden)


CASES: Mapping[str, Callable[[], Case]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        secret_rotated,
        secret_rotated_in_silence,
        secrets_of_twins,
        secret_added_and_removed,
        released,
        retained,
        disabled_already,
        enabled_again,
        handed_over,
        adopted,
        masked_as_a_whole,
        unknown_as_a_whole,
        to_a_web_proxy,
        long_lists,
        every_default,
        local_options,
        reordered,
        hand_edits,
        type_by_hand,
        moved_between_all_kinds,
        components,
        policies,
        plugin,
    )
}
