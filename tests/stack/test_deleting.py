"""What leaving the program means for a source, since imgix has no delete."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from imgix_testing.engine import Result
from tests.stack.conftest import Declarations

WAYS = ("disable", "release", "retain")


def folder(name: str, **options: Any) -> dict[str, Any]:
    """Return the arguments of a source with a subdomain and a custom domain of its own."""
    deployment = {
        "type": "webfolder",
        "imgix_subdomains": [name],
        "custom_domains": [f"{name}.example.com"],
        "webfolder_base_url": "https://www.example.com/",
    }
    return {"name": name, "deployment": deployment, **options}


@attrs.frozen
class Removal:
    """One run in which every source leaves the program, and what was of them before."""

    declarations: Declarations
    ids: dict[str, str]
    removed: Result
    sent: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def removal(declarations: Declarations) -> Removal:
    """Sources with each way to delete, up, and then gone from the program."""
    declared = {way: folder(way, on_delete=way) for way in WAYS}
    declared["disabled"] = folder("disabled", enabled=False)
    created = declarations.declare(declared).up(skip_preview=True)
    assert created.ok, created.text
    ids = {name: declarations.id_of(name) for name in declared}
    declarations.imgix.requests.clear()
    removed = declarations.declare({}).up(skip_preview=True)
    sent = {name: declarations.changes_sent(ids[name]) for name in declared}
    return Removal(declarations, ids, removed, sent)


def test_disable_keeps_the_domains_taken(removal: Removal) -> None:
    """The default switches the source off, and says what it still holds."""
    assert removal.sent["disable"] == [{"enabled": False}]
    source = removal.declarations.imgix.source(removal.ids["disable"])
    assert source.deployment["imgix_subdomains"] == ["disable"]
    assert not source.enabled
    assert "disabled, and keeps disable, disable.example.com" in removal.removed.text


def test_release_frees_the_domains_first(removal: Removal) -> None:
    """A disabled source takes no change, so the domains go while it is on."""
    source_id = removal.ids["release"]
    freed = {"imgix_subdomains": [f"released-{source_id}"], "custom_domains": []}
    assert removal.sent["release"] == [{"deployment": freed}, {"enabled": False}]
    assert "release, release.example.com freed" in removal.removed.text


def test_retain_leaves_the_source_as_it_is(removal: Removal) -> None:
    """It goes on serving, managed by nobody."""
    assert removal.sent["retain"] == []
    assert removal.declarations.imgix.source(removal.ids["retain"]).enabled
    assert 'left as it is, as on_delete="retain" asks' in removal.removed.text


def test_a_disabled_source_is_left_disabled(removal: Removal) -> None:
    """There is nothing to change, and it is not an error."""
    assert removal.sent["disabled"] == []
    assert "stays disabled" in removal.removed.text


def test_all_leave_the_state(removal: Removal) -> None:
    """The stack knows none of them any more."""
    assert removal.removed.ok, removal.removed.text
    assert removal.removed.changes == {"delete": 4}


def test_a_released_domain_can_be_used_at_once(removal: Removal) -> None:
    """Another source of the same stack takes it, with a new id."""
    again = removal.declarations.declare({"again": folder("release")}).up(skip_preview=True)
    assert again.ok, again.text
    assert removal.declarations.id_of("again") != removal.ids["release"]


def test_a_disabled_source_is_reused(removal: Removal) -> None:
    """What was removed by mistake and declared again is the same source as before."""
    again = removal.declarations.declare({"back": folder("disable")}).up(skip_preview=True)
    assert again.ok, again.text
    assert removal.declarations.id_of("back") == removal.ids["disable"]
    assert removal.declarations.imgix.source(removal.ids["disable"]).enabled
    assert "reused: it existed, disabled" in again.text
