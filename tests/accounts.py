"""Accounts for the tests of lookups, of the import and of the command line."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imgix_testing.server import SimulatedImgix

ROOT = Path(__file__).parents[1]

ORIGINS: list[dict[str, Any]] = [
    {
        "type": "s3",
        "s3_access_key": "AKIACANARYCANARY",
        "s3_bucket": "acme-images",
        "s3_secret_key": "canary-s3-secret",
    },
    {
        "type": "gcs",
        "gcs_access_key": "GOOGCANARYCANARY",
        "gcs_bucket": "acme-images",
        "gcs_secret_key": "canary-gcs-secret",
        "gcs_prefix": "",
    },
    {
        "type": "azure",
        "azure_account": "acme",
        "azure_bucket": "images",
        "azure_sas_string": "canary-sas=string",
        "azure_service_type": "blob",
        "azure_prefix": None,
    },
    {"type": "webfolder", "webfolder_base_url": "https://www.example.com/images/"},
    {
        "type": "webfolder",
        "webfolder_base_url": "https://www.example.com/1e3/",
        "username": "imgix",
        "password": "canary-password",
        "request_handshake": "canary-handshake-canary-handshak",
        "request_signing_key": "canary-signing-key-canary-signin",
    },
    {"type": "webproxy", "secure_url_enabled": True},
    {
        "type": "s3_compatible",
        "access_key_id": "CANARYSPACESKEY",
        "bucket_name": "1e3",
        "endpoint_url": "nyc3.digitaloceanspaces.com",
        "region": "nyc3",
        "secret_key": "canary-spaces",
        "storage_provider": "DigitalOcean",
    },
]

SETTINGS: list[dict[str, Any]] = [
    {},
    {"custom_domains": [], "default_params": {}, "image_error": None, "annotation": ""},
    {"default_params": {"auto": "format,compress", "w": 1200, "dpr": 1.5, "lossless": True}},
    {"default_params": {"q": "75", "txt": 'it\'s "so"\n', "h": 2.0, "bri": -0.0, "mark": None}},
    {"annotation": "line one\nline two: # no comment", "image_missing": "https://e.example/m.png"},
    {"secure_url_enabled": True, "cache_ttl_behavior": "enforce_minimum", "cache_ttl_value": 86400},
    {"custom_domains": ["b.example.com", "A.example.com"], "cache_ttl_error": 1},
    {"default_params": {"txt": "日本語 😀", "blend": "1e3", "x": 1e-7, "y": 1e16, "on": "on"}},
    {"unheard_of": {"deep": [1, None, {"a": []}]}, "robots.txt": "User-agent: *"},
]

NAMES = [
    "Blog images",
    "blog images",
    "日本語の画像",
    "Изображения",
    "हिन्दी चित्र",
    "  spaces  ",
    "!!!",
    "class",
    "quote \" and ' and \\ and [red]",
    "tab\tand\x1b[31mescape",
    "x" * 200,
    "2024",
    "null",
    "a: b # c",
    "😀",
]


def fill(imgix: SimulatedImgix, count: int) -> None:
    """Put `count` sources of every type in the account, with all sorts of names and settings."""
    things = zip(
        itertools.cycle(NAMES), itertools.cycle(ORIGINS), itertools.cycle(SETTINGS), strict=False
    )
    for number, (name, origin, settings) in enumerate(itertools.islice(things, count)):
        settings = dict(settings)
        if settings.get("custom_domains"):
            settings["custom_domains"] = [f"{number}.{d}" for d in settings["custom_domains"]]
        deployment = {"imgix_subdomains": [f"s{number}", f"a{number}"], **settings, **origin}
        imgix.add_source(name=name, deployment=deployment, enabled=number % 5 != 4)


CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command_line(imgix: SimulatedImgix) -> CommandLine:
    """Runs `python -m imgix_provider` with the given arguments on the account of `imgix`."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "imgix_provider", *map(str, arguments)],
            cwd=ROOT,
            env={
                **os.environ,
                "IMGIX_API_URL": imgix.url,
                "IMGIX_API_KEY": imgix.api_key,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def mixed_account(imgix: SimulatedImgix) -> Callable[[int], None]:
    """Fills the account of `imgix` with so many sources of all sorts."""
    return lambda count: fill(imgix, count)


def held(imgix: SimulatedImgix) -> dict[str, set[str]]:
    """Return the subdomains of each source by its name."""
    return {s.name: set(s.deployment["imgix_subdomains"]) for s in imgix.sources.values()}
