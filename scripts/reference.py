"""Writes the reference: what the public interface, settings and commands say of themselves.

Signatures, docstrings, the tables in them and the parsers of the command lines are laid out as
pages of docs/; see `scripts/reference`.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import imgix_provider
import imgix_testing.__main__
import imgix_testing.pytest_plugin
from imgix_provider import errors, settings
from imgix_provider.cli import main as command_line
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_testing import engine, server
from imgix_testing.server import cli as server_cli

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
MADE: Final = "<!-- Written by scripts/reference; change the code, not this page. -->\n"
_FIELDS_PAGE: Final = "fields.md"
_WIDTH: Final = 88


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return {
        "python.md": _page("Python", _python()),
        "settings.md": _page("Settings", _settings()),
        "command-line.md": _page("Command line", _commands()),
        "testing-tools.md": _page("Testing tools", _testing()),
    }


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n".join([f"# {title}\n", MADE, *parts]).rstrip() + "\n"


def _python() -> Iterator[str]:
    yield "Everything that `import imgix_provider as imgix` offers.\n"
    yield "## Sources\n"
    yield from _class(imgix_provider.ImgixSource, level=3)
    yield from _function(imgix_provider.declare_sources, level=3)
    yield "## Deployments\n"
    yield f"One class for each type. Their arguments are the fields in [Fields]({_FIELDS_PAGE}).\n"
    yield _table(("class", "type", ""), _deployments())
    yield "### KEEP\n"
    yield (
        f"`imgix.KEEP`, in configuration `{imgix_provider.KEEP}`: in place of a value that imgix "
        "never returns, it stands for the value that imgix has. Only for a source that exists.\n"
    )
    yield "## Lookups\n"
    for name in ("get_source", "get_source_output", "list_sources", "list_sources_output"):
        yield from _function(getattr(imgix_provider, name), level=3)
    yield from _class(imgix_provider.FoundSource, level=3)
    yield "## Errors\n"
    yield (
        "In a program, what is wrong is a `pulumi.RunError` with a line for each problem; in a "
        "run, an error of the engine. The lines are the messages of these errors.\n"
    )
    yield _table(("class", "a kind of", "when"), _errors())


def _deployments() -> Iterator[tuple[str, str, str]]:
    for name, cls in DEPLOYMENT_CLASSES.items():
        yield f"`{cls.__name__}`", f"`{name}`", _first(cls)


def _errors() -> Iterator[tuple[str, str, str]]:
    waiting: list[type] = [errors.ImgixError]
    while waiting:
        cls = waiting.pop(0)
        yield f"`{cls.__name__}`", f"`{cls.__mro__[1].__name__}`", _first(cls)
        waiting = [each for each in cls.__subclasses__() if _is_public(each)] + waiting


def _is_public(cls: type) -> bool:
    return cls.__name__ in imgix_provider.__all__


def _settings() -> Iterator[str]:
    text = inspect.cleandoc(settings.__doc__ or "").partition("\n\n")[2]
    yield re.sub(r"\((https:\S+)\)", r"([imgix's page](\1))", text) + "\n"
    yield (
        "A setting that is misspelt is a warning. In an explicit provider, the keys are the same; "
        "see [Several accounts](limits.md#several-accounts-in-one-stack).\n"
    )
    yield "## Addresses and proxies\n"
    yield (
        "`imgix:apiUrl` must be https, except for this machine itself. `HTTPS_PROXY`, `NO_PROXY` "
        "and `REQUESTS_CA_BUNDLE` work as usual; see [Offline and proxies](networks.md).\n"
    )


def _commands() -> Iterator[str]:
    yield (
        "The same is printed by `--help`. What `review` looks for is in the table of "
        "[rules](review.md#rules).\n"
    )
    yield from _parser(command_line._parser(), level=2)
    testing = argparse.ArgumentParser(prog="python -m imgix_testing")
    testing.description = imgix_testing.__main__.DESCRIPTION
    server_cli.add_commands(testing.add_subparsers(required=True, metavar="COMMAND"))
    yield from _parser(testing, level=2)


def _parser(parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{parser.prog}`\n"
    if parser.description:
        yield _sentence(parser.description) + "\n"
    options = [action for action in parser._actions if action.dest not in ("help", "command")]
    inner = [a for a in options if isinstance(a, argparse._SubParsersAction)]
    rows = [_option(action) for action in options if action not in inner]
    if rows:
        yield _table(("argument", "meaning"), rows)
    if parser.epilog:
        yield f"```text\n{parser.epilog.strip()}\n```\n"
    for action in inner:
        for name in action.choices:
            yield from _parser(action.choices[name], level + 1)


def _option(action: argparse.Action) -> tuple[str, str]:
    names = ", ".join(action.option_strings)
    value = action.metavar
    if value is None and action.choices:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    if value is None and action.nargs != 0:
        value = action.dest if not names else action.dest.upper()
    written = " ".join(part for part in (names, str(value or "")) if part)
    words = (action.help or "") % {"default": action.default}
    return f"`{written}`", _cell(words + (" (required)" if names and action.required else ""))


def _testing() -> Iterator[str]:
    yield (
        "What `imgix_testing` offers; see [Testing your own stack](testing.md) for how to use it. "
        "It needs the `testing` extra.\n"
    )
    yield "## Fixtures of `imgix_testing.pytest_plugin`\n"
    for name in ("imgix", "imgix_stack"):
        fixture = getattr(imgix_testing.pytest_plugin, name)
        yield f"### `{name}`\n\n{_prose(inspect.getdoc(fixture) or '')}\n"
    for module, title in ((engine, "engine"), (server, "server")):
        yield f"## `imgix_testing.{title}`\n"
        for name in module.__all__:
            found = getattr(module, name)
            if inspect.isclass(found):
                yield from _class(found, level=3)


def _class(cls: type, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{cls.__name__}`\n"
    yield _prose(inspect.getdoc(cls) or "") + "\n"
    own = vars(cls).get("__init__")
    if own is not None and not hasattr(cls, "__attrs_attrs__"):
        yield _signature(cls.__name__, own)
        yield _prose(inspect.getdoc(own) or "") + "\n"
    attributes = list(_attributes(cls))
    if attributes:
        yield _table(("attribute", "type", "meaning"), attributes)
    bases = [f"`{base.__name__}`" for base in cls.__bases__ if base in _listed()]
    if bases:
        yield f"It also has everything that {' and '.join(bases)} has.\n"
    for name, member in vars(cls).items():
        method = getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(method) and method.__doc__:
            yield from _function(method, level + 1, f"{cls.__name__}.{name}")


def _listed() -> list[type]:
    modules = (engine, server)
    found = (getattr(module, name) for module in modules for name in module.__all__)
    return [each for each in found if inspect.isclass(each)]


def _attributes(cls: type) -> Iterator[tuple[str, str, str]]:
    """Yield the annotated attributes and the properties, with what is said of them."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    for body in (*(part.body for part in tree.body if isinstance(part, ast.If)), tree.body):
        for line, following in zip(body, [*body[1:], None], strict=True):
            if isinstance(line, ast.AnnAssign) and not ast.unparse(line.target).startswith("_"):
                default = ""
                if isinstance(line.value, ast.Constant):
                    default = f"; default `{_written(line.value)}`"
                kind = _kind(line.annotation)
                yield f"`{ast.unparse(line.target)}`", kind + default, _cell(_said(following))
            elif isinstance(line, ast.FunctionDef) and _is_property(line):
                said = ast.get_docstring(line) or ""
                yield f"`{line.name}`", _kind(line.returns), _cell(said)


