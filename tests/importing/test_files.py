"""What an import does with a folder: names its project, keeps what is encrypted, or stays out."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from imgix_testing.server import SimulatedImgix

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]
SECURE = {"secure": "v1:AAAA:BBBB=="}


@pytest.fixture
def account(imgix: SimulatedImgix) -> SimulatedImgix:
    """An account with one S3 source."""
    imgix.add_source(
        name="Shop",
        deployment={
            "type": "s3",
            "imgix_subdomains": ["shop"],
            "s3_access_key": "AKIA",
            "s3_bucket": "b",
            "s3_secret_key": "canary-s3-secret",
        },
    )
    return imgix


def as_yaml(command_line: CommandLine, folder: Path) -> str:
    """Import as configuration, over what is there, and return what was printed."""
    result = command_line("import", "--out", folder, "--format", "yaml", "--force")
    assert result.returncode == 0, result.stderr
    return result.stdout


def content_of(file: Path) -> dict[str, Any]:
    """Return what a YAML file holds."""
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    return content


def encrypt(file: Path, *paths: str) -> None:
    """Put an encrypted value at each path below the sources, as `pulumi config set` does."""
    content = content_of(file)
    for path in paths:
        place = content["config"]["acme:sources"]
        *outer, last = path.split(".")
        for key in outer:
            place = place.setdefault(key, {})
        place[last] = SECURE
    file.write_text(yaml.safe_dump(content))


@pytest.mark.usefixtures("account")
def test_force_keeps_what_is_encrypted(command_line: CommandLine, tmp_path: Path) -> None:
    """A secret that `secrets.sh` has set stays, and the import says so and asks for it no more."""
    folder = tmp_path / "acme"
    assert "1 secret kept at imgix" in as_yaml(command_line, folder)
    path = "acme:sources.shop.deployment.s3_secret_key"
    assert (
        (folder / "secrets.sh")
        .read_text()
        .endswith(f"pulumi config set --secret --path {path} --stack prod\n")
    )
    stack = folder / "Pulumi.prod.yaml"
    encrypt(
        stack,
        "shop.deployment.s3_secret_key",
        "shop.deployment.s3_access_key",
        "shop.deployment.default_params.mark",
        "shop.name",
    )

    said = as_yaml(command_line, folder)

    source = content_of(stack)["config"]["acme:sources"]["shop"]
    assert source["deployment"]["s3_secret_key"] == SECURE
    assert source["deployment"]["s3_access_key"] == SECURE
    assert source["deployment"]["default_params"] == {"mark": SECURE}
    assert source["name"] == SECURE
    assert source["deployment"]["s3_bucket"] == "b"
    assert "4 encrypted values in Pulumi.prod.yaml left as is" in said
    assert "secrets.sh has the commands" not in said
    assert "pulumi config set" not in (folder / "secrets.sh").read_text()


def test_force_loses_no_source_that_has_encrypted_values(
    account: SimulatedImgix, command_line: CommandLine, tmp_path: Path
) -> None:
    """A source that is now called otherwise, or filtered away, is named, and nothing is written."""
    account.add_source(
        name="Blog", deployment={"type": "webproxy", "imgix_subdomains": ["blog", "press"]}
    )
    folder = tmp_path / "acme"
    as_yaml(command_line, folder)
    stack = folder / "Pulumi.prod.yaml"
    encrypt(stack, "shop.deployment.s3_secret_key", "old.deployment.default_params.mark")
    content = content_of(stack)
    content["config"]["acme:sources"]["blog"]["deployment"]["imgix_subdomains"][1] = SECURE
    stack.write_text(yaml.safe_dump(content))
    before = {path: path.read_text() for path in folder.iterdir()}

    for filters, names in (
        ((), "old"),
        (("--type", "s3"), "blog and old"),
        (("--name", "Blog"), "old and shop"),
    ):
        result = command_line("import", "--out", folder, "--format", "yaml", "--force", *filters)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr == (
            f"error: Pulumi.prod.yaml has encrypted values of {names}, which this import does not "
            "write; nothing was written. "
            "Take them out of the file, or choose another folder with --out.\n"
        )
        assert {path: path.read_text() for path in folder.iterdir()} == before


@pytest.mark.usefixtures("account")
def test_force_drops_sources_without_encrypted_values(
    command_line: CommandLine, tmp_path: Path
) -> None:
    """What the file declares without a secret is imgix's to tell, and written anew."""
    folder = tmp_path / "acme"
    as_yaml(command_line, folder)
    stack = folder / "Pulumi.prod.yaml"
    content = content_of(stack)
    content["config"]["acme:sources"]["old"] = {"name": "Old", "deployment": {"type": "s3"}}
    stack.write_text(yaml.safe_dump(content))

    as_yaml(command_line, folder)

    assert [*content_of(stack)["config"]["acme:sources"]] == ["shop"]


