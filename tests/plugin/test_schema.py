"""The schema against the table it is made from, and every example against the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from imgix_provider.api.query import FILTERS
from imgix_provider.deployments.table import COMMON_FIELDS, FIELDS
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.plugin.schema import schema, schema_text
from imgix_provider.sources.declaration import OUTPUTS
from imgix_provider.sources.validation import DECLARED_ARGUMENTS, ON_DELETE, ON_TYPE_CHANGE
from tests.plugin.conftest import Plugin

ROOT = Path(__file__).parents[2]
SCHEMA = schema()
SOURCE = SCHEMA["resources"]["imgix:index:Source"]
KINDS = {
    "string": "string",
    "integer": "integer",
    "boolean": "boolean",
    "list of strings": "array",
    "object": "object",
}


def type_of(name: str) -> Any:
    """Return a type of the schema."""
    return SCHEMA["types"][f"imgix:index:{name}"]


def snake(name: str) -> str:
    """Return a name as imgix writes it, told apart from `names` on purpose."""
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def test_the_file_is_up_to_date() -> None:
    """What tools read from `plugin/schema.json` is what the plugin serves."""
    assert (ROOT / "plugin" / "schema.json").read_text() == schema_text()


def test_the_plugin_serves_the_schema(shared_plugin: Plugin) -> None:
    """A language's types are made from what the process answers."""
    from pulumi.runtime.proto import provider_pb2

    answer = shared_plugin.stub.GetSchema(provider_pb2.GetSchemaRequest(version=0), timeout=10)
    assert json.loads(answer.schema) == SCHEMA


@pytest.mark.parametrize("deployment_type", FIELDS)
def test_a_block_has_the_fields_of_its_type(deployment_type: str) -> None:
    """Each field once, of its kind, required where imgix wants it, secret where it is one."""
    block = type_of(DEPLOYMENT_CLASSES[deployment_type].__name__)
    own = {k: spec for k, spec in FIELDS[deployment_type].items() if k not in COMMON_FIELDS}
    assert [snake(name) for name in block["properties"]] == list(own)
    for name, shown in block["properties"].items():
        spec = own[snake(name)]
        assert shown.get("secret", False) == spec.credential
        assert ("enum" in json.dumps(shown) or "$ref" in shown) or shown["type"] == "string"
        assert shown["description"]
    assert {snake(name) for name in block["required"]} == {k for k, s in own.items() if s.required}


def test_the_deployment_has_the_common_fields_and_a_block_for_each_type() -> None:
    """Side by side, so that a change of the type leaves the common fields where they are."""
    properties = type_of("Deployment")["properties"]
    assert [snake(name) for name in properties if snake(name) in COMMON_FIELDS] == [*COMMON_FIELDS]
    blocks = [name for name in properties if snake(name) not in COMMON_FIELDS]
    assert blocks == ["s3", "gcs", "azure", "webfolder", "webproxy", "s3Compatible"]
    assert type_of("Deployment")["required"] == ["imgixSubdomains"]
    for name, spec in COMMON_FIELDS.items():
        shown = next(each for key, each in properties.items() if snake(key) == name)
        assert shown.get("type", "string") == KINDS[spec.kind.value]


def test_the_resource_has_every_argument_and_output() -> None:
    """Inputs are outputs too."""
    assert [snake(name) for name in SOURCE["inputProperties"]] == [*DECLARED_ARGUMENTS]
    assert [snake(name) for name in SOURCE["properties"]] == [*DECLARED_ARGUMENTS, *OUTPUTS]
    assert SOURCE["properties"]["secureUrlToken"]["secret"]
    assert SOURCE["aliases"] == [{"type": "pulumi-python:dynamic/imgix:Source"}]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("OnDelete", ON_DELETE),
        ("OnTypeChange", ON_TYPE_CHANGE),
        ("SourceType", tuple(FIELDS)),
        ("CacheTtlBehavior", COMMON_FIELDS["cache_ttl_behavior"].choices),
        ("AzureServiceType", FIELDS["azure"]["azure_service_type"].choices),
    ],
)
def test_choices_are_enums(name: str, values: tuple[str, ...]) -> None:
    """Editors offer what imgix documents."""
    assert tuple(each["value"] for each in type_of(name)["enum"]) == values


