"""Mistakes in `default_params`, and what is none."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgix_provider.deployments.parameters import NOTE, WARNING, parameter_problems


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto", "format,compress"),
        ("auto", "Format, Compress"),
        ("AUTO", True),
        ("w", 300),
        ("w", "0.5"),
        ("width", 300.0),
        ("h", 1),
        ("q", "75"),
        ("dpr", 1.5),
        ("fit", "CROP"),
        ("bg", "fff"),
        ("bg", "80FF0000"),
        ("bg", "CornflowerBlue"),
        ("border", "10,FF0000"),
        ("duotone", "000,white"),
        ("border-radius", 8),
        ("border-radius", "8,8,0,0"),
        ("rect", "left,top,10,20"),
        ("ar", "16:9"),
        ("ar", 1.5),
        ("frame", "1-5"),
        ("frame", 3),
        ("lossless", 1),
        ("lossless", "false"),
        ("mark", "https://example.com/logo.png"),
        ("mark", "/logo.png"),
        ("txt", "anything at all, really"),
        ("txt-font", "AvenirNext-Bold"),
        ("txt64", "aGVsbG8"),
        ("markalign64", "xx"),
        ("ixlib", "python-4"),
        ("s", "0123"),
        ("fm", "avif"),
        ("colors", 5),
        ("blend", "ff0000"),
        ("expires", 1_800_000_000),
        ("video-generate-subtitles", "auto"),
        ("auto", "enhance,format,redeye,compress,true"),
        ("auto", "format,,compress,"),
        ("w", 2),
        ("w", 8192),
        ("w", "1"),
        ("w", " 300 "),
        ("w", "300."),
        ("w", "0" * 27 + "300"),
        ("dpr", 0.75),
        ("dpr", ".8"),
        ("dpr", 5),
        ("bg", "#80ff0000"),
        ("bg", "80ff"),
        ("border", "1, CornflowerBlue"),
        ("border-radius", "8, 8, 0, 0"),
        ("rect", "0.5,middle,1,1"),
        ("ar", ":".join(["1.5", ".5"])),
        ("frame", "-5"),
        ("lossless", "0"),
        ("lossless", "TRUE"),
        ("lossless", False),
        ("chromasub", 444.0),
        ("video-subtitle-translations", "de,fr"),
        ("IXLIB", "python-4"),
        ("TXT64", "aGVsbG8"),
        ("fit", None),
        ("fit", ""),
        ("fit", object()),
    ],
)
def test_what_imgix_documents_is_no_problem(name: str, value: Any) -> None:
    """Names match without regard to case, aliases count, and so do all alternatives."""
    assert parameter_problems({name: value}) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("qality", 75, "is not a documented rendering parameter"),
        ("widht", 75, "is not a documented rendering parameter; did you mean width?"),
        ("fit", "crp", "did you mean crop?"),
        ("fit", True, "must be clamp, clip"),
        ("auto", "format,compres", "did you mean compress?"),
        ("w", 1.5, "must be a whole number from 2 to 8192 or a share from 0 to 1, not 1.5"),
        ("w", 9_000, "must be a whole number from 2 to 8192"),
        ("dpr", 6, "must be a number from 0 to 5, not 6"),
        ("bg", "blu", "must be a colour such as ff0000 or the name of a colour"),
        ("bg", "ff", "must be a colour"),
        ("lossless", "yes", "must be true or false"),
        ("border", "10", "must be 2 values separated by commas"),
        ("rect", "1,2,3", "must be 4 values"),
        ("ar", "wide", "must be a ratio such as 16:9"),
        ("chromasub", 445, "must be 444, 422 or 420"),
    ],
)
def test_what_imgix_would_ignore_is_a_warning(name: str, value: Any, message: str) -> None:
    """Unknown names, with the nearest, and values outside of choices and strict ranges."""
    (problem,) = parameter_problems({name: value})
    assert problem.severity == WARNING
    assert problem.path == f"deployment.default_params.{name}"
    assert message in problem.message


@pytest.mark.parametrize(
    ("name", "value"), [("q", 180), ("dpr", 0.5), ("blur", -1), ("sat", "101")]
)
def test_what_imgix_advises_against_is_a_note(name: str, value: Any) -> None:
    """A value outside of a suggested range works, and may still be a slip."""
    (problem,) = parameter_problems({name: value})
    assert problem.severity == NOTE
    assert "outside the range that imgix suggests" in problem.message


EXACTLY: list[tuple[str, Any, str, str]] = [
    ("zzzz64", 1, WARNING, "is not a documented rendering parameter"),
    (
        "w",
        300.5,
        WARNING,
        "must be a whole number from 2 to 8192 or a share from 0 to 1, not 300.5",
    ),
    ("w", 8193, WARNING, "must be a whole number from 2 to 8192 or a share from 0 to 1, not 8193"),
    (
        "w",
        9000.0,
        WARNING,
        "must be a whole number from 2 to 8192 or a share from 0 to 1, not 9000.0",
    ),
    ("w", "3x", WARNING, 'must be a whole number from 2 to 8192 or a share from 0 to 1, not "3x"'),
    ("expires", "1" * 31, WARNING, f'must be a whole number, not "{"1" * 31}"'),
    ("dpr", 5.01, WARNING, "must be a number from 0 to 5, not 5.01"),
    ("lossless", 2, WARNING, "must be true or false, not 2"),
    (
        "bg",
        "fffff",
        WARNING,
        'must be a colour such as ff0000 or the name of a colour, not "fffff"',
    ),
    ("frame", "first", WARNING, 'must be a whole number or an interval such as 1-5, not "first"'),
    ("ar", "wide", WARNING, 'must be a ratio such as 16:9 at least 0, not "wide"'),
    (
        "auto",
        "format, redeye, Compres",
        WARNING,
        "must be one or more of enhance, format, redeye, compress, true, with commas between, not "
        '"format, redeye, Compres"; did you mean compress?',
    ),
    (
        "chromasub",
        "444,422",
        WARNING,
        'must be 444, 422 or 420, not "444,422"; did you mean 444?',
    ),
    ("border", "10,reddish", WARNING, 'must be 2 values separated by commas, not "10,reddish"'),
    ("border", "0,reddish", WARNING, 'must be 2 values separated by commas, not "0,reddish"'),
    (
        "border-radius",
        "8,8,-1,8",
        WARNING,
        'must be a whole number at least 0 or 4 values separated by commas, not "8,8,-1,8"',
    ),
    ("rect", "9,9,0,1", WARNING, 'must be 4 values separated by commas, not "9,9,0,1"'),
    ("dpr", 0.74, NOTE, "0.74 is outside the range that imgix suggests, from 0.75 to 5"),
    ("dpi", -1, NOTE, "-1 is outside the range that imgix suggests, at least 0"),
    ("q", " 101", NOTE, '" 101" is outside the range that imgix suggests, from 0 to 100'),
    ("border", "0,red", NOTE, '"0,red" is outside the range that imgix suggests, from 1 to 100'),
]


@pytest.mark.parametrize(("name", "value", "severity", "message"), EXACTLY)
def test_a_problem_is_told_in_words_that_lead_to_the_right_value(
    name: str, value: Any, severity: str, message: str
) -> None:
    """What imgix takes is described in full, with its limits, the value and the nearest choice."""
    path = f"deployment.default_params.{name}"
    assert parameter_problems({name: value}) == [(severity, path, message)]


def test_severities_are_words_that_a_report_can_show() -> None:
    """Both are what a person reads beside the message."""
    assert (WARNING, NOTE) == ("warning", "note")


def test_problems_come_in_the_order_of_the_parameters() -> None:
    """Each parameter has one problem at most."""
    found = parameter_problems({"zz": 1, "q": 75, "aa": 2})
    assert [problem.path.rpartition(".")[2] for problem in found] == ["zz", "aa"]


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.one_of(st.text(), st.floats(), st.integers(), st.booleans())))
def test_anything_can_be_looked_at(parameters: dict[str, Any]) -> None:
    """No name and no value is too odd, and every problem is one line."""
    for problem in parameter_problems(parameters):
        assert "\n" not in problem.message
        assert problem.severity in (WARNING, NOTE)


def test_the_table_is_small_and_says_where_it_is_from() -> None:
    """Whoever installs the package gets the licence beside the table."""
    folder = files("imgix_provider.deployments")
    text = (folder / "parameters.txt").read_text()
    assert len(text) < 12_000
    assert "imgix-url-params 11.36.0 (BSD-2-Clause" in text
    licence = (folder / "parameters.LICENSE.md").read_text()
    assert "Redistribution and use in source and binary forms" in licence
    assert Path(str(folder)).name == "deployments"
