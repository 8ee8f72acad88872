"""A stack's configuration: `Pulumi.yaml`, `Pulumi.<stack>.yaml`, and what a test adds to them.

Programs get values as strings, objects as JSON. An encrypted value in a stack file cannot be read
here, so it must be given by its path.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from imgix_testing.engine import property_paths
from imgix_testing.engine.property_values import (
    Secret,
    contains_secret,
    mask,
    to_json,
    without_secrets,
)


class _Loader(yaml.SafeLoader):
    """Reads YAML as Pulumi does: `on` and `no` are words, not booleans."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


class ConfigError(Exception):
    """A project or stack file that cannot be used, or a secret that was not given."""


@frozen
class Project:
    """The content of `Pulumi.yaml`."""

    name: str
    config: dict[str, Any]


@frozen
class Configuration:
    """The whole configuration of a stack, with secrets marked."""

    values: dict[str, Any]

    def texts(self) -> dict[str, str]:
        """Return the values as a program gets them, in plain text."""
        return {key: _as_text(without_secrets(value)) for key, value in self.values.items()}

    def masked(self) -> dict[str, str]:
        """Return the values with secrets masked."""
        return {key: _as_text(to_json(value, mask)) for key, value in self.values.items()}

    def secret_keys(self) -> list[str]:
        """Return the keys that hold a secret, at any depth."""
        return sorted(key for key, value in self.values.items() if contains_secret(value))

    def for_provider(self) -> dict[str, Any]:
        """Return the texts; one that contains a secret is entirely secret."""
        secret = self.secret_keys()
        return {key: Secret(text) if key in secret else text for key, text in self.texts().items()}

    def secret_texts(self) -> set[str]:
        """Return every text that must never be shown."""
        return set(_texts(list(self.values.values()), secret=False))


def load_project(directory: Path) -> Project:
    """Read `Pulumi.yaml`."""
    file = directory / "Pulumi.yaml"
    if not file.exists():
        raise ConfigError(f"there is no Pulumi.yaml in {directory}")
    content = _read_yaml(file)
    runtime = content.get("runtime", "")
    if isinstance(runtime, Mapping):
        runtime = runtime.get("name", "")
    if not content.get("name") or runtime != "python":
        raise ConfigError(f"{file} must give a name, and python as the runtime")
    return Project(str(content["name"]), content.get("config") or {})


def load_configuration(
    project: Project,
    file: Path,
    *,
    plain: Mapping[str, object],
    secret: Mapping[str, object],
    secrets_by_path: Mapping[str, str],
) -> Configuration:
    """Merge everything; later ones win: project, stack file, plain, secret, paths.

    Raises ConfigError if the stack file has an encrypted value and none is given in its place.
    """
    content = _read_yaml(file) if file.exists() else {}
    values = dict(_project_defaults(project))
    for key, value in [*(content.get("config") or {}).items(), *plain.items()]:
        values[_full_key(project.name, str(key))] = value
    for key, value in secret.items():
        values[_full_key(project.name, key)] = Secret(value)
    for path, text in secrets_by_path.items():
        namespace, _, rest = _full_key(project.name, path).partition(":")
        first, *others = property_paths.parse(rest)
        values = property_paths.placed(values, (f"{namespace}:{first}", *others), Secret(text))
    for encrypted in _encrypted(values, ()):
        raise ConfigError(
            f"{encrypted} in {file.name} is encrypted, which only the pulumi CLI can read: give "
            f"its value with Stack(secrets={{{encrypted!r}: …}})"
        )
    return Configuration(values)


def _read_yaml(file: Path) -> dict[str, Any]:
    content = yaml.load(file.read_text(encoding="utf-8"), _Loader) or {}
    if not isinstance(content, dict):
        raise ConfigError(f"{file} must hold a mapping")
    # Through JSON, because keys and dates are strings to Pulumi.
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    return plain


def _full_key(project: str, key: str) -> str:
    """Return a key or a path with its namespace; the default is the project's name."""
    return key if ":" in key else f"{project}:{key}"


def _project_defaults(project: Project) -> Iterator[tuple[str, Any]]:
    for key, declared in project.config.items():
        if not isinstance(declared, Mapping):
            yield _full_key(project.name, key), declared
        elif "value" in declared or "default" in declared:
            yield _full_key(project.name, key), declared.get("value", declared.get("default"))


def _encrypted(value: Any, path: property_paths.Path) -> Iterator[str]:
    """Yield the paths of encrypted values."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _encrypted(item, (*path, index))
    elif isinstance(value, Mapping) and set(value) == {"secure"}:
        key, *rest = path
        yield property_paths.text(tuple(rest), str(key))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _encrypted(item, (*path, str(key)))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str, separators=(",", ":"), sort_keys=True)


def _texts(value: Any, *, secret: bool) -> Iterator[str]:
    """Yield the text of every secret in the value."""
    if isinstance(value, Secret):
        yield from _texts(value.value, secret=True)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, secret=secret)
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()), secret=secret)
    elif secret and not isinstance(value, bool) and value is not None:
        yield str(value)
