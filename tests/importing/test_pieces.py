"""The parts of an import by themselves: names, declarations, and the two ways to write them."""

from __future__ import annotations

import ast
import json
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imgix_provider.api.source import Source
from imgix_provider.deployments.fields import KEEP
from imgix_provider.importing.configuration import stack_configuration
from imgix_provider.importing.declarations import ImportedSources, import_sources
from imgix_provider.importing.import_file import ids_to_import
from imgix_provider.importing.names import as_a_person_sorts, resource_names
from imgix_provider.importing.python import program
from imgix_provider.importing.state import import_file
from imgix_provider.provider import ImgixSourceProvider, use_run
from imgix_provider.run import Run
from imgix_provider.settings import Settings

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda text: text != KEEP)
VALUES = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXTS
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def source(number: int, name: str, **deployment: Any) -> Source:
    """Return a web folder as imgix would show it."""
    return Source(
        id=f"{number:024x}",
        name=name,
        enabled=True,
        deployment={
            "type": "webfolder",
            "imgix_subdomains": [f"s{number}"],
            "webfolder_base_url": "https://www.example.com/",
            **deployment,
        },
    )


SOURCES = st.lists(
    st.builds(
        lambda name, params, note, user: (name, params, note, user),
        TEXTS.filter(lambda text: text.strip() != ""),
        st.dictionaries(TEXTS.filter(lambda t: t.strip() != ""), VALUES | NUMBERS, max_size=3),
        TEXTS | st.none(),
        st.none() | st.just("user") | st.just("1e3"),
    ),
    min_size=1,
    max_size=6,
).map(
    lambda rows: [
        source(number, name, default_params=params, annotation=note, username=user)
        for number, (name, params, note, user) in enumerate(rows)
    ]
)


