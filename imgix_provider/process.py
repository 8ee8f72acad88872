"""Finds, with care, what the SDK's provider process does not hand over.

`pulumi.dynamic` calls a provider's verbs without saying for which resource or purpose, serves them
with only four threads, and lives on when its engine is killed. The missing facts are in the frames
of its own functions and in its arguments. Each function here looks for them there, and does nothing
if the SDK is not built as expected.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, Final

from imgix_provider.messages import write_line

THREADS: Final = 64
"""How many verbs are served at once; most of them wait for a deploy."""
_ORPHANED: Final = 3
"""The exit status if the engine is gone."""
_BETWEEN_LOOKS: Final = 2.0
_CONNECT_SECONDS: Final = 2.0


def calling_resource() -> str:
    """Return the URN of the resource that the SDK calls a verb for; empty if it is not found.

    The SDK's servicer has the engine's request in a local variable, a few frames up.
    """
    request = _calling_request()
    return str(request.urn) if request is not None else ""


def is_lookup() -> bool:
    """Return whether the SDK calls `read` for a resource that only looks a source up.

    The inputs of such a resource name the provider and nothing else.
    """
    fields = getattr(getattr(_calling_request(), "inputs", None), "fields", {})
    return "__provider" in fields and "deployment" not in fields


def keys_declared_as(text: str) -> set[str]:
    """Return the keys of the deployment that a program declares with this text.

    The SDK hands the inputs of `read` to nobody: it passes the outputs.
    """
    fields = getattr(getattr(_calling_request(), "inputs", None), "fields", {})
    if "deployment" not in fields:
        return set()
    deployment = fields["deployment"].struct_value.fields
    return {key for key, value in deployment.items() if value.string_value == text}


def _calling_request() -> Any:
    for frame in _frames(sys._getframe(1)):
        request = frame.f_locals.get("request")
        if isinstance(getattr(request, "urn", None), str):
            return request
    return None


def widen_thread_pool() -> bool:
    """Let the SDK's server work on `THREADS` verbs at once; return whether that worked.

    The server is a local variable of the main thread, which started it and is waiting.
    """
    main = threading.main_thread().ident
    for frame in _frames(sys._current_frames().get(main or 0)):
        pool = _pool_of(frame.f_locals.get("server"))
        if pool is not None:
            pool._max_workers = max(pool._max_workers, THREADS)
            return True
    return False


def _pool_of(server: Any) -> Any:
    pool = getattr(getattr(server, "_state", None), "thread_pool", None)
    known = isinstance(pool, ThreadPoolExecutor) and isinstance(
        getattr(pool, "_max_workers", None), int
    )
    return pool if known else None


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


class Engine:
    """The engine that started this process, found by its address, which is an argument."""

    def __init__(self, address: str) -> None:
        """Take the address, `host:port`; empty if there is no engine to watch."""
        self.address = address
        host, _, port = address.rpartition(":")
        self._address = (host, int(port)) if host and port.isdigit() else None

    def leave_if_gone(self) -> None:
        """End this process at once if its engine is no longer there.

        Otherwise a provider whose engine was killed would go on creating sources that end up in no
        state.
        """
        if self._address is not None and not self._is_there():
            try:
                write_line("the engine is gone: the imgix provider sends nothing more and exits")
            finally:
                os._exit(_ORPHANED)  # even if the engine was the reader of what is written

    def watch(self) -> None:
        """Check from time to time, in a separate thread, whether the engine is still there."""
        if self._address is not None:
            threading.Thread(target=self._watch, name="engine-watch", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(_BETWEEN_LOOKS)
            self.leave_if_gone()

    def _is_there(self) -> bool:
        assert self._address is not None
        try:
            socket.create_connection(self._address, timeout=_CONNECT_SECONDS).close()
        except ConnectionRefusedError:
            return False
        except OSError:
            return True  # too busy to answer, or a sandbox that forbids connections
        return True


def address_of(engine: Any) -> str:
    """Return the address of the engine that a program is connected to; empty if it is not found.

    Args:
        engine: The SDK's connection. Each of its calls has the channel, which knows the address.
    """
    channel = getattr(getattr(engine, "Log", None), "_channel", None)
    target = getattr(channel, "target", bytes)()
    return target.decode().rpartition("/")[2] if isinstance(target, bytes) else ""


def hold_program(settings: Any, task: Awaitable[Any]) -> None:
    """Let a program that has come to its end wait for this first, of all that it waits for.

    Until then the SDK waits for its first open output, and for every output that is done, it looks
    at all that are left: in a large program that takes longer than everything else.

    Args:
        settings: The SDK's module of that name.
        task: It must end, and raise nothing.
    """
    manager = getattr(settings, "_get_rpc_manager", lambda: None)()
    rpcs = getattr(manager, "rpcs", None)
    if isinstance(rpcs, list):
        rpcs.append(task)


def engine_of_this_process() -> Engine:
    """Return the engine whose address the SDK's provider process was started with.

    It is the last argument: the engine's logging options come before it.
    """
    return Engine(sys.argv[-1] if len(sys.argv) > 1 else "")
