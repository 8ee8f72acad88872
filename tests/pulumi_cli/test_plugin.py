"""The plugin under the real `pulumi` CLI, from YAML and from Python.

The CLI finds it as `pulumi-resource-imgix` on PATH, where the package's installation put it. What a
language needs beside the CLI, its host, is looked for on PATH too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from imgix_testing.server import Fault, SimulatedImgix
from tests.pulumi_cli.conftest import Pulumi

ROOT = Path(__file__).parents[2]
SCRIPT = Path(sys.executable).parent / "pulumi-resource-imgix"

pytestmark = [
    pytest.mark.pulumi_cli,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not SCRIPT.exists(),
        reason="pulumi-resource-imgix is not installed: run scripts/environment",
    ),
]


def needs_host(language: str) -> pytest.MarkDecorator:
    """Skip where the CLI cannot run programs of a language."""
    host = f"pulumi-language-{language}"
    return pytest.mark.skipif(shutil.which(host) is None, reason=f"{host} is not on PATH")


SECRETS = {key: f"canary-{key}-secret" for key in "abcde"}
DEPLOYMENTS: dict[str, dict[str, Any]] = {
    "s3": {
        "imgixSubdomains": ["acme-s3"],
        "s3": {"s3Bucket": "b", "s3AccessKey": "AKIA", "s3SecretKey": "${a}"},
    },
    "gcs": {
        "imgixSubdomains": ["acme-gcs"],
        "gcs": {"gcsBucket": "b", "gcsAccessKey": "k", "gcsSecretKey": "${b}"},
    },
    "azure": {
        "imgixSubdomains": ["acme-azure"],
        "secureUrlEnabled": True,
        "azure": {
            "azureAccount": "a",
            "azureBucket": "b",
            "azureServiceType": "blob",
            "azureSasString": "${c}",
        },
    },
    "folder": {
        "imgixSubdomains": ["acme-folder"],
        "cacheTtlValue": 3600,
        "customDomains": ["b.example.com", "a.example.com"],
        "webfolder": {"webfolderBaseUrl": "https://www.example.com/images/", "password": "${e}"},
    },
    "proxy": {"imgixSubdomains": ["acme-proxy"], "webproxy": {}},
    "uploads": {
        "imgixSubdomains": ["acme-uploads"],
        "s3Compatible": {
            "storageProvider": "Linode",
            "bucketName": "b",
            "region": "r",
            "endpointUrl": "https://linode.example.com",
            "accessKeyId": "i",
            "secretKey": "${d}",
        },
    },
}
CONVERTED: dict[str, Any] = {
    "imgixSubdomains": ["acme-folder"],
    "s3Compatible": {
        "storageProvider": "Wasabi",
        "bucketName": "w",
        "region": "r",
        "endpointUrl": "https://wasabi.example.com",
        "accessKeyId": "i",
        "secretKey": "${e}",
    },
}


def source(name: str, deployment: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a resource of a YAML program."""
    options = {"options": more.pop("options")} if "options" in more else {}
    properties = {"name": name, "deployment": deployment, **more}
    return {"type": "imgix:Source", "properties": properties, **options}


@attrs.frozen
class Yaml:
    """A YAML program in a stack."""

    pulumi: Pulumi

    def write(self, resources: dict[str, Any], **more: Any) -> None:
        """Make the program declare the resources."""
        secrets = {key: {"type": "string", "secret": True} for key in more.pop("secrets", ())}
        program = {"name": "test", "runtime": "yaml", "config": secrets, "resources": resources}
        content = {key: value for key, value in {**program, **more}.items() if value != {}}
        plain = json.loads(json.dumps(content))  # no part is written as a reference to another
        (self.pulumi.folder / "Pulumi.yaml").write_text(yaml.safe_dump(plain, sort_keys=False))


@pytest.fixture
def program(pulumi: Pulumi) -> Yaml:
    """A YAML program, still to be written."""
    return Yaml(pulumi)


