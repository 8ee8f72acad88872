"""Reports in every format, and what Markdown they are made of."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from imgix_provider.review.as_json import to_json
from imgix_provider.review.fitting import Detail
from imgix_provider.review.github import commands, outputs
from imgix_provider.review.markdown import to_comment
from imgix_provider.review.model import Reviewed
from imgix_provider.review.text import print_review

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
VOID = {"br", "hr", "img"}
TAGS = {"details", "summary", "b", "code", "sub", "br"}


def to_text(reviews: Sequence[Reviewed], *, width: int | None = None) -> str:
    """Return the text report, of a terminal where `width` is given."""
    file = io.StringIO()
    terminal = width is not None
    console = Console(
        file=file,
        force_terminal=terminal,
        width=width,
        color_system="standard" if terminal else None,
    )
    print_review(reviews, console, Detail.AUTO)
    return file.getvalue()


def all_reports(reviews: Sequence[Reviewed], name: str = "") -> dict[str, str]:
    """Return the report of each format, and of the forms that formats have."""
    return {
        "text": to_text(reviews),
        "terminal": to_text(reviews, width=80),
        "markdown": to_comment(reviews, name=name),
        "open": to_comment(reviews, name=name, detail=Detail.OPEN),
        "short": to_comment(reviews, name=name, limit=2_500),
        "json": to_json(reviews, name, []),
        "github": "\n".join([*commands(reviews), *outputs(reviews, [])]),
    }


class Tags(HTMLParser):
    """Follows the tags of a page: which are open, which ever were, and with what attributes."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.links: set[str] = set()
        self.text_outside_code = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that opens."""
        self.seen.add(tag)
        self.links |= {value or "" for key, value in attrs if key in ("href", "src")}
        self.attributes |= {(key, value) for key, value in attrs if key not in ("href", "src")}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has no end."""
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last; anything else is a mistake."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what readers see as text."""
        if "code" not in self.open:
            self.text_outside_code += data


def page_of(markdown: str) -> Tags:
    """Return what the Markdown is as a page."""
    tags = Tags()
    tags.feed(PARSER.render(markdown))
    tags.close()
    return tags


def assert_sound(markdown: str) -> Tags:
    """Check that Markdown closes what it opens, and holds only what reports are made of."""
    page = page_of(markdown)
    assert page.open == []
    made_by_markdown = {"p", "ul", "li", "h3", "h4", "strong", "em", "a"}
    made_by_markdown |= {"table", "thead", "tbody", "tr", "th", "td"}
    assert page.seen <= TAGS | made_by_markdown
    assert page.attributes <= {("open", None)}
    assert all(link.startswith("https://docs.imgix.com/") for link in page.links)
    for token in every_token(PARSER.parse(markdown)):
        if token.type in ("html_block", "html_inline"):
            tags = set(re.findall(r"</?([a-z0-9]+)", token.content))
            assert tags <= TAGS or token.content.startswith("<!-- imgix-review")
        assert token.type not in ("image", "code_block", "fence", "hr", "blockquote_open")
    return page


def every_token(tokens: Sequence[Token]) -> list[Token]:
    """Return all tokens, those inside of others too."""
    return [each for token in tokens for each in (token, *every_token(token.children or ()))]


def columns_of(markdown: str) -> list[set[int]]:
    """Return for each table the numbers of cells that its rows have."""
    tables: list[set[int]] = []
    cells = 0
    for token in PARSER.parse(markdown):
        if token.type == "table_open":
            tables.append(set())
        elif token.type == "tr_open":
            cells = 0
        elif token.type in ("th_open", "td_open"):
            cells += 1
        elif token.type == "tr_close":
            tables[-1].add(cells)
    return tables
