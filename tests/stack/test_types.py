"""One program with a source of each of the six types, through its whole life."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from imgix_testing.engine import Result
from tests.sdk import TAKES_INPUTS
from tests.stack.conftest import Declarations

SECRETS = {
    "s3": {"s3_access_key": "AKIACANARY", "s3_secret_key": "canary-s3"},
    "gcs": {"gcs_access_key": "GOOGCANARY", "gcs_secret_key": "canary-gcs"},
    "azure": {"azure_sas_string": "sv=1&sig=canary-azure"},
    "webfolder": {"password": "canary-password", "request_handshake": "canary" + "h" * 26},
    "webproxy": {"request_signing_key": "canary" + "k" * 26},
    "s3_compatible": {"access_key_id": "SPACESCANARY", "secret_key": "canary-spaces"},
}
OTHERS: dict[str, dict[str, Any]] = {
    "s3": {"s3_bucket": "acme"},
    "gcs": {"gcs_bucket": "acme", "gcs_prefix": "originals"},
    "azure": {"azure_account": "acme", "azure_bucket": "scans", "azure_service_type": "file"},
    "webfolder": {"webfolder_base_url": "https://www.example.com/images/", "username": "me"},
    "webproxy": {"secure_url_enabled": True},
    "s3_compatible": {
        "storage_provider": "DigitalOcean",
        "bucket_name": "acme",
        "endpoint_url": "nyc3.digitaloceanspaces.com",
        "region": "nyc3",
    },
}
CONVERTED = {
    "type": "s3_compatible",
    "imgix_subdomains": ["acme-webfolder"],
    "storage_provider": "Linode",
    "access_key_id": "LINODECANARY",
    "bucket_name": "acme",
    "secret_key": "canary-linode",
    "endpoint_url": "us-east-1.linodeobjects.com",
    "region": "us-east-1",
}


def sources() -> dict[str, dict[str, Any]]:
    """Return a source of each type, called as its type is."""
    return {
        name: {
            "name": f"My {name}",
            "deployment": {
                "type": name,
                "imgix_subdomains": [f"acme-{name.replace('_', '-')}"],
                **OTHERS[name],
                **SECRETS[name],
            },
        }
        for name in OTHERS
    }


@attrs.frozen
class Life:
    """What came of each run, in the order in which they were made."""

    declarations: Declarations
    created: Result
    ids: dict[str, str]
    again: Result
    requests_of_again: int
    conversion: Result
    patches: list[dict[str, Any]]
    replacement: Result
    id_after_replacement: str
    refresh: Result
    destroyed: Result
    state: str


@pytest.fixture(scope="module")
def life(declarations: Declarations) -> Life:
    """Up, up again, one source converted and one replaced, a hand edit, destroy."""
    imgix = declarations.imgix
    stack = declarations.declare(sources())
    created = stack.up()
    assert created.ok, created.text
    ids = {name: declarations.id_of(name) for name in OTHERS}
    imgix.requests.clear()
    again = stack.up(skip_preview=True)
    requests_of_again = len(imgix.requests)

    converted = {**sources(), "webfolder": {"name": "My webfolder", "deployment": CONVERTED}}
    conversion = declarations.declare(converted).up()
    patches = declarations.changes_sent(ids["webfolder"])

    other = {"type": "webproxy", "imgix_subdomains": ["acme-gcs"]}
    replaced = {
        **converted,
        "gcs": {"name": "My gcs", "deployment": other, "on_type_change": "replace"},
    }
    replacement = declarations.declare(replaced).up()

    imgix.edit(ids["azure"], deployment={"azure_bucket": "by-hand"})
    refresh = stack.refresh(preview_only=True)
    state = stack.state_file.read_text()
    return Life(
        declarations,
        created,
        ids,
        again,
        requests_of_again,
        conversion,
        patches,
        replacement,
        declarations.id_of("gcs"),
        refresh,
        stack.destroy(),
        state,
    )


def test_all_six_types_are_created_as_previewed(life: Life) -> None:
    """One run makes a source of every type, and preview said so."""
    assert life.created.preview is not None
    assert life.created.preview.changes == life.created.changes == {"create": 6}


def test_the_second_run_sends_nothing(life: Life) -> None:
    """Nothing has changed, so nobody is asked."""
    assert life.again.changes == {"same": 6}
    assert life.requests_of_again == 0


def test_a_web_folder_becomes_s3_compatible_in_place(life: Life) -> None:
    """As in imgix's own example: one PATCH with the whole new deployment, and the same id."""
    assert life.conversion.ok, life.conversion.text
    assert life.conversion.changes == {"same": 5, "update": 1}
    assert life.patches == [{"deployment": CONVERTED}]
    assert life.conversion.step("webfolder").id == life.ids["webfolder"]
    kept = life.declarations.imgix.source(life.ids["webfolder"]).deployment
    assert kept["imgix_subdomains"] == ["acme-webfolder"]
    assert "webfolder_base_url" not in kept


def test_preview_says_in_words_what_another_type_means(life: Life) -> None:
    """Which fields go and which come, and that the source stays the same."""
    assert life.conversion.preview is not None
    (line,) = [line for line in life.conversion.preview.diagnostics if "type changes" in line]
    assert 'imgix source "My webfolder": the type changes from webfolder to s3_compatible' in line
    assert "webfolder_base_url" in line
    assert "bucket_name" in line
    assert "the source stays the same" in line


def test_a_replacement_is_shown_and_makes_a_new_source(life: Life) -> None:
    """With `on_type_change` there is a new id behind the same subdomain, and the old is off."""
    preview = life.replacement.preview
    assert preview is not None
    assert preview.step("gcs").op == "replace"
    assert preview.step("gcs").replaces == ["deployment.type"]
    assert "a new source replaces the old one" in preview.text
    assert life.replacement.ok, life.replacement.text
    new, old = life.id_after_replacement, life.ids["gcs"]
    assert new != old
    account = life.declarations.imgix
    assert account.source(new).deployment["imgix_subdomains"] == ["acme-gcs"]
    assert "acme-gcs" not in account.source(old).deployment["imgix_subdomains"]
    assert not account.source(old).enabled


def test_a_hand_edit_shows_as_a_property_that_differs(life: Life) -> None:
    """A refresh says which value is another, and of which source."""
    assert life.refresh.step("azure").op == "update"
    changed = life.refresh.step("azure").changed
    assert "deployment.azure_bucket" in changed
    assert len(changed) == 1 or not TAKES_INPUTS
    assert "by-hand" in life.refresh.text
    assert life.refresh.changes == {"same": 5, "update": 1}


def test_destroy_leaves_no_source_enabled(life: Life) -> None:
    """There is no delete at imgix, so each is disabled and that is said."""
    assert life.destroyed.ok, life.destroyed.text
    assert life.destroyed.changes == {"delete": 6}
    assert not any(source.enabled for source in life.declarations.imgix.sources.values())
    said = [line for line in life.destroyed.diagnostics if "imgix has no delete" in line]
    assert len(said) == 6


def test_no_secret_is_in_the_state_or_in_any_output(life: Life) -> None:
    """Every credential was there all the time, and none can be read."""
    runs = (life.created, life.again, life.conversion, life.replacement, life.refresh)
    seen = "".join(run.text for run in (*runs, life.destroyed)) + life.state
    values = [value for secrets in SECRETS.values() for value in secrets.values()]
    values += [CONVERTED["access_key_id"], CONVERTED["secret_key"]]  # type: ignore[list-item]
    assert [value for value in values if value in seen] == []
    assert "ciphertext" in life.state
