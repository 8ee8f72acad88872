"""Finds everything wrong with a source that can be found before a request is sent.

`problems_of` is one set of rules for two moments: when the program declares a source, and when the
engine checks it with more values known. It finds all problems at once. It sends nothing and is
independent of Pulumi: the caller says which values are not known yet.

The rules are those of https://docs.imgix.com/apis/management/sources.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from imgix_provider.deployments.fields import KEEP, MISSING, Field, Form, Kind
from imgix_provider.deployments.formats import form_problem, is_unicode, show_value
from imgix_provider.deployments.table import COMMON_FIELDS, FIELDS, READ_ONLY
from imgix_provider.deployments.types import DEPLOYMENT_CLASSES
from imgix_provider.deployments.values import (
    Unknown,
    is_unsigned_proxy,
    never_unknown,
    swapped_region,
)
from imgix_provider.messages import (
    Spelling,
    argument,
    list_choices,
    python_spelling,
    show,
    spell,
    suggest,
    wrong_choice,
)
from imgix_provider.sources.declaration import ARGUMENTS, OUTPUTS

ON_DELETE: Final = ("disable", "release", "retain")
ON_TYPE_CHANGE: Final = ("update", "replace")

_SOURCE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


DECLARED_ARGUMENTS: Final = tuple(name for name in ARGUMENTS if name != "secret_keys")
"""The arguments that people give; `secret_keys` is computed."""


class Problem(NamedTuple):
    """What is wrong with one input, and its path."""

    path: str
    message: str

    def line(self, spelling: Spelling = python_spelling) -> str:
        """Return path and message, with arguments written in the given spelling."""
        return spell(f"{argument(self.path)}: {self.message}", spelling)

    def __str__(self) -> str:
        """Return path and message in Python's spelling."""
        return self.line()


def is_source_id(value: Any) -> bool:
    """Return whether a value can be the id of a source."""
    return isinstance(value, str) and _SOURCE_ID.fullmatch(value) is not None


def problems_of(
    inputs: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
    unknown: Unknown = never_unknown,
) -> list[Problem]:
    """Return every problem of a source's `inputs`, in the order of the documentation.

    `before` holds the current inputs of the source, `{}` if it would be created, and None if that
    is not known, as at declaration.
    """
    found = [*_argument_problems(inputs, unknown)]
    deployment = inputs.get("deployment")
    if deployment is None:
        found.append(Problem("deployment", "is required: where the images come from"))
    elif not unknown(deployment):
        if isinstance(deployment, Mapping):
            adopting = inputs.get("adopt") is not None
            found += _deployment_problems(deployment, unknown)
            found += _keep_problems(deployment, before, adopting)
        else:
            found.append(
                Problem("deployment", "must be one of the deployment classes or an object")
            )
    return found


def _argument_problems(inputs: Mapping[str, Any], unknown: Unknown) -> Iterator[Problem]:
    """Check everything but the deployment."""
    for key, value in inputs.items():
        if key in OUTPUTS and value is not None:
            yield Problem(key, "is set by imgix and cannot be declared")
        elif key not in ARGUMENTS and key not in OUTPUTS:
            yield Problem(key, f"is not an input of a source{_meant(key)}")
    known = {key: value for key, value in inputs.items() if not unknown(value)}
    if "name" not in inputs or inputs["name"] is None:
        yield Problem("name", "is required: the display name of the source")
    elif "name" in known and (not isinstance(known["name"], str) or not known["name"].strip()):
        yield Problem("name", f"must be text that is not empty, not {show(known['name'])}")
    elif "name" in known and not is_unicode(known["name"]):
        yield Problem("name", "holds half of a character: it cannot be sent")
    elif known.get("name") == KEEP:
        yield Problem("name", f"{KEEP} is for credentials that imgix already holds")
    for key in ("enabled", "wait_for_deployed"):
        if not isinstance(known.get(key, True), (bool, type(None))):
            yield Problem(key, f"must be true or false, not {show(known[key])}")
    for key, choices in (("on_delete", ON_DELETE), ("on_type_change", ON_TYPE_CHANGE)):
        if known.get(key) is not None and known[key] not in choices:
            yield Problem(key, wrong_choice(known[key], choices))
    timeout = known.get("deploy_timeout")
    if timeout is not None and (not _is_number(timeout) or not 0 < timeout <= 86_400):
        yield Problem("deploy_timeout", "must be a number of seconds above 0, at most 86400")
    adopt = known.get("adopt")
    if adopt is not None and not is_source_id(adopt):
        yield Problem("adopt", "must be the id of a source, such as 6359b5ba8147da20e8edfdd5")


