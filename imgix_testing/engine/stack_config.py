"""A stack's configuration: `Pulumi.yaml`, `Pulumi.<stack>.yaml`, and what a test adds to them.

Values reach programs as strings, objects as JSON; encrypted ones are decrypted here and remembered
as secret. Changing the stack's file is `stack_config_file`'s affair.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen
from ruamel.yaml import YAML

from imgix_testing.engine.property_values import Secret


class ConfigError(Exception):
    """A project or stack file that cannot be used."""


@frozen
class Project:
    """What `Pulumi.yaml` says."""

    name: str
    config: dict[str, Any]


@frozen
class Configuration:
    """The whole configuration of a stack, decrypted."""

    values: dict[str, str]
    secret_keys: frozenset[str]
    # Every text that must never be shown.
    secret_texts: frozenset[str]

    def for_provider(self) -> dict[str, Any]:
        """The values with the secret ones marked."""
        return {
            key: Secret(value) if key in self.secret_keys else value
            for key, value in self.values.items()
        }


def load_project(directory: Path) -> Project:
    """Read `Pulumi.yaml`."""
    file = directory / "Pulumi.yaml"
    if not file.exists():
        raise ConfigError(f"there is no Pulumi.yaml in {directory}")
    content = read_yaml(file)
    runtime = content.get("runtime", "")
    if isinstance(runtime, Mapping):
        runtime = runtime.get("name", "")
    if not content.get("name") or runtime != "python":
        raise ConfigError(f"{file} must give a name, and python as the runtime")
    return Project(str(content["name"]), content.get("config") or {})


def stack_file(directory: Path, stack: str) -> Path:
    """The file that holds a stack's own configuration."""
    return directory / f"Pulumi.{stack}.yaml"


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping in a YAML file."""
    # As for Pulumi, `on` and `no` are words, not booleans.
    content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")) or {}
    if not isinstance(content, dict):
        raise ConfigError(f"{file} must hold a mapping")
    return content


def load_configuration(
    project: Project,
    file: Path,
    decrypter: Callable[[str], Callable[[str], str]],
    plain: Mapping[str, Any],
    secret: Mapping[str, Any],
) -> Configuration:
    """Everything together: what comes later in this list wins: project, stack, plain, secret.

    `decrypter` gives the way to decrypt what belongs to a salt; it is asked only if need be.
    """
    content = read_yaml(file) if file.exists() else {}
    collected = dict(_project_defaults(project))
    for key, value in (content.get("config") or {}).items():
        collected[full_key(project.name, str(key))] = _decrypted(value, content, decrypter)
    for key, value in plain.items():
        collected[full_key(project.name, key)] = value
    for key, value in secret.items():
        collected[full_key(project.name, key)] = Secret(value)
    return Configuration(
        values={key: _as_text(value) for key, value in collected.items()},
        secret_keys=frozenset(
            key for key, value in collected.items() if any(True for _ in _secrets(value))
        ),
        secret_texts=frozenset(
            text for value in collected.values() for found in _secrets(value) for text in found
        ),
    )


def full_key(project: str, key: str) -> str:
    """A key with its namespace, which is the project unless it says otherwise."""
    return key if ":" in key else f"{project}:{key}"


def _project_defaults(project: Project) -> Iterator[tuple[str, Any]]:
    for key, declared in project.config.items():
        if not isinstance(declared, Mapping):
            yield full_key(project.name, key), declared
            continue
        for entry in ("value", "default"):
            if entry in declared:
                yield full_key(project.name, key), declared[entry]
                break


def _decrypted(
    value: Any, content: Mapping[str, Any], decrypter: Callable[[str], Callable[[str], str]]
) -> Any:
    if isinstance(value, list):
        return [_decrypted(item, content, decrypter) for item in value]
    if not isinstance(value, Mapping):
        return value
    if is_encrypted(value):
        salt = content.get("encryptionsalt")
        if not salt:
            raise ConfigError("a secret configuration value needs the file's encryptionsalt")
        return Secret(decrypter(str(salt))(value["secure"]))
    return {key: _decrypted(item, content, decrypter) for key, item in value.items()}


def is_encrypted(value: Any) -> bool:
    """Whether a value of a stack file stands there encrypted."""
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _opened(value: Any) -> Any:
    if isinstance(value, Secret):
        return _opened(value.value)
    if isinstance(value, list):
        return [_opened(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _opened(item) for key, item in value.items()}
    return value


def _as_text(value: Any) -> str:
    plain = _opened(value)
    return plain if isinstance(plain, str) else json.dumps(plain, default=str)


def _secrets(value: Any) -> Iterator[list[str]]:
    """For each secret in the value, its texts; for what is no secret, nothing."""
    if isinstance(value, Secret):
        yield list(_texts(value.value))
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _texts(value.value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif not isinstance(value, bool) and value is not None:
        yield str(value)
