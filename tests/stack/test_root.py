"""The program in the root of the repository, with the three stacks that are kept beside it."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from imgix_provider.deployments.table import CREDENTIALS, FIELDS
from imgix_testing.engine import Result, Stack
from imgix_testing.server import SimulatedImgix

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "staging", "prod")
SOURCES = "imgix-sources:sources"

MakeStack = Callable[..., Stack]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the root program and its stack files."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("Pulumi.yaml", "__main__.py", *(f"Pulumi.{stack}.yaml" for stack in STACKS)):
        shutil.copy(ROOT / name, folder)
    return folder


def sources_of(project: Path, stack: str) -> dict[str, Any]:
    """Return the sources in a stack's file."""
    content = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text())
    found: dict[str, Any] = content["config"][SOURCES]
    return found


def write(project: Path, stack: str, sources: object) -> None:
    """Write the sources of a stack's file anew."""
    text = yaml.safe_dump({"config": {SOURCES: sources}})
    (project / f"Pulumi.{stack}.yaml").write_text(text)


def secrets_of(sources: dict[str, Any]) -> dict[str, str]:
    """Return the secrets that these sources need, by the path that sets each."""
    return {
        f"{SOURCES}.{name}.deployment.{key}": f"canary-{name}-{key}"
        for name, source in sources.items()
        for key, spec in FIELDS[source["deployment"]["type"]].items()
        if spec.required and key in CREDENTIALS
    }


def with_secrets(sources: dict[str, Any]) -> dict[str, Any]:
    """Return the sources as they are once every secret has been set."""
    for path, value in secrets_of(sources).items():
        name, key = path.removeprefix(f"{SOURCES}.").split(".deployment.")
        sources[name]["deployment"][key] = value
    return sources


