"""What happens to a source between its first POST and the end of the account."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from imgix_testing.server import SimulatedImgix

Call = Callable[..., requests.Response]
Create = Callable[..., str]
Show = Callable[[str], dict[str, Any]]
Deployment = Callable[..., dict[str, Any]]


def detail(answer: requests.Response) -> str:
    """Return what an error reply says first."""
    return str(answer.json()["errors"][0]["detail"])


def test_a_deploy_takes_its_time(
    imgix: SimulatedImgix, clock: list[float], create: Create, show: Show, patch: Call
) -> None:
    """A source reads deploying until its deploy is done, and then when that was."""
    imgix.configure(deploy_seconds=10)
    source_id = create()
    made = clock[0]
    clock[0] = made + 9
    assert show(source_id)["deployment_status"] == "deploying"
    clock[0] = made + 10
    attributes = show(source_id)
    assert attributes["deployment_status"] == "deployed"
    assert attributes["date_deployed"] == made + 10

    answer = patch(source_id, deployment={"cache_ttl_error": 5})
    assert answer.status_code == 200
    assert answer.json()["data"]["attributes"]["deployment_status"] == "deploying"
    assert show(source_id)["date_deployed"] == made + 10
    clock[0] = made + 20
    assert show(source_id)["deployment_status"] == "deployed"
    assert show(source_id)["date_deployed"] == made + 20


def test_the_status_lags_after_a_patch(
    imgix: SimulatedImgix, clock: list[float], create: Create, show: Show, patch: Call
) -> None:
    """Right after a PATCH the status can still read deployed before it turns to deploying."""
    source_id = create()
    imgix.configure(deploy_seconds=10, status_lag_seconds=2)
    answer = patch(source_id, deployment={"cache_ttl_error": 5})
    assert answer.json()["data"]["attributes"]["deployment_status"] == "deployed"
    seen = []
    for seconds in (0, 1, 2, 11, 12):
        clock[0] = 1_700_000_000 + seconds
        seen.append(show(source_id)["deployment_status"])
    assert seen == ["deployed", "deployed", "deploying", "deploying", "deployed"]


@pytest.mark.parametrize(
    "changes", [{"name": "Other"}, {}, {"enabled": True}, {"deployment": {"type": "s3"}}]
)
def test_what_leaves_the_deployment_alone_does_not_deploy(
    imgix: SimulatedImgix, create: Create, patch: Call, changes: dict[str, Any]
) -> None:
    """A change of the name, or of nothing, is taken without a deploy."""
    source_id = create()
    imgix.configure(deploy_seconds=10)
    answer = patch(source_id, **changes)
    assert answer.status_code == 200
    assert answer.json()["data"]["attributes"]["deployment_status"] == "deployed"


def test_a_patch_merges_one_level_deep(create: Create, patch: Call, show: Show) -> None:
    """Keys that a PATCH leaves out stay; lists and objects in it replace the old ones whole."""
    source_id = create(default_params={"auto": "format", "w": 1}, cache_ttl_error=5)
    patch(source_id, deployment={"default_params": {"h": 2}, "imgix_subdomains": ["b"]})
    shown = show(source_id)["deployment"]
    assert shown["default_params"] == {"h": 2}
    assert shown["imgix_subdomains"] == ["b"]
    assert shown["cache_ttl_error"] == 5
    assert shown["s3_bucket"] == "acme-s3"


def test_null_goes_back_to_the_default(
    imgix: SimulatedImgix, create: Create, patch: Call, show: Show
) -> None:
    """A null resets what has a default, and forgets what has none."""
    source_id = create("webfolder", cache_ttl_error=5, image_error="https://a.example/e.png")
    nulls = ("cache_ttl_error", "image_error", "password", "username", "annotation")
    answer = patch(source_id, deployment=dict.fromkeys(nulls))
    assert answer.status_code == 200
    shown = show(source_id)["deployment"]
    assert (shown["cache_ttl_error"], shown["image_error"]) == (300, None)
    assert shown["annotation"] == "New deployment created for source by imgix."
    assert not {"username", "password_encrypted"} & set(shown)
    assert "password" not in imgix.source(source_id).deployment


def test_an_empty_prefix_is_none(create: Create, show: Show) -> None:
    """An empty prefix reads as null."""
    assert show(create(s3_prefix=""))["deployment"]["s3_prefix"] is None


def test_encrypted_secrets_show_that_they_changed(create: Create, patch: Call, show: Show) -> None:
    """A web folder's secrets are shown encrypted, and differently after a change."""
    source_id = create("webfolder")
    before = show(source_id)["deployment"]
    patch(source_id, deployment={"password": "other"})
    after = show(source_id)["deployment"]
    assert before["password_encrypted"] != after["password_encrypted"]
    assert before["request_handshake_encrypted"] == after["request_handshake_encrypted"]
    assert "web-secret" not in str(before)