def test_programs_import_the_same_wherever_the_plugin_comes_from() -> None:
    """Each language's package has a name of its own, which the examples import."""
    languages = SCHEMA["language"]
    examples = ROOT / "examples" / "plugin"
    assert f'"{languages["go"]["importBasePath"]}"' in (examples / "go" / "main.go").read_text()
    module = languages["go"]["modulePath"]
    assert f"replace {module} => ./sdks/" in (examples / "go" / "go.mod").read_text()
    package = languages["nodejs"]["packageName"]
    assert f'from "{package}"' in (examples / "typescript" / "index.ts").read_text()
    package = languages["python"]["packageName"]
    assert f"import {package} as" in (examples / "python" / "__main__.py").read_text()


@pytest.mark.parametrize(
    ("language", "page"),
    [("typescript", "typescript/index.ts"), ("python", "python/__main__.py"), ("go", "go/main.go")],
)
def test_editors_show_a_program_that_runs(language: str, page: str) -> None:
    """It is the language's example, which the real CLI runs, without the commands above it."""
    (shown,) = re.findall(rf"```{language}\n(.*?)```", SOURCE["description"], re.DOTALL)
    assert (ROOT / "examples" / "plugin" / page).read_text().endswith(f"\n{shown}")


def test_filters_are_those_that_imgix_documents() -> None:
    """The function and the list of `pulumi` take the same."""
    assert [snake(name) for name in type_of("SourceFilters")["properties"]] == [*FILTERS]
    assert SOURCE["listInputs"]["properties"] == type_of("SourceFilters")["properties"]


def test_every_reference_leads_somewhere() -> None:
    """No type is missing, none is left over, and each thing says what it is."""
    text = json.dumps(SCHEMA)
    named = set(re.findall(r"#/types/(imgix:index:\w+)", text))
    assert named == set(SCHEMA["types"])
    for name, spec in SCHEMA["types"].items():
        assert spec["description"], name
    assert re.findall(r"`[a-z]+_[a-z_]+`", text) == ["`date_deployed`"]  # sorts are imgix's words


def examples() -> Iterator[tuple[str, Any]]:
    """Yield every program in YAML: in the schema's descriptions, the examples and the docs."""
    fenced = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
    for place, text in (
        ("the resource", SOURCE["description"]),
        *((name, function["description"]) for name, function in SCHEMA["functions"].items()),
        *((str(path), path.read_text()) for path in (ROOT / "docs").glob("*.md")),
    ):
        for number, program in enumerate(fenced.findall(text)):
            if "imgix:" in program and ("resources:" in program or "variables:" in program):
                yield f"{place} {number}", yaml.safe_load(program)
    for path in (ROOT / "examples" / "plugin").rglob("Pulumi.yaml"):
        content = yaml.safe_load(path.read_text())
        if "resources" in content:
            yield str(path.relative_to(ROOT)), content


EXAMPLES = dict(examples())


@pytest.mark.parametrize("place", EXAMPLES)
def test_an_example_fits_the_schema(place: str) -> None:
    """What the documentation shows can be written as it stands."""
    program = EXAMPLES[place]
    checked = 0
    for resource in (program.get("resources") or {}).values():
        if resource["type"] in ("imgix:Source", "imgix:index:Source"):
            required = SOURCE["requiredInputs"]
            fits(resource["properties"], SOURCE["inputProperties"], required, place)
            checked += 1
        elif resource["type"] == "pulumi:providers:imgix":
            fits(resource["properties"], SCHEMA["provider"]["inputProperties"], [], place)
            checked += 1
    for variable in (program.get("variables") or {}).values():
        call = variable["fn::invoke"]
        function = SCHEMA["functions"][call["function"].replace("imgix:", "imgix:index:")]
        inputs = function["inputs"]
        fits(call["arguments"], inputs["properties"], inputs.get("required", []), place)
        checked += 1
    assert checked


def fits(values: Mapping[str, Any], properties: Any, required: list[str], place: str) -> None:
    """Fail where values do not fit the properties of the schema."""
    assert set(required) <= set(values), place
    for name, value in values.items():
        assert name in properties, f"{place}: {name}"
        value_fits(value, properties[name], f"{place}: {name}")


def value_fits(value: Any, spec: Any, place: str) -> None:
    """Fail where a value is not of its kind; an interpolation fits everything."""
    if isinstance(value, str) and "${" in value:
        return
    reference = spec.get("$ref", "")
    if reference.startswith("#/types/"):
        named = SCHEMA["types"][reference.removeprefix("#/types/")]
        if "enum" in named:
            assert value in [each["value"] for each in named["enum"]], place
        else:
            fits(value, named["properties"], named.get("required", []), place)
    elif not reference:
        kinds: Any = {
            "string": str,
            "integer": int,
            "number": (int, float),
            "boolean": bool,
            "array": list,
            "object": dict,
        }
        assert isinstance(value, kinds[spec["type"]]), place
