"""Faults: what each kind does to the account and to the answer, and when it strikes."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from imgix_testing.server import Fault, SimulatedImgix
from imgix_testing.server.faults import KINDS

Call = Callable[..., requests.Response]
Create = Callable[..., str]
Post = Callable[[], requests.Response]


@pytest.fixture
def posted(post: Call, deployment: Callable[..., dict[str, Any]]) -> Post:
    """POST a complete source."""
    return lambda: post(name="Images", deployment=deployment())


@pytest.mark.parametrize(
    ("fault", "status", "made"),
    [
        (Fault("status"), 500, 0),
        (Fault("status", status=503), 503, 0),
        (Fault("status_after"), 500, 1),
        (Fault("status_after", status=502), 502, 1),
        (Fault("slow", delay=0.01), 201, 1),
        (Fault("garbage"), 201, 1),
        (Fault("empty"), 201, 1),
        (Fault("cut"), 201, 1),
        (Fault("redirect"), 302, 0),
        (Fault("redirect", status=307), 307, 0),
        (Fault("body", body={"data": None}), 200, 0),
        (Fault("body", status=201, body="not JSON"), 201, 0),
        (Fault("refuse_credentials"), 400, 0),
        (Fault("never_deploys"), 201, 1),
        (Fault("unknown_status"), 201, 1),
        (Fault("missing_keys"), 201, 1),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
def test_faults_answer_a_status_and_work_or_not(
    imgix: SimulatedImgix, posted: Post, fault: Fault, status: int, made: int
) -> None:
    """Each kind answers its status, leaves the work done or undone, and is over after once."""
    imgix.faults.add(fault)
    assert posted().status_code == status
    assert len(imgix.sources) == made
    assert imgix.requests[-1].status == status
    assert posted().status_code == (400 if made else 201)


@pytest.mark.parametrize(("kind", "made"), [("reset_before", 0), ("reset_after", 1)])
def test_resets_lose_the_answer(imgix: SimulatedImgix, posted: Post, kind: str, made: int) -> None:
    """A reset connection has no answer, whether or not the work was done before."""
    imgix.faults.add(Fault(kind))
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        posted()
    assert len(imgix.sources) == made
    assert imgix.requests[-1].status is None


def test_a_truncated_answer_ends_early(imgix: SimulatedImgix, posted: Post) -> None:
    """A truncated answer promises more than comes."""
    imgix.faults.add(Fault("truncated"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        posted()
    assert len(imgix.sources) == 1


def test_a_cut_answer_is_half_a_document(imgix: SimulatedImgix, posted: Post) -> None:
    """A cut answer is complete as HTTP and broken as JSON."""
    imgix.faults.add(Fault("cut"))
    answer = posted()
    assert answer.text.startswith('{"data"')
    with pytest.raises(ValueError, match="line 1"):
        answer.json()


def test_garbage_and_nothing_are_what_they_say(imgix: SimulatedImgix, call: Call) -> None:
    """Garbage is an HTML page, and empty is empty."""
    imgix.faults.add(Fault("garbage"))
    imgix.faults.add(Fault("empty"))
    page, nothing = call("GET", "/sources"), call("GET", "/sources")
    assert (page.headers["Content-Type"], "<html>" in page.text) == ("text/html", True)
    assert nothing.content == b""


def test_error_statuses_have_error_documents(imgix: SimulatedImgix, call: Call) -> None:
    """A status fault is answered as JSON:API, with the headers and the body that it names."""
    imgix.faults.add(Fault("status", status=429, headers={"Retry-After": "7"}))
    imgix.faults.add(Fault("status", status=418, body={"errors": []}))
    limited, custom = call("GET", "/sources"), call("GET", "/sources")
    assert limited.headers["Retry-After"] == "7"
    assert limited.json()["errors"][0]["status"] == "429"
    assert (custom.status_code, custom.json()) == (418, {"errors": []})


def test_redirects_lead_elsewhere(imgix: SimulatedImgix, call: Call) -> None:
    """A redirect names another host, or the one that the fault names."""
    imgix.faults.add(Fault("redirect"))
    imgix.faults.add(Fault("redirect", headers={"Location": "http://127.0.0.1:9/x"}))
    first, second = call("GET", "/sources"), call("GET", "/sources")
    assert first.headers["Location"] == "http://imgix.invalid/api/v1/sources"
    assert second.headers["Location"] == "http://127.0.0.1:9/x"


def test_a_deploy_can_hang(
    imgix: SimulatedImgix, clock: list[float], create: Create, patch: Call, call: Call
) -> None:
    """A deploy that never ends reads deploying for good, until another one is done."""
    imgix.faults.add(Fault("never_deploys"))
    call("GET", "/sources")
    source_id = create()
    clock[0] += 10_000_000

    def status() -> str:
        data = call("GET", f"/sources/{source_id}").json()["data"]
        return str(data["attributes"]["deployment_status"])

    assert status() == "deploying"
    patch(source_id, deployment={"cache_ttl_error": 5})
    assert status() == "deployed"


def test_answers_can_lack_keys_and_know_other_statuses(
    imgix: SimulatedImgix, create: Create, call: Call
) -> None:
    """Single answers and lists can lack a key, or have a status nobody documented."""
    path = f"/sources/{create()}"
    for fault in (
        Fault("unknown_status"),
        Fault("unknown_status", body="melting"),
        Fault("missing_keys"),
        Fault("missing_keys", body="attributes"),
    ):
        imgix.faults.add(fault)
    assert call("GET", path).json()["data"]["attributes"]["deployment_status"] == "reticulating"
    listed = call("GET", "/sources").json()["data"][0]
    assert listed["attributes"]["deployment_status"] == "melting"
    assert "deployment" not in call("GET", path).json()["data"]["attributes"]
    assert "attributes" not in call("GET", path).json()["data"]
    assert call("GET", path).json()["data"]["attributes"]["deployment"]["type"] == "s3"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("status"), [500, 200, 200, 404]),
        (Fault("status", times=2), [500, 500, 200, 404]),
        (Fault("status", times=None), [500, 500, 500, 500]),
        (Fault("status", after=1), [200, 500, 200, 404]),
        (Fault("status", after=1, times=None), [200, 500, 500, 500]),
        (Fault("status", path=r"/sources/\w+$"), [200, 200, 200, 500]),
        (Fault("status", path="/sources$", times=None), [500, 500, 500, 404]),
        (Fault("status", method="patch", times=None), [200, 200, 200, 404]),
        (Fault("status", probability=0.0, times=None), [200, 200, 200, 404]),
    ],
)
def test_faults_strike_when_they_should(
    imgix: SimulatedImgix, call: Call, fault: Fault, expected: list[int]
) -> None:
    """A fault strikes the requests it is for, after some and as often as it says."""
    imgix.faults.add(fault)
    paths = ("/sources", "/sources", "/sources", "/sources/abc")
    assert [call("GET", path).status_code for path in paths] == expected
    imgix.faults.clear()
    assert call("GET", "/sources").status_code == 200


def test_chance_follows_from_the_seed() -> None:
    """With one seed a chancy fault strikes the same requests again."""

    def struck(seed: int) -> list[bool]:
        imgix = SimulatedImgix(seed=seed)
        imgix.faults.add(Fault("status", probability=0.5, times=None))
        return [imgix.faults.due("GET", "/") is not None for _ in range(64)]

    assert struck(1) == struck(1) != struck(2)
    assert 10 < sum(struck(1)) < 54


def test_slow_answers_take_their_delay_and_a_stop_does_not_wait(
    imgix: SimulatedImgix, call: Call
) -> None:
    """A slow answer comes after its delay, and a client that gives up first has none."""
    imgix.faults.add(Fault("slow", delay=0.15))
    started = time.monotonic()
    assert call("GET", "/sources").status_code == 200
    assert time.monotonic() - started >= 0.15

    imgix.faults.add(Fault("slow", delay=60))
    with pytest.raises(requests.Timeout):
        call("GET", "/sources", timeout=0.1)
    started = time.monotonic()
    imgix.stop()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("wrong", [{"kind": "explode"}, {"kind": "status", "path": "("}])
def test_faults_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    """A fault of an unknown kind, or with a broken pattern, cannot be made."""
    with pytest.raises(ValueError, match=r"kind|path"):
        Fault(**wrong)


def test_the_page_about_the_simulated_api_lists_every_kind() -> None:
    """The table of faults in the documentation has each kind that there is."""
    page = Path(__file__).parents[2] / "docs" / "simulated-api.md"
    faults = page.read_text(encoding="utf-8").split("## Faults")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", faults, re.MULTILINE)) == set(KINDS)
