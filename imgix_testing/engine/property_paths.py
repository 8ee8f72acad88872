"""Paths into properties, such as `deployment.default_params["fp-x"]` and `tags[0]`.

Parses and prints them, tells at which paths two bags of properties differ, and puts old values
back at a path for `ignore_changes`. What the values mean is `property_values`' affair.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from imgix_testing.engine.property_values import Secret, is_internal, masked, same

Path = tuple[str | int, ...]

_STEP = re.compile(
    r"""\[(?P<index>\d+)\] | \["(?P<quoted>(?:[^"\\]|\\.)*)"\] | \[(?P<every>\*)\]
        | \.?(?P<name>[^.\[\]"]+)""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[A-Za-z0-9_]+")


def parse(text: str) -> Path:
    """The steps of a path; `*` stands for every item."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a property path")
        position = match.end()
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", match["quoted"]))
        else:
            steps.append(match["every"] or match["name"])
    if not steps:
        raise ValueError("a property path cannot be empty")
    return tuple(steps)


def text(path: Path) -> str:
    """A path as people write it."""
    written = ""
    for step in path:
        if isinstance(step, int):
            written += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            written += f".{step}" if written else step
        else:
            quoted = step.replace('"', '\\"')
            written += f'["{quoted}"]'
    return written


@frozen
class Difference:
    """One place where two bags differ; the values are masked, ready to be shown."""

    path: str
    kind: str  # "add", "update" or "delete"
    old: Any = None
    new: Any = None


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], path: Path = ()
) -> Iterator[Difference]:
    """Every place, as deep as can be told, where the new properties differ from the old."""
    for key in sorted({**old, **new}):
        if not path and is_internal(key):
            continue
        here = (*path, key)
        if key not in new:
            yield Difference(text(here), "delete", old=masked(old[key]))
        elif key not in old:
            yield Difference(text(here), "add", new=masked(new[key]))
        else:
            yield from _value_differences(old[key], new[key], here)


def _value_differences(old: Any, new: Any, path: Path) -> Iterator[Difference]:
    if same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from differences(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            here = (*path, index)
            if index >= len(new):
                yield Difference(text(here), "delete", old=masked(old[index]))
            elif index >= len(old):
                yield Difference(text(here), "add", new=masked(new[index]))
            else:
                yield from _value_differences(old[index], new[index], here)
    else:
        yield Difference(text(path), "update", masked(old), masked(new))


_NOTHING = object()


def restored(new: Any, old: Any, path: Path) -> Any:
    """The new value with what the old one holds at the path, or nothing there if it holds nothing.

    As in Pulumi, a path whose parents are missing on one side changes nothing, and lists neither
    grow nor shrink.
    """
    if isinstance(new, Secret) or isinstance(old, Secret):
        return _restored_secret(new, old, path)
    step, rest = path[0], path[1:]
    if isinstance(new, list) and isinstance(old, list) and (step == "*" or isinstance(step, int)):
        return [
            _restored_item(item, old[index] if index < len(old) else _NOTHING, rest)
            if step in ("*", index)
            else item
            for index, item in enumerate(new)
        ]
    if not isinstance(new, Mapping) or not isinstance(old, Mapping):
        return new
    result = dict(new)
    for key in {**old, **new} if step == "*" else [step]:
        if not rest and key not in old:
            result.pop(str(key), None)
        elif not rest:
            result[str(key)] = old[str(key)]
        elif key in old and key in new:
            result[str(key)] = restored(new[str(key)], old[str(key)], rest)
    return result


def _restored_item(new: Any, old: Any, rest: Path) -> Any:
    if old is _NOTHING:
        return new
    return restored(new, old, rest) if rest else old


def _restored_secret(new: Any, old: Any, path: Path) -> Any:
    plain_new = new.value if isinstance(new, Secret) else new
    plain_old = old.value if isinstance(old, Secret) else old
    result = restored(plain_new, plain_old, path)
    return new if same(result, plain_new) else Secret(result)