def test_the_token_shows_with_secure_urls_only(create: Create, patch: Call, show: Show) -> None:
    """The signing token is there exactly while URLs must be signed, and stays the same."""
    source_id = create(secure_url_enabled=True)
    token = show(source_id)["secure_url_token"]
    patch(source_id, deployment={"secure_url_enabled": False})
    assert "secure_url_token" not in show(source_id)
    patch(source_id, deployment={"secure_url_enabled": True})
    assert show(source_id)["secure_url_token"] == token


def test_a_type_change_keeps_what_is_common(
    imgix: SimulatedImgix, create: Create, patch: Call, deployment: Deployment, show: Show
) -> None:
    """A new type needs its own fields; the old ones go, domains, TTLs and params stay."""
    kept = {"default_params": {"w": 1}, "cache_ttl_error": 5, "custom_domains": ["i.a.example"]}
    source_id = create("s3", **kept)
    new = deployment("gcs")
    del new["imgix_subdomains"]
    incomplete = {name: value for name, value in new.items() if name != "gcs_bucket"}
    refused = patch(source_id, deployment=incomplete)
    assert (refused.status_code, detail(refused)) == (400, "deployment.gcs_bucket is required")

    assert patch(source_id, deployment=new).status_code == 200
    shown = show(source_id)["deployment"]
    assert {name: shown[name] for name in kept} == kept
    assert shown["imgix_subdomains"] == ["acme"]
    assert (shown["gcs_bucket"], shown["gcs_prefix"]) == ("acme-gcs", None)
    assert not [name for name in imgix.source(source_id).deployment if name.startswith("s3_")]


def test_fields_shared_by_two_types_do_not_outlive_a_type_change(
    imgix: SimulatedImgix, create: Create, patch: Call, show: Show
) -> None:
    """A web folder's sign-in does not become the web proxy's; secure URLs have to be asked for."""
    source_id = create("webfolder")
    assert patch(source_id, deployment={"type": "webproxy"}).status_code == 400
    signed = {"type": "webproxy", "secure_url_enabled": True}
    assert patch(source_id, deployment=signed).status_code == 200
    shown = show(source_id)["deployment"]
    assert shown["secure_url_enabled"] is True
    assert "username" not in shown
    assert "password" not in imgix.source(source_id).deployment


def test_a_web_proxy_has_secure_urls_by_itself(create: Create, show: Show, patch: Call) -> None:
    """A web proxy is created with secure URLs, and a null leaves them on."""
    source_id = create("webproxy")
    assert show(source_id)["deployment"]["secure_url_enabled"] is True
    patch(source_id, deployment={"secure_url_enabled": None})
    assert show(source_id)["deployment"]["secure_url_enabled"] is True


