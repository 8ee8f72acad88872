"""What the stand-in engine writes about a preview is what the real `pulumi` CLI writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix
from tests.pulumi_cli.conftest import Pulumi

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.timeout(600)]

HEAD = """
import pulumi
import imgix_provider as imgix

def folder(name, opts=None, deployment=(), **more):
    return imgix.ImgixSource(name, name=name, opts=opts, **more, deployment={
        "type": "webfolder", "imgix_subdomains": [name],
        "webfolder_base_url": "https://www.example.com/", **dict(deployment)})
config = pulumi.Config()
"""
BEFORE = """
folder("same")
folder("edited", deployment={"cache_ttl_value": 3600})
folder("update", deployment={"password": config.require_secret("password")})
folder("replace", on_type_change="replace")
folder("delete", on_delete="retain")
pulumi.export("plain", 1)
"""
AFTER = """
folder("same")
folder("edited", deployment={"cache_ttl_value": 7200})
update = folder("update", opts=pulumi.ResourceOptions(protect=True))
proxy = {"type": "webproxy", "imgix_subdomains": ["replace"]}
imgix.ImgixSource("replace", name="replace", on_type_change="replace", deployment=proxy)
class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:Group", name, {"label": "one"})
        folder("create", pulumi.ResourceOptions(parent=self), deployment={
            "annotation": update.date_deployed.apply(str)})
        self.register_outputs({"size": 1})
Group("group")
imgix.ImgixSource.get("read", update.id)
pulumi.log.warn("about update", resource=update)
pulumi.export("plain", 2)
"""
# What no two runs have in common.
MOMENTARY = {"created", "modified", "id", "provider", "sourcePosition", "stackTrace", "duration"}
MOMENTARY |= {"date_deployed", "diagnostics"}


def lasting(value: Any) -> Any:
    """Return a document without what differs from run to run."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in MOMENTARY}
    return [lasting(item) for item in value] if isinstance(value, list) else value


def by_urn(document: dict[str, Any]) -> dict[str, Any]:
    """Return the lasting part of a document, its steps by operation and URN."""
    steps = {f"{step['op']} {step['urn']}": lasting(step) for step in document["steps"]}
    return {**lasting(document), "steps": steps}


def told(document: dict[str, Any]) -> list[str]:
    """Return the diagnostics in an order."""
    return sorted(json.dumps(each, sort_keys=True) for each in document["diagnostics"])


def edit(imgix: SimulatedImgix) -> None:
    """Change a source by hand."""
    (edited,) = [source.id for source in imgix.sources.values() if source.name == "edited"]
    imgix.edit(edited, deployment={"cache_ttl_value": 1800})


def test_a_preview_as_json_is_that_of_the_cli(
    imgix: SimulatedImgix, pulumi: Pulumi, tmp_path: Path
) -> None:
    """The same program, the same edits, the same document: of a first run and of many changes."""

    def cli(*options: str) -> dict[str, Any]:
        shown = pulumi.run("preview", "--json", "--refresh", *options).text
        document: dict[str, Any] = json.loads(shown)
        return document

    with SimulatedImgix() as other:
        stack = Stack(
            pulumi.folder,
            state_file=tmp_path / "stand-in.json",
            secrets={"password": "canary"},
            environment={"IMGIX_API_URL": other.url, "IMGIX_API_KEY": other.api_key},
        )
        pulumi.write(HEAD + BEFORE)
        pulumi.secret("password", "canary")
        assert by_urn(stack.preview_json()) == by_urn(cli("--show-sames"))

        assert pulumi.up().ok
        assert stack.up(skip_preview=True).ok
        edit(imgix)
        edit(other)
        pulumi.write(HEAD + AFTER)
        ours, theirs = stack.preview_json(), cli("--show-sames")
        assert by_urn(ours) == by_urn(theirs)
        assert told(ours) == told(theirs)
        ours = stack.preview_json(show_sames=False, show_replacement_steps=True)
        assert by_urn(ours) == by_urn(cli("--show-replacement-steps"))
        assert "canary" not in json.dumps(ours)
