"""Declares the sources listed in a stack's configuration, for the program in the root folder.

`imgix-sources:sources` maps a resource name to a source, with the arguments of `ImgixSource` and
`protect`. All mistakes in all sources are reported at once, each with its path in the
configuration. For a missing secret, the message has the command that sets it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import pulumi

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.table import CREDENTIALS, WRITE_ONLY
from imgix_provider.deployments.values import never_unknown
from imgix_provider.messages import show
from imgix_provider.resource import ImgixSource
from imgix_provider.sources.ledger import Ledger
from imgix_provider.sources.validation import Problem, problems_of

_KEY: Final = "sources"


def declare_sources(config: pulumi.Config | None = None) -> dict[str, ImgixSource]:
    """Declare every source in the stack's configuration and return them by resource name.

    Values that are encrypted in the stack's file stay secrets, in any field.

    Raises:
        pulumi.RunError: The configuration has mistakes; it has one line for each.
    """
    config = config or pulumi.Config()
    place = f"{config.name}:{_KEY}"
    sources = _configured(config)
    ledger = Ledger()
    lines = [
        line
        for resource_name, source in sources.items()
        for line in _problem_lines(place, resource_name, source, ledger)
    ]
    if lines:
        raise pulumi.RunError("\n".join(lines))
    encrypted = _encrypted(place, sources)
    _warn_of_plain_text(place, sources, encrypted)
    return {
        name: _declare(name, _secured(source, encrypted.within(name)))
        for name, source in sources.items()
    }


@attrs.frozen
class _Encrypted:
    """What is encrypted in the stack's file below some path of the configuration."""

    found: Any
    """True for all of it, a mapping for what is encrypted below each key, or None for nothing."""

    def within(self, key: str) -> _Encrypted:
        """Return the same for the values below a key."""
        return _Encrypted(self.found.get(key) if isinstance(self.found, Mapping) else self.found)

    def covers(self, key: str) -> bool:
        """Return whether any part of a key's value is encrypted."""
        below = self.within(key).found
        if below is _EVERYTHING:
            return key not in _PLAIN
        return below is True or (
            isinstance(below, Mapping) and any(map(_Encrypted(below).covers, below))
        )


_EVERYTHING: Final = object()
"""Means that some values are encrypted, but the engine does not say which."""
_PLAIN: Final = frozenset(
    {"type", "protect", "enabled", "on_delete", "on_type_change", "wait_for_deployed"}
)
"""Keys that are never secrets if it is unknown which values are encrypted."""


def _encrypted(place: str, sources: Mapping[str, Any]) -> _Encrypted:
    """Return what is encrypted: the engine knows it for the whole map, the file for each value."""
    if not pulumi.runtime.is_config_secret(place):
        return _Encrypted(None)
    file = _stack_file()
    try:
        written = _texts_in(file)["config"][place]
    except (OSError, ValueError, KeyError, TypeError):
        written = None
    if _is_secure(written):
        return _Encrypted(_EVERYTHING)
    if not _is_of_file(sources, written):
        pulumi.log.warn(
            f"{place} has secrets, and {file.name} does not show which: every value is treated as "
            "one. Keep the stack's configuration in that file, whole, to see the others"
        )
        return _Encrypted(_EVERYTHING)
    return _Encrypted(_encrypted_in(written) or _EVERYTHING)


def _stack_file() -> Path:
    """Return the stack's file: of the project file's kind, where that says."""
    root = Path(pulumi.runtime.get_root_directory() or ".")
    kinds = (".yaml", ".yml", ".json")
    kind = next((each for each in kinds if (root / f"Pulumi{each}").exists()), ".yaml")
    try:
        folder = str(_texts_in(root / f"Pulumi{kind}").get("stackConfigDir") or "")
    except (OSError, ValueError, AttributeError):
        folder = ""
    return root / folder / f"Pulumi.{pulumi.get_stack()}{kind}"


