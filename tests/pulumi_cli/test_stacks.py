"""What the stand-in engine is trusted for, seen on the real `pulumi` CLI."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from imgix_testing.server import SimulatedImgix
from tests.pulumi_cli.conftest import Pulumi
from tests.sdk import shown_of

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.timeout(600)]

SIX_TYPES = """
import pulumi
import imgix_provider as imgix

secret = pulumi.Config().require_secret

imgix.ImgixSource("s3", name="S3", deployment=imgix.S3Deployment(
    imgix_subdomains=["acme-s3"], s3_bucket="b", s3_access_key="AKIA", s3_secret_key=secret("a")))
imgix.ImgixSource("gcs", name="GCS", deployment=imgix.GcsDeployment(
    imgix_subdomains=["acme-gcs"], gcs_bucket="b", gcs_access_key="k", gcs_secret_key=secret("b")))
imgix.ImgixSource("azure", name="Azure", deployment=imgix.AzureDeployment(
    imgix_subdomains=["acme-azure"], azure_account="a", azure_bucket="b",
    azure_service_type="blob", azure_sas_string=secret("c"), secure_url_enabled=True))
imgix.ImgixSource("folder", name="Folder", deployment={folder})
imgix.ImgixSource("proxy", name="Proxy", deployment=imgix.WebProxyDeployment(
    imgix_subdomains=["acme-proxy"]))
imgix.ImgixSource("uploads", name="Uploads", deployment={{
    "type": "s3_compatible", "imgix_subdomains": ["acme-uploads"], "storage_provider": "Linode",
    "bucket_name": "b", "region": "r", "endpoint_url": "https://linode.example.com",
    "access_key_id": "i", "secret_key": secret("d")}})
"""
WEB_FOLDER = """imgix.WebFolderDeployment(
    imgix_subdomains=["acme-folder"], webfolder_base_url="https://www.example.com/images/",
    password=secret("e"), cache_ttl_value=3600,
    custom_domains=["b.example.com", "a.example.com"])"""
CONVERTED = """imgix.S3CompatibleDeployment(
    imgix_subdomains=["acme-folder"], storage_provider="Wasabi", bucket_name="w", region="r",
    endpoint_url="https://wasabi.example.com", access_key_id="i", secret_key=secret("e"))"""
SECRETS = {key: f"canary-{key}-secret" for key in "abcde"}
BLOG = """
import imgix_provider as imgix
blog = imgix.ImgixSource("blog", name="Blog"{more}, deployment=imgix.WebFolderDeployment(
    imgix_subdomains=["{subdomain}"], webfolder_base_url="https://www.example.com/images/"))
