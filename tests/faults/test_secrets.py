"""Secrets: whatever imgix answers, none is printed, raised, kept in the clear or sent elsewhere."""

from __future__ import annotations

import io
import json
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from imgix_provider import provider
from imgix_provider.provider import ImgixSourceProvider
from imgix_provider.run import Run
from imgix_provider.settings import Settings
from imgix_testing.server import Fault, SimulatedImgix
from tests.runs import ShortPauses

if TYPE_CHECKING:
    from tests.faults.conftest import Declare, Person

PASSWORD = "canary \"pass'word/"
TOKEN = "canary-token-of-the-url"


@pytest.fixture
def settings(imgix: SimulatedImgix, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a provider process that runs in this one."""
    monkeypatch.setattr(provider, "_run", None)
    chosen = Settings(
        api_key=imgix.api_key, api_url=imgix.url, requests_per_second=1000, timeout=0.5
    )
    provider.use_run(Run(chosen, clock=ShortPauses([])))
    return chosen


def echoes(secrets: list[str]) -> dict[str, Fault]:
    """Return answers that repeat every secret in each place where a message could take it from."""
    text = " ".join([*secrets, json.dumps(secrets)])
    error = {"title": text, "detail": text, "status": "400", "id": text}
    errors = {"errors": [error], "meta": {"text": text}}
    page = f"<html><title>{text}</title>{text}</html>"
    elsewhere = {"Location": f"http://imgix.invalid/{secrets[0]}?{secrets[0]}"}
    return {
        "error 400": Fault("body", status=400, body=errors),
        "error 401": Fault("body", status=401, body=errors),
        "error 500": Fault("body", status=500, body=errors),
        "error 429": Fault("body", status=429, body=errors),
        "HTML": Fault("body", status=200, body=page),
        "HTML 502": Fault("body", status=502, body=page),
        "document": Fault("body", status=200, body={"data": {"id": [text], "errors": text}}),
        "redirect": Fault("redirect", headers=elsewhere),
        "media type": Fault("garbage", headers={"Content-Type": f"text/{secrets[0]}"}),
    }


@pytest.mark.parametrize("echo", echoes(["x"]))
@pytest.mark.parametrize("verb", ["create", "read", "update", "delete"])
def test_no_answer_gets_a_secret_out(
    imgix: SimulatedImgix, settings: Settings, declare: Declare, echo: str, verb: str
) -> None:
    """An answer that repeats the key and the credentials is told without any of them."""
    inputs = {**declare().inputs(), "deploy_timeout": 0.1}
    inputs["deployment"] = {
        "type": "webfolder",
        "imgix_subdomains": ["blog"],
        "webfolder_base_url": "https://example.com",
        "username": "canary-user",
        "password": PASSWORD,
    }
    secrets = [imgix.api_key, PASSWORD]
    verbs = ImgixSourceProvider()
    made = verbs.create(inputs)
    state = made.outs or {}
    provider.use_run(Run(settings, clock=ShortPauses([])))
    if verb == "create":
        inputs["deployment"]["imgix_subdomains"] = ["another"]
    imgix.faults.add(attrs.evolve(echoes(secrets)[echo], times=None))
    changed = {**inputs, "deployment": {**inputs["deployment"], "cache_ttl_error": 600}}
    calls: dict[str, Callable[[], Any]] = {
        "create": lambda: verbs.create(inputs),
        "read": lambda: verbs.read(made.id, state),
        "update": lambda: verbs.update(made.id, state, changed),
        "delete": lambda: verbs.delete(made.id, state),
    }
    told, seen = io.StringIO(), ""

    with redirect_stderr(told):
        try:
            outcome = calls[verb]()
            seen = str(outcome and outcome.outs.get("effective_deployment"))
        except Exception as error:
            seen = "".join(traceback.format_exception(error)) + repr(error)

    seen += told.getvalue()
    assert seen
    assert "unexpected" not in seen
    for secret in (*secrets, json.dumps(PASSWORD)[1:-1]):
        assert secret not in seen


def test_a_redirect_is_not_followed_with_the_key(person: Person) -> None:
    """The host that a redirect names hears nothing, whatever is asked."""
    person.create()
    with SimulatedImgix(api_key=person.imgix.api_key) as elsewhere:
        location = {"Location": f"{elsewhere.url}/sources"}
        for status in (301, 302, 303, 307, 308):
            person.imgix.faults.add(Fault("redirect", status=status, headers=location, times=None))
            for verb in ("create", "read", "update", "delete", "list_account"):
                assert "a redirect to 127.0.0.1, which is not followed" in person.attempt(verb)
            person.imgix.faults.clear()
        assert elsewhere.requests == []


def test_nothing_that_is_held_shows_a_secret(person: Person) -> None:
    """The state beside the declared values, and every object a debugger shows, are clean."""
    person.declared = attrs.evolve(
        person.declared, deployment={**person.declared.deployment, "secure_url_enabled": True}
    )
    person.create()
    assert person.state is not None
    shown = {key: value for key, value in person.state.items() if key != "deployment"}
    token = shown.pop("secure_url_token")
    assert token == person.imgix.source(person.id).secure_url_token
    held = (person.settings, person.declared, person.client.get(person.id), person.client.page(0))
    for secret in (token, person.imgix.api_key):
        assert secret not in f"{shown} {held}"
    person.assert_no_secret(f"{shown} {held}")
