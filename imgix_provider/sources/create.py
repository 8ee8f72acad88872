"""Creates a source so that none is ever made twice and none is ever lost.

imgix has no idempotency key and no delete. So a POST whose answer is lost is not sent again before
it was looked whether the source is there; and a refused POST is explained by who holds the
subdomains, with the way to take that source over.
"""

from __future__ import annotations

import re
import time
from typing import Any, Final

import attrs
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits, Quota
from imgix_provider.api.source import Source
from imgix_provider.deployments.fields import KEEP
from imgix_provider.deployments.types import WRITE_ONLY
from imgix_provider.errors import (
    ImgixError,
    InvalidSourceError,
    LostAnswerError,
    RateLimitedError,
    RefusedError,
    failed,
)
from imgix_provider.messages import Notify
from imgix_provider.sources.declaration import Declared
from imgix_provider.sources.diff import from_live
from imgix_provider.sources.domains import domains_in, holders_of, taken

_LOOKS: Final = 4
_BETWEEN_LOOKS: Final = 1.0
"""After a lost answer the source is looked for this often, this many seconds apart."""
_TRIES: Final = 4
_FIRST_ID: Final = 1_293_840_000.0
"""The start of 2011, when imgix did: an id that says less, or a time to come, tells no time."""
_CLOCKS_APART: Final = 600.0
"""How many seconds this machine's clock may be wrong."""


@attrs.frozen
class Created:
    """The source that a create ended with."""

    source: Source
    made_by_this_run: bool
    """False where it existed, disabled, and waits to be taken back."""

    @property
    def id(self) -> str:
        """The source's id."""
        return self.source.id


class Creation:
    """One source on its way into existence."""

    def __init__(self, client: SourcesClient, limits: Limits, notify: Notify) -> None:
        """Work through `client`, within `limits`."""
        self._client = client
        self._limits = limits
        self._notify = notify

    def create(self, declared: Declared) -> Created:
        """Create the source, or find the one to take back.

        Raises:
            ImgixError: It was not made; where others hold its domains the message names them.
        """
        began = time.time()
        lost: LostAnswerError | None = None
        for _try in range(_TRIES):
            attributes = self._attributes(declared)
            self._spend(declared)
            try:
                return Created(self._client.create(attributes), True)
            except LostAnswerError as error:
                lost = error
                found = self._look_for(declared, error, began)
                if found is not None:
                    return Created(found, True)
            except RefusedError as refusal:
                return self._explain(declared, refusal, lost, began)
            except RateLimitedError as error:
                told = self._limits.refused(Quota.CREATES, error)
                raise failed("create", declared.name, told) from None
            except ImgixError as error:
                raise failed("create", declared.name, error) from None
        assert lost is not None
        raise LostAnswerError(
            f'imgix source "{declared.name}" could not be created: {lost.problem}',
            "Run `pulumi up` again: a source that was made after all is found then, and named.",
        )

    def _spend(self, declared: Declared) -> None:
        try:
            self._limits.spend(Quota.CREATES)
        except ImgixError as error:
            raise error.about(f'imgix source "{declared.name}" was not created') from None

    @staticmethod
    def _attributes(declared: Declared) -> dict[str, Any]:
        kept = [key for key, value in declared.deployment.items() if value == KEEP]
        if kept:
            raise InvalidSourceError(
                f'imgix source "{declared.name}" was not created: imgix holds no value to keep for '
                f"{', '.join(kept)}",
                "Give the value, or name an existing source with adopt.",
            )
        return {"name": declared.name, "deployment": dict(declared.deployment)}

    def _look_for(self, declared: Declared, lost: LostAnswerError, began: float) -> Source | None:
        """Look for a source whose creation may have been done, until that has settled."""
        try:
            found = Retrying(
                retry=retry_if_result(lambda source: source is None),
                stop=stop_after_attempt(_LOOKS),
                wait=wait_fixed(_BETWEEN_LOOKS),
                retry_error_callback=lambda _state: None,
            )(lambda: self._twin_of(declared, began))
        except ImgixError as error:
            raise LostAnswerError(
                f'it is not known whether imgix created "{declared.name}": {lost.problem}, and '
                f"then {error.problem}",
                "Run `pulumi up` again: if the source was made, it is found then, and named.",
            ) from None
        if found is not None:
            self._tell_found(declared, found, lost)
        return found

    def _tell_found(self, declared: Declared, source: Source, lost: LostAnswerError) -> None:
        self._notify(
            f'imgix created "{declared.name}" ({source.id}), though its answer was lost '
            f"({lost.problem})"
        )

    def _twin_of(self, declared: Declared, began: float) -> Source | None:
        """Return the source that this run must have made."""
        for holder in holders_of(self._client, declared):
            if _was_made_here(holder, declared, began):
                return holder
        return None

    def _explain(
        self,
        declared: Declared,
        refusal: RefusedError,
        lost: LostAnswerError | None,
        began: float,
    ) -> Created:
        """Find out why a POST was refused: return the source to go on with, or raise."""
        try:
            holders = holders_of(self._client, declared)
        except ImgixError:
            holders = []
        for holder in holders:
            if lost is not None and _was_made_here(holder, declared, began):
                self._tell_found(declared, holder, lost)
                return Created(holder, True)
        if len(holders) == 1 and _can_be_taken_back(holders[0], declared):
            return Created(holders[0], False)
        if not holders:
            raise failed("create", declared.name, refusal) from None
        raise taken("create", declared, holders)


def _was_made_here(source: Source, declared: Declared, began: float) -> bool:
    """Tell whether a source is the one whose creation was sent after `began`.

    It is enabled, just as declared, and not older. Without the last, the source of another stack
    that runs the same program would be taken for the lost one.
    """
    newest = max(_made_at(source, began), source.date_deployed or 0)
    return (
        source.enabled is not False
        and _is_as_declared(source, declared)
        and newest >= began - _CLOCKS_APART
    )


def _made_at(source: Source, unless_told: float) -> float:
    """Return when a source was made: its id, 24 hexadecimal digits, begins with the time."""
    if re.fullmatch(r"[0-9a-f]{24}", source.id) is None:
        return unless_told
    made = float(int(source.id[:8], 16))
    return made if _FIRST_ID <= made <= unless_told + _CLOCKS_APART else unless_told


def _is_as_declared(source: Source, declared: Declared) -> bool:
    """Tell whether all that is declared, but what imgix never shows, is what the source has."""
    changes = from_live(source, declared)
    return changes.name is None and not set(changes.deployment) - WRITE_ONLY


def _can_be_taken_back(source: Source, declared: Declared) -> bool:
    shared = set(domains_in(source, "imgix_subdomains")) & set(declared.subdomains)
    return source.enabled is False and source.name == declared.name and bool(shared)
