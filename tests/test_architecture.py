"""The shape of the house: which module may know which, and how large one may be."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).parents[1]
PROVIDER = "imgix_provider"
TESTING = "imgix_testing"
MODULES = sorted(path for name in (PROVIDER, TESTING) for path in (ROOT / name).rglob("*.py"))
LONGEST = 330

RULES = tomli.loads((ROOT / "tests" / "architecture.toml").read_text())
# From the ground up: a module may import those of lower layers, never of its own or a higher one.
LAYERS: list[set[str]] = [set(layer) for layer in reversed(RULES["layer"])]


@cache
def imports(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports, at its head or anywhere in it."""
    found: set[str] = set()
    for node in _running(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = name_of(path).rpartition(".")[0] if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            # `from package import module` imports the module.
            names = {f"{module}.{alias.name}" for alias in node.names}
            found |= {name for name in names if name in MODULE_NAMES} or {module}
    return found


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs: all nodes but those below `if TYPE_CHECKING:`, which only a checker sees."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from _running(child)


def name_of(path: Path) -> str:
    """Return the full name of the module in a file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def short_name(path: Path) -> str:
    """Return the name of a module within its package."""
    return name_of(path).partition(".")[2] or path.stem


def package_of(path: Path) -> str:
    """Return the name of the package that a file belongs to."""
    return path.relative_to(ROOT).parts[0]


MODULE_NAMES = {name_of(path) for path in MODULES}


def graph(package: str) -> dict[str, set[str]]:
    """Return which modules of a package each of its modules imports."""
    return {
        name_of(path): {name for name in imports(path) if name in MODULE_NAMES}
        for path in MODULES
        if package_of(path) == package
    }


@pytest.mark.parametrize("package", [PROVIDER, TESTING])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    """Any module can be understood with those alone that it stands on."""
    arrows = {
        module: {name for name in found if name.startswith(package)}
        for module, found in graph(package).items()
    }
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_provider_never_imports_what_tests_it() -> None:
    """Who installs the provider needs nothing of the simulated account."""
    assert [
        path.name
        for path in MODULES
        if package_of(path) == PROVIDER and any(name.startswith(TESTING) for name in imports(path))
    ] == []


def test_the_simulated_account_does_not_lean_on_what_it_tests() -> None:
    """A mistake in the provider's table of fields is not repeated by the server that judges it."""
    assert [
        path.name
        for path in MODULES
        if package_of(path) == TESTING and any(name.startswith(PROVIDER) for name in imports(path))
    ] == []


def reachable(module: str) -> set[str]:
    """Return the modules of the provider that a module stands on, by their short names."""
    arrows = graph(PROVIDER)
    found: set[str] = set()
    open_ends = [PROVIDER if module == "__init__" else f"{PROVIDER}.{module}"]
    while open_ends:
        fresh = arrows.get(open_ends.pop(), set()) - found
        found |= fresh
        open_ends += fresh
    return {name.removeprefix(f"{PROVIDER}.") for name in found}


def test_every_module_has_its_layer() -> None:
    """The rules forget no module and name none that is gone."""
    modules = {
        short_name(path)
        for path in MODULES
        if package_of(path) == PROVIDER
        and (path.name != "__init__.py" or path.parent.name == PROVIDER)
    }
    assert set[str]().union(*LAYERS) == modules


def test_the_page_shows_the_rules() -> None:
    """ARCHITECTURE.md has the table that `scripts/architecture` makes of the rules."""
    script = runpy.run_path(str(ROOT / "scripts" / "architecture.py"))
    assert script["page"]() == (ROOT / "ARCHITECTURE.md").read_text()


def test_arrows_go_one_way() -> None:
    """Below, nobody knows who stands above, not even by a detour: from the adapter to the wire."""
    wrong = [
        f"{name} knows {above}"
        for number, layer in enumerate(LAYERS)
        for name in layer
        for above in reachable(name) & set[str]().union(*LAYERS[number:])
    ]
    assert wrong == []


def test_only_adapters_know_pulumi() -> None:
    """Another adapter can stand beside `provider`, on the same lifecycle."""
    knowing = {
        short_name(path)
        for path in MODULES
        if package_of(path) == PROVIDER
        and "pulumi" in {each.split(".")[0] for each in imports(path)}
    }
    assert knowing <= set(RULES["pulumi"])


def test_a_review_asks_nobody() -> None:
    """It stands on documents and on what imgix documents: no request, no resource, no Pulumi."""
    layers = set[str]().union(*LAYERS)
    review = {name for name in layers if name.startswith("review.")}
    assert review
    allowed = ("review.", "deployments.", "errors", "messages")
    standing_on = set[str]().union(*map(reachable, review)) & layers
    assert {name for name in standing_on if not name.startswith(allowed)} == set()


def test_only_one_module_knows_the_envelope() -> None:
    """The words of JSON:API stand in one module; the client asks that one."""
    envelope = {"attributes", "jsonapi", "errors", "pagination"}
    knowing = {
        path.stem
        for path in MODULES
        if package_of(path) == PROVIDER
        and envelope
        & {
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    }
    assert knowing == {"jsonapi"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for_and_can_be_read_in_one_go(path: Path) -> None:
    """Each has a docstring, and none is longer than a person reads at once."""
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= LONGEST
