"""The server as a process of its own: the command, the state file, the control endpoint."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from imgix_testing.server import API_KEY, SimulatedImgix
from imgix_testing.server.faults import KINDS
from imgix_testing.server.state_file import UnreadableStateError

Call = Callable[..., requests.Response]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def steer(imgix: SimulatedImgix) -> Call:
    """Send a request to the control endpoint."""

    def send(method: str, path: str, **body: Any) -> requests.Response:
        url = imgix.url.replace("/api/v1", f"/_control/{path}")
        return requests.request(method, url, json=body, timeout=5)

    return send


def test_the_control_endpoint_does_what_python_does(
    imgix: SimulatedImgix, steer: Call, call: Call
) -> None:
    """Faults, sources, edits, settings and refused keys can be set from another process."""
    assert steer("POST", "faults", kind="status", status=503).status_code == 201
    assert call("GET", "/sources").status_code == 503
    (fault,) = steer("GET", "faults").json()["faults"]
    assert (fault["kind"], fault["matched"], fault["fired"]) == ("status", 1, 1)
    assert steer("DELETE", "faults").json() == {"faults": []}

    deployment = {"type": "s3", "s3_secret_key": "s3cret"}
    source_id = steer("POST", "sources", name="Made", deployment=deployment).json()["id"]
    assert steer("POST", f"sources/{source_id}", name="Edited").status_code == 200
    (source,) = steer("GET", "sources").json()["sources"]
    assert (source["name"], source["deployment"]["s3_secret_key"]) == ("Edited", "s3cret")

    settings = steer("POST", "settings", deploy_seconds=60, requests_per_second=9).json()
    assert (settings["deploy_seconds"], settings["requests_per_second"]) == (60, 9)
    assert settings == steer("GET", "settings").json() == imgix.settings()

    steer("POST", "refused_access_keys", access_key="AKIA", times=1)
    body = {"attributes": {"deployment": {"s3_access_key": "AKIA"}}, "id": source_id}
    path = f"/sources/{source_id}"
    answer = call("PATCH", path, json={"data": {**body, "type": "sources"}})
    assert answer.json()["errors"][0]["title"] == "aws_access_key"


def test_the_control_endpoint_shows_requests_without_the_key(steer: Call, call: Call) -> None:
    """The log of requests can be read and cleared; control requests and keys are not in it."""
    call("GET", "/sources")
    answer = steer("GET", "requests")
    (record,) = answer.json()["requests"]
    assert (record["method"], record["path"], record["status"]) == ("GET", "/api/v1/sources", 200)
    assert answer.json()["busiest_second"] == 1
    assert API_KEY not in answer.text
    assert steer("DELETE", "requests").json() == {"busiest_second": 0, "requests": []}


@pytest.mark.parametrize("body", [{"kind": "explode"}, {"kind": ["slow"]}, {"kind": None}, {}])
def test_a_kind_of_fault_that_there_is_not_lists_those_there_are(
    steer: Call, body: dict[str, Any]
) -> None:
    """One line names every kind, so that nobody has to look them up."""
    answer = steer("POST", "faults", **body)
    assert answer.status_code == 400
    kinds = ", ".join(KINDS)
    assert answer.json() == {"error": f"kind must be one of {kinds}; not {body.get('kind')!r}"}
    assert steer("GET", "faults").json() == {"faults": []}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"colour": "blue"}, 400),
        ("POST", "settings", {"colour": "blue"}, 400),
        ("POST", "sources/nobody", {"name": "x"}, 404),
        ("GET", "colours", {}, 404),
    ],
)
def test_the_control_endpoint_refuses_mistakes(
    steer: Call, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    """A mistake in a control request is told, and does not break the server."""
    answer = steer(method, path, **body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_control_endpoint_answers_loopback_only(imgix: SimulatedImgix) -> None:
    """Who comes from another machine cannot steer the account or see its secrets."""
    from werkzeug.test import EnvironBuilder
    from werkzeug.wrappers import Request

    for address, status in (("192.0.2.7", 403), ("::1", 200), (None, 403)):
        environ = EnvironBuilder(path="/_control/sources").get_environ()
        environ["REMOTE_ADDR"] = address
        assert imgix.control.answer(Request(environ)).status == status


@pytest.fixture
def run() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start the command with these arguments, and end it when the test is over."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "imgix_testing", "server", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(
    run: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, number: signal.Signals
) -> None:
    """The command prints one line with address and key, keeps its sources, and ends with 0."""
    state = tmp_path / "account.json"
    for expected in (0, 1):
        process = run("--port", "0", "--state", str(state))
        assert process.stdout is not None
        line = process.stdout.readline()
        url, key = re.findall(r"http://\S+|ak_\w+", line)
        headers = {"Authorization": f"Bearer {key}"}
        listed = requests.get(f"{url}/sources", headers=headers, timeout=5).json()["data"]
        assert len(listed) == expected
        body = {"name": "Kept", "deployment": {"type": "s3"}}
        requests.post(url.replace("/api/v1", "/_control/sources"), json=body, timeout=5)
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=10)
        assert (process.returncode, rest, complaints) == (0, "", "")


def test_a_taken_port_is_one_line(run: Callable[..., "subprocess.Popen[str]"]) -> None:
    """Where the port is taken the command says so in one line and ends with 1."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        process = run("--port", str(port))
        out, complaints = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, "")
    assert complaints.splitlines() == [
        f"Cannot start the simulated API: 127.0.0.1:{port}: the port is taken"
    ]


def test_the_state_file_follows_every_change(
    tmp_path: Path, deployment: Callable[..., dict[str, Any]]
) -> None:
    """After each change the file holds the account, readable by its owner only."""
    path = tmp_path / "account.json"
    with SimulatedImgix(state_file=path) as imgix:
        headers = {"Authorization": f"Bearer {imgix.api_key}"}
        attributes = {"name": "Over HTTP", "deployment": deployment()}
        body = {"data": {"attributes": attributes, "type": "sources"}}
        answer = requests.post(f"{imgix.url}/sources", json=body, headers=headers, timeout=5)
        source_id = answer.json()["data"]["id"]
        assert json.loads(path.read_text())["sources"][0]["name"] == "Over HTTP"
        imgix.edit(source_id, name="By hand")
        left = imgix.sources
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["account.json"]
    with SimulatedImgix(state_file=path) as again:
        assert again.sources == left
        assert again.source(source_id).name == "By hand"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sources": [{"id": "x"}]}'])
def test_a_strange_state_file_is_left_alone(tmp_path: Path, content: str) -> None:
    """A file that the server did not write is refused by name and not overwritten."""
    path = tmp_path / "account.json"
    path.write_text(content)
    with pytest.raises(UnreadableStateError, match=r"account\.json"):
        SimulatedImgix(state_file=path).start()
    assert path.read_text() == content
