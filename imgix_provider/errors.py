"""Every error this package raises. Each message is written for the person who reads it.

    ImgixError
    ├── ConfigurationError      the key, the address or a limit is missing or wrong
    ├── UsageError              a lookup or a command was given an argument that it cannot use
    ├── InvalidSourceError      a declared source breaks the documented rules; nothing was sent
    ├── ApiError                imgix answered, and the answer is an error
    │   ├── AccessDeniedError   401, 403: the key is unknown or lacks the Sources permission
    │   ├── NotFoundError       404: there is no such source
    │   ├── RefusedError        400, 405, 409, 422 and the like: imgix does not accept the request
    │   └── RateLimitedError    429, or this run's own count of an hourly limit
    ├── UnavailableError        no usable answer: 5xx, a broken connection, a time-out
    │   ├── UnreadableReplyError  2xx with an unreadable body: most likely carried out
    │   └── LostAnswerError     no answer to a create: it may or may not have been carried out
    ├── CancelledError          the run was cancelled; nothing more was sent
    ├── UnreadableDocumentError  within the package: becomes an UnreadableReplyError
    └── UnfinishedError         within the plugin: becomes an answer to the engine

A message is one line. It never holds a key, a secret or a token: text from the API goes through
`redact` first.
"""

from __future__ import annotations

from typing import Any

from imgix_provider.messages import Spelling, one_line, python_spelling, spell


class ImgixError(Exception):
    """What is wrong, and what to do about it, in one line."""

    def __init__(self, problem: str, advice: str = "") -> None:
        """Join `problem`, a clause without a full stop, and `advice`, whole sentences."""
        self.problem = one_line(problem).rstrip(".")
        self.advice = one_line(advice)
        super().__init__(self.line())

    def line(self, spelling: Spelling = python_spelling) -> str:
        """Return the whole message, with arguments written in the given spelling."""
        return spell(f"{self.problem}. {self.advice}".rstrip(), spelling)

    def __str__(self) -> str:
        """Return the message in Python's spelling."""
        return self.line()

    def about(self, subject: str) -> ImgixError:
        """Return the same error with `subject` (which source, what was tried) in front."""
        copy = self.__class__.__new__(self.__class__)
        copy.__dict__.update(self.__dict__)
        ImgixError.__init__(copy, f"{subject}: {self.problem}", self.advice)
        return copy


class ConfigurationError(ImgixError):
    """The API key, the address or a limit is missing or unusable."""


class UsageError(ImgixError):
    """A lookup or a command was given an argument that it cannot use; nothing was sent."""


class InvalidSourceError(ImgixError):
    """A declared source breaks the documented rules; nothing was sent."""


class ApiError(ImgixError):
    """imgix answered with an error document."""

    def __init__(
        self,
        problem: str,
        advice: str = "",
        *,
        status: int,
        title: str = "",
        detail: str = "",
        retry_after: float | None = None,
    ) -> None:
        """Store the HTTP `status`, what imgix said, and the seconds of a `Retry-After`."""
        super().__init__(problem, advice)
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after = retry_after


class AccessDeniedError(ApiError):
    """The key is unknown to imgix, or it lacks the Sources permission."""


class NotFoundError(ApiError):
    """imgix has no source with this id."""


class RefusedError(ApiError):
    """imgix does not accept the request as it stands; sending it again would not help."""


class RateLimitedError(ApiError):
    """More requests, creates or updates than the account is allowed."""


class UnavailableError(ImgixError):
    """No usable answer came: a server error, a broken connection, a time-out, a bad reply."""

    def __init__(
        self,
        problem: str,
        advice: str = "",
        *,
        sent: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """Store whether the request may have reached imgix, and the seconds of a `Retry-After`."""
        super().__init__(problem, advice)
        self.sent = sent
        self.retry_after = retry_after


class UnreadableReplyError(UnavailableError):
    """imgix answered 2xx, so the request was most likely carried out; the body was unreadable."""


class LostAnswerError(UnavailableError):
    """A create was sent and no usable answer came: it may or may not have been carried out."""


class CancelledError(ImgixError):
    """The run was cancelled: nothing more was sent, and what is known is stored in the state."""


class UnreadableDocumentError(ImgixError):
    """A document does not have the documented shape."""


class UnfinishedError(ImgixError):
    """imgix has the source, but not all of it is as declared."""

    def __init__(self, source_id: str, properties: Any, reasons: list[str]) -> None:
        """Take what to store in the state, and a line for each thing that is not as declared."""
        super().__init__(reasons[0])
        self.source_id = source_id
        self.properties = properties
        self.reasons = reasons


def operation_error(verb: str, name: str, error: ImgixError) -> ImgixError:
    """Return `error`, saying that `verb` failed for the source called `name`."""
    if isinstance(error, InvalidSourceError):
        return error  # it says so already
    if isinstance(error, RefusedError) and error.detail:
        problem = f'imgix refused to {verb} "{name}": {error.detail}'
        return RefusedError(problem, error.advice, status=error.status, title=error.title)
    return error.about(f'cannot {verb} imgix source "{name}"')
