"""What is written twice, for checkers and readers, against the table of types and fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

import imgix_provider
from imgix_provider.api.query import FILTERS
from imgix_provider.deployments import types
from imgix_provider.deployments.fields import Kind
from imgix_provider.deployments.table import FIELDS
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES, Deployment
from imgix_provider.lookups import SourceType, list_sources, list_sources_output

ROOT = Path(__file__).parents[2]
ANNOTATIONS = {
    Kind.STRING: "Input[str]",
    Kind.INTEGER: "Input[int]",
    Kind.BOOLEAN: "Input[bool]",
    Kind.LIST: "Input[list[",
    Kind.OBJECT: "Input[Mapping[str, Any]]",
}


def test_every_deployment_class_is_a_type_of_the_table() -> None:
    """A class that the table does not list could be declared, but never checked."""
    declared = [cls for cls in vars(types).values() if inspect.isclass(cls) and "type" in vars(cls)]
    assert {cls for cls in declared if issubclass(cls, Deployment)} - {Deployment} == set(
        DEPLOYMENT_CLASSES.values()
    )


def test_the_type_of_a_lookup_is_one_of_the_table() -> None:
    """A checker accepts just the types that exist."""
    assert sorted(get_args(SourceType)) == sorted(DEPLOYMENT_CLASSES)


def test_every_class_of_the_table_is_exported() -> None:
    """Whatever type a person declares, its class is in the public interface."""
    exported = {
        name
        for name in imgix_provider.__all__
        if inspect.isclass(found := getattr(imgix_provider, name)) and issubclass(found, Deployment)
    }
    assert exported - {"Deployment"} == {cls.__name__ for cls in DEPLOYMENT_CLASSES.values()}


def test_the_readme_lists_every_type_and_its_class() -> None:
    """The table in the README is what a reader chooses from."""
    readme = (ROOT / "README.md").read_text()
    for name, cls in DEPLOYMENT_CLASSES.items():
        assert f"| `{name}` | `{cls.__name__}` |" in readme


@pytest.mark.parametrize("lookup", [list_sources, list_sources_output])
def test_a_lookup_takes_every_filter(lookup: Callable[..., Any]) -> None:
    """The arguments are written out for checkers; they are the filters that imgix has."""
    assert set(inspect.signature(lookup).parameters) - {"sort"} == set(FILTERS)


@pytest.mark.parametrize("name", DEPLOYMENT_CLASSES)
def test_what_a_checker_sees_of_a_field_is_its_kind(name: str) -> None:
    """A program that a type checker passes is not refused for the kind of a value."""
    seen: dict[str, str] = {}
    for cls in reversed(DEPLOYMENT_CLASSES[name].__mro__):
        seen |= inspect.get_annotations(cls)
    for field in FIELDS[name].values():
        assert seen[field.name].startswith(ANNOTATIONS[field.kind]), field.name
