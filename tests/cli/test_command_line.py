"""`python -m imgix_provider` as a person or a script uses it: list, show, check, import."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from imgix_provider.api.source import Source
from imgix_provider.cli.output import as_json
from imgix_testing.server import SimulatedImgix

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def blog(imgix: SimulatedImgix) -> str:
    """A source with a custom domain and secure URLs; its id."""
    return imgix.add_source(
        name="Blog [red]images\x1b[0m",
        deployment={
            "type": "webfolder",
            "imgix_subdomains": ["blog"],
            "custom_domains": ["img.example.com"],
            "webfolder_base_url": "https://www.example.com/",
            "secure_url_enabled": True,
            "password": "canary-password",
        },
    )


def test_list_is_tab_separated_in_a_pipe(
    imgix: SimulatedImgix, blog: str, command_line: CommandLine
) -> None:
    """In a pipe each source is a line of five cells, without anything that steers a terminal."""
    imgix.add_source(
        name="A", deployment={"type": "webproxy", "imgix_subdomains": ["a"]}, enabled=False
    )

    result = command_line("list")

    assert result.returncode == 0, result.stderr
    header, first, second = [line.split("\t") for line in result.stdout.splitlines()]
    assert header == ["name", "id", "type", "status", "domains"]
    assert first[0] == "A"
    assert first[2:] == ["webproxy", "disabled", "a.imgix.net"]
    assert second[1:] == [blog, "webfolder", "deployed", "blog.imgix.net, img.example.com"]
    assert "\x1b" not in result.stdout
    assert "[red]" in second[0]


def test_list_filters_and_sorts(
    imgix: SimulatedImgix, mixed_account: Callable[[int], None], command_line: CommandLine
) -> None:
    """Filters are joined, whole values are compared, and `--sort -name` turns the order round."""
    mixed_account(60)
    imgix.add_source(
        name="Blog images 2", deployment={"type": "s3", "imgix_subdomains": ["x"], "s3_bucket": "b"}
    )
    result = command_line("list", "--type", "s3", "--enabled", "true", "--sort", "-name", "--json")
    shown = json.loads(result.stdout)
    expected = [s for s in imgix.sources.values() if s.enabled and s.deployment["type"] == "s3"]
    assert [source["name"] for source in shown] == sorted((s.name for s in expected), reverse=True)

    by_name = json.loads(command_line("list", "--name", "Blog images", "--json").stdout)
    assert {source["name"] for source in by_name} == {"Blog images"}


def test_show_tells_everything_but_secrets(
    blog: str, imgix: SimulatedImgix, command_line: CommandLine
) -> None:
    """One source shows in full, as lines or JSON, and its token and password do not."""
    lines = command_line("show", blog).stdout
    data = json.loads(command_line("show", blog, "--json").stdout)

    assert "deployment.webfolder_base_url" in lines
    assert "https://img.example.com" in lines
    assert data["id"] == blog
    assert data["deployment"]["cache_ttl_error"] == 300
    assert data["secure_url_token"] == "[secret]"
    for text in (lines, json.dumps(data)):
        assert imgix.source(blog).secure_url_token not in text
        assert "canary-password" not in text


def test_show_masks_every_part_of_a_credential_that_imgix_shows(
    imgix: SimulatedImgix, command_line: CommandLine
) -> None:
    """An access key id that is there reads `[secret]`, so nobody takes it for missing."""
    source = imgix.add_source(
        name="Shop",
        deployment={
            "type": "s3",
            "imgix_subdomains": ["shop"],
            "s3_access_key": "AKIACANARY",
            "s3_bucket": "b",
            "s3_secret_key": "canary-s3-secret",
        },
    )
    lines = command_line("show", source).stdout
    data = json.loads(command_line("show", source, "--json").stdout)
    (listed,) = json.loads(command_line("list", "--json").stdout)

    assert re.search(r"^deployment\.s3_access_key +\[secret\]$", lines, re.MULTILINE)
    assert data["deployment"]["s3_access_key"] == "[secret]"
    assert listed == data
    assert "CANARY" not in (lines + json.dumps(data)).upper()


def test_show_tells_a_secret_that_is_there_from_none() -> None:
    """An access key id that imgix has is masked, and what it lacks is null or empty."""
    source = Source(
        id="0" * 24,
        deployment={"gcs_access_key": "canary", "password_encrypted": None, "some_token": ""},
        secure_url_token="",
    )
    shown = as_json(source)
    assert shown["secure_url_token"] == ""
    assert shown["deployment"] == {
        "gcs_access_key": "[secret]",
        "password_encrypted": None,
        "some_token": "",
    }


def test_show_of_a_missing_source(command_line: CommandLine) -> None:
    """An id that imgix does not know is one line on standard error and exit status 1."""
    result = command_line("show", "0" * 24)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: there is no source {'0' * 24} in this account")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("wrong", ["", "Blog images", "../sources"])
def test_show_of_what_is_no_id_sends_nothing(
    wrong: str, imgix: SimulatedImgix, command_line: CommandLine
) -> None:
    """A variable that was empty, or a display name in place of the id, is told at once."""
    result = command_line("show", wrong)
    assert result.returncode == 2
    assert result.stderr.startswith(f'error: "{wrong}" is not the id of a source')
    assert list(imgix.requests) == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (("list", "--sort", "size"), "sort must be date_deployed, enabled or name"),
        (("list", "--name", ""), "name must be a string that is not empty"),
        (
            ("list", "--name", "caf\udce9"),
            'name is not valid UTF-8: "caf\N{REPLACEMENT CHARACTER}"',
        ),
        (("import", "--out", "new", "--region", "\udce9"), "region is not valid UTF-8"),
        (
            ("import", "--out", "new", "--format", "yaml", "--stack", "my stack"),
            "--stack must be a stack's name",
        ),
        (("import", "--out", "new", "--project", "my project"), "the project needs a name"),
    ],
)
def test_an_argument_that_cannot_be_used_is_wrong_usage(
    wrong: tuple[str, ...], reason: str, imgix: SimulatedImgix, command_line: CommandLine
) -> None:
    """It is told in one line before any request, with the exit status that the manual names."""
    result = command_line(*wrong)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {reason}")
    assert result.stderr.count("\n") == 1
    assert list(imgix.requests) == []


def test_a_locale_that_cannot_read_the_text_of_an_option_is_told(
    imgix: SimulatedImgix, command_line: CommandLine
) -> None:
    """Where the shell's locale is not that of the text, the line says which locale reads it."""
    other = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = command_line("list", "--name", "日本語", **other)
    assert result.returncode == 2
    assert result.stderr.endswith("such as LC_ALL=C.UTF-8.\n")
    assert result.stderr.count("\n") == 1
    assert list(imgix.requests) == []


