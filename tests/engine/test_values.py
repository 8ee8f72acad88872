"""How values travel between the program, the provider and the state."""

from typing import TYPE_CHECKING, Any

import pytest

from imgix_testing.engine import property_paths
from imgix_testing.engine.property_paths import differences
from imgix_testing.engine.property_values import Secret

if TYPE_CHECKING:
    from tests.engine.conftest import MakeProgram

SIGNATURE = "4dabf18193072939515e22adb298388d"

SECRETS = """
secret = pulumi.Output.secret
Thing(
    "a",
    open="plain-a",
    key=secret("hush-top"),
    deep={"plain": "plain-b", "inner": {"key": secret("hush-deep")}},
    items=["plain-c", secret("hush-item")],
    opts=pulumi.ResourceOptions(additional_secret_outputs=["token"]),
)
"""


def test_secrets_reach_the_provider_plain_and_rest_encrypted(make_program: "MakeProgram") -> None:
    """The provider sees plain values; the state holds none of them in the clear, nor the text."""
    program = make_program(SECRETS)
    result = program.stack.up()
    assert result.ok, result.text

    (created,) = program.calls("create")
    assert created["props"]["key"] == "hush-top"
    assert created["props"]["deep"]["inner"]["key"] == "hush-deep"
    assert created["props"]["items"] == ["plain-c", "hush-item"]

    written = program.stack.state_file.read_text()
    assert "plain-a" in written
    assert "plain-b" in written
    for text in ("hush", "plain-c", "computed-token"):
        assert text not in written
        assert text not in result.text
    (kept,) = program.found("a")
    for side in (kept["inputs"], kept["outputs"]):
        assert SIGNATURE in side["key"]
        assert SIGNATURE in side["deep"]["inner"]["key"]
        assert SIGNATURE in side["items"]
    assert SIGNATURE in kept["outputs"]["token"]
    assert program.resource("a")["outputs"]["deep"]["inner"]["key"] == "hush-deep"


def test_steps_mask_secrets(make_program: "MakeProgram") -> None:
    """A step shows `[secret]` where a secret is, and the values around it."""
    step = make_program(SECRETS).stack.up(skip_preview=True).step("a")
    assert step.new_inputs["deep"] == {"plain": "plain-b", "inner": {"key": "[secret]"}}
    assert step.new_outputs["items"] == "[secret]"
    assert step.new_outputs["token"] == "[secret]"
    assert step.new_outputs["made"] == "made of None"


def test_a_changed_secret_shows_as_a_masked_change_at_its_path(make_program: "MakeProgram") -> None:
    """The path of a changed secret is told, its values are not."""
    program = make_program(SECRETS)
    program.stack.up(skip_preview=True)
    program.write(SECRETS.replace("hush-deep", "hush-new").replace("plain-b", "plain-new"))
    result = program.stack.preview()
    assert result.step("a").changed == ["deep.inner.key", "deep.plain"]
    assert 'deep.plain: "plain-b" => "plain-new"' in result.text
    assert 'deep.inner.key: "[secret]" => "[secret]"' in result.text


def test_numbers_arrive_as_floats_and_nulls_do_not_arrive(make_program: "MakeProgram") -> None:
    """A whole number is a float in the provider's hands; what is None is not there at all."""
    program = make_program(
        'Thing("a", size=3, deep={"ttl": 86400, "none": None}, none=None, list=[{"none": None}])'
    )
    program.stack.up(skip_preview=True)
    (created,) = program.calls("create")
    assert created["props"] == {"size": "<3.0>", "deep": {"ttl": "<86400.0>"}, "list": [{}]}
    assert program.resource("a")["inputs"]["deep"] == {"ttl": 86400}


def test_a_preview_sends_unknowns_and_changes_nothing(make_program: "MakeProgram") -> None:
    """What only the update will know is unknown at any depth; nothing is created or saved."""
    program = make_program(
        """
        a = Thing("a", size=1)
        b = Thing("b", deep={"made": a.made, "plain": 2})
        pulumi.export("made", b.made)
        """
    )
    result = program.stack.preview()
    assert result.ok, result.text
    assert result.changes == {"create": 2}
    assert result.outputs == {"made": "[unknown]"}
    calls = program.calls()
    assert {call["verb"] for call in calls} == {"configure", "check"}
    assert calls[-1]["news"] == {"deep": {"made": "<unknown>", "plain": "<2.0>"}}
    assert result.step("b").new_inputs["deep"]["made"] == "[unknown]"
    assert not program.stack.state_file.exists()


def test_outputs_flow_into_inputs_and_exports(make_program: "MakeProgram") -> None:
    """An output of one resource is an input of the next, which then depends on it."""
    program = make_program(
        """
        a = Thing("a", size=1)
        b = Thing("b", note=a.made)
        pulumi.export("note", b.note)
        pulumi.export("token", pulumi.Output.secret(b.token))
        """
    )
    result = program.stack.up(skip_preview=True)
    assert result.outputs == {"note": "made of 1.0", "token": "[secret]"}
    assert program.stack.outputs() == result.outputs
    assert program.stack.outputs(show_secrets=True)["token"] == "computed-token"
    kept = program.resource("b")
    assert kept["propertyDependencies"] == {"__provider": [], "note": [program.urn("a")]}
    assert program.urn("a") in kept["dependencies"]