@pytest.mark.parametrize("name", STACKS)
def test_a_missing_secret_is_told_with_the_command_that_sets_it(
    name: str, project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """Fresh from the repository, each stack says which of its secrets to set, all in one run."""
    result = imgix_stack(project, name).preview()
    assert not result.ok
    needed = list(secrets_of(sources_of(project, name)))
    told = [line for line in result.text.splitlines() if "pulumi config set" in line]
    assert len(told) == len(needed)
    for path in needed:
        assert f"run: pulumi config set --secret --path '{path}' --stack {name}" in result.text
    assert "Traceback" not in result.text
    assert imgix.requests == []


@pytest.mark.parametrize("name", STACKS)
def test_each_environment_goes_up_once_its_secrets_are_set(
    name: str, project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """Preview foresees every source, and nothing that was secret can be read afterwards."""
    sources = with_secrets(sources_of(project, name))
    stack = imgix_stack(project, name, secret_config={SOURCES: sources})
    result = stack.up()
    assert result.ok, result.text
    assert result.changes == {"create": len(sources)}
    assert {each.name for each in imgix.sources.values()} == {
        source["name"] for source in sources.values()
    }
    assert set(result.outputs) == set(sources)
    assert "canary" not in result.text + stack.state_file.read_text()


def test_the_environments_together_show_all_six_types() -> None:
    """Whoever looks for an example of a type in the stack files finds one."""
    shown = {
        source["deployment"]["type"]
        for stack in STACKS
        for source in sources_of(ROOT, stack).values()
    }
    assert shown == set(FIELDS)


def test_no_two_environments_ask_for_the_same_domain() -> None:
    """Domains are unique across all of imgix, so stacks of one account must not share any."""
    domains = [
        domain
        for stack in STACKS
        for source in sources_of(ROOT, stack).values()
        for key in ("imgix_subdomains", "custom_domains")
        for domain in source["deployment"].get(key, [])
    ]
    assert len(domains) == len(set(domains))


def test_prod_keeps_its_sources(
    project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """Every source of prod is protected, and is left as it is should it ever leave the stack."""
    assert all(
        source["protect"] is True and source["on_delete"] == "retain"
        for source in sources_of(project, "prod").values()
    )
    sources = with_secrets(sources_of(project, "prod"))
    stack = imgix_stack(project, "prod", secret_config={SOURCES: sources})
    assert stack.up(skip_preview=True).ok
    assert not stack.destroy().ok
    assert all(source.enabled for source in imgix.sources.values())


def test_a_protected_source_leaves_in_the_two_steps_that_stand_beside_it(
    project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """`protect: false` and up, which sends nothing; then it can go, and goes on serving."""
    beside = (project / "Pulumi.prod.yaml").read_text()
    assert "1. Set protect: false and run `pulumi up`." in beside
    assert "2. Remove the source here and run `pulumi up`." in beside
    partners = {"partners": sources_of(project, "prod")["partners"]}

    def up(sources: dict[str, Any]) -> Result:
        write(project, "prod", sources)
        return imgix_stack(project, "prod").up(skip_preview=True)

    assert up(partners).ok
    assert not up({}).ok
    imgix.requests.clear()
    partners["partners"]["protect"] = False
    assert up(partners).ok
    gone = up({})
    assert gone.ok, gone.text
    assert gone.changes == {"delete": 1}
    assert list(imgix.requests) == []
    assert all(source.enabled for source in imgix.sources.values())


def test_mistakes_of_several_sources_are_told_at_once(
    project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """Each line holds the path in the configuration, so it can be mended with one command."""
    sources = sources_of(project, "dev")
    sources["blog"]["deployment"]["cache_ttl_value"] = 60
    sources["blog"]["protect"] = "yes"
    sources["products"]["deployment"]["s3_bukket"] = "typo"
    sources["empty"] = None
    write(project, "dev", sources)
    result = imgix_stack(project, "dev").preview()
    assert not result.ok
    for line in (
        f"{SOURCES}.blog.protect: must be true or false",
        f"{SOURCES}.blog.deployment.cache_ttl_value: must be from 1800",
        f"{SOURCES}.products.deployment.s3_bukket: is not a documented field; did you mean "
        "s3_bucket?",
        f"{SOURCES}.empty: must be a map with name and deployment",
    ):
        assert line in result.text
    assert "Traceback" not in result.text
    assert imgix.requests == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "is not set: list the stack's sources there in Pulumi.dev.yaml, or write {}"),
        ({SOURCES: ["blog"]}, "in Pulumi.dev.yaml must be a map of sources"),
        ({SOURCES: "blog"}, "in Pulumi.dev.yaml must be a map of sources"),
    ],
)
def test_a_stack_file_of_another_shape_is_told(
    content: dict[str, Any], words: str, project: Path, imgix_stack: MakeStack
) -> None:
    """The message names the key and the file."""
    (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": content}))
    result = imgix_stack(project, "dev").preview()
    assert not result.ok
    assert f"{SOURCES} {words}" in result.text
    assert "Traceback" not in result.text


def test_a_secret_in_plain_text_beside_an_encrypted_one_is_a_warning_too(
    project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """One key that is encrypted and one that was pasted: the person is told of the second alone."""
    sources = with_secrets({"products": sources_of(project, "dev")["products"]})
    sources["pasted"] = copy.deepcopy(sources["products"])
    sources["pasted"]["deployment"]["imgix_subdomains"] = ["acme-pasted"]
    path = f"{SOURCES}.products.deployment.s3_secret_key"
    deployment = sources["products"]["deployment"]
    secret, deployment["s3_secret_key"] = deployment["s3_secret_key"], {"secure": "v1:…"}
    write(project, "dev", sources)
    result = imgix_stack(project, "dev", secrets={path: secret}).preview()
    assert result.ok, result.text
    assert result.text.count("is in plain text in the stack's file") == 1
    assert f"{path.replace('products', 'pasted')} is in plain text" in result.text


def test_a_command_for_an_odd_resource_name_can_be_pasted(
    project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """A dot in a name is no step of a path, and an apostrophe does not end what a shell quotes."""
    sources = with_secrets({"it's 1.0": sources_of(project, "dev")["products"]})
    write(project, "dev", sources)
    result = imgix_stack(project, "dev").preview()
    assert result.ok, result.text
    assert (
        f"pulumi config set --secret --path '{SOURCES}[\"it'\\''s 1.0\"].deployment.s3_secret_key'"
        in result.text
    )


def test_a_secret_in_plain_text_is_a_warning(
    project: Path, imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """It works, but the person is told how to encrypt it, and it is in no output all the same."""
    sources = with_secrets({"products": sources_of(project, "dev")["products"]})
    write(project, "dev", sources)
    stack = imgix_stack(project, "dev")
    result = stack.up(skip_preview=True)
    assert result.ok, result.text
    path = f"{SOURCES}.products.deployment.s3_secret_key"
    assert f"warning: {path} is in plain text in the stack's file" in result.text
    assert f"pulumi config set --secret --path '{path}' --stack dev" in result.text
    assert "canary" not in result.text + stack.state_file.read_text()
