"""Changes of a source one by one: what is sent, and what a refresh takes over."""

from __future__ import annotations

from typing import Any

import pytest

from imgix_provider import KEEP
from imgix_provider.api.source import Source
from imgix_provider.sources.diff import (
    Changes,
    declaration_of_live,
    diff_declarations,
    diff_live,
)
from tests.declarations import declare, small

Keys = dict[str, Any]


def shown(deployment: Keys, **attributes: Any) -> Source:
    """Return a source as imgix shows it."""
    given: Keys = {"name": "Blog", "enabled": True, **attributes}
    return Source(id="6359b5ba8147da20e8edfdd5", deployment=deployment, **given)


def test_no_change_is_nothing_at_all() -> None:
    """Nothing is sent, and nothing of this package's own changes."""
    changes = Changes()
    assert (changes.patch, changes.sends, changes.any) == ({}, False, False)
    assert diff_declarations(declare(small("s3")), declare(small("s3"))) == changes


@pytest.mark.parametrize(
    ("changes", "patch", "sends"),
    [
        (Changes(name=""), {"name": ""}, True),
        (Changes(deployment={"s3_bucket": "b"}), {"deployment": {"s3_bucket": "b"}}, True),
        (Changes(enabled=False), {}, True),
        (Changes(enabled=True), {}, True),
        (Changes(options=("adopt",)), {}, False),
    ],
)
def test_whether_it_serves_goes_alone_and_options_do_not_go(
    changes: Changes, patch: Keys, sends: bool
) -> None:
    """The patch holds what goes together; any change at all is one."""
    assert (changes.patch, changes.sends, changes.any) == (patch, sends, True)


def test_changes_can_leave_keys_out() -> None:
    """Everything else of them stays."""
    changes = Changes(name="Shop", deployment={"s3_bucket": "b", "annotation": "c"})
    assert changes.without(frozenset({"annotation"})) == Changes(
        name="Shop", deployment={"s3_bucket": "b"}
    )


def test_a_printed_change_shows_no_value() -> None:
    """A deployment may hold credentials."""
    assert "canary" not in repr(Changes(deployment={"password": "canary"}))
    assert "canary" not in repr(declare({"password": "canary"}))


def test_changes_are_made_by_name() -> None:
    """A name and a deployment cannot be mixed up."""
    with pytest.raises(TypeError, match="positional"):
        Changes("Shop")  # type: ignore[call-arg]


PATCHES: dict[str, tuple[Keys, Keys, Changes]] = {
    "another value": (
        small("s3"),
        small("s3", s3_bucket="b"),
        Changes(deployment={"s3_bucket": "b"}),
    ),
    "a key that comes": (
        small("s3"),
        small("s3", annotation=""),
        Changes(deployment={"annotation": ""}),
    ),
    "keys that go": (
        small("s3", s3_prefix="p", cache_ttl_error=5, zzzz="undocumented"),
        small("s3"),
        Changes(
            deployment={"s3_prefix": None, "cache_ttl_error": 300},
            removed=("cache_ttl_error", "s3_prefix"),
        ),
    ),
    "a key without a value that goes": (
        {**small("s3"), "s3_prefix": None},
        small("s3"),
        Changes(),
    ),
    "a value instead of the kept one": (
        small("s3", s3_secret_key=KEEP),
        small("s3", s3_secret_key="new"),
        Changes(deployment={"s3_secret_key": "new"}),
    ),
    "a kept value": (small("s3"), small("s3", s3_secret_key=KEEP), Changes()),
    "a kept value before one that changes": (
        small("s3"),
        {**small("s3", s3_access_key=KEEP), "annotation": "a"},
        Changes(deployment={"annotation": "a"}),
    ),
    "a kept value that was not declared": (
        small("s3", s3_secret_key=None),
        small("s3", s3_secret_key=KEEP),
        Changes(),
    ),
    "the word where nothing is kept": (
        small("s3"),
        small("s3", s3_bucket=KEEP, zzzz=KEEP),
        Changes(deployment={"s3_bucket": KEEP, "zzzz": KEEP}),
    ),
    "a type that is not known": (
        {"type": "ftp", "host": "a"},
        {"type": "ftp", "host": "b"},
        Changes(deployment={"host": "b"}),
    ),
    "another type": (
        small("webfolder", annotation="a", username="u", image_error="https://a.com/x.png"),
        small("webproxy", annotation="a"),
        Changes(
            deployment={
                **small("webproxy", annotation="a"),
                "username": None,
                "image_error": None,
                "secure_url_enabled": True,
            },
            removed=("image_error", "username"),
            type_change=("webfolder", "webproxy"),
        ),
    ),
}


