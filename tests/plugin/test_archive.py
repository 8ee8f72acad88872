"""The archives of a release: the same bytes each time, and a plugin that starts from them."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from imgix_provider.plugin.schema import schema_text
from tests.plugin.conftest import Lines, Plugin

ROOT = Path(__file__).parents[2]
VERSION = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def build(folder: Path) -> list[Path]:
    """Run the script, which is told where to write."""
    command = [sys.executable, str(ROOT / "scripts" / "plugin_archive.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The archives of this checkout."""
    return build(tmp_path_factory.mktemp("archives"))


@pytest.fixture
def unpacked(archives: list[Path], tmp_path: Path) -> Path:
    """An archive's files in a folder of their own, with the wheel installed as the CLI does."""
    with tarfile.open(archives[0]) as tar:
        tar.extractall(tmp_path)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--no-index", "--no-deps", "--target", "site", "-r", "requirements.txt"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path


def environment(unpacked: Path) -> dict[str, str]:
    """Return an environment in which the package is the unpacked one."""
    return {**os.environ, "PYTHONPATH": str(unpacked / "site")}


@pytest.fixture
def plugin(unpacked: Path) -> Iterator[Plugin]:
    """The plugin's process, started by the file that the CLI starts."""
    with subprocess.Popen(
        [sys.executable, str(unpacked)],
        cwd="/",
        env=environment(unpacked),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        started = Plugin(process, Lines())
        yield started
        started.channel.close()
        process.terminate()


def test_every_system_has_its_archive(archives: list[Path]) -> None:
    """By the names that the CLI asks a server for; all of them hold the same."""
    names = [path.name for path in archives]
    assert f"pulumi-resource-imgix-v{VERSION}-linux-amd64.tar.gz" in names
    assert f"pulumi-resource-imgix-v{VERSION}-darwin-arm64.tar.gz" in names
    assert f"pulumi-resource-imgix-v{VERSION}-windows-amd64.tar.gz" in names
    assert len({path.read_bytes() for path in archives}) == 1


def test_the_same_checkout_gives_the_same_bytes(archives: list[Path], tmp_path: Path) -> None:
    """Whoever builds a release again can compare it."""
    assert build(tmp_path / "again")[0].read_bytes() == archives[0].read_bytes()


def test_the_plugin_starts_from_its_archive(plugin: Plugin, unpacked: Path) -> None:
    """It says its version and its schema, with nothing of the checkout in use."""
    request = provider_pb2.ProviderHandshakeRequest(engine_address="")
    assert plugin.stub.Handshake(request, timeout=10).accept_secrets
    assert plugin.stub.GetPluginInfo(Empty(), timeout=10).version == VERSION
    answer = plugin.stub.GetSchema(provider_pb2.GetSchemaRequest(version=0), timeout=10)
    assert answer.schema == schema_text()
    asking = [sys.executable, "-c", "import imgix_provider; print(imgix_provider.__file__)"]
    used = subprocess.run(
        asking, cwd="/", env=environment(unpacked), capture_output=True, text=True, check=True
    )
    assert used.stdout.strip() == str(unpacked / "site" / "imgix_provider" / "__init__.py")
