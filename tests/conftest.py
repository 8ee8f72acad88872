"""What all tests share: no network but loopback, a simulated account, and the real CLI's marker."""

from __future__ import annotations

import shutil

import pytest
from pytest_socket import socket_allow_hosts

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits
from imgix_provider.api.transport import Transport
from imgix_provider.settings import Settings
from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import SimulatedImgix

pytest_plugins = ["imgix_testing.pytest_plugin"]


def pytest_runtest_setup() -> None:
    """Let no test reach anything but this machine."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the real CLI where it is not, and say so."""
    if shutil.which("pulumi") is None:
        skip = pytest.mark.skip(reason="the pulumi CLI is not on PATH")
        for item in items:
            if item.get_closest_marker("pulumi_cli"):
                item.add_marker(skip)


@pytest.fixture
def said() -> list[str]:
    """The lines that a person was told."""
    return []


@pytest.fixture
def lifecycle(imgix: SimulatedImgix, said: list[str]) -> Lifecycle:
    """The verbs, in this process, on the simulated account, as fast as the machine is."""
    settings = Settings(
        api_key=imgix.api_key,
        api_url=imgix.url,
        requests_per_second=1000,
        creates_per_hour=10_000,
        updates_per_hour=10_000,
        timeout=10,
    )
    limits = Limits(settings)
    client = SourcesClient(Transport(settings, limits, said.append))
    return Lifecycle(client, limits, said.append)
