"""What each verb does to a source: plain Python, independent of Pulumi.

| verb   | promise                                                                                |
|--------|----------------------------------------------------------------------------------------|
| check  | every problem at once; inputs in canonical form; warns of what the run could not do    |
| diff   | declared keys only; puts into words what a preview cannot show                         |
| create | adopts, reuses or creates; one POST; a lost response is looked up, never posted twice  |
| read   | live values of the declared keys; write-only ones carried over; None if gone           |
| update | the smallest PATCH; the whole deployment for another type; nothing for local options   |
| delete | disables, or frees the domains and disables, or leaves the source: imgix has no delete |

Each verb takes and returns plain data, so an adapter only translates. `resource` is the URN of the
source's resource, empty if the adapter does not know it. Once imgix has accepted a change, nothing
raises any more: what is known is stored in the state, with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import attrs

from imgix_provider.api.source import Source
from imgix_provider.deployments.domains import DOMAIN_KEYS
from imgix_provider.deployments.values import Unknown, never_unknown
from imgix_provider.errors import (
    ImgixError,
    NotFoundError,
    RefusedError,
    operation_error,
)
from imgix_provider.sources.accounts import require_same_account
from imgix_provider.sources.check import check_source
from imgix_provider.sources.claims import ADOPTS_TOO_LATE
from imgix_provider.sources.create import Outcome, obtain_source
from imgix_provider.sources.declaration import (
    ARGUMENTS,
    Declaration,
    effective_deployment,
    outputs_of,
)
from imgix_provider.sources.deploy import PendingDeploy, wait_until_deployed
from imgix_provider.sources.diff import (
    Changes,
    declaration_of_live,
    describe_reuse,
    diff_declarations,
    diff_live,
    diff_reused,
)
from imgix_provider.sources.ledger import Hold
from imgix_provider.sources.moves import own_move, send_with_moves
from imgix_provider.sources.outcomes import CheckOutcome, DiffOutcome, ReadOutcome
from imgix_provider.sources.plan import diff_source
from imgix_provider.sources.read import read_source
from imgix_provider.sources.retire import retire_source
from imgix_provider.sources.services import Services
from imgix_provider.sources.unserved import domain_taken_error, explain_given, explain_unserved
from imgix_provider.sources.update import (
    apply_changes,
    disable_at_last,
)

_KEPT: Final = "kept: this resource had it before, with a domain that stays"


class Lifecycle:
    """The verbs, for all sources of one run; safe to share between threads."""

    def __init__(self, services: Services) -> None:
        """Work with the parts of a run."""
        self._services = services

    def check(
        self,
        news: Mapping[str, Any],
        olds: Mapping[str, Any],
        is_unknown: Unknown = never_unknown,
        resource: str = "",
    ) -> CheckOutcome:
        """Return the canonical inputs and their problems; report what is unusual or cannot work.

        Args:
            news: The inputs as the program gives them.
            olds: The inputs in the state; empty if the source would be created.
            is_unknown: Returns whether a value is not known yet.
            resource: The source's resource.
        """
        return check_source(self._services, news, olds, is_unknown, resource)

    def diff(
        self,
        source_id: str,
        olds: Mapping[str, Any],
        news: Mapping[str, Any],
        is_unknown: Unknown = never_unknown,
        resource: str = "",
    ) -> DiffOutcome:
        """Return what changes; put into words what a preview cannot show.

        Raises:
            InvalidSourceError: The change can never work as it is declared.
        """
        return diff_source(self._services, source_id, olds, news, is_unknown, resource)

    def create(self, declaration: Declaration, resource: str = "") -> tuple[str, dict[str, Any]]:
        """Adopt, reuse or create the source; return its id and outputs."""
        left = self._services.ledger.left(resource)
        if left is not None:
            return left[0], self._take_back(*left, declaration, resource)
        obtained = obtain_source(self._services, declaration, resource)
        source = obtained.source
        self._services.ledger.hold(source.id, resource, Hold.MADE)
        if obtained.outcome is Outcome.MADE:
            return source.id, self._finish_create(declaration, source)
        verb = {Outcome.REUSED: "reuse", Outcome.KEPT: "update"}.get(obtained.outcome, "adopt")
        try:
            reused = obtained.outcome is Outcome.REUSED
            changes = (diff_reused if reused else diff_live)(source, declaration)
            sent = apply_changes(self._services, source, changes, declaration)
            outputs = self._settle(source, sent, changes, declaration)
        except ImgixError as error:
            self._services.ledger.let_go(source.id, resource)
            raise operation_error(verb, declaration.name, error) from None
        told = _KEPT if obtained.outcome is Outcome.KEPT else "adopted"
        if reused:
            changed = describe_reuse(source, declaration)
            told = (
                "reused: it existed, disabled, with the same name and subdomains, and imgix has no "
                "delete" + (f"; this changed {changed}" if changed else "")
            )
        self._services.tell(declaration.name, told, source.id)
        return source.id, outputs

    def read(
        self,
        source_id: str,
        properties: Mapping[str, Any],
        resource: str = "",
        *,
        looks_up: bool = False,
    ) -> ReadOutcome | None:
        """Return the source as it is now, or None if it is gone.

        Without `properties` from an earlier run, everything imgix shows counts as declared, except
        credentials. A resource that only looks the source up (`looks_up`) does not manage it.

        Raises:
            ConfigurationError: The source belongs to another account than the key.
        """
        return read_source(self._services, source_id, properties, None if looks_up else resource)

    def update(
        self,
        source_id: str,
        properties: Mapping[str, Any],
        declaration: Declaration,
        resource: str = "",
    ) -> dict[str, Any]:
        """Change the source from what the state's `properties` say to what is declared."""
        old = Declaration.from_properties(properties)
        changes = diff_declarations(old, declaration)
        self._services.ledger.stay(source_id, resource)
        if not changes.sends:
            return _with_options(properties, declaration)
        self._services.ledger.hold(source_id, resource, Hold.KEPT)
        before = _as_in_state(source_id, properties)
        try:
            with own_move(self._services, before, changes) as (now, left):
                source = self._send(now, left, declaration, resource)
            return self._settle(before, source, changes, declaration)
        except NotFoundError as error:
            known = require_same_account(
                self._services, source_id, declaration.name, before.account_id
            )
            error.advice = (
                "It is gone: run `pulumi refresh`, then `pulumi up` to create it again."
                if known
                else "If imgix:apiKey belongs to another account, correct it. If the source is "
                "gone, run `pulumi refresh`, then `pulumi up` to create it again."
            )
            gone = error.about(f'imgix source "{declaration.name}" ({source_id})')
            raise explain_unserved(self._services, declaration, gone) from None
        except ImgixError as error:
            told = self._explain_update(source_id, changes, declaration, error)
            told = explain_unserved(self._services, declaration, told)
            raise explain_given(self._services, source_id, told) from None

    def delete(self, source_id: str, properties: Mapping[str, Any], resource: str = "") -> None:
        """Do what `on_delete` says, and report it in one line.

        A source that another resource of this run has is left alone.
        """
        retire_source(self._services, source_id, properties, resource)

    # Parts of the verbs.

    def _take_back(
        self,
        source_id: str,
        properties: Mapping[str, Any],
        declaration: Declaration,
        resource: str,
    ) -> dict[str, Any]:
        """Update the source that a replacement deleted first, and left as it was.

        The engine has dropped it from the state: an error would lose it there.
        """
        if declaration.adopt not in (None, source_id):
            self._services.tell(declaration.name, ADOPTS_TOO_LATE, source_id, warn=True)
        try:
            outputs = self.update(source_id, properties, declaration, resource)
        except ImgixError as error:
            text = f"kept as it was: {error.problem}; the next `pulumi up` tries again"
            self._services.tell(declaration.name, text, source_id, warn=True, unfinished=True)
            return dict(properties)
        self._services.tell(declaration.name, _KEPT, source_id)
        return outputs

    def _finish_create(self, declaration: Declaration, source: Source) -> dict[str, Any]:
        """Wait for a new source to be deployed, and disable it if so declared."""
        latest = self._wait(declaration, source, None)
        if not declaration.enabled and latest.enabled is not False:
            latest = disable_at_last(self._services, latest, declaration)
        return outputs_of(declaration, _with_account(latest, source))

    def _send(
        self, before: Source, changes: Changes, declaration: Declaration, resource: str
    ) -> Source:
        """Send changes, including domains that another source of this run gives up."""

        def send() -> Source:
            return apply_changes(self._services, before, changes, declaration)

        if not set(DOMAIN_KEYS) & set(changes.deployment):
            return send()
        return send_with_moves(self._services, declaration, resource, before.id, send)

    def _explain_update(
        self, source_id: str, changes: Changes, declaration: Declaration, error: ImgixError
    ) -> ImgixError:
        """Return the error of an update; if a domain is taken, say which source holds it."""
        if isinstance(error, RefusedError) and set(DOMAIN_KEYS) & set(changes.deployment):
            now = self._services.clock.now()
            with suppress(ImgixError):
                found = self._services.holders.find(
                    declaration, newer_than=now, detail=error.detail
                )
                if holders := [holder for holder in found if holder.id != source_id]:
                    return domain_taken_error(self._services, "update", declaration, holders)
        return operation_error("update", declaration.name, error)

    def _settle(
        self, before: Source, source: Source, changes: Changes, declaration: Declaration
    ) -> dict[str, Any]:
        """Wait until what was sent is deployed, and return the outputs."""
        deploys = changes.deployment or (before.enabled is False and declaration.enabled)
        if deploys and declaration.enabled:
            source = self._wait(declaration, source, before.date_deployed)
        source = _with_account(source, before)
        return _outputs_after(before, source, changes, declaration)

    def _wait(self, declaration: Declaration, source: Source, date_before: int | None) -> Source:
        if not declaration.wait_for_deployed:
            return source
        pending = PendingDeploy(
            source=source,
            name=declaration.name,
            answered=self._services.clock.now(),
            date_before=date_before,
        )
        latest = wait_until_deployed(self._services, pending, declaration.deploy_timeout)
        return latest if latest.complete else source


