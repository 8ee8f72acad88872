"""What each verb does to a source at imgix: plain Python that knows nothing of Pulumi.

| verb   | promise                                                                              |
|--------|--------------------------------------------------------------------------------------|
| create | one POST; a lost answer is looked up, never posted twice; see `creating`              |
| read   | live values over the declared keys; write-only ones carried over; None where gone     |
| update | the smallest PATCH, the whole deployment for another type; nothing for local options  |
| delete | disables, or frees the domains and disables, or leaves the source: imgix has no delete |

A disabled source takes no change but `enabled: true`, sent alone; to change and disable, the
change goes first and `enabled: false` after it, alone. Once imgix has answered a change with yes,
nothing raises any more: what is known goes to the state, with a warning.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import attrs

from imgix_provider.api.client import SourcesClient
from imgix_provider.api.limits import Limits, Quota
from imgix_provider.api.source import Source
from imgix_provider.deployments.types import FIELDS
from imgix_provider.errors import ImgixError, NotFoundError, RefusedError, failed
from imgix_provider.messages import Notify
from imgix_provider.sources.create import Creation
from imgix_provider.sources.declaration import (
    Declared,
    declared_from,
    effective_deployment,
    outputs_of,
)
from imgix_provider.sources.deploy import Change, wait_until_deployed
from imgix_provider.sources.diff import Changes, as_live, between, from_live
from imgix_provider.sources.domains import holders_of, taken
from imgix_provider.sources.reader import SharedReader
from imgix_provider.sources.update import Applier


@attrs.frozen
class Reading:
    """A source as it was read: what the state keeps, and the inputs that would declare it."""

    outputs: Mapping[str, Any]
    inputs: Mapping[str, Any]


class Lifecycle:
    """The verbs, for all sources of one run; safe to share between threads."""

    def __init__(self, client: SourcesClient, limits: Limits, notify: Notify) -> None:
        """Work through `client`, within `limits`, and tell the person what `notify` is given."""
        self._client = client
        self._limits = limits
        self._notify = notify
        self._reader = SharedReader(client)
        self._applier = Applier(client, limits, self._reader, notify)
        self._replaced: set[str] = set()

    def plan_create(self, declared: Declared) -> None:
        """Count a source that is going to be created, for what a reached limit is told with."""
        self._limits.plan(Quota.CREATES, declared.name + "\0" + "\0".join(declared.subdomains))

    def plan_update(self, source_id: str) -> None:
        """Count a source that is going to be updated."""
        self._limits.plan(Quota.UPDATES, source_id)

    def plan_replace(self, source_id: str) -> None:
        """Note that a new source takes this one's place, so that deleting it frees its domains."""
        self._replaced.add(source_id)

    def create(self, declared: Declared) -> tuple[str, dict[str, Any]]:
        """Create the source, or take over the one to adopt; return its id and outputs."""
        creation = Creation(self._client, self._limits, self._notify)
        # A source that this run replaces was adopted once; the option does nothing more.
        if declared.adopt is not None and declared.adopt not in self._replaced:
            return self._adopt(declared, declared.adopt)
        source = creation.create(declared)
        if source.made_by_this_run:
            return source.id, self._finish_create(declared, source.source)
        return self._take_back(declared, source.source)

    def read(self, source_id: str, properties: Mapping[str, Any]) -> Reading | None:
        """Return the source as it stands, or None where it is gone.

        Without `properties` of an earlier run, all that imgix shows counts as declared.
        """
        try:
            source = self._reader.read(source_id)
        except NotFoundError:
            return None
        except ImgixError as error:
            raise failed("read", str(properties.get("name") or source_id), error) from None
        if source.deployment_status == "deleted":
            return None
        if not properties.get("deployment"):
            known = Declared(name=source.name or "", deployment=_declarable(source.deployment))
            return Reading(outputs_of(known, source), known.inputs())
        before = properties.get("effective_deployment") or {}
        declared = as_live(declared_from(properties), source, before)
        return Reading(outputs_of(declared, source), declared.inputs())

    def update(
        self, source_id: str, properties: Mapping[str, Any], declared: Declared
    ) -> dict[str, Any]:
        """Make the source as `declared`, from what the state's `properties` say it was."""
        changes = between(declared_from(properties), declared)
        if not changes.sends:
            return _with_options(properties, declared)
        before = Source(
            id=source_id,
            name=str(properties.get("name", "")),
            enabled=bool(properties.get("enabled", True)),
            deployment=properties.get("effective_deployment") or {},
            date_deployed=_whole(properties.get("date_deployed")),
        )
        try:
            return self._applied(before, changes, declared)
        except NotFoundError as error:
            error.advice = "It is gone: run `pulumi refresh`, then `pulumi up` creates it anew."
            raise error.about(f'imgix source "{declared.name}" ({source_id})') from None
        except ImgixError as error:
            raise self._explained(source_id, changes, declared, error) from None

    def delete(self, source_id: str, properties: Mapping[str, Any]) -> None:
        """Do what `on_delete` says, and tell it in one line."""
        declared = declared_from(properties)
        what = "release" if source_id in self._replaced else declared.on_delete
        if declared.on_delete == "retain":
            what = "retain"
        named = f'imgix source "{declared.name}" ({source_id})'
        if what == "retain":
            self._notify(f'{named} was left as it is, as on_delete="retain" asks')
            return
        try:
            done = self._retire(source_id, declared, release=what == "release")
        except ImgixError as error:
            raise failed(what, declared.name, error) from None
        self._notify(f"{named} {done}")

    # The rest is what the verbs are made of.

    def _finish_create(self, declared: Declared, source: Source) -> dict[str, Any]:
        """Wait for the deploy of a new source, and disable it if it is declared so."""
        source = self._deployed(declared, source, None)
        if not declared.enabled and source.enabled is not False:
            source = self._applier.disable_quietly(source, declared)
        return outputs_of(declared, source)

    def _adopt(self, declared: Declared, source_id: str) -> tuple[str, dict[str, Any]]:
        """Take over an existing source with the smallest PATCH, or none."""
        try:
            source = self._client.get(source_id)
            outputs = self._applied(source, from_live(source, declared), declared)
        except NotFoundError:
            raise RefusedError(
                f'imgix source "{declared.name}" cannot be adopted: there is no source '
                f"{source_id} in this account",
                "Check the id in adopt, and that imgix:apiKey belongs to the right account.",
                status=404,
            ) from None
        except ImgixError as error:
            raise failed("adopt", declared.name, error) from None
        self._notify(f'imgix source "{declared.name}" ({source_id}) was taken over')
        return source_id, outputs

    def _take_back(self, declared: Declared, source: Source) -> tuple[str, dict[str, Any]]:
        """Put a disabled source of the same name and subdomains to use again."""
        try:
            outputs = self._applied(source, from_live(source, declared), declared)
        except ImgixError as error:
            raise failed("take back", declared.name, error) from None
        self._notify(
            f'imgix source "{declared.name}" ({source.id}) existed, disabled, with the same '
            "subdomains: it was taken back instead of creating another"
        )
        return source.id, outputs

    def _explained(
        self, source_id: str, changes: Changes, declared: Declared, error: ImgixError
    ) -> ImgixError:
        """Return the error of an update, with who holds a domain where that is the reason."""
        if isinstance(error, RefusedError) and (
            {"imgix_subdomains", "custom_domains"} & set(changes.deployment)
        ):
            with suppress(ImgixError):
                if holders := holders_of(self._client, declared, but_not=source_id):
                    return taken("update", declared, holders)
        return failed("update", declared.name, error)

    def _applied(self, before: Source, changes: Changes, declared: Declared) -> dict[str, Any]:
        """Send what changes, wait for its deploy, and return the outputs."""
        source = self._applier.apply(before, changes, declared)
        deploys = changes.deployment or (before.enabled is False and declared.enabled)
        if deploys and declared.enabled:
            source = self._deployed(declared, source, before.date_deployed)
        return _outputs_after(before, source, changes, declared)

    def _deployed(self, declared: Declared, source: Source, date_before: int | None) -> Source:
        if not declared.wait_for_deployed:
            return source
        change = Change(
            source=source, name=declared.name, answered=time.monotonic(), date_before=date_before
        )
        latest = wait_until_deployed(change, self._reader, declared.deploy_timeout, self._notify)
        return latest if latest.complete else source

    def _retire(self, source_id: str, declared: Declared, *, release: bool) -> str:
        """Disable the source, after freeing its domains if asked, and say what was done."""
        domains = ", ".join([*declared.subdomains, *declared.custom_domains])
        known = Source(id=source_id, enabled=declared.enabled)
        freed = {"imgix_subdomains": [f"released-{source_id}"], "custom_domains": []}
        retired = attrs.evolve(declared, enabled=False)
        try:
            if release:
                self._applier.change_and_disable(known, Changes(deployment=freed), retired)
                return f"was disabled, and {domains} can be used anew: imgix has no delete"
            if not declared.enabled and self._applier.is_disabled(source_id):
                return f"stays disabled, and keeps {domains}: imgix has no delete"
            self._applier.disable(source_id)
        except NotFoundError:
            return "was gone already"
        return f"was disabled, and keeps {domains}: imgix has no delete"


def _outputs_after(
    before: Source, source: Source, changes: Changes, declared: Declared
) -> dict[str, Any]:
    """Return the outputs; a declared key that a hand had changed shows what it is now."""
    if not source.complete or changes.type_change is not None:
        return outputs_of(declared, source)
    live = as_live(declared, source, effective_deployment(before.deployment))
    sent = {k: v for k, v in declared.deployment.items() if k in changes.deployment}
    deployment = {**live.deployment, **sent} if live.type == declared.type else live.deployment
    return outputs_of(attrs.evolve(declared, deployment=deployment), source)


def _with_options(properties: Mapping[str, Any], declared: Declared) -> dict[str, Any]:
    """Return the outputs where only options changed that are not imgix's."""
    effective = effective_deployment(
        properties.get("effective_deployment") or {}, declared.secret_keys or ()
    )
    options = dict.fromkeys(attrs.fields_dict(Declared))  # null where it is declared no more
    return {**properties, **options, **declared.inputs(), "effective_deployment": effective}


def _declarable(deployment: Mapping[str, Any]) -> dict[str, Any]:
    fields = FIELDS.get(str(deployment.get("type")), {})
    return {
        key: value
        for key, value in deployment.items()
        if (key == "type" or key in fields) and value is not None
    }


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None
