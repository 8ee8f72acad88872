"""What the engine does to resources: create, change, replace, delete, read, import."""

import contextlib
import json
import os
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine.conftest import MakeProgram


def test_a_resource_lives_from_creation_to_deletion(make_program: "MakeProgram") -> None:
    """Create, leave alone, update, and delete what the program no longer declares."""
    program = make_program('Thing("a", size=1)')
    result = program.stack.up()
    assert result.changes == {"create": 1}
    assert result.preview is not None
    assert result.preview.changes == {"create": 1}
    assert program.verbs() == ["check", "check", "create"]

    assert program.stack.up(skip_preview=True).changes == {"same": 1}
    assert program.verbs() == ["check", "diff"]

    program.write('Thing("a", size=2)')
    result = program.stack.up(skip_preview=True)
    assert result.changes == {"update": 1}
    assert result.step("a").changed == ["size"]
    assert "~ size: 1 => 2" in result.text
    assert program.resource("a")["outputs"]["made"] == "made of 2.0"
    assert program.verbs() == ["check", "diff", "update"]

    program.write("")
    assert program.stack.up(skip_preview=True).changes == {"delete": 1}
    assert program.verbs() == ["delete"]
    assert program.found("a") == []
    with pytest.raises(LookupError, match="0 steps for 'b' in"):
        result.step("b")


def test_a_replacement_comes_after_the_deletion(make_program: "MakeProgram") -> None:
    """Delete first, then create; the check that counts knows nothing of the old one."""
    program = make_program('Thing("a", kind=1)')
    program.stack.up(skip_preview=True)
    first = program.resource("a")["id"]
    program.write('Thing("a", kind=2)')
    assert program.stack.preview().changes == {"replace": 1}
    program.calls()

    result = program.stack.up(skip_preview=True)
    assert [step.op for step in result.steps] == ["delete-replaced", "replace"]
    assert result.changes == {"replace": 1}
    assert result.step("a").replaces == ["kind"]
    calls = [call for call in program.calls() if call["verb"] != "configure"]
    assert [call["verb"] for call in calls] == ["check", "diff", "check", "delete", "create"]
    assert calls[2]["olds"] == {}
    assert calls[3]["id"] == first
    assert program.resource("a")["id"] != first


def test_a_replacement_that_could_not_be_created_is_made_up_for(
    make_program: "MakeProgram",
) -> None:
    """After delete and a failed create, the next update creates and does not delete again."""
    source = 'Thing("a", kind=%d, fail_at="%s")'
    program = make_program(source % (1, ""))
    program.stack.up(skip_preview=True)
    program.write(source % (2, "create"))
    assert not program.stack.up(skip_preview=True).ok
    program.calls()
    program.write(source % (2, ""))
    assert program.stack.up(skip_preview=True).ok
    assert program.verbs() == ["check", "create"]


def test_replace_on_changes_has_no_effect(make_program: "MakeProgram") -> None:
    """Only the provider's diff makes a replacement of a dynamic resource."""
    source = 'Thing("a", size=%d, opts=pulumi.ResourceOptions(replace_on_changes=["size"]))'
    program = make_program(source % 1)
    program.stack.up(skip_preview=True)
    program.write(source % 2)
    assert program.stack.preview().changes == {"update": 1}


def test_deletions_go_from_dependents_to_dependencies(make_program: "MakeProgram") -> None:
    """Destroy deletes what depends on others before those others, and empties the state."""
    program = make_program(
        """
        a = Thing("a", label="a")
        b = Thing("b", label="b", note=a.made)
        Thing("c", label="c", opts=pulumi.ResourceOptions(depends_on=[b]))
        """
    )
    program.stack.up(skip_preview=True)
    program.calls()
    result = program.stack.destroy()
    assert result.changes == {"delete": 3}
    deleted = [call["props"]["label"] for call in program.calls("delete")]
    assert deleted == ["c", "b", "a"]
    assert program.stack.state()["deployment"]["resources"] == []


