"""Writes the archives that `pulumi plugin install` takes; see `scripts/plugin-archive`.

An archive holds the files of `plugin/` that start the plugin, and the package's wheel, which the
CLI installs into a virtual environment when it unpacks the archive. Nothing in it depends on the
system: the CLI asks for an archive by the system's name, so there is a copy for each. The same
checkout gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import tomli

ROOT: Final = Path(__file__).resolve().parent.parent
SYSTEMS: Final = tuple(
    f"{system}-{machine}"
    for system in ("darwin", "linux", "windows")
    for machine in ("amd64", "arm64")
)
"""The systems, as Pulumi names them."""
_STARTING: Final = ("PulumiPlugin.yaml", "__main__.py")
_PACKAGE: Final = ("pyproject.toml", "requirements.txt", "README.md", "LICENSE")
_DATE: Final = "315532800"
"""1980, the earliest that a wheel can say; when a file was made is left out everywhere."""


def archives(folder: Path) -> list[Path]:
    """Write the archives to a folder, which is made if need be, and return their paths."""
    version = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    content = archive(files())
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"pulumi-resource-imgix-v{version}-{each}.tar.gz" for each in SYSTEMS]
    for path in paths:
        path.write_bytes(content)
    return paths


def files() -> dict[str, bytes]:
    """Return what an archive holds, by name."""
    with tempfile.TemporaryDirectory() as temporary:
        wheel = build_wheel(Path(temporary))
        return {
            **{name: (ROOT / "plugin" / name).read_bytes() for name in _STARTING},
            "LICENSE": (ROOT / "LICENSE").read_bytes(),
            "requirements.txt": f"./{wheel.name}\n".encode(),
            wheel.name: wheel.read_bytes(),
        }


def build_wheel(folder: Path) -> Path:
    """Build the package's wheel from a copy, so that nothing of an earlier build is in it."""
    for name in ("imgix_provider", "imgix_testing"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _PACKAGE:
        shutil.copy(ROOT / name, folder)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation"],
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": _DATE},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"the wheel could not be built:\n{done.stdout}{done.stderr}")
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def archive(content: Mapping[str, bytes]) -> bytes:
    """Return files as a compressed archive that says nothing of who packed it, and when."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, data in sorted(content.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


if __name__ == "__main__":
    for written in archives(Path(sys.argv[1])):
        print(written)
