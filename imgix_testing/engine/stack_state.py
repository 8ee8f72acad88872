"""What a stack knows of its resources, and the file that keeps it.

The file has the shape of `pulumi stack export`: secrets are encrypted with the stack's passphrase,
and a write replaces the whole file at once, so that a killed run leaves the last finished step.
Deciding what becomes of a resource is `deployment`'s affair.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from imgix_testing.engine.passphrase import Crypter, Keyring
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
    """The name of a resource, unique in its stack; the types of its parents are part of it."""
    qualified = parent.split("::")[2] if parent else ""
    types = type_ if qualified in ("", STACK_TYPE) else f"{qualified}${type_}"
    return f"urn:pulumi:{stack}::{project}::{types}::{name}"


def urn_name(urn: str) -> str:
    """The name that the program gave the resource."""
    return urn.split("::", 3)[-1]


@frozen
class ResourceState:
    """One resource as the last step left it."""

    urn: str
    type: str
    custom: bool = True
    id: str = ""
    inputs: Properties = field(factory=dict)
    outputs: Properties = field(factory=dict)
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, list[str]] = field(factory=dict)
    additional_secret_outputs: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    protect: bool = False
    retain_on_delete: bool = False
    # Read with `.get()`: never created, changed or deleted here.
    external: bool = False
    # Replaced already, and waiting to be deleted.
    delete: bool = False
    # Deleted already, and waiting for its replacement.
    pending_replacement: bool = False

    @property
    def name(self) -> str:
        """The name that the program gave the resource."""
        return urn_name(self.urn)

    def needs(self) -> set[str]:
        """The resources that must be there before this one, and go after it."""
        by_property = (urn for urns in self.property_dependencies.values() for urn in urns)
        return {*self.dependencies, *by_property, self.parent} - {""}

    def renamed(self, urns: Mapping[str, str]) -> "ResourceState":
        """The same resource, with the resources it names under their new names."""
        if urns.keys().isdisjoint(self.needs()):
            return self
        return evolve(
            self,
            parent=urns.get(self.parent, self.parent),
            dependencies=tuple(urns.get(urn, urn) for urn in self.dependencies),
            property_dependencies={
                key: [urns.get(urn, urn) for urn in named]
                for key, named in self.property_dependencies.items()
            },
        )


_KEYS = {
    "dependencies": "dependencies",
    "property_dependencies": "propertyDependencies",
    "additional_secret_outputs": "additionalSecretOutputs",
    "ignore_changes": "ignoreChanges",
    "parent": "parent",
    "protect": "protect",
    "retain_on_delete": "retainOnDelete",
    "external": "external",
    "delete": "delete",
    "pending_replacement": "pendingReplacement",
    "id": "id",
}
_TUPLES = ("dependencies", "additional_secret_outputs", "ignore_changes")


class StateFile:
    """The file that keeps a stack's resources; reads and writes it whole."""

    def __init__(self, path: Path, keyring: Keyring, new_crypter: Callable[[], Crypter]) -> None:
        self.path = path
        self._keyring = keyring
        self._new_crypter = new_crypter
        self._crypter: Crypter | None = None
        # What was written last for a resource: unchanged resources keep their ciphertext.
        self._written: dict[int, tuple[ResourceState, dict[str, Any]]] = {}

    def raw(self) -> dict[str, Any]:
        """The file's content, secrets encrypted."""
        if not self.path.exists():
            return {"version": 3, "deployment": {"resources": []}}
        content: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return content

    def load(self) -> list[ResourceState]:
        """The resources, in the order in which they were made."""
        return [self._read(entry) for entry in self.raw()["deployment"]["resources"]]

    def decrypted(self) -> dict[str, Any]:
        """The file's content with every secret in the open."""
        content = self.raw()
        resources = content["deployment"]["resources"]
        opened = [without_secrets(from_json(entry, self.decrypt)) for entry in resources]
        return {**content, "deployment": {**content["deployment"], "resources": opened}}

    def save(self, resources: Iterable[ResourceState]) -> None:
        """Replace the file at once: a reader sees the old content or the new, never a part."""
        entries = [self._entry(resource) for resource in resources]
        deployment: dict[str, Any] = {
            "manifest": {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())},
            "resources": entries,
        }
        salt = self._salt()
        if salt:
            deployment["secrets_providers"] = {"type": "passphrase", "state": {"salt": salt}}
        content = json.dumps({"version": 3, "deployment": deployment}, indent=2) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(self.path)

    def decrypt(self, ciphertext: str) -> str:
        """The text behind a ciphertext of this file."""
        return self.crypter().decrypt(ciphertext)

    def crypter(self) -> Crypter:
        """The file's own crypter; a file without a salt gets one with the first secret."""
        if self._crypter is None:
            salt = self._salt()
            self._crypter = self._keyring.open(salt) if salt else self._new_crypter()
        return self._crypter

    def _salt(self) -> str:
        if self._crypter is not None:
            return self._crypter.salt
        providers = self.raw()["deployment"].get("secrets_providers") or {}
        return str(providers.get("state", {}).get("salt", ""))

    def _seal(self, value: Any) -> dict[str, str]:
        text = json.dumps(without_secrets(value))
        return {SIGNATURE: SECRET, "ciphertext": self.crypter().encrypt(text)}

    def _entry(self, resource: ResourceState) -> dict[str, Any]:
        known = self._written.get(id(resource))
        if known is not None and known[0] is resource:
            return known[1]
        entry: dict[str, Any] = {
            "urn": resource.urn,
            "custom": resource.custom,
            "type": resource.type,
            "inputs": to_json(resource.inputs, self._seal),
            "outputs": to_json(resource.outputs, self._seal),
        }
        for name, key in _KEYS.items():
            value = getattr(resource, name)
            if value:
                entry[key] = list(value) if name in _TUPLES else value
        self._written[id(resource)] = (resource, entry)
        return entry

    def _read(self, entry: dict[str, Any]) -> ResourceState:
        values: dict[str, Any] = {
            name: tuple(entry[key]) if name in _TUPLES else entry[key]
            for name, key in _KEYS.items()
            if key in entry
        }
        resource = ResourceState(
            urn=entry["urn"],
            type=entry["type"],
            custom=entry.get("custom", False),
            inputs=from_json(entry.get("inputs", {}), self.decrypt),
            outputs=from_json(entry.get("outputs", {}), self.decrypt),
            **values,
        )
        self._written[id(resource)] = (resource, entry)
        return resource
