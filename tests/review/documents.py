"""Documents as the engine writes them, put together for one case at a time.

A state here has all that a state in the samples has, so that what is read of these is what is read
of real ones.
"""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imgix_provider.review.model import Reviewed, Source, Stack
from imgix_provider.review.read import read_preview
from imgix_provider.review.rules.table import review
from imgix_provider.review.stacks import make_stack

SAMPLES = Path(__file__).parent / "samples"
DYNAMIC = "pulumi-python:dynamic/imgix:Source"
PLUGIN = "imgix:index:Source"
SECRET = "[secret]"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Json = dict[str, Any]

DEFAULTS: Json = {
    "annotation": "Created via the API.",
    "cache_ttl_behavior": "enforce_minimum",
    "cache_ttl_error": 300,
    "cache_ttl_value": 31_536_000,
    "crossdomain_xml_enabled": False,
    "custom_domains": [],
    "default_params": {},
    "image_error": None,
    "image_error_append_qs": False,
    "image_missing": None,
    "image_missing_append_qs": False,
    "secure_url_enabled": False,
}
CREDENTIALS = {
    "s3_access_key",
    "s3_secret_key",
    "gcs_access_key",
    "gcs_secret_key",
    "azure_sas_string",
    "access_key_id",
    "secret_key",
    "password",
    "username",
}


def folder(*subdomains: str, **fields: Any) -> Json:
    """Return the deployment of a Web Folder."""
    return {
        "type": "webfolder",
        "imgix_subdomains": list(subdomains or ("acme",)),
        "webfolder_base_url": "https://example.com/images/",
    } | fields


def s3(*subdomains: str, **fields: Any) -> Json:
    """Return the deployment of an S3 source, its credentials masked."""
    return {
        "type": "s3",
        "imgix_subdomains": list(subdomains or ("acme",)),
        "s3_bucket": "acme-images",
        "s3_access_key": SECRET,
        "s3_secret_key": SECRET,
    } | fields


def gcs(*subdomains: str, **fields: Any) -> Json:
    """Return the deployment of a Google Cloud Storage source, its credentials masked."""
    return {
        "type": "gcs",
        "imgix_subdomains": list(subdomains or ("acme",)),
        "gcs_bucket": "acme-images",
        "gcs_access_key": SECRET,
        "gcs_secret_key": SECRET,
    } | fields


def azure(*subdomains: str, **fields: Any) -> Json:
    """Return the deployment of an Azure source, its credential masked."""
    return {
        "type": "azure",
        "imgix_subdomains": list(subdomains or ("acme",)),
        "azure_account": "acme",
        "azure_bucket": "images",
        "azure_service_type": "blob",
        "azure_sas_string": SECRET,
    } | fields


def compatible(*subdomains: str, **fields: Any) -> Json:
    """Return the deployment of an S3 Compatible source, its credentials masked."""
    return {
        "type": "s3_compatible",
        "imgix_subdomains": list(subdomains or ("acme",)),
        "bucket_name": "acme-images",
        "endpoint_url": "https://nyc3.digitaloceanspaces.com",
        "region": "nyc3",
        "storage_provider": "DigitalOcean",
        "access_key_id": SECRET,
        "secret_key": SECRET,
    } | fields


def proxy(*subdomains: str, **fields: Any) -> Json:
    """Return the deployment of a web proxy."""
    return {"type": "webproxy", "imgix_subdomains": list(subdomains or ("acme",))} | fields


def inputs(deployment: Any, name: str = "Blog", **arguments: Any) -> Json:
    """Return the inputs of a source."""
    return {
        "__provider": "gASV",
        "deploy_timeout": 300,
        "deployment": deployment,
        "enabled": True,
        "name": name,
        "on_delete": "disable",
        "on_type_change": "update",
        "wait_for_deployed": True,
    } | arguments


def outputs(of: Json, **effective: Any) -> Json:
    """Return the outputs of a source with these inputs, as imgix shows it."""
    deployment = of["deployment"]
    if not isinstance(deployment, dict):
        return {**of, "effective_deployment": SECRET}
    shown = {k: v for k, v in deployment.items() if k not in CREDENTIALS and v != SECRET}
    defaults = DEFAULTS | ({"secure_url_enabled": True} if shown["type"] == "webproxy" else {})
    return {
        **of,
        "date_deployed": 1795503377,
        "deployment_status": "deployed" if of["enabled"] else "disabled",
        "effective_deployment": defaults | shown | effective,
        "urls": [f"https://{each}.imgix.net" for each in deployment["imgix_subdomains"]],
    }