def from_engine(value: Any) -> Any:
    """Return a value of the import file as the engine hands it to the provider."""
    if isinstance(value, dict):
        if "plaintext" in value and len(value) == 2:
            return json.loads(value["plaintext"])
        return {key: from_engine(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [from_engine(item) for item in value]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_number else value


def declared_in(text: str) -> list[dict[str, Any]]:
    """Return the arguments of each source in a program, as far as they are literals."""
    calls = [node.value for node in ast.parse(text).body if isinstance(node, ast.Expr)]
    found = []
    for call in calls:
        if not isinstance(call, ast.Call):
            continue
        arguments = {keyword.arg: keyword.value for keyword in call.keywords}
        deployment = arguments.pop("deployment")
        assert isinstance(deployment, ast.Call)
        found.append(
            {
                "resource": ast.literal_eval(call.args[0]),
                **{key: ast.literal_eval(value) for key, value in arguments.items() if key},
                "deployment": {
                    key.arg: KEEP
                    if isinstance(key.value, ast.Attribute)
                    else ast.literal_eval(key.value)
                    for key in deployment.keywords
                },
            }
        )
    return found


@given(SOURCES)
def test_check_and_diff_find_nothing_to_change(sources: list[Source]) -> None:
    """Imported inputs pass check as they are, and differ in nothing from the outputs."""
    use_run(Run(Settings()))  # a run of its own, as for each preview
    provider = ImgixSourceProvider()
    result = import_sources(sources)
    resources = json.loads(import_file(result.imported))["resources"]
    assert result.left_out == ()
    for resource in resources:
        inputs, outputs = from_engine(resource["inputs"]), from_engine(resource["outputs"])
        checked = provider.check(inputs, inputs)
        assert [failure.reason for failure in checked.failures] == []
        # Compared as JSON, in which a whole float and an int differ no more than for the engine.
        expected = {key: value for key, value in inputs.items() if key != "__provider"}
        assert from_engine(checked.inputs) == expected
        assert provider.diff(resource["id"], outputs, checked.inputs).changes is False


@given(SOURCES)
def test_both_ways_to_write_say_what_is_imported(sources: list[Source]) -> None:
    """The program and the configuration hold the very values of the import file."""
    result = import_sources(sources)
    expected = [
        {"resource": each.resource_name, "name": each.declaration.name}
        | {"deployment": {k: v for k, v in each.declaration.deployment.items() if k != "type"}}
        for each in result.imported
    ]
    assert declared_in(program(result)) == expected

    configured = yaml.safe_load(stack_configuration(result, "acme"))["config"]["acme:sources"]
    assert [
        {
            "resource": name,
            "name": entry["name"],
            "deployment": {k: v for k, v in entry["deployment"].items() if k != "type"},
        }
        for name, entry in configured.items()
    ] == expected


@given(st.lists(TEXTS, max_size=12))
def test_names_are_unique_and_plain(names: list[str]) -> None:
    """Whatever sources are called, each resource has a name, and no two the same."""
    sources = [source(number, name) for number, name in enumerate(names)]
    made = resource_names(sources)
    assert len(set(made.values())) == len(names)
    for name in made.values():
        assert name
        assert not set(name) & set(":.[]\"'/\\ \n\t")
    assert resource_names(reversed(sources)) == made


def test_names_are_as_a_person_would_choose() -> None:
    """Words with hyphens, in any script; the oldest keeps the plain name; else the subdomain."""
    names = [
        "Blog images",
        "blog  IMAGES!",
        "日本語の画像",
        "Ünïcode",
        "हिन्दी",
        "!!!",
        "blog-images-2",
    ]
    made = resource_names(source(number, name) for number, name in enumerate(names))
    assert list(made.values()) == [
        "blog-images",
        "日本語の画像",
        "ünïcode",
        "हिन्दी",
        "s5",
        "blog-images-2",
        "blog-images-3",
    ]
    assert sorted(["b-10", "b-2", "b"], key=as_a_person_sorts) == ["b", "b-2", "b-10"]


@pytest.mark.parametrize("digit", ["²", "𐹢", "٣"])
def test_digits_of_any_script_are_sorted(digit: str) -> None:
    """What counts as a digit need not be a number that Python reads."""
    in_order = sorted([f"b-{digit}", "b-10", digit, "b-2"], key=as_a_person_sorts)
    assert in_order.index("b-2") < in_order.index("b-10")


def test_only_what_differs_is_declared() -> None:
    """Documented defaults, nulls, unknown keys and automatic annotations are not declared."""
    default = source(
        1,
        "Blog",
        cache_ttl_error=300,
        custom_domains=[],
        default_params=[],
        image_error="",
        image_missing=None,
        annotation="New deployment created for source by ada@example.com",
        unheard_of=1,
    )
    (imported,) = import_sources([default]).imported
    assert set(imported.declaration.deployment) == {
        "type",
        "imgix_subdomains",
        "webfolder_base_url",
    }


def test_what_is_held_is_kept() -> None:
    """Optional secrets are kept where imgix hints that it holds one, and else not declared."""
    (imported,) = import_sources(
        [source(1, "Blog", password_encrypted="x", request_handshake_set=True)]
    ).imported
    assert imported.kept == ["password", "request_handshake"]


def test_a_source_that_imgix_has_deleted_is_left_out() -> None:
    """A refresh would take it out of the state again."""
    gone = attrs.evolve(source(1, "Gone"), deployment_status="deleted")
    result = import_sources([gone, source(2, "Blog")])
    assert [each.resource_name for each in result.imported] == ["blog"]
    assert [*map(str, result.left_out)] == [f'"Gone" ({gone.id}): imgix has deleted it']
    assert str(result.left_out[0]) in program(result)


def test_an_incomplete_source_is_left_out() -> None:
    """A source that imgix showed without its name is left out, and the import goes on."""
    result = import_sources([Source(id="0" * 24), source(1, "Blog")])
    assert len(result.imported) == 1
    assert "imgix did not show its name" in str(result.left_out[0])


def test_nothing_to_import_is_an_empty_program() -> None:
    """An account without sources gives files that hold none."""
    assert declared_in(program(ImportedSources((), ()))) == []
    assert json.loads(import_file(())) == {"resources": []}


def test_the_plugin_s_import_file_holds_ids_alone() -> None:
    """`pulumi import` reads each source itself; a name that the CLI takes for a word is another."""
    sources = [source(1, "Blog"), source(2, "null"), source(3, "null source")]
    resources = json.loads(ids_to_import(import_sources(sources).imported))["resources"]
    assert {each["name"]: each["id"][-1] for each in resources} == {
        "blog": "1",
        "null-source-2": "2",
        "null-source": "3",
    }
    assert {each["type"] for each in resources} == {"imgix:index:Source"}
    assert {key for each in resources for key in each} == {"type", "name", "id"}
