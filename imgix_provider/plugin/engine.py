"""Shows messages through the engine that a plugin's process belongs to, each on its resource.

Without an engine, messages go to standard error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

import attrs
import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from imgix_provider.messages import Notice, Severity, one_line, spell, write_line
from imgix_provider.plugin.names import spelling

_SEVERITIES: Final = {
    Severity.PROGRESS: engine_pb2.INFO,
    Severity.INFO: engine_pb2.INFO,
    Severity.WARNING: engine_pb2.WARNING,
}
_LOG_SECONDS: Final = 5.0


@attrs.define
class Work:
    """What a thread is doing for the engine: a verb of one resource."""

    urn: str
    name: str = ""
    """The source's display name, left out of messages on its resource."""
    deployment_type: str = ""
    """Decides how a message writes fields that several types have."""
    unfinished: list[str] = attrs.field(factory=list)
    """A line for each thing that imgix has not done, although it has the source."""


_NOTHING: Final = Work("")
_work: ContextVar[Work] = ContextVar("work", default=_NOTHING)


@contextmanager
def working(work: Work) -> Iterator[Work]:
    """Attach this thread's messages to a resource."""
    token = _work.set(work)
    try:
        yield work
    finally:
        _work.reset(token)


def current_work() -> Work:
    """Return what this thread is doing; if nothing, work without a resource."""
    return _work.get()


class EngineLog:
    """Shows notices through the engine; safe to share between threads."""

    def __init__(self, address: str = "") -> None:
        """Take the engine's address, `host:port`; without one, messages go to standard error."""
        self._stub: Any = None
        self._address = ""
        self.connect(address)

    def connect(self, address: str) -> None:
        """From now on show messages through the engine at this address, if there is one."""
        if address and address != self._address:
            self._address = address
            self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def show(self, notice: Notice) -> None:
        """Show a notice on the resource that this thread is working on."""
        work = current_work()
        if notice.unfinished and work.urn:
            work.unfinished.append(one_line(_text(notice, work)))
        else:
            self._log(notice.severity, _text(notice, work), work.urn)

    def _log(self, severity: Severity, text: str, urn: str) -> None:
        request = engine_pb2.LogRequest(
            severity=_SEVERITIES[severity],
            message=one_line(text),
            urn=urn,
            ephemeral=severity is Severity.PROGRESS,
        )
        if self._stub is not None:
            with suppress(grpc.RpcError):
                self._stub.Log(request, timeout=_LOG_SECONDS)
                return
        write_line(("warning: " if severity is Severity.WARNING else "") + text)


def _text(notice: Notice, work: Work) -> str:
    """Return the text, with the source's name unless it is the resource's own source."""
    write = spelling(work.deployment_type)
    if notice.source is None:
        return spell(notice.text, write)
    if work.urn and notice.source == work.name:
        identity = f"{notice.source_id}: " if notice.source_id else ""
        return identity + spell(notice.text, write)
    identity = f" ({notice.source_id})" if notice.source_id else ""
    return f'imgix source "{notice.source}"{identity}: {spell(notice.text, write)}'
