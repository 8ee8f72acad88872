"""From the dynamic resource to the plugin: the state is taken as it is, and nothing is sent."""

from __future__ import annotations

from typing import Any

from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import SimulatedImgix
from tests.plugin.conftest import URN, Plugin, secret

DECLARED = Declaration(
    name="Blog",
    on_delete="release",
    deployment={
        "type": "s3",
        "imgix_subdomains": ["acme"],
        "s3_bucket": "images",
        "s3_access_key": "AKIACANARY",
        "s3_secret_key": "canary-secret",
        "secure_url_enabled": True,
    },
)
PROGRAM: dict[str, Any] = {
    "name": "Blog",
    "onDelete": "release",
    "deployment": {
        "imgixSubdomains": ["acme"],
        "secureUrlEnabled": True,
        "s3": {
            "s3Bucket": "images",
            "s3AccessKey": "AKIACANARY",
            "s3SecretKey": secret("canary-secret"),
        },
    },
}


def left_behind(lifecycle: Lifecycle) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return the id, the inputs and the outputs that the dynamic resource leaves in the state."""
    source_id, outputs = lifecycle.create(DECLARED)
    provider = {"__provider": "gASV"}
    return source_id, {**DECLARED.inputs(), **provider}, {**outputs, **provider}


def test_the_outputs_are_renewed_without_a_request(
    plugin: Plugin, lifecycle: Lifecycle, imgix: SimulatedImgix
) -> None:
    """The first diff says "some", with nothing that changes; the update sends nothing."""
    source_id, old_inputs, old_outputs = left_behind(lifecycle)
    imgix.requests.clear()

    inputs = plugin.checked(PROGRAM, old_inputs)
    answer = plugin.diff(source_id, old_outputs, inputs)
    assert (answer.changes, dict(answer.detailedDiff)) == (2, {})
    outputs = plugin.update(source_id, old_outputs, inputs)

    assert list(imgix.requests) == []
    assert outputs["deployment"]["s3"]["s3SecretKey"] == secret("canary-secret")
    assert outputs["secureUrlToken"] == secret(imgix.source(source_id).secure_url_token)
    assert outputs["onDelete"] == "release"
    assert not [name for name in outputs if "_" in name]
    assert plugin.diff(source_id, outputs, plugin.checked(inputs, inputs)).changes == 1
    (line,) = (line for line in plugin.lines.told if "moves from" in line.text)
    assert line.urn == URN


def test_a_change_in_the_same_step_is_sent_alone(
    plugin: Plugin, lifecycle: Lifecycle, imgix: SimulatedImgix
) -> None:
    """Who moves and changes at once gets the smallest PATCH, and sees what changes."""
    source_id, old_inputs, old_outputs = left_behind(lifecycle)
    imgix.requests.clear()
    changed = {**PROGRAM, "deployment": {**PROGRAM["deployment"], "cacheTtlValue": 3600}}

    inputs = plugin.checked(changed, old_inputs)
    assert list(plugin.diff(source_id, old_outputs, inputs).detailedDiff) == [
        "deployment.cacheTtlValue"
    ]
    plugin.update(source_id, old_outputs, inputs)

    (sent,) = (r.body for r in imgix.requests if r.method == "PATCH")
    assert sent is not None
    assert sent["data"]["attributes"] == {"deployment": {"cache_ttl_value": 3600}}


def test_what_was_not_moved_yet_is_read_and_deleted(
    plugin: Plugin, lifecycle: Lifecycle, imgix: SimulatedImgix
) -> None:
    """A refresh or a destroy before the first update meets the old state."""
    source_id, old_inputs, old_outputs = left_behind(lifecycle)
    found, outputs, inputs = plugin.read(source_id, old_outputs, old_inputs)
    assert found == source_id
    assert outputs["deployment"]["s3"]["s3SecretKey"] == secret("canary-secret")
    assert inputs["onDelete"] == "release"
    plugin.delete(source_id, old_outputs)
    assert imgix.source(source_id).deployment["imgix_subdomains"] == [f"released-{source_id}"]