def _kind(annotation: ast.expr | None) -> str:
    text = ast.unparse(annotation).strip("'\"") if annotation else ""
    return f"`{_cell(text)}`"


def _is_property(line: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator) == "property" for decorator in line.decorator_list)


def _said(line: ast.stmt | None) -> str:
    """Return the text that stands below an attribute."""
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
        return str(line.value.value)
    return ""


def _function(function: Any, level: int, name: str = "") -> Iterator[str]:
    name = name or function.__name__
    yield f"{'#' * level} `{name}`\n"
    yield _signature(name, function)
    yield _prose(inspect.getdoc(function) or "") + "\n"


def _signature(name: str, function: Any) -> str:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef)
    parts = [part for part in _parameters(tree.args) if part not in ("self", "cls")]
    returns = ast.unparse(tree.returns).strip("'") if tree.returns else "None"
    arrow = "" if returns == "None" else f" -> {returns}"
    one_line = f"{name}({', '.join(parts)}){arrow}"
    if len(one_line) > _WIDTH:
        one_line = f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){arrow}"
    return f"```py\n{one_line}\n```\n"


def _parameters(given: ast.arguments) -> Iterator[str]:
    """Yield the parameters as they are written, defaults included."""
    missing: list[ast.expr | None] = [None] * (len(given.args) - len(given.defaults))
    for argument, default in zip(given.args, [*missing, *given.defaults], strict=True):
        yield _parameter(argument, default)
    if given.kwonlyargs:
        yield "*"
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield _parameter(argument, default)
    if given.kwarg:
        yield f"**{_parameter(given.kwarg, None)}"


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {_written(default)}" if default else "")


def _written(value: ast.expr) -> str:
    """Return a default as people write it: a text in double quotes."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return f'"{value.value}"'
    return ast.unparse(value)


def _prose(doc: str) -> str:
    """Return a docstring as Markdown: its lists of arguments and errors become tables."""
    out = []
    for part in re.split(r"\n\n(?=(?:Args|Raises|Returns):\n)", doc):
        head, _, body = part.partition(":\n")
        if head in ("Args", "Raises"):
            title = ("argument", "meaning") if head == "Args" else ("raises", "when")
            out.append(_table(title, _entries(textwrap.dedent(body))).rstrip())
        else:
            out.append(re.sub(r"(?<![(<])(https://[^\s)]+[^\s).])", r"<\1>", part))
    return "\n\n".join(out).rstrip()


def _entries(body: str) -> Iterator[tuple[str, str]]:
    for entry in re.split(r"\n(?=\S)", body.strip()):
        name, _, words = entry.partition(":")
        yield f"`{name}`", _cell(words)


def _table(titles: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    titles = list(titles)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines) + "\n"


def _first(thing: Any) -> str:
    return re.sub(r"\s+", " ", (inspect.getdoc(thing) or "").split("\n\n")[0])


def _sentence(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


if __name__ == "__main__":
    for page_name, page_text in pages().items():
        (DOCS / page_name).write_text(page_text, encoding="utf-8")
