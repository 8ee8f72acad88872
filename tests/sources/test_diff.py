"""Declaration against deployed, over generated deployments of all six types."""

from __future__ import annotations

import json
import random as random_module
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from imgix_provider import KEEP
from imgix_provider.api.source import Source
from imgix_provider.deployments.table import CREDENTIALS, FIELDS, WRITE_ONLY
from imgix_provider.sources.declaration import Declaration, outputs_of
from imgix_provider.sources.diff import (
    declaration_of_live,
    describe_type_change,
    diff_declarations,
    diff_live,
)
from imgix_testing.server import SimulatedImgix
from tests.declarations import SMALL, declare, deployments, small, types
from tests.runs import fast_run

UNORDERED = ("imgix_subdomains", "custom_domains")


def stored(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what imgix keeps of a deployment: the defaults, and over them what was sent."""
    chosen = deployment["type"]
    defaults = {
        key: spec.default_for(chosen)
        for key, spec in FIELDS[chosen].items()
        if not spec.required and spec.default_for(chosen) is not None
    }
    kept = {**defaults, **deployment}
    return {
        key: sorted(value) if key in UNORDERED else value
        for key, value in kept.items()
        if value is not None
    }


def stored_as_declared(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the deployment with domains in one order."""
    return {key: sorted(v) if key in UNORDERED else v for key, v in deployment.items()}


def patched(deployment: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return what imgix keeps after a PATCH: merged at the first level, null is the default."""
    chosen = patch.get("type", deployment["type"])
    kept = {
        key: value for key, value in deployment.items() if key == "type" or key in FIELDS[chosen]
    }
    return stored({**kept, **patch})


def shown(deployment: Mapping[str, Any], seed: int = 0) -> Source:
    """Return a source as imgix shows it: no secrets, domains in an order of its own."""
    random = random_module.Random(seed)
    visible = {
        key: random.sample(value, len(value)) if key in UNORDERED else value
        for key, value in stored(deployment).items()
        if key not in WRITE_ONLY
    }
    return Source(id="6359b5ba8147da20e8edfdd5", name="Blog", enabled=True, deployment=visible)


same_type = types.flatmap(lambda name: st.tuples(deployments(name), deployments(name)))
any_types = st.tuples(deployments(), deployments())


@given(st.one_of(same_type, any_types))
def test_the_patch_makes_the_deployed_state_the_declared_one(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """Merged into what is there, it gives just what is declared, and defaults for the rest."""
    old, new = pair
    patch = diff_declarations(declare(old), declare(new)).patch.get("deployment", {})
    after, wanted = patched(stored(old), patch), stored(new)
    # What was never declared persists in another type, which may have another default.
    ours = {*wanted, *after} - ({"secure_url_enabled", "cache_ttl_behavior"} - {*old, *new})
    assert {key: after.get(key) for key in ours} == {key: wanted.get(key) for key in ours}


@given(same_type)
def test_the_patch_is_the_smallest(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Without any one of its keys it no longer makes what is declared."""
    old, new = pair
    fields = FIELDS[new["type"]]
    # An account may have defaults of its own, so what was never declared counts as unlike anything.
    deployed = {**dict.fromkeys(fields, "chosen by imgix"), **stored_as_declared(old)}
    wanted = {
        **deployed,
        **{key: spec.default_for(new["type"]) for key, spec in fields.items() if key in old},
        **stored_as_declared(new),
    }
    patch = diff_declarations(declare(old), declare(new)).patch.get("deployment", {})
    assert {**deployed, **stored_as_declared(patch)} == wanted
    for key in patch:
        less = {k: v for k, v in patch.items() if k != key}
        # What was declared just as the default is sent again when it is declared no more.
        assert {**deployed, **stored_as_declared(less)} != wanted or old.get(key) == patch[key]


@given(any_types)
def test_another_type_carries_every_declared_field(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """All fields of the new type go, as imgix asks, and nothing of the old one is sent."""
    old, new = pair
    assume(old["type"] != new["type"])
    changes = diff_declarations(declare(old), declare(new))
    assert changes.type_change == (old["type"], new["type"])
    assert {key: changes.deployment.get(key) for key in new} == new
    assert set(changes.deployment) <= {"type", *FIELDS[new["type"]]}


@given(deployments(), st.integers())
def test_after_an_update_there_is_nothing_left_to_do(deployment: dict[str, Any], seed: int) -> None:
    """The state that an update leaves, compared with the program that asked for it, is the same."""
    declared = declare(deployment)
    state = json.loads(json.dumps(outputs_of(declared, shown(deployment, seed))))
    assert not diff_declarations(Declaration.from_properties(state), declared).any


@given(deployments(), st.integers())
def test_what_imgix_filled_in_or_reordered_is_no_change(
    deployment: dict[str, Any], seed: int
) -> None:
    """Against the live source only secrets are sent, since they cannot be compared."""
    changes = diff_live(shown(deployment, seed), declare(deployment))
    assert set(changes.deployment) == WRITE_ONLY & set(deployment)
    assert changes.name is None
    assert changes.enabled is None


@given(deployments(), st.integers())
def test_a_refresh_without_hand_edits_changes_nothing(
    deployment: dict[str, Any], seed: int
) -> None:
    """Read back, the declaration reads as the program wrote it."""
    declared = declare(deployment)
    assert declaration_of_live(declared, shown(deployment, seed), {}) == declared


@given(same_type, st.integers())
def test_a_hand_edit_shows_and_is_put_back(
    pair: tuple[dict[str, Any], dict[str, Any]], seed: int
) -> None:
    """What a hand changed of declared keys differs after a read, and the next patch restores it."""
    ours, theirs = pair
    edited = {**theirs, **{key: ours[key] for key in WRITE_ONLY & set(ours)}}
    declared = declare(ours)
    read = declaration_of_live(declared, shown(edited, seed), shown(ours).deployment)
    patch = diff_declarations(read, declared).patch.get("deployment", {})
    after = patched(stored(edited), patch)
    assert {key: after.get(key) for key in ours} == {
        key: sorted(value) if key in UNORDERED else value for key, value in ours.items()
    }


@given(deployments())
def test_keep_is_never_sent(deployment: dict[str, Any]) -> None:
    """A value that imgix holds is kept by not naming it, be it new in the program or not."""
    kept = {key: KEEP if key in CREDENTIALS else value for key, value in deployment.items()}
    for old in (deployment, kept, small(deployment["type"])):
        changes = diff_declarations(declare(old), declare(kept))
        assert KEEP not in changes.deployment.values()
        assert not CREDENTIALS & set(changes.deployment) & set(kept)
    assert KEEP not in diff_live(shown(deployment), declare(kept)).deployment.values()


def test_a_value_in_place_of_keep_is_one_change_of_one_key() -> None:
    """Whoever comes to know the secret sets it, and it is sent."""
    old = declare(small("s3", s3_secret_key=KEEP))
    new = declare(small("s3", s3_secret_key="a-new-secret"))
    assert diff_declarations(old, new).deployment == {"s3_secret_key": "a-new-secret"}


def test_a_key_id_takes_its_secret_along() -> None:
    """Somebody may have changed both by hand, and imgix shows only the id."""
    keys = {"s3_access_key": "ID", "s3_secret_key": "SECRET"}
    declared = declare(small("s3", annotation="b", **keys))
    by_hand = declare(small("s3", annotation="a", **{**keys, "s3_access_key": "OTHER"}))
    kept = declare(small("s3", annotation="b", **{**keys, "s3_secret_key": KEEP}))

    assert diff_declarations(by_hand, declared).deployment == {**keys, "annotation": "b"}
    assert "s3_secret_key" not in diff_declarations(by_hand, kept).deployment
    only_text = declare(small("s3", annotation="a", **keys))
    assert diff_declarations(only_text, declared).deployment == {"annotation": "b"}


@pytest.mark.parametrize("declared", [{}, {"secure_url_enabled": True}])
def test_a_new_web_proxy_asks_for_secure_urls(
    imgix: SimulatedImgix, told: list[str], declared: dict[str, bool]
) -> None:
    """Whether they are declared or not."""
    inputs = {"name": "Proxy", "deployment": small("webproxy", **declared)}

    fast_run(imgix, told).lifecycle.create(Declaration.from_properties(inputs))

    (sent,) = [record.body for record in imgix.requests if record.method == "POST"]
    assert sent["data"]["attributes"]["deployment"]["secure_url_enabled"] is True


def test_a_source_that_becomes_a_web_proxy_asks_for_secure_urls() -> None:
    """A web proxy cannot do without, and a PATCH leaves alone what it does not name."""
    folder, proxy = declare(small("webfolder")), declare(small("webproxy"))

    assert diff_declarations(folder, proxy).deployment["secure_url_enabled"] is True
    assert "secure_url_enabled" not in diff_declarations(proxy, proxy).deployment
    assert "secure_url_enabled" not in diff_declarations(proxy, folder).deployment


def test_a_removed_annotation_is_cleared() -> None:
    """Its documented default names the user, so what is sent is an empty one."""
    old, new = declare(small("s3", annotation="Mine")), declare(small("s3"))
    assert diff_declarations(old, new).patch == {"deployment": {"annotation": ""}}


@given(types, st.data())
@example("webproxy", None)
def test_removed_keys_go_back_to_their_documented_defaults(name: str, data: Any) -> None:
    """Each is sent explicitly, since imgix keeps what a PATCH does not name."""
    new = SMALL[name]
    old = {**new, "secure_url_enabled": True} if data is None else data.draw(deployments(name))
    removed = set(old) - set(new)
    patch = diff_declarations(declare(old), declare({**old, **new})).deployment
    assert not removed & set(patch)
    patch = diff_declarations(
        declare(old), declare({k: v for k, v in old.items() if k in new})
    ).deployment
    assert patch == {key: FIELDS[name][key].default_for(name) for key in removed}


OPTIONS: dict[str, Any] = {
    "on_delete": "retain",
    "on_type_change": "replace",
    "adopt": "6359b5ba8147da20e8edfdd5",
    "wait_for_deployed": False,
    "deploy_timeout": 5,
}


def test_options_are_a_change_that_sends_nothing() -> None:
    """What is this package's own goes to the state, and not to imgix."""
    for option, value in OPTIONS.items():
        changes = diff_declarations(declare(SMALL["s3"]), declare(SMALL["s3"], **{option: value}))
        assert changes.any, option
        assert not changes.sends, option


def test_name_and_enabled_are_changes_of_their_own() -> None:
    """The name goes with the patch, whether the source serves goes alone."""
    old = declare(SMALL["s3"])
    assert diff_declarations(old, declare(SMALL["s3"], name="Shop")).patch == {"name": "Shop"}
    disabled = diff_declarations(old, declare(SMALL["s3"], enabled=False))
    assert (disabled.enabled, disabled.patch) == (False, {})


def test_a_type_change_is_told_in_words() -> None:
    """A person reads which fields go and which come."""
    words = describe_type_change(
        declare(small("webfolder", username="me")), declare(SMALL["s3_compatible"])
    )
    assert "from webfolder to s3_compatible" in words
    assert "webfolder_base_url" in words
    assert "bucket_name" in words
    assert "imgix_subdomains" not in words
