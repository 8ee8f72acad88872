"""Each verb of the provider process, over gRPC, on the simulated account."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import grpc
import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc

from imgix_provider.provider import ImgixSourceProvider
from imgix_testing.server import Fault, SimulatedImgix
from tests.provider.conftest import IDENTITY, Provider, StartProvider
from tests.sdk import TAKES_INPUTS, shown_of

SECRET = "canary-s3-secret"
INPUTS: dict[str, Any] = {
    "name": "Blog",
    "deployment": {
        "type": "s3",
        "imgix_subdomains": ["acme"],
        "s3_access_key": "AKIACANARY",
        "s3_bucket": "acme-images",
        "s3_secret_key": SECRET,
        "cache_ttl_error": 600,
        "default_params": {"w": 200},
    },
}


def with_deployment(**changes: Any) -> dict[str, Any]:
    """Return the inputs with other values in the deployment."""
    return {**INPUTS, "deployment": {**INPUTS["deployment"], **changes}}


def bodies(imgix: SimulatedImgix) -> list[tuple[str, Any]]:
    """Return the method and the attributes of each request that changed something."""
    return [
        (record.method, (record.body or {})["data"]["attributes"])
        for record in imgix.requests
        if record.method != "GET"
    ]


def failure(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    """Return what the engine shows of a failed call."""
    return shown_of(str(error.value.details()))


def test_a_source_lives_from_check_to_delete(
    provider: Provider, imgix: SimulatedImgix, start_provider: StartProvider
) -> None:
    """All verbs in the order in which the engine calls them, with what imgix gets of each."""
    inputs, failures = provider.check(INPUTS)
    assert failures == {}
    assert [record.method for record in imgix.requests] == ["GET"]  # who holds the domain?

    source_id, outputs = provider.create(inputs)
    assert imgix.source(source_id).name == "Blog"
    assert outputs["urls"] == ["https://acme.imgix.net"]
    assert outputs["deployment_status"] == "deployed"
    assert SECRET not in json.dumps(outputs["effective_deployment"])

    assert provider.diff(source_id, outputs, inputs).changes == 1  # DIFF_NONE
    changed, _ = provider.check(with_deployment(cache_ttl_error=900), INPUTS)
    assert provider.diff(source_id, outputs, changed).changes == 2  # DIFF_SOME
    outputs = provider.update(source_id, outputs, changed)
    assert outputs["deployment"]["cache_ttl_error"] == 900

    imgix.edit(source_id, deployment={"cache_ttl_error": 60})
    another_run = start_provider(IMGIX_API_KEY=imgix.api_key, IMGIX_API_URL=imgix.url)
    found, live, live_inputs = another_run.read(source_id, outputs)
    assert found == source_id
    for properties in (live, live_inputs) if TAKES_INPUTS else (live,):
        assert properties["deployment"]["cache_ttl_error"] == 60
        assert properties["deployment"]["s3_secret_key"] == SECRET

    another_run.delete(source_id, live)
    assert not imgix.source(source_id).enabled
    assert bodies(imgix) == [
        ("POST", INPUTS),
        ("PATCH", {"deployment": {"cache_ttl_error": 900}}),
        ("PATCH", {"enabled": False}),
    ]
    assert "disabled, and keeps acme" in another_run.notices


def test_floats_come_back_as_ints_at_the_api(provider: Provider, imgix: SimulatedImgix) -> None:
    """Over gRPC every number is a float; imgix gets 600, not 600.0."""
    inputs, _ = provider.check(INPUTS)
    provider.create(inputs)
    (record,) = (each for each in imgix.requests if each.method == "POST")
    sent = (record.body or {})["data"]["attributes"]["deployment"]
    assert repr(sent["cache_ttl_error"]) == "600"
    assert repr(sent["default_params"]["w"]) == "200"


def test_check_tells_every_problem_with_its_path(provider: Provider) -> None:
    """All at once, as the engine shows them, and nothing is sent."""
    wrong = with_deployment(cache_ttl_error=0, s3_bucket=None, s3_prefx="a")
    _, failures = provider.check({**wrong, "on_delete": "never"})
    assert set(failures) == {
        "on_delete",
        "deployment.cache_ttl_error",
        "deployment.s3_bucket",
        "deployment.s3_prefx",
    }


def test_values_that_are_not_known_yet_pass_a_check_and_are_a_change(provider: Provider) -> None:
    """In preview an output of another resource stands as unknown, at any depth."""
    later = with_deployment(imgix_subdomains=[rpc.UNKNOWN], s3_secret_key=rpc.UNKNOWN)
    inputs, failures = provider.check(later)
    assert failures == {}
    assert inputs["deployment"]["imgix_subdomains"] == [rpc.UNKNOWN]
    assert provider.diff("6359b5ba8147da20e8edfdd5", INPUTS, later).changes == 2


def test_a_type_change_is_told_and_replaces_only_if_asked(provider: Provider) -> None:
    """In place by default; with `on_type_change` the diff names what makes it a replacement."""
    other = {
        "name": "Blog",
        "deployment": {"type": "webproxy", "imgix_subdomains": ["acme"]},
    }
    provider.check(other)
    in_place = provider.diff("6359b5ba8147da20e8edfdd5", INPUTS, other)
    assert (in_place.changes, list(in_place.replaces)) == (2, [])
    assert 'imgix source "Blog": the type changes from s3 to webproxy' in provider.notices
    replaced = provider.diff(
        "6359b5ba8147da20e8edfdd5", INPUTS, {**other, "on_type_change": "replace"}
    )
    assert list(replaced.replaces) == ["deployment.type"]
    assert replaced.deleteBeforeReplace


def test_a_source_that_is_gone_reads_as_gone(provider: Provider) -> None:
    """The engine drops a resource whose id comes back empty."""
    assert provider.read("0" * 24, INPUTS)[0] == ""


def test_a_source_that_the_state_does_not_know_is_read_whole(
    provider: Provider, imgix: SimulatedImgix
) -> None:
    """A lookup by id alone returns all that imgix shows."""
    source_id = imgix.add_source(
        name="By hand", deployment={"type": "webproxy", "imgix_subdomains": ["hand"]}
    )
    _, outputs, inputs = provider.read(source_id, {})
    assert outputs["name"] == "By hand"
    assert inputs.get("name") == ("By hand" if TAKES_INPUTS else None)
    assert outputs["urls"] == ["https://hand.imgix.net"]


class TestSettings:
    """The provider process takes its settings from the stack's configuration."""

    def test_key_and_address_come_from_the_stack(
        self, provider: Provider, imgix: SimulatedImgix
    ) -> None:
        """Nothing of imgix is in this process's environment, and yet it reaches the account."""
        provider.create(INPUTS)
        assert [record.method for record in imgix.requests][:1] == ["POST"]

    def test_the_environment_serves_where_the_stack_says_nothing(
        self, imgix: SimulatedImgix, start_provider: StartProvider
    ) -> None:
        """In CI both may come from variables."""
        provider = start_provider(IMGIX_API_KEY=imgix.api_key, IMGIX_API_URL=imgix.url)
        provider.configure()
        provider.create(INPUTS)
        assert len(imgix.sources) == 1

    def test_a_wrong_setting_is_one_line(self, start_provider: StartProvider) -> None:
        """The first verb that is called says what is wrong with the configuration."""
        provider = start_provider()
        provider.configure(apiUrl="http://api.example.com", apiKey="ak_canary")
        with pytest.raises(grpc.RpcError) as raised:
            provider.check(INPUTS)
        assert failure(raised) == (
            "imgix:apiUrl must be https: a key is never sent in the clear. The default "
            "is https://api.imgix.com/api/v1."
        )

    def test_without_a_key_preview_works_and_create_says_how_to_set_one(
        self, start_provider: StartProvider
    ) -> None:
        """A key is asked for only when imgix is."""
        provider = start_provider()
        provider.configure()
        assert provider.check(INPUTS)[1] == {}
        with pytest.raises(grpc.RpcError) as raised:
            provider.create(INPUTS)
        assert "pulumi config set --secret imgix:apiKey" in failure(raised)


