"""The plugin's process: serves an engine until the engine ends.

Its argument is the engine's address, and the first line of its standard output is the port that it
serves. A process whose engine was killed stops by itself. Without an address, it runs on, for
engines that attach with `PULUMI_DEBUG_PROVIDERS`.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from imgix_provider.messages import Notify
from imgix_provider.plugin.engine import EngineLog
from imgix_provider.plugin.servicer import ImgixServicer
from imgix_provider.process import Engine
from imgix_provider.run import Run
from imgix_provider.settings import Settings
from imgix_provider.sources.neighbours import Neighbours

THREADS: Final = 1024
"""The most verbs served at once; an engine asks for up to `--parallel`."""
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
)
_LAST_ANSWERS: Final = 2.0
"""Seconds that running verbs have to answer when the process is told to end."""


def serve(arguments: Sequence[str]) -> int:
    """Serve until the process is told to end, and return its exit status."""
    address = next((each for each in arguments if not each.startswith("-")), "")
    engine, neighbours = Engine(address), Neighbours(address)

    def start_run(settings: Settings, *, notify: Notify) -> Run:
        return Run(
            settings,
            notify=notify,
            before_change=engine.leave_if_gone,
            neighbours=neighbours,
        )

    servicer = ImgixServicer(start_run, EngineLog(address))
    # Threads are only made when needed, so a large number costs nothing.
    server = grpc.server(ThreadPoolExecutor(THREADS), options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ending.set())
    server.start()
    engine.watch()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ending.wait()
    servicer.cancel()
    server.stop(_LAST_ANSWERS).wait()
    return 0
