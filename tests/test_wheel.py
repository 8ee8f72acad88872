"""The package as it is released: what is in it, and that it works in a project of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
import tomli
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from readme_renderer import markdown

from imgix_testing.engine import Stack
from imgix_testing.server import SimulatedImgix

ROOT = Path(__file__).parents[1]
PACKAGES = ("imgix_provider", "imgix_testing")
DATA = ("py.typed", "parameters.txt", "parameters.LICENSE.md", "review.schema.json")
MODULES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
VERSION = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

PROGRAM = """\
import pulumi

import imgix_provider as imgix

config = pulumi.Config()

source: imgix.ImgixSource = imgix.ImgixSource(
    "blog",
    name="Blog",
    deployment=imgix.S3Deployment(
        imgix_subdomains=["acme-blog"],
        s3_bucket="acme",
        s3_access_key=config.require_secret("key"),
        s3_secret_key=config.require_secret("secret"),
        cache_ttl_value=86_400,
        default_params={"auto": "format"},
    ),
)
urls: pulumi.Output[list[str]] = source.urls
pulumi.export("urls", urls)
pulumi.export("package", imgix.__file__)
"""
MISTYPED = """\
import imgix_provider as imgix

imgix.WebFolderDeployment(imgix_subdomains=["a"])
imgix.WebProxyDeployment(imgix_subdomains=["a"], cache_ttl_value="long")
imgix.WebProxyDeployment(["a"])
imgix.ImgixSource("blog", deployment={"type": "webproxy"})
"""


IMPORT_ALL = """\
import importlib, pkgutil
import imgix_provider, imgix_testing

for package in (imgix_provider, imgix_testing):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        # Both of these are programs: they run when they are imported.
        if not module.name.endswith(("__main__", "engine.program")):
            importlib.import_module(module.name)
            print(module.name)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sdist and wheel, built from a copy: nothing of an earlier build is in them."""
    source = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "build", "--no-isolation"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return source / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel, which was built from the sdist."""
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment that has the wheel, and all it needs, but not this checkout."""
    folder = tmp_path_factory.mktemp("project")
    venv.create(folder / ".venv")
    python = folder / ".venv" / "bin" / "python"
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", *options]
    subprocess.run([*command, str(wheel)], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder / ".venv")}))
    # What the wheel depends on is taken from the running environment. Files there that lead to the
    # checkout are not followed, since they stand below a path that was itself added so.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "Pulumi.yaml").write_text("name: blog\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def in_project(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the project's Python in the project's folder."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [project / ".venv" / "bin" / "python", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_it_holds_both_packages_and_nothing_else(wheel: Path) -> None:
    """Every module and its data are there, and no test, example or stack file."""
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix == ".py" or path.name in DATA
    }
    assert names == wanted
    assert {f"{package}/py.typed" for package in PACKAGES} <= names


def test_it_asks_for_what_requirements_txt_lists(wheel: Path) -> None:
    """Installing it brings what the provider needs, and the testing extra what tests need."""
    metadata = metadata_of(wheel)
    needed = metadata.requires_dist or []
    listed = (ROOT / "requirements.txt").read_text().splitlines()
    assert {each for each in needed if "extra ==" not in str(each.marker)} == set(
        map(Requirement, listed)
    )
    assert {"testing", "dev"} <= set(metadata.provides_extra or [])


def metadata_of(wheel: Path) -> Metadata:
    """Return what the wheel says of itself; invalid fields raise."""
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        return Metadata.from_email(archive.read(name), validate=True)


def test_it_says_what_it_is(wheel: Path) -> None:
    """Version and license are those of the checkout, and the index can show the README."""
    metadata = metadata_of(wheel)
    assert str(metadata.version) == VERSION
    assert metadata.license_expression == "MIT"
    assert metadata.license_files == ["LICENSE"]
    assert str(metadata.requires_python) == ">=3.10"
    assert metadata.description_content_type == "text/markdown"
    shown = markdown.render(metadata.description or "")
    assert shown is not None
    assert "<h1" in shown
    assert "<table>" in shown


def test_the_sdist_holds_what_the_wheel_is_made_of(built: Path) -> None:
    """From the sdist alone the same wheel can be made."""
    (path,) = built.glob("*.tar.gz")
    assert path.name == f"imgix_provider-{VERSION}.tar.gz"
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "requirements.txt", "README.md", "LICENSE"} <= names
    assert {path.relative_to(ROOT).as_posix() for path in MODULES} <= names


def test_every_module_can_be_imported(project: Path) -> None:
    """No module needs anything that only the checkout has."""
    done = in_project(project, "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    names = {path.relative_to(ROOT).with_suffix("").as_posix() for path in MODULES}
    programs = {name for name in names if name.endswith(("__main__", "engine/program"))}
    packages = {name for name in names if name.endswith("/__init__")}
    imported = {name.replace(".", "/") for name in done.stdout.split()}
    subpackages = {name.removesuffix("/__init__") for name in packages} - set(PACKAGES)
    assert imported == (names - programs - packages) | subpackages


def test_the_installed_package_is_the_one_in_use(project: Path) -> None:
    """What follows says something of the wheel, not of this checkout."""
    for package in PACKAGES:
        done = in_project(project, "-c", f"import {package}; print({package}.__file__)")
        assert Path(done.stdout.strip()).is_relative_to(project / ".venv"), done.stderr


def test_a_typed_program_passes_a_strict_check(project: Path) -> None:
    """The types travel with the package, so a person's own program is checked against them."""
    done = in_project(project, "-m", "mypy", "--strict", "__main__.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistyped_program_does_not(project: Path) -> None:
    """A missing field, a wrong kind, a positional value and a missing name are found."""
    (project / "mistyped.py").write_text(MISTYPED)
    done = in_project(project, "-m", "mypy", "--strict", "mistyped.py")
    found = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error: " in line}
    assert found == {3, 4, 5, 6}, done.stdout


def test_a_program_runs_with_it(project: Path, imgix: SimulatedImgix) -> None:
    """Program and provider both run from the installed package, up and down again."""
    stack = Stack(
        project,
        state_file=project / "state.json",
        secret_config={"blog:key": "AKIACANARY", "blog:secret": "canary-secret"},
        environment={"IMGIX_API_URL": imgix.url, "IMGIX_API_KEY": imgix.api_key},
        python=str(project / ".venv" / "bin" / "python"),
    )
    result = stack.up(skip_preview=True)
    assert result.ok, result.text
    assert result.outputs["urls"] == ["https://acme-blog.imgix.net"]
    assert Path(result.outputs["package"]).is_relative_to(project / ".venv")
    (source,) = imgix.sources.values()
    assert source.deployment["s3_secret_key"] == "canary-secret"
    destroyed = stack.destroy()
    assert destroyed.ok, destroyed.text
