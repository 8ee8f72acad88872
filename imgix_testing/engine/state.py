"""What a stack knows about its resources, in memory during a run and in the state file.

The file has the format of `pulumi stack export`, one resource per line. Its secrets are encrypted
with a key in a file beside it. `deployment` decides what happens to a resource.
"""

import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import evolve, field, fields, frozen
from cryptography.fernet import Fernet

from imgix_testing.engine.property_values import (
    SECRET,
    SIGNATURE,
    Properties,
    from_json,
    to_json,
    without_secrets,
)

STACK_TYPE = "pulumi:pulumi:Stack"


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return a resource's URN, unique in its stack; it includes the types of its parents."""
    qualified = parent.split("::")[2] if parent else ""
    types = type_ if qualified in ("", STACK_TYPE) else f"{qualified}${type_}"
    return f"urn:pulumi:{stack}::{project}::{types}::{name}"


def urn_name(urn: str) -> str:
    """Return the name that the program gave the resource."""
    return urn.split("::", 3)[-1]


@frozen(eq=False)
class ResourceState:
    """One resource as the last step left it."""

    urn: str
    type: str
    custom: bool = True
    id: str = ""
    inputs: Properties = field(factory=dict)
    outputs: Properties = field(factory=dict)
    parent: str = ""
    protect: bool = False
    # Read with `.get()`: never created, changed or deleted here.
    external: bool = False
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, list[str]] = field(factory=dict)
    # Already deleted, and waiting for its replacement.
    pending_replacement: bool = False
    additional_secret_outputs: tuple[str, ...] = ()
    retain_on_delete: bool = False
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: tuple[dict[str, str], ...] = ()
    ignore_changes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that the program gave the resource."""
        return urn_name(self.urn)

    def needs(self) -> set[str]:
        """Return the resources that must exist before this one, and be deleted after it."""
        return {*self.dependencies, self.parent} - {""}

    def to_entry(self, seal: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the resource as JSON data, without empty values."""
        given = {key: getattr(self, name) for name, key in _KEYS.items() if getattr(self, name)}
        entry = {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()}
        for key in {"inputs", "outputs"} & entry.keys():
            entry[key] = to_json(entry[key], seal)
        return {"urn": self.urn, "type": self.type, "custom": self.custom, **entry}


# The attributes by their names in JSON: `retain_on_delete` is `retainOnDelete`.
_KEYS = {
    name: re.sub("_(.)", lambda letter: letter[1].upper(), name)
    for name in (attribute.name for attribute in fields(ResourceState))
}


class StateFile:
    """The file that keeps a stack's resources; it is read and written whole."""

    def __init__(self, path: Path) -> None:
        """Create its folder if needed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._key_path = path.with_name(f"{path.name}.key")
        # The last text written for each resource: unchanged resources keep their ciphertext.
        self._written: dict[ResourceState, str] = {}

    def raw(self) -> dict[str, Any]:
        """Return the file's content, with secrets encrypted."""
        if not self._path.exists():
            return {"version": 3, "deployment": {"resources": []}}
        content: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        return content

    def load(self) -> list[ResourceState]:
        """Return the resources, in the order of their creation."""
        return [self._resource(entry) for entry in self.raw()["deployment"]["resources"]]

    def decrypted(self) -> dict[str, Any]:
        """Return the file's content, with secrets in plain text."""
        resources = [resource.to_entry(without_secrets) for resource in self.load()]
        return {"version": 3, "deployment": {"resources": resources}}

    def save(self, resources: Iterable[ResourceState]) -> None:
        """Replace the file atomically: a reader sees the old content or the new, never a part."""
        known, self._written = self._written, {}
        for resource in resources:
            entry = known.get(resource) or json.dumps(resource.to_entry(self._seal))
            self._written[resource] = entry
        lines = ",\n".join(self._written.values())
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        content = f'{{"version": 3, "deployment": {{"resources": [\n{lines}\n]}}}}\n'
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(self._path)

    def decrypt(self, ciphertext: str) -> str:
        """Return the text behind a ciphertext of this file."""
        return self._fernet().decrypt(ciphertext).decode()

    def _seal(self, value: Any) -> dict[str, str]:
        text = json.dumps(without_secrets(value)).encode()
        return {SIGNATURE: SECRET, "ciphertext": self._fernet().encrypt(text).decode()}

    def _fernet(self) -> Fernet:
        if not self._key_path.exists():
            self._key_path.touch(mode=0o600)
            self._key_path.write_bytes(Fernet.generate_key())
        return Fernet(self._key_path.read_bytes())

    def _resource(self, entry: dict[str, Any]) -> ResourceState:
        given = {name: entry[key] for name, key in _KEYS.items() if key in entry}
        for name, value in given.items():
            if name in ("inputs", "outputs"):
                given[name] = from_json(value, self.decrypt)
            elif isinstance(value, list):
                given[name] = tuple(value)
        resource = ResourceState(**given)
        self._written[resource] = json.dumps(entry)
        return resource


class State:
    """A stack's resources during a run, saved after every finished step, except in a preview.

    It separates resources from earlier runs from those that this run has dealt with.
    """

    def __init__(self, file: StateFile, *, save: bool) -> None:
        """Read the file."""
        self._file = file
        self._saves = save
        self._lock = threading.RLock()
        self._olds = {resource.urn: resource for resource in file.load()}
        self._news: dict[str, ResourceState] = {}

    def old(self, urn: str) -> ResourceState | None:
        """Return the earlier resource with this URN, if this run has not dealt with it yet."""
        return self._olds.get(urn)

    def registered(self, urn: str) -> ResourceState:
        """Return the resource as this run left it; KeyError if it has not dealt with it yet."""
        return self._news[urn]

    def olds(self) -> list[ResourceState]:
        """Return the earlier resources that this run has not dealt with yet."""
        with self._lock:
            return list(self._olds.values())

    def every(self) -> list[ResourceState]:
        """Return the resources as a reader of the stack's file would find them now."""
        with self._lock:
            return list({**self._news, **self._olds}.values())

    def record(self, resource: ResourceState) -> None:
        """Save a resource as a step left it."""
        with self._lock:
            self._olds.pop(resource.urn, None)
            self._news[resource.urn] = resource
            self._save()

    def put_back(self, resources: Iterable[ResourceState]) -> None:
        """Save resources in place of the earlier ones with the same URNs."""
        with self._lock:
            self._olds.update({resource.urn: resource for resource in resources})
            self._save()

    def forget(self, resource: ResourceState) -> None:
        """Remove an earlier resource, and save."""
        with self._lock:
            self._olds.pop(resource.urn, None)
            self._save()

    def _save(self) -> None:
        if self._saves:
            every = self.every()
            urns = {resource.urn for resource in every}
            self._file.save(_with_present(resource, urns) for resource in every)


def _with_present(resource: ResourceState, there: Iterable[str]) -> ResourceState:
    """Return the resource without dependencies on resources that are gone."""
    gone = resource.needs() - set(there)
    if not gone:
        return resource
    kept = tuple(urn for urn in resource.dependencies if urn not in gone)
    return evolve(resource, dependencies=kept)
