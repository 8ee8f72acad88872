"""An import brings in the whole account: afterwards there is nothing left to change."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]

SECRETS = (
    "canary-s3-secret",
    "canary-gcs-secret",
    "canary-sas=string",
    "canary-password",
    "canary-handshake-canary-handshak",
    "canary-signing-key-canary-signin",
    "canary-spaces",
)


def imported(command_line: CommandLine, folder: Path, *arguments: str) -> str:
    """Import into `folder` and return what was said on standard error."""
    result = command_line("import", "--out", folder, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stderr


def in_state(stack: Stack) -> Stack:
    """Bring the import file of the stack's folder into its state."""
    result = stack.import_file(stack.program_dir / "import.json", protect=False)
    assert result.ok, result.text
    return stack


@pytest.mark.parametrize(("form", "number", "pages"), [("python", 250, 3), ("yaml", 25, 1)])
def test_an_account_is_imported(
    form: str,
    number: int,
    pages: int,
    imgix: SimulatedImgix,
    imgix_stack: Callable[..., Stack],
    mixed_account: Callable[[int], None],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """250 mixed sources need 3 list requests, preview without a change, and one edit is one key."""
    mixed_account(number)
    folder = tmp_path / "imported"
    said = imported(command_line, folder, "--format", form, "--stack", "dev")
    assert said == ""
    assert [(record.method, record.path) for record in imgix.requests] == [
        ("GET", "/api/v1/sources")
    ] * pages

    stack = in_state(imgix_stack(folder))
    imgix.requests.clear()
    preview = stack.preview()
    assert preview.ok, preview.text
    assert preview.changes == {"same": number}

    declarations = folder / ("__main__.py" if form == "python" else "Pulumi.dev.yaml")
    before, after = {
        "python": ("cache_ttl_value=86_400", "cache_ttl_value=90_000"),
        "yaml": ("cache_ttl_value: 86400", "cache_ttl_value: 90000"),
    }[form]
    declarations.write_text(declarations.read_text().replace(before, after, 1))
    up = stack.up(skip_preview=True)
    assert up.ok, up.text
    assert up.changes == {"same": number - 1, "update": 1}
    (patch,) = [record for record in imgix.requests if record.method != "GET"]
    assert patch.method == "PATCH"
    assert patch.body is not None
    assert patch.body["data"]["attributes"] == {"deployment": {"cache_ttl_value": 90000}}


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    lambda text: text.strip() != ""
)
PARAMETERS = st.dictionaries(
    st.text("abcdefghijklmnop:-.", min_size=1, max_size=6),
    st.none()
    | st.booleans()
    | st.integers(-10_000, 10_000)
    | st.floats(-1e6, 1e6)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    max_size=3,
)
ORIGINS = st.sampled_from(
    [
        {"type": "s3", "s3_access_key": "AKIA", "s3_bucket": "b", "s3_secret_key": "secret"},
        {"type": "gcs", "gcs_access_key": "GOOG", "gcs_bucket": "b", "gcs_secret_key": "secret"},
        {
            "type": "azure",
            "azure_account": "a",
            "azure_bucket": "b",
            "azure_sas_string": "secret",
            "azure_service_type": "file",
        },
        {"type": "webfolder", "webfolder_base_url": "http://example.com", "password": "secret"},
        {"type": "webproxy", "secure_url_enabled": True},
        {
            "type": "s3_compatible",
            "access_key_id": "A",
            "bucket_name": "b",
            "endpoint_url": "https://example.com",
            "region": "r",
            "secret_key": "secret",
            "storage_provider": "Linode",
        },
    ]
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "annotation": NAMES | st.none(),
        "cache_ttl_behavior": st.sampled_from(["enforce_minimum", "respect_origin", None]),
        "cache_ttl_error": st.integers(1, 31_536_000) | st.none(),
        "default_params": PARAMETERS | st.just([]) | st.none(),
        "image_error": st.sampled_from(["", None, "https://example.com/e.png"]),
        "image_error_append_qs": st.booleans() | st.none(),
        "undocumented": st.none() | st.lists(st.integers() | st.none(), max_size=2) | NAMES,
    },
)
ACCOUNTS = st.lists(
    st.tuples(NAMES, st.booleans(), ORIGINS, SETTINGS, st.booleans()), min_size=20, max_size=30
)


