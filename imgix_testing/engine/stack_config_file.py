"""Changes a stack's `Pulumi.<stack>.yaml` as `pulumi config` does, and keeps its comments.

Reading the whole configuration for a run is `stack_config`'s affair.
"""

import itertools
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from imgix_testing.engine import property_paths
from imgix_testing.engine.passphrase import Crypter, Keyring
from imgix_testing.engine.stack_config import ConfigError, full_key, is_encrypted

_NUMBER = re.compile(r"0|-?[1-9][0-9]*")


class StackConfigFile:
    """One stack's file, changed in place; a file that is not there yet is made."""

    def __init__(self, path: Path, project: str, keyring: Keyring) -> None:
        self._path = path
        self._project = project
        self._keyring = keyring
        self._yaml = YAML()
        self._yaml.preserve_quotes = True
        self._yaml.width = 4096
        self._content: Any = {}
        if path.exists():
            self._content = self._yaml.load(path.read_text(encoding="utf-8")) or {}

    def set(self, key: str, value: str, *, path: bool = False, secret: bool = False) -> None:
        """Give a key a value; under a path, numbers and booleans are written as such."""
        steps = self._steps(key, path=path)
        written: Any = value
        if secret:
            written = {"secure": self._crypter().encrypt(value)}
        elif len(steps) > 1:
            written = _typed(value)
        container = self._content.setdefault("config", {})
        for here, following in itertools.pairwise(steps):
            container = _inside(container, here, following)
        _place(container, steps[-1], written)
        self._save()

    def get(self, key: str, *, path: bool = False) -> Any:
        """The value of a key, decrypted."""
        found: Any = self._content.get("config") or {}
        for step in self._steps(key, path=path):
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                raise ConfigError(f"configuration key '{key}' not found") from None
        return self._opened(found)

    def remove(self, key: str, *, path: bool = False) -> None:
        """Take a key away; one that is not there is no error."""
        *parents, last = self._steps(key, path=path)
        container: Any = self._content.get("config") or {}
        try:
            for step in parents:
                container = container[step]
            del container[last]
        except (KeyError, IndexError, TypeError):
            return
        self._save()

    def _steps(self, key: str, *, path: bool) -> property_paths.Path:
        if not path:
            return (full_key(self._project, key),)
        namespace, separator, rest = key.partition(":")
        if not separator or re.search(r"[.\[\"]", namespace):
            namespace, rest = self._project, key
        first, *others = property_paths.parse(rest)
        return (f"{namespace}:{first}", *others)

    def _crypter(self) -> Crypter:
        salt = self._content.get("encryptionsalt")
        if salt:
            return self._keyring.open(str(salt))
        crypter = self._keyring.new()
        self._content["encryptionsalt"] = crypter.salt
        return crypter

    def _opened(self, value: Any) -> Any:
        if is_encrypted(value):
            return self._crypter().decrypt(value["secure"])
        if isinstance(value, dict):
            return {key: self._opened(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._opened(item) for item in value]
        return value

    def _save(self) -> None:
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            self._yaml.dump(self._content, file)
        temporary.replace(self._path)


def _typed(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    return int(value) if _NUMBER.fullmatch(value) else value


def _inside(container: Any, step: str | int, following: str | int) -> Any:
    """What lies at the step, made if it is not there, and fit for the step that follows."""
    fresh: Any = [] if isinstance(following, int) else {}
    try:
        found = container[step]
    except (KeyError, IndexError):
        found = None
    wanted = list if isinstance(following, int) else dict
    if not isinstance(found, wanted) or is_encrypted(found):
        _place(container, step, fresh)
        found = container[step]
    return found


def _place(container: Any, step: str | int, value: Any) -> None:
    if isinstance(container, list) and step == len(container):
        container.append(value)
        return
    try:
        container[step] = value
    except (IndexError, TypeError):
        raise ConfigError(f"there is no place for [{step}]") from None
