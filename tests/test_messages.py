"""Text for people: single lines, in the spelling of their program, without secrets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from imgix_provider.messages import (
    KnownSecrets,
    Notice,
    Severity,
    argument,
    spell,
    to_nobody,
    to_stderr,
    write_line,
)


def test_a_notice_is_one_line_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is the engine's, and a line break would look like another notice."""
    to_stderr(Notice(Severity.INFO, "has been deploying\nfor 3 s", "Blog", "5f2a"))
    assert capfd.readouterr() == ("", 'imgix source "Blog" (5f2a): has been deploying for 3 s\n')


def test_a_warning_says_that_it_is_one(capfd: pytest.CaptureFixture[str]) -> None:
    """In a list of many lines a person looks for the word."""
    to_stderr(Notice(Severity.WARNING, "still deploying", "Blog"))
    assert capfd.readouterr().err == 'warning: imgix source "Blog": still deploying\n'


def test_a_notice_about_the_run_names_no_source(capfd: pytest.CaptureFixture[str]) -> None:
    """What is about no source reads as a plain sentence."""
    to_stderr(Notice(Severity.PROGRESS, "waiting for room"))
    assert capfd.readouterr().err == "waiting for room\n"


def test_notices_of_several_threads_do_not_mix(capfd: pytest.CaptureFixture[str]) -> None:
    """Each line comes out whole, whoever else writes at the time."""
    lines = [f"{number:03} " + "x" * 300 for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write_line, lines))
    assert sorted(capfd.readouterr().err.splitlines()) == lines


def test_silence_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """A client that nobody listens to writes nothing."""
    to_nobody(Notice(Severity.INFO, "anything"))
    assert capfd.readouterr() == ("", "")


def test_an_argument_is_written_as_the_program_writes_it() -> None:
    """One text serves programs of every language."""
    text = f"set {argument('adopt', '5f2a')}, or {argument('deployment.s3_bucket')}"

    def camel_case(path: str, value: str | None) -> str:
        return path.upper() if value is None else f"{path}: {value}"

    assert spell(text) == 'set adopt="5f2a", or deployment.s3_bucket'
    assert spell(text, camel_case) == 'set adopt: "5f2a", or DEPLOYMENT.S3_BUCKET'


def test_a_notice_shows_no_secret_that_is_known() -> None:
    """A source may have a secret for a name."""
    secrets = KnownSecrets()
    secrets.add(["canary"])
    notice = Notice(Severity.INFO, "canary is taken", "my canary").redacted(secrets)
    assert str(notice) == 'imgix source "my [secret]": [secret] is taken'
