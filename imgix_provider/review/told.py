"""The messages in a preview: why it failed, what the provider and the program said of a source.

Tracebacks are never shown: they are long, and a program's can hold a secret. What a program merely
prints is not shown either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from imgix_provider.messages import redact
from imgix_provider.review.model import Said, Severity
from imgix_provider.review.shape import PLUGIN, snake_case
from imgix_provider.review.words import clean

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|<\{%[^%]{0,40}%\}>")
_URN: Final = re.compile(r"urn:pulumi:[^\s'\"`]*::([^\s'\"`:]+)")
_LINE: Final = re.compile(
    r'(?:warning: )?imgix source "(?P<name>.*?)"(?: \((?P<id>[A-Za-z0-9_-]+)\))?: '
    r"(?P<text>.+)",
    re.DOTALL,
)
_CHECK: Final = re.compile(
    r"(?P<type>\S*) ?resource '(?P<resource>[^']*)'(?:: property (?P<path>\S+) value \{.*\})? "
    r"has a problem: "
    r"(?P<text>.*)",
    re.DOTALL,
)
_PROTECTED: Final = re.compile(r'resource "(?P<resource>[^"]*)" cannot be deleted\s+because it is')
_SECRETS_CHANGE: Final = re.compile(r"(?P<keys>[\w, ]+?) changes?; imgix deploys the source again")
_OWN: Final = re.compile(r"^Exception calling application: (?=imgix source \"|imgix:)")
"""What an older SDK writes before an error of this provider, which holds no secret."""
_TRACEBACK: Final = re.compile(r'^\s*(Traceback \(most recent|File "|\^+\s*$)', re.MULTILINE)
_GENERIC: Final = (
    "preview failed",
    "update failed",
    "an unhandled error occurred: program exited with non-zero exit code",
)
_NO_DIAGNOSTICS: Final = re.compile(r"Error registering \w+ \[[^\]]*\]: no diagnostics")
_YAML_ERROR: Final = re.compile(r"Error: (?P<text>\S.*)", re.DOTALL)
_YAML_PLACE: Final = re.compile(r"\s*on (?P<file>\S+\.ya?ml) line (?P<line>\d+):")
"""How the host of a YAML program tells a mistake of it: as lines that a program might print, of no
resource, and, with what imgix says, in one message."""
_REFUSED: Final = re.compile("imgix will refuse to create it, ")
_TAKEN_BACK: Final = re.compile(r"imgix can create it: (?P<giver>source \S+ )")
"""What the provider says once it learns that the run frees a domain; it had foreseen a refusal."""
_CONSUMED: Final = re.compile(
    r"the type changes from .*|no longer declared: .*"
    r"|source \S+ is adopted, nothing is created; nothing changes at imgix"
)
"""Lines from the provider that say what a review shows anyway."""


@attrs.frozen(kw_only=True)
class Line:
    """A line about a source, with whatever identifies the source."""

    said: Said
    urn: str = ""
    name: str = ""
    id: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The changed secrets that the line names."""
        found = _SECRETS_CHANGE.fullmatch(self.said.text)
        keys = re.split(r", | and ", found["keys"]) if found else []
        return tuple(snake_case(key.strip().removeprefix("deployment.")) for key in keys)

    @property
    def is_shown_anyway(self) -> bool:
        """Whether a review shows it anyway, from the values."""
        return bool(self.secrets) or bool(_CONSUMED.fullmatch(self.said.text))


@attrs.frozen
class Told:
    """Everything that was said in a preview."""

    problems: tuple[str, ...]
    lines: tuple[Line, ...]
    failed: bool


def told_in(diagnostics: Iterable[Mapping[str, Any]], secrets: Iterable[str]) -> Told:
    """Sort out the diagnostics of a preview; their order does not matter."""
    hidden = sorted(secrets)
    problems: set[str] = set()
    lines: set[Line] = set()
    printed: set[str] = set()
    failed = False
    for diagnostic in diagnostics:
        severity = diagnostic.get("severity")
        message = diagnostic.get("message")
        if not isinstance(message, str) or not isinstance(severity, str):
            continue
        failed = failed or severity == "error"
        text = redact(_COLOUR.sub("", message), hidden)
        urn = diagnostic.get("urn")
        if severity == "error":
            problems |= set(_problems(text, bool(urn)))
            continue
        if severity == "info#err" and not urn:
            printed.add(text)
        if line := _line(text, severity, urn if isinstance(urn, str) else "", diagnostic):
            lines.add(line)
    mistakes = set(_mistakes_in_yaml(printed))
    failed = failed or bool(mistakes)
    problems |= mistakes
    telling = [text for text in problems if not _is_generic(text)]
    order: Callable[[Line], Any] = lambda line: (  # noqa: E731
        line.urn,
        line.name,
        line.id,
        line.said.severity.value,
        line.said.text,
    )
    return Told(
        problems=tuple(_together(sorted(telling or problems))),
        lines=tuple(sorted(_valid(lines), key=order)),
        failed=failed,
    )


