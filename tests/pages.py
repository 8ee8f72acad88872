"""The pages of the documentation, taken apart: code blocks, commands and what is shown of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs
from markdown_it import MarkdownIt

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_IMG: Final = re.compile(r'<img alt="([^"]*)" src="([^"]*)">')
_NAMED: Final = re.compile(r"<!-- (file|edit): (\S+) -->")


@attrs.frozen
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    file: str = ""
    """The file that the comment above names, if there is one."""

    def __str__(self) -> str:
        """Return where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@attrs.frozen
class Picture:
    """A picture that a page shows."""

    page: Path
    file: Path
    words: str
    """What is read out to those who do not see it."""

    @property
    def dark(self) -> Path:
        """Where the same picture stands for dark pages."""
        return self.file.with_suffix(f".dark{self.file.suffix}")


@attrs.frozen
class Command:
    """A command of a shell block, and the output shown below it."""

    block: Block
    text: str
    shown: str = ""

    def calls(self) -> Iterator[list[str]]:
        """Yield the words of each program that it calls, without redirections."""
        for part in re.split(r"&&|\|\||[|;]", re.sub(r"\s#.*", "", self.text)):
            words = shlex.split(re.sub(r"[0-9]?>\s*\S+", "", part))
            if words:
                yield words


def blocks(*languages: str, page: str = "") -> list[Block]:
    """Return the blocks in these languages, those in lists included."""
    return [
        block
        for path in PAGES
        if path.match(page or "*")
        for block in _blocks(path)
        if block.language in languages or not languages
    ]


def _blocks(path: Path) -> Iterator[Block]:
    named = ""
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text("utf-8")):
        if token.type == "html_block":
            found = _NAMED.search(token.content)
            named = found[2] if found else ""
        elif token.type == "fence":
            assert token.map is not None
            yield Block(path, token.map[0] + 1, token.info.strip(), token.content, named)
            named = ""


def pictures(page: Path) -> list[Picture]:
    """Return the pictures of a page; of one that is there light and dark, the light one."""
    text = page.read_text("utf-8")
    found = [
        (token.attrGet("src"), token.content)
        for block in MarkdownIt("gfm-like", {"linkify": False}).parse(text)
        for token in block.children or ()
        if token.tag == "img"
    ]
    found += [(src, words) for words, src in _IMG.findall(text)]
    return [Picture(page, page.parent / str(src), words) for src, words in found]


def commands() -> list[Command]:
    """Return every command of the shell blocks."""
    return [command for block in blocks("sh", "console") for command in commands_of(block)]


def commands_of(block: Block) -> Iterator[Command]:
    """Yield the commands of a block: of a console the lines after `$`, of a script all."""
    text = re.sub(r"\\\n\s*", " ", block.text)
    if block.language == "sh":
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                yield Command(block, line)
        return
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield Command(block, line, shown)


def inline_commands() -> Iterator[tuple[Path, str]]:
    """Yield each `python -m …` that a page has within its text."""
    for path in PAGES:
        for token in MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text("utf-8")):
            for child in token.children or ():
                if child.type == "code_inline" and child.content.startswith("python -m imgix_"):
                    yield path, child.content


def like(shown: str) -> re.Pattern[str]:
    """Return a pattern for an output as a page shows it.

    A line of `…` stands for any lines, and `…` in a line for the rest of a word or more. Ids, and
    spaces at the end of lines, may be others.
    """
    pattern = ""
    for line in shown.strip("\n").splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
            continue
        escaped = re.escape(line.rstrip()).replace("…", r".*")
        pattern += re.sub(r"\b[0-9a-f]{24}\b", "[0-9a-f]{24}", escaped) + r"[ \t]*\n"
    return re.compile(pattern)
