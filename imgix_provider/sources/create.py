"""Finds or creates the source for a new resource, and never creates it twice.

| outcome | when                                                                               |
|---------|------------------------------------------------------------------------------------|
| adopted | the program names an existing source with `adopt`                                  |
| reused  | a disabled source has the same name and a same subdomain: imgix has no delete      |
| kept    | this resource already had it, with the domains: a replacement that did not work    |
| made    | otherwise: one POST                                                                |

imgix has no idempotency key. If the response to a POST is lost, look for the source before
retrying; if a POST is refused, say who holds the domains and how to manage that source.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

import attrs
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from imgix_provider.api.limits import Quota
from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import domains_of
from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.table import WRITE_ONLY
from imgix_provider.errors import (
    ImgixError,
    InvalidSourceError,
    LostAnswerError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    operation_error,
)
from imgix_provider.messages import argument
from imgix_provider.sources.ages import CLOCKS_APART, count_last_hour, made_at
from imgix_provider.sources.claims import managed_twice
from imgix_provider.sources.declaration import Declaration
from imgix_provider.sources.diff import diff_live, with_secure_urls
from imgix_provider.sources.moves import free_late_domains, is_free_now, take_given_domains
from imgix_provider.sources.services import Services
from imgix_provider.sources.unserved import domain_taken_error, explain_unserved

_LOOKS: Final = 4
_BETWEEN_LOOKS: Final = 1.0
"""After a lost answer, look for the source this often, this many seconds apart."""
_TRIES: Final = 4


class Outcome(Enum):
    """How a resource got its source."""

    MADE = "made"
    ADOPTED = "adopted"
    REUSED = "reused"
    KEPT = "kept"


@attrs.frozen
class Obtained:
    """The source of a new resource, before it is changed to match its declaration."""

    source: Source
    outcome: Outcome


def obtain_source(services: Services, declaration: Declaration, resource: str = "") -> Obtained:
    """Return the source for a new resource.

    Raises:
        ImgixError: No source could be found or created; the message says why and what to do.
    """
    # A source that this run replaces was adopted earlier; `adopt` has no further effect.
    if declaration.adopt is not None and services.ledger.replacement(declaration.adopt) is None:
        keeper = services.ledger.keeper(declaration.adopt, resource)
        if keeper is not None:
            raise InvalidSourceError(
                f'imgix source "{declaration.name}" cannot be adopted: '
                + managed_twice(declaration.adopt, keeper)
            )
        return Obtained(_find_adopted(services, declaration, declaration.adopt), Outcome.ADOPTED)
    reusable = find_reusable(services, declaration)
    if reusable is not None:
        return Obtained(reusable, Outcome.REUSED)
    try:
        return _Creation(services, declaration, resource).post()
    except ImgixError as error:
        raise explain_unserved(services, declaration, error) from None


def find_reusable(services: Services, declaration: Declaration) -> Source | None:
    """Return the disabled source to reuse, if this run has listed the account and found one."""
    if not services.check_domains or not services.reader.has_listed(services.began):
        return None
    try:
        holders = services.holders.known(declaration, newer_than=services.began)
    except ImgixError:
        return None
    return reusable_among(services, declaration, holders)


def reusable_among(
    services: Services, declaration: Declaration, holders: list[Source]
) -> Source | None:
    """Return the holder to reuse: the only one, disabled, with the same name, and unmanaged."""
    if len(holders) != 1 or services.ledger.is_held(holders[0].id):
        return None
    holder = holders[0]
    shares = _subdomains(declaration.deployment) & _subdomains(holder.deployment)
    same_name = holder.name == declaration.name
    is_spare = holder.enabled is False and not holder.is_deleted
    return holder if is_spare and same_name and shares else None


def _subdomains(deployment: Mapping[str, Any]) -> set[str]:
    return {each.name for each in domains_of(deployment) if each.key == "imgix_subdomains"}


def _find_adopted(services: Services, declaration: Declaration, source_id: str) -> Source:
    try:
        source = services.reader.read(source_id)
    except NotFoundError:
        raise no_such_source(declaration.name, source_id) from None
    except ImgixError as error:
        raise operation_error("adopt", declaration.name, error) from None
    if source.is_deleted:
        raise InvalidSourceError(
            f'imgix source "{declaration.name}" cannot be adopted: imgix has deleted {source_id}',
            f"Leave {argument('adopt')} out to create a new source.",
        )
    return source


def no_such_source(name: str, source_id: str) -> RefusedError:
    """Return the error for a source to adopt that does not exist."""
    return RefusedError(
        f'imgix source "{name}" cannot be adopted: there is no source {source_id} in this account',
        f"Check the id in {argument('adopt')}, and that imgix:apiKey belongs to the right account.",
        status=404,
    )


class _Creation:
    """One POST and what became of it; made for each call."""

    def __init__(self, services: Services, declaration: Declaration, resource: str) -> None:
        self._services = services
        self._resource = resource
        self._declaration = declaration
        self._began = time.time()
        self._lost: LostAnswerError | None = None
        self._tried_free = False

    def post(self) -> Obtained:
        """Create the source, or find one that was created after all or can be reused."""
        lost = 0
        while lost < _TRIES:
            attributes = self._attributes()
            givers = take_given_domains(self._services, self._declaration, self._resource)
            self._spend()
            posted = self._services.clock.now()
            try:
                source = self._services.client.create(attributes)
            except LostAnswerError as error:
                self._lost = error
                lost += 1
                source_or_none = self._look_for_twin(error)
                if source_or_none is None:
                    continue
                source = source_or_none
            except RefusedError as refusal:
                obtained = self._explain(refusal, posted, givers)
                if obtained is None:
                    continue
                return obtained
            except RateLimitedError as error:
                told = self._services.limits.explain_refusal(Quota.CREATES, error)
                raise operation_error("create", self._declaration.name, told) from None
            except ImgixError as error:
                raise operation_error("create", self._declaration.name, error) from None
            self._services.limits.count_done(Quota.CREATES)
            self._services.reader.wrote(source.id, source)
            return Obtained(source, Outcome.MADE)
        assert self._lost is not None
        raise LostAnswerError(
            f'imgix source "{self._declaration.name}" could not be created: {self._lost.problem}',
            "Run `pulumi up` again: if the source was created, that run finds and names it.",
        )

    def _spend(self) -> None:
        try:
            count_last_hour(self._services)
            self._services.limits.spend(Quota.CREATES)
        except ImgixError as error:
            raise error.about(f'imgix source "{self._declaration.name}" was not created') from None

    def _attributes(self) -> dict[str, Any]:
        deployment = with_secure_urls(self._declaration.deployment)
        kept = [argument(key) for key, value in deployment.items() if value == KEEP]
        if kept:
            raise InvalidSourceError(
                f'imgix source "{self._declaration.name}" was not created: imgix holds no value '
                f"to keep for {', '.join(kept)}",
                f"Give the value, or name an existing source with {argument('adopt')}.",
            )
        return {"name": self._declaration.name, "deployment": deployment}

    def _look_for_twin(self, lost: LostAnswerError) -> Source | None:
        """Look a few times for a source that imgix may have created."""
        try:
            found = Retrying(
                retry=retry_if_result(lambda source: source is None),
                stop=stop_after_attempt(_LOOKS),
                wait=wait_fixed(_BETWEEN_LOOKS),
                sleep=self._services.clock.pause,
                retry_error_callback=lambda _state: None,
            )(self._find_twin)
        except ImgixError as error:
            raise LostAnswerError(
                f'it is not known whether imgix created "{self._declaration.name}": '
                f"{lost.problem}, and then {error.problem}",
                "Run `pulumi up` again: if the source was created, that run finds and names it.",
            ) from None
        if found is not None:
            self._tell_found(found, lost)
        return found

    def _tell_found(self, source: Source, lost: LostAnswerError) -> None:
        self._services.tell(
            self._declaration.name,
            f"created, though the response was lost ({lost.problem})",
            source.id,
        )

    def _find_twin(self) -> Source | None:
        """Return the source that this run must have created."""
        holders = self._services.holders.look_up(self._declaration)
        return next(filter(self._was_made_here, holders), None)

    def _explain(self, refusal: RefusedError, posted: float, givers: set[str]) -> Obtained | None:
        """Find out why a POST was refused, and raise if nothing can be done about it.

        Returns:
            The source to go on with, or None to try again, because another source of this run has
            now given up a domain.
        """
        try:
            holders = self._services.holders.find(
                self._declaration, newer_than=posted, detail=refusal.detail
            )
        except ImgixError:
            holders = []
        for holder in holders:
            if self._lost is not None and self._was_made_here(holder):
                self._tell_found(holder, self._lost)
                return Obtained(holder, Outcome.MADE)
        if len(holders) == 1 and self._services.ledger.is_own(holders[0].id, self._resource):
            return Obtained(holders[0], Outcome.KEPT)
        reusable = reusable_among(self._services, self._declaration, holders)
        if reusable is not None:
            return Obtained(reusable, Outcome.REUSED)
        if holders and free_late_domains(self._services, self._declaration, givers, self._resource):
            return None
        if not self._tried_free and is_free_now(self._services, self._declaration, refusal):
            self._tried_free = True
            return None
        if not holders:
            raise operation_error("create", self._declaration.name, refusal) from None
        raise domain_taken_error(self._services, "create", self._declaration, holders)

    def _was_made_here(self, source: Source) -> bool:
        """Return whether a source is the one that this POST created.

        It must be enabled, exactly as declared, no older than this run, and not held by another
        resource of the run. Without the age, the source of another stack that runs the same program
        would be mistaken for the lost one.
        """
        newest = max(made_at(source, self._began), source.date_deployed or 0)
        return (
            source.enabled is not False
            and not self._services.ledger.is_held(source.id)
            and _is_as_declared(source, self._declaration)
            and newest >= self._began - CLOCKS_APART
        )


def _is_as_declared(source: Source, declaration: Declaration) -> bool:
    """Return whether the source is as declared, apart from what imgix never shows."""
    changes = diff_live(source, declaration)
    return changes.name is None and not set(changes.deployment) - WRITE_ONLY
