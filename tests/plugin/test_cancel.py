"""A cancelled run: every wait ends, every id reaches the state, and nothing more is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from imgix_testing.server import Fault, SimulatedImgix
from tests.plugin.conftest import Plugin, secret

SOON = 2.0
SOURCE: dict[str, Any] = {
    "name": "Blog",
    "deployment": {"imgixSubdomains": ["acme"], "webproxy": {}},
}


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so, and fail where it never is."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def cancelled(plugin: Plugin, call: Any) -> float:
    """Cancel the run, wait for a call to end, and return the seconds that took."""
    began = time.monotonic()
    plugin.cancel()
    call.exception()
    return time.monotonic() - began


def test_a_deploy_is_waited_for_no_longer(plugin: Plugin, imgix: SimulatedImgix) -> None:
    """The source was made, so its id goes to the state."""
    imgix.faults.add(Fault("never_deploys"))
    call = plugin.start_create(SOURCE)
    wait_for(lambda: len(imgix.requests) >= 3)  # the POST and looks at its deploy

    assert cancelled(plugin, call) < SOON

    assert [call.result().id] == list(imgix.sources)
    assert any("the run was cancelled" in text for text in plugin.lines.texts)


def test_many_deploys_end_together_with_every_id(plugin: Plugin, imgix: SimulatedImgix) -> None:
    """However many wait, none is lost."""
    imgix.faults.add(Fault("never_deploys", times=70))
    calls = [
        plugin.start_create(
            {"name": f"S{n}", "deployment": {"imgixSubdomains": [f"s{n}"], "webproxy": {}}}
        )
        for n in range(70)
    ]
    wait_for(lambda: len(imgix.sources) == 70)
    began = time.monotonic()
    plugin.cancel()
    assert {call.result().id for call in calls} == set(imgix.sources)
    assert time.monotonic() - began < 2 * SOON


WAITS: dict[str, tuple[Fault, int]] = {
    "between tries": (Fault("status", status=503, method="POST", times=99), 2),
    "as long as imgix asks for": (
        Fault("status", status=429, method="POST", times=99, headers={"Retry-After": "30"}),
        1,
    ),
    "looking for what a lost answer made": (
        Fault("reset_before", method="POST", times=99),
        2,
    ),
}


@pytest.mark.parametrize("wait", WAITS)
def test_a_request_is_not_tried_again(plugin: Plugin, imgix: SimulatedImgix, wait: str) -> None:
    """The run ends with an error that says so, and nothing was made."""
    fault, requests = WAITS[wait]
    imgix.faults.add(fault)
    call = plugin.start_create(SOURCE)
    wait_for(lambda: len(imgix.requests) >= requests)

    assert cancelled(plugin, call) < SOON

    with pytest.raises(grpc.RpcError) as raised:
        call.result()
    assert "the run was cancelled" in str(raised.value.details())
    seen = len(imgix.requests)
    time.sleep(1.5)  # longer than the pause that was cut short
    assert len(imgix.requests) == seen
    assert imgix.sources == {}


def test_the_rate_limit_is_waited_for_no_longer(plugin: Plugin, imgix: SimulatedImgix) -> None:
    """What waits for its turn is not sent."""
    plugin.configure(
        apiKey=secret(imgix.api_key), apiUrl=imgix.url, requestsPerSecond=0.01, checkDomains=False
    )
    plugin.create({**SOURCE, "waitForDeployed": False})
    other = {"name": "Other", "deployment": {"imgixSubdomains": ["other"], "webproxy": {}}}
    call = plugin.start_create(other)
    wait_for(lambda: any("limit of requests" in text for text in plugin.lines.texts))

    assert cancelled(plugin, call) < SOON

    with pytest.raises(grpc.RpcError):
        call.result()
    assert len(imgix.sources) == 1


def test_after_a_cancel_nothing_starts(plugin: Plugin, imgix: SimulatedImgix) -> None:
    """A verb that the engine still asks for sends nothing."""
    plugin.cancel()
    call = plugin.start_create(SOURCE)
    with pytest.raises(grpc.RpcError) as raised:
        call.result()
    assert "the run was cancelled" in str(raised.value.details())
    assert not [record for record in imgix.requests if record.method != "GET"]


def test_what_is_under_way_ends_when_the_process_is_told_to(
    plugin: Plugin, imgix: SimulatedImgix
) -> None:
    """A second Cancel, or one after the last verb, does no harm."""
    source_id, _ = plugin.create(SOURCE)
    plugin.cancel()
    plugin.cancel()
    assert source_id in imgix.sources
