"""What the verbs do where a source is not as the state has it."""

from __future__ import annotations

from typing import Any

import pytest

from imgix_provider import KEEP, InvalidSourceError, RefusedError
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import Fault, SimulatedImgix
from tests.runs import fast_run


def blog(**more: Any) -> Declaration:
    """Return a declared web folder; `deployment` adds to its fields."""
    deployment = {
        "type": "webfolder",
        "imgix_subdomains": ["acme-blog"],
        "webfolder_base_url": "https://www.example.com/images/",
        **more.pop("deployment", {}),
    }
    return Declaration(name="Blog", deployment=deployment, **more)


def test_a_source_with_the_status_deleted_is_gone(
    imgix: SimulatedImgix, lifecycle: Lifecycle
) -> None:
    """A refresh drops a source that imgix shows as deleted."""
    source_id, outputs = lifecycle.create(blog(wait_for_deployed=False))
    imgix.delete(source_id)

    assert lifecycle.read(source_id, outputs) is None


def test_a_deleted_source_is_neither_reused_nor_offered_for_adoption(
    imgix: SimulatedImgix, lifecycle: Lifecycle, told: list[str]
) -> None:
    """It would leave the state at the next refresh; its domain needs another way."""
    source_id, _ = lifecycle.create(blog())
    imgix.delete(source_id)
    run = fast_run(imgix, told).lifecycle

    run.check(blog().inputs(), {}, resource="urn::blog")
    with pytest.raises(RefusedError) as refused:
        run.create(blog(), "urn::blog")

    way = "It cannot be adopted: declare another domain, or ask imgix to free that one."
    for text in (told[-1], str(refused.value)):
        assert f'acme-blog is taken by source {source_id} "Blog" (deleted)' in text
        assert text.endswith(way)


def test_a_deleted_source_is_not_adopted(imgix: SimulatedImgix, lifecycle: Lifecycle) -> None:
    """The preview refuses it, and so does a run without one, and nothing is sent to it."""
    source_id = imgix.add_source(name="Blog", deployment=dict(blog().deployment))
    imgix.delete(source_id)
    imgix.requests.clear()
    adopting = blog(adopt=source_id)

    (problem,) = lifecycle.check(adopting.inputs(), {}, resource="urn::new").problems
    with pytest.raises(
        InvalidSourceError, match=f"cannot be adopted: imgix has deleted {source_id}"
    ):
        lifecycle.create(adopting, "urn::new")

    assert str(problem) == f"adopt: imgix has deleted {source_id}, so it cannot be adopted"
    assert {request.method for request in imgix.requests} == {"GET"}


def test_a_value_to_keep_is_never_posted(imgix: SimulatedImgix, lifecycle: Lifecycle) -> None:
    """Creating with KEEP fails in words, and nothing reaches imgix."""
    with pytest.raises(InvalidSourceError, match="imgix holds no value to keep for password"):
        lifecycle.create(blog(deployment={"password": KEEP}))

    assert list(imgix.requests) == []


def test_a_replaced_source_is_not_adopted_again(
    imgix: SimulatedImgix, lifecycle: Lifecycle
) -> None:
    """The option adopt names the old source; its replacement is a new one all the same."""
    old, outputs = lifecycle.create(blog())
    successor = blog(deployment={"type": "webproxy"}, on_type_change="replace")
    lifecycle.diff(old, outputs, successor.inputs())
    lifecycle.delete(old, outputs)

    new, _ = lifecycle.create(blog(adopt=old))

    assert new != old
    assert imgix.source(new).enabled
    assert not imgix.source(old).enabled


@pytest.mark.parametrize("enabled", [True, False])
def test_a_delete_names_the_domains_that_a_failed_replacement_left(
    enabled: bool, imgix: SimulatedImgix, lifecycle: Lifecycle, told: list[str]
) -> None:
    """Domains that were freed before the replacement failed are not named as held."""
    source_id, outputs = lifecycle.create(blog(enabled=enabled))
    successor = blog(deployment={"type": "webproxy"}, on_type_change="replace")
    lifecycle.diff(source_id, outputs, successor.inputs())
    imgix.faults.add(Fault("status", method="PATCH", status=422, after=2 - enabled, times=None))
    with pytest.raises(RefusedError):
        lifecycle.delete(source_id, outputs)
    imgix.faults.clear()
    imgix.edit(source_id, enabled=enabled)

    fast_run(imgix, told).lifecycle.delete(source_id, outputs)

    assert f"keeps released-{source_id}: imgix has no delete" in told[-1]
    assert "acme-blog" not in told[-1]