def test_check_gets_old_inputs_and_diff_old_outputs(make_program: "MakeProgram") -> None:
    """`check` compares with what was declared before, `diff` with what came of it."""
    program = make_program('Thing("a", size=1)')
    program.stack.up(skip_preview=True)
    assert [call["olds"] for call in program.calls("check")] == [{}]

    program.write('Thing("a", size=2)')
    program.stack.preview()
    check, diff = program.calls()[1:]
    assert (check["olds"], check["news"]) == ({"size": "<1.0>"}, {"size": "<2.0>"})
    assert diff["olds"]["made"] == "made of 1.0"
    assert diff["news"] == {"size": "<2.0>"}
    assert diff["id"] == program.resource("a")["id"]


def test_what_check_fills_in_is_saved(make_program: "MakeProgram") -> None:
    """The inputs of the state are those that `check` returned."""
    program = make_program('Thing("a", filled="first")')
    program.stack.up(skip_preview=True)
    program.write('Thing("a")')
    assert program.stack.up(skip_preview=True).changes == {"same": 1}
    assert program.resource("a")["inputs"]["filled"] == "first"


def test_the_provider_sees_the_whole_configuration_once(make_program: "MakeProgram") -> None:
    """`configure` runs once in a run, with secrets decrypted and other namespaces in sight."""
    program = make_program(
        'Thing("a"), Thing("b")',
        secret_config={"token": "hush-token"},
        config={"other:name": "visible"},
    )
    program.stack.up(skip_preview=True)
    (configured,) = program.calls("configure")
    assert configured["token"] == "hush-token"
    assert configured["other"] == "visible"


def test_ignored_changes_put_the_old_value_back(make_program: "MakeProgram") -> None:
    """An ignored path keeps its old value, even in `check`; the rest of the object changes."""
    source = """
    Thing("a", deep={"kept": %d, "free": %d}, tags=["x"],
          opts=pulumi.ResourceOptions(ignore_changes=["deep.kept", "added"]), **%s)
    """
    program = make_program(source % (1, 1, "{}"))
    program.stack.up(skip_preview=True)
    program.write(source % (2, 1, "{'added': True}"))
    result = program.stack.up(skip_preview=True)
    assert result.changes == {"same": 1}, result.text
    program.calls()

    program.write(source % (2, 2, "{}"))
    result = program.stack.up(skip_preview=True)
    assert result.step("a").changed == ["deep.free"]
    (checked,) = program.calls("check")
    assert checked["news"]["deep"] == {"kept": "<1.0>", "free": "<2.0>"}


def test_a_provider_that_is_not_sure_leaves_the_comparison_of_inputs(
    make_program: "MakeProgram",
) -> None:
    """When `diff` does not say whether anything changes, the engine compares the inputs."""
    program = make_program('Thing("a", unsure=True, size=1)')
    program.stack.up(skip_preview=True)
    assert program.stack.preview().changes == {"same": 1}
    program.write('Thing("a", unsure=True, size=2)')
    assert program.stack.preview().changes == {"update": 1}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", {"a": 1, "list": ["n", "o"], "b": {"c.d": 2, "e": 3}}),
        ("list[0]", {"list": ["x", "o"], "b": {"c.d": 2, "e": 3}}),
        ("list[*]", {"list": ["x", "y"], "b": {"c.d": 2, "e": 3}}),
        ("list[7]", {"list": ["n", "o"], "b": {"c.d": 2, "e": 3}}),
        ('b["c.d"]', {"list": ["n", "o"], "b": {"c.d": Secret(8), "e": 3}}),
        ("b.e", {"list": ["n", "o"], "b": {"c.d": 2}}),
        ("b.*", {"list": ["n", "o"], "b": {"c.d": Secret(8)}}),
        ("list.x", {"list": ["n", "o"], "b": {"c.d": 2, "e": 3}}),
        ("b.e.f", {"list": ["n", "o"], "b": {"c.d": 2, "e": 3}}),
    ],
)
def test_old_values_go_back_to_a_path(path: str, expected: dict[str, Any]) -> None:
    """Whatever stands at a path goes back, and nothing beside it; lists keep their length."""
    old = {"a": 1, "list": ["x", "y", "z"], "b": {"c.d": Secret(8)}}
    new = {"list": ["n", "o"], "b": {"c.d": 2, "e": 3}}
    steps = property_paths.parse(path)
    assert property_paths.restored(new, old, steps) == expected
    assert property_paths.restored(Secret(new), old, steps) == Secret(expected)


def test_a_path_can_be_written_again() -> None:
    """Paths come out as they went in, and one without a step is an error."""
    for path in ("a.b[0]", '["a.b"].c', 'a["with \\"quotes\\""]'):
        assert property_paths.text(property_paths.parse(path)) == path
    with pytest.raises(ValueError, match="cannot be empty"):
        property_paths.parse("")


def test_lists_and_objects_are_compared_item_by_item() -> None:
    """Every place that differs is told with what was and what is there; another shape is one."""
    old = {"a": [1, {"b": 2}], "c": {"d": 1}, "e": True, "__own": 1}
    new = {"a": [1, {"b": 3}, 4], "c": [1], "e": 1, "__own": 2}
    found = {each.path: (each.kind, each.old, each.new) for each in differences(old, new)}
    assert found == {
        "a[1].b": ("update", 2, 3),
        "a[2]": ("add", None, 4),
        "c": ("update", {"d": 1}, [1]),
        "e": ("update", True, 1),
    }
    assert [each.kind for each in differences(new["a"], old["a"], ("a",))] == ["update", "delete"]
