"""Each verb of the plugin's process, over gRPC, on the simulated account."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2, status_pb2

from imgix_testing.server import Fault, SimulatedImgix
from tests.plugin.conftest import (
    PROVIDER_URN,
    UNKNOWN,
    URN,
    Plugin,
    StartPlugin,
    opened,
    raw,
    secret,
    struct,
)

CANARY = "canary-s3-secret"
INPUTS: dict[str, Any] = {
    "name": "Blog",
    "deployment": {
        "imgixSubdomains": ["acme"],
        "cacheTtlError": 600,
        "defaultParams": {"w": 200},
        "s3": {
            "s3AccessKey": "AKIACANARY",
            "s3Bucket": "acme-images",
            "s3SecretKey": secret(CANARY),
        },
    },
}
KINDS = provider_pb2.PropertyDiff.Kind


def declared(block: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return the inputs with other values in the deployment, and in its block; None takes away."""
    deployment = {**INPUTS["deployment"], **changes}
    deployment["s3"] = {**deployment["s3"], **(block or {})}
    return {**INPUTS, "deployment": {k: v for k, v in deployment.items() if v is not None}}


def bodies(imgix: SimulatedImgix) -> list[tuple[str, Any]]:
    """Return the method and the attributes of each request that changed something."""
    return [
        (record.method, (record.body or {})["data"]["attributes"])
        for record in imgix.requests
        if record.method != "GET"
    ]


