"""The verb check: all problems of a declared source at once, and what adopting one changes.

For the second part it reads each source to adopt once, a read that the create then shares. Without
a key, or if imgix does not answer, it says that it could not look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgix_provider.api.limits import Quota
from imgix_provider.deployments.domains import domain_names
from imgix_provider.deployments.values import Unknown, canonical_inputs, contains, secret_keys_of
from imgix_provider.errors import ConfigurationError, ImgixError, NotFoundError
from imgix_provider.sources.claims import managed_twice
from imgix_provider.sources.declaration import Declaration, known_part, shown_name
from imgix_provider.sources.diff import describe_adoption, diff_live
from imgix_provider.sources.foresight import foresee_create
from imgix_provider.sources.outcomes import CheckOutcome
from imgix_provider.sources.services import Services
from imgix_provider.sources.unusual import warnings_of
from imgix_provider.sources.validation import Problem, problems_of


def check_source(
    services: Services,
    news: Mapping[str, Any],
    olds: Mapping[str, Any],
    is_unknown: Unknown,
    resource: str,
) -> CheckOutcome:
    """Return the canonical inputs and their problems; report what is unusual or cannot work."""
    known = {**news, "secret_keys": secret_keys_of(news, olds, is_unknown)}
    inputs = canonical_inputs(known, olds, is_unknown)
    problems = problems_of(inputs, before=olds, unknown=is_unknown)
    problems += services.ledger.claim(resource, inputs, is_unknown, creates=not olds)
    name = shown_name(inputs, is_unknown)
    for warning in warnings_of(inputs, is_unknown, olds):
        services.foretell(resource, name, warning, warn=True)
    if not problems and not olds:
        declaration = known_part(inputs, is_unknown)
        if declaration.adopt is not None:
            keeper = services.ledger.keeper(declaration.adopt, resource)
            if keeper is not None:
                return CheckOutcome(inputs, (_kept(declaration.adopt, keeper),))
            problems += _foresee_adoption(services, declaration, declaration.adopt, resource)
        elif not contains(inputs, is_unknown):
            _plan_create(services, declaration, resource)
    return CheckOutcome(inputs, tuple(problems))


def _kept(source_id: str, keeper: str) -> Problem:
    return Problem("adopt", managed_twice(source_id, keeper))


def _plan_create(services: Services, declaration: Declaration, resource: str) -> None:
    """Report what creating the declared source would run into."""
    services.limits.plan(Quota.CREATES, _identity(declaration))
    services.transfers.plan_create(
        resource or declaration.name, domain_names(declaration.deployment)
    )
    if services.check_domains:
        foresee_create(services, declaration, resource)


def _foresee_adoption(
    services: Services, declaration: Declaration, source_id: str, resource: str
) -> list[Problem]:
    """Report what adopting changes at imgix; a missing or deleted source is a problem."""
    successor = services.ledger.replacement(source_id)
    if successor is not None:
        return []
    try:
        source = services.reader.read(source_id, glance=True)
    except NotFoundError:
        return [
            Problem(
                "adopt",
                f"there is no source {source_id} in this account: check the id, and that "
                "imgix:apiKey belongs to the right account",
            )
        ]
    except ImgixError as error:
        reason = "no API key is set" if isinstance(error, ConfigurationError) else error.problem
        services.foretell(
            resource,
            declaration.name,
            f"source {source_id} is adopted; what that changes is not known: {reason}",
        )
        return []
    if source.is_deleted:
        return [Problem("adopt", f"imgix has deleted {source_id}, so it cannot be adopted")]
    changes = diff_live(source, declaration)
    told = describe_adoption(changes, source)
    services.foretell(
        resource,
        declaration.name,
        f"source {source_id} is adopted, nothing is created; "
        + (f"this changes {told}" if told else "nothing changes at imgix"),
    )
    return []


def _identity(declaration: Declaration) -> str:
    return declaration.name + "\0" + "\0".join(declaration.subdomains)