class TestErrors:
    """What a failed verb shows is one line: no traceback, no secret."""

    def test_a_refusal_is_one_line(self, provider: Provider, imgix: SimulatedImgix) -> None:
        """It names the source and what imgix said, without the key that imgix repeats."""
        document = {"errors": [{"title": "Bad Request", "detail": f"{SECRET} is no\nsecret"}]}
        imgix.faults.add(fault(body=document, status=400, method="POST"))
        with pytest.raises(grpc.RpcError) as raised:
            provider.create(INPUTS)
        assert failure(raised) == 'imgix refused to create "Blog": [secret] is no secret.'

    def test_a_secret_of_another_source_is_masked_too(
        self, provider: Provider, imgix: SimulatedImgix
    ) -> None:
        """Whatever this run has seen as a secret stands in no line of it."""
        provider.check(with_deployment(s3_secret_key="canary-of-another"))
        document = {"errors": [{"title": "x", "detail": "see canary-of-another"}]}
        imgix.faults.add(fault(body=document, status=400, method="POST"))
        with pytest.raises(grpc.RpcError) as raised:
            provider.create(INPUTS)
        assert "canary" not in failure(raised)

    def test_an_unexpected_exception_is_one_line_too(self, provider: Provider) -> None:
        """A bug in the provider itself shows its place, not the values it met."""
        broken = {**INPUTS, "deployment": [SECRET]}
        with pytest.raises(grpc.RpcError) as raised:
            provider.update("6359b5ba8147da20e8edfdd5", INPUTS, broken)
        line = failure(raised)
        assert line.startswith("unexpected ")
        assert "please report it" in line
        assert len(line.splitlines()) == 1
        assert SECRET not in line
        assert SECRET not in provider.notices


