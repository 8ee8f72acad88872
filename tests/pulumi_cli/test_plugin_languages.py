"""The plugin from a fresh clone, in every language, by the commands that a person types.

They install the plugin into a virtual environment of its own and generate the language's types, so
these tests need the registries of Python and of the language; where one is out of reach, they are
skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
import yaml

from imgix_testing.server import SimulatedImgix
from tests.pulumi_cli.conftest import Pulumi
from tests.pulumi_cli.test_plugin import SECRETS, changing

ROOT = Path(__file__).parents[2]
LANGUAGES = {
    "typescript": ("pulumi-language-nodejs", ("npm", "ping")),
    "go": ("pulumi-language-go", ("go", "list", "-m", "golang.org/x/mod@latest")),
    "python": (
        "pulumi-language-python",
        (sys.executable, "-m", "pip", "index", "versions", "attrs"),
    ),
    "yaml": ("pulumi-language-yaml", (sys.executable, "-m", "pip", "index", "versions", "attrs")),
}

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.timeout(600)]


def needs(language: str) -> None:
    """Skip where programs of a language cannot run, or its packages cannot be had."""
    host, asking = LANGUAGES[language]
    if shutil.which(host) is None or shutil.which(asking[0]) is None:
        pytest.skip(f"{host} or {asking[0]} is not on PATH")
    asked = subprocess.run(asking, capture_output=True, timeout=60, check=False)
    if asked.returncode != 0:
        pytest.skip(f"the packages of {language} are out of reach")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the repository, in which nothing is installed yet."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in filter(lambda name: (ROOT / name).exists(), listed):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def elsewhere(pulumi: Pulumi) -> Pulumi:
    """A stack on a machine where no script of the provider is on PATH."""
    own = str(Path(sys.executable).parent)
    path = [each for each in os.environ["PATH"].split(os.pathsep) if each != own]
    return attrs.evolve(
        pulumi, environment={**pulumi.environment, "PATH": os.pathsep.join(path), "GOFLAGS": ""}
    )


TYPESCRIPT = """
import * as pulumi from "@pulumi/pulumi";
import * as imgix from "pulumi-imgix";

const config = new pulumi.Config();

new imgix.Source("s3", { name: "S3", deployment: {
    imgixSubdomains: ["acme-s3"],
    s3: { s3Bucket: "b", s3AccessKey: "AKIA", s3SecretKey: config.requireSecret("a") } } });
new imgix.Source("gcs", { name: "GCS", deployment: {
    imgixSubdomains: ["acme-gcs"],
    gcs: { gcsBucket: "b", gcsAccessKey: "k", gcsSecretKey: config.requireSecret("b") } } });
const azure = new imgix.Source("azure", { name: "Azure", deployment: {
    imgixSubdomains: ["acme-azure"], secureUrlEnabled: true,
    azure: { azureAccount: "a", azureBucket: "b", azureServiceType: imgix.AzureServiceType.Blob,
        azureSasString: config.requireSecret("c") } } });
const folder = new imgix.Source("folder", {
    name: "Folder", onDelete: imgix.OnDelete.Release, deployment: {
    imgixSubdomains: ["acme-folder"], defaultParams: { auto: "format", w: 200 },
    webfolder: { webfolderBaseUrl: "https://www.example.com/images/",
        password: config.requireSecret("e") } } });
new imgix.Source("proxy", { name: "Proxy", deployment: {
    imgixSubdomains: ["acme-proxy"], webproxy: {} } });
new imgix.Source("uploads", { name: "Uploads", deployment: {
    imgixSubdomains: ["acme-uploads"],
    s3Compatible: { storageProvider: "Linode", bucketName: "b", region: "r",
        endpointUrl: "https://linode.example.com", accessKeyId: "i",
        secretKey: config.requireSecret("d") } } });

export const urls = folder.urls;
export const token = azure.secureUrlToken;
export const found = imgix.listSourcesOutput({ filters: { type: "webfolder" } })
    .sources.apply(sources => sources.length);
