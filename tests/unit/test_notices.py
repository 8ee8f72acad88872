"""The lines that a running provider writes for the person who waits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from imgix_provider.messages import silently, to_stderr


def test_a_notice_is_one_line_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is the engine's, and a line break would look like another notice."""
    to_stderr('imgix source "Blog"\nis deploying')
    assert capfd.readouterr() == ("", 'imgix source "Blog" is deploying\n')


def test_notices_of_several_threads_do_not_mix(capfd: pytest.CaptureFixture[str]) -> None:
    """Each line comes out whole, whoever else writes at the time."""
    lines = [f"{number:03} " + "x" * 300 for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(to_stderr, lines))
    assert sorted(capfd.readouterr().err.splitlines()) == lines


def test_silence_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """A client that nobody listens to writes nothing."""
    silently("anything")
    assert capfd.readouterr() == ("", "")
