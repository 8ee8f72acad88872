"""A stack's configuration: its files, which are those of the Pulumi CLI, and what a test adds."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imgix_testing.engine import Stack
from imgix_testing.engine.stack_config import ConfigError

if TYPE_CHECKING:
    from tests.engine.conftest import MakeProgram

PROGRAM = """
config = pulumi.Config()
print("plain", config.get("plain"), config.get_int("number"), config.get_bool("flag"))
print("default", config.get("declared"), config.get("short"), config.get("word"))
sources = config.get_object("sources")
print("object", sources["blog"]["ttl"] + 1, sources["blog"]["names"])
print("opened", sources["blog"]["key"].upper())
print("shown", sources["blog"]["key"])
"""

STACK_FILE = """# What staging needs.
config:
  proj:plain: hello # a greeting
  proj:number: 42
  proj:flag: true
  proj:word: on
  proj:sources:
    blog:
      ttl: 86400
      names: [one, two]
      key:
        secure: v1:7Td7BnC2dJN+KofQ:JxtOwIp9jEEHyjdvPeWIS/Kpdgw2md/J5g==
"""

DECLARED = """
config:
  declared: {type: string, default: from the project}
  plain: overridden by the stack
  short: {value: from its value}
"""


def test_a_program_sees_its_configuration_typed(make_program: "MakeProgram") -> None:
    """Numbers, booleans, words, defaults and nested secrets arrive; printed secrets are masked."""
    program = make_program(
        PROGRAM, declared=DECLARED, secrets={"sources.blog.key": "hush-file", "deep.list[0]": "x"}
    )
    (program.folder / "Pulumi.dev.yaml").write_text(STACK_FILE)
    result = program.stack.preview()
    assert result.ok, result.text
    assert result.diagnostics == [
        "plain hello 42 True",
        "default from the project from its value on",
        "object 86401 ['one', 'two']",
        "opened HUSH-FILE",
        "shown [secret]",
    ]


def test_an_encrypted_value_that_is_not_given_is_told_with_its_path(
    make_program: "MakeProgram",
) -> None:
    """Nothing runs, and the one line says where the value stands and how to give it."""
    program = make_program(PROGRAM)
    (program.folder / "Pulumi.dev.yaml").write_text(STACK_FILE)
    with pytest.raises(ConfigError) as raised:
        program.stack.preview()
    assert str(raised.value) == (
        "proj:sources.blog.key in Pulumi.dev.yaml is encrypted, which only the pulumi CLI can "
        "read: give its value with Stack(secrets={'proj:sources.blog.key': …})"
    )
    (program.folder / "Pulumi.dev.yaml").write_text(
        'config: {"other:list": [1, {"a.b": {secure: x}}]}'
    )
    with pytest.raises(ConfigError, match=r'^other:list\[1\]\["a.b"\] in Pulumi.dev.yaml'):
        program.stack.preview()
    assert program.calls() == []


def test_what_a_test_adds_wins_over_the_files(make_program: "MakeProgram") -> None:
    """Configuration given to the stack replaces that of its file, key by key."""
    program = make_program(
        PROGRAM,
        declared=DECLARED,
        config={"plain": "from the test", "sources": {"blog": {"ttl": 1, "names": [], "key": "k"}}},
        secret_config={"number": 7},
    )
    (program.folder / "Pulumi.dev.yaml").write_text(STACK_FILE)
    diagnostics = program.stack.preview().diagnostics
    assert diagnostics[0] == "plain from the test 7 True"
    assert diagnostics[2] == "object 2 []"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no Pulumi.yaml"),
        ("- 1", "must hold a mapping"),
        ("name: proj", "must give a name, and python as the runtime"),
        ("name: proj\nruntime: {name: nodejs}", "must give a name, and python as the runtime"),
    ],
)
def test_a_folder_without_a_python_project_is_refused(
    tmp_path: Path, content: str | None, words: str
) -> None:
    """The error says what is wrong with the folder or its file."""
    if content is not None:
        (tmp_path / "Pulumi.yaml").write_text(content)
    with pytest.raises(ConfigError, match=words):
        Stack(tmp_path)


def test_a_secret_has_to_have_a_place(make_program: "MakeProgram") -> None:
    """A path that skips an item of a list, or is none, is an error."""
    for path, words in (("a.list[1]", "there is no item 1"), ("a..b", "is not a property path")):
        with pytest.raises(ValueError, match=words):
            make_program("", secrets={path: "x"}).stack.preview()
