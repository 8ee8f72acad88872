"""The provider's own settings: checked, compared, and used for a run.

They come from the stack's configuration or an explicit provider, as text or as values, otherwise
from the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from imgix_provider.errors import ConfigurationError
from imgix_provider.plugin.descriptions import SETTINGS
from imgix_provider.plugin.properties import UNKNOWN, Secret, message_of, received
from imgix_provider.settings import NAMESPACE, Settings, load_settings, misspelt_settings

_SECRET = "apiKey"
_OF_PULUMI = frozenset({"version", "pluginDownloadURL"})
"""What the engine may add to the settings of a provider."""


def settings_of(properties: Mapping[str, Any]) -> Settings:
    """Return the settings of a run.

    Raises:
        ConfigurationError: A setting is invalid.
    """

    def text(name: str) -> str | None:
        value = properties.get(name)
        if value is None or value is UNKNOWN:
            return None
        return str(value).lower() if isinstance(value, bool) else str(value)

    return load_settings(text)


def unknown_settings(properties: Mapping[str, Any]) -> list[str]:
    """Return a warning for each setting that there is not, from the stack's configuration."""
    names = set(properties) - _OF_PULUMI
    return misspelt_settings(f"{NAMESPACE}:{name}" for name in names)


def check_settings(request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
    """Return the settings as they are, the key as a secret, and what is wrong with them."""
    given = received(request.news)
    values = dict(given.values)
    for path in given.secrets:
        if len(path) == 1:
            values[str(path[0])] = _secret(values[str(path[0])])
    if _SECRET in values:
        values[_SECRET] = _secret(values[_SECRET])
    failures = []
    try:
        settings_of(given.values)
    except ConfigurationError as error:
        # The engine prints the value of the property that a failure names, so name none.
        failures.append(provider_pb2.CheckFailure(reason=str(error)))
    return provider_pb2.CheckResponse(inputs=message_of(values), failures=failures)


def diff_settings(request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
    """Return which settings change; none of them replaces a resource."""
    old = received(request.old_inputs if request.HasField("old_inputs") else request.olds).values
    new = received(request.news).values
    diff = provider_pb2.PropertyDiff
    changed = {
        name: diff.ADD if name not in old else diff.UPDATE if name in new else diff.DELETE
        for name in SETTINGS
        if old.get(name) != new.get(name) or new.get(name) is UNKNOWN
    }
    response = provider_pb2.DiffResponse
    return response(
        changes=response.DIFF_SOME if changed else response.DIFF_NONE,
        diffs=sorted(changed),
        detailedDiff={name: diff(kind=kind, inputDiff=True) for name, kind in changed.items()},
        hasDetailedDiff=True,
    )


def _secret(value: Any) -> Any:
    return value if value is UNKNOWN or isinstance(value, Secret) else Secret(value)