def _meant(key: str) -> str:
    """Return a clause on where an unknown argument belongs, if that can be told."""
    if key == "type" or any(key in fields for fields in FIELDS.values()):
        return f": it belongs in {argument('deployment')}"
    return suggest(key, DECLARED_ARGUMENTS, argument)


def _deployment_problems(deployment: Mapping[str, Any], unknown: Unknown) -> Iterator[Problem]:
    """Check the type, then each given key, then the missing required ones."""
    chosen = deployment.get("type")
    if chosen is None:
        yield Problem("deployment.type", f"is required: {list_choices(DEPLOYMENT_CLASSES)}")
    elif not unknown(chosen) and (not isinstance(chosen, str) or chosen not in DEPLOYMENT_CLASSES):
        yield Problem("deployment.type", wrong_choice(chosen, DEPLOYMENT_CLASSES))
    fields = _fields_for(deployment)
    type_known = isinstance(chosen, str) and chosen in DEPLOYMENT_CLASSES
    for key, value in deployment.items():
        path = f"deployment.{key}"
        if key == "type" or value is None or value is MISSING:
            continue
        if key in fields:
            if not unknown(value) and not (value == KEEP and fields[key].credential):
                yield from _value_problems(path, fields[key], value, unknown)
        elif reason := _stray(key, chosen if type_known else None):
            yield Problem(path, reason)
    for name, spec in fields.items():
        if spec.required and deployment.get(name, MISSING) in (None, MISSING):
            yield Problem(f"deployment.{name}", f"is required{_of_type(spec, chosen)}")
    if reason := swapped_region(deployment):
        yield Problem("deployment.region", reason)
    if is_unsigned_proxy(deployment):
        yield Problem(
            "deployment.secure_url_enabled", "a web proxy needs secure URLs: leave it true"
        )


def _fields_for(deployment: Mapping[str, Any]) -> Mapping[str, Field]:
    chosen = deployment.get("type")
    return FIELDS.get(chosen, COMMON_FIELDS) if isinstance(chosen, str) else COMMON_FIELDS


def _of_type(spec: Field, chosen: Any) -> str:
    return "" if spec.name in COMMON_FIELDS else f" for type {chosen}"


def _stray(key: str, chosen: str | None) -> str:
    """Say why a key does not belong to a deployment of type `chosen`; empty if it may."""
    if key in READ_ONLY:
        return "is set by imgix and cannot be declared (read-only)"
    owners = [name for name, fields in FIELDS.items() if key in fields]
    if owners and chosen is None:
        return ""
    if owners:
        return f"belongs to type {' and '.join(owners)}; the type here is {chosen}"
    names = FIELDS[chosen] if chosen else {name for table in FIELDS.values() for name in table}
    return "is not a documented field" + suggest(key, [*names, "type"], argument)


def _keep_problems(
    deployment: Mapping[str, Any], before: Mapping[str, Any] | None, adopting: bool
) -> Iterator[Problem]:
    """Check that `KEEP` is used only where imgix already holds a value."""
    if before is None:
        return
    old_type = (before.get("deployment") or {}).get("type")
    new_type = deployment.get("type")
    for key, value in deployment.items():
        if not isinstance(value, str) or value != KEEP:
            continue
        if not before and not adopting:
            yield Problem(
                f"deployment.{key}",
                "imgix holds no value to keep: this source would be created. Give the value, or "
                f"name an existing source with {argument('adopt')}",
            )
        elif old_type is not None and new_type != old_type and key not in COMMON_FIELDS:
            yield Problem(
                f"deployment.{key}",
                f"imgix holds no value to keep: the type changes from {old_type} to {new_type}. "
                "Give the value",
            )