def preview_steps(pulumi: Pulumi) -> dict[str, Any]:
    """Return the steps of a preview by resource."""
    text = pulumi.run("preview", "--json").text
    steps = json.loads(text[text.index("{\n") :])["steps"]
    return {step["urn"].rpartition("::")[2]: step for step in steps}


def changing(imgix: SimulatedImgix) -> list[str]:
    """Return the methods of the requests that changed something."""
    return [request.method for request in imgix.requests if request.method != "GET"]


@needs_host("yaml")
def test_six_types_live_their_whole_life_in_yaml(imgix: SimulatedImgix, program: Yaml) -> None:
    """Up, a second up without a request, a conversion in one PATCH, a hand edit, and destroy."""
    pulumi = program.pulumi
    six = {name: source(name, deployment) for name, deployment in DEPLOYMENTS.items()}
    program.write(six, secrets=SECRETS, outputs={"urls": "${folder.urls}"})
    for key, value in SECRETS.items():
        pulumi.secret(key, value)

    preview = pulumi.run("preview", "--diff")
    assert preview.ok, preview.text
    assert "https://acme-folder.imgix.net" in preview.text  # known before anything is sent
    assert changing(imgix) == []
    first = pulumi.up()
    assert first.ok, first.text
    assert len(imgix.sources) == 6

    imgix.requests.clear()
    second = pulumi.run("up", "--yes")
    assert second.ok, second.text
    assert "7 unchanged" in second.text
    assert list(imgix.requests) == []

    six["folder"] = source("folder", CONVERTED)
    program.write(six, secrets=SECRETS)
    step = preview_steps(pulumi)["folder"]
    assert set(step["detailedDiff"]) == {
        "deployment.webfolder",
        "deployment.s3Compatible",
        "deployment.cacheTtlValue",
        "deployment.customDomains",
    }
    converted = pulumi.up()
    assert converted.ok, converted.text
    assert changing(imgix) == ["PATCH"]
    (folder,) = (id for id, source in imgix.sources.items() if source.name == "folder")
    assert imgix.source(folder).deployment["type"] == "s3_compatible"

    imgix.edit(folder, deployment={"bucket_name": "by-hand"})
    drift = pulumi.run("refresh", "--preview-only", "--diff")
    assert re.search(r'bucketName *: "w" => "by-hand"', drift.text), drift.text
    repaired = pulumi.up("--refresh")
    assert repaired.ok, repaired.text
    assert imgix.source(folder).deployment["bucket_name"] == "w"

    state = pulumi.state()
    destroyed = pulumi.run("destroy", "--yes")
    assert destroyed.ok, destroyed.text
    assert not any(source.enabled for source in imgix.sources.values())
    texts = [preview, first, second, converted, drift, repaired, destroyed]
    seen = "".join([*(ran.text for ran in texts), state])
    assert [value for value in SECRETS.values() if value in seen] == []
    tokens = [s.secure_url_token for s in imgix.sources.values() if s.secure_url_token]
    assert tokens
    assert [token for token in tokens if token in seen] == []


@pytest.fixture
def python_sdk(pulumi: Pulumi) -> Pulumi:
    """A Python program's stack with the types that the CLI generates from the schema."""
    sdk = pulumi.folder.parent / "sdk"
    schema = str(ROOT / "plugin" / "schema.json")
    made = pulumi.run("package", "gen-sdk", schema, "--language", "python", "--out", str(sdk))
    assert made.ok, made.text
    # What an installation would write beside it.
    version = json.loads(Path(schema).read_text())["version"]
    metadata = sdk / "python" / f"pulumi_imgix-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: pulumi_imgix\nVersion: {version}\n")
    pulumi.environment["PYTHONPATH"] = str(sdk / "python")
    return pulumi


