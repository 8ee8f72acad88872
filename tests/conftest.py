"""What all tests share: no network but loopback, a simulated account, and the real CLI's marker."""

from __future__ import annotations

import os
import shutil
import signal

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts

from imgix_provider.sources.lifecycle import Lifecycle
from imgix_testing.server import SimulatedImgix
from tests.runs import fast_run

pytest_plugins = ["imgix_testing.pytest_plugin", "tests.accounts"]

# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("imgix", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("imgix")


def pytest_configure() -> None:
    """Let processes of tests be interrupted, though a shell that runs in the background is not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let no test reach anything but this machine, and skip what needs a CLI that is not here.

    With IMGIX_REQUIRE_PULUMI such a test fails instead, so that a job for these tests cannot pass
    without them.
    """
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    if item.get_closest_marker("pulumi_cli") and shutil.which("pulumi") is None:
        missing = "the pulumi CLI is not on PATH"
        if os.environ.get("IMGIX_REQUIRE_PULUMI"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture
def told() -> list[str]:
    """The lines that a person was told."""
    return []


@pytest.fixture
def lifecycle(imgix: SimulatedImgix, told: list[str]) -> Lifecycle:
    """The verbs, in this process, on the simulated account, as fast as the machine is."""
    return fast_run(imgix, told).lifecycle