def test_check_says_that_all_works(blog: str, command_line: CommandLine) -> None:
    """Address, key and permission are named, and the status is 0."""
    result = command_line("check")
    assert result.returncode == 0, result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "address",
        "key",
        "permission",
    ]


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"IMGIX_API_KEY": ""}, "no imgix API key is set. Set IMGIX_API_KEY"),
        ({"IMGIX_API_KEY": "ak_wrong"}, "the key is not valid: imgix answered 401"),
        ({"IMGIX_API_URL": "ftp://x"}, "IMGIX_API_URL is not the address of an API"),
    ],
)
def test_check_says_what_is_wrong(
    environment: dict[str, str], reason: str, command_line: CommandLine
) -> None:
    """A missing or wrong key and an odd address are one line that says so."""
    result = command_line("check", **environment)
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {reason}")
    assert result.stderr.count("\n") == 1
    assert "ak_wrong" not in result.stderr


@pytest.mark.parametrize("command", ["review --rules", "list", "--version"])
def test_a_closed_output_is_no_error(imgix: SimulatedImgix, command: str) -> None:
    """A shell can close it; the exit status stands for itself."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m imgix_provider {command} >&-', sys.executable],
        cwd=ROOT,
        env={**os.environ, "IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_a_broken_pipe_is_no_error(
    imgix: SimulatedImgix, mixed_account: Callable[[int], None]
) -> None:
    """Who stops reading after a line gets no traceback."""
    mixed_account(250)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "imgix_provider", "list"],
        cwd=ROOT,
        env={**os.environ, "IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_check_gives_up_on_an_address_that_never_answers() -> None:
    """It waits 15 seconds, where a run waits two minutes, and says what does not work."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/v1"
        done = subprocess.run(
            [sys.executable, "-m", "imgix_provider", "check"],
            cwd=ROOT,
            env={**os.environ, "IMGIX_API_URL": url, "IMGIX_API_KEY": "ak_canary"},
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
    assert done.returncode == 1
    host = url.split("/")[2]
    assert done.stderr == (
        f"error: the address does not work: {host} did not answer in time. "
        "Check the network and IMGIX_API_URL, then run again.\n"
    )


def test_ctrl_c_is_clean() -> None:
    """An interrupt while imgix does not answer ends the command at once, with status 130."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(
            [sys.executable, "-m", "imgix_provider", "list"],
            cwd=ROOT,
            env={
                **os.environ,
                "IMGIX_API_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/api/v1",
                "IMGIX_API_KEY": "ak_any",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (130, "", "")


def listed_on_a_terminal(imgix: SimulatedImgix, columns: int) -> str:
    """Return what `list` shows on a terminal of this width."""
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "imgix_provider", "list"],
        cwd=ROOT,
        env={
            **os.environ,
            "IMGIX_API_URL": imgix.url,
            "IMGIX_API_KEY": imgix.api_key,
            "COLUMNS": str(columns),
        },
        stdout=terminal,
        stderr=subprocess.PIPE,
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(main)
    assert process.wait(timeout=30) == 0
    return shown.decode()


def test_a_terminal_gets_a_table(imgix: SimulatedImgix, blog: str) -> None:
    """On a terminal the columns line up, and brackets in names are not markup."""
    text = listed_on_a_terminal(imgix, 120)
    assert "[red]" in text
    assert "\t" not in text
    assert "─" in text


def test_list_can_be_read_on_40_columns(imgix: SimulatedImgix, blog: str) -> None:
    """On a narrow terminal no line is too long, and no id, type or domain is broken in two."""
    imgix.add_source(name="A, B", deployment={"type": "webproxy", "imgix_subdomains": ["a"]})
    text = re.sub(r"\x1b\[[0-9;]*m", "", listed_on_a_terminal(imgix, 40))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 40
    rows = [line.split(None, 1) for line in lines if line.strip()]
    cells = {row[-1].strip() for row in rows}
    assert {blog, "webfolder", "deployed", "blog.imgix.net", "img.example.com"} <= cells
    assert "A, B" in cells


def test_a_wrong_address_names_the_variable_that_holds_it(
    command_line: CommandLine, httpserver: HTTPServer
) -> None:
    """The command line reads IMGIX_API_URL, so that is what an error says to check."""
    httpserver.expect_request("/sources").respond_with_data("", 302, {"Location": "https://x.com"})
    wrong = [
        ("http://127.0.0.1:1/api/v1", "Check the network and IMGIX_API_URL, then run again."),
        ("api.imgix.com", "IMGIX_API_URL is not the address of an API."),
        (httpserver.url_for("/").rstrip("/"), "Check IMGIX_API_URL; the default is"),
    ]
    for address, words in wrong:
        result = command_line("check", IMGIX_API_URL=address)
        assert result.returncode == 1
        assert words in result.stderr
        assert "imgix:apiUrl" not in result.stderr


def test_import_refuses_to_overwrite(
    imgix: SimulatedImgix, blog: str, command_line: CommandLine, tmp_path: Path
) -> None:
    """A file that is there is kept, before any request; with --force it is overwritten."""
    (tmp_path / "__main__.py").write_text("mine\n")

    refused = command_line("import", "--out", tmp_path)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: __main__.py in {tmp_path} would be overwritten")
    assert (tmp_path / "__main__.py").read_text() == "mine\n"
    assert list(imgix.requests) == []
    assert command_line("import", "--out", tmp_path, "--force").returncode == 0
    assert "imgix.ImgixSource(" in (tmp_path / "__main__.py").read_text()


def test_import_does_not_write_half_of_its_files(
    blog: str, command_line: CommandLine, tmp_path: Path
) -> None:
    """A folder in the place of a file is told before anything is written, with --force too."""
    (tmp_path / "secrets.sh").mkdir()

    result = command_line("import", "--out", tmp_path, "--force")

    assert result.returncode == 1
    assert result.stderr.startswith(f"error: secrets.sh in {tmp_path} would be overwritten, and is")
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.sh"]


def test_import_keeps_what_else_a_stack_is_configured_with(
    blog: str, command_line: CommandLine, tmp_path: Path
) -> None:
    """With --force the sources in a stack's file are new, and its salt and other keys stay."""
    (tmp_path / "Pulumi.yaml").write_text("name: acme\nruntime: python\n")
    stack_file = tmp_path / "Pulumi.prod.yaml"
    stack_file.write_text("encryptionsalt: v1:x\nconfig:\n  imgix:apiUrl: https://x\n")

    result = command_line("import", "--out", tmp_path, "--format", "yaml", "--force")

    assert result.returncode == 0, result.stderr
    text = stack_file.read_text()
    assert "encryptionsalt: v1:x" in text
    assert "imgix:apiUrl: https://x" in text
    assert "acme:sources:" in text
    assert "name: acme" in (tmp_path / "Pulumi.yaml").read_text()


def test_import_says_what_to_do_next(blog: str, command_line: CommandLine, tmp_path: Path) -> None:
    """The summary names the files and the next command; secrets.sh the secrets that are kept."""
    result = command_line("import", "--out", tmp_path)
    assert result.stderr == ""
    assert "1 source written" in result.stdout
    assert "pulumi import --file import.json --generate-code=false" in result.stdout
    commands = (tmp_path / "secrets.sh").read_text()
    assert "pulumi config set --secret blog-red-images-0m.password" in commands


def test_unwritable_folder_is_one_line(
    blog: str, command_line: CommandLine, tmp_path: Path
) -> None:
    """A folder that cannot be made is told without a traceback."""
    (tmp_path / "file").write_text("")
    result = command_line("import", "--out", tmp_path / "file" / "below")
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_an_empty_account_is_called_empty(command_line: CommandLine) -> None:
    """`list` says so on standard error; what a script reads is the header alone, or `[]`."""
    result = command_line("list")
    assert (result.returncode, result.stderr) == (0, "the account has no sources\n")
    assert result.stdout.splitlines() == ["name\tid\ttype\tstatus\tdomains"]
    assert json.loads(command_line("list", "--json").stdout) == []


def test_filters_that_nothing_matches_are_repeated(blog: str, command_line: CommandLine) -> None:
    """Who filters everything away is told the filters, not that the account is empty."""
    result = command_line("list", "--type", "s3", "--enabled", "true")
    assert result.stderr == "no source matches --type s3, --enabled true\n"


def test_an_empty_account_is_no_empty_table(imgix: SimulatedImgix) -> None:
    """On a terminal there is no header above nothing."""
    assert listed_on_a_terminal(imgix, 120) == ""


def test_check_names_a_wrong_address(imgix: SimulatedImgix, command_line: CommandLine) -> None:
    """An address of imgix that is not that of the API is told as such, with the right one."""
    for address in (imgix.url.removesuffix("/api/v1"), f"{imgix.url}/sources"):
        result = command_line("check", IMGIX_API_URL=address)
        assert result.returncode == 1
        assert "IMGIX_API_URL" in result.stderr
        assert "https://api.imgix.com/api/v1" in result.stderr
        assert result.stderr.count("\n") == 1


def test_check_speaks_of_what_it_reads(command_line: CommandLine, httpserver: HTTPServer) -> None:
    """A refused key sends people to IMGIX_API_KEY; stacks and their runs are not mentioned."""
    httpserver.expect_request("/sources").respond_with_json(
        {"errors": [{"status": "403", "title": "Forbidden", "detail": "Not yours."}]}, 403
    )
    for address, what in (
        (None, "the key is not valid: imgix answered 401"),
        (httpserver.url_for("/").rstrip("/"), "the key lacks a permission: imgix answered 403"),
    ):
        result = command_line(
            "check",
            IMGIX_API_KEY="ak_wrong",
            **({} if address is None else {"IMGIX_API_URL": address}),
        )
        assert result.stderr.startswith(f"error: {what}")
        assert "IMGIX_API_KEY" in result.stderr
        assert "pulumi" not in result.stderr
