"""A translated page says what the English one says: same code, same tables, same links, same order.

A translation stands beside its page as `NAME.LANGUAGE.md`. Which pages there are comes from the
navigation in mkdocs.yml: the README, the pages outside of sections, and the guides are translated.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import attrs
import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.pages import ROOT, Block, blocks, pictures

# The base loader takes the names of Python functions in mkdocs.yml for plain text.
SITE: dict[str, Any] = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), yaml.BaseLoader)
(OTHERS,) = [
    [each for each in plugin["i18n"]["languages"] if each.get("default") != "true"]
    for plugin in SITE["plugins"]
    if "i18n" in plugin
]
LANGUAGES: list[str] = [each["locale"] for each in OTHERS]
NOT_TRANSLATED = {"changelog.md"}  # it is the repository's CHANGELOG.md


@attrs.frozen
class Pair:
    """A page and its translation."""

    english: Path
    translated: Path

    def __str__(self) -> str:
        """Return the name of the translation."""
        return self.translated.name


def translation(page: Path, language: str) -> Path:
    """Return where the page stands in another language."""
    return page.with_name(f"{page.stem}.{language}.md")


def wanted() -> list[Path]:
    """Return the English pages that are to be translated."""
    names = [name for entry in SITE["nav"] for name in entry.values() if isinstance(name, str)]
    (guides,) = [entry["Guides"] for entry in SITE["nav"] if "Guides" in entry]
    names += [name for entry in guides for name in entry.values()]
    docs = [ROOT / "docs" / name for name in names if name not in NOT_TRANSLATED]
    return [ROOT / "README.md", *docs]


def pairs() -> list[Pair]:
    """Return every page that has a translation, whether it has to or not."""
    english = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    return [
        Pair(page, translation(page, language))
        for page in sorted(english)
        for language in LANGUAGES
        if translation(page, language).exists()
    ]


each_pair = pytest.mark.parametrize("pair", pairs(), ids=str)


@cache
def tokens(page: Path) -> list[Token]:
    """Return the page as CommonMark with tables, as GitHub shows it."""
    return MarkdownIt("gfm-like", {"linkify": False}).parse(page.read_text("utf-8"))


def inline(page: Path) -> Iterator[Token]:
    """Yield the parts of the page's sentences, cells and headings."""
    for token in tokens(page):
        yield from token.children or ()


def slug_of(heading: str) -> str:
    """Return the anchor that GitHub and the site give a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def headings(page: Path) -> list[tuple[str, str]]:
    """Return the level and the anchor of each heading."""
    found = tokens(page)
    return [
        (token.tag, slug_of(found[place + 1].content))
        for place, token in enumerate(found)
        if token.type == "heading_open"
    ]


def tables(page: Path) -> list[str]:
    """Return the shape of the tables: a sign for each table, row and cell."""
    signs = {"table_open": "T", "tr_open": "r", "th_open": "h", "td_open": "d"}
    text = "".join(signs.get(token.type, "") for token in tokens(page))
    return text.split("T")[1:]


def links(page: Path) -> list[tuple[Path, str]]:
    """Return the file and the anchor of each link within the repository."""
    found = []
    for token in inline(page):
        target = str(token.attrGet("href") or "")
        if token.type == "link_open" and not re.match(r"https?:", target):
            name, _, anchor = unquote(target).partition("#")
            file = page if not name else Path(os.path.normpath(page.parent / name))
            found.append((file, anchor))
    return found


def numbers(page: Path) -> set[str]:
    """Return the numbers in the text, without those in code."""
    text = " ".join(token.content for token in inline(page) if token.type == "text")
    return set(re.findall(r"[0-9]+(?:[.,][0-9]+)*", text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", wanted(), ids=lambda page: page.name)
def test_a_page_to_be_translated_is_there_in_each_language(page: Path, language: str) -> None:
    """The README, the first steps and the guides can all be read in the other languages."""
    assert translation(page, language).exists()


def test_a_translation_is_of_a_page_that_exists() -> None:
    """No translation is left behind when its page goes or gets another name."""
    found = {
        path
        for language in LANGUAGES
        for folder in (ROOT, ROOT / "docs")
        for path in folder.glob(f"*.{language}.md")
    }
    assert found == {pair.translated for pair in pairs()}


@each_pair
def test_a_translation_has_the_headings_of_its_page(pair: Pair) -> None:
    """As many, in the same order and of the same levels."""
    levels = [level for level, _ in headings(pair.english)]
    assert [level for level, _ in headings(pair.translated)] == levels


@each_pair
def test_a_translation_has_the_code_of_its_page(pair: Pair) -> None:
    """Every block is the same to the byte, so what is tested in English is true in it.

    The words in a diagram are translated; who sends to whom is the same.
    """
    assert blocks_of(pair.translated) == blocks_of(pair.english)


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of one page, without where they stand and without the words of diagrams."""
    found = [block for block in blocks(page=page.name) if block.page == page]
    return [
        attrs.evolve(
            block,
            page=Path(),
            line=0,
            text=re.sub(r"(: | as |^ *loop ).*", r"\1", block.text, flags=re.MULTILINE)
            if block.language == "mermaid"
            else block.text,
        )
        for block in found
    ]


