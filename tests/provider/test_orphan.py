"""A provider process whose engine was killed: it sends nothing more and exits."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from imgix_testing.server import Fault, SimulatedImgix
from tests.provider.conftest import Provider, StartProvider

INPUTS: dict[str, Any] = {
    "name": "Blog",
    "deployment": {
        "type": "webfolder",
        "imgix_subdomains": ["acme"],
        "webfolder_base_url": "https://www.example.com/",
    },
}


@pytest.fixture
def engine() -> Iterator[socket.socket]:
    """Listens as an engine does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def wait_for(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds; fail after half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(engine: socket.socket, start_provider: StartProvider, imgix: SimulatedImgix) -> Provider:
    """Start a provider process for an engine, behind an option of the engine's own log."""
    address = f"127.0.0.1:{engine.getsockname()[1]}"
    provider = start_provider(arguments=("-v=9", address))
    provider.configure(apiKey=imgix.api_key, apiUrl=imgix.url, requestsPerSecond=1000)
    return provider


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", method="POST", status=503, headers={"Retry-After": "4"}, times=9),
        Fault("status", method="POST", status=429, headers={"Retry-After": "4"}, times=9),
        Fault("slow", method="GET", delay=4, times=9),
    ],
    ids=["a server error", "a retry", "a deploy"],
)
def test_an_orphan_sends_nothing_more_and_exits(
    engine: socket.socket, start_provider: StartProvider, imgix: SimulatedImgix, fault: Fault
) -> None:
    """Where the engine goes while a create waits or tries again, the process ends in seconds."""
    provider = start(engine, start_provider, imgix)
    imgix.configure(deploy_seconds=600)
    imgix.faults.add(fault)
    with ThreadPoolExecutor() as pool:
        creating = pool.submit(provider.create, INPUTS)
        wait_for(lambda: any(request.method == "POST" for request in imgix.requests))

        engine.close()

        assert provider.process.wait(timeout=20) == 3
        assert isinstance(creating.exception(timeout=20), grpc.RpcError)
    posts = [request for request in imgix.requests if request.method == "POST"]
    assert len(posts) == 1
    assert "the engine is gone: the imgix provider sends nothing more and exits" in provider.notices


def test_a_provider_whose_engine_is_there_goes_on(
    engine: socket.socket, start_provider: StartProvider, imgix: SimulatedImgix
) -> None:
    """Looking for the engine neither delays nor ends a process that has one."""
    provider = start(engine, start_provider, imgix)
    source_id, _ = provider.create(INPUTS)
    assert list(imgix.sources) == [source_id]
    assert provider.process.poll() is None