def _outputs_after(
    before: Source, source: Source, changes: Changes, declaration: Declaration
) -> dict[str, Any]:
    """Return the outputs; a declared key that was changed by hand has its current value."""
    if not source.complete or changes.type_change is not None:
        return outputs_of(declaration, source)
    live = declaration_of_live(declaration, source, effective_deployment(before.deployment))
    sent = {k: v for k, v in declaration.deployment.items() if k in changes.deployment}
    same_type = live.type == declaration.type
    deployment = {**live.deployment, **sent} if same_type else live.deployment
    return outputs_of(attrs.evolve(declaration, deployment=deployment), source)


def _with_options(properties: Mapping[str, Any], declaration: Declaration) -> dict[str, Any]:
    """Return the outputs if only options of this package changed."""
    source = _as_in_state("", properties)
    options = dict.fromkeys(ARGUMENTS)  # null if no longer declared
    return {**properties, **options, **outputs_of(declaration, source)}


def _as_in_state(source_id: str, properties: Mapping[str, Any]) -> Source:
    """Return the source as the state has it, without its credentials."""
    return Source(
        id=source_id,
        name=str(properties.get("name", "")),
        enabled=bool(properties.get("enabled", True)),
        deployment=properties.get("effective_deployment") or {},
        deployment_status=properties.get("deployment_status"),
        date_deployed=_whole(properties.get("date_deployed")),
        secure_url_token=properties.get("secure_url_token") or None,
        account_id=properties.get("account_id"),
    )


def _with_account(source: Source, known: Source) -> Source:
    """Return the source with the id of its account, which some answers lack."""
    return attrs.evolve(source, account_id=source.account_id or known.account_id)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None
