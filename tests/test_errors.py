"""Every message is one line that a person can read, with no secret in it."""

from __future__ import annotations

import html
import inspect
import json
import re
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgix_provider import errors
from imgix_provider.errors import (
    ImgixError,
    NotFoundError,
    RefusedError,
    UnavailableError,
    operation_error,
)
from imgix_provider.messages import one_line, redact

awkward = st.text(st.sampled_from("ab\"'\\&<> é€+/=\n\t%"), min_size=3)


@given(st.text())
def test_a_line_stays_one_line(text: str) -> None:
    """Whatever a server puts in its message, it shows as one line of bounded length."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 600
    assert line == line.strip()


@given(awkward)
def test_a_secret_is_masked_however_it_was_escaped(secret: str) -> None:
    """As it is, in JSON, in HTML, in a URL, in a form and in Python's own notation."""
    forms = [
        secret,
        json.dumps(secret)[1:-1],
        html.escape(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        repr(secret)[1:-1],
    ]
    for form in forms:
        assert redact(f"({form})", [secret]) == "([secret])"


def test_a_secret_within_another_leaves_no_rest() -> None:
    """The longer of two is masked first."""
    assert redact("x abcdef x", ["abc", "abcdef"]) == "x [secret] x"


def test_what_is_too_short_to_be_a_secret_does_not_riddle_the_message() -> None:
    """A password of one letter must not make every message unreadable."""
    assert redact("a bad request", ["a", ""]) == "a bad request"


def test_problem_and_advice_make_one_sentence_each() -> None:
    """There is one full stop between them, however the problem ended."""
    assert str(ImgixError("it broke.", "Try again.")) == "it broke. Try again."
    assert str(ImgixError("it broke")) == "it broke."
    assert str(ImgixError("it\nbroke", "Try\n  again.")) == "it broke. Try again."


def test_a_failure_keeps_its_kind_and_names_the_source() -> None:
    """Whoever catches it still sees which error it is, and what was tried with which source."""
    error = operation_error(
        "read", "Blog", NotFoundError("imgix answered 404: gone", "Look.", status=404)
    )
    assert isinstance(error, NotFoundError)
    assert error.status == 404
    assert str(error) == 'cannot read imgix source "Blog": imgix answered 404: gone. Look.'


def test_a_refusal_says_what_imgix_said() -> None:
    """Of a refusal the detail is what counts, without the status before it."""
    refusal = RefusedError(
        "imgix answered 400: no such bucket", status=400, detail="no such bucket"
    )
    assert str(operation_error("create", "Blog", refusal)) == (
        'imgix refused to create "Blog": no such bucket.'
    )


def test_an_unavailable_error_remembers_whether_it_was_sent() -> None:
    """That decides whether a create may be tried again, also once the source is named."""
    error = UnavailableError("no connection", sent=False, retry_after=3.0).about("Blog")
    assert isinstance(error, UnavailableError)
    assert (error.sent, error.retry_after) == (False, 3.0)


@pytest.mark.parametrize(
    "cls",
    [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__],
)
def test_one_except_catches_them_all(cls: type) -> None:
    """Every error derives from `ImgixError`, and the tree in the docstring names it."""
    assert issubclass(cls, ImgixError)
    assert cls.__name__ in (errors.__doc__ or "")


def test_all_errors_of_the_package_stand_in_one_module() -> None:
    """So its docstring has the whole tree."""
    elsewhere = [
        str(path)
        for path in Path(errors.__file__).parent.rglob("*.py")
        if path.name != "errors.py"
        and re.search(r"^class \w*(Error|Exception)\(", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert elsewhere == []
