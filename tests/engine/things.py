"""A dynamic provider for the engine's tests; the tests put it into a program's folder.

It writes down every call it gets, and its resources say in their inputs how it is to behave.
"""

import json
import os
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

FOLDER = Path(os.environ["THINGS"])
_LOCK = threading.Lock()


def seen(value: Any) -> Any:
    """The value with its types in sight, so that a test can tell 1.0 from 1."""
    if isinstance(value, pulumi.output.Unknown):
        return "<unknown>"
    if isinstance(value, dict):
        return {key: seen(item) for key, item in value.items() if key != "__provider"}
    if isinstance(value, list):
        return [seen(item) for item in value]
    return f"<{value!r}>" if isinstance(value, float) else value


def record(verb: str, **told: Any) -> None:
    told = {key: seen(value) for key, value in told.items()}
    with _LOCK, (FOLDER / "calls.jsonl").open("a") as file:
        file.write(json.dumps({"verb": verb, "pid": os.getpid(), **told}) + "\n")


def behave(verb: str, props: dict[str, Any]) -> None:
    if props.get("say"):
        print(props["say"], file=sys.stderr)
    if props.get("wait_at") == verb:
        # Opening a pipe for reading waits until the test opens it for writing.
        with open(props["pipe"]) as pipe:
            pipe.read()
    if props.get("exit_at") == verb:
        os._exit(3)
    if props.get("fail_at") == verb:
        raise RuntimeError(f"cannot {verb} this")


class ThingProvider(ResourceProvider):
    def configure(self, req: ConfigureRequest) -> None:
        record("configure", token=req.config.get("token"), other=req.config.get("other:name"))
        if os.environ.get("ONE_LINE"):
            sys.tracebacklimit = 0

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        record("check", olds=olds, news=news)
        behave("check", news)
        complaints = news.get("complaints") or {}
        inputs = dict(news)
        if "filled" not in inputs and "filled" in olds:
            inputs["filled"] = olds["filled"]
        return CheckResult(inputs, [CheckFailure(path, why) for path, why in complaints.items()])

    def diff(self, id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        record("diff", id=id, olds=olds, news=news)
        behave("diff", news)
        if news.get("unsure"):
            return DiffResult()
        return DiffResult(
            changes=any(olds.get(key) != value for key, value in news.items()),
            replaces=["kind"] if olds.get("kind") != news.get("kind") else [],
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        record("create", props=props)
        behave("create", props)
        computed = {"made": f"made of {props.get('size')}", "token": "computed-token"}
        return CreateResult(uuid.uuid4().hex[:8], {**props, **computed})

    def read(self, id: str, props: dict[str, Any]) -> ReadResult:
        record("read", id=id, props=props)
        behave("read", props)
        file = FOLDER / f"{id}.json"
        if not file.exists():
            return ReadResult(id, {**props, "made": "found"})
        live = json.loads(file.read_text())
        if live == "gone":
            return ReadResult("", {})
        inputs = {**props, **live}
        for computed in ("made", "token"):
            inputs.pop(computed, None)
        result = ReadResult(id, {**props, **live})
        result.inputs = inputs  # an SDK before 3.216 does not take them as an argument
        return result

    def update(self, id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        record("update", id=id, olds=olds, news=news)
        behave("update", news)
        return UpdateResult({**news, "made": f"made of {news.get('size')}"})

    def delete(self, id: str, props: dict[str, Any]) -> None:
        record("delete", id=id, props=props)
        behave("delete", props)


class Thing(Resource, module="test", name="Thing"):
    made: pulumi.Output[str]
    token: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any) -> None:
        super().__init__(ThingProvider(), name, {"made": None, "token": None, **props}, opts)