@each_pair
def test_a_translation_names_the_same_code(pair: Pair) -> None:
    """No option, field, setting or message in a sentence is left out, added or misspelt."""
    named = [
        {token.content for token in inline(page) if token.type == "code_inline"}
        for page in (pair.english, pair.translated)
    ]
    assert named[0] == named[1]


@each_pair
def test_a_translation_has_the_tables_and_pictures_of_its_page(pair: Pair) -> None:
    """The same rows and columns, and the same pictures, each with words for those who see none."""
    assert tables(pair.translated) == tables(pair.english)
    shown = [
        [(picture.file, bool(picture.words)) for picture in pictures(page)]
        for page in (pair.english, pair.translated)
    ]
    assert shown[0] == shown[1]


@each_pair
def test_a_translation_has_the_numbers_of_its_page(pair: Pair) -> None:
    """A limit, a time or a version in the English text is in the translation too."""
    assert numbers(pair.english) - numbers(pair.translated) == set()


@each_pair
def test_links_stay_within_their_language(pair: Pair) -> None:
    """They lead to the same pages and headings as the English ones, in this language."""
    language = pair.translated.suffixes[-2].lstrip(".")
    wanted: Counter[tuple[Path, str]] = Counter()
    for file, anchor in links(pair.english):
        # The READMEs link to each other at their heads.
        if file == translation(pair.english, language):
            wanted[pair.english, ""] += 1
            continue
        there = translation(file, language)
        if there.exists() and anchor:
            place = [slug for _, slug in headings(file)].index(anchor)
            anchor = headings(there)[place][1]
        wanted[there if there.exists() else file, anchor] += 1
    assert Counter(links(pair.translated)) == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_from_pages_without_translation_arrive(language: str) -> None:
    """On the site they lead to the translation, so the English name of the heading is there too.

    A line `<a id="NAME"></a>` above the translated heading gives it that name.
    """
    checked = 0
    for page in (ROOT / "docs").glob("*.md"):
        if page.suffixes == [".md"] and not translation(page, language).exists():
            for file, anchor in links(page):
                there = translation(file, language)
                if anchor and there.exists():
                    place = [slug for _, slug in headings(file)].index(anchor)
                    slug = headings(there)[place][1]
                    above = re.compile(rf'<a id="{anchor}"></a>\n\n#+ (.*)')
                    found = above.search(there.read_text("utf-8"))
                    assert found, f"{page.name} leads to {anchor} in {there.name}"
                    assert slug_of(found[1]) == slug
                    checked += 1
    assert checked


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readmes_link_to_each_other_first(language: str) -> None:
    """Whoever opens the README in the wrong language is one click from the right one."""
    readme = ROOT / "README.md"
    assert (translation(readme, language), "") in links(readme)[: len(LANGUAGES)]
    assert links(translation(readme, language))[0] == (readme, "")


@each_pair
def test_no_sign_of_markdown_shows_in_the_text(pair: Pair) -> None:
    """Bold next to a full stop of another script does not close by itself; here it does."""
    for page in (pair.english, pair.translated):
        stray = [
            token.content
            for token in inline(page)
            if token.type == "text" and re.search(r"[*`]|\]\(|\]\[", token.content)
        ]
        assert stray == []


@each_pair
def test_a_sentence_is_not_broken_within(pair: Pair) -> None:
    """A line break in the source is a space on the page, where the language has none."""
    broken = [token for token in inline(pair.translated) if token.type == "softbreak"]
    assert broken == []


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language["locale"])
def test_the_navigation_is_translated(language: dict[str, Any]) -> None:
    """Every title has its translation, and every translation its title."""

    def titles(entries: list[Any]) -> Iterator[str]:
        for entry in entries:
            for title, below in entry.items():
                yield title
                if isinstance(below, list):
                    yield from titles(below)

    assert set(language["nav_translations"]) == set(titles(SITE["nav"]))
