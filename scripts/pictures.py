"""Makes the pictures in `docs/pictures`; see `scripts/pictures`.

One program goes up in three environments, is changed, and prod is edited by hand. This
draws what preview and review then show, and the diagrams of the documentation.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from drawing import (
    COLUMNS,
    draw_comment,
    draw_diagram,
    draw_terminal,
    fetch_mermaid,
    missing_tools,
)

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

ROOT: Final = Path(__file__).resolve().parent.parent
SAMPLES: Final = ROOT / "tests" / "review" / "samples"
DIAGRAM: Final = re.compile(r"^```mermaid\n(.*?)^```", re.DOTALL | re.MULTILINE)
STACKS: Final = ("dev", "staging", "prod")
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
    """Draw everything."""
    missing = missing_tools("chromium", "npm")
    if not missing:
        draw_diagrams()
    with tempfile.TemporaryDirectory() as made, SimulatedImgix() as imgix:
        folder = Path(made)
        shown = run_everything(imgix, folder)
        draw_terminal("preview", "stack.preview()", shown)
        command = "python -m imgix_provider review prod.json"
        prod = review(folder, "--format", "text", "prod.json", colours=True)
        draw_terminal("review-terminal", command, f"$ {command}\n{prod}")
        if "chromium" not in missing:
            draw_comments(folder)


def run_everything(imgix: SimulatedImgix, folder: Path) -> str:
    """Write previews of three stacks, and a failed one, and return what prod's shows."""
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
    preview = previewed(imgix, program, folder)
    source.write_text(changed().replace("172_800", '172_800 if stack == "dev" else 60'))
    broken = stack(imgix, program, folder, "staging").preview_json()
    (folder / "broken.json").write_text(json.dumps(broken))
    return preview


def draw_comments(folder: Path) -> None:
    """Draw a short review, one of every kind of change, and one of a preview that failed."""
    labelled = [f"{name}={name}.json" for name in STACKS]
    draw_comment("review-short", review(folder, "--format", "markdown", *labelled))
    # Real documents of the CLI, with every kind of change.
    unfolded = [
        f"{name}={SAMPLES / name}.json" for name in ("changes-of-every-kind", "drift-and-intent")
    ]
    draw_comment("review-long", review(folder, "--format", "markdown", "--details=open", *unfolded))
    failed = ["dev=dev.json", "staging=broken.json"]
    draw_comment("review-failed", review(folder, "--format", "markdown", *failed))


def draw_diagrams() -> None:
    """Draw the diagrams of the documentation, each named after its page; one page has one."""
    pages = sorted((ROOT / "docs").glob("*.md"))
    with tempfile.TemporaryDirectory() as made:
        mermaid = fetch_mermaid(Path(made))
        for page in pages:
            for source in DIAGRAM.findall(page.read_text(encoding="utf-8")):
                draw_diagram(page.stem, source, mermaid)


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


if __name__ == "__main__":
    main()
