"""What all tests share: no network but loopback, a simulated account, and the real CLI's marker."""

from __future__ import annotations

import shutil

import pytest
from pytest_socket import socket_allow_hosts

from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import SimulatedImgix
from tests.runs import fast_run

pytest_plugins = ["imgix_testing.pytest_plugin", "tests.accounts"]


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
def told() -> list[str]:
    """The lines that a person was told."""
    return []


@pytest.fixture
def lifecycle(imgix: SimulatedImgix, told: list[str]) -> Lifecycle:
    """The verbs, in this process, on the simulated account, as fast as the machine is."""
    return fast_run(imgix, told).lifecycle
