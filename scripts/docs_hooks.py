"""What mkdocs does beside its own work; named in mkdocs.yml.

- A language is built as soon as a page is written in it.
- A link from a page to a file outside of docs/, such as an example, leads to a page of the site
  that shows the file. So the same link works in the repository and on the site, which knows no
  address of the repository.
- A diagram in Mermaid is shown as `scripts/pictures` drew it, so that nothing comes from elsewhere.
- A picture that exists light and dark follows the reader's colours.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any, Final

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files, InclusionLevel

ROOT: Final = Path(__file__).resolve().parent.parent
_OUTSIDE: Final = re.compile(r"\]\(\.\./([^)#\s]+)\)")
_DIAGRAM: Final = re.compile(r"^```mermaid\n.*?^```\n", re.DOTALL | re.MULTILINE)
_PICTURE: Final = re.compile(r"!\[([^\]]*)\]\((pictures/[\w.-]+)\.(svg|png)\)")
_LANGUAGES: Final = {".py": "python", ".yml": "yaml", ".yaml": "yaml", ".json": "json", "": "sh"}


@event_priority(100)  # before the plugin for languages looks at its own settings
def on_config(config: Any) -> Any:
    """Leave out each language that has no page yet."""
    folder = Path(config.docs_dir)
    for language in config.plugins["i18n"].config.languages:
        if not language.default:
            language.build = any(folder.glob(f"*.{language.locale}.md"))
    return config


@event_priority(-200)  # after the plugin for languages, which would read these files from docs/
def on_files(files: Files, config: Any) -> Files:
    """Add a page for each file outside of docs/ that a page links to."""
    linked = {
        name
        for page in Path(config.docs_dir).glob("*.md")
        for name in _OUTSIDE.findall(page.read_text(encoding="utf-8"))
        if (ROOT / name).is_file()
    }
    for name in sorted(linked):
        files.append(
            File.generated(
                config, _shown_at(name), content=_shown(name), inclusion=InclusionLevel.NOT_IN_NAV
            )
        )
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links to files outside of docs/ lead to the pages that show them, and show pictures."""
    markdown = _PICTURE.sub(_light_and_dark, _drawn(markdown, Path(page.file.src_uri).stem))

    def inside(link: re.Match[str]) -> str:
        if not (ROOT / link[1]).is_file():
            return link[0]  # which fails the build
        return f"]({posixpath.relpath(_shown_at(link[1]), posixpath.dirname(page.file.src_uri))})"

    return _OUTSIDE.sub(inside, markdown)


def _drawn(markdown: str, page: str) -> str:
    """Return a page with the picture of its diagram in the place of the diagram."""
    found = _DIAGRAM.search(markdown)
    if found is None:
        return markdown
    title = re.search(r"accTitle: (.*)", found[0])
    picture = f"![{title[1] if title else ''}](pictures/{page}.svg)\n"
    return markdown[: found.start()] + picture + markdown[found.end() :]


def _light_and_dark(picture: re.Match[str]) -> str:
    """Return a picture as two, of which the theme shows the one that fits."""
    words, name, kind = picture.groups()
    if not (ROOT / "docs" / f"{name}.dark.{kind}").is_file():
        return picture[0]
    return f"![{words}]({name}.{kind}#only-light)![{words}]({name}.dark.{kind}#only-dark)"


def _shown_at(name: str) -> str:
    return f"repository/{name.lstrip('.')}.md"


def _shown(name: str) -> str:
    text = (ROOT / name).read_text(encoding="utf-8")
    language = _LANGUAGES.get(Path(name).suffix, "text")
    return f"---\nsearch:\n  exclude: true\n---\n\n# `{name}`\n\n````{language}\n{text}````\n"
