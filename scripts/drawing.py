"""Draws pictures for `docs/pictures`, each light and dark: NAME.png and NAME.dark.png.

A terminal becomes an SVG, a comment a PNG by Chromium, and a diagram in Mermaid an SVG by Chromium
and mermaid from npm.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

PICTURES: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures"
COLUMNS: Final = 100
MERMAID: Final = "mermaid@11"

# GitHub's colours: text, ground, frame, every other row, code, links.
LIGHT: Final = ("#1f2328", "#ffffff", "#d1d9e0", "#f6f8fa", "#818b981f", "#0969da")
DARK: Final = ("#f0f6fc", "#0d1117", "#3d444d", "#151b23", "#656c7633", "#4493f8")
STYLE: Final = """
body { margin: 12px; font: 14px/1.5 -apple-system, "Segoe UI", Helvetica, Arial, sans-serif;
  color: %s; background: %s; width: 912px; --frame: %s; --row: %s; --code: %s; --link: %s; }
main { border: 1px solid var(--frame); border-radius: 6px; padding: 4px 16px 16px; }
table { border-collapse: collapse; margin: 0 0 16px; }
th, td { border: 1px solid var(--frame); padding: 6px 13px; }
tr:nth-child(2n) td { background: var(--row); }
code { font: 12px ui-monospace, Menlo, Consolas, monospace; background: var(--code);
  border-radius: 6px; padding: 0.2em 0.4em; }
pre code { background: none; } a { color: var(--link); text-decoration: none; }
h3 { font-size: 17px; } h4 { font-size: 14px; margin: 24px 0 12px; }
"""
MEASURE: Final = "<script>document.title = document.documentElement.scrollHeight</script>"
RENDER: Final = """
<meta charset=utf-8><body><script src="%s"></script><script>
mermaid.initialize({startOnLoad: false, theme: %s, deterministicIds: true,
  fontFamily: "sans-serif", sequence: {messageFontSize: 18, actorFontSize: 18, noteFontSize: 18}});
mermaid.render(%s, %s).then(
  made => { document.body.innerHTML = made.svg; },
  error => { document.body.textContent = "no diagram: " + error.message; });
</script>
"""


def draw_terminal(name: str, title: str, shown: str) -> None:
    """Draw a terminal, as text with colours shows on one."""
    for suffix, theme in (("", DEFAULT_TERMINAL_THEME), (".dark", SVG_EXPORT_THEME)):
        console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
        console.print(Text.from_ansi(shown))
        drawn = console.export_svg(title=title, unique_id=name, theme=theme)
        # The font that rich names would come from elsewhere; any fixed-width font will do.
        drawn = re.sub(r"@font-face \{.*?\}\n?", "", drawn, flags=re.DOTALL)
        if not suffix:  # the frame of a dark terminal would not show
            drawn = drawn.replace("rgba(255,255,255,0.35)", "rgba(0,0,0,0.25)")
        drawn = re.sub(r"font-family: (Fira Code|arial)", "font-family: monospace", drawn)
        _write(f"{name}{suffix}", drawn)


def draw_comment(name: str, markdown: str) -> None:
    """Draw a comment as GitHub would show it."""
    body = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown)
    for suffix, colours in (("", LIGHT), (".dark", DARK)):
        style = f"<meta charset=utf-8><style>{STYLE % colours}</style>"
        page = f"<!doctype html>{style}<main>{body}</main>{MEASURE}"
        seen = _browse(page, "--window-size=936,400", "--dump-dom")
        height = re.search(r"<title>(\d+)</title>", seen)
        assert height, seen
        picture = PICTURES / f"{name}{suffix}.png"
        _browse(page, f"--window-size=936,{height[1]}", f"--screenshot={picture}")


def draw_diagram(name: str, source: str, mermaid: Path) -> None:
    """Draw a diagram in Mermaid, and note in the picture what it was drawn from.

    Raises:
        ValueError: Mermaid does not understand it.
    """
    for suffix, theme in (("", "default"), (".dark", "dark")):
        words = (mermaid.as_uri(), *map(json.dumps, (theme, name.replace(".", "-"), source)))
        seen = _browse(
            "<!doctype html>" + RENDER % words, "--virtual-time-budget=20000", "--dump-dom"
        )
        drawn = re.search(r"<svg.*</svg>", seen, re.DOTALL)
        if drawn is None:
            raise ValueError(f"{name}: {re.sub('<[^>]*>', '', seen).strip()}")
        _write(f"{name}{suffix}", f"{drawn[0]}\n<!-- {digest_of(source)} -->")


def digest_of(source: str) -> str:
    """Return what a picture notes of the diagram that it was drawn from."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def fetch_mermaid(folder: Path) -> Path:
    """Install mermaid from npm in a folder, and return its script."""
    command = ["npm", "install", "--silent", "--no-audit", "--prefix", str(folder), MERMAID]
    subprocess.run(command, check=True, timeout=600)
    return folder / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"


def missing_tools(*tools: str) -> list[str]:
    """Return those of the tools that are not there, and say which pictures stay as they are."""
    missing = [tool for tool in tools if _tool(tool) is None]
    for tool in missing:
        print(f"pictures that need {tool} stay as they are: it is not on PATH", file=sys.stderr)
    return missing


def _tool(name: str) -> str | None:
    return os.environ.get(name.upper()) or shutil.which(name)


def _browse(page: str, *options: str) -> str:
    """Return what Chromium prints of a page."""
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "page.html"
        file.write_text(page, encoding="utf-8")
        command = [_tool("chromium") or "chromium", "--headless", "--no-sandbox", "--disable-gpu"]
        command += ["--hide-scrollbars", "--allow-file-access-from-files"]
        command += [f"--user-data-dir={made}/profile", *options, file.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        return done.stdout


def _write(name: str, drawn: str) -> None:
    lines = (line.rstrip() for line in drawn.splitlines())
    (PICTURES / f"{name}.svg").write_text("\n".join(lines) + "\n", encoding="utf-8")