"""
CONVERTED = TYPESCRIPT.replace(
    """webfolder: { webfolderBaseUrl: "https://www.example.com/images/",
        password: config.requireSecret("e") }""",
    "webproxy: {}",
)


def test_six_types_live_in_typescript(
    imgix: SimulatedImgix, elsewhere: Pulumi, clone: Path
) -> None:
    """`pulumi package add` in an empty folder is all that a program needs."""
    needs("typescript")
    example = clone / "examples" / "plugin" / "typescript"
    folder = elsewhere.folder
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: nodejs\n")
    package = (example / "package.json").read_text()
    without_sdk = package.replace(',\n    "pulumi-imgix": "file:sdks/imgix"', "")
    assert without_sdk != package
    (folder / "package.json").write_text(without_sdk)
    shutil.copy(example / "tsconfig.json", folder)
    (folder / "index.ts").write_text(TYPESCRIPT)

    added = elsewhere.run("package", "add", str(clone / "plugin"))
    assert added.ok, added.text
    for key, value in SECRETS.items():
        elsewhere.secret(key, value)
    preview = elsewhere.run("preview")
    assert preview.ok, preview.text
    assert "https://acme-folder.imgix.net" in preview.text  # known before anything is sent
    assert changing(imgix) == []
    up = elsewhere.up()
    assert up.ok, up.text
    assert len(imgix.sources) == 6

    imgix.requests.clear()
    settled = elsewhere.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert settled.ok, settled.text
    (folder / "index.ts").write_text(CONVERTED)
    converted = elsewhere.up()
    assert converted.ok, converted.text
    assert changing(imgix) == ["PATCH"]

    state = elsewhere.state()
    destroyed = elsewhere.run("destroy", "--yes")
    assert destroyed.ok, destroyed.text
    assert not any(source.enabled for source in imgix.sources.values())
    texts = (added, preview, up, settled, converted, destroyed)
    seen = "".join([*(ran.text for ran in texts), state])
    assert [value for value in SECRETS.values() if value in seen] == []
    tokens = [source.secure_url_token or "" for source in imgix.sources.values()]
    assert [token for token in filter(None, tokens) if token in seen] == []


def test_an_archive_is_installed(imgix: SimulatedImgix, elsewhere: Pulumi, tmp_path: Path) -> None:
    """`pulumi plugin install` takes what a release has, and a program needs nothing more."""
    needs("yaml")
    writing = [sys.executable, str(ROOT / "scripts" / "plugin_archive.py"), str(tmp_path / "out")]
    subprocess.run(writing, capture_output=True, check=True)
    archive = next(path for path in (tmp_path / "out").iterdir() if "linux-amd64" in path.name)
    version = archive.name.split("-v")[1].split("-")[0]
    installed = elsewhere.run(
        *("plugin", "install", "resource", "imgix", version, "--file", str(archive))
    )
    assert installed.ok, installed.text

    program = yaml.safe_load((ROOT / "examples" / "plugin" / "yaml" / "Pulumi.yaml").read_text())
    del program["packages"]
    (elsewhere.folder / "Pulumi.yaml").write_text(yaml.safe_dump({**program, "name": "test"}))
    elsewhere.run("config", "set", "originUrl", "https://www.example.com/images/")
    up = elsewhere.up()
    assert up.ok, up.text
    assert len(imgix.sources) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_runs_as_its_page_says(
    language: str, clone: Path, imgix: SimulatedImgix, elsewhere: Pulumi
) -> None:
    """Its commands in their order; the preview knows the addresses, and it comes down again."""
    needs(language)
    folder = clone / "examples" / "plugin" / language
    pages = (folder / name for name in ("index.ts", "main.go", "__main__.py", "Pulumi.yaml"))
    page = next(page for page in pages if page.exists()).read_text()
    commands = re.findall(r"^[#\s]*((?:cd|pulumi) .*?)(?:  +#.*)?$", page, re.MULTILINE)
    assert commands[0] == f"cd examples/plugin/{language}"
    assert commands[-1] == "pulumi up"
    stack = attrs.evolve(
        elsewhere,
        folder=folder,
        environment={k: v for k, v in elsewhere.environment.items() if k != "IMGIX_API_KEY"},
    )
    for command in commands[1:-1]:
        value = imgix.api_key if command.endswith("imgix:apiKey") else "canary-secret"
        done = subprocess.run(
            command.split(),
            cwd=folder,
            env=stack.environment,
            input=value + "\n",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    preview = stack.run("preview")
    assert preview.ok, preview.text
    assert re.search(r"https://acme-[a-z-]+\.imgix\.net", preview.text), preview.text
    assert changing(imgix) == []
    up = stack.up()
    assert up.ok, up.text
    assert imgix.sources

    imgix.requests.clear()
    settled = stack.up("--expect-no-changes")
    assert settled.ok, settled.text
    assert changing(imgix) == []
    destroyed = stack.run("destroy", "--yes")
    assert destroyed.ok, destroyed.text
    assert not any(source.enabled for source in imgix.sources.values())
    assert "canary" not in preview.text + up.text + stack.state()