def _texts_in(file: Path) -> Any:
    """Return what a YAML or JSON file says, each scalar as it is written.

    What a scalar means is not the same for the CLI and for PyYAML, such as `16:9` or `yes`.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not YAML.
    """
    import yaml  # only when needed: importing it takes as long as the rest of this package

    # Of all that a plain scalar can mean, only the key that merges maps.
    merging = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}
    loader: Any = type("Texts", (yaml.SafeLoader,), {"yaml_implicit_resolvers": merging})
    try:
        return yaml.load(file.read_text(encoding="utf-8"), loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _encrypted_in(value: Any) -> Any:
    if isinstance(value, Mapping):
        if _is_secure(value):
            return True
        found = {str(key): below for key, item in value.items() if (below := _encrypted_in(item))}
        return found or None
    return True if isinstance(value, list) and any(map(_encrypted_in, value)) else None


def _is_secure(written: Any) -> bool:
    return isinstance(written, Mapping) and set(written) == {"secure"}


def _is_of_file(value: Any, written: Any) -> bool:
    """Return whether a value matches what a file says, wherever the file does not encrypt it.

    The configuration may come from a file other than the stack's own, or from several.
    """
    if _is_secure(written):
        return True
    if isinstance(value, Mapping) and isinstance(written, Mapping):
        texts = {str(key): item for key, item in written.items()}
        return set(value) == set(texts) and all(_is_of_file(value[k], texts[k]) for k in value)
    if isinstance(value, list) and isinstance(written, list):
        return len(value) == len(written) and all(map(_is_of_file, value, written))
    if isinstance(value, (Mapping, list)) or isinstance(written, (Mapping, list)):
        return False
    # How numbers and dates are written is not how the engine hands them over.
    return written is not None and (not isinstance(value, str) or written in (value, value[:10]))


def _warn_of_plain_text(place: str, sources: Mapping[str, Any], encrypted: _Encrypted) -> None:
    """Warn about secrets in plain text in the stack's file, as far as it can be read."""
    for resource_name, source in sources.items():
        inner = encrypted.within(resource_name).within("deployment")
        for key, value in source["deployment"].items():
            if key in WRITE_ONLY and value not in (None, KEEP) and not inner.covers(key):
                path = f"{_below(place, resource_name)}.deployment.{key}"
                pulumi.log.warn(
                    f"{path} is in plain text in the stack's file; to encrypt it, run: "
                    + _command(path)
                )


def _below(place: str, resource_name: object) -> str:
    """Return the path of a source in the stack's file, as `pulumi config --path` takes it."""
    name = str(resource_name)
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
        return f"{place}.{name}"
    return f"{place}[{json.dumps(name, ensure_ascii=False)}]"


def _command(path: str) -> str:
    """Return the command that sets a secret of this stack, whichever is selected, for a shell."""
    quoted = "'" + path.replace("'", "'\\''") + "'"
    return f"pulumi config set --secret --path {quoted} --stack {pulumi.get_stack()}"


def _configured(config: pulumi.Config) -> Mapping[str, Any]:
    place = f"{config.name}:{_KEY}"
    stack_file = f"Pulumi.{pulumi.get_stack()}.yaml"
    try:
        sources = config.get_object(_KEY)
    except pulumi.ConfigTypeError:
        raise pulumi.RunError(f"{place} in {stack_file} must be a map of sources") from None
    if sources is None:
        raise pulumi.RunError(
            f"{place} is not set: list the stack's sources there in {stack_file}, or write {{}} "
            "for none"
        )
    if not isinstance(sources, Mapping):
        raise pulumi.RunError(f"{place} in {stack_file} must be a map of sources")
    return sources


def _problem_lines(place: str, resource_name: Any, source: Any, ledger: Ledger) -> list[str]:
    here = _below(place, resource_name)
    if not isinstance(resource_name, str) or not resource_name.strip():
        return [f"{place}: a source needs a resource name that is text, not {show(resource_name)}"]
    if not isinstance(source, Mapping):
        return [f"{here}: must be a map with name and deployment"]
    protect = source.get("protect", False)
    found = [] if isinstance(protect, bool) else [Problem("protect", "must be true or false")]
    if "secret_keys" in source:
        found.append(Problem("secret_keys", "is not an input of a source"))
    given = {key: value for key, value in source.items() if key not in ("protect", "secret_keys")}
    found += problems_of(given)
    found += ledger.claim(f"::{resource_name}", given, never_unknown, creates=True)
    return [_problem_line(here, problem) for problem in found]


def _problem_line(here: str, problem: Problem) -> str:
    line = f"{here}.{problem}"
    key = problem.path.removeprefix("deployment.")
    if key in CREDENTIALS and problem.message.startswith("is required"):
        line += f"; run: {_command(f'{here}.{problem.path}')}"
    return line


def _secured(source: Mapping[str, Any], encrypted: _Encrypted) -> dict[str, Any]:
    """Return the source with each value that is encrypted in the file marked as a secret."""
    secured = {
        key: pulumi.Output.secret(value) if encrypted.covers(key) else value
        for key, value in source.items()
    }
    deployment = source.get("deployment")
    if isinstance(deployment, Mapping):
        inner = encrypted.within("deployment")
        secured["deployment"] = {
            key: pulumi.Output.secret(value)
            if key not in CREDENTIALS and inner.covers(key)
            else value
            for key, value in deployment.items()
        }
    return secured


def _declare(resource_name: str, source: Mapping[str, Any]) -> ImgixSource:
    arguments = {key: value for key, value in source.items() if key != "protect"}
    options = pulumi.ResourceOptions(protect=bool(source.get("protect", False)))
    return ImgixSource(resource_name, **arguments, opts=options)
