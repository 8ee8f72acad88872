"""Makes the pictures in `docs/pictures`; see `scripts/pictures`.

One program goes up in three environments, is changed, and prod is edited by hand. What preview and
review then show is drawn: on a terminal as SVG, as a comment as PNG.
"""

from __future__ import annotations

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
from rich.text import Text

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

PICTURES: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SAMPLES: Final = Path(__file__).resolve().parent.parent / "tests" / "review" / "samples"
STACKS: Final = ("dev", "staging", "prod")
COLUMNS: Final = 100
SECRETS: Final = {"s3SecretKey": "an-s3-secret-key", "doSecretKey": "a-space-secret-key"}
BEFORE: Final = """\
import pulumi
import imgix_provider as imgix

stack, config = pulumi.get_stack(), pulumi.Config()


def serves(name):
    return [f"acme-{name}-{stack}"]


imgix.ImgixSource(
    "archive",
    name="Archive",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=serves("archive") + serves("photos"),
        webfolder_base_url="https://archive.example.com/",
    ),
)
imgix.ImgixSource(
    "gallery",
    name="Gallery",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=serves("gallery"),
        webfolder_base_url="https://gallery.example.com/",
    ),
)
imgix.ImgixSource(
    "blog",
    name="Blog",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=serves("blog"),
        webfolder_base_url="https://blog.example.com/images/",
        cache_ttl_behavior="override_origin",
        cache_ttl_value=86_400,
    ),
)
imgix.ImgixSource(
    "shop",
    name="Shop",
    deployment=imgix.S3Deployment(
        imgix_subdomains=serves("shop"),
        s3_bucket=f"acme-shop-{stack}",
        s3_access_key="AKIAEXAMPLE",
        s3_secret_key=config.require_secret("s3SecretKey"),
    ),
)
imgix.ImgixSource(
    "press",
    name="Press",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=serves("press"),
        webfolder_base_url="https://press.example.com/",
    ),
)
imgix.ImgixSource(
    "legacy",
    name="Legacy",
    deployment=imgix.WebFolderDeployment(
        imgix_subdomains=serves("legacy"),
        webfolder_base_url="https://legacy.example.com/",
    ),
)
"""
PRESS: Final = """\
    deployment=imgix.S3CompatibleDeployment(
        imgix_subdomains=serves("press"),
        storage_provider="DigitalOcean",
        bucket_name="acme-press",
        region="nyc3",
        endpoint_url="nyc3.digitaloceanspaces.com",
        access_key_id="DO00EXAMPLE",
        secret_key=config.require_secret("doSecretKey"),
    ),
"""


def changed() -> str:
    """Return the program after the change: a domain moves, a type changes, a source goes."""
    before, _, rest = BEFORE.partition('    name="Press",\n')
    program = f'{before}    name="Press",\n{PRESS})\n'
    assert "legacy" in rest
    program = program.replace('serves("archive") + serves("photos")', 'serves("archive")')
    program = program.replace('serves("gallery")', 'serves("gallery") + serves("photos")')
    return program.replace("cache_ttl_value=86_400", "cache_ttl_value=172_800")


def main() -> None:
    """Run everything and draw what it shows."""
    with tempfile.TemporaryDirectory() as made, SimulatedImgix() as imgix:
        folder = Path(made)
        program = folder / "program"
        program.mkdir()
        (program / "Pulumi.yaml").write_text("name: images\nruntime: python\n")
        source = program / "__main__.py"
        for name in STACKS:
            source.write_text(BEFORE)
            result = stack(imgix, program, folder, name).up(skip_preview=True)
            assert result.ok, result.text
        for identity, held in imgix.sources.items():
            if held.deployment["imgix_subdomains"] == ["acme-blog-prod"]:
                imgix.edit(identity, deployment={"cache_ttl_value": 3_600})
        source.write_text(changed())
        for name in STACKS:
            shown = stack(
                imgix, program, folder, name, s3SecretKey="the-next-s3-secret-key"
            ).preview_json()
            (folder / f"{name}.json").write_text(json.dumps(shown))
        on_terminal("preview", "stack.preview()", previewed(imgix, program, folder))
        prod = review(folder, "--format", "text", "prod.json", colours=True)
        command = "python -m imgix_provider review prod.json"
        on_terminal("review-terminal", command, f"$ {command}\n{prod}")
        source.write_text(changed().replace("172_800", '172_800 if stack == "dev" else 60'))
        broken = stack(imgix, program, folder, "staging").preview_json()
        (folder / "broken.json").write_text(json.dumps(broken))
        labelled = [f"{name}={name}.json" for name in STACKS]
        as_comment("review-short", review(folder, "--format", "markdown", *labelled))
        # Real documents of the CLI, with every kind of change.
        unfolded = [
            f"{name}={SAMPLES / name}.json"
            for name in ("changes-of-every-kind", "drift-and-intent")
        ]
        as_comment(
            "review-long", review(folder, "--format", "markdown", "--details=open", *unfolded)
        )
        failed = ["dev=dev.json", "staging=broken.json"]
        as_comment("review-failed", review(folder, "--format", "markdown", *failed))


