"""A live source never goes dark by surprise: renames, twins, replacements, moves on stacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imgix_testing.server import SimulatedImgix
from tests.stack.conftest import Declarations

URL = "https://www.example.com/"


def folder(name: str, *subdomains: str, **more: Any) -> dict[str, Any]:
    """Return the arguments of a source of a web folder; `custom` are its custom domains."""
    custom = {"custom_domains": more.pop("custom")} if "custom" in more else {}
    deployment = {"type": "webfolder", "webfolder_base_url": URL}
    return {
        "name": name,
        "deployment": {**deployment, "imgix_subdomains": list(subdomains), **custom},
        **more,
    }


def proxy(name: str, *subdomains: str, **more: Any) -> dict[str, Any]:
    """Return the arguments of a web proxy."""
    return {
        "name": name,
        "deployment": {"type": "webproxy", "imgix_subdomains": list(subdomains)},
        **more,
    }


@pytest.fixture
def own(tmp_path: Path, imgix: SimulatedImgix) -> Declarations:
    """A stack and an account of the test's own."""
    return Declarations(tmp_path, imgix)


def changes(imgix: SimulatedImgix) -> list[Any]:
    """Return what was sent that changes anything."""
    return [request.body for request in imgix.requests if request.method != "GET"]


def subdomains(imgix: SimulatedImgix, source_id: str) -> set[str]:
    """Return the subdomains of a source."""
    return set(imgix.source(source_id).deployment["imgix_subdomains"])


@pytest.mark.parametrize("on_delete", ["disable", "release"])
def test_adopting_what_the_stack_had_under_another_name_leaves_it_serving(
    own: Declarations, imgix: SimulatedImgix, on_delete: str
) -> None:
    """A rename without an alias is told of aliases first; adopting then sends nothing at all."""
    blog = folder("Blog", "acme", on_delete=on_delete)
    assert own.declare({"blog": blog}).up(skip_preview=True).ok
    (source,) = imgix.sources

    refused = own.declare({"journal": blog}).up(skip_preview=True)
    assert not refused.ok
    advice = refused.text[refused.text.index("imgix refused to create") :]
    assert 0 < advice.index("aliases=[pulumi.Alias(name=") < advice.index(f'adopt="{source}"')
    imgix.requests.clear()
    adopted = own.declare({"journal": {**blog, "adopt": source}}).up(skip_preview=True)

    assert adopted.ok, adopted.text
    assert 'left as it is: resource "journal" of this stack has this source now' in adopted.text
    assert imgix.source(source).enabled
    assert subdomains(imgix, source) == {"acme"}
    assert changes(imgix) == []