@pytest.mark.usefixtures("account")
def test_force_keeps_no_secret_of_another_type(command_line: CommandLine, tmp_path: Path) -> None:
    """A source that has changed its type gets that type's fields, whatever was encrypted."""
    folder = tmp_path / "acme"
    as_yaml(command_line, folder)
    stack = folder / "Pulumi.prod.yaml"
    encrypt(stack, "shop.deployment.azure_sas_string")
    stack.write_text(stack.read_text().replace("type: s3", "type: azure"))

    as_yaml(command_line, folder)

    deployment = content_of(stack)["config"]["acme:sources"]["shop"]["deployment"]
    assert deployment["type"] == "s3"
    assert deployment["s3_secret_key"] == "imgix:keep"
    assert "azure_sas_string" not in deployment


@pytest.mark.usefixtures("account")
def test_sources_that_are_encrypted_as_one_value_are_not_touched(
    command_line: CommandLine, tmp_path: Path
) -> None:
    """What cannot be changed without the key of the stack is an error, and stays as it is."""
    folder = tmp_path / "acme"
    as_yaml(command_line, folder)
    stack = folder / "Pulumi.prod.yaml"
    stack.write_text(yaml.safe_dump({"config": {"acme:sources": SECURE}}))
    before = stack.read_text()

    result = command_line("import", "--out", folder, "--format", "yaml", "--force")

    assert result.returncode == 1
    assert result.stderr.startswith("error: acme:sources is encrypted as one value")
    assert stack.read_text() == before


@pytest.mark.usefixtures("account")
def test_two_imports_make_two_projects(command_line: CommandLine, tmp_path: Path) -> None:
    """The project is named after the folder, so the stacks of two imports do not collide."""
    for name, project in (("shop", "shop"), ("Acme images!", "Acme-images")):
        folder = tmp_path / name
        result = command_line("import", "--out", folder, "--format", "yaml")
        assert result.returncode == 0, result.stderr
        assert content_of(folder / "Pulumi.yaml")["name"] == project
        assert f"{project}:sources" in content_of(folder / "Pulumi.prod.yaml")["config"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "name", ["2024", "1e5", "3.14", "0x10", "1_000", "2024-01-01", "true", "null", "on"]
)
def test_a_project_may_be_called_like_a_number_or_a_word_of_yaml(
    name: str, command_line: CommandLine, tmp_path: Path
) -> None:
    """The CLI takes a name for text only if it is quoted; other names need no quotes."""
    for folder, arguments in ((tmp_path / name, ()), (tmp_path / "acme", ("--project", name))):
        assert command_line("import", "--out", folder, *arguments).returncode == 0
        first, *_ = (folder / "Pulumi.yaml").read_text().splitlines()
        assert first in (f'name: "{name}"', f"name: '{name}'")


@pytest.mark.usefixtures("account")
def test_a_project_has_a_file_of_three_lines(command_line: CommandLine, tmp_path: Path) -> None:
    """It names the project, says what it is, and uses the active Python."""
    command_line("import", "--out", tmp_path / "acme")
    assert (tmp_path / "acme" / "Pulumi.yaml").read_text() == (
        "name: acme\ndescription: imgix sources\nruntime: python\n"
    )


def test_the_project_is_asked_for_where_the_folder_gives_no_name(
    account: SimulatedImgix, command_line: CommandLine, tmp_path: Path
) -> None:
    """Before any request; and `--project` names it."""
    folder = tmp_path / "画像"
    refused = command_line("import", "--out", folder)
    assert refused.returncode == 2
    assert "Set it with --project." in refused.stderr
    assert list(account.requests) == []
    assert not folder.exists()

    assert command_line("import", "--out", folder, "--project", "gazou").returncode == 0
    assert content_of(folder / "Pulumi.yaml")["name"] == "gazou"


@pytest.mark.usefixtures("account")
def test_another_project_in_the_folder_is_an_error(
    command_line: CommandLine, tmp_path: Path
) -> None:
    """A `Pulumi.yaml` is never overwritten, so `--project` must agree with it."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    result = command_line("import", "--out", tmp_path, "--project", "yours")
    assert result.returncode == 1
    assert "Pulumi.yaml names the project mine, not yours" in result.stderr


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (("--name", "Blog"), "no source matches --name Blog; nothing was written"),
        (("--type", "gcs", "--enabled", "true"), "no source matches --type gcs, --enabled true;"),
        (("--name", "Odd"), "none of these sources can be declared; nothing was written"),
    ],
)
def test_an_import_of_nothing_says_so_and_writes_nothing(
    filters: tuple[str, ...],
    words: str,
    account: SimulatedImgix,
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """A filter that matches no source is an error, and no empty program replaces a full one."""
    account.add_source(name="Odd", deployment={"type": "ftp", "imgix_subdomains": ["odd"]})
    folder = tmp_path / "acme"

    result = command_line("import", "--out", folder, *filters)

    assert result.returncode == 1
    assert words in result.stderr
    assert result.stdout == ""
    assert not folder.exists()


def test_an_import_of_an_empty_account_says_so(command_line: CommandLine, tmp_path: Path) -> None:
    """Nothing is written for an account without sources."""
    result = command_line("import", "--out", tmp_path / "acme")
    assert result.returncode == 1
    assert result.stderr.startswith("error: the account has no sources; nothing was written")
