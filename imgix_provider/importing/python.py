"""Writes sources as a Pulumi program in Python, the way a person would.

The layout is the default one of `ruff format` and Black, so formatting the file changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.importing.declarations import Imported, ImportedSources

_WIDTH: Final = 88
_INDENT: Final = "    "
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Argument = tuple[str, Any]


def program(sources: ImportedSources) -> str:
    """Return the program that declares the sources."""
    parts = ['"""The imgix sources of this stack, imported from an account."""\n']
    if sources.imported:
        parts.append("import imgix_provider as imgix\n")
    parts += [_declaration(imported) for imported in sources.imported]
    if sources.left_out:
        lines = [f"# - {left_out}\n" for left_out in sources.left_out]
        parts.append("".join(["# Not imported:\n", *lines]))
    return "\n".join(parts)


def config_key(resource_name: str, field: str) -> str:
    """Return the configuration key that holds a secret of the program."""
    return f"{resource_name}.{field}"


def _declaration(imported: Imported) -> str:
    declaration = imported.declaration
    deployment = [(key, value) for key, value in declaration.deployment.items() if key != "type"]
    lines = ["imgix.ImgixSource(", f"{_INDENT}{_text(imported.resource_name)},"]
    lines.append(f"{_INDENT}name={_text(declaration.name)},")
    if not declaration.enabled:
        lines.append(f"{_INDENT}enabled=False,")
    lines.append(f"{_INDENT}deployment=imgix.{DEPLOYMENT_CLASSES[declaration.type].__name__}(")
    for key, value in deployment:
        lines += _argument(_INDENT * 2, f"{key}=", value)
    lines += [f"{_INDENT}),", ")"]
    return "\n".join(lines) + "\n"


def _argument(indent: str, start: str, value: Any) -> list[str]:
    """Return the lines of one argument: one line if it is sure to fit."""
    if isinstance(value, str) and value == KEEP:
        return [f"{indent}{start}imgix.KEEP,"]
    if isinstance(value, Mapping):
        items = [f"{_text(str(key))}: {_scalar(value[key])}" for key in sorted(value)]
        return _bracketed(indent, start, "{}", items)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _bracketed(indent, start, "[]", [_scalar(item) for item in value])
    return [f"{indent}{start}{_number(value) if _is_int(value) else _scalar(value)},"]


def _bracketed(indent: str, start: str, brackets: str, items: Iterable[str]) -> list[str]:
    items = list(items)
    line = f"{indent}{start}{brackets[0]}{', '.join(items)}{brackets[1]},"
    # Formatters disagree on how wide other scripts are. One item per line and a trailing comma is
    # right for all of them.
    if line.isascii() and len(line) <= _WIDTH:
        return [line]
    inner = [f"{indent}{_INDENT}{item}," for item in items]
    return [f"{indent}{start}{brackets[0]}", *inner, f"{indent}{brackets[1]},"]


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    # Formatters drop the plus of an exponent.
    return repr(value).replace("e+", "e")


def _number(value: int) -> str:
    return f"{value:_}" if abs(value) >= 10_000 else str(value)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: str) -> str:
    """Return a string literal, in the quotes that need fewer escapes; double quotes on a tie."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_character(c, quote) for c in value) + quote


def _character(character: str, quote: str) -> str:
    if character == quote:
        return f"\\{quote}"
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else repr(character)[1:-1]
