"""Faults of the simulated API: what goes wrong, for which requests, and when.

A `Fault` describes one, `Faults` returns the one that is due, and `spoil` applies it to the answer.
`api` applies those that change the account itself (`refuse_credentials`, `never_deploys`).
"""

import random
import re
import threading
from collections.abc import Callable
from typing import Any, Final

import attrs

from imgix_testing.server.documents import errors
from imgix_testing.server.replies import Problem, Reply

KINDS: Final = {
    "status": "answers with an error status (500) and does nothing",
    "status_after": "does the work, then answers with an error status (500)",
    "reset_before": "resets the connection and does nothing",
    "reset_after": "does the work, then resets the connection: the answer is lost",
    "slow": "waits `delay` seconds, then works",
    "garbage": "does the work and answers with its status and an HTML page",
    "empty": "does the work and answers with its status and no body",
    "truncated": "does the work and closes the connection halfway through the body",
    "cut": "does the work and answers with half the JSON as if it were all",
    "redirect": "redirects (302) to another host (`Location` in `headers`) and does nothing",
    "body": "answers with `body` and `status` (200) and does nothing",
    "refuse_credentials": "refuses a POST or PATCH for its S3 access key",
    "never_deploys": "does a POST or PATCH whose deploy then stays `deploying`",
    "unknown_status": "does the work; `deployment_status` reads `body` (`reticulating`)",
    "missing_keys": "does the work; the answer lacks the key `body` (`deployment`)",
}

_OF_CHANGES_ONLY = ("refuse_credentials", "never_deploys")
_ELSEWHERE = "http://imgix.invalid/api/v1/sources"
_HTML = b"<!doctype html><html><body><h1>We will be right back</h1></body></html>"


def _check_kind(fault: "Fault", field: Any, value: str) -> None:
    if not isinstance(value, str) or value not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; not {value!r}")


def _check_pattern(fault: "Fault", field: Any, value: str | None) -> None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise ValueError(f"path is not a regular expression: {error}") from error


@attrs.frozen
class Fault:
    """A fault. With `times=None` it never stops; `after` skips the first matching requests."""

    kind: str = attrs.field(validator=_check_kind)
    method: str | None = None
    path: str | None = attrs.field(default=None, validator=_check_pattern)
    after: int = 0
    times: int | None = 1
    probability: float = 1.0
    status: int | None = None
    delay: float | None = None
    headers: dict[str, str] = attrs.field(factory=dict)
    body: Any = None

    def matches(self, method: str, path: str) -> bool:
        """Return whether this fault is for this kind of request."""
        if self.kind in _OF_CHANGES_ONLY and method not in ("POST", "PATCH"):
            return False
        if self.method is not None and method != self.method.upper():
            return False
        return self.path is None or re.search(self.path, path) is not None


class Faults:
    """The current faults, and how often each has been applied. Thread-safe."""

    def __init__(self, seed: int) -> None:
        """Start without faults."""
        self._lock = threading.Lock()
        self._random = random.Random(seed)
        self._set: list[tuple[Fault, dict[str, int]]] = []

    def add(self, fault: Fault) -> None:
        """Add a fault; if several are due, the one added first applies."""
        with self._lock:
            self._set.append((fault, {"matched": 0, "fired": 0}))

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._set.clear()

    def describe(self) -> list[dict[str, Any]]:
        """Return each fault with how often it matched and was applied."""
        with self._lock:
            return [{**attrs.asdict(fault), **counts} for fault, counts in self._set]

    def due(self, method: str, path: str) -> Fault | None:
        """Return the fault that is due for this request, and count it."""
        with self._lock:
            for fault, counts in self._set:
                if not fault.matches(method, path):
                    continue
                counts["matched"] += 1
                spent = fault.times is not None and counts["fired"] >= fault.times
                if spent or counts["matched"] <= fault.after:
                    continue
                if fault.probability < 1.0 and self._random.random() >= fault.probability:
                    continue
                counts["fired"] += 1
                return fault
        return None


def spoil(fault: Fault, work: Callable[[], Reply], request_id: str) -> Reply:
    """Return the answer with this fault; do the work only if the fault includes it."""
    match fault.kind:
        case "status" | "reset_before" | "redirect" | "body":
            reply = Reply(200)
        case _:
            reply = work()
    match fault.kind:
        case "status" | "status_after":
            reply = _error(fault, request_id)
        case "reset_before" | "reset_after":
            reply = attrs.evolve(reply, ending="reset")
        case "redirect":
            reply = Reply(fault.status or 302, headers={"Location": _ELSEWHERE})
        case "body":
            reply = _with_body(Reply(fault.status or 200), fault.body)
        case "garbage":
            reply = attrs.evolve(reply, raw=_HTML, media_type="text/html")
        case "empty":
            reply = attrs.evolve(reply, raw=b"")
        case "truncated":
            whole = reply.content()
            reply = attrs.evolve(reply, raw=_half(whole), claimed_length=len(whole), ending="close")
        case "cut":
            reply = attrs.evolve(reply, raw=_half(reply.content()))
        case "unknown_status":
            reply = _edited(reply, lambda data: _set_status(data, fault.body or "reticulating"))
        case "missing_keys":
            reply = _edited(reply, lambda data: _without(data, fault.body or "deployment"))
    return attrs.evolve(reply, headers={**reply.headers, **fault.headers})


def _error(fault: Fault, request_id: str) -> Reply:
    status = fault.status or 500
    if fault.body is not None:
        return _with_body(Reply(status), fault.body)
    problem = Problem("Simulated fault", "The simulated API was told to answer this.")
    return Reply(status, errors(status, (problem,), request_id))


def _with_body(reply: Reply, body: Any) -> Reply:
    if isinstance(body, str):
        return attrs.evolve(reply, raw=body.encode())
    return attrs.evolve(reply, document=body)


def _half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def _edited(reply: Reply, edit: Callable[[dict[str, Any]], None]) -> Reply:
    data = (reply.document or {}).get("data")
    for resource in data if isinstance(data, list) else [data]:
        if isinstance(resource, dict):
            edit(resource)
    return reply


def _set_status(resource: dict[str, Any], status: str) -> None:
    resource["attributes"]["deployment_status"] = status


def _without(resource: dict[str, Any], key: str) -> None:
    resource.pop(key, None)
    resource.get("attributes", {}).pop(key, None)