def failure(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    """Return what the engine shows of a failed call."""
    return str(error.value.details())


def kept_in_state(error: pytest.ExceptionInfo[grpc.RpcError]) -> Any:
    """Return what a failed call has the engine keep in the state."""
    metadata: Any = error.value.trailing_metadata()
    status = status_pb2.Status.FromString(dict(metadata)["grpc-status-details-bin"])
    kept = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(kept)
    return kept


def kinds(answer: Any) -> dict[str, str]:
    """Return the kind of each change in a diff, by its path."""
    return {path: KINDS.Name(each.kind).lower() for path, each in answer.detailedDiff.items()}


def test_a_source_lives_from_check_to_delete(
    imgix: SimulatedImgix, start_plugin: StartPlugin
) -> None:
    """All verbs in the order in which the engine calls them, with what imgix gets of each."""
    account = {"IMGIX_API_KEY": imgix.api_key, "IMGIX_API_URL": imgix.url}
    plugin = start_plugin(**account)
    plugin.configure()
    inputs = plugin.checked(INPUTS)
    source_id, outputs = plugin.create(inputs)
    assert outputs["urls"] == ["https://acme.imgix.net"]
    assert outputs["deploymentStatus"] == "deployed"
    assert outputs["effectiveDeployment"]["s3"]["s3Bucket"] == "acme-images"

    assert plugin.diff(source_id, outputs, inputs).changes == 1  # DIFF_NONE
    changed = plugin.checked(declared(cacheTtlError=900), inputs)
    answer = plugin.diff(source_id, outputs, changed)
    assert (answer.changes, kinds(answer)) == (2, {"deployment.cacheTtlError": "update"})
    outputs = plugin.update(source_id, outputs, changed)
    assert outputs["deployment"]["cacheTtlError"] == 900

    imgix.edit(source_id, deployment={"cache_ttl_error": 60})
    plugin.process.terminate()  # or it would be another provider of the same run
    plugin.process.wait(timeout=30)
    another_run = start_plugin(**account)
    another_run.configure()
    found, live, live_inputs = another_run.read(source_id, outputs, changed)
    assert found == source_id
    assert live["deployment"]["cacheTtlError"] == 60
    assert live_inputs["deployment"]["cacheTtlError"] == 60
    assert live_inputs["deployment"]["s3"]["s3SecretKey"] == secret(CANARY)
    assert "onDelete" not in live_inputs  # nobody wrote it

    another_run.delete(source_id, live)
    assert not imgix.source(source_id).enabled
    sent = bodies(imgix)
    assert sent[0][0] == "POST"
    assert sent[0][1]["deployment"]["s3_secret_key"] == CANARY
    assert sent[1:] == [
        ("PATCH", {"deployment": {"cache_ttl_error": 900}}),
        ("PATCH", {"enabled": False}),
    ]
    assert f"{source_id}: disabled, and keeps acme: imgix has no delete" in plugin.lines.texts


def test_secrets_are_marked_in_inputs_and_outputs(plugin: Plugin) -> None:
    """Parts of a credential are, without being told; and whatever the program holds as a secret."""
    given = declared({"s3SecretKey": CANARY, "s3Bucket": secret("hidden-bucket")})

    inputs = plugin.checked({**given, "name": secret("Hidden")})
    source_id, outputs = plugin.create(inputs)

    for properties in (inputs, outputs, plugin.read(source_id, outputs, inputs)[1]):
        block = properties["deployment"]["s3"]
        assert block["s3SecretKey"] == secret(CANARY)
        assert block["s3AccessKey"] == secret("AKIACANARY")
        assert block["s3Bucket"] == secret("hidden-bucket")
        assert properties["name"] == secret("Hidden")
    shown = json.dumps(outputs["effectiveDeployment"])
    assert "canary" not in shown.lower()
    assert "hidden-bucket" not in shown


def test_the_token_that_signs_urls_is_a_secret(plugin: Plugin, imgix: SimulatedImgix) -> None:
    """It stands in the outputs as one, and so it does in what getSource returns."""
    source_id, outputs = plugin.create(plugin.checked(declared(secureUrlEnabled=True)))
    token = imgix.source(source_id).secure_url_token
    assert token
    assert outputs["secureUrlToken"] == secret(token)
    assert plugin.invoke("getSource", id=source_id)["secureUrlToken"] == secret(token)


def test_floats_come_back_as_ints_at_the_api(plugin: Plugin, imgix: SimulatedImgix) -> None:
    """Over gRPC every number is a double; imgix gets 600, not 600.0."""
    plugin.create(plugin.checked(INPUTS))
    (sent,) = (attributes["deployment"] for method, attributes in bodies(imgix) if method == "POST")
    assert repr(sent["cache_ttl_error"]) == "600"
    assert repr(sent["default_params"]["w"]) == "200"


MISTAKES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "values out of range, in the program's names": (
        declared(cacheTtlError=0),
        ["deployment.cacheTtlError: must be from 1 to 31536000 seconds, not 0"],
    ),
    "no block": (
        {"name": "Blog", "deployment": {"imgixSubdomains": ["acme"]}},
        [
            "deployment: needs exactly one of the blocks s3, gcs, azure, webfolder, webproxy or "
            "s3Compatible: where the images come from"
        ],
    ),
    "two blocks": (
        declared(webproxy={}),
        [
            "deployment: has the blocks s3 and webproxy, but needs exactly one of the blocks s3, "
            "gcs, azure, webfolder, webproxy or s3Compatible: where the images come from"
        ],
    ),
    "a field outside its block": (
        declared(s3Prefix="a"),
        ["deployment.s3Prefix: belongs to the block s3"],
    ),
    "the dynamic resource's way": (
        declared(type="s3"),
        ["deployment.type: is given by the block, such as s3"],
    ),
    "a common field within a block": (
        declared({"cacheTtlValue": 3600}),
        ["deployment.s3.cacheTtlValue: belongs beside the block s3: deployment.cacheTtlValue"],
    ),
    "imgix's own spelling": (
        declared({"s3_prefix": "a"}, image_missing="https://example.com/x.png"),
        [
            "deployment.s3.s3_prefix: is written s3Prefix",
            "deployment.image_missing: is written imageMissing",
        ],
    ),
    "a misspelt field": (
        declared({"s3Prefx": "a"}),
        ["deployment.s3.s3Prefx: is not a documented field; did you mean s3Prefix?"],
    ),
    "a misspelt input": (
        {**INPUTS, "onDelte": "release"},
        ["onDelte: is not an input of a source; did you mean onDelete?"],
    ),
    "a secret of the wrong length": (
        {
            "name": "Blog",
            "deployment": {
                "imgixSubdomains": ["acme"],
                "webproxy": {"requestHandshake": secret("canary-short")},
            },
        },
        [
            "deployment.webproxy.requestHandshake: must be exactly 32 latin-1 characters; "
            "this has 12"
        ],
    ),
    "a value to keep where there is none": (
        declared({"s3SecretKey": "imgix:keep"}),
        [
            "deployment.s3.s3SecretKey: imgix holds no value to keep: this source would be "
            "created. Give the value, or name an existing source with adopt"
        ],
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_the_program_s_own_names(plugin: Plugin, mistake: str) -> None:
    """Each problem has its path, and no property: the engine would print its value."""
    inputs, expected = MISTAKES[mistake]
    assert plugin.problems(inputs) == expected


def test_values_that_are_not_known_yet_pass_a_check_and_are_a_change(plugin: Plugin) -> None:
    """In preview an output of another resource stands as unknown, at any depth."""
    source_id, outputs = plugin.create(plugin.checked(INPUTS))
    for later, path in (
        (declared(imgixSubdomains=[UNKNOWN]), "deployment.imgixSubdomains"),
        (declared({"s3Bucket": UNKNOWN}), "deployment.s3.s3Bucket"),
        (declared(defaultParams={"w": UNKNOWN}), "deployment.defaultParams.w"),
        ({**INPUTS, "deployment": UNKNOWN}, "deployment"),
        ({**INPUTS, "name": UNKNOWN}, "name"),
    ):
        inputs = plugin.checked(later, INPUTS)
        answer = plugin.diff(source_id, outputs, inputs)
        assert (answer.changes, kinds(answer)) == (2, {path: "update"})


def test_a_block_that_is_not_known_yet_passes_as_it_is(plugin: Plugin) -> None:
    """Which type it will be is known, and nothing of it is asked for."""
    later = {"name": "Blog", "deployment": {"imgixSubdomains": ["acme"], "gcs": UNKNOWN}}
    assert plugin.checked(later) == later


DIFFS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "a secret": (declared({"s3SecretKey": secret("new")}), {"deployment.s3.s3SecretKey": "update"}),
    "an added field": (declared({"s3Prefix": "a"}), {"deployment.s3.s3Prefix": "add"}),
    "a removed field": (declared(cacheTtlError=None), {"deployment.cacheTtlError": "delete"}),
    "parameters": (
        declared(defaultParams={"h": 1, "txt.x": "a"}),
        {
            "deployment.defaultParams.w": "delete",
            "deployment.defaultParams.h": "add",
            'deployment.defaultParams["txt.x"]': "add",
        },
    ),
    "an option": ({**INPUTS, "onDelete": "release"}, {"onDelete": "update"}),
    "name and enabled": (
        {**INPUTS, "name": "Other", "enabled": False},
        {"name": "update", "enabled": "update"},
    ),
    "another type": (
        {"name": "Blog", "deployment": {"imgixSubdomains": ["acme"], "webproxy": {}}},
        {
            "deployment.s3": "delete",
            "deployment.webproxy": "add",
            "deployment.cacheTtlError": "delete",
            "deployment.defaultParams": "delete",
        },
    ),
    "what is a secret from now on": (
        declared({"s3Bucket": secret("acme-images")}),
        {"deployment.s3.s3Bucket": "update"},
    ),
    "the same in another form": (
        declared({"s3SecretKey": "imgix:keep", "s3Prefix": None}, cacheTtlError=600.0),
        {},
    ),
}


@pytest.mark.parametrize("change", DIFFS)
def test_a_diff_names_each_path_that_changes(plugin: Plugin, change: str) -> None:
    """Secrets are among them, and nothing else is."""
    news, expected = DIFFS[change]
    inputs = plugin.checked(INPUTS)
    source_id, outputs = plugin.create(inputs)

    answer = plugin.diff(source_id, outputs, plugin.checked(news, inputs))

    assert answer.hasDetailedDiff
    assert kinds(answer) == expected
    assert answer.changes == (2 if expected else 1)
    assert list(answer.replaces) == []


def test_another_type_replaces_only_if_asked(plugin: Plugin) -> None:
    """The diff names both blocks as what makes it a replacement, and deletes first."""
    source_id, outputs = plugin.create(plugin.checked(INPUTS))
    news = {
        "name": "Blog",
        "onTypeChange": "replace",
        "deployment": {"imgixSubdomains": ["acme"], "webproxy": {}},
    }
    answer = plugin.diff(source_id, outputs, news)
    assert list(answer.replaces) == ["deployment.s3", "deployment.webproxy"]
    assert answer.deleteBeforeReplace
    assert kinds(answer)["deployment.webproxy"] == "add_replace"
    assert kinds(answer)["deployment.s3"] == "delete_replace"


def test_an_output_that_the_engine_made_a_secret_is_no_change(plugin: Plugin) -> None:
    """With `additionalSecretOutputs` the state holds more secrets than the program does."""
    inputs = plugin.checked(INPUTS)
    source_id, outputs = plugin.create(inputs)
    hidden = {**outputs, "deployment": secret(opened(outputs["deployment"]))}
    assert plugin.diff(source_id, hidden, inputs).changes == 1


class TestPreview:
    """What dependents of a source see before anything is sent."""

    def test_the_urls_of_a_source_to_be_made_are_known(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """And what only imgix can tell is not."""
        inputs = plugin.checked(declared(customDomains=["img.example.com"]))
        source_id, outputs = plugin.create(inputs, preview=True)
        assert source_id == ""
        assert outputs["urls"] == ["https://acme.imgix.net", "https://img.example.com"]
        assert outputs["enabled"] is True
        assert outputs["secureUrlToken"] == outputs["effectiveDeployment"] == UNKNOWN
        assert bodies(imgix) == []

    def test_what_is_not_known_is_not_guessed(self, plugin: Plugin) -> None:
        """A domain to come, or those of a source to adopt, leave the addresses unknown."""
        later = plugin.checked(declared(imgixSubdomains=[UNKNOWN]))
        assert plugin.create(later, preview=True)[1]["urls"] == UNKNOWN
        adopting = {**INPUTS, "adopt": "6359b5ba8147da20e8edfdd5"}
        assert plugin.create(adopting, preview=True)[1]["urls"] == UNKNOWN

    def test_an_update_keeps_what_it_does_not_touch(self, plugin: Plugin) -> None:
        """A name leaves the token known; another domain shows in the addresses."""
        source_id, outputs = plugin.create(plugin.checked(declared(secureUrlEnabled=True)))
        renamed = {**declared(secureUrlEnabled=True), "name": "Other"}
        seen = plugin.update(source_id, outputs, renamed, preview=True)
        assert seen["secureUrlToken"] == outputs["secureUrlToken"]
        assert seen["name"] == "Other"
        moved = declared(secureUrlEnabled=True, imgixSubdomains=["acme", "acme-2"])
        seen = plugin.update(source_id, outputs, moved, preview=True)
        assert seen["urls"] == ["https://acme.imgix.net", "https://acme-2.imgix.net"]
        assert seen["deploymentStatus"] == UNKNOWN


class TestReading:
    """A read for `pulumi import`, for a lookup, and of what is gone."""

    def test_an_import_returns_what_a_person_would_write(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """What differs from imgix's defaults, no credential, and a state that settles."""
        source_id = imgix.add_source(
            name="By hand",
            deployment={
                "type": "s3",
                "imgix_subdomains": ["hand"],
                "s3_bucket": "hand-images",
                "s3_access_key": "AKIACANARY",
                "s3_secret_key": CANARY,
                "cache_ttl_value": 7200,
                "custom_domains": [],
            },
        )
        found, outputs, inputs = plugin.read(source_id)
        assert found == source_id
        assert inputs == {
            "name": "By hand",
            "deployment": {
                "imgixSubdomains": ["hand"],
                "cacheTtlValue": 7200,
                "s3": {
                    "s3AccessKey": "imgix:keep",
                    "s3Bucket": "hand-images",
                    "s3SecretKey": "imgix:keep",
                },
            },
        }
        assert outputs["urls"] == ["https://hand.imgix.net"]
        assert "canary" not in json.dumps(outputs).lower()
        checked = plugin.checked(inputs, inputs)
        assert plugin.diff(source_id, outputs, checked).changes == 1

    def test_an_import_by_a_program_leaves_what_it_does_not_declare(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """As an adoption does; also if the update that follows works only in a later run."""
        source_id = imgix.add_source(
            name="By hand",
            deployment={
                "type": "webfolder",
                "imgix_subdomains": ["hand"],
                "webfolder_base_url": "https://www.example.com/",
                "username": "acme",
                "password": CANARY,
                "cache_ttl_value": 7200,
                "image_error": "https://www.example.com/error.png",
            },
        )
        _, outputs, inputs = plugin.read(source_id)
        folder = {"webfolderBaseUrl": "https://www.example.com/", "username": "acme"}
        deployment = {"imgixSubdomains": ["hand"], "cacheTtlValue": 3600, "webfolder": folder}
        news = plugin.checked({"name": "By hand", "deployment": deployment}, inputs)
        answer = plugin.diff(source_id, outputs, news)
        assert list(answer.detailedDiff) == ["deployment.cacheTtlValue"]
        imgix.faults.add(Fault("status", status=400, method="PATCH"))
        with pytest.raises(grpc.RpcError) as raised:
            plugin.update(source_id, outputs, news)
        left = raw(kept_in_state(raised).properties)
        assert set(left["deployment"]) == set(deployment)
        assert left["deployment"]["webfolder"] == folder

        plugin.update(source_id, left, news)

        patches = [record.body for record in imgix.requests if record.method == "PATCH"]
        (change,) = {json.dumps(body["data"]["attributes"]) for body in patches}
        assert json.loads(change) == {"deployment": {"cache_ttl_value": 3600}}
        assert imgix.source(source_id).deployment["password"] == CANARY
        assert "canary" not in str(plugin.lines.told).lower()

    def test_a_source_that_the_rules_forbid_is_read_with_a_warning(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """A lookup shows it; who imports it reads what to correct."""
        source_id = imgix.add_source(
            name="Odd", deployment={"type": "webproxy", "imgix_subdomains": ["Odd.One"]}
        )
        _, outputs, _ = plugin.read(source_id)
        assert outputs["name"] == "Odd"
        (line,) = (line for line in plugin.lines.told if "cannot be declared" in line.text)
        assert (line.urn, line.severity) == (URN, 2)

    def test_what_is_gone_reads_as_gone(self, plugin: Plugin) -> None:
        """The engine drops a resource whose id comes back empty; an import says so in words."""
        source_id, outputs = plugin.create(plugin.checked(INPUTS))
        assert plugin.read("0" * 24, outputs, INPUTS)[0] == ""
        with pytest.raises(grpc.RpcError) as raised:
            plugin.read("0" * 24)
        assert failure(raised).startswith(f"there is no imgix source {'0' * 24} in this account.")
        assert source_id

    def test_a_lookup_that_is_refreshed_keeps_its_inputs_and_manages_nothing(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """So a delete of the resource that has the source disables it."""
        deployment = {
            "type": "webfolder",
            "imgix_subdomains": ["shared"],
            "webfolder_base_url": "https://www.example.com/",
        }
        source_id = imgix.add_source(name="Shared", deployment=deployment)
        _, outputs, _ = plugin.read(source_id)

        _, _, inputs = plugin.read(source_id, outputs, {}, urn=f"{URN}-look")
        plugin.delete(source_id, outputs)

        assert inputs == {}
        assert not imgix.source(source_id).enabled


class TestFunctions:
    """Lookups for programs, and the list that `pulumi` itself asks for."""

    def test_sources_are_found_by_filters_in_order(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """In the names of the program; no credential and no token among it."""
        for name in ("One", "Two"):
            imgix.add_source(
                name=name,
                deployment={
                    "type": "gcs",
                    "imgix_subdomains": [name.lower()],
                    "gcs_bucket": "b",
                    "gcs_access_key": "canary",
                    "gcs_secret_key": "canary",
                    "secure_url_enabled": True,
                },
            )
        plugin.create(plugin.checked(INPUTS))

        found = plugin.invoke("listSources", filters={"type": "gcs"}, sorts=["-name"])["sources"]

        assert [source["name"] for source in found] == ["Two", "One"]
        assert found[0]["deployment"]["gcs"]["gcsBucket"] == "b"
        assert "canary" not in json.dumps(found)
        assert not any("secureUrlToken" in source for source in found)

    def test_mistakes_are_one_line(self, plugin: Plugin) -> None:
        """In the program's names."""
        with pytest.raises(grpc.RpcError) as raised:
            plugin.invoke("listSources", filters={"s3_bucket": 1})
        assert failure(raised) == "s3Bucket must be a string that is not empty."
        with pytest.raises(grpc.RpcError) as raised:
            plugin.invoke("getSource", id="nothing here")
        assert failure(raised) == 'getSource: "nothing here" is not the id of a source.'

    def test_an_unsigned_source_has_an_empty_token(self, plugin: Plugin) -> None:
        """Of an output that is left out, a program is told in every preview that it is unknown."""
        _, outputs = plugin.create(plugin.checked(INPUTS))
        assert outputs["secureUrlToken"] == ""

    @pytest.mark.parametrize(
        ("function", "arguments", "line"),
        [
            (
                "listSources",
                {"name": "Blog"},
                'listSources has no argument "name". It is one of the filters: put it below '
                '"filters".',
            ),
            (
                "listSources",
                {"sort": "name"},
                'listSources has no argument "sort"; it has filters and sorts.',
            ),
            ("getSource", {"nam": "Blog"}, 'getSource has no argument "nam"; it has id.'),
            ("listSources", {"filters": ["s3"]}, "filters must be a map, such as {type: s3}."),
            ("listSources", {"filters": "s3"}, "filters must be a map, such as {type: s3}."),
        ],
    )
    def test_an_argument_that_is_none_never_finds_everything(
        self,
        plugin: Plugin,
        imgix: SimulatedImgix,
        function: str,
        arguments: dict[str, Any],
        line: str,
    ) -> None:
        """The engine sends on any argument, and without a filter all sources would be found."""
        imgix.requests.clear()
        with pytest.raises(grpc.RpcError) as raised:
            plugin.invoke(function, **arguments)
        assert failure(raised) == line
        assert list(imgix.requests) == []

    @pytest.mark.skipif(
        not hasattr(provider_pb2, "ListRequest"), reason="the protocol of this SDK has no List"
    )
    def test_the_account_is_listed_page_by_page(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """Each source once, with an id to import and a name for its resource."""
        for number in range(5):
            imgix.add_source(
                name="Same name",
                deployment={"type": "webproxy", "imgix_subdomains": [f"s{number}"]},
            )
        found: list[tuple[str, str]] = []
        token = ""
        for _ in range(3):
            request = provider_pb2.ListRequest(
                token="imgix:index:Source", page_size=2, continuation_token=token
            )
            answers = list(plugin.stub.List(request, timeout=30))
            found += [(a.result.id, a.result.name) for a in answers if a.HasField("result")]
            token = "".join(a.continuation.continuation_token for a in answers)
        assert token == ""
        names = ["same-name", *(f"same-name-{number}" for number in range(2, 6))]
        assert sorted(name for _, name in found) == names
        assert {id_ for id_, _ in found} == set(imgix.sources)


class TestLines:
    """What the person reads stands on its resource, with its severity."""

    def test_a_warning_stands_on_its_resource(self, plugin: Plugin) -> None:
        """The source's name is left out, since the resource says it."""
        block = {
            "accessKeyId": "i",
            "bucketName": "b",
            "endpointUrl": "s3.example.com",
            "region": "r",
            "secretKey": "k",
            "storageProvider": "Backblaze",
        }
        plugin.checked(
            {"name": "B", "deployment": {"imgixSubdomains": ["acme"], "s3Compatible": block}}
        )
        (line,) = plugin.lines.told
        assert (line.urn, line.severity, line.ephemeral) == (URN, 2, False)
        assert line.text.startswith('deployment.s3Compatible.storageProvider: "Backblaze" is not')

    def test_a_type_change_is_told_in_the_program_s_names(self, plugin: Plugin) -> None:
        """What no preview shows is told in words."""
        source_id, outputs = plugin.create(plugin.checked(INPUTS))
        folder = {"webfolderBaseUrl": "https://www.example.com/"}
        plugin.diff(
            source_id,
            outputs,
            {"name": "Blog", "deployment": {"imgixSubdomains": ["acme"], "webfolder": folder}},
        )
        assert any(
            "s3AccessKey, s3Bucket, s3SecretKey go; webfolderBaseUrl comes" in text
            for text in plugin.lines.texts
        )

    def test_progress_passes_by(
        self, plugin: Plugin, imgix: SimulatedImgix, start_plugin: StartPlugin
    ) -> None:
        """A long wait is a line that the next one takes the place of."""
        slow = start_plugin()
        slow.configure(apiKey=imgix.api_key, apiUrl=imgix.url, requestsPerSecond=0.3)
        slow.checked(INPUTS)  # lists the account
        slow.create(INPUTS)
        assert any(line.ephemeral and line.urn == URN for line in slow.lines.told)


class TestErrors:
    """What a failed verb shows is one line: no traceback, no secret."""

    def test_a_refusal_is_one_line(self, plugin: Plugin, imgix: SimulatedImgix) -> None:
        """It names the source and what imgix said, without the secrets that imgix repeats."""
        document = {"errors": [{"title": "Bad Request", "detail": f"{CANARY} is no\nsecret"}]}
        imgix.faults.add(Fault("body", body=document, status=400, method="POST"))
        with pytest.raises(grpc.RpcError) as raised:
            plugin.create(INPUTS)
        assert failure(raised) == 'imgix refused to create "Blog": [secret] is no secret.'
        # Of UNKNOWN the engine takes that the source may be there, and asks.
        assert raised.value.code() == grpc.StatusCode.FAILED_PRECONDITION

    def test_advice_is_in_the_program_s_spelling(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """What to write stands as one writes it."""
        holder = imgix.add_source(
            name="Old", deployment={"type": "webproxy", "imgix_subdomains": ["acme"]}
        )
        with pytest.raises(grpc.RpcError) as raised:
            plugin.create(INPUTS)
        assert f'set adopt: "{holder}".' in failure(raised)
        assert 'keep it with aliases: [{name: "EARLIER NAME"}]' in failure(raised)

    def test_a_defect_is_one_line_too(self, plugin: Plugin) -> None:
        """It shows its place, not the values it met."""
        with pytest.raises(grpc.RpcError) as raised:
            plugin.update("6359b5ba8147da20e8edfdd5", INPUTS, {"deployment": secret([CANARY])})
        line = failure(raised)
        assert "please report it" in line
        assert len(line.splitlines()) == 1
        assert CANARY not in line

    def test_what_is_stored_but_not_as_declared_keeps_its_id(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """The run fails, the state has the source, and the next `up` goes on."""
        imgix.faults.add(Fault("status", status=403, method="PATCH"))
        with pytest.raises(grpc.RpcError) as raised:
            plugin.create({**INPUTS, "enabled": False})
        (only,) = imgix.sources
        kept = kept_in_state(raised)
        assert kept.id == only
        assert "stored, but could not be disabled" in kept.reasons[0]
        assert kept.properties["enabled"] is True
        assert not any("could not be disabled" in text for text in plugin.lines.texts)

    def test_what_the_package_does_not_have_is_said_in_words(
        self, start_plugin: StartPlugin
    ) -> None:
        """An engine that asks for more gets an answer, and no trace stands on stderr."""
        plugin = start_plugin()
        for call, request in (
            (plugin.stub.Parameterize, provider_pb2.ParameterizeRequest()),
            (plugin.stub.Call, provider_pb2.CallRequest()),
            (plugin.stub.Construct, provider_pb2.ConstructRequest()),
        ):
            with pytest.raises(grpc.RpcError) as raised:
                call(request, timeout=5)
            assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED
        plugin.process.kill()
        assert plugin.process.stderr is not None
        assert plugin.process.stderr.read() == ""


class TestSettings:
    """The plugin takes its settings from the stack, an explicit provider, or the environment."""

    def check_config(self, plugin: Plugin, **settings: Any) -> Any:
        """Return the answer to a check of settings."""
        request = provider_pb2.CheckRequest(urn=PROVIDER_URN, news=struct(settings))
        return plugin.stub.CheckConfig(request, timeout=30)

    def test_the_key_is_a_secret_in_the_state(self, start_plugin: StartPlugin) -> None:
        """Even where the program gives it as plain text."""
        answer = self.check_config(start_plugin(), apiKey="ak_canary", timeout="3.0")
        assert list(answer.failures) == []
        assert answer.inputs["apiKey"] == struct({"x": secret("ak_canary")})["x"]
        assert answer.inputs["timeout"] == "3.0"

    def test_a_wrong_setting_fails_before_anything_is_checked(
        self, start_plugin: StartPlugin
    ) -> None:
        """Without its value, which may be a key."""
        (failed,) = self.check_config(start_plugin(), apiKey="canary key\n").failures
        assert failed.property == ""
        assert "contains characters that no key has" in failed.reason
        assert "canary" not in failed.reason

    def test_settings_that_become_known_later_pass(self, start_plugin: StartPlugin) -> None:
        """In preview an explicit provider may have them from another resource."""
        answer = self.check_config(start_plugin(), apiKey=UNKNOWN, timeout=UNKNOWN)
        assert list(answer.failures) == []
        assert answer.inputs["apiKey"] == UNKNOWN

    def test_another_key_replaces_nothing(self, start_plugin: StartPlugin) -> None:
        """Every resource stays with its provider."""
        request = provider_pb2.DiffRequest(
            urn=PROVIDER_URN,
            old_inputs=struct({"apiKey": "a", "timeout": "3"}),
            news=struct({"apiKey": "b", "checkDomains": "false"}),
        )
        answer = start_plugin().stub.DiffConfig(request, timeout=30)
        assert (answer.changes, list(answer.replaces)) == (2, [])
        assert set(answer.detailedDiff) == {"apiKey", "timeout", "checkDomains"}

    def test_without_a_key_preview_works_and_create_says_how_to_set_one(
        self, start_plugin: StartPlugin
    ) -> None:
        """A key is asked for only when imgix is."""
        plugin = start_plugin()
        plugin.configure()
        assert plugin.problems(INPUTS) == []
        assert plugin.create(INPUTS, preview=True)[1]["urls"] == ["https://acme.imgix.net"]
        with pytest.raises(grpc.RpcError) as raised:
            plugin.create(INPUTS)
        assert "pulumi config set --secret imgix:apiKey" in failure(raised)

    def test_a_second_configure_starts_a_run_of_its_own(
        self, plugin: Plugin, imgix: SimulatedImgix
    ) -> None:
        """A process that is attached to serves several runs; a cancelled one ends with itself."""
        plugin.cancel()
        with pytest.raises(grpc.RpcError):
            plugin.create(INPUTS)
        plugin.configure(apiKey=imgix.api_key, apiUrl=imgix.url, requestsPerSecond=1000)
        assert plugin.create(INPUTS)[0] in imgix.sources


class TestProcess:
    """How the process meets its engine, and how it ends."""

    def test_engine_and_plugin_shake_hands(self, plugin: Plugin) -> None:
        """The plugin takes secrets as such, and has a version."""
        answer = plugin.stub.Handshake(provider_pb2.ProviderHandshakeRequest(), timeout=5)
        assert answer.accept_secrets
        assert not answer.accept_outputs
        assert plugin.stub.GetPluginInfo(Empty(), timeout=5).version
        assert plugin.stub.GetMapping(provider_pb2.GetMappingRequest(), timeout=5).data == b""

    def test_a_setting_that_there_is_not_is_a_warning(self, plugin: Plugin) -> None:
        """The engine hands over all of the stack's configuration under `imgix:`."""
        settings = struct({"apiKey": "ak_1", "apikey": "ak_2", "version": "1.0.0"})
        request = provider_pb2.CheckRequest(urn=PROVIDER_URN, news=settings)
        plugin.stub.CheckConfig(request, timeout=5)
        told = [line.text for line in plugin.lines.told if "is not a setting" in line.text]
        (line,) = told
        assert line.startswith("imgix:apikey is not a setting, so it has no effect")
        assert "did you mean apiKey?" in line

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_ends_at_once_when_it_is_told_to(
        self, start_plugin: StartPlugin, number: int
    ) -> None:
        """An engine that is done waits for its plugins."""
        plugin = start_plugin()
        began = time.monotonic()
        plugin.process.send_signal(number)
        assert plugin.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 2

    @pytest.mark.parametrize("is_read", [True, False])
    def test_it_ends_when_its_engine_is_gone(self, is_read: bool) -> None:
        """A killed engine leaves no process behind, although it was what read its messages."""
        with subprocess.Popen(
            [sys.executable, "-m", "imgix_provider.plugin", "127.0.0.1:1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            if not is_read:
                process.stderr.close()
            assert process.wait(timeout=20) == 3
            if is_read:
                assert "the engine is gone" in process.stderr.read()

    def test_many_verbs_run_at_once(self, plugin: Plugin, imgix: SimulatedImgix) -> None:
        """As many as the engine asks for: none waits for another's deploy."""
        imgix.faults.add(Fault("never_deploys", times=80))
        calls = [
            plugin.start_create(
                {
                    "name": f"S{number}",
                    "deployTimeout": 3,
                    "deployment": {"imgixSubdomains": [f"s{number}"], "webproxy": {}},
                }
            )
            for number in range(80)
        ]
        began = time.monotonic()
        assert len({call.result().id for call in calls}) == 80
        assert time.monotonic() - began < 30
