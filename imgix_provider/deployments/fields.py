"""What a field of a deployment is, and how a deployment class declares its fields.

The module `types` declares the actual fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, TypeVar

import attrs
from typing_extensions import dataclass_transform

DOCUMENTATION: Final = "https://docs.imgix.com/apis/management/sources"

KEEP: Final = "imgix:keep"
"""Stands for the value of a part of a credential that imgix already holds.

For an existing source it counts as given, never as a change, and it is never sent. In a stack's
configuration, write it as text. Replacing it with a value changes that one key.
"""


class Kind(Enum):
    """The JSON type of a field."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    LIST = "list of strings"
    OBJECT = "object"


class Form(Enum):
    """A rule on the text of a string, or of each string in a list."""

    SUBDOMAIN = "subdomain"
    DOMAIN = "domain"
    URL = "absolute URL"
    ENDPOINT = "host or URL"
    NAME = "name, no address"
    NO_COLON = "no colon or control characters"
    LATIN1_32 = "32 latin-1 characters"


class _Missing:
    """The type of `MISSING`, which prints as itself."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""The value of a required field that was not given; reported with all other problems."""


@attrs.frozen(kw_only=True)
class Field:
    """One documented attribute of a deployment, with everything this package knows about it."""

    name: str = ""
    kind: Kind
    doc: str
    required: bool = False
    unset: Any = None
    """The documented default, which is sent when the key is removed from a declaration."""
    unset_by_type: Mapping[str, Any] = attrs.field(factory=dict)
    """The default for types that differ."""
    write_only: bool = False
    """imgix never returns it."""
    credential: bool = False
    """Part of a credential: a secret in Pulumi, and left out of `effective_deployment`."""
    read_only: bool = False
    minimum: int | None = None
    maximum: int | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    open_choices: bool = False
    """Whether an undocumented choice is a warning instead of an error."""
    form: Form | None = None
    at_least_one: bool = False
    most_items: int | None = None
    unordered: bool = False

    def default_for(self, deployment_type: str) -> Any:
        """Return the default that a source of `deployment_type` goes back to."""
        return self.unset_by_type.get(deployment_type, self.unset)


METADATA: Final = "imgix_provider.field"
STRAY: Final = "_stray"
"""Where a deployment keeps arguments that are not among its fields."""


def field(
    kind: Kind, doc: str, *, default: Any = MISSING, credential: bool = False, **facts: Any
) -> Any:
    """Declare a field of a deployment class; without a `default` it is required."""
    spec = Field(
        kind=kind,
        doc=doc,
        required=default is MISSING,
        credential=credential or facts.get("write_only", False),
        **facts,
    )
    # At run time required fields have a default too, so that one error can list all missing ones.
    return attrs.field(default=default, repr=not spec.credential, metadata={METADATA: spec})


T = TypeVar("T", bound="type[Any]")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def deployment_class(cls: T) -> T:
    """Make `cls` a frozen, keyword-only attrs class and write its docstring from its fields."""
    # attrs writes a method of its own per class and compiles it, which takes a good part of the
    # time of importing the package; these serve all classes.
    made = attrs.frozen(kw_only=True, init=False, eq=False, repr=False, slots=False)(cls)
    shared = {"__init__": _init, "__eq__": _equals, "__hash__": None, "__repr__": _shown}
    for name, method in shared.items():
        setattr(made, name, method)
    described = "\n".join(
        f"    {attribute.name}: {describe(attribute.metadata[METADATA])}"
        for attribute in attrs.fields(made)
    )
    made.__doc__ = (
        f"{cls.__doc__}\n\nArgs:\n{described}\n\n"
        "Every value may be a Pulumi Output. A value that breaks these rules is a "
        "`pulumi.RunError` when the source is declared, or a failed check in preview if it is not "
        f"known before. Documented on {DOCUMENTATION}.\n"
    )
    return made


def _init(self: Any, *positional: Any, **values: Any) -> None:
    """Set the fields; keep unknown arguments too, so that the check can suggest the right name."""
    if positional:
        name = type(self).__name__
        raise TypeError(f"{name} takes arguments by name, such as imgix_subdomains=['acme']")
    known = attrs.fields_dict(type(self))
    self.__attrs_init__(**{key: value for key, value in values.items() if key in known})
    self.__dict__[STRAY] = {key: value for key, value in values.items() if key not in known}


def _equals(self: Any, other: object) -> bool:
    return type(self) is type(other) and self.__dict__ == other.__dict__


def _shown(self: Any) -> str:
    """Return the call that makes the deployment, without any part of a credential."""
    given = {
        each.name: value
        for each in attrs.fields(type(self))
        if each.repr and (value := getattr(self, each.name)) is not each.default
    }
    return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in given.items())})"


def describe(spec: Field) -> str:
    """Return one paragraph about a field: meaning, kind, unit, limits, default."""
    facts = [spec.kind.value]
    if spec.unit:
        facts.append(f"in {spec.unit}")
    if spec.minimum is not None:
        facts.append(f"from {spec.minimum} to {spec.maximum}")
    if spec.choices:
        facts.append(("usually " if spec.open_choices else "") + " or ".join(spec.choices))
    if spec.form:
        facts.append(spec.form.value)
    if spec.most_items:
        facts.append(f"at most {spec.most_items}")
    if spec.read_only:
        facts.append("read-only")
    elif spec.required:
        facts.append("required")
    else:
        facts.append(f"imgix's default: {_as_text(spec.unset)}")
    if spec.write_only:
        facts.append("a secret that imgix never returns")
    elif spec.credential:
        facts.append("a secret")
    return f"{spec.doc} ({'; '.join(facts)})"


def _as_text(value: Any) -> str:
    return {None: "null", False: "false", True: "true", "": "a line that names the user"}.get(
        value if not isinstance(value, (list, dict)) else str(value), str(value)
    )


def fields_of(cls: type[Any]) -> Mapping[str, Field]:
    """Return the fields of a deployment class by name, in the order of declaration."""
    return {
        attribute.name: attrs.evolve(attribute.metadata[METADATA], name=attribute.name)
        for attribute in attrs.fields(cls)
    }
