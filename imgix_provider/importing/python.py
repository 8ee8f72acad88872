"""Writes sources down as a Pulumi program in Python, as a person would write it.

The text is laid out as `ruff format` and Black lay it out by default, so that formatting it changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.importing.declarations import Imported, Takeover

_WIDTH: Final = 88
_INDENT: Final = "    "
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

Argument = tuple[str, Any]


def program(takeover: Takeover) -> str:
    """Return the program that declares the sources."""
    parts = ['"""The imgix sources that this stack takes over."""\n']
    if takeover.imported:
        parts.append("import imgix_provider as imgix\n")
    parts += [_declaration(imported) for imported in takeover.imported]
    if takeover.left_out:
        lines = [f"# - {left_out}\n" for left_out in takeover.left_out]
        parts.append("".join(["# Left out, since they cannot be declared as they are:\n", *lines]))
    return "\n".join(parts)


def config_key(resource_name: str, field: str) -> str:
    """Return the configuration key of a secret in the program's stack."""
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
    """Return the lines of one argument, in one line where that is sure to fit."""
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
    # How wide other scripts are is told differently by different tools; a last comma in a list of
    # one item a line settles it.
    if line.isascii() and len(line) <= _WIDTH:
        return [line]
    inner = [f"{indent}{_INDENT}{item}," for item in items]
    return [f"{indent}{start}{brackets[0]}", *inner, f"{indent}{brackets[1]},"]


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    # Formatters write an exponent without its plus.
    return repr(value).replace("e+", "e")


def _number(value: int) -> str:
    return f"{value:_}" if abs(value) >= 10_000 else str(value)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: str) -> str:
    """Return a string literal, in the quotes that need fewer escapes, double ones if equal."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_character(c, quote) for c in value) + quote


def _character(character: str, quote: str) -> str:
    if character == quote:
        return f"\\{quote}"
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else repr(character)[1:-1]
