"""The document that a preview writes is the one of `pulumi preview --json`, key by key.

`preview_keys.json` holds what the CLI, in its version 3.260, writes: for each operation on each
sort of resource the keys that are always there, and those that are there sometimes, such as
`propertyDependencies`, which a refresh makes it forget.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sdk import TAKES_INPUTS

if TYPE_CHECKING:
    from tests.engine.conftest import MakeProgram, Program

KEYS: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("preview_keys.json").read_text()
)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

HEAD = """
secret = pulumi.Output.secret
class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:Group", name, {"label": "one"})
        thing(f"{name}-a", parent=self)
        self.register_outputs({"size": 1})
def thing(name, *, id=None, parent=None, protect=False, retain=False, **props):
    return Thing(name, **props, opts=pulumi.ResourceOptions(
        id=id, parent=parent, protect=protect, retain_on_delete=retain,
        additional_secret_outputs=["token"]))
Group("group")
"""
BEFORE = """
thing("same", key=secret("hush-a"), list=["x", secret("hush-b")])
thing("update", size=1)
thing("replace", kind=1)
thing("delete", retain=True)
thing("gone", size=1)
pulumi.export("x", 1)
"""
DECLARED = 'updated = thing("update", size=2, protect=True)'
AFTER = f"""
thing("same", key=secret("hush-a"), list=["x", secret("hush-b")])
{DECLARED}
thing("replace", kind=2)
thing("gone", size=1)
thing("create", note=updated.made, deep=dict(plain=1, note=updated.made))
thing("read", id="id-7")
pulumi.export("x", 1)
"""


def sort_of(urn: str) -> str:
    """Return which sort of resource it is, of those that the CLI writes in different ways."""
    type_ = urn.split("::")[2]
    if type_ == "pulumi:pulumi:Stack":
        return "stack"
    return "custom" if "pulumi-python:dynamic" in type_ else "component"


def step(document: dict[str, Any], op: str, name: str) -> dict[str, Any]:
    """Return the one step of this operation on the resource of this name."""
    (found,) = [
        step for step in document["steps"] if step["op"] == op and step["urn"].endswith(f"::{name}")
    ]
    return dict(found)


@pytest.fixture
def program(make_program: "MakeProgram") -> "Program":
    """A stack in which every operation comes up at the next preview."""
    made = make_program(HEAD + BEFORE, config={"plain": {"b": 1, "a": [True]}})
    done = made.stack.up(skip_preview=True)
    assert done.ok, done.text
    made.live("gone", "gone")
    made.live("same", {"hand": "edit"})
    made.write(HEAD + AFTER)
    made.calls()
    return made


def test_every_step_has_the_keys_of_the_cli(program: "Program") -> None:
    """No key is missing and none is invented, whatever happens to whichever resource."""
    program.stack.state_file.rename(program.folder / "kept")
    fresh = program.stack.preview_json(refresh=False)
    (program.folder / "kept").rename(program.stack.state_file)
    met = set()
    full = program.stack.preview_json(show_replacement_steps=True)
    for each in (*fresh["steps"], *full["steps"]):
        label = f"{each['op']} {sort_of(each['urn'])}"
        met.add(label)
        for part in ("step", "oldState", "newState"):
            found = set(each if part == "step" else each.get(part, ()))
            known = KEYS.get(f"{label} {part}", {"always": [], "sometimes": []})
            assert found >= set(known["always"]), (label, part)
            assert found <= {*known["always"], *known["sometimes"]}, (label, part)
    assert met == {
        *(f"{op} stack" for op in ("create", "refresh", "same")),
        *(f"{op} component" for op in ("create", "refresh", "same")),
        *(f"{op} custom" for op in ("create", "refresh", "same", "update", "delete", "read")),
        *(f"{op} custom" for op in ("delete-replaced", "replace", "create-replacement")),
    }


def test_the_document_tells_what_would_happen(program: "Program") -> None:
    """Recorded, live and declared values, reasons, the summary, configuration and duration."""
    document = program.stack.preview_json()
    assert list(document) == ["config", "steps", "duration", "changeSummary"]
    assert document["config"] == {"proj:plain": '{"a":[true],"b":1}'}
    assert document["duration"] > 0
    assert document["changeSummary"] == {
        "create": 2,
        "delete": 1,
        "replace": 1,
        "same": 4,
        "update": 1,
    }
    refresh = step(document, "refresh", "same")
    assert refresh["oldState"] == refresh["newState"]
    assert "hand" not in refresh["oldState"]["inputs"]
    assert step(document, "same", "same")["oldState"]["inputs"].get("hand") == (
        "edit" if TAKES_INPUTS else None
    )
    assert step(document, "refresh", "gone")
    assert "oldState" not in step(document, "create", "gone")
    assert step(document, "replace", "replace")["replaceReasons"] == ["kind"]
    assert step(document, "delete", "delete")["oldState"]["retainOnDelete"] is True
    new = step(document, "update", "update")["newState"]
    assert (new["inputs"]["size"], new["protect"]) == (2, True)
    assert new["sourcePosition"] == "project:///things.py#123"
    line = 1 + (program.folder / "__main__.py").read_text().split("\n").index(DECLARED)
    assert {"sourcePosition": f"project:///__main__.py#{line}"} in new["stackTrace"]
    assert json.loads(json.dumps(document)) == document


def test_secrets_and_unknowns_are_marked(program: "Program") -> None:
    """Secrets read `[secret]`, a list with one as a whole; what is unknown has Pulumi's mark."""
    document = program.stack.preview_json()
    assert "hush" not in json.dumps(document)
    old = step(document, "same", "same")["oldState"]
    assert (old["inputs"]["key"], old["inputs"]["list"]) == ("[secret]", "[secret]")
    assert old["outputs"]["token"] == "[secret]"
    assert "__provider" in old["inputs"]
    made = step(document, "create", "create")["newState"]
    assert made["inputs"]["note"] == UNKNOWN
    assert made["inputs"]["deep"] == {"note": UNKNOWN, "plain": 1}
    assert made["propertyDependencies"]["note"] == [program.urn("update")]
    assert not made["provider"].endswith(UNKNOWN)


