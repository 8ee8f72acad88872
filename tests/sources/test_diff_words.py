"""What is told of changes before they are made, to the word."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from imgix_provider.api.source import Source
from imgix_provider.messages import spell
from imgix_provider.sources.diff import (
    Changes,
    describe_adoption,
    describe_removed,
    describe_secret_changes,
    describe_type_change,
)
from tests.declarations import declare, small

Keys = dict[str, Any]


FOLDER, PROXY = small("webfolder"), small("webproxy")
LIVE = Source(id="6359b5ba8147da20e8edfdd5", name="Blog", deployment=PROXY)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            PROXY,
            FOLDER,
            "the type changes from webproxy to webfolder; webfolder_base_url comes; URLs must be "
            "signed as before: to change that, declare secure_url_enabled",
        ),
        (
            FOLDER,
            PROXY,
            "the type changes from webfolder to webproxy; webfolder_base_url goes; a web proxy "
            "serves signed URLs only",
        ),
        (
            PROXY,
            {**FOLDER, "secure_url_enabled": False},
            "the type changes from webproxy to webfolder; secure_url_enabled, webfolder_base_url "
            "come",
        ),
        (
            {**FOLDER, "secure_url_enabled": True},
            PROXY,
            "the type changes from webfolder to webproxy; webfolder_base_url goes",
        ),
        (
            small("webfolder", username="u"),
            {"type": "s3", "imgix_subdomains": ["acme"], "s3_bucket": "b", "s3_prefix": "p"},
            "the type changes from webfolder to s3; username, webfolder_base_url go; "
            "s3_bucket, s3_prefix come",
        ),
        (
            small("webfolder", username="u", webfolder_base_url=None),
            small("webproxy", username="u"),
            "the type changes from webfolder to webproxy; a web proxy serves signed URLs only",
        ),
        ({"type": "ftp", "a": 1}, {"type": "sftp", "b": 1}, "the type changes from ftp to sftp"),
    ],
)
def test_another_type_is_told_with_what_goes_and_comes(old: Keys, new: Keys, words: str) -> None:
    """Fields that both types have are not named, nor are any that are not declared."""
    assert spell(describe_type_change(declare(old), declare(new))) == words


def test_a_new_source_in_place_of_a_web_proxy_signs_nothing_as_before() -> None:
    """It is not the same source, so nothing that imgix keeps is carried over."""
    new = declare(FOLDER, on_type_change="replace")
    assert "signed" not in describe_type_change(declare(PROXY), new)


@pytest.mark.parametrize(
    ("changes", "secret_keys", "words"),
    [
        (
            Changes(deployment={"password": "p", "annotation": "a"}),
            (),
            "password changes; imgix deploys the source again",
        ),
        (
            Changes(deployment={"password": "p", "annotation": "a"}, name="Shop"),
            ("annotation", "name"),
            "password, annotation and name change; imgix deploys the source again",
        ),
        (Changes(name="Shop", enabled=False), ("name",), "name changes"),
        (
            Changes(enabled=False, options=("adopt", "on_delete")),
            ("enabled", "adopt"),
            "enabled and adopt change",
        ),
        (Changes(deployment={"password": None}, removed=("password",)), (), ""),
        (Changes(name="Shop", options=("adopt",)), ("enabled",), ""),
        (Changes(), ("name", "enabled", "annotation"), ""),
    ],
)
def test_what_a_preview_masks_is_told_by_name(
    changes: Changes, secret_keys: tuple[str, ...], words: str
) -> None:
    """A person learns which secrets change, and whether that means another deploy."""
    assert spell(describe_secret_changes(changes, secret_keys)) == words


@pytest.mark.parametrize(
    ("deployment", "removed", "words"),
    [
        (
            {"cache_ttl_error": 300, "s3_prefix": None, "s3_bucket": "b"},
            ("cache_ttl_error", "s3_prefix"),
            "no longer declared: deployment.cache_ttl_error goes back to 300; "
            "deployment.s3_prefix is cleared",
        ),
        (
            {"annotation": "", "custom_domains": [], "default_params": {}},
            ("annotation", "custom_domains", "default_params"),
            "no longer declared: deployment.annotation is cleared; deployment.custom_domains is "
            "cleared; deployment.default_params is cleared",
        ),
        (
            {"image_error_append_qs": False},
            ("image_error_append_qs",),
            "no longer declared: deployment.image_error_append_qs goes back to false",
        ),
        ({"s3_bucket": "b"}, (), ""),
    ],
)
def test_what_is_no_longer_declared_is_told_with_what_comes_of_it(
    deployment: Keys, removed: tuple[str, ...], words: str
) -> None:
    """Nothing goes back to a default in silence."""
    changes = Changes(deployment=deployment, removed=removed)
    assert spell(describe_removed(changes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (Changes(), ""),
        (
            Changes(
                type_change=("s3", "gcs"),
                name="Shop",
                enabled=True,
                deployment={"type": "gcs", "gcs_bucket": "b"},
            ),
            'the type, from s3 to gcs, the name, which is "Blog" now, whether it serves (it '
            "will be enabled) and gcs_bucket",
        ),
        (Changes(enabled=False), "whether it serves (it will be disabled)"),
    ],
)
def test_an_adoption_is_told_by_what_it_changes(changes: Changes, words: str) -> None:
    """Each thing is named once, the live name is shown, and no other value is."""
    assert spell(describe_adoption(changes, LIVE)) == words


def test_the_name_of_a_nameless_source_is_shown_as_empty() -> None:
    """A source may have no name at imgix."""
    words = describe_adoption(Changes(name="Shop"), attrs.evolve(LIVE, name=None))
    assert words == 'the name, which is "" now'
