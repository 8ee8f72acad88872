"""Replies of the simulated API, before they are sent.

`Reply` is an answer, and `RefusedError` an exception that becomes one. `documents` builds the
JSON:API envelope, and `faults` spoils replies.
"""

import json
from typing import Any, Literal

import attrs

MEDIA_TYPE = "application/vnd.api+json"

Ending = Literal["keep", "close", "reset"]


@attrs.frozen
class Reply:
    """An answer: a document or raw bytes, and how the connection ends after it."""

    status: int
    document: dict[str, Any] | None = None
    raw: bytes | None = None
    headers: dict[str, str] = attrs.field(factory=dict)
    media_type: str = MEDIA_TYPE
    # The Content-Length to send if it is not the real one.
    claimed_length: int | None = None
    ending: Ending = "keep"

    def content(self) -> bytes:
        """Return the bytes of the body."""
        if self.raw is not None:
            return self.raw
        return b"" if self.document is None else json.dumps(self.document).encode()


@attrs.frozen
class Problem:
    """One entry of an error reply."""

    title: str
    detail: str


class RefusedError(Exception):
    """The API refuses the request."""

    def __init__(
        self, status: int, *problems: Problem, headers: dict[str, str] | None = None
    ) -> None:
        """Refuse with a status, the entries of the error reply, and headers."""
        super().__init__(*problems)
        self.status = status
        self.problems = problems
        self.headers = headers or {}


def invalid(details: list[str]) -> RefusedError:
    """Refuse a body; each sentence is a problem."""
    return RefusedError(400, *(Problem("Invalid attribute", detail) for detail in details))
