"""What the pages say of Pulumi's own commands, seen on the real CLI."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from imgix_testing.server import Fault, SimulatedImgix
from tests.pulumi_cli.conftest import Pulumi, kill

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.timeout(600)]

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]

BLOG = """
import pulumi
import imgix_provider as imgix
blog = imgix.ImgixSource("{resource}", name="Blog"{more}, deployment=imgix.WebFolderDeployment(
    imgix_subdomains=["acme-blog"], webfolder_base_url="https://www.example.com/images/"{field}))
"""
TWO_ACCOUNTS = """
import pulumi
import imgix_provider as imgix

config = pulumi.Config()
other = pulumi.ProviderResource(
    "pulumi-python",
    "other",
    {{
        "imgix:apiKey": config.require_secret("otherKey"),
        "imgix:apiUrl": config.require("otherUrl"),
    }},
)
for name, opts in (("mine", None), ("theirs", pulumi.ResourceOptions(provider=other))):
    imgix.ImgixSource(
        name,
        name=name,
        deployment=imgix.WebFolderDeployment(
            imgix_subdomains=[name],
            webfolder_base_url="https://www.example.com/",
            cache_ttl_value={ttl},
        ),
        opts=opts,
    )
"""


def blog(resource: str = "blog", more: str = "", field: str = "") -> str:
    """Return a program with one source, with more arguments and fields if asked."""
    return BLOG.format(resource=resource, more=more, field=field)


def urn_of(pulumi: Pulumi, *options: str) -> str:
    """Return the URN of the one source in a stack, as `pulumi stack --show-urns` prints it."""
    text = pulumi.run("stack", "--show-urns", *options).text
    (urn,) = [word for word in text.split() if word.startswith("urn:") and "imgix:Source" in word]
    return urn


def folder_of(domain: str, more: str = "") -> str:
    """Return a program with one web folder of this name and subdomain."""
    return (
        "import imgix_provider as imgix\n"
        f'imgix.ImgixSource("{domain}", name="{domain}"{more}, deployment={{"type": "webfolder", '
        f'"imgix_subdomains": ["{domain}"], "webfolder_base_url": "https://a.example/"}})\n'
    )


def project(pulumi: Pulumi, name: str) -> Pulumi:
    """Return a stack `dev` of another project on the same backend."""
    folder = pulumi.folder.parent / name
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    other = attrs.evolve(pulumi, folder=folder)
    made = other.run("stack", "init", "dev")
    assert made.ok, made.text
    return other


def test_several_accounts_in_one_stack(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """An explicit provider has a key of its own, for every verb, and the key is encrypted."""
    with SimulatedImgix(api_key="ak_canary_other", seed=1) as theirs:
        pulumi.secret("test:otherKey", theirs.api_key)
        assert pulumi.run("config", "set", "otherUrl", theirs.url).ok
        pulumi.write(TWO_ACCOUNTS.format(ttl=3600))
        up = pulumi.up()
        assert up.ok, up.text
        assert [source.name for source in imgix.sources.values()] == ["mine"]
        assert [source.name for source in theirs.sources.values()] == ["theirs"]

        pulumi.write(TWO_ACCOUNTS.format(ttl=7200))
        changed = pulumi.up("--refresh")
        assert changed.ok, changed.text
        for account in (imgix, theirs):
            (source,) = account.sources.values()
            assert source.deployment["cache_ttl_value"] == 7200

        destroyed = pulumi.run("destroy", "--yes", "--skip-preview")
        assert destroyed.ok, destroyed.text
        assert not any(s.enabled for a in (imgix, theirs) for s in a.sources.values())
        texts = up.text + changed.text + destroyed.text + pulumi.state()
        assert theirs.api_key not in texts


def test_a_killed_run_loses_nothing_and_has_a_way_back(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """A lock, `pulumi cancel`, warnings of a pending operation, adopt, and no warning any more."""
    pulumi.write(blog())
    imgix.faults.add(Fault("slow", method="GET", delay=30))
    run = pulumi.start_up()
    deadline = time.monotonic() + 60
    # The engine notes what it is about to create in a file that it writes beside that.
    while not (imgix.sources and '"creating"' in pulumi.state()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    kill(run)
    imgix.faults.clear()
    (made,) = imgix.sources

    locked = pulumi.up()
    assert not locked.ok
    assert "the stack is currently locked by 1 lock(s)" in locked.text
    assert "`pulumi cancel`" in locked.text
    assert pulumi.run("cancel", "--yes").ok
    again = pulumi.up()
    assert not again.ok
    assert "1 pending operations from previous deployment" in again.text
    assert f'adopt="{made}"' in again.text

    pulumi.write(blog(more=f', adopt="{made}"'))
    adopted = pulumi.up()
    assert adopted.ok, adopted.text
    assert "1 pending operations from previous deployment" in adopted.text
    assert list(imgix.sources) == [made]
    cleared = pulumi.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    assert cleared.ok, cleared.text

    imgix.requests.clear()
    pulumi.write(blog())
    without = pulumi.up()
    assert without.ok, without.text
    assert "pending operations" not in without.text
    assert re.search(r"updated \(.*\) \[diff: .*-adopt", without.text), without.text
    assert list(imgix.requests) == []


def test_an_added_key_shows_as_plus(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """A key that was not declared has no earlier value to show."""
    pulumi.write(blog())
    assert pulumi.up().ok
    pulumi.write(blog(field=", cache_ttl_value=3600"))
    assert "+ cache_ttl_value   : 3600" in pulumi.run("preview", "--diff").text


def test_a_protected_source_leaves_in_two_steps(
    imgix: SimulatedImgix, root_program: Callable[[], Pulumi]
) -> None:
    """`protect: false` and up, which sends nothing; then the source can leave the file."""
    pulumi = root_program()
    stack_file = pulumi.folder / "Pulumi.dev.yaml"
    source = (
        "    blog:\n      name: Blog\n      protect: true\n      deployment:\n"
        "        type: webfolder\n        imgix_subdomains: [acme-blog]\n"
        "        webfolder_base_url: https://www.example.com/\n"
    )

    def declare(text: str) -> None:
        salt = [line for line in stack_file.read_text().splitlines() if "encryptionsalt" in line]
        stack_file.write_text("\n".join([*salt, "config:", "  imgix-sources:sources:" + text]))

    declare("\n" + source)
    assert pulumi.up().ok
    declare(" {}")
    refused = pulumi.up()
    assert not refused.ok
    assert "cannot be deleted" in refused.text
    assert "protected" in refused.text
    assert all(each.enabled for each in imgix.sources.values())

    imgix.requests.clear()
    declare("\n" + source.replace("protect: true", "protect: false"))
    unprotected = pulumi.up()
    assert unprotected.ok, unprotected.text
    assert list(imgix.requests) == []
    declare(" {}")
    gone = pulumi.up()
    assert gone.ok, gone.text
    assert not any(each.enabled for each in imgix.sources.values())


def test_a_state_moves_to_another_name_stack_and_project(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """`state rename` and `state move`, with full stack names between projects, send nothing."""
    pulumi.write(blog())
    assert pulumi.up().ok
    imgix.requests.clear()

    renamed = pulumi.run("state", "rename", urn_of(pulumi), "journal", "--yes")
    assert renamed.ok, renamed.text
    pulumi.write(blog("journal"))
    assert pulumi.run("preview", "--expect-no-changes").ok

    other = project(pulumi, "other")
    ends = ("--source", "organization/test/dev", "--dest", "organization/other/dev")
    moved = pulumi.run("state", "move", *ends, urn_of(pulumi), "--yes")
    assert moved.ok, moved.text
    other.write(blog("journal"))
    pulumi.write("")
    for stack in (pulumi, other):
        preview = stack.run("preview", "--expect-no-changes")
        assert preview.ok, preview.text
    assert list(imgix.requests) == []
    assert all(source.enabled for source in imgix.sources.values())


def test_a_source_is_handed_to_a_stack_that_has_sources_and_another_configuration(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """Pulumi cannot move it there; to adopt it there and forget it here disables nothing."""
    other = project(pulumi, "other")
    there = folder_of("news")
    for stack, domain in ((pulumi, "shop"), (other, "news")):
        stack.write(folder_of(domain))
        stack.run("config", "set", "colour", domain)
        assert stack.up().ok
    urn = urn_of(pulumi)
    ends = ("--source", "organization/test/dev", "--dest", "organization/other/dev")
    moved = pulumi.run("state", "move", *ends, urn, "--yes")
    assert not moved.ok
    assert "already exists in destination stack" in moved.text

    (shop,) = (each for each in pulumi.exported()["deployment"]["resources"] if each["urn"] == urn)
    other.write(there + folder_of("shop", f', adopt="{shop["id"]}"').partition("\n")[2])
    adopted = other.up()
    assert adopted.ok, adopted.text
    assert pulumi.run("state", "delete", urn, "--yes").ok
    pulumi.write("")

    for stack in (pulumi, other):
        assert stack.up("--expect-no-changes").ok
    assert all(source.enabled for source in imgix.sources.values())


def test_two_imports_have_stacks_of_the_same_name(
    imgix: SimulatedImgix, pulumi: Pulumi, command_line: CommandLine
) -> None:
    """Each import has a project of its own, so `stack init prod` works in both."""
    for number in (1, 2):
        deployment = {"type": "webproxy", "imgix_subdomains": [f"s{number}"]}
        imgix.add_source(name=f"S{number}", deployment=deployment)
        folder: Path = pulumi.folder.parent / f"import-{number}"
        assert command_line("import", "--out", folder, "--name", f"S{number}").returncode == 0
        made = attrs.evolve(pulumi, folder=folder).run("stack", "init", "prod")
        assert made.ok, made.text


def test_a_token_is_an_output_after_the_up_that_follows_the_refresh(
    imgix: SimulatedImgix, pulumi: Pulumi, command_line: CommandLine
) -> None:
    """The import file holds no token; a refresh brings it into the state, an up to the outputs."""
    signed = imgix.add_source(
        name="Signed",
        deployment={
            "type": "webfolder",
            "imgix_subdomains": ["signed"],
            "webfolder_base_url": "https://www.example.com/",
            "secure_url_enabled": True,
        },
    )
    token = imgix.source(signed).secure_url_token
    folder = pulumi.folder.parent / "imported"
    assert command_line("import", "--out", folder).returncode == 0
    stack = attrs.evolve(pulumi, folder=folder)
    assert stack.run("stack", "init", "prod").ok
    program = (folder / "__main__.py").read_text()
    program = program.replace("imgix.ImgixSource(", "signed = imgix.ImgixSource(")
    stack.write(f"import pulumi\n{program}\npulumi.export('token', signed.secure_url_token)\n")
    options = ("--file", "import.json", "--generate-code=false", "--protect=false", "--yes")
    imported = stack.run("import", *options)
    assert imported.ok, imported.text

    def output() -> str:
        return stack.run("stack", "output", "--show-secrets").text

    assert stack.up().ok
    assert stack.run("refresh", "--yes", "--skip-preview").ok
    assert token not in output()
    assert stack.up().ok
    assert token in output()
