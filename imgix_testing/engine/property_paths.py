"""Paths into properties, such as `deployment.default_params["fp-x"]` and `tags[0]`.

Parses and writes paths, finds the paths at which two sets of properties differ, and sets values at
a path: old ones for `ignore_changes`, secrets in a configuration.
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
    """Return the steps of a path; `*` stands for every item."""
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


def text(path: Path, start: str = "") -> str:
    """Return a path as people write it, appended to `start`."""
    written = start
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
    """One place where two sets of properties differ; the values are masked, ready to be shown."""

    path: str
    kind: str  # "add", "update" or "delete"
    old: Any = None
    new: Any = None


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Difference]:
    """Yield every difference between old and new properties, as deep as possible."""
    olds, news = _parts(old), _parts(new)
    if same(old, new):
        return
    if olds is None or news is None or isinstance(old, list) != isinstance(new, list):
        yield Difference(text(path), "update", masked(old), masked(new))
        return
    for key in sorted({**olds, **news}):
        here = (*path, key)
        if not path and is_internal(key):
            continue
        if key not in news:
            yield Difference(text(here), "delete", old=masked(olds[key]))
        elif key not in olds:
            yield Difference(text(here), "add", new=masked(news[key]))
        else:
            yield from differences(olds[key], news[key], here)


def _parts(value: Any) -> Mapping[Any, Any] | None:
    """Return the parts of an object or a list, by key or index."""
    if isinstance(value, list):
        return dict(enumerate(value))
    return value if isinstance(value, Mapping) else None


def restored(new: Any, old: Any, path: Path) -> Any:
    """Return the new value with what the old one has at the path, if anything.

    As in Pulumi, a path whose parents are missing on one side changes nothing, and lists keep their
    length.
    """
    if isinstance(new, Secret) or isinstance(old, Secret):
        result = restored(_opened(new), _opened(old), path)
        return new if same(result, _opened(new)) else Secret(result)
    step, rest = path[0], path[1:]
    if isinstance(new, list) and isinstance(old, list):
        return [
            _at(item, old[index], rest) if step in ("*", index) and index < len(old) else item
            for index, item in enumerate(new)
        ]
    if not isinstance(new, Mapping) or not isinstance(old, Mapping):
        return new
    result = dict(new)
    for key in {**old, **new} if step == "*" else [str(step)]:
        if key in old and (key in new or not rest):
            result[key] = _at(new.get(key), old[key], rest)
        elif not rest:
            result.pop(key, None)
    return result


def _at(new: Any, old: Any, rest: Path) -> Any:
    return restored(new, old, rest) if rest else old


def _opened(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


def placed(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of the value with `new` at the path; missing maps on the way are added."""
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list) else []
        if step > len(items):
            raise ValueError(f"there is no item {step}")
        old = items[step] if step < len(items) else None
        items[step : step + 1] = [placed(old, rest, new) if rest else new]
        return items
    entries = dict(value) if isinstance(value, Mapping) else {}
    return {**entries, step: placed(entries.get(step), rest, new) if rest else new}
