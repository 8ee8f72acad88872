"""The settings: where imgix is, the key, and the limits.

They come from the stack's configuration or, if not set there, from the environment.

| configuration             | environment   | meaning                                    | default |
|---------------------------|---------------|--------------------------------------------|---------|
| `imgix:apiKey` (secret)   | IMGIX_API_KEY | API key with the Sources permission        |         |
| `imgix:apiUrl`            | IMGIX_API_URL | address of the Management API              | imgix's |
| `imgix:requestsPerSecond` |               | requests per second, of any kind           | 4       |
| `imgix:createsPerHour`    |               | sources created per hour                   | 60      |
| `imgix:updatesPerHour`    |               | sources updated per hour                   | 60      |
| `imgix:timeout`           |               | seconds for a request and all its retries  | 120     |
| `imgix:checkDomains`      |               | whether a preview looks for taken domains  | true    |

The limits are imgix's own (https://docs.imgix.com/apis/management/overview); a paid plan may have
higher ones.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import attrs

from imgix_provider.errors import ConfigurationError
from imgix_provider.messages import join_names, suggest

API_URL: Final = "https://api.imgix.com/api/v1"

NAMESPACE: Final = "imgix"
NAMES: Final = (
    "apiKey",
    "apiUrl",
    "requestsPerSecond",
    "createsPerHour",
    "updatesPerHour",
    "timeout",
    "checkDomains",
)
"""The names of all settings, without the namespace."""

NO_KEY: Final = (
    "no imgix API key is set; a preview needs none, but everything else does: run "
    "`pulumi config set --secret imgix:apiKey`"
)
"""What a run without a key reports at its start."""

Lookup = Callable[[str], "str | None"]
"""Returns the stack's configuration value `imgix:<name>`, or None if it is not set."""


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a run; see the table above."""

    api_key: str | None = attrs.field(default=None, repr=False)
    api_url: str = API_URL
    requests_per_second: float = 4.0
    creates_per_hour: int = 60
    updates_per_hour: int = 60
    timeout: float = 120.0
    check_domains: bool = True
    api_url_setting: str = "imgix:apiUrl"
    """The setting that the address came from, or that would have to be set."""

    def require_key(self) -> str:
        """Return the API key; without one, raise a `ConfigurationError` that says how to set it."""
        if self.api_key is None:
            raise ConfigurationError(
                "no imgix API key is set",
                "Run `pulumi config set --secret imgix:apiKey`, or set IMGIX_API_KEY. A provider "
                "that the program declares needs a key of its own.",
            )
        return self.api_key


def nothing_configured(_name: str) -> None:
    """Return None: a lookup to use without a stack, so that only the environment counts."""


def load_settings(
    configured: Lookup = nothing_configured, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return the settings of this run.

    Raises:
        ConfigurationError: A value is invalid; the message names the setting.
    """
    in_stack = configured("apiUrl")
    in_environment = environment.get("IMGIX_API_URL")
    from_stack = in_stack or (configured is not nothing_configured and not in_environment)
    setting = "imgix:apiUrl" if from_stack else "IMGIX_API_URL"
    return Settings(
        api_key=_api_key(configured("apiKey") or environment.get("IMGIX_API_KEY")),
        api_url=_api_url(in_stack or in_environment or API_URL, setting),
        api_url_setting=setting,
        requests_per_second=_number(configured, "requestsPerSecond", 4.0),
        creates_per_hour=int(_number(configured, "createsPerHour", 60, whole=True)),
        updates_per_hour=int(_number(configured, "updatesPerHour", 60, whole=True)),
        timeout=_number(configured, "timeout", 120.0),
        check_domains=_boolean(configured, "checkDomains", True),
    )


def warnings_of(
    keys: Collection[str], project: str, stack: str, *, is_key_secret: bool
) -> list[str]:
    """Return a warning for each likely mistake in a stack's configuration.

    Args:
        keys: The keys of the stack's configuration, with their namespaces.
        project: The name of the project, the namespace of keys that are set without one.
        stack: The name of the stack, which need not be the one that is selected.
        is_key_secret: Whether the stack's file encrypts the API key.
    """
    found = misspelt_settings(keys)
    command = f"pulumi config set --secret {NAMESPACE}:apiKey --stack {stack}"
    if f"{NAMESPACE}:apiKey" in keys:
        if not is_key_secret:
            found.append(
                f"{NAMESPACE}:apiKey is in plain text in the stack's file; to encrypt it, run: "
                f"{command}"
            )
    elif f"{project}:apiKey" in keys and not os.environ.get("IMGIX_API_KEY"):
        found.append(
            f"{project}:apiKey is not where the provider looks for the API key; if it is imgix's, "
            f"run: {command}"
        )
    return found


def misspelt_settings(keys: Iterable[str]) -> list[str]:
    """Return a warning for each configuration key that looks like a setting but is not.

    Args:
        keys: The keys of the stack's configuration, with their namespaces.
    """
    unknown = sorted(
        key.partition(":")[2]
        for key in keys
        if key.partition(":")[0] == NAMESPACE and key.partition(":")[2] not in NAMES
    )
    return [
        f"{NAMESPACE}:{name} is not a setting, so it has no effect"
        + (suggest(name, NAMES) or f"; the settings are {join_names(NAMES)}")
        for name in unknown
    ]


def _api_key(text: str | None) -> str | None:
    key = (text or "").strip()
    if not key:
        return None
    if key[0] in "\"'":
        raise ConfigurationError("the imgix API key is in quotes", "Set it without them.")
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ConfigurationError(
            "the imgix API key contains characters that no key has",
            "Copy it again from the API Keys page of imgix's dashboard.",
        )
    return key


def _api_url(text: str, setting: str) -> str:
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
        parts = urlsplit("")
    problem = ""
    if not host or parts.scheme not in ("http", "https") or re.search(r"\s", url):
        problem = "is not the address of an API"
    elif parts.path.endswith("/sources"):
        problem = "must be without /sources"
    elif parts.username or parts.password or parts.query or parts.fragment:
        problem = "must be a plain address, without user, password or query"
    elif parts.scheme == "http" and not _is_loopback(host):
        problem = "must be https: a key is never sent in the clear"
    if problem:
        raise ConfigurationError(f"{setting} {problem}", f"The default is {API_URL}.")
    return url


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def _number(configured: Lookup, name: str, default: float, *, whole: bool = False) -> float:
    text = configured(name)
    if text is None:
        return default
    try:
        number = float(text)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number < float("inf") or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        raise ConfigurationError(f"imgix:{name} must be {kind} above 0")
    return number


def _boolean(configured: Lookup, name: str, default: bool) -> bool:
    text = configured(name)
    if text is None:
        return default
    if text.strip().lower() not in ("true", "false"):
        raise ConfigurationError(f"imgix:{name} must be true or false")
    return text.strip().lower() == "true"
