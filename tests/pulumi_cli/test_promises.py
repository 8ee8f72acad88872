"""On the real `pulumi` CLI: no live source goes dark, no preview promises what `up` cannot do."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from imgix_testing.server import SimulatedImgix
from tests.accounts import held
from tests.pulumi_cli.conftest import Pulumi

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.timeout(600)]

START = """
import pulumi
import imgix_provider as imgix

def folder(resource, name, *subdomains, opts=None, **more):
    return imgix.ImgixSource(resource, name=name, opts=opts, **more, deployment=
        imgix.WebFolderDeployment(imgix_subdomains=list(subdomains),
                                  webfolder_base_url="https://www.example.com/"))

def proxy(resource, name, *subdomains, **more):
    return imgix.ImgixSource(resource, name=name, **more, deployment=
        imgix.WebProxyDeployment(imgix_subdomains=list(subdomains)))

"""


def program(*lines: str) -> str:
    """Return a program of these lines."""
    return START + "\n".join(lines) + "\n"


def urn(pulumi: Pulumi, name: str) -> str:
    """Return the URN of a resource of the stack's state."""
    resources = pulumi.exported()["deployment"]["resources"]
    return str(next(each["urn"] for each in resources if each["urn"].endswith(f"::{name}")))


def test_a_source_serves_on_through_renames_and_forced_replacements(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """Renamed and adopted, in two runs and in one; replaced by force; always enabled."""
    pulumi.write(program('folder("blog", "Blog", "acme", on_delete="release")'))
    assert pulumi.up().ok
    (source,) = imgix.sources
    adopt = f'"Blog", "acme", on_delete="release", adopt="{source}"'

    # Without an alias the new name is refused, and aliases are advised first.
    pulumi.write(program('folder("journal", "Blog", "acme", on_delete="release")'))
    refused = pulumi.up()
    assert not refused.ok
    advice = refused.text[refused.text.index("imgix refused to create") :]
    assert 0 < advice.index("aliases=") < advice.index(f'adopt="{source}"')

    # Adopted in one run, which is told of one resource only; the other is deleted in the next.
    pulumi.write(program(f'folder("journal", {adopt})'))
    previewed = pulumi.run("preview")
    assert f"source {source} is adopted, nothing is created" in previewed.text
    journal = urn(pulumi, "blog").replace("::blog", "::journal")
    first = pulumi.up("--target", journal)
    assert first.ok, first.text
    second = pulumi.up()
    assert second.ok, second.text
    assert 'left as it is: resource "journal" of this stack has this source now' in second.text
    assert imgix.source(source).enabled

    # In one run, into a component, and replaced by force while `adopt` stands.
    component = 'opts=pulumi.ResourceOptions(parent=pulumi.ComponentResource("a:b:Site", "site"))'
    pulumi.write(program(f'folder("journal", {adopt}, {component})'))
    moved = pulumi.up()
    assert moved.ok, moved.text
    forced = pulumi.up("--replace", urn(pulumi, "journal"))
    assert forced.ok, forced.text
    assert "left as it is" in forced.text

    # Deleted first, and replaced by force.
    deletes = component.replace("))", "), delete_before_replace=True)")
    pulumi.write(program(f'folder("journal", {adopt}, {deletes})'))
    deleted = pulumi.up("--replace", urn(pulumi, "journal"))
    assert deleted.ok, deleted.text
    assert "left as it is: what replaces it adopts it" in deleted.text

    assert list(imgix.sources) == [source]
    assert imgix.source(source).enabled
    assert imgix.source(source).deployment["imgix_subdomains"] == ["acme"]


def test_a_replacement_that_failed_is_recovered_with_the_former_program(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """A stack whose old source stayed with the domain has it back, and the next run is quiet."""
    options = 'on_type_change="replace", on_delete="retain"'
    pulumi.write(program(f'folder("blog", "Blog", "acme", {options})'))
    assert pulumi.up().ok
    (source,) = imgix.sources
    pulumi.write(program(f'proxy("blog", "Blog", "acme", {options})'))
    refused = pulumi.up()
    assert not refused.ok
    assert 'on_delete="retain" leaves acme with the old source' in refused.text

    # Bring about what a version without this refusal left behind.
    state = pulumi.folder / "state.json"
    assert pulumi.run("stack", "export", "--file", str(state)).ok
    text = state.read_text()
    at = text.index('"id": "' + source)
    state.write_text(text[:at] + '"pendingReplacement": true, ' + text[at:])
    imported = pulumi.run("stack", "import", "--file", str(state))
    assert imported.ok, imported.text

    pulumi.write(program(f'folder("blog", "Blog", "acme", {options})'))
    preview = pulumi.run("preview")
    assert "what replaces it has a domain of it, so the source is kept" in preview.text
    assert "warning" not in preview.text
    recovered = pulumi.up()

    assert recovered.ok, recovered.text
    assert "pendingReplacement" not in pulumi.run("stack", "export").text
    assert list(imgix.sources) == [source]
    assert imgix.source(source).enabled
    assert "2 unchanged" in pulumi.up().text


def test_domains_move_in_one_run_and_swaps_are_refused(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """Along a chain of three; a swap is refused, however many are updated at a time."""
    pulumi.write(program('folder("c", "C", "z")', 'folder("b", "B", "y")', 'folder("a", "A", "x")'))
    assert pulumi.up().ok
    pulumi.write(
        program('folder("c", "C", "y")', 'folder("b", "B", "x")', 'folder("a", "A", "w", "v")')
    )
    preview = pulumi.run("preview")
    assert preview.ok, preview.text
    assert "warning" not in preview.text
    moved = pulumi.up()
    assert moved.ok, moved.text
    assert held(imgix) == {"A": {"w", "v"}, "B": {"x"}, "C": {"y"}}

    pulumi.write(program('folder("c", "C", "x")', 'folder("b", "B", "y")', 'folder("a", "A", "w")'))
    for arguments in ((), ("--parallel", "1")):
        swap = pulumi.run("preview", *arguments)
        assert not swap.ok
        assert "Do it in two" in swap.text


def test_a_chain_of_moves_goes_through_one_at_a_time(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """Each source takes the only domain of the next one; the last one has another name now."""
    chain = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g")]
    others = [f'folder("{name}", "{name}", "{name}")' for name in "xyz"]
    renamed = 'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="f")])'

    for step in (0, 1):
        *links, last = [f'folder("{link[0]}", "{link[0]}", "{link[step]}1")' for link in chain]
        if step:
            last = last.replace('"f"', '"f2"', 1).replace(")", f", {renamed})")
        pulumi.write(program(*links[:2], *others, *links[2:], last))
        moved = pulumi.up(*(("--parallel", "1") if step else ()))
        assert moved.ok, moved.text

    assert {own: {f"{after}1"} for own, after in chain}.items() <= held(imgix).items()
    assert "10 unchanged" in pulumi.up().text


def test_more_sources_take_domains_than_the_engine_works_on_at_a_time(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """All that take are declared first, and all that give last; half of those that take are new."""
    takers, givers = [f"taker{n}" for n in range(6)], [f"giver{n}" for n in range(6)]
    before = [f'folder("{name}", "{name}", "own-{name}")' for name in takers[:3]]
    before += [f'folder("{name}", "{name}", "{name}", "d{n}")' for n, name in enumerate(givers)]
    pulumi.write(program(*before))
    assert pulumi.up().ok

    after = [f'folder("{name}", "{name}", "own-{name}", "d{n}")' for n, name in enumerate(takers)]
    pulumi.write(program(*after, *(f'folder("{name}", "{name}", "{name}")' for name in givers)))
    preview = pulumi.run("preview")
    assert "--parallel" not in preview.text
    moved = pulumi.up("--parallel", "2")
    assert moved.ok, moved.text

    assert [held(imgix)[name] for name in takers] == [
        {f"own-{name}", f"d{n}"} for n, name in enumerate(takers)
    ]
    assert "13 unchanged" in pulumi.up("--expect-no-changes").text


@pytest.mark.parametrize("fails", ["another resource", "the program"])
def test_nobody_waits_for_a_run_that_has_failed(
    imgix: SimulatedImgix, pulumi: Pulumi, fails: str
) -> None:
    """The engine comes to no further source, or the program registers none."""
    late = (
        "import asyncio\n"
        "async def late(value, seconds):\n"
        "    await asyncio.sleep(seconds)\n"
        "    return value\n"
    )
    pulumi.write(program('folder("taker", "taker", "c")', 'folder("giver", "giver", "a", "b")'))
    assert pulumi.up().ok
    imgix.add_source(name="Other", deployment={"type": "webproxy", "imgix_subdomains": ["theirs"]})

    bad = 'folder("bad", "bad", "theirs")'
    if fails == "the program":
        bad = 'pulumi.export("bad", pulumi.Output.from_input(late(7, 3)).apply(lambda n: n / 0))'
    taker = 'folder("taker", "taker", "c", "b")'
    pulumi.write(program(late, taker, bad, 'folder("giver", late("giver", 7), "a")'))
    ended = pulumi.up()

    assert not ended.ok
    assert held(imgix)["giver"] == {"a", "b"}


def test_what_a_preview_says_of_adoptions_secrets_and_types(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """Adoptions, missing ids, rotated secrets, types changed by hand: in words, before `up`."""
    old = imgix.add_source(name="Old", deployment={"type": "webproxy", "imgix_subdomains": ["old"]})
    pulumi.write(program(f'folder("blog", "Blog", "acme", adopt="{old}")'))
    adopting = pulumi.run("preview")
    assert adopting.ok, adopting.text
    assert "this changes the type, from webproxy to webfolder, the name, which is" in adopting.text
    pulumi.write(program(f'folder("blog", "Blog", "acme", adopt="{"0" * 24}")'))
    missing = pulumi.run("preview")
    assert not missing.ok
    assert f"adopt: there is no source {'0' * 24} in this account" in missing.text
    pulumi.write(program(f'imgix.ImgixSource.get("shared", "{"0" * 24}")'))
    unknown = pulumi.run("preview")
    assert not unknown.ok
    assert f"there is no imgix source {'0' * 24} in this account" in unknown.text

    s3 = (
        'imgix.ImgixSource("s3", name=pulumi.Output.secret("canary-name"),\n'
        "    deploy_timeout=pulumi.Output.secret({timeout}),\n"
        "    opts=pulumi.ResourceOptions(ignore_changes={ignored}),\n"
        '    deployment=imgix.S3Deployment(imgix_subdomains=["s3"], s3_bucket="b",\n'
        '    s3_access_key="AKIA-canary", s3_secret_key="{key}"))'
    )
    texts = []
    pulumi.write(program(s3.format(timeout=7393, ignored=[], key="canary-1")))
    texts.append(pulumi.up())
    pulumi.write(program(s3.format(timeout=7393, ignored=[], key="canary-2")))
    texts.append(pulumi.run("preview", "--diff"))
    assert "s3_secret_key changes; imgix deploys the source again" in texts[-1].text
    made = next(id for id, each in imgix.sources.items() if each.name == "canary-name")
    folder = {"type": "webfolder", "webfolder_base_url": "https://hand.example/"}
    imgix.edit(made, deployment=folder)
    texts.append(pulumi.run("refresh", "--yes"))
    pulumi.write(program(s3.format(timeout=7393, ignored=["deployment"], key="canary-2")))
    texts.append(pulumi.up())
    assert all(each.ok for each in texts), texts[-1].text
    assert imgix.source(made).deployment["type"] == "webfolder"
    assert "2 unchanged" in texts[-1].text

    pulumi.write(program(s3.format(timeout=-73939, ignored=["deployment"], key="canary-2")))
    texts.append(pulumi.run("preview"))
    assert "deploy_timeout: must be a number of seconds" in texts[-1].text
    printed = "".join(each.text for each in texts) + pulumi.state()
    assert "canary" not in printed
    assert "7393" not in printed


def test_a_rotated_key_is_used_by_the_commands_that_the_message_names(
    pulumi: Pulumi, imgix: SimulatedImgix, tmp_path: Path
) -> None:
    """After a rotation `refresh` meets a 401 that names `up` and --run-program; both then work."""
    pulumi.environment.pop("IMGIX_API_KEY")
    kept = tmp_path / "account.json"

    def account(key: str, port: int = 0) -> SimulatedImgix:
        return SimulatedImgix(state_file=kept, port=port, api_key=key)

    with account("ak_" + "1" * 64) as first:
        port = urlsplit(first.url).port or 0
        pulumi.environment["IMGIX_API_URL"] = first.url
        pulumi.secret("imgix:apiKey", first.api_key)
        pulumi.write(program('folder("blog", "Blog", "acme")'))
        assert pulumi.up().ok
    with account("ak_" + "2" * 64, port) as second:
        pulumi.secret("imgix:apiKey", second.api_key)
        refused = pulumi.run("refresh", "--yes")
        assert not refused.ok
        assert "run `pulumi up` without --refresh, or add --run-program" in refused.text
        assert pulumi.run("refresh", "--yes", "--run-program").ok
    with account("ak_" + "3" * 64, port) as third:
        pulumi.secret("imgix:apiKey", third.api_key)
        assert not pulumi.run("destroy", "--yes").ok
        assert pulumi.up().ok
        destroyed = pulumi.run("destroy", "--yes")
        assert destroyed.ok, destroyed.text


def test_a_run_after_a_failed_one_disables_nothing_that_is_declared(
    imgix: SimulatedImgix, pulumi: Pulumi
) -> None:
    """A source that is in the state twice, one that was renamed, and one that is looked up too."""
    blog = 'blog = folder("blog", "Blog", "acme")'
    fails = f'folder("late", "Late", "x", adopt="{"0" * 24}", opts=pulumi.ResourceOptions('
    pulumi.write(program(blog))
    assert pulumi.up().ok
    (source,) = imgix.sources

    # Replaced by force, which keeps the source, in a run that does not come to its deletes.
    pulumi.write(program(blog, f"{fails}depends_on=[blog]))"))
    assert not pulumi.up("--refresh", "--replace", urn(pulumi, "blog")).ok
    pulumi.write(program(blog))
    after = pulumi.up()
    assert after.ok, after.text
    assert 'left as it is: resource "blog" of this stack has this source now' in after.text
    assert imgix.source(source).enabled

    # Renamed without an alias, in a run that goes on to its deletes after the refusal.
    pulumi.write(program(blog.replace('folder("blog"', 'folder("journal"')))
    refused = pulumi.up("--continue-on-error")
    assert not refused.ok
    assert f'"Blog" ({source}) was not deleted: "Blog" of this stack declares' in refused.text
    assert imgix.source(source).enabled

    # Looked up by another resource of the stack, which does not keep it from being disabled.
    pulumi.write(program(blog, f'imgix.ImgixSource.get("look", "{source}")'))
    assert pulumi.up().ok
    destroyed = pulumi.run("destroy", "--yes", "--skip-preview", "--refresh")
    assert destroyed.ok, destroyed.text
    assert not imgix.source(source).enabled