def test_a_source_that_moves_into_a_component_by_adoption_serves_on(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """The same resource name below a component is another resource, which has the source then."""
    stack = own.declare({"blog": folder("Blog", "acme")})
    assert stack.up(skip_preview=True).ok
    (source,) = imgix.sources
    (stack.program_dir / "__main__.py").write_text(f'''
import pulumi
import imgix_provider as imgix

site = pulumi.ComponentResource("acme:index:Site", "site")
imgix.ImgixSource("blog", name="Blog", adopt="{source}",
    deployment=imgix.WebFolderDeployment(imgix_subdomains=["acme"], webfolder_base_url="{URL}"),
    opts=pulumi.ResourceOptions(parent=site))
''')

    done = stack.up(skip_preview=True)

    assert done.ok, done.text
    assert "left as it is" in done.text
    assert imgix.source(source).enabled


def test_a_source_whose_adoption_fails_is_not_switched_off_under_its_old_name(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """What the program wants to adopt is not deleted under another name, even if that failed."""
    assert own.declare({"blog": folder("Blog", "acme")}).up(skip_preview=True).ok
    (source,) = imgix.sources
    imgix.refuse_access_key("AKIAREFUSED")
    s3 = {"type": "s3", "s3_bucket": "b", "s3_access_key": "AKIAREFUSED", "s3_secret_key": "x"}
    journal = {
        "name": "Blog",
        "adopt": source,
        "deployment": {**s3, "imgix_subdomains": ["acme"]},
    }
    own.declare({"journal": journal}).up(skip_preview=True)

    assert imgix.source(source).enabled


def test_a_source_that_one_resource_keeps_is_not_adopted_by_another(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """Two owners of one source would undo each other; the second is told of the first."""
    assert own.declare({"blog": folder("Blog", "acme")}).up(skip_preview=True).ok
    (source,) = imgix.sources
    both = {"blog": folder("Blog", "acme"), "shop": folder("Shop", "shop", adopt=source)}

    preview = own.declare(both).preview()

    assert not preview.ok
    assert f"source {source} is managed by resource" in preview.text  # either names the other
    assert imgix.source(source).name == "Blog"


def test_twins_are_refused_where_they_are_declared(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """Equal names and domains are told in preview by both resource names."""
    twins = {"blog": folder("Blog", "acme"), "journal": folder("Blog", "acme")}

    preview = own.declare(twins).preview()

    assert not preview.ok
    assert (
        'imgix source "journal": deployment.imgix_subdomains[0]: "acme" is declared by resource '
        '"blog" ("Blog") of this stack too'
    ) in preview.text
    assert "Traceback" not in preview.text
    assert changes(imgix) == []


def test_twins_that_are_known_only_later_are_refused_in_preview(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """Where declarations are outputs, the check finds that two of them ask for one domain."""
    stack = own.declare({})
    (stack.program_dir / "__main__.py").write_text(f'''
import pulumi
import imgix_provider as imgix

for name in ("blog", "journal"):
    imgix.ImgixSource(name, name="Blog", deployment=pulumi.Output.from_input(
        dict(type="webfolder", imgix_subdomains=["acme"], webfolder_base_url="{URL}")))
''')
    preview = stack.preview()

    assert not preview.ok
    assert '"acme" is declared by resource "' in preview.text
    assert imgix.sources == {}


def test_two_resources_do_not_adopt_one_source(own: Declarations, imgix: SimulatedImgix) -> None:
    """Two resources with the same id to adopt are told of each other."""
    source = imgix.add_source(name="Old", deployment=folder("", "old")["deployment"])
    twins = {
        "blog": folder("Blog", "blog", adopt=source),
        "shop": folder("Shop", "shop", adopt=source),
    }

    preview = own.declare(twins).preview()

    assert not preview.ok
    assert f'source {source} is managed by resource "blog" of this stack too' in preview.text
    assert changes(imgix) == []


def test_a_replacement_that_retains_the_shared_domain_is_refused_in_preview(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """The old source would keep the domain for ever, so the new one could never have it."""
    options = {"on_type_change": "replace", "on_delete": "retain"}
    assert own.declare({"blog": folder("Blog", "acme", **options)}).up(skip_preview=True).ok

    preview = own.declare({"blog": proxy("Blog", "acme", **options)}).preview()

    assert not preview.ok
    assert 'on_delete="retain" leaves acme with the old source' in preview.text
    assert 'Set on_delete="release"' in preview.text
    moved = own.declare({"blog": proxy("Blog", "fresh", **options)}).up()
    assert moved.ok, moved.text
    assert sorted(source.enabled for source in imgix.sources.values()) == [True, True]


@pytest.mark.parametrize("parallel", [1, 16])
@pytest.mark.parametrize("order", [("giver", "taker"), ("taker", "giver")])
def test_a_domain_moves_in_one_run_whatever_the_order(
    own: Declarations, imgix: SimulatedImgix, order: tuple[str, str], parallel: int
) -> None:
    """Preview is clean, and one `up` moves subdomain and custom domain between two sources."""
    before = {
        "giver": folder("Giver", "a", "b", custom=["www.example.com"]),
        "taker": folder("Taker", "c"),
    }
    after = {
        "giver": folder("Giver", "a"),
        "taker": folder("Taker", "c", "b", custom=["www.example.com"]),
    }
    own.stack.parallel = parallel
    assert own.declare({name: before[name] for name in order}).up(skip_preview=True).ok

    moved = own.declare({name: after[name] for name in order}).up()

    assert moved.ok, moved.text
    assert "warning" not in moved.text + (moved.preview.text if moved.preview else "")
    assert subdomains(imgix, own.id_of("giver")) == {"a"}
    assert subdomains(imgix, own.id_of("taker")) == {"b", "c"}
    assert imgix.source(own.id_of("taker")).deployment["custom_domains"] == ["www.example.com"]
    assert own.stack.up(skip_preview=True).changes == {"same": 2}


@pytest.mark.parametrize("order", ["abc", "cba", "bca"])
def test_a_chain_of_moves_goes_through_in_one_run(
    own: Declarations, imgix: SimulatedImgix, order: str
) -> None:
    """Each source takes the only subdomain of the one before it, and each has one at every time."""
    own.stack.parallel = 1
    chain = {"a": "x", "b": "y", "c": "z"}
    first = {name: folder(name.upper(), chain[name]) for name in order}
    assert own.declare(first).up(skip_preview=True).ok
    chain = {"a": "w", "b": "x", "c": "y"}

    moved = own.declare({name: folder(name.upper(), chain[name]) for name in order}).up()

    assert moved.ok, moved.text
    assert {name: subdomains(imgix, own.id_of(name)) for name in order} == {
        name: {chain[name]} for name in order
    }


@pytest.mark.parametrize("parallel", [1, 16])
def test_a_swap_is_refused_without_a_preview_too(
    own: Declarations, imgix: SimulatedImgix, parallel: int
) -> None:
    """The run has begun to update one of the two when it learns of the other, and still ends."""
    own.stack.parallel = parallel
    before = {"one": folder("One", "a"), "two": folder("Two", "b"), "three": folder("Three", "c")}
    assert own.declare(before).up(skip_preview=True).ok
    after = {"one": folder("One", "b"), "two": folder("Two", "a"), "three": folder("Three", "c")}

    swapped = own.declare(after).up(skip_preview=True)

    assert not swapped.ok
    assert "Do it in two" in swapped.text
    assert "cannot update imgix source" not in swapped.text  # that it cannot is said once
    assert [subdomains(imgix, own.id_of(name)) for name in before] == [{"a"}, {"b"}, {"c"}]


@pytest.mark.parametrize("order", [("giver", "fresh"), ("fresh", "giver")])
def test_a_domain_moves_to_a_source_that_is_made_in_the_same_run(
    own: Declarations, imgix: SimulatedImgix, order: tuple[str, str]
) -> None:
    """A create waits for the domain that an update of the same run gives up."""
    own.stack.parallel = 1
    assert own.declare({"giver": folder("Giver", "a", "b")}).up(skip_preview=True).ok
    after = {"giver": folder("Giver", "a"), "fresh": folder("Fresh", "b")}

    moved = own.declare({name: after[name] for name in order}).up()

    assert moved.ok, moved.text
    assert moved.preview is not None
    foreseen = "imgix will refuse to create it" in moved.preview.text
    assert ("imgix can create it: source" in moved.preview.text) == foreseen
    assert subdomains(imgix, own.id_of("fresh")) == {"b"}
    assert len(imgix.sources) == 2


@pytest.mark.parametrize("order", [("giver", "taker"), ("taker", "giver")])
def test_a_disabled_source_gives_up_a_domain_and_stays_disabled(
    own: Declarations, imgix: SimulatedImgix, order: tuple[str, str]
) -> None:
    """A disabled source takes no change, so it is enabled for it, and disabled again."""
    before = {"giver": folder("Giver", "a", "b", enabled=False), "taker": folder("Taker", "c")}
    after = {"giver": folder("Giver", "a", enabled=False), "taker": folder("Taker", "c", "b")}
    assert own.declare({name: before[name] for name in order}).up(skip_preview=True).ok

    moved = own.declare({name: after[name] for name in order}).up()

    assert moved.ok, moved.text
    assert subdomains(imgix, own.id_of("taker")) == {"b", "c"}
    assert not imgix.source(own.id_of("giver")).enabled
    assert imgix.source(own.id_of("taker")).enabled


def test_a_swap_is_refused_in_preview_with_the_way_out(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """Two sources that exchange their only domains are told the two steps, which then work."""
    assert own.declare({"a": folder("A", "x"), "b": folder("B", "y")}).up(skip_preview=True).ok
    swapped = {"a": folder("A", "y"), "b": folder("B", "x")}
    imgix.requests.clear()

    preview = own.declare(swapped).preview()

    assert not preview.ok
    assert "swaps domains with" in preview.text
    assert "Do it in two" in preview.text
    assert changes(imgix) == []
    assert own.declare({"a": folder("A", "x2"), "b": folder("B", "y")}).up().ok
    assert own.declare(swapped).up().ok
    assert subdomains(imgix, own.id_of("a")) == {"y"}
    assert subdomains(imgix, own.id_of("b")) == {"x"}


def test_a_domain_whose_holder_is_deleted_in_the_same_run_is_told_in_two_steps(
    own: Declarations, imgix: SimulatedImgix
) -> None:
    """Deletes come last in a run: the message says so, and that the holder goes first."""
    old = folder("Old", "acme", on_delete="release")
    assert own.declare({"old": old}).up(skip_preview=True).ok
    new = {"new": folder("New", "acme")}

    refused = own.declare(new).up()

    assert not refused.ok
    assert "deletes come last in a run" in refused.text
    assert "again" not in refused.text.split("imgix refused")[1]
    assert own.declare({}).up().ok
    assert own.declare(new).up().ok