def test_a_source_that_stays_as_it_is_is_not_waited_for(
    imgix: SimulatedImgix, lifecycle: Lifecycle
) -> None:
    """The engine has come to the holder already: it gives nothing up, so nobody is told to wait."""
    holder, theirs = lifecycle.create(
        Declaration(name="Shop", deployment=_folder("acme-shop")), "urn::shop"
    )
    lifecycle.check(theirs, theirs, resource="urn::shop")
    lifecycle.diff(holder, theirs, theirs, resource="urn::shop")
    source_id, outputs = lifecycle.create(blog(), "urn::blog")

    taken = blog(deployment={"imgix_subdomains": ["acme-blog", "acme-shop"]})
    with pytest.raises(RefusedError) as refusal:
        lifecycle.update(source_id, outputs, taken, "urn::blog")

    assert str(refusal.value).endswith('on_delete="release": deletes come last in a run.')


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_new_source_is_told_that_the_engine_may_not_have_come_to_the_holder(
    imgix: SimulatedImgix, told: list[str], refreshed: bool
) -> None:
    """It waits too short a time for a source that gives a domain up, if many come before that.

    After a refresh it is known that the holder is none of the stack's.
    """
    shop = _folder("acme-shop")
    holder = imgix.add_source(name="Shop", deployment={**shop, "custom_domains": ["a.example.com"]})

    wanted = {**shop, "custom_domains": ["a.example.com"]}
    lifecycle = fast_run(imgix, told).lifecycle
    if refreshed:
        other = imgix.add_source(name="Other", deployment=_folder("acme-other"))
        lifecycle.read(other, {"name": "Other", "deployment": _folder("acme-other")}, "urn::other")
    with pytest.raises(RefusedError) as refusal:
        lifecycle.create(Declaration(name="New", deployment=wanted))

    assert str(refusal.value).startswith(
        'imgix refused to create "New": subdomain acme-shop and custom domain a.example.com are '
        f'taken by source {holder} "Shop" (enabled). '
    )
    assert ("or run with `--parallel 64`" in str(refusal.value)) != refreshed


def test_a_domain_taken_by_another_source_is_explained_on_update(
    imgix: SimulatedImgix, lifecycle: Lifecycle
) -> None:
    """An update that asks for a taken domain names its holder."""
    holder, _ = lifecycle.create(Declaration(name="Shop", deployment=_folder("acme-shop")))
    source_id, outputs = lifecycle.create(blog())

    with pytest.raises(RefusedError) as refusal:
        lifecycle.update(
            source_id, outputs, blog(deployment={"imgix_subdomains": ["acme-blog", "acme-shop"]})
        )

    assert str(refusal.value) == (
        'imgix refused to update "Blog": subdomain acme-shop is taken by source '
        f'{holder} "Shop" (enabled). Free it there first, or declare another. '
        "To take the domains of a source, delete it in an earlier run with "
        'on_delete="release": deletes come last in a run. '
        "If the update of another resource gives it up in this run, let this one wait for it with "
        "depends_on, or run with `--parallel 64`, so that the engine comes to both. "
        "If that one waits for this one, give the domain up in an earlier run."
    )


def _folder(subdomain: str) -> dict[str, Any]:
    return {
        "type": "webfolder",
        "imgix_subdomains": [subdomain],
        "webfolder_base_url": "https://shop.example.com/",
    }


def test_a_value_that_imgix_writes_its_own_way_is_no_hand_edit(
    imgix: SimulatedImgix, lifecycle: Lifecycle
) -> None:
    """What imgix made of a value when it was sent does not come back as a change."""
    source_id, outputs = lifecycle.create(blog())
    rewritten = "https://www.example.com/images"
    outputs["effective_deployment"]["webfolder_base_url"] = rewritten
    imgix.edit(source_id, deployment={"webfolder_base_url": rewritten})

    reading = lifecycle.read(source_id, outputs)

    assert reading is not None
    assert reading.inputs["deployment"]["webfolder_base_url"] == "https://www.example.com/images/"


def test_an_update_shows_a_hand_edit_of_another_key(
    imgix: SimulatedImgix, lifecycle: Lifecycle
) -> None:
    """A hand edit that the answer of an update reveals is in the outputs, for the next preview."""
    declared = blog(deployment={"cache_ttl_error": 60, "cache_ttl_value": 1800})
    source_id, outputs = lifecycle.create(declared)
    imgix.edit(source_id, deployment={"cache_ttl_error": 999})

    after = lifecycle.update(
        source_id, outputs, blog(deployment={"cache_ttl_error": 60, "cache_ttl_value": 3600})
    )

    assert after["deployment"]["cache_ttl_value"] == 3600
    assert after["deployment"]["cache_ttl_error"] == 999