class Case:
    """A preview that grows step by step."""

    def __init__(self, stack: str = "dev", project: str = "acme", kind: str = DYNAMIC) -> None:
        """Start with the step of the stack itself."""
        self.stack = stack
        self.project = project
        self.kind = kind
        self.steps: list[Json] = []
        self.diagnostics: list[Json] = []
        self.summary: dict[str, int] = {}
        self.config: Json | None = None
        self._line = 2
        self.step("same", self.state_of_stack(), self.state_of_stack())

    @property
    def root(self) -> str:
        """The URN of the stack."""
        kind = "pulumi:pulumi:Stack"
        return f"urn:pulumi:{self.stack}::{self.project}::{kind}::{self.project}-{self.stack}"

    def urn(self, resource: str) -> str:
        """Return the URN of a source."""
        return f"urn:pulumi:{self.stack}::{self.project}::{self.kind}::{resource}"

    def state_of_stack(self) -> Json:
        """Return the state of the stack itself."""
        return {"urn": self.root, "custom": False, "type": "pulumi:pulumi:Stack"}

    def state(self, resource: str, given: Json, shown: Json | None = None, **more: Any) -> Json:
        """Return a state of a source; with outputs where `shown` is given."""
        number = sum(map(ord, resource))
        state = {
            "urn": self.urn(resource),
            "custom": True,
            "type": self.kind,
            "inputs": given,
            "parent": self.root,
            "propertyDependencies": {"deployment": []},
            "sourcePosition": "project:///.venv/lib/python3.11/site-packages/imgix_provider/r.py#9",
            "stackTrace": [
                {
                    "sourcePosition": "project:///.venv/lib/python3.11/site-packages/"
                    "imgix_provider/resource.py#104"
                },
                {"sourcePosition": f"project:///__main__.py#{2 + number % 90}"},
                {},
            ],
        }
        if shown is not None:
            state |= {"id": f"{number:024x}", "outputs": shown}
        return state | more

    def step(self, op: str, old: Json | None, new: Json | None, **more: Any) -> Case:
        """Add a step with these states."""
        found = {"op": op, "urn": (new or old or {})["urn"], "detailedDiff": None} | more
        if old is not None:
            found["oldState"] = copy.deepcopy(old)
        if new is not None:
            found["newState"] = copy.deepcopy(new)
        self.steps.append(found)
        self.summary[op] = self.summary.get(op, 0) + 1
        return self

    def create(self, resource: str, given: Json) -> Case:
        """Add a source that is created."""
        return self.step("create", None, self.state(resource, given))

    def update(self, resource: str, old: Json, new: Json, **effective: Any) -> Case:
        """Add a source that is updated; `effective` is what imgix shows beside its defaults."""
        before = self.state(resource, old, outputs(old, **effective))
        return self.step("update", before, self.state(resource, new))

    def replace(self, resource: str, old: Json, new: Json) -> Case:
        """Add a source that is replaced."""
        before = self.state(resource, old, outputs(old))
        self.step("delete-replaced", before, None)
        self.step("replace", before, self.state(resource, new), replaceReasons=["deployment.type"])
        return self.step("create-replacement", before, self.state(resource, new))

    def delete(self, resource: str, old: Json, **more: Any) -> Case:
        """Add a source that leaves the stack."""
        return self.step("delete", self.state(resource, old, outputs(old), **more), None)

    def same(self, resource: str, given: Json, **effective: Any) -> Case:
        """Add a source that does not change."""
        state = self.state(resource, given, outputs(given, **effective))
        return self.step("same", state, self.state(resource, given))

    def refreshed(
        self,
        resource: str,
        recorded: Json,
        live: Json | None,
        declared: Json | None,
        *,
        shown: Mapping[str, Any] | None = None,
    ) -> Case:
        """Add a source that was compared with imgix; `live` is None where it is gone there."""
        before = self.state(resource, recorded, outputs(recorded))
        self.step("refresh", before, before)
        if live is None:
            assert declared is not None
            return self.create(resource, declared)
        now = self.state(resource, live, outputs(live, **(shown or {})))
        if declared is None:
            return self.step("delete", now, None)
        op = "same" if live == declared else "update"
        return self.step(op, now, self.state(resource, declared))

    def says(self, message: str, severity: str = "info#err", resource: str = "") -> Case:
        """Add a diagnostic."""
        said: Json = {"message": f"{message}\n\n", "severity": severity}
        if resource:
            said["urn"] = self.urn(resource)
        self.diagnostics.append(said)
        return self

    def document(self) -> Json:
        """Return the document."""
        document: Json = {"steps": self.steps, "changeSummary": self.summary, "duration": 1}
        if self.diagnostics:
            document["diagnostics"] = self.diagnostics
        if self.config is not None:
            document["config"] = self.config
        return document

    def reviewed(self) -> Reviewed:
        """Return the review of the document."""
        return reviewed(self.document())


def reviewed(document: Any, label: str = "") -> Reviewed:
    """Return the review of a document."""
    (found,) = review([stack_of(document, label)])
    return found


def stack_of(document: Any, label: str = "") -> Stack:
    """Return the model of a document."""
    text = document if isinstance(document, str) else json.dumps(document)
    return make_stack(read_preview(io.StringIO(text), "test.json"), label)


def sample(name: str) -> Any:
    """Return a sample: a document, or the text of events."""
    text = (SAMPLES / name).read_text()
    return text if name.endswith(".jsonl") else json.loads(text)


def source_of(stack: Stack, resource: str) -> Source:
    """Return a source by its name in the program."""
    (found,) = (source for source in stack.sources if source.resource == resource)
    return found


def rules_hit(found: Reviewed, resource: str | None = None) -> list[str]:
    """Return the ids of the rules that were hit, of one source or of all."""
    return [
        finding.rule
        for finding in found.findings
        if resource is None or (finding.source and finding.source.resource == resource)
    ]


def names(samples: Sequence[Path]) -> list[str]:
    """Return the names of samples, for the ids of tests."""
    return [path.name for path in samples]