@pytest.mark.parametrize("case", PATCHES)
def test_just_what_differs_is_sent(case: str) -> None:
    """Each key that changes goes once, and one that is gone goes with its default."""
    old, new, changes = PATCHES[case]
    assert diff_declarations(declare(old), declare(new)) == changes


def test_every_argument_of_the_package_is_an_option() -> None:
    """They are named in the order of the arguments; the name and the rest are no options."""
    old, new = small("s3"), small("s3", s3_bucket="b")
    options = {"deploy_timeout": 5, "secret_keys": ("name",), "on_delete": "retain"}
    changes = diff_declarations(declare(old), declare(new, name="Shop", enabled=False, **options))
    assert changes == Changes(
        name="Shop",
        enabled=False,
        deployment={"s3_bucket": "b"},
        options=("on_delete", "deploy_timeout", "secret_keys"),
    )


def test_a_live_source_is_compared_by_what_is_declared() -> None:
    """What imgix chose by itself stays, and what it does not show is sent again."""
    live = {"type": "webfolder", "imgix_subdomains": ["acme"], "annotation": "by imgix"}
    new = small("webfolder", password="p", annotation="mine")
    assert diff_live(shown(live), declare(new)) == Changes(
        deployment={
            "webfolder_base_url": "https://www.example.com/images/",
            "password": "p",
            "annotation": "mine",
        }
    )


@pytest.mark.parametrize(
    ("live", "declared", "sent"),
    [(None, True, None), (None, False, False), (True, True, None), (False, True, True)],
)
def test_a_source_that_says_nothing_counts_as_serving(
    live: bool | None, declared: bool, sent: bool | None
) -> None:
    """It is enabled or disabled only where it is known to be otherwise."""
    changes = diff_live(
        shown(small("webproxy"), enabled=live), declare(small("webproxy"), enabled=declared)
    )
    assert changes == Changes(enabled=sent)


def test_a_source_without_a_name_gets_its_name() -> None:
    """No name at all is another name."""
    changes = diff_live(shown(small("webproxy"), name=None), declare(small("webproxy")))
    assert changes == Changes(name="Blog")
    nameless = declare(small("webproxy"), name="")
    assert diff_live(shown(small("webproxy"), name=None), nameless) == Changes()