def test_a_protected_resource_is_not_deleted(make_program: "MakeProgram") -> None:
    """Protection stops destroy and replacement before anything is deleted."""
    source = 'Thing("a", kind=%d, opts=pulumi.ResourceOptions(protect=True)), Thing("b")'
    program = make_program(source % 1)
    program.stack.up(skip_preview=True)
    program.calls()
    program.write(source % 2)
    for result in (program.stack.destroy(), program.stack.up(skip_preview=True)):
        assert not result.ok
        assert "protect" in "".join(result.diagnostics)
    assert "delete" not in program.verbs()
    assert program.found("b")


def test_a_retained_resource_only_leaves_the_state(make_program: "MakeProgram") -> None:
    """`retain_on_delete` means that the provider is not asked to delete."""
    program = make_program('Thing("a", opts=pulumi.ResourceOptions(retain_on_delete=True))')
    program.stack.up(skip_preview=True)
    program.calls()
    program.write("")
    assert program.stack.up(skip_preview=True).changes == {"delete": 1}
    assert program.verbs() == []
    assert program.found("a") == []


def test_children_are_named_after_their_parents(make_program: "MakeProgram") -> None:
    """A component is in the state with its outputs, and its type is part of its child's name."""
    source = """
    class Group(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("test:Group", name, {"label": "%s"})
            Thing(f"{name}-a", size=1, opts=pulumi.ResourceOptions(parent=self))
            self.register_outputs({"size": 1})
    Group("g")
    """
    program = make_program(source % "one")
    result = program.stack.up(skip_preview=True)
    assert result.changes == {"create": 2}, result.text
    (group,) = program.found("g")
    assert (group["outputs"], group["custom"]) == ({"size": 1}, False)
    assert program.resource("g-a")["parent"] == group["urn"] == program.urn("g", "test:Group")
    assert "::test:Group$pulumi-python:dynamic" in program.resource("g-a")["urn"]
    program.write(source % "two")
    assert program.stack.preview().changes == {"update": 1, "same": 1}
    assert program.stack.refresh().changes == {"same": 2}


def test_aliases_are_refused(make_program: "MakeProgram") -> None:
    """A program that renames with an alias is told, before its resource is made anew."""
    program = make_program(
        'Thing("a", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="b")]))'
    )
    result = program.stack.preview()
    assert not result.ok
    assert result.diagnostics == ["error: aliases need the pulumi CLI"]


def test_get_reads_and_never_manages(make_program: "MakeProgram") -> None:
    """`.get()` calls `read` with the provider alone, in previews too, and nothing else ever."""
    source = """
    class Found(Thing):
        def __init__(self, name, id):
            super().__init__(name, opts=pulumi.ResourceOptions(id=id))
    pulumi.export("made", Found("a", "id-7").made)
    """
    program = make_program(source)
    result = program.stack.up()
    assert result.outputs == {"made": "found"}
    assert result.changes == {"read": 1}
    calls = program.calls("read")
    assert [(call["id"], call["props"]) for call in calls] == [("id-7", {})] * 2
    assert program.resource("a")["external"] is True
    program.write("")
    assert program.stack.up(skip_preview=True).changes == {"discard": 1}
    assert program.verbs() == []


def test_an_id_that_is_not_known_yet_is_not_read(make_program: "MakeProgram") -> None:
    """A preview reads nothing for a `.get()` by the id of what is still to be created."""
    program = make_program(
        """
        a = Thing("a")
        Thing("b", opts=pulumi.ResourceOptions(id=a.id))
        """
    )
    assert program.stack.outputs() == {}
    result = program.stack.up()
    assert result.preview is not None
    assert result.preview.changes == {"create": 1}
    assert result.changes == {"create": 1, "read": 1}
    assert result.step("b").id == result.step("a").id
    assert len(program.calls("read")) == 1