PYTHON = """
import pulumi
import pulumi_imgix as imgix

secret = pulumi.Config().require_secret

def deployment(name, **arguments):
    return imgix.DeploymentArgs(imgix_subdomains=[f"acme-{name}"], **arguments)

imgix.Source("s3", name="S3", deployment=deployment("s3", s3=imgix.S3DeploymentArgs(
    s3_bucket="b", s3_access_key="AKIA", s3_secret_key=secret("a"))))
imgix.Source("gcs", name="GCS", deployment=deployment("gcs", gcs=imgix.GcsDeploymentArgs(
    gcs_bucket="b", gcs_access_key="k", gcs_secret_key=secret("b"))))
azure = imgix.Source("azure", name="Azure", deployment=deployment("azure", secure_url_enabled=True,
    azure=imgix.AzureDeploymentArgs(
        azure_account="a", azure_bucket="b", azure_sas_string=secret("c"),
        azure_service_type=imgix.AzureServiceType.BLOB)))
folder = imgix.Source("folder", name="Folder", on_delete=imgix.OnDelete.RELEASE,
    deployment=deployment("folder", default_params={"auto": "format", "w": 200},
        webfolder=imgix.WebFolderDeploymentArgs(
            webfolder_base_url="https://www.example.com/images/")))
imgix.Source("proxy", name="Proxy", deployment=deployment("proxy",
    webproxy=imgix.WebProxyDeploymentArgs()))
imgix.Source("uploads", name="Uploads", deployment={"imgix_subdomains": ["acme-uploads"],
    "s3_compatible": {"storage_provider": "Linode", "bucket_name": "b", "region": "r",
        "endpoint_url": "https://linode.example.com", "access_key_id": "i",
        "secret_key": secret("d")}})
pulumi.export("urls", folder.urls)
pulumi.export("ttl", folder.effective_deployment["cacheTtlValue"])
pulumi.export("token", azure.secure_url_token)
pulumi.export("found", imgix.list_sources_output(
    filters={"type": "webfolder"}, sorts=["name"]).sources.apply(len))
"""


@needs_host("python")
def test_six_types_go_up_and_settle_in_python(imgix: SimulatedImgix, python_sdk: Pulumi) -> None:
    """With generated types, whose names are imgix's own again."""
    python_sdk.write(PYTHON)
    for key, value in SECRETS.items():
        python_sdk.secret(key, value)

    first = python_sdk.up()
    assert first.ok, first.text
    assert "https://acme-folder.imgix.net" in first.text
    assert len(imgix.sources) == 6

    imgix.requests.clear()
    second = python_sdk.run("up", "--yes")
    assert second.ok, second.text
    assert "7 unchanged" in second.text
    assert changing(imgix) == []
    seen = first.text + second.text + python_sdk.state()
    assert [value for value in SECRETS.values() if value in seen] == []


def by_hand(imgix: SimulatedImgix) -> str:
    """Put a source in the account that no stack has, and return its id."""
    return imgix.add_source(
        name="By hand",
        deployment={
            "type": "s3",
            "imgix_subdomains": ["hand"],
            "s3_bucket": "hand-images",
            "s3_access_key": "AKIACANARY",
            "s3_secret_key": "canary-by-hand",
            "cache_ttl_value": 7200,
            "default_params": {"auto": "format"},
        },
    )