def fault(**facts: Any) -> Any:
    """Return an answer that the account is told to give once."""
    return Fault("body", **facts)


class TestIdentity:
    """Every state that was ever written refers to the provider, so what it refers to stays."""

    def test_the_class_keeps_its_name(self) -> None:
        """Renaming or moving it would orphan every state."""
        assert ImgixSourceProvider.__module__ == "imgix_provider.provider"
        assert ImgixSourceProvider.__qualname__ == "ImgixSourceProvider"

    def test_it_travels_as_a_reference(self) -> None:
        """Not its code but its name is kept, so a new version serves old states."""
        pickled = base64.b64decode(IDENTITY)
        assert len(pickled) < 100
        assert b"imgix_provider.provider" in pickled
        assert b"ImgixSourceProvider" in pickled

    def test_nothing_of_the_settings_is_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another key or address is no change of any resource."""
        monkeypatch.setenv("IMGIX_API_KEY", "ak_canary")
        monkeypatch.setenv("IMGIX_API_URL", "https://other.example.com")
        again = ImgixSourceProvider()
        assert serialize_provider(again) == IDENTITY
        assert vars(again) == {}


@pytest.mark.parametrize("asked", ["ImgixSource", "declare_sources"])
def test_an_sdk_that_is_too_old_is_told_in_one_line(asked: str) -> None:
    """Of a program that cannot declare a source a person reads what to do, not where it broke."""
    done = with_old_sdk(f"from imgix_provider import {asked}")
    *_, line = done.stderr.splitlines()
    assert line == (
        "pulumi.errors.RunError: the Pulumi SDK is too old for imgix_provider: "
        "pip install --upgrade pulumi"
    )
    assert "ImportError" not in done.stderr


def test_the_command_line_works_with_an_sdk_that_is_too_old() -> None:
    """It does not use Pulumi, so an account can be looked at all the same."""
    done = with_old_sdk("from imgix_provider.cli.main import main; main(['list', '--help'])")
    assert done.stdout.startswith("usage: python -m imgix_provider list")
    assert done.stderr == ""


def with_old_sdk(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program with an SDK that lacks what older ones lack."""
    program = f"import pulumi.dynamic as d; del d.ConfigureRequest; {program}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
