"""What the simulated API answers, before it is put on the wire.

`Reply` is an answer, `RefusedError` the exception that becomes one. The JSON:API envelope around
the data is built in `documents`; `faults` spoils replies on request.
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
    # What the Content-Length header claims, where that is not the truth.
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
    """The API does not do what was asked."""

    def __init__(self, status: int, *problems: Problem) -> None:
        """Refuse with a status and the entries of the error reply."""
        super().__init__(*problems)
        self.status = status
        self.problems = problems


def invalid(details: list[str]) -> RefusedError:
    """Refuse a body, one problem for each sentence."""
    return RefusedError(400, *(Problem("Invalid attribute", detail) for detail in details))