def _value_problems(path: str, spec: Field, value: Any, unknown: Unknown) -> Iterator[Problem]:
    """Check one given value against what the table says about its field."""
    if spec.kind is Kind.LIST:
        yield from _list_problems(path, spec, value, unknown)
    elif spec.kind is Kind.OBJECT:
        yield from _parameter_problems(path, value, unknown)
    elif spec.kind is Kind.BOOLEAN:
        if not isinstance(value, bool):
            yield Problem(path, f"must be true or false, not {show_value(spec, value)}")
    elif spec.kind is Kind.INTEGER:
        if not _is_number(value) or float(value) != int(value):
            shown = show_value(spec, value)
            yield Problem(path, f"must be a whole number of {spec.unit}, not {shown}")
        elif not (spec.minimum or 0) <= value <= (spec.maximum or value):
            least, most = spec.minimum or 0, spec.maximum or value
            seconds, rest = divmod(int(value), 1000)
            is_likely = rest == 0 and least <= seconds <= most
            meant = f": is it in milliseconds? Write {seconds}" if is_likely else ""
            yield Problem(
                path, f"must be from {least} to {most} {spec.unit}, not {int(value)}{meant}"
            )
    elif not isinstance(value, str):
        yield Problem(path, f"must be text, not {show_value(spec, value)}")
    elif not is_unicode(value):
        yield Problem(path, "holds half of a character: it cannot be sent")
    elif spec.required and not value.strip():
        yield Problem(path, "must not be empty")
    elif spec.choices and not spec.open_choices and value not in spec.choices:
        yield Problem(path, wrong_choice(value, spec.choices))
    elif (value or spec.form is Form.URL) and spec.form and (reason := form_problem(spec, value)):
        yield Problem(path, reason)
    elif value == KEEP:
        yield Problem(path, f"{KEEP} is for credentials that imgix already holds")


def _list_problems(path: str, spec: Field, value: Any, unknown: Unknown) -> Iterator[Problem]:
    if not isinstance(value, (list, tuple)):
        hint = f": write [{show(value)}]" if isinstance(value, str) else ""
        yield Problem(path, f"must be a list{hint}")
        return
    if spec.at_least_one and not value:
        yield Problem(path, "needs at least one")
    if spec.most_items is not None and len(value) > spec.most_items:
        yield Problem(path, f"holds {len(value)}; imgix takes {spec.most_items} at most")
    seen: set[str] = set()
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if unknown(item):
            continue
        if not isinstance(item, str):
            yield Problem(place, f"must be text, not {show(item)}")
            continue
        if item.lower() in seen:
            yield Problem(place, f"{show(item)} is listed twice")
        elif reason := form_problem(spec, item):
            yield Problem(place, reason)
        seen.add(item.lower())


def _parameter_problems(path: str, value: Any, unknown: Unknown) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(path, "must be an object of rendering parameters")
        return
    for key, item in value.items():
        place = f"{path}.{key}"
        if not isinstance(key, str):
            yield Problem(path, f"has a name that is not text: {show(key)}")
        elif not key.strip():
            yield Problem(path, "holds a parameter without a name")
        elif isinstance(item, (list, tuple)) and not unknown(item):
            text = ",".join(str(part) for part in item)
            yield Problem(place, f"must be one value: write {show(text)}")
        elif not unknown(item) and not isinstance(item, (str, bool, int, float, type(None))):
            yield Problem(place, "must be text, a number, true or false")
        elif isinstance(item, float) and not _is_number(item):
            yield Problem(place, "must be a finite number")


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max  # neither infinite nor not-a-number
    )
