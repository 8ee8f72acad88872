"""What a test can make of a simulated account besides requests: defaults, extras, hand edits."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from imgix_testing.server import ACCOUNT_ID, SimulatedImgix

Call = Callable[..., requests.Response]
Create = Callable[..., str]
Show = Callable[[str], dict[str, Any]]


def test_an_account_can_have_defaults_of_its_own(
    imgix: SimulatedImgix, create: Create, patch: Call, show: Show
) -> None:
    """Account defaults stand where a create says nothing, and nothing overrides what it says."""
    imgix.configure(account_defaults={"cache_ttl_behavior": "enforce_minimum"})
    source_id = create()
    assert show(source_id)["deployment"]["cache_ttl_behavior"] == "enforce_minimum"
    patch(source_id, deployment={"cache_ttl_behavior": "respect_origin"})
    assert show(source_id)["deployment"]["cache_ttl_behavior"] == "respect_origin"


def test_undocumented_attributes_can_be_shown(
    imgix: SimulatedImgix, create: Create, call: Call
) -> None:
    """A GET can show more than is documented: in the deployment, beside it, and beside both."""
    account = {"account": {"data": {"id": "1", "type": "accounts"}}}
    extra = {"deployment.robots.txt": "x", "tag": 1, "relationships": account}
    imgix.configure(extra_attributes=extra)
    data = call("GET", f"/sources/{create()}").json()["data"]
    assert data["attributes"]["deployment"]["robots.txt"] == "x"
    assert data["attributes"]["tag"] == 1
    assert data["relationships"] == account


def test_a_hand_can_put_and_change_what_the_api_refuses(imgix: SimulatedImgix, show: Show) -> None:
    """Sources put in or edited by hand may be odd, and no request is logged for it."""
    source_id = imgix.add_source(
        name="Odd", deployment={"type": "s3", "shade": "blue", "annotation": None}
    )
    imgix.edit(source_id, name="Odder", deployment={"cache_ttl_error": -1})
    assert imgix.requests == []
    shown = show(source_id)
    assert shown["name"] == "Odder"
    assert shown["deployment"]["shade"] == "blue"
    assert shown["deployment"]["annotation"] is None
    assert shown["deployment"]["cache_ttl_error"] == -1
    assert shown["deployment"]["cache_ttl_value"] == 31536000
    imgix.edit(source_id, deployment={"type": "webfolder"})
    assert "s3_prefix" not in show(source_id)["deployment"]
    with pytest.raises(TypeError, match="colour"):
        imgix.edit(source_id, colour="blue")
    with pytest.raises(KeyError):
        imgix.edit("nobody", name="x")


def test_what_a_test_looks_at_is_a_copy(imgix: SimulatedImgix, create: Create) -> None:
    """Changing what `sources` returns changes nothing in the account."""
    source_id = create()
    imgix.source(source_id).deployment["type"] = "gcs"
    assert imgix.source(source_id).deployment["type"] == "s3"


def test_ids_follow_from_seed_and_clock() -> None:
    """Two accounts with one seed and one clock hand out the same ids; another seed does not."""

    def ids(seed: int) -> list[str]:
        imgix = SimulatedImgix(seed=seed, clock=lambda: 1_700_000_000.0)
        return [imgix.add_source() for _ in range(3)]

    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))
    assert len(set(ids(1))) == 3


def sources_of(imgix: SimulatedImgix, key: str) -> requests.Response:
    """Ask for the list of sources with a key."""
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{imgix.url}/sources", headers=headers, timeout=5)


def test_a_source_names_its_account(create: Create, call: Call) -> None:
    """The account's id, 24 hex digits, is in a source's answer and in lists."""
    shown = call("GET", f"/sources/{create()}").json()["data"]
    account = shown["relationships"]["account"]["data"]
    assert account == {"id": ACCOUNT_ID, "type": "accounts"}
    assert len(bytes.fromhex(account["id"])) == 12
    assert call("GET", "/sources").json()["data"] == [shown]


def test_an_account_without_an_id_is_not_named() -> None:
    """Who wants the documented keys alone gets them."""
    with SimulatedImgix(account_id=None) as imgix:
        imgix.add_source()
        (shown,) = sources_of(imgix, imgix.api_key).json()["data"]
    assert "relationships" not in shown
    assert imgix.account_id is None


def test_another_key_sees_another_account(
    imgix: SimulatedImgix, create: Create, deployment: Callable[..., dict[str, Any]]
) -> None:
    """Sources of one account are not there for the other, but their domains are taken."""
    create()
    other = imgix.add_account("ak_other", "b" * 24)
    assert sources_of(imgix, "ak_other").json()["data"] == []
    headers = {"Authorization": "Bearer ak_other"}

    def post(label: str) -> requests.Response:
        attributes = {"name": "Theirs", "deployment": deployment(imgix_subdomains=[label])}
        body = {"data": {"attributes": attributes, "type": "sources"}}
        return requests.post(f"{imgix.url}/sources", json=body, headers=headers, timeout=5)

    refused = post("acme")
    assert refused.status_code == 400
    assert "acme.imgix.net is already in use" in refused.text
    made = post("theirs").json()["data"]
    assert made["relationships"]["account"]["data"]["id"] == other.account_id == "b" * 24
    assert list(other.sources) == [made["id"]]
    assert made["id"] not in imgix.sources
    other.edit(made["id"], name="Edited")
    assert sources_of(imgix, "ak_other").json()["data"][0]["attributes"]["name"] == "Edited"
    assert sources_of(imgix, "ak_nobody").status_code == 401
    with pytest.raises(ValueError, match="another account has this API key"):
        imgix.add_account("ak_other", None)


def test_every_account_has_limits_of_its_own(imgix: SimulatedImgix) -> None:
    """What one key has used up is left for the other."""
    imgix.configure(requests_per_second=1)
    imgix.add_account("ak_other", None)
    answers = [sources_of(imgix, key).status_code for key in (imgix.api_key, "ak_other")]
    assert answers == [200, 200]