@needs_host("yaml")
def test_an_imported_source_settles(imgix: SimulatedImgix, program: Yaml) -> None:
    """`pulumi import` writes code that shows no credential; the next up sends nothing."""
    source_id = by_hand(imgix)
    program.write({})
    code = program.pulumi.folder.parent / "code.yaml"
    done = program.pulumi.run(
        "import", "imgix:index:Source", "hand", source_id, "--yes", "--out", str(code)
    )
    assert done.ok, done.text
    assert "canary" not in (done.text + code.read_text() + program.pulumi.state()).lower()
    resources = yaml.safe_load(code.read_text())["resources"]
    assert resources["hand"]["properties"] == {
        "name": "By hand",
        "deployment": {
            "imgixSubdomains": ["hand"],
            "cacheTtlValue": 7200,
            "defaultParams": {"auto": "format"},
            "s3": {
                "s3Bucket": "hand-images",
                "s3AccessKey": "imgix:keep",
                "s3SecretKey": "imgix:keep",
            },
        },
    }

    program.write(resources)
    imgix.requests.clear()
    settled = program.pulumi.run("preview", "--expect-no-changes")
    assert settled.ok, settled.text
    up = program.pulumi.up()
    assert up.ok, up.text
    assert changing(imgix) == []


@needs_host("yaml")
def test_the_option_import_leaves_what_the_program_does_not_declare(
    imgix: SimulatedImgix, program: Yaml
) -> None:
    """The source comes into the stack with one change, and the next run is quiet."""
    source_id = by_hand(imgix)
    before = imgix.source(source_id).deployment
    s3 = dict.fromkeys(("s3AccessKey", "s3SecretKey"), "imgix:keep")
    deployment = {
        "imgixSubdomains": ["hand"],
        "imageErrorAppendQs": True,
        "s3": {"s3Bucket": "hand-images", **s3},
    }
    properties = {"name": "By hand", "deployment": deployment}
    resource = {"type": "imgix:Source", "properties": properties}
    program.write({"hand": {**resource, "options": {"import": source_id}}})
    imgix.requests.clear()

    up = program.pulumi.up()

    assert up.ok, up.text
    assert changing(imgix) == ["PATCH"]
    (change,) = (request for request in imgix.requests if request.method == "PATCH")
    assert change.body["data"]["attributes"] == {"deployment": {"image_error_append_qs": True}}
    assert imgix.source(source_id).deployment == {**before, "image_error_append_qs": True}
    program.write({"hand": resource})
    settled = program.pulumi.run("preview", "--refresh", "--expect-no-changes")
    assert settled.ok, settled.text


@needs_host("yaml")
def test_what_is_not_there_is_not_imported(imgix: SimulatedImgix, program: Yaml) -> None:
    """The line says why, and where to look."""
    program.write({})
    done = program.pulumi.run("import", "imgix:index:Source", "hand", "0" * 24, "--yes")
    assert not done.ok
    assert f"there is no imgix source {'0' * 24} in this account. Check the id" in done.text


DYNAMIC = """
import pulumi
import imgix_provider as imgix
secret = pulumi.Config().require_secret
imgix.ImgixSource("s3", name="S3", deployment=imgix.S3Deployment(
    imgix_subdomains=["acme-s3"], s3_bucket="b", s3_access_key="AKIA", s3_secret_key=secret("a"),
    secure_url_enabled=True))
imgix.ImgixSource("proxy", name="Proxy", on_delete="release",
    deployment=imgix.WebProxyDeployment(imgix_subdomains=["acme-proxy"]))
"""


@needs_host("yaml")
@needs_host("python")
def test_a_stack_moves_from_the_dynamic_resource(imgix: SimulatedImgix, program: Yaml) -> None:
    """The program is swapped: ids stay, nothing is sent, and the outputs are new."""
    pulumi = program.pulumi
    pulumi.write(DYNAMIC)
    pulumi.secret("a", "canary-a-secret")
    first = pulumi.up()
    assert first.ok, first.text
    ids = set(imgix.sources)

    s3 = {**DEPLOYMENTS["s3"], "secureUrlEnabled": True}
    program.write(
        {
            "s3": source("S3", s3),
            "proxy": source("Proxy", DEPLOYMENTS["proxy"], onDelete="release"),
        },
        secrets="a",
        outputs={"urls": "${s3.urls}"},
    )
    imgix.requests.clear()
    moved = pulumi.up()
    assert moved.ok, moved.text
    assert "moves from the dynamic resource to this one; nothing is sent" in moved.text
    assert "https://acme-s3.imgix.net" in moved.text
    assert list(imgix.requests) == []
    assert set(imgix.sources) == ids

    settled = pulumi.run("preview", "--expect-no-changes")
    assert settled.ok, settled.text
    resources = pulumi.exported()["deployment"]["resources"]
    outputs = [r["outputs"] for r in resources if r["type"] == "imgix:index:Source"]
    assert len(outputs) == 2
    assert not any("__provider" in each or "on_delete" in each for each in outputs)
    refreshed = pulumi.run("refresh", "--yes")
    assert refreshed.ok, refreshed.text
    assert "2 unchanged" in refreshed.text or "3 unchanged" in refreshed.text
    assert "canary" not in moved.text + pulumi.state()


