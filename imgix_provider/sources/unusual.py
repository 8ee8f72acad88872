"""What is unusual about a declared source but may be right: warnings, never errors.

Here are the warnings about one deployment, given when they are new; the review of a preview reports
what a change means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imgix_provider.deployments.advice import NOTES, UNSEEN, Advice, Get, advice_on
from imgix_provider.deployments.table import FIELDS
from imgix_provider.deployments.values import Unknown, canonical_inputs, never_unknown
from imgix_provider.messages import argument, list_choices, show


def warnings_of(
    inputs: Mapping[str, Any],
    unknown: Unknown = never_unknown,
    before: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return what is unusual about canonical inputs but may be right, as texts for `spell`.

    `before` holds the current inputs of the source, `{}` if it would be created, and None if that
    is not known. Warnings that already applied before are not repeated.
    """
    deployment = inputs.get("deployment")
    if unknown(deployment) or not isinstance(deployment, Mapping):
        return []
    found = _advice(inputs, unknown, before)
    known = []
    if found and before:
        earlier = canonical_inputs(before, unknown=unknown)  # an engine keeps 3 as 3.0
        known = _advice(earlier, unknown, earlier)
    return [
        *_unlisted(deployment),
        *(
            f"{argument(f'deployment.{advice.path}')}: {advice.message}"
            for advice in found
            if advice not in known
        ),
    ]


def _unlisted(deployment: Mapping[str, Any]) -> Iterator[str]:
    """Yield values that imgix does not list, for fields whose list may be incomplete."""
    for name, spec in FIELDS.get(str(deployment.get("type")), {}).items():
        value = deployment.get(name)
        if spec.open_choices and isinstance(value, str) and value not in spec.choices:
            yield (
                f"{argument(f'deployment.{name}')}: {show(value)} is not among the documented "
                f"{list_choices(spec.choices)}; imgix may refuse it"
            )


def _advice(
    inputs: Mapping[str, Any], unknown: Unknown, before: Mapping[str, Any] | None
) -> list[Advice]:
    get = _getter(inputs, unknown, before)
    return [advice for advice in advice_on(get) if advice.rule not in NOTES]


def _getter(inputs: Mapping[str, Any], unknown: Unknown, before: Mapping[str, Any] | None) -> Get:
    """Return a function that gives a field's value, as far as it follows from the declaration."""
    declared = inputs.get("deployment")
    deployment = declared if isinstance(declared, Mapping) else {}
    hidden = inputs.get("secret_keys") or ()
    earlier = (before or {}).get("deployment") or {}
    is_new = before == {} and inputs.get("adopt") is None

    def get(key: str) -> Any:
        value = deployment.get(key)
        if key in hidden or unknown(value):
            return UNSEEN
        if isinstance(value, Mapping):
            return {name: UNSEEN if unknown(item) else item for name, item in value.items()}
        if value is None and not is_new and key not in earlier:
            return UNSEEN  # imgix may hold a value that nobody declared
        return value

    return get