"""


def blog(more: str = "", subdomain: str = "acme-blog") -> str:
    """Return a program with one source, with `more` arguments."""
    return BLOG.format(more=more, subdomain=subdomain)


def test_six_types_live_their_whole_life(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """Up, a second up without a request, a conversion in one PATCH, a hand edit, and destroy."""
    pulumi.write(SIX_TYPES.format(folder=WEB_FOLDER))
    for key, value in SECRETS.items():
        pulumi.secret(key, value)

    texts = [pulumi.run("preview", "--diff").text]
    assert [request.method for request in imgix.requests] == ["GET"]  # who holds the domains?
    first = pulumi.up()
    assert first.ok, first.text
    assert len(imgix.sources) == 6

    imgix.requests.clear()
    second = pulumi.run("up", "--yes")
    assert second.ok, second.text
    assert "7 unchanged" in second.text
    assert list(imgix.requests) == []

    folder = next(id for id, source in imgix.sources.items() if source.name == "Folder")
    pulumi.write(SIX_TYPES.format(folder=CONVERTED))
    preview = pulumi.run("preview", "--diff")
    assert "the type changes from webfolder to s3_compatible" in preview.text
    assert '"webfolder" => "s3_compatible"' in preview.text
    converted = pulumi.up()
    assert converted.ok, converted.text
    patches = [request for request in imgix.requests if request.method == "PATCH"]
    assert len(patches) == 1
    assert patches[0].path.endswith(folder)
    assert imgix.source(folder).deployment["type"] == "s3_compatible"

    imgix.edit(folder, deployment={"bucket_name": "by-hand"})
    drift = pulumi.run("refresh", "--preview-only", "--diff")
    assert re.search(r'bucket_name +: "w" => "by-hand"', drift.text), drift.text
    repaired = pulumi.up("--refresh")
    assert repaired.ok, repaired.text
    assert imgix.source(folder).deployment["bucket_name"] == "w"

    state = pulumi.state()
    destroyed = pulumi.run("destroy", "--yes")
    assert destroyed.ok, destroyed.text
    assert "imgix has no delete" in destroyed.text
    assert not any(source.enabled for source in imgix.sources.values())

    texts += [first.text, second.text, preview.text, converted.text, drift.text, repaired.text]
    seen = "".join([*texts, destroyed.text, state])
    assert [value for value in SECRETS.values() if value in seen] == []
    tokens = [s.secure_url_token for s in imgix.sources.values() if s.secure_url_token]
    assert tokens
    assert [token for token in tokens if token in seen] == []


def test_mistakes_show_as_plain_lines_all_at_once(pulumi: Pulumi) -> None:
    """What is known at declaration fails the preview with all problems and no traceback."""
    pulumi.write(blog(more=", on_delete='burn'", subdomain="acme.imgix.net"))

    preview = pulumi.run("preview")

    assert not preview.ok
    assert "deployment.imgix_subdomains[0]: " in preview.text
    assert "write just acme" in preview.text
    assert "on_delete: must be disable, release or retain" in preview.text
    assert "Traceback" not in preview.text


def test_a_secret_of_the_wrong_length_fails_in_preview(pulumi: Pulumi) -> None:
    """What becomes known only in the engine is checked there, with its path, without its value."""
    pulumi.write(
        blog()
        .replace("webfolder_base_url", 'request_handshake=secret("h"), webfolder_base_url')
        .replace("blog =", "import pulumi\nsecret = pulumi.Config().require_secret\nblog =")
    )
    pulumi.secret("h", "canary-too-short")

    preview = pulumi.run("preview")

    assert not preview.ok
    assert "deployment.request_handshake" in preview.text
    assert "exactly 32 latin-1 characters" in preview.text
    assert "canary" not in preview.text


def test_a_refusal_is_one_line(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """What imgix refuses is told in one line that names the source, and nothing is lost."""
    holder = imgix.add_source(
        name="Old blog",
        deployment={
            "type": "webfolder",
            "imgix_subdomains": ["acme-blog"],
            "webfolder_base_url": "https://old.example.com/",
        },
    )
    pulumi.write(blog())

    failed = pulumi.up()

    assert not failed.ok
    line = (
        f'imgix refused to create "Blog": subdomain acme-blog is taken by source {holder} '
        '"Old blog" (enabled). If that is this resource under an earlier '
    )
    # The last is in the diagnostics, where it stands alone.
    assert shown_of([said for said in failed.text.splitlines() if line in said][-1]).startswith(
        line
    )

    pulumi.write(blog(more=f', adopt="{holder}"'))
    assert f"source {holder} is adopted, nothing is created" in pulumi.run("preview").text
    adopted = pulumi.up()
    assert adopted.ok, adopted.text
    assert list(imgix.sources) == [holder]
    assert imgix.source(holder).name == "Blog"


def test_another_type_can_make_a_new_source(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """With on_type_change="replace", preview shows a replacement, and up makes a new source."""
    pulumi.write(blog(more=', on_type_change="replace"'))
    assert pulumi.up().ok
    (old,) = imgix.sources

    pulumi.write(
        blog(more=', on_type_change="replace"')
        .replace("WebFolder", "WebProxy")
        .replace(', webfolder_base_url="https://www.example.com/images/"', "")
    )
    preview = pulumi.run("preview")
    assert "replace" in preview.text
    assert "1 to replace" in preview.text
    replaced = pulumi.up()
    assert replaced.ok, replaced.text

    (new,) = set(imgix.sources) - {old}
    assert imgix.source(new).enabled
    assert imgix.source(new).deployment["imgix_subdomains"] == ["acme-blog"]
    assert not imgix.source(old).enabled


def test_a_resource_is_renamed(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """With `aliases` another resource name is no change, and nothing is sent."""
    pulumi.write(blog())
    assert pulumi.up().ok
    imgix.requests.clear()

    renamed = blog(more=', opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="blog")])')
    pulumi.write("import pulumi\n" + renamed.replace('ImgixSource("blog"', 'ImgixSource("journal"'))
    done = pulumi.up("--expect-no-changes")

    assert done.ok, done.text
    assert list(imgix.requests) == []
    assert "::journal" in pulumi.state()


def test_a_source_can_be_looked_up(imgix: SimulatedImgix, pulumi: Pulumi) -> None:
    """ImgixSource.get reads a source without managing it."""
    source = imgix.add_source(
        name="Shared",
        deployment={
            "type": "webfolder",
            "imgix_subdomains": ["shared"],
            "webfolder_base_url": "https://shared.example.com/",
        },
    )
    pulumi.write(
        "import pulumi\nimport imgix_provider as imgix\n"
        f'shared = imgix.ImgixSource.get("shared", "{source}")\n'
        'pulumi.export("urls", shared.urls)\n'
    )

    up = pulumi.up()

    assert up.ok, up.text
    assert "https://shared.imgix.net" in up.text
    assert {request.method for request in imgix.requests} == {"GET"}


def test_the_root_program_says_which_secrets_to_set(
    imgix: SimulatedImgix, root_program: Callable[[], Pulumi]
) -> None:
    """The dev stack asks for its secrets by the commands to run, and goes up with them."""
    pulumi = root_program()

    preview = pulumi.run("preview")
    asked = re.findall(r"pulumi config set --secret --path '([^']+)'", preview.text)
    commands = list(dict.fromkeys(asked))  # the CLI shows a line more than once
    assert len(commands) == 2
    for index, path in enumerate(commands):
        pulumi.secret(path, f"canary-{index}")
    up = pulumi.up()

    assert up.ok, up.text
    assert "https://acme-blog-dev.imgix.net" in up.text
    assert "canary-" not in up.text + pulumi.state()


@pytest.mark.parametrize("place", ["Pulumi.dev.yaml", "stacks/Pulumi.dev.yaml", "Pulumi.dev.yml"])
def test_only_what_the_stack_s_file_encrypts_is_masked(
    imgix: SimulatedImgix, root_program: Callable[[], Pulumi], place: str
) -> None:
    """Whatever else is written there, in the YAML of the CLI, and wherever the file is."""
    pulumi = root_program()
    file = pulumi.folder / place
    file.parent.mkdir(exist_ok=True)
    project = pulumi.folder / "Pulumi.yaml"
    if file.parent != pulumi.folder:
        project.write_text(f"{project.read_text()}\nstackConfigDir: {file.parent.name}\n")
    project.rename(project.with_suffix(file.suffix))
    old = pulumi.folder / "Pulumi.dev.yaml"
    salt = [line for line in old.read_text().splitlines() if line.startswith("encryptionsalt")]
    old.unlink()
    assert pulumi.run("stack", "select", "dev").ok
    written = """\
config:
  imgix-sources:sources:
    blog: &blog
      name: On
      deployment: &folder
        type: webfolder
        imgix_subdomains: [acme-blog]
        webfolder_base_url: https://www.example.com/
        annotation: 2024-01-01
        cache_ttl_value: 1e4
        default_params: {ar: 16:9, auto: format}
    news:
      <<: *blog
      deployment: {<<: *folder, imgix_subdomains: [acme-news]}
"""
    file.write_text("\n".join([*salt, written]))
    pulumi.secret("imgix-sources:sources.blog.deployment.password", "canary")

    preview = pulumi.run("preview", "--diff")

    assert preview.ok, preview.text
    assert preview.text.count("[secret]") == 1
    assert '"16:9"' in preview.text
    assert "canary" not in preview.text
