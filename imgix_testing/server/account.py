"""A simulated account: its sources, and creates, changes and edits to them.

The rules here need more than one request's body: unique domains, premium features, refused
credentials, ids. `rules` checks a single body, and `documents` shows a source over HTTP. Not
thread-safe: the caller holds a lock.
"""

import copy
import random
from collections.abc import Callable
from typing import Any

import attrs

from imgix_testing.server import attributes, rules
from imgix_testing.server.replies import Problem, RefusedError, invalid
from imgix_testing.server.source import Deploy, StoredSource, without_typed

JsonObject = dict[str, Any]

_TOKEN_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@attrs.frozen
class AccountSettings:
    """How the account behaves; replaced as a whole when it changes."""

    deploy_seconds: float = 0.0
    status_lag_seconds: float = 0.0
    date_when_begun: bool = False
    premium: bool = True
    account_defaults: JsonObject = attrs.field(factory=dict)
    extra_attributes: JsonObject = attrs.field(factory=dict)


class Account:
    """An imgix account: only its sources."""

    def __init__(
        self,
        account_id: str | None,
        settings: AccountSettings,
        clock: Callable[[], float],
        seed: int | str,
    ) -> None:
        """Start without sources; without an id, the account's sources show none."""
        self.id = account_id
        self.settings = settings
        # The other accounts at imgix: domains are unique across all of them.
        self.others: list[Account] = []
        self.sources: dict[str, StoredSource] = {}
        # Access key -> how many more times it is refused, None for always.
        self.refused_access_keys: dict[str, int | None] = {}
        self.clock = clock
        self._random = random.Random(seed)

    def find(self, source_id: str) -> StoredSource:
        """Return a source, or refuse with the documented 404."""
        if source_id not in self.sources:
            raise RefusedError(404, Problem("Not Found", "Resource not found."))
        return self.sources[source_id]

    def create(self, given: JsonObject, *, never_deploys: bool = False) -> StoredSource:
        """Create a source from a POST's attributes, or refuse."""
        problems = rules.new_source_problems(given)
        if problems:
            raise invalid(problems)
        source = self._new(given["name"], self._with_defaults(given["deployment"]), enabled=True)
        self._check_premium(source.deployment)
        self._check_domains(source)
        self._check_credentials(given["deployment"].get("s3_access_key"))
        source = attrs.evolve(source, deploy=self._first_deploy(source, never_deploys))
        self.sources[source.id] = source
        return source

    def change(
        self, source_id: str, given: JsonObject, *, never_deploys: bool = False
    ) -> tuple[StoredSource, bool]:
        """Apply a PATCH's attributes, or refuse; return the source and whether it deploys."""
        before = self.find(source_id)
        problems = rules.change_problems(given, enabled=before.enabled, stored=before.deployment)
        if problems:
            raise invalid(problems)
        after = attrs.evolve(
            before,
            name=given.get("name", before.name),
            enabled=given.get("enabled", before.enabled),
            deployment=self._merged(before.deployment, given.get("deployment") or {}),
        )
        self._check_premium(after.deployment)
        _check_signed(after.deployment)
        self._check_domains(after)
        self._check_credentials((given.get("deployment") or {}).get("s3_access_key"))
        return self._keep(before, after, never_deploys=never_deploys)

    def add(self, name: str, deployment: JsonObject, *, enabled: bool) -> StoredSource:
        """Add a source as it is, unchecked and already deployed."""
        source = self._new(name, self._with_defaults(deployment, keep_nulls=True), enabled=enabled)
        self.sources[source.id] = source
        return source

    def edit(self, source_id: str, changes: JsonObject) -> StoredSource:
        """Change a source as someone in the dashboard would, unchecked."""
        before = self.sources[source_id]
        given = copy.deepcopy(changes.get("deployment") or {})
        kept = before.deployment
        if "type" in given and given["type"] != kept.get("type"):
            kept = without_typed(kept)
        after = attrs.evolve(
            before,
            name=changes.get("name", before.name),
            enabled=changes.get("enabled", before.enabled),
            deployment={**kept, **given},
        )
        return self._keep(before, after)[0]

    def _keep(
        self, before: StoredSource, after: StoredSource, *, never_deploys: bool = False
    ) -> tuple[StoredSource, bool]:
        deploys = after.enabled and (
            after.deployment != before.deployment or after.enabled != before.enabled
        )
        if deploys:
            after = attrs.evolve(after, deploy=self._next_deploy(before, never_deploys))
        self.sources[after.id] = after
        return after, deploys

    def _new(self, name: str, deployment: JsonObject, *, enabled: bool) -> StoredSource:
        now = self.clock()
        token = "".join(self._random.choices(_TOKEN_LETTERS, k=16))
        return StoredSource(
            id=self._new_id(now),
            name=name,
            enabled=enabled,
            deployment=deployment,
            secure_url_token=token,
            deploy=Deploy(asked_at=now, shows_from=now, done_at=now, date_before=int(now)),
        )

    def _new_id(self, now: float) -> str:
        while True:
            source_id = f"{int(now) & 0xFFFFFFFF:08x}{self._random.getrandbits(64):016x}"
            if source_id not in self.sources:
                return source_id

    def _first_deploy(self, source: StoredSource, never: bool) -> Deploy:
        # The lag shows the previous deploy; a new source has none.
        done_at = None if never else source.deploy.asked_at + self.settings.deploy_seconds
        return attrs.evolve(source.deploy, done_at=done_at)

    def _next_deploy(self, before: StoredSource, never: bool) -> Deploy:
        now = self.clock()
        lags = before.status(now) == "deployed"
        shows_from = now + (self.settings.status_lag_seconds if lags else 0.0)
        return Deploy(
            asked_at=now,
            shows_from=shows_from,
            done_at=None if never else shows_from + self.settings.deploy_seconds,
            date_before=int(now) if self.settings.date_when_begun else before.date_deployed(now),
        )

    def _default(self, name: str, source_type: object) -> Any:
        """Return an attribute's default: the account's, else the documented one."""
        if name == "secure_url_enabled" and source_type == "webproxy":
            return True
        if name in self.settings.account_defaults:
            return copy.deepcopy(self.settings.account_defaults[name])
        return copy.deepcopy(attributes.of_deployment(source_type)[name].default)

    def _with_defaults(self, given: JsonObject, *, keep_nulls: bool = False) -> JsonObject:
        deployment = {}
        for name in attributes.of_deployment(given.get("type")):
            default = self._default(name, given.get("type"))
            if default is not attributes.UNSET:
                deployment[name] = default
        stated = {
            name: value for name, value in given.items() if keep_nulls or _is_set(name, value)
        }
        return {**deployment, **copy.deepcopy(stated)}

    def _merged(self, stored: JsonObject, given: JsonObject) -> JsonObject:
        """Return the deployment after a PATCH: merged at the first level, null is the default."""
        chosen = given.get("type", stored.get("type"))
        if chosen != stored.get("type"):
            stored = self._with_defaults({**without_typed(stored), "type": chosen})
        merged = {**stored, **copy.deepcopy(given)}
        for name, value in given.items():
            if not _is_set(name, value):
                del merged[name]
                default = self._default(name, chosen)
                if default is not attributes.UNSET:
                    merged[name] = default
        return merged

    def _check_premium(self, deployment: JsonObject) -> None:
        if deployment.get("type") == "webproxy" and not self.settings.premium:
            detail = "Web proxy sources are a premium feature that this account does not have."
            raise RefusedError(403, Problem("Forbidden", detail))

    def _check_domains(self, source: StoredSource) -> None:
        # A disabled source keeps its domains, so every other source counts.
        every = [other for account in (self, *self.others) for other in account.sources.values()]
        others = [other for other in every if other.id != source.id]
        taken = source.domains() & {domain for other in others for domain in other.domains()}
        if taken:
            raise invalid([f"The domain {domain} is already in use" for domain in sorted(taken)])

    def _check_credentials(self, key: object) -> None:
        if not isinstance(key, str) or key not in self.refused_access_keys:
            return
        left = self.refused_access_keys[key]
        if left is not None and left <= 1:
            del self.refused_access_keys[key]
        elif left is not None:
            self.refused_access_keys[key] = left - 1
        raise refused_credentials()


def refused_credentials() -> RefusedError:
    """Refuse an S3 access key, as imgix does while it answers a POST or PATCH."""
    return RefusedError(400, Problem("aws_access_key", "AWS did not accept the access key given."))


def _is_set(name: str, value: object) -> bool:
    # imgix treats an empty prefix as none, and shows none.
    return value is not None and not (name.endswith("_prefix") and value == "")


def _check_signed(deployment: JsonObject) -> None:
    if deployment.get("type") == "webproxy" and not deployment.get("secure_url_enabled"):
        raise invalid([rules.UNSIGNED_PROXY])
