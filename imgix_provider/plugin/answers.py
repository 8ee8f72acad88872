"""How a verb answers: with its result, or with one line that says what went wrong.

The line has no traceback and shows none of the program's secrets.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol, TypeVar

import attrs
import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from imgix_provider.errors import ImgixError, UnfinishedError
from imgix_provider.plugin.engine import Work, working
from imgix_provider.plugin.names import spelling

_UNKNOWN_STATUS: Final = 2
"""gRPC's code for an error that carries its own details."""

R = TypeVar("R")


class Redacting(Protocol):
    """Masks the secrets that a run has seen."""

    def redacted(self, line: str) -> str:
        """Return a line with the secrets masked."""


def answering(verb: Callable[..., R]) -> Callable[..., R]:
    """Make `verb` work on the request's resource, and turn whatever it raises into one line."""

    @functools.wraps(verb)
    def answer(self: Redacting, request: Any, context: grpc.ServicerContext) -> R:
        with working(Work(str(getattr(request, "urn", "")))) as work:
            try:
                return verb(self, request, context)
            except UnfinishedError as unfinished:
                context.abort_with_status(_status_of(unfinished))
            except ImgixError as error:
                # UNKNOWN and INTERNAL would tell the engine that the source may or may not exist.
                code = grpc.StatusCode.FAILED_PRECONDITION
                line = error.line(spelling(work.deployment_type))
            except Exception as error:
                code, line = grpc.StatusCode.INTERNAL, _defect(verb.__name__, error)
        context.abort(code, self.redacted(line))
        raise AssertionError  # `abort` raises

    return answer


def _status_of(unfinished: UnfinishedError) -> _Status:
    """Return the status that makes the engine keep the source and fail the run."""
    text = unfinished.reasons[0]
    status = status_pb2.Status(code=_UNKNOWN_STATUS, message=text)
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=unfinished.source_id,
            properties=unfinished.properties,
            reasons=unfinished.reasons,
        )
    )
    details = (("grpc-status-details-bin", status.SerializeToString()),)
    return _Status(grpc.StatusCode.UNKNOWN, text, details)


@attrs.frozen
class _Status(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


def not_there(context: grpc.ServicerContext, text: str) -> NoReturn:
    """Answer that the plugin does not have what was asked for."""
    context.abort(grpc.StatusCode.UNIMPLEMENTED, text)
    raise AssertionError  # `abort` raises


def _defect(verb: str, error: Exception) -> str:
    *_, (frame, line_number) = traceback.walk_tb(error.__traceback__)
    place = f"{Path(frame.f_code.co_filename).name}:{line_number}"
    return (
        f"unexpected {type(error).__name__} at {place} while the imgix plugin ran {verb}; this is "
        "a bug in the provider, please report it"
    )
