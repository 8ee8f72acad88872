"""The arguments of a source as a program gives them: plain values, outputs and awaitables mixed.

Which are known when the source is declared, and which are secrets.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi.output import Unknown

from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.table import CREDENTIALS, OTHER_KEYS, properties_of
from imgix_provider.deployments.types import Deployment
from imgix_provider.deployments.values import ALL_KEYS, IGNORED


def is_not_known_yet(value: object) -> bool:
    """Return whether a value is not yet known when it is declared."""
    return isinstance(value, (pulumi.Output, Unknown)) or inspect.isawaitable(value)


def awaited_once(value: Any) -> Any:
    """Return the value with each awaitable in it as an output, which can be read more than once."""
    value = as_mapping(value)
    if inspect.isawaitable(value):
        return pulumi.Output.from_input(value)
    if isinstance(value, Mapping):
        return {key: awaited_once(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [awaited_once(item) for item in value]
    return value


def as_mapping(deployment: Any) -> Any:
    """Return a deployment class as the mapping it stands for, and anything else as it is."""
    return properties_of(deployment) if isinstance(deployment, Deployment) else deployment


def secured(deployment: Any) -> Any:
    """Return the deployment with each part of a credential marked as a secret."""
    if is_not_known_yet(deployment):
        output: pulumi.Output[Any] = pulumi.Output.from_input(deployment)
        return output.apply(lambda known: pulumi.Output.from_input(secured(known)))
    values = as_mapping(deployment)
    if not isinstance(values, Mapping):
        return values  # the check says what it must be
    return {
        key: pulumi.Output.secret(value) if _is_to_hide(key, value) else value
        for key, value in values.items()
    }


def _is_to_hide(key: str, value: Any) -> bool:
    if key not in CREDENTIALS or value is None:
        return False
    return not (isinstance(value, str) and value == KEEP)


def secret_keys(
    inputs: Mapping[str, Any], ignored: Iterable[str] = ()
) -> pulumi.Output[list[str] | None] | list[str] | None:
    """Return which arguments, and keys of the deployment, the program holds as secrets.

    None if there are none; credentials are not counted. The engine encrypts them where they are
    declared; the provider sees plain values, so it must be told not to show them elsewhere.

    Args:
        inputs: The inputs as declared.
        ignored: The paths whose changes the program ignores, such as `deployment.annotation`.
    """
    deployment = inputs["deployment"]
    values = {key: value for key, value in inputs.items() if key != "deployment"}
    if is_not_known_yet(deployment):
        values |= dict.fromkeys(OTHER_KEYS, deployment)
    else:
        values |= {key: value for key, value in deployment.items() if key not in CREDENTIALS}
    values = {key: value for key, value in values.items() if has_output(value)}
    return _keys_if_secret(values, sorted({IGNORED + _key_of(path) for path in ignored}))


def _key_of(path: str) -> str:
    """Return the argument, or the key of the deployment, that a path of the engine leads to."""
    first, *rest = re.findall(r"[^.\[\]\"']+", path) or [ALL_KEYS]
    return first if first != "deployment" else next(iter(rest), ALL_KEYS)


def _keys_if_secret(
    values: Mapping[str, Any], others: list[str]
) -> pulumi.Output[list[str] | None] | list[str] | None:
    async def found() -> list[str] | None:
        secret = [k for k, v in values.items() if await pulumi.Output.from_input(v).is_secret()]
        return sorted(secret) + others or None

    return pulumi.Output.from_input(found()) if values else others or None


def has_output(value: Any) -> bool:
    """Return whether any part of a value is not yet known when it is declared."""
    if isinstance(value, Mapping):
        return any(map(has_output, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(has_output, value))
    return is_not_known_yet(value)