# What a refresh takes over: declared, live, shown before, and the declaration that comes of it.
FOLDER, PROXY = small("webfolder"), small("webproxy")
REFRESHED: dict[str, tuple[Keys, Keys, Keys, Keys]] = {
    "what imgix never shows": (
        {**FOLDER, "password": "p"},
        FOLDER,
        FOLDER,
        {**FOLDER, "password": "p"},
    ),
    "what imgix shows no more": (
        {**FOLDER, "username": "u"},
        FOLDER,
        {**FOLDER, "username": "u"},
        FOLDER,
    ),
    "an empty value that imgix shows no more": (
        {**FOLDER, "annotation": ""},
        FOLDER,
        {**FOLDER, "annotation": ""},
        {**FOLDER, "annotation": ""},
    ),
    "the same in other words": (
        {**FOLDER, "default_params": {"w": 2}},
        {**FOLDER, "default_params": {"w": "2"}},
        {},
        {**FOLDER, "default_params": {"w": 2}},
    ),
    "what imgix made of it before": (
        {**FOLDER, "annotation": "a"},
        {**FOLDER, "annotation": "a (by imgix)"},
        {**FOLDER, "annotation": "a (by imgix)"},
        {**FOLDER, "annotation": "a"},
    ),
    "an edit by hand": (
        {**FOLDER, "annotation": "a"},
        {**FOLDER, "annotation": "b"},
        {**FOLDER, "annotation": "a (by imgix)"},
        {**FOLDER, "annotation": "b"},
    ),
    "a value that was never shown before": (
        {**FOLDER, "annotation": "a"},
        {**FOLDER, "annotation": "b"},
        {},
        {**FOLDER, "annotation": "b"},
    ),
    "a value cleared by hand": (
        {**FOLDER, "image_error": "https://a.com/x.png"},
        {**FOLDER, "image_error": None},
        {**FOLDER, "image_error": "https://a.com/x.png"},
        FOLDER,
    ),
    "what was never declared": (FOLDER, {**FOLDER, "annotation": "b"}, FOLDER, FOLDER),
    "a kept value": (
        small("s3", s3_access_key=KEEP),
        small("s3", s3_access_key="AKIA", s3_secret_key=None),
        {},
        small("s3", s3_access_key=KEEP),
    ),
    "a kept value that imgix shows no more": (
        small("s3", s3_access_key=KEEP),
        small("s3", s3_access_key=None, s3_secret_key=None),
        small("s3", s3_secret_key=None),
        small("s3", s3_access_key=KEEP),
    ),
    "no type": (FOLDER, small("webfolder", type=None), FOLDER, FOLDER),
    "a type that is not known": (
        {"type": "ftp", "hosts": ["a", "b"], "port": 1},
        {"type": "ftp", "hosts": ["b", "a"], "port": 2},
        {},
        {"type": "ftp", "hosts": ["a", "b"], "port": 2},
    ),
    "another type, and what all types have": (
        {
            **FOLDER,
            "annotation": "a",
            "cache_ttl_error": 5,
            "default_params": {"w": 2},
            "image_error": "https://a.com/x.png",
        },
        {
            **PROXY,
            "annotation": "b",
            "cache_ttl_value": 1800,
            "default_params": {"w": "2"},
            "image_error": None,
        },
        {},
        {**PROXY, "annotation": "b", "cache_ttl_error": 5, "default_params": {"w": 2}},
    ),
    "another type with keys of its own": (
        FOLDER,
        {
            "type": "s3",
            "imgix_subdomains": ["acme"],
            "s3_access_key": "AKIA",
            "s3_bucket": "b",
            "s3_prefix": None,
        },
        {},
        {
            "type": "s3",
            "imgix_subdomains": ["acme"],
            "s3_access_key": KEEP,
            "s3_bucket": "b",
            "s3_secret_key": KEEP,
        },
    ),
    "another type with secrets that it need not have": (
        small("s3"),
        {**PROXY, "username": "u", "password_encrypted": "x", "request_handshake_encrypted": ""},
        {},
        {**PROXY, "username": "u", "password": KEEP},
    ),
    "another type that is not known": (FOLDER, {"type": "ftp", "host": "a"}, {}, {"type": "ftp"}),
}


@pytest.mark.parametrize("case", REFRESHED)
def test_a_refresh_takes_over_what_a_hand_changed(case: str) -> None:
    """All else stays as the program wrote it, and what imgix does not show is kept."""
    declared, live, before, expected = REFRESHED[case]
    read = declaration_of_live(declare(declared), shown(live), before)
    assert read == declare(expected)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"name": None, "enabled": None}, {}),
        ({"name": "", "enabled": False}, {"name": "", "enabled": False}),
        ({"name": "Shop", "enabled": True}, {"name": "Shop"}),
    ],
)
def test_a_refresh_takes_over_name_and_enabled(attributes: Keys, expected: Keys) -> None:
    """What imgix leaves unsaid is as declared, and so is every option."""
    declared = declare(PROXY, on_delete="retain")
    read = declaration_of_live(declared, shown(PROXY, **attributes), {})
    assert read == declare(PROXY, on_delete="retain", **expected)
