"""What a program or its configuration holds as a secret is shown nowhere, whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from imgix_testing.engine import Result, Stack
from imgix_testing.server import SimulatedImgix
from tests.accounts import held

MakeStack = Callable[..., Stack]
CANARY = "canary-7f3a9b"
LONG = CANARY * 20

START = """
import pulumi
import imgix_provider as imgix

secret = pulumi.Output.secret
FOLDER = dict(type="webfolder", imgix_subdomains=["acme"], webfolder_base_url="https://a.example/")
"""


def seen(stack: Stack, *results: Result) -> str:
    """Return all that a person can read afterwards: what was printed, and the state's file."""
    file = stack.state_file.read_text() if stack.state_file.exists() else ""
    return "\n".join([*(result.text for result in results), file])


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (f'name=secret(" "), adopt=secret("{CANARY} no id")', "adopt"),
        (f'name="Blog", on_delete=secret("{LONG}")', "on_delete"),
        (f'name="Blog", enabled=secret("{CANARY}")', "enabled"),
        ('name="Blog", deploy_timeout=secret(-7393917)', "deploy_timeout"),
        (f'name="Blog", on_type_change=secret(["{CANARY}", 7393917])', "on_type_change"),
    ],
)
def test_a_check_that_fails_names_the_path_and_shows_no_secret(
    imgix_stack: MakeStack, arguments: str, path: str
) -> None:
    """Neither the value nor the beginning of a long one stands in any line."""
    stack = imgix_stack(START + f'imgix.ImgixSource("blog", {arguments}, deployment=FOLDER)\n')

    preview = stack.preview()

    assert not preview.ok
    assert f"{path}: must be" in preview.text
    assert "canary" not in seen(stack, preview)
    assert "7393917" not in seen(stack, preview)