def test_what_stays_is_left_out_if_not_asked_for(program: "Program") -> None:
    """The parts of a replacement, and what stays the same, are there only if they are wanted."""
    document = program.stack.preview_json(refresh=False, show_sames=False)
    told = {(each["op"], each["urn"].split("::")[-1]) for each in document["steps"]}
    assert told == {
        ("same", "proj-dev"),
        ("update", "update"),
        ("replace", "replace"),
        ("create", "create"),
        ("read", "read"),
        ("delete", "delete"),
    }
    assert document["changeSummary"]["same"] == 5


def test_diagnostics_are_those_of_the_cli(make_program: "MakeProgram") -> None:
    """Printed lines and the provider's have no URN; logged ones have the URN of their resource."""
    program = make_program(
        """
        import sys
        a = Thing("a")
        pulumi.log.warn("about a", resource=a)
        pulumi.log.info("by the way", resource=a)
        print("to stdout")
        a.urn.apply(lambda _: Thing("b", say="by the provider", complaints={"size": "is odd"}))
        """
    )
    document = program.stack.preview_json()
    urn = program.urn("a")
    assert sorted(document["diagnostics"], key=lambda each: str(each["message"])) == [
        {"message": "by the provider\n\n", "severity": "info#err"},
        {"urn": urn, "message": "by the way\n", "severity": "info"},
        {
            "urn": program.urn("b"),
            "message": "error: pulumi-python:dynamic/test:Thing resource 'b': property size value "
            "{<nil>} has a problem: is odd\n",
            "severity": "error",
        },
        {"message": "to stdout\n\n", "severity": "info"},
        {"urn": urn, "message": "warning: about a\n", "severity": "warning"},
    ]
    assert document["changeSummary"] == {"create": 2}


def test_a_failure_leaves_what_was_found_before(make_program: "MakeProgram") -> None:
    """A read that fails is told with its URN, and there is no summary of an update."""
    program = make_program('Thing("a", fail_at="read")', environment={"ONE_LINE": "1"})
    assert program.stack.up(skip_preview=True).ok
    document = program.stack.preview_json()
    (error, last) = document["diagnostics"]
    assert error["urn"] == program.urn("a")
    assert error["message"].startswith("error: Preview failed: ")
    assert error["message"].endswith(": cannot read this\n")
    assert last == {"message": "error: preview failed\n", "severity": "error"}
    assert "changeSummary" not in document