def test_what_was_managed_goes_when_another_is_only_read(make_program: "MakeProgram") -> None:
    """Reading another id under the name of a resource deletes that resource, and back again."""
    program = make_program('Thing("a")')
    program.stack.up(skip_preview=True)
    made = program.resource("a")["id"]
    program.calls()
    program.write('Thing("a", opts=pulumi.ResourceOptions(id="id-7"))')
    result = program.stack.up(skip_preview=True)
    assert result.ok, result.text
    calls = program.calls()
    assert [(call["verb"], call["id"]) for call in calls if "id" in call] == [
        ("read", "id-7"),
        ("delete", made),
    ]
    assert program.resource("a")["id"] == "id-7"
    assert program.stack.refresh().changes == {"same": 1}
    program.write('Thing("a")')
    assert program.stack.preview().changes == {"replace": 1}


def test_the_import_option_fails_for_dynamic_resources(make_program: "MakeProgram") -> None:
    """It does so under the CLI too, since the provider cannot be found without its inputs."""
    program = make_program('Thing("a", opts=pulumi.ResourceOptions(import_="id-7"))')
    result = program.stack.preview()
    assert not result.ok
    assert result.diagnostics == ["error: a dynamic resource cannot be imported: it has no inputs"]


def test_an_imported_resource_needs_no_read_and_no_change(make_program: "MakeProgram") -> None:
    """What a file gives in full is in the state from then on, and an update finds nothing to do."""
    program = make_program('Thing("a", size=1, key="hush-imported")')
    program.stack.up(skip_preview=True)
    kept = program.resource("a")
    program.stack.state_file.unlink()
    secret = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": '"hush-imported"',
    }
    entry = {
        "type": kept["type"],
        "name": "a",
        "id": "id-9",
        "inputs": {**kept["inputs"], "key": secret},
        "outputs": {**kept["outputs"], "key": secret},
    }
    file = program.folder / "import.json"
    file.write_text(json.dumps({"resources": [entry]}))
    program.calls()
    result = program.stack.import_file(file)
    assert result.changes == {"import": 1}, result.text
    assert program.verbs() == []
    assert "hush-imported" not in program.stack.state_file.read_text()
    assert program.resource("a")["protect"] is True

    assert program.stack.up(skip_preview=True).changes == {"same": 1}
    assert program.resource("a")["id"] == "id-9"
    assert not program.stack.import_file(file).ok


def test_a_resource_can_be_forgotten(make_program: "MakeProgram") -> None:
    """Deleted from the state, a resource is created anew; one that others need stays."""
    program = make_program('a = Thing("a")\nThing("b", note=a.made)')
    program.stack.up(skip_preview=True)
    with pytest.raises(LookupError, match="there is no resource nobody"):
        program.stack.state_delete("nobody")
    with pytest.raises(ValueError, match="is needed by b"):
        program.stack.state_delete(program.urn("a"))
    program.stack.state_delete(program.urn("b"))
    assert program.stack.up(skip_preview=True).changes == {"same": 1, "create": 1}


def test_four_creations_run_at_the_same_time(make_program: "MakeProgram") -> None:
    """All four threads of the provider process are kept busy at once."""
    program = make_program("")
    pipes = [program.folder / f"pipe-{index}" for index in range(4)]
    for pipe in pipes:
        os.mkfifo(pipe)
    program.write(
        f"""
        for index in range(4):
            pipe = "{program.folder}/pipe-" + str(index)
            Thing(f"thing-{{index}}", wait_at="create", pipe=pipe)
        """
    )

    def release() -> None:
        with contextlib.ExitStack() as opened:
            # Each opens only once a creation waits at its other end; none is let go before all do.
            for pipe in pipes:
                opened.enter_context(pipe.open("w"))

    releasing = threading.Thread(target=release)
    releasing.start()
    result = program.stack.up(skip_preview=True)
    releasing.join()
    assert result.changes == {"create": 4}