def test_a_secret_outside_the_deployment_stays_one_through_a_source_s_life(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """A secret name is in no message and in no file: not when made, changed, read or deleted."""
    program = START + (
        'blog = imgix.ImgixSource("blog", name=secret("{name}"), on_delete=secret("release"),\n'
        "    deploy_timeout=secret(73939), deployment=FOLDER)\n"
        'pulumi.export("name", blog.name)\n'
    )
    stack = imgix_stack(program.format(name=f"{CANARY} one"))
    results = [stack.up()]
    results.append(imgix_stack(program.format(name=f"{CANARY} two")).up())
    results += [stack.refresh(), stack.destroy()]

    assert all(result.ok for result in results), results[-1].text
    (source,) = imgix.sources.values()
    assert source.name == f"{CANARY} two"
    assert "imgix has no delete" in results[-1].text
    assert "canary" not in seen(stack, *results)
    assert "73939" not in seen(stack, *results)


def test_a_secret_id_to_adopt_is_in_no_message(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """A source that does not exist fails in preview; its secret id is masked."""
    missing = "c" * 24
    stack = imgix_stack(
        START
        + f'imgix.ImgixSource("blog", name="B", adopt=secret("{missing}"), deployment=FOLDER)\n'
    )

    preview = stack.preview()

    assert not preview.ok
    assert "adopt: there is no source [secret] in this account" in preview.text
    assert missing not in seen(stack, preview)


def test_a_refusal_that_repeats_a_secret_name_is_masked(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """A source that is refused is named without what the program holds as a secret."""
    imgix.add_source(name="Old", deployment={"type": "webproxy", "imgix_subdomains": ["acme"]})
    stack = imgix_stack(
        START + f'imgix.ImgixSource("blog", name=secret("{CANARY}"), deployment=FOLDER)\n'
    )

    failed = stack.up(skip_preview=True)

    assert not failed.ok
    assert 'imgix refused to create "[secret]"' in failed.text
    assert "canary" not in seen(stack, failed)


def test_a_source_that_is_looked_up_shows_no_part_of_a_credential(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """`get` keeps neither a secret nor the id of an access key, in no output and no file."""
    source = imgix.add_source(
        name="Shared",
        deployment={
            "type": "s3",
            "imgix_subdomains": ["shared"],
            "s3_bucket": "b",
            "s3_access_key": f"AKIA{CANARY}",
            "s3_secret_key": CANARY,
        },
    )
    stack = imgix_stack(
        START + f'found = imgix.ImgixSource.get("shared", "{source}")\n'
        'pulumi.export("all", [found.deployment, found.effective_deployment, found.name])\n'
    )

    done = stack.up(skip_preview=True)

    assert done.ok, done.text
    assert stack.outputs()["all"][0]["s3_bucket"] == "b"
    assert "canary" not in seen(stack, done)


ROOT_PROGRAM = "import imgix_provider as imgix\nimgix.declare_sources()\n"
SOURCES = "test:sources"


def root_stack(imgix_stack: MakeStack, sources: dict[str, Any], **options: Any) -> Stack:
    """Return a stack of the root program with these sources in the stack's file."""
    stack = imgix_stack(ROOT_PROGRAM, **options)
    text = yaml.safe_dump({"config": {SOURCES: sources}})
    (stack.program_dir / "Pulumi.dev.yaml").write_text(text)
    return stack


def folder(**more: Any) -> dict[str, Any]:
    """Return a source of the configuration, with more keys of the deployment."""
    base = {"type": "webfolder", "webfolder_base_url": "https://a.example/"}
    return {"name": "Blog", "deployment": {**base, "imgix_subdomains": ["acme"], **more}}


@pytest.mark.parametrize(
    ("path", "sources"),
    [
        ("blog.name", {"blog": folder()}),
        ("blog.deployment.annotation", {"blog": folder()}),
        ("blog.deployment.default_params.txt", {"blog": folder(default_params={"w": 5})}),
        ("blog.deployment.custom_domains[1]", {"blog": folder(custom_domains=["a.example"])}),
    ],
)
def test_what_the_stack_s_file_encrypts_stays_a_secret(
    imgix: SimulatedImgix, imgix_stack: MakeStack, path: str, sources: dict[str, Any]
) -> None:
    """A value set with --secret on any field lies encrypted in the state, and is never printed."""
    value = f"{CANARY}.example" if "domains" in path else CANARY
    stack = root_stack(imgix_stack, sources, secrets={f"{SOURCES}.{path}": value})

    done = stack.up()

    assert done.ok, done.text
    assert CANARY in str(imgix.sources)
    assert "canary" not in seen(stack, done)
    assert stack.up(skip_preview=True).changes == {"same": 1}


def test_a_configuration_that_is_secret_as_a_whole_lies_nowhere_in_the_clear(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """Where all is encrypted, or another file is used, every value is a secret; `protect` works."""
    sources = {"blog": {**folder(annotation=CANARY), "name": CANARY, "protect": True}}
    stack = imgix_stack(ROOT_PROGRAM, secret_config={SOURCES: sources})
    # The stack's own file says nothing of what another one gives.
    other = f"config:\n  {SOURCES}:\n    blog:\n      name: {{secure: abc}}\n"
    (stack.program_dir / "Pulumi.dev.yaml").write_text(other)

    done = stack.up()

    assert done.ok, done.text
    (source,) = imgix.sources.values()
    assert (source.name, source.deployment["annotation"]) == (CANARY, CANARY)
    assert "canary" not in seen(stack, done)
    assert f"{SOURCES} has secrets, and Pulumi.dev.yaml does not show which" in done.text


def test_a_domain_that_becomes_a_secret_leaves_the_addresses(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """The `up` that makes it a secret takes it out of `urls`, without waiting for a refresh."""
    program = START + (
        'blog = imgix.ImgixSource("blog", name="Blog",\n'
        "    deployment=dict(FOLDER, custom_domains={domains}))\n"
        'pulumi.export("urls", blog.urls)\n'
    )
    domain = f"{CANARY}.example.com"
    stack = imgix_stack(program.format(domains=[domain]))
    assert stack.up(skip_preview=True).ok
    assert domain in stack.state_file.read_text()
    imgix.requests.clear()

    hidden = imgix_stack(program.format(domains=f"secret({[domain]})")).up()

    assert hidden.ok, hidden.text
    assert stack.outputs()["urls"] == ["https://acme.imgix.net"]
    assert "canary" not in stack.state_file.read_text()
    assert {request.method for request in imgix.requests} <= {"GET"}


@pytest.mark.parametrize(
    "by_hand",
    [
        {"type": "s3", "s3_bucket": "b", "s3_access_key": CANARY, "s3_secret_key": CANARY},
        {"type": "gcs", "gcs_bucket": "b", "gcs_access_key": CANARY, "gcs_secret_key": CANARY},
    ],
    ids=["s3", "gcs"],
)
def test_a_type_changed_by_hand_brings_no_credential_into_the_clear(
    imgix: SimulatedImgix, imgix_stack: MakeStack, by_hand: dict[str, Any]
) -> None:
    """The access key that imgix shows of the new type is nowhere, and `up` brings the type back."""
    stack = imgix_stack(START + 'imgix.ImgixSource("blog", name="Blog", deployment=FOLDER)\n')
    assert stack.up(skip_preview=True).ok
    (source,) = imgix.sources
    imgix.edit(source, deployment=by_hand)

    previews = [stack.preview(refresh=True), stack.refresh(), stack.preview()]
    document = json.dumps(stack.preview_json(refresh=True))

    assert all(each.ok for each in previews)
    assert "canary" not in seen(stack, *previews) + document
    back = stack.up(skip_preview=True)
    assert back.ok, back.text
    assert imgix.source(source).deployment["type"] == "webfolder"


@pytest.mark.parametrize("refresh", ["alone", "in the next update"])
def test_a_secret_that_imgix_now_keeps_does_not_come_back_in_the_clear(
    imgix: SimulatedImgix, imgix_stack: MakeStack, refresh: str
) -> None:
    """The state has the value from before, which the program no longer marks as a secret."""
    program = START + (
        'imgix.ImgixSource("blog", name="Blog", deployment=imgix.S3Deployment(\n'
        '    imgix_subdomains=["acme"], s3_bucket="b",\n'
        "    s3_access_key={id}, s3_secret_key={secret}))\n"
    )
    given = program.format(id=f'"{CANARY}-id"', secret=f'"{CANARY}-secret"')
    results = [imgix_stack(given).up()]

    stack = imgix_stack(program.format(id="imgix.KEEP", secret="imgix.KEEP"))
    results += [stack.up(), stack.refresh() if refresh == "alone" else stack.up(refresh=True)]
    after = seen(stack, *results)
    results += [stack.refresh(), stack.preview()]

    assert all(result.ok for result in results), results[-1].text
    assert "canary" not in after + seen(stack, *results)
    assert held(imgix) == {"Blog": {"acme"}}


def test_a_secret_whose_changes_are_ignored_stays_one(
    imgix: SimulatedImgix, imgix_stack: MakeStack
) -> None:
    """The engine puts the earlier value back, which the program does not hold as a secret."""
    blog = 'imgix.ImgixSource("blog", name="Blog", deployment={**FOLDER, %s}, opts=OPTIONS)\n'
    hidden = f'"annotation": secret("{CANARY}"), "default_params": {{"mark": secret("{CANARY}")}}'
    stack = imgix_stack(START + "OPTIONS = None\n" + blog % hidden)
    assert stack.up().ok
    ignored = '["deployment.annotation", "deployment.default_params.mark"]'
    options = f"OPTIONS = pulumi.ResourceOptions(ignore_changes={ignored})\n"
    shown = '"annotation": "none", "default_params": {"auto": "format"}, "cache_ttl_value": 7200'
    stack = imgix_stack(START + options + blog % shown)

    changed = stack.up()

    assert changed.ok, changed.text
    (source,) = imgix.sources.values()
    assert source.deployment["annotation"] == CANARY
    assert source.deployment["cache_ttl_value"] == 7200
    assert "canary" not in seen(stack, changed)


def test_what_is_no_secret_any_more_is_shown(imgix_stack: MakeStack) -> None:
    """The program says so, and ignores nothing."""
    blog = 'imgix.ImgixSource("blog", name="Blog", deployment={**FOLDER, "annotation": %s})\n'
    stack = imgix_stack(START + blog % f'secret("{CANARY}")')
    assert stack.up().ok
    assert "canary" not in seen(stack)

    shown = imgix_stack(START + blog % f'"{CANARY}", "cache_ttl_value": 7200').up()

    assert shown.ok, shown.text
    assert f'"annotation": "{CANARY}"' in seen(stack)