def stack(imgix: SimulatedImgix, program: Path, folder: Path, name: str, **secrets: str) -> Stack:
    """Return a stack of the program, with its state in the folder."""
    return Stack(
        program,
        name,
        state_file=folder / f"{name}.state.json",
        secret_config={f"images:{key}": v for key, v in {**SECRETS, **secrets}.items()},
        environment={"IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key},
        colour=True,
    )


def previewed(imgix: SimulatedImgix, program: Path, folder: Path) -> str:
    """Return what a preview of prod shows on a terminal."""
    result = stack(imgix, program, folder, "prod", s3SecretKey="the-next-s3-secret-key").preview()
    return re.sub(r"\n[^\n]*Duration:[^\n]*\n", "", result.text).strip()


def review(folder: Path, *arguments: str, colours: bool = False) -> str:
    """Return what `python -m imgix_provider review` prints."""
    environment = {**os.environ, "COLUMNS": str(COLUMNS)}
    if colours:
        environment |= {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    done = subprocess.run(
        [sys.executable, "-m", "imgix_provider", "review", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def on_terminal(name: str, title: str, shown: str) -> None:
    """Draw a terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown))
    drawn = console.export_svg(title=title, unique_id=name)
    # The font that rich names would come from elsewhere; any fixed-width font will do.
    drawn = re.sub(r"@font-face \{.*?\}\n?", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"font-family: (Fira Code|arial)", "font-family: monospace", drawn)
    lines = (line.rstrip() for line in drawn.splitlines())
    (PICTURES / f"{name}.svg").write_text("\n".join(lines) + "\n", encoding="utf-8")


STYLE: Final = """
body { margin: 12px; font: 14px/1.5 -apple-system, "Segoe UI", Helvetica, Arial, sans-serif;
  color: #1f2328; background: #fff; width: 912px; }
main { border: 1px solid #d1d9e0; border-radius: 6px; padding: 4px 16px 16px; }
table { border-collapse: collapse; margin: 0 0 16px; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) td { background: #f6f8fa; }
code { font: 12px ui-monospace, Menlo, Consolas, monospace; background: #818b981f;
  border-radius: 6px; padding: 0.2em 0.4em; }
pre code { background: none; } a { color: #0969da; text-decoration: none; }
h3 { font-size: 17px; } h4 { font-size: 14px; margin: 24px 0 12px; }
"""
MEASURE: Final = "<script>document.title = document.documentElement.scrollHeight</script>"


def as_comment(name: str, markdown: str) -> None:
    """Draw a comment as GitHub would show it; needs Chromium."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if browser is None:
        print(f"{name}.png stays as it is: chromium is not on PATH", file=sys.stderr)
        return
    body = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown)
    page = f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><main>{body}</main>{MEASURE}"
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "comment.html"
        file.write_text(page, encoding="utf-8")
        run = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        run.append(f"--user-data-dir={made}/profile")

        def browse(*options: str) -> str:
            command = [*run, *options, file.as_uri()]
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            return done.stdout

        seen = browse("--window-size=936,400", "--dump-dom")
        height = re.search(r"<title>(\d+)</title>", seen)
        assert height, seen
        browse(f"--window-size=936,{height[1]}", f"--screenshot={PICTURES / name}.png")


if __name__ == "__main__":
    main()
