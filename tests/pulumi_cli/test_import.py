"""The import as a person runs it, with the real `pulumi` CLI on a backend of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from imgix_testing.server import SimulatedImgix

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.pulumi_cli
@pytest.mark.parametrize("form", ["python", "yaml"])
def test_the_real_engine_finds_nothing_to_change(
    form: str,
    imgix: SimulatedImgix,
    mixed_account: Callable[[int], None],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """After `pulumi import` preview is empty and up sends nothing; an edit sends one key."""
    mixed_account(18)
    folder, state = tmp_path / "imported", tmp_path / "state"
    state.mkdir()
    options = ("--out", folder, "--format", form, "--stack", "dev")
    assert command_line("import", *options).returncode == 0
    imgix.requests.clear()

    def pulumi(*arguments: str) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=folder,
            env={
                **os.environ,
                # The interpreter of the tests, whether or not its environment is active.
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PULUMI_BACKEND_URL": f"file://{state}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "IMGIX_API_URL": imgix.url,
                "IMGIX_API_KEY": imgix.api_key,
            },
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pulumi("stack", "init", "dev")
    pulumi(
        *("import", "--file", "import.json", "--generate-code=false"), "--protect=false", "--yes"
    )
    pulumi("preview", "--expect-no-changes")
    pulumi("up", "--yes", "--skip-preview")
    assert list(imgix.requests) == []
    assert "AKIACANARYCANARY" not in pulumi("stack", "export").split("pulumi-python:dynamic/")[-1]
    pulumi("refresh", "--yes", "--skip-preview")
    exported = pulumi("stack", "export")
    assert not any(source.secure_url_token in exported for source in imgix.sources.values())
    pulumi("preview", "--expect-no-changes")

    imgix.requests.clear()
    declarations = folder / ("__main__.py" if form == "python" else "Pulumi.dev.yaml")
    text = declarations.read_text().replace("86_400", "90_000", 1).replace("86400", "90000", 1)
    declarations.write_text(text)
    pulumi("up", "--yes", "--skip-preview")
    # A disabled source is enabled first and disabled again, each in a request of its own.
    changes = [record.body["data"]["attributes"] for record in imgix.requests if record.body]
    assert [change["deployment"] for change in changes if "deployment" in change] == [
        {"cache_ttl_value": 90000}
    ]