def _is_generic(problem: str) -> bool:
    return problem.startswith(_GENERIC) or bool(_NO_DIAGNOSTICS.fullmatch(problem))


def _mistakes_in_yaml(printed: set[str]) -> Iterator[str]:
    """Yield what the host of a YAML program says of the program, if anything."""
    errors = [found["text"] for text in printed if (found := _YAML_ERROR.match(text))]
    places = [found for text in printed if (found := _YAML_PLACE.match(text))]
    for error in errors if places else ():
        text = clean(error)
        yield _placed(text, places[0]) if len(errors) == len(places) == 1 else text


def _placed(problem: str, place: re.Match[str]) -> str:
    return f"{problem} ({clean(place['file'])}, line {place['line']})"


def _valid(lines: set[Line]) -> Iterator[Line]:
    """Yield the lines without refusals that were foreseen and then taken back."""
    found = [(line, _TAKEN_BACK.match(line.said.text)) for line in lines]
    freed = {(line.name, match["giver"]) for line, match in found if match}
    for line, match in found:
        text = line.said.text
        refused = _REFUSED.match(text) and any(
            line.name == name and giver in text for name, giver in freed
        )
        if not match and not refused:
            yield line


def _together(problems: list[str]) -> list[str]:
    """Return the problems, joining those that differ only in the name of the source."""
    named: dict[str, list[str]] = {}
    for problem in problems:
        found = _NAMED.search(problem)
        key = _NAMED.sub(_HERE, problem, count=1) if found else problem
        named.setdefault(key, []).append(found[1] if found else "")
    texts = []
    for key, names in named.items():
        shown = ", ".join(names[:_MOST_NAMES])
        more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
        plural = "s" if len(names) > 1 else ""
        texts.append(key.replace(_HERE, f"imgix source{plural} {shown}{more}"))
    return texts


_NAMED: Final = re.compile(r'imgix source ("[^"]*")')
_HERE: Final = "\ue013"
_MOST_NAMES: Final = 8


def _problems(message: str, about_one: bool) -> list[str]:
    """Return the problems in an error; for a traceback, only that there was one."""
    text = message.strip().removeprefix("error: ").removeprefix("Preview failed: ")
    if "unhandled exception" in text.partition("\n")[0]:
        return [
            "the program failed with an exception; what it said is not shown here, since it can "
            "hold secrets: see the log of the run"
        ]
    text = _OWN.sub("", text)
    if text.startswith("Exception calling application"):
        return ["the provider failed with an exception; see the log of the run"]
    traceback = _TRACEBACK.search(text)
    text = text[: traceback.start()] if traceback else text
    text = re.sub(r"^\w*Error: |^rpc error: code = \w+ desc = ", "", text)
    first, _, rest = text.partition("\n")
    if place := _YAML_PLACE.match(rest):
        return [_placed(clean(first), place)]
    check = _CHECK.match(text)
    if check is not None:
        path = f"{check['path']}: " if check["path"] else ""
        is_provider = check["type"].startswith("pulumi:providers:")
        what = "provider" if is_provider else "imgix source resource"
        text = f'{what} "{check["resource"]}": {path}{check["text"]}'
    protected = _PROTECTED.match(text)
    if protected is not None:
        name = _URN.sub(r"\1", protected["resource"])
        text = (
            f'resource "{name}" is protected and cannot be deleted: remove `protect` in the '
            "program and run `pulumi up` first"
        )
    text = _URN.sub(r"\1", text)
    parts = [text] if about_one else text.splitlines()
    return [line for part in parts if (line := clean(part))]


def _line(message: str, severity: str, urn: str, diagnostic: Mapping[str, Any]) -> Line | None:
    text = message.strip()
    warns = severity == "warning" or text.startswith("warning: ")
    level = Severity.WARNING if warns else Severity.NOTE
    found = _LINE.fullmatch(text)
    if found is not None:
        said = Said(level, clean(found["text"]))
        return Line(said=said, urn=urn, name=clean(found["name"]), id=found["id"] or "")
    by_plugin = f"{PLUGIN}::" in urn
    if severity != "warning" and not by_plugin:
        return None
    by = "policy" if diagnostic.get("policy") else "provider" if by_plugin else "program"
    text = _URN.sub(r"\1", text.removeprefix("warning: "))
    traceback = _TRACEBACK.search(text)
    text = clean(text[: traceback.start()] if traceback else text)
    return Line(said=Said(level, text, by), urn=urn) if text else None
