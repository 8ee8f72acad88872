"""Where the key, the address and the limits come from, and what is said of wrong ones."""

from __future__ import annotations

import pytest

from imgix_provider.errors import ConfigurationError
from imgix_provider.settings import API_URL, NAMES, Settings, load_settings, misspelt_settings


def load(configured: dict[str, str] | None = None, **environment: str) -> Settings:
    """Return the settings of a stack's configuration and an environment."""
    return load_settings((configured or {}).get, environment)


def test_nothing_set_is_imgix_with_its_own_limits() -> None:
    """The defaults are the documented address and limits."""
    settings = load()
    assert (settings.api_key, settings.api_url) == (None, "https://api.imgix.com/api/v1")
    assert settings.requests_per_second == 4
    assert (settings.creates_per_hour, settings.updates_per_hour) == (60, 60)
    assert settings.timeout == 120


def test_the_environment_serves_where_the_stack_says_nothing() -> None:
    """In CI a key and an address may come from variables."""
    settings = load(IMGIX_API_KEY=" ak_1\n", IMGIX_API_URL="https://api.example.com/v1/")
    assert settings.api_key == "ak_1"
    assert settings.api_url == "https://api.example.com/v1"


def test_the_stack_goes_before_the_environment() -> None:
    """Two stacks with two accounts share one environment."""
    settings = load(
        {"apiKey": "ak_stack", "apiUrl": "https://stack.example.com"},
        IMGIX_API_KEY="ak_env",
        IMGIX_API_URL="https://env.example.com",
    )
    assert (settings.api_key, settings.api_url) == ("ak_stack", "https://stack.example.com")


def test_all_limits_are_settings() -> None:
    """A paid plan may raise each of them."""
    settings = load(
        {
            "requestsPerSecond": "0.5",
            "createsPerHour": "600",
            "updatesPerHour": "1000.0",
            "timeout": "30",
        }
    )
    assert settings.requests_per_second == 0.5
    assert (settings.creates_per_hour, settings.updates_per_hour) == (600, 1000)
    assert settings.timeout == 30


WRONG = [
    ("apiKey", '"ak_1"', "the imgix API key is in quotes. Set it without them."),
    ("apiUrl", "https://x.com/api/v1/sources/", "imgix:apiUrl must be without /sources"),
    ("apiKey", "ak 1", "the imgix API key contains characters that no key has"),
    ("apiKey", "ak_é", "the imgix API key contains characters that no key has"),
    ("apiKey", "ak_1\r\nX: y", "the imgix API key contains characters that no key has"),
    ("apiUrl", "api.imgix.com", "imgix:apiUrl is not the address of an API"),
    ("apiUrl", "ftp://api.imgix.com", "imgix:apiUrl is not the address of an API"),
    ("apiUrl", "https://", "imgix:apiUrl is not the address of an API"),
    ("apiUrl", "https://[", "imgix:apiUrl is not the address of an API"),
    ("apiUrl", "https://api.imgix.com:port", "imgix:apiUrl is not the address of an API"),
    ("apiUrl", "https://api imgix.com", "imgix:apiUrl is not the address of an API"),
    ("apiUrl", "https://me:canary@api.imgix.com", "must be a plain address"),
    ("apiUrl", "https://api.imgix.com/?key=1", "must be a plain address"),
    ("apiUrl", "https://api.imgix.com/#a", "must be a plain address"),
    ("apiUrl", "http://api.imgix.com", "imgix:apiUrl must be https"),
    ("apiUrl", "http://127.example.com", "imgix:apiUrl must be https"),
    ("apiUrl", "http://localhost.example.com", "imgix:apiUrl must be https"),
    ("requestsPerSecond", "0", "imgix:requestsPerSecond must be a number above 0"),
    ("requestsPerSecond", "many", "imgix:requestsPerSecond must be a number above 0"),
    ("createsPerHour", "1.5", "imgix:createsPerHour must be a whole number above 0"),
    ("updatesPerHour", "-60", "imgix:updatesPerHour must be a whole number above 0"),
    ("updatesPerHour", "inf", "imgix:updatesPerHour must be a whole number above 0"),
    ("timeout", "nan", "imgix:timeout must be a number above 0"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_a_wrong_value_is_named_with_what_it_must_be(name: str, value: str, words: str) -> None:
    """The message names the setting, and does not repeat what may be a secret."""
    with pytest.raises(ConfigurationError) as raised:
        load({name: value})
    assert words in str(raised.value)
    assert "canary" not in str(raised.value)
    if name == "apiKey":
        assert value not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/api/v1", "http://localhost:8080", "http://[::1]:8080", API_URL],
)
def test_plain_http_goes_to_this_machine_alone(url: str) -> None:
    """A simulated account may do without TLS; anything across a network may not."""
    assert load({"apiUrl": url}).api_url == url


@pytest.mark.parametrize("key", ["", "  \n"])
def test_without_a_key_it_is_said_how_to_set_one(key: str) -> None:
    """Nothing fails before a key is needed; then the message holds the command."""
    settings = load({"apiKey": key})
    with pytest.raises(ConfigurationError) as raised:
        settings.require_key()
    assert str(raised.value) == (
        "no imgix API key is set. Run `pulumi config set --secret imgix:apiKey`, or set "
        "IMGIX_API_KEY. A provider that the program declares needs a key of its own."
    )


@pytest.mark.parametrize(
    ("key", "warning"),
    [
        ("imgix:requestPerSecond", "did you mean requestsPerSecond?"),
        ("imgix:apikey", "did you mean apiKey?"),
        ("imgix:api_url", "did you mean apiUrl?"),
        ("imgix:colour", "the settings are apiKey, apiUrl, requestsPerSecond, "),
    ],
)
def test_a_misspelt_setting_is_a_warning_with_the_nearest_one(key: str, warning: str) -> None:
    """Only keys of imgix count, and a name that is near none is told with all there are."""
    keys = [*(f"imgix:{name}" for name in NAMES), "acme:requestPerSecond", "aws:region", key]
    (found,) = misspelt_settings(keys)
    assert found.startswith(f"{key} is not a setting, so it has no effect; ")
    assert warning in found


def test_every_setting_has_its_name() -> None:
    """The names that are known are those that are read."""
    asked: list[str] = []

    def configured(name: str) -> str | None:
        asked.append(name)
        return None

    load_settings(configured, {})
    assert set(asked) == set(NAMES)


def test_the_address_is_told_with_where_it_came_from() -> None:
    """Where a stack and an environment both may hold it, the message names the one that does."""
    for loaded, setting in [
        (load({"apiUrl": "https://a.example.com"}, IMGIX_API_URL="https://b"), "imgix:apiUrl"),
        (load(IMGIX_API_URL="https://b.example.com"), "IMGIX_API_URL"),
        (load(), "imgix:apiUrl"),
        (load_settings(environment={}), "IMGIX_API_URL"),
    ]:
        assert loaded.api_url_setting == setting
    with pytest.raises(ConfigurationError, match="IMGIX_API_URL must be https"):
        load(IMGIX_API_URL="http://b.example.com")


def test_the_key_is_not_in_the_repr() -> None:
    """Settings that are printed or logged do not give it away."""
    assert "ak_canary" not in repr(load({"apiKey": "ak_canary"}))
