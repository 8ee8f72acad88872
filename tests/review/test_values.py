"""How values and changes read."""

from __future__ import annotations

from typing import Any

import pytest

from imgix_provider.review.markdown_text import Renderer
from imgix_provider.review.model import Change, Special
from imgix_provider.review.values import show_change, show_value
from imgix_provider.review.words import clean, codes, count, duration, plain, shorten


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (1_800, "30 min"),
        (3_600, "1 hour"),
        (86_400, "1 day"),
        (90_000, "1 day 1 hour"),
        (172_800, "2 days"),
        (31_536_000, "1 year"),
        (31_536_000 * 2 + 86_400, "2 years 1 day"),
        (4_000, "1 hour 6 min 40 s"),
        (0, "0 s"),
        (-5, "-5 s"),
    ],
)
def test_seconds_read_in_the_units_that_people_think_in(seconds: int, words: str) -> None:
    """Nobody has to divide 172800 by 86400 in a review."""
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("cache_ttl_value", 86_400, "1 day"),
        ("cache_ttl_error", 300.0, "5 min"),
        ("deploy_timeout", 300, "5 min"),
        ("default_params.q", 86_400, "86400"),
        ("default_params.dpr", 2.0, "2"),
        ("default_params.dpr", 1.5, "1.5"),
        ("enabled", True, "true"),
        ("image_error", None, "null"),
        ("annotation", "", '""'),
        ("annotation", "two\nlines", "two lines"),
        ("custom_domains", ["a.com", "b.com"], "a.com, b.com"),
        ("custom_domains", [], "none"),
        ("default_params", {"q": 60, "w": Special.SECRET}, "q = 60, w = a secret"),
        ("default_params", {}, "none"),
        ("annotation", Special.UNKNOWN, "known after apply"),
        ("s3_secret_key", Special.SECRET, "a secret"),
        ("annotation", Special.ABSENT, "not declared"),
        ("custom_domains", [Special.UNKNOWN, "a.com"], "known after apply, a.com"),
        ("webfolder_base_url", "https://u:p@a.com:8080/x", "https://a.com:8080/x"),
        ("webfolder_base_url", "https://[u@a.com/", "https://…"),
    ],
)
def test_a_value_reads_well(path: str, value: Any, words: str) -> None:
    """Each kind of value has one way to be read."""
    assert plain(show_value(path, value)) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("cache_ttl_value", 86_400, 172_800), "1 day → 2 days"),
        (Change("annotation", "a", Special.ABSENT, ""), "a → removed (cleared)"),
        (
            Change("cache_ttl_behavior", "override_origin", Special.ABSENT, "respect_origin"),
            "override_origin → removed (back to respect_origin)",
        ),
        (Change("default_params.q", 60, Special.ABSENT), "60 → removed"),
        (Change("annotation", Special.ABSENT, "a"), "is set: a"),
        (
            Change("cache_ttl_value", Special.ABSENT, 1_800, served=31_536_000),
            "1 year (not declared) → 30 min",
        ),
        (Change("annotation", "a", Special.UNKNOWN), "a → known after apply"),
        (Change("s3_secret_key", Special.SECRET, Special.SECRET), "changes (secret)"),
        (Change("password", Special.ABSENT, Special.SECRET), "is set (secret)"),
        (Change("password", Special.SECRET, Special.ABSENT), "is removed (secret)"),
        (Change("annotation", Special.SECRET, "a"), "changes (secret)"),
        (Change("custom_domains", ["a", "b"], ["c", "a"]), "added c; removed b"),
        (Change("custom_domains", ["a", "b"], ["b", "a"]), "reordered"),
    ],
)
def test_a_change_reads_well(change: Change, words: str) -> None:
    """Before and after, added and removed, and a secret only as something that changes."""
    assert plain(show_change(change)) == words


def test_a_long_text_is_shortened_in_the_middle() -> None:
    """Both of its ends can be seen, and it is never longer than asked for."""
    shown = shorten("https://example.com/" + "x" * 500 + "/end", 60)
    assert len(shown) == 60
    assert shown.startswith("https://example.com/")
    assert shown.endswith("/end")
    assert shorten("short", 60) == "short"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\ufffd[31mred"),
        ("a\r\n\tb", "a b"),
        ("::error::x", ": :error: :x"),
        ("##[group]x", "## [group]x"),
        ("\u202eabc", "\ufffdabc"),
        ("\ue010x\ue011", "\ufffdx\ufffd"),
    ],
)
def test_what_comes_from_a_document_is_made_harmless(text: str, shown: str) -> None:
    """One line, printable, and no command to a terminal or a runner."""
    assert clean(text) == shown


def test_numbers_and_lists_read_as_in_a_sentence() -> None:
    """Plural and commas are right."""
    assert [count(1, "source"), count(2, "source"), count(1_200, "source")] == [
        "1 source",
        "2 sources",
        "1,200 sources",
    ]
    assert plain(codes(["a", "b", "c"])) == "a, b and c"


@pytest.mark.parametrize(
    ("text", "markdown", "page"),
    [
        (
            "see @_team and #_x",
            "see @\u200b\\_team and #\u200b\\_x",
            "see @\u200b_team and #\u200b_x",
        ),
        ("it's #1", "it's #\u200b1", "it&#x27;s #\u200b1"),
        ("GH-7 & <b>", "GH-\u200b7 &amp; &lt;b&gt;", "GH-\u200b7 &amp; &lt;b&gt;"),
    ],
)
def test_a_word_is_no_mention_and_no_reference(text: str, markdown: str, page: str) -> None:
    """What follows may be escaped itself, and an entity is no reference."""
    renderer = Renderer()
    assert (renderer.markdown(text), renderer.html(text)) == (markdown, page)