def test_web_proxies_are_premium(
    imgix: SimulatedImgix, create: Create, post: Call, patch: Call, deployment: Deployment
) -> None:
    """An account without premium features can neither create a web proxy nor change to one."""
    imgix.configure(premium=False)
    source_id = create("s3")
    other = deployment("webproxy", imgix_subdomains=["other"])
    assert post(name="Proxy", deployment=other).status_code == 403
    assert patch(source_id, deployment={"type": "webproxy"}).status_code == 403
    assert imgix.source(source_id).deployment["type"] == "s3"


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("imgix_subdomains", ["free", "taken"], "taken.imgix.net"),
        ("custom_domains", ["I.Taken.Example"], "i.taken.example"),
    ],
)
def test_domains_are_unique_over_all_sources(
    imgix: SimulatedImgix,
    post: Call,
    patch: Call,
    create: Create,
    deployment: Deployment,
    enabled: bool,
    key: str,
    value: list[str],
    named: str,
) -> None:
    """A domain that another source holds is refused, even if that source is disabled."""
    taken = {"imgix_subdomains": ["taken"], "custom_domains": ["i.taken.example"]}
    imgix.add_source(deployment=taken, enabled=enabled)
    refused = post(name="x", deployment=deployment("s3", **{key: value}))
    assert (refused.status_code, named in detail(refused)) == (400, True)
    refused = patch(create("s3"), deployment={key: value})
    assert (refused.status_code, named in detail(refused)) == (400, True)


def test_a_source_may_keep_its_own_domains(create: Create, patch: Call) -> None:
    """A PATCH that repeats a source's own domains is no conflict."""
    source_id = create()
    answer = patch(source_id, deployment={"imgix_subdomains": ["acme", "more"]})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Other"},
        {"enabled": True, "name": "Other"},
        {"enabled": True, "deployment": {"cache_ttl_error": 5}},
        {"deployment": {"imgix_subdomains": ["other"]}},
    ],
)
def test_a_disabled_source_takes_nothing_but_enabled_alone(
    imgix: SimulatedImgix, create: Create, patch: Call, show: Show, changes: dict[str, Any]
) -> None:
    """While a source is disabled every change but enabled: true alone is refused, with a reason."""
    source_id = create()
    answer = patch(source_id, enabled=False)
    assert answer.json()["data"]["attributes"]["deployment_status"] == "disabled"
    before = imgix.source(source_id)

    refused = patch(source_id, **changes)
    assert refused.status_code == 400
    assert "disabled" in detail(refused)
    assert imgix.source(source_id) == before

    imgix.configure(deploy_seconds=10)
    answer = patch(source_id, enabled=True)
    assert answer.status_code == 200
    assert show(source_id)["deployment_status"] == "deploying"
    assert show(source_id)["enabled"] is True


def test_disabling_goes_alone(imgix: SimulatedImgix, create: Create, patch: Call) -> None:
    """A PATCH that disables and changes something else is refused whole."""
    source_id = create()
    refused = patch(source_id, enabled=False, name="Other")
    assert (refused.status_code, "sent alone" in detail(refused)) == (400, True)
    assert imgix.source(source_id).enabled is True
    assert imgix.source(source_id).name == "Images"


def test_access_keys_are_refused_as_often_as_told(
    imgix: SimulatedImgix, post: Call, patch: Call, deployment: Deployment, create: Create
) -> None:
    """A refused S3 access key is an aws_access_key error, until it is no longer refused."""
    imgix.refuse_access_key("AKIAEXAMPLE", times=2)
    imgix.refuse_access_key("AKIANEVER")
    titles = []
    for _ in range(3):
        answer = post(name="x", deployment=deployment("s3"))
        titles.append([error["title"] for error in answer.json().get("errors", [])])
    assert titles == [["aws_access_key"], ["aws_access_key"], []]
    (source_id,) = imgix.sources
    for _ in range(3):
        refused = patch(source_id, deployment={"s3_access_key": "AKIANEVER"})
        assert refused.json()["errors"][0]["title"] == "aws_access_key"
