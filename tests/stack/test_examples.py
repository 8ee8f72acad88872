"""Each example goes up, stays as it is, and comes down, just as a person would run it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRETS = {
    "s3": {"s3AccessKey": "AKIACANARYCANARY", "s3SecretKey": "canary-s3-secret"},
    "gcs": {"gcsAccessKey": "GOOGCANARYCANARY", "gcsSecretKey": "canary-gcs-secret"},
    "azure": {"azureSasString": "canary-sas=string"},
    "webfolder": {"originPassword": "canary-password"},
    "webproxy": {},
    "s3_compatible": {"spacesKey": "CANARYSPACESKEY", "spacesSecret": "canary-spaces"},
    "environments": {},
}


ROOT_DOMAINS = {
    subdomain
    for file in ("dev", "staging", "prod")
    for source in yaml.safe_load((EXAMPLES.parent / f"Pulumi.{file}.yaml").read_text())["config"][
        "imgix-sources:sources"
    ].values()
    for subdomain in source["deployment"]["imgix_subdomains"]
}


def test_no_two_programs_ask_for_the_same_subdomain() -> None:
    """Subdomains are unique across all of imgix, so one account can try every example."""
    asked = [
        subdomain
        for path in EXAMPLES.glob("*/__main__.py")
        for subdomain in re.findall(r'imgix_subdomains"?[=:] *\[f?"([^"]+)"\]', path.read_text())
    ]
    assert len(asked) == len(SECRETS)
    assert len(set(asked)) == len(asked)
    assert not ROOT_DOMAINS & set(asked)


def test_there_is_a_test_for_every_example() -> None:
    """No example stands in the folder that this file does not run."""
    assert {path.parent.name for path in EXAMPLES.glob("*/__main__.py")} == set(SECRETS)


@pytest.mark.parametrize("example", SECRETS)
def test_example_lives_its_whole_life(
    example: str, imgix: SimulatedImgix, imgix_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    """Preview foresees what up creates, a second up sends nothing, destroy leaves none enabled."""
    secrets = {f"imgix-{example}:{key}": value for key, value in SECRETS[example].items()}
    stack = imgix_stack(EXAMPLES / example, secret_config=secrets)

    first = stack.up()
    assert first.ok, first.text
    assert first.preview is not None
    assert first.preview.changes == first.changes == {"create": len(imgix.sources)}
    assert all(source.enabled for source in imgix.sources.values())
    for source in imgix.sources.values():
        assert not ROOT_DOMAINS & set(source.deployment["imgix_subdomains"])

    imgix.requests.clear()
    second = stack.up(skip_preview=True)
    assert second.ok, second.text
    assert second.changes == {"same": len(imgix.sources)}
    assert list(imgix.requests) == []

    last = stack.destroy()
    assert last.ok, last.text
    assert not any(source.enabled for source in imgix.sources.values())

    seen = first.text + second.text + last.text + stack.state_file.read_text()
    assert [value for value in SECRETS[example].values() if value in seen] == []


def test_prod_is_protected(imgix: SimulatedImgix, imgix_stack: Callable[..., Stack]) -> None:
    """In prod of the environments example nothing can be destroyed by mistake."""
    stack = imgix_stack(EXAMPLES / "environments", "prod")
    assert stack.up(skip_preview=True).ok

    destroyed = stack.destroy()

    assert not destroyed.ok
    assert "protect" in destroyed.text
    assert all(source.enabled for source in imgix.sources.values())
