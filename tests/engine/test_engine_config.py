"""A stack's configuration, in files that the Pulumi CLI can read and writes itself."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from imgix_testing.engine.passphrase import Keyring, PassphraseError

if TYPE_CHECKING:
    from tests.engine.conftest import MakeProgram

# Made with Pulumi's own code from the passphrase "correct horse".
SALT = "v1:aW1naXhzYWw=:v1:CtiBvH+1WgYv6Zx8:YeUf0RdDpLdKqyFnseDOkx6mAPIJBg=="
ENCRYPTED = "v1:7Td7BnC2dJN+KofQ:JxtOwIp9jEEHyjdvPeWIS/Kpdgw2md/J5g=="

PROGRAM = """
config = pulumi.Config()
print("plain", config.get("plain"), config.get_int("number"), config.get_bool("flag"))
print("default", config.get("declared"))
sources = config.get_object("sources")
print("object", sources["blog"]["ttl"] + 1, sources["blog"]["names"])
print("opened", sources["blog"]["key"].upper())
print("shown", sources["blog"]["key"])
"""

STACK_FILE = f"""# What staging needs.
encryptionsalt: {SALT}
config:
  proj:plain: hello # a greeting
  proj:number: 42
  proj:flag: true
  proj:sources:
    blog:
      ttl: 86400
      names: [one, two]
      key:
        secure: {ENCRYPTED}
"""

DECLARED = """
config:
  declared: {type: string, default: from the project}
  plain: overridden by the stack
"""

Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a command as a person would, in the program's folder."""

    def run(
        *arguments: str, passphrase: str = "correct horse"
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "imgix_testing", *arguments, "--cwd", str(tmp_path)],
            env={
                "PULUMI_CONFIG_PASSPHRASE": passphrase,
                "THINGS": str(tmp_path),
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "PATH": "/usr/bin:/bin",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_what_pulumi_encrypted_can_be_read_and_only_with_its_passphrase() -> None:
    """Salt and ciphertext are those of the CLI; a wrong passphrase is told apart at once."""
    assert Keyring("correct horse").open(SALT).decrypt(ENCRYPTED) == "ak_vector"
    with pytest.raises(PassphraseError, match="incorrect passphrase"):
        Keyring("wrong").open(SALT)
    with pytest.raises(PassphraseError, match="PULUMI_CONFIG_PASSPHRASE"):
        Keyring(None).open(SALT)


def test_a_program_sees_its_configuration_decrypted_and_typed(make_program: "MakeProgram") -> None:
    """Numbers, booleans, defaults and nested secrets arrive; a secret is masked when printed."""
    program = make_program(PROGRAM, declared=DECLARED, passphrase="correct horse")
    (program.folder / "Pulumi.dev.yaml").write_text(STACK_FILE)
    result = program.stack.preview()
    assert result.ok, result.text
    assert result.diagnostics == [
        "plain hello 42 True",
        "default from the project",
        "object 86401 ['one', 'two']",
        "opened AK_VECTOR",
        "shown [secret]",
    ]


def test_what_a_test_adds_wins_over_the_files(make_program: "MakeProgram") -> None:
    """Configuration given to the stack replaces that of its file, key by key."""
    program = make_program(
        PROGRAM,
        declared=DECLARED,
        passphrase="correct horse",
        config={"plain": "from the test", "sources": {"blog": {"ttl": 1, "names": [], "key": "k"}}},
        secret_config={"number": 7},
    )
    (program.folder / "Pulumi.dev.yaml").write_text(STACK_FILE)
    diagnostics = program.stack.preview().diagnostics
    assert diagnostics[0] == "plain from the test 7 True"
    assert diagnostics[2] == "object 2 []"


def test_config_set_keeps_comments_and_writes_types_under_a_path(
    make_program: "MakeProgram", shell: Shell
) -> None:
    """Nested values are numbers and booleans, lists grow by index, comments stay."""
    program = make_program("")
    file = program.folder / "Pulumi.dev.yaml"
    file.write_text(STACK_FILE)
    for arguments in (
        ["--path", "sources.blog.ttl", "300"],
        ["--path", "proj:sources.blog.names[2]", "three"],
        ["--path", "sources.shop.on", "true"],
        ["--path", "sources.shop.zip", "01234"],
        ["--path", 'sources["a.b"].x', "-5"],
        ["plain", "300"],
        ["other:name", "visible"],
    ):
        done = shell("config", "set", *arguments)
        assert done.returncode == 0, done.stderr
    text = file.read_text()
    assert "# What staging needs." in text
    assert "# a greeting" in text
    config = YAML(typ="safe").load(text)["config"]
    assert config["proj:plain"] == "300"
    assert config["other:name"] == "visible"
    assert config["proj:sources"] == {
        "blog": {"ttl": 300, "names": ["one", "two", "three"], "key": {"secure": ENCRYPTED}},
        "shop": {"on": True, "zip": "01234"},
        "a.b": {"x": -5},
    }


def test_secrets_are_set_encrypted_and_got_decrypted(
    make_program: "MakeProgram", shell: Shell
) -> None:
    """A secret is not in the file, `get` opens it, `rm` takes it away, and a run can use it."""
    program = make_program("print(pulumi.Config().get_object('s')['key'] == 'hush-shell')")
    done = shell("config", "set", "--secret", "--path", "s.key", "hush-shell")
    assert done.returncode == 0, done.stderr
    text = (program.folder / "Pulumi.dev.yaml").read_text()
    assert "hush-shell" not in text
    assert "encryptionsalt: v1:" in text
    assert shell("config", "get", "--path", "s.key").stdout == "hush-shell\n"
    wrong = shell("config", "get", "--path", "s.key", passphrase="wrong")
    assert (wrong.returncode, wrong.stderr) == (1, "error: incorrect passphrase\n")

    previewed = shell("preview")
    assert previewed.returncode == 0, previewed.stdout
    assert "    True\n" in previewed.stdout

    assert shell("config", "rm", "--path", "s.key").returncode == 0
    assert shell("config", "get", "--path", "s.key").returncode == 1


def test_the_shell_commands_run_a_stack(make_program: "MakeProgram", shell: Shell) -> None:
    """Preview, up, refresh and destroy by hand; nothing happens unless it is agreed to."""
    program = make_program('pulumi.export("made", Thing("a", size=1).made)')
    refused = shell("up")
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert not program.found("a")

    done = shell("up", "--yes")
    assert done.returncode == 0, done.stdout
    assert " +  pulumi-python:dynamic/test:Thing a created\n" in done.stdout
    assert '    made: "made of 1.0"\n' in done.stdout
    assert "    + 1 created\n" in done.stdout
    assert "\x1b" not in done.stdout
    assert shell("refresh", "--preview-only").returncode == 0
    assert shell("destroy", "--yes").returncode == 0

    program.write('Thing("a", complaints={"size": "is wrong"})')
    assert shell("preview").returncode == 1