@needs_host("yaml")
def test_a_stack_moves_back_to_the_dynamic_resource(imgix: SimulatedImgix, program: Yaml) -> None:
    """With the ids in `adopt`, the plugin deletes nothing that the other provider has now."""
    pulumi = program.pulumi
    program.write({"proxy": source("Proxy", DEPLOYMENTS["proxy"], onDelete="release")})
    assert pulumi.up().ok
    (source_id,) = imgix.sources
    (pulumi.folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    pulumi.write(
        "import imgix_provider as imgix\n"
        f'imgix.ImgixSource("proxy", name="Proxy", adopt="{source_id}",\n'
        '    deployment=imgix.WebProxyDeployment(imgix_subdomains=["acme-proxy"]))\n'
    )
    imgix.requests.clear()

    moved = pulumi.up()

    assert moved.ok, moved.text
    assert 'left as it is: resource "proxy" of this stack has this source now' in moved.text
    assert changing(imgix) == []
    assert imgix.source(source_id).enabled
    assert pulumi.run("preview", "--expect-no-changes").ok


@needs_host("yaml")
def test_two_accounts_stand_in_one_program(imgix: SimulatedImgix, program: Yaml) -> None:
    """Each explicit provider has its own key, which the state holds as a secret."""
    key = "ak_" + "ca" * 32
    with SimulatedImgix(api_key=key) as other:
        program.write(
            {
                "other": {
                    "type": "pulumi:providers:imgix",
                    "properties": {"apiKey": key, "apiUrl": other.url, "checkDomains": False},
                },
                "here": source("Here", DEPLOYMENTS["proxy"]),
                "there": source("There", DEPLOYMENTS["proxy"], options={"provider": "${other}"}),
            }
        )
        up = program.pulumi.up()
        assert up.ok, up.text
        assert [s.name for s in imgix.sources.values()] == ["Here"]
        assert [s.name for s in other.sources.values()] == ["There"]
        again = program.pulumi.run("up", "--yes")
        assert "unchanged" in again.text
        assert "created" not in again.text
        assert key not in up.text + program.pulumi.state()


@needs_host("yaml")
def test_a_forced_replacement_that_imgix_refuses_stays_in_the_state(
    imgix: SimulatedImgix, program: Yaml
) -> None:
    """The run fails, the source serves on, and a destroy disables it as ever."""
    pulumi = program.pulumi
    proxy, options = DEPLOYMENTS["proxy"], {"replaceOnChanges": ["name"]}
    program.write({"proxy": source("Proxy", proxy, options=options)})
    assert pulumi.up().ok
    (source_id,) = imgix.sources
    program.write({"proxy": source("Renamed", proxy, options=options)})
    imgix.faults.add(Fault("status", status=400, method="PATCH", times=None))

    failed = pulumi.up()

    assert not failed.ok
    assert "kept as it was: imgix refused to update" in failed.text
    assert imgix.source(source_id).enabled
    imgix.faults.clear()
    assert pulumi.up().ok
    assert imgix.source(source_id).name == "Renamed"
    assert pulumi.run("destroy", "--yes").ok
    assert not imgix.source(source_id).enabled
    assert list(imgix.sources) == [source_id]


@needs_host("yaml")
def test_a_misspelt_setting_is_a_warning_in_a_stack_that_exists(program: Yaml) -> None:
    """The engine sees no change in the provider, and goes on with the settings of the state."""
    proxy = {
        "type": "imgix:Source",
        "properties": {"name": "P", "deployment": DEPLOYMENTS["proxy"]},
    }
    program.write({"proxy": proxy})
    assert program.pulumi.up().ok
    assert program.pulumi.run("config", "set", "imgix:createPerHour", "500").ok

    preview = program.pulumi.run("preview")

    assert preview.ok, preview.text
    words = "warning: imgix:createPerHour is not a setting, so it has no effect; did you mean"
    assert words in preview.text


@needs_host("yaml")
def test_a_mistake_is_one_line_on_its_resource(program: Yaml) -> None:
    """In the program's names, without the value of a secret."""
    folder = {
        "imgixSubdomains": ["acme"],
        "webfolder": {
            "webfolderBaseUrl": "https://www.example.com/",
            "requestHandshake": "${a}",
        },
    }
    program.write({"blog": source("Blog", folder)}, secrets="a")
    program.pulumi.secret("a", "canary-too-short")
    preview = program.pulumi.run("preview")
    assert not preview.ok
    assert (
        "deployment.webfolder.requestHandshake: must be exactly 32 latin-1 characters"
        in preview.text
    )
    assert "canary" not in preview.text
    assert "Traceback" not in preview.text


@needs_host("yaml")
def test_an_interrupted_run_ends_at_once_with_every_id(
    imgix: SimulatedImgix, program: Yaml
) -> None:
    """Ctrl-C while sources deploy: the state has them all, and the next up goes on."""
    names = [f"s{number}" for number in range(6)]
    program.write({n: source(n, {"imgixSubdomains": [n], "webproxy": {}}) for n in names})
    program.pulumi.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    imgix.faults.add(Fault("never_deploys", times=6))
    run = program.pulumi.start_up()
    deadline = time.monotonic() + 60
    while len(imgix.sources) < 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)  # every answer has arrived

    began = time.monotonic()
    os.kill(run.pid, signal.SIGINT)
    run.wait(timeout=60)
    assert time.monotonic() - began < 10

    resources = program.pulumi.exported()["deployment"]["resources"]
    kept = {r["id"] for r in resources if r["type"] == "imgix:index:Source"}
    assert kept == set(imgix.sources)
    imgix.requests.clear()
    again = program.pulumi.up()
    assert again.ok, again.text
    assert changing(imgix) == []


@needs_host("yaml")
def test_a_whole_account_is_imported_and_settles(
    imgix: SimulatedImgix,
    program: Yaml,
    mixed_account: Callable[[int], None],
    command_line: Callable[..., Any],
) -> None:
    """With the ids in a file; the generated code shows no credential and changes nothing."""
    mixed_account(12)  # the next one is called "null", which the CLI writes as YAML's null
    folder = program.pulumi.folder
    written = command_line("import", "--out", folder, "--format", "plugin")
    assert written.returncode == 0, written.stderr
    program.write({})
    imgix.requests.clear()

    code = folder.parent / "code.yaml"
    done = program.pulumi.run(
        *("import", "--file", "import.json", "--yes", "--protect=false", "--out", str(code))
    )
    assert done.ok, done.text
    assert "failed to validate" not in done.text
    assert len(list(imgix.requests)) < 12  # one list serves most of them
    assert "canary" not in (code.read_text() + program.pulumi.state()).lower()

    (folder / "Pulumi.yaml").write_text("name: test\nruntime: yaml\n" + code.read_text())
    settled = program.pulumi.run("preview", "--expect-no-changes")
    assert settled.ok, settled.text
    assert changing(imgix) == []