@settings(
    max_examples=1,
    # An example takes seconds, so a failing one is shown as it is.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sources=ACCOUNTS)
def test_any_account_is_imported_without_a_change(
    sources: list[tuple[str, bool, dict[str, object], dict[str, object], bool]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever an account holds, preview after the import is empty and up sends no request."""
    folder = tmp_path_factory.mktemp("any")
    with SimulatedImgix() as imgix:
        for number, (name, enabled, origin, chosen, domain) in enumerate(sources):
            deployment: dict[str, object] = {"imgix_subdomains": [f"s{number}"], **chosen, **origin}
            if domain:
                deployment["custom_domains"] = [f"z{number}.example.com", f"A{number}.example.com"]
            imgix.add_source(name=name, deployment=deployment, enabled=enabled)
        environment = {"IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key}
        done = subprocess.run(
            [sys.executable, "-m", "imgix_provider", "import", "--out", str(folder)],
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        stack = in_state(Stack(folder, environment=environment))
        imgix.requests.clear()

        preview = stack.preview()
        assert preview.ok, preview.text
        assert preview.changes == {"same": len(sources)}
        up = stack.up(skip_preview=True)
        assert up.ok, up.text
        assert list(imgix.requests) == []


def test_generated_program_is_clean(
    imgix: SimulatedImgix,
    mixed_account: Callable[[int], None],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """The program passes `mypy --strict` and `ruff format --check` as they are by default."""
    mixed_account(140)
    # Text around the width of a line, in a script whose letters are two columns wide.
    for length in (20, 25, 26, 30, 50, 60):
        for text in ("画" * length, "a" * length):
            imgix.add_source(
                name="Wide",
                deployment={
                    "type": "webproxy",
                    "imgix_subdomains": [f"wide-{length}-{len(text.encode())}"],
                    "default_params": {"txt": text},
                },
            )
    imported(command_line, tmp_path)
    program = str(tmp_path / "__main__.py")
    checks = (
        ["ruff", "format", "--isolated", "--check", program],
        ["mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path / "c"), program],
    )
    for check in checks:
        done = subprocess.run(
            [sys.executable, "-m", *check],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_second_import_writes_the_same(
    imgix: SimulatedImgix,
    mixed_account: Callable[[int], None],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """Two imports of one account give the same bytes, in whatever order imgix lists sources."""
    mixed_account(40)
    imported(command_line, tmp_path / "one" / "acme")
    imported(command_line, tmp_path / "two" / "acme", "--sort", "-date_deployed,-name")
    assert imgix.requests[0].query != imgix.requests[1].query
    for file in sorted((tmp_path / "one" / "acme").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / "acme" / file.name).read_bytes(), file.name


def test_no_secret_is_in_any_file(
    imgix: SimulatedImgix,
    mixed_account: Callable[[int], None],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """Neither a secret of an origin nor a token that signs URLs stands in what is written."""
    mixed_account(70)
    for form in ("python", "yaml"):
        imported(command_line, tmp_path / form, "--format", form)
    tokens = [source.secure_url_token for source in imgix.sources.values()]
    text = "".join(path.read_text() for path in tmp_path.glob("*/*"))
    assert "AKIACANARYCANARY" in text  # an access key id is part of the declaration
    assert [secret for secret in (*SECRETS, *tokens) if secret in text] == []


def test_access_keys_are_secrets_in_the_state_at_once(
    imgix: SimulatedImgix,
    imgix_stack: Callable[..., Stack],
    mixed_account: Callable[[int], None],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """The state holds no access key in the clear, right after the import and after a refresh."""
    mixed_account(14)
    folder = tmp_path / "imported"
    imported(command_line, folder)
    stack = in_state(imgix_stack(folder))
    assert "AKIACANARYCANARY" not in json.dumps(stack.state())

    assert stack.refresh().ok
    assert "AKIACANARYCANARY" not in json.dumps(stack.state())
    assert "AKIACANARYCANARY" in json.dumps(stack.state(decrypted=True))


def test_refresh_brings_the_tokens(
    imgix: SimulatedImgix,
    imgix_stack: Callable[..., Stack],
    mixed_account: Callable[[int], None],
    command_line: CommandLine,
    tmp_path: Path,
) -> None:
    """A refresh brings the tokens of secure URLs, encrypted, and still nothing is to change."""
    mixed_account(14)
    tokens = {
        source.secure_url_token
        for source in imgix.sources.values()
        if source.deployment["secure_url_enabled"] is True
    }
    folder = tmp_path / "imported"
    imported(command_line, folder)
    stack = in_state(imgix_stack(folder))

    assert stack.refresh().ok

    plain, decrypted = (json.dumps(stack.state(decrypted=value)) for value in (False, True))
    assert tokens
    assert [token for token in tokens if token in plain] == []
    assert [token for token in tokens if token not in decrypted] == []
    preview = stack.preview()
    assert preview.changes == {"same": 14}, preview.text


def test_sources_that_cannot_be_declared_are_left_out(
    imgix: SimulatedImgix, command_line: CommandLine, tmp_path: Path
) -> None:
    """An unknown type and a forbidden value are left out with a reason; the rest is imported."""
    odd: dict[str, dict[str, Any]] = {
        "Fine": {"type": "webproxy", "imgix_subdomains": ["fine"]},
        "New kind": {"type": "ftp", "imgix_subdomains": ["new"]},
        "Old\u2028limit": {
            "type": "webproxy",
            "imgix_subdomains": ["old"],
            "cache_ttl_value": 5,
        },
        "Huge": {"type": "webproxy", "imgix_subdomains": ["huge"], "default_params": {"w": 10**30}},
    }
    for name, deployment in odd.items():
        imgix.add_source(name=name, deployment=deployment)

    result = command_line("import", "--out", tmp_path)

    assert result.returncode == 0
    warnings = result.stderr.splitlines()
    assert sorted(line.split(" (")[0] for line in warnings) == [
        'warning: not imported: "Huge"',
        'warning: not imported: "New kind"',
        'warning: not imported: "Old limit"',
    ]
    assert 'this package does not know the type "ftp"' in result.stderr
    assert "deployment.cache_ttl_value: must be from 1800 to 31536000 seconds" in result.stderr
    assert "3 sources not imported" in result.stdout
    program = (tmp_path / "__main__.py").read_text()
    assert program.count("imgix.ImgixSource(") == 1
    assert [line for line in program.splitlines() if line.startswith("# - ")] == [
        line.replace("warning: not imported:", "# -") for line in warnings
    ]
