"""The simulated Sources API without its sockets: one request in, one `Reply` out.

Checks keys, rate limits, methods and JSON, logs requests and applies faults. `account` carries the
requests out, and `connections` has the sockets.
"""

import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
from werkzeug.wrappers import Request

from imgix_testing.server import documents, faults, listing, rates
from imgix_testing.server.account import Account, refused_credentials
from imgix_testing.server.faults import Fault, Faults
from imgix_testing.server.rates import Meters
from imgix_testing.server.replies import MEDIA_TYPE, Problem, RefusedError, Reply

JsonObject = dict[str, Any]

BASE_PATH = "/api/v1"


@attrs.frozen
class RequestRecord:
    """A request that reached the API; `status` is None when the connection was reset."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int | None
    at: float


@attrs.frozen
class Tenant:
    """An account and the meters of its requests."""

    account: Account
    meters: Meters


@attrs.define
class SourcesApi:
    """Answers requests for the account of their key, and logs them."""

    # By API key. Requests with a wrong key count against the first account's limits.
    tenants: dict[str, Tenant]
    faults: Faults
    lock: threading.RLock
    stopping: threading.Event
    after_change: Callable[[], None]
    filter_match: listing.FilterMatch
    seed: int
    requests: list[RequestRecord] = attrs.field(factory=list)
    _random: random.Random = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Give request ids their own random sequence, so that they do not change source ids."""
        self._random = random.Random(f"request ids {self.seed}")

    def answer(self, request: Request) -> Reply:
        """Answer a request, with a fault if one is due, and log it."""
        at = time.monotonic()
        body = request.get_data()
        fault = self.faults.due(request.method, request.path)
        if fault is not None and fault.delay is not None:
            self.stopping.wait(fault.delay)
        request_id = f"{self._random.getrandbits(128):032x}"

        def work() -> Reply:
            return self._work(request, body, request_id, fault)

        reply = work() if fault is None else faults.spoil(fault, work, request_id)
        self.requests.append(
            RequestRecord(
                method=request.method,
                path=request.path,
                query=request.args.to_dict(),
                headers=dict(request.headers),
                body=_parsed_or_none(body),
                status=None if reply.ending == "reset" else reply.status,
                at=at,
            )
        )
        return reply

    def busiest_second(self) -> int:
        """Return the highest number of logged requests in any one second."""
        return rates.busiest_second([record.at for record in list(self.requests)])

    def _work(self, request: Request, body: bytes, request_id: str, fault: Fault | None) -> Reply:
        with self.lock:
            try:
                return self._do(request, body, fault.kind if fault else None)
            except RefusedError as refusal:
                document = documents.errors(refusal.status, refusal.problems, request_id)
                return Reply(refusal.status, document, headers=refusal.headers)

    def _do(self, request: Request, body: bytes, fault_kind: str | None) -> Reply:
        tenant = self._tenant(request)
        account = tenant.account
        never_deploys = fault_kind == "never_deploys"
        match request.method, _path_parts(request.path):
            case "GET", []:
                return self._list(account, request)
            case "POST", []:
                given = _attributes(request, body, source_id=None)
                self._check_fault(fault_kind)
                return self._create(tenant, given, never_deploys)
            case "GET", [source_id]:
                return self._show(account, request, source_id)
            case "PATCH", [source_id]:
                account.find(source_id)
                given = _attributes(request, body, source_id=source_id)
                self._check_fault(fault_kind)
                return self._change(tenant, source_id, given, never_deploys)
        raise RefusedError(
            405, Problem("Method Not Allowed", f"{request.method} is not allowed here.")
        )

    def _tenant(self, request: Request) -> Tenant:
        """Return the account of the request's key, or refuse the request."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        tenant = self.tenants.get(key) if scheme == "Bearer" else None
        (tenant or next(iter(self.tenants.values()))).meters.take_request(time.monotonic())
        if tenant is None:
            detail = "A valid API key is required and could not be determined."
            raise RefusedError(401, Problem("Unauthorized", detail))
        return tenant

    def _check_fault(self, fault_kind: str | None) -> None:
        if fault_kind == "refuse_credentials":
            raise refused_credentials()

    def _list(self, account: Account, request: Request) -> Reply:
        query = listing.parse(list(request.args.items(multi=True)), of_list=True)
        resources = [_resource(account, source_id) for source_id in account.sources]
        page, pagination = listing.select(query, resources, match=self.filter_match)
        return Reply(200, documents.envelope(page, pagination=pagination))

    def _show(self, account: Account, request: Request, source_id: str) -> Reply:
        query = listing.parse(list(request.args.items(multi=True)), of_list=False)
        return Reply(200, documents.envelope(listing.narrow(query, _resource(account, source_id))))

    def _create(self, tenant: Tenant, given: JsonObject, never_deploys: bool) -> Reply:
        now = tenant.account.clock()
        tenant.meters.allow_create(now)
        source = tenant.account.create(given, never_deploys=never_deploys)
        tenant.meters.note_create(now)
        self.after_change()
        shown = _resource(tenant.account, source.id, just_deployed=True)
        return Reply(201, documents.envelope(shown))

    def _change(
        self, tenant: Tenant, source_id: str, given: JsonObject, never_deploys: bool
    ) -> Reply:
        now = tenant.account.clock()
        tenant.meters.allow_update(now)
        _, deploys = tenant.account.change(source_id, given, never_deploys=never_deploys)
        tenant.meters.note_update(now)
        self.after_change()
        shown = _resource(tenant.account, source_id, just_deployed=deploys)
        return Reply(200, documents.envelope(shown))


def _resource(account: Account, source_id: str, *, just_deployed: bool = False) -> JsonObject:
    source = account.find(source_id)
    now = account.clock()
    return documents.resource(
        source,
        account_id=account.id,
        status=source.status_when_answered() if just_deployed else source.status(now),
        now=now,
        extra=account.settings.extra_attributes,
    )


def _path_parts(path: str) -> list[str]:
    """Return what follows `/api/v1/sources`, or refuse a path that is not simulated."""
    parts = path.removeprefix(f"{BASE_PATH}/").split("/")
    if not path.startswith(f"{BASE_PATH}/") or parts[0] != "sources" or len(parts) > 2:
        raise RefusedError(404, Problem("Not Found", "Resource not found."))
    if parts[1:] == [""]:
        raise RefusedError(404, Problem("Not Found", "Resource not found."))
    return parts[1:]


def _attributes(request: Request, body: bytes, *, source_id: str | None) -> JsonObject:
    """Return `data.attributes` of a JSON:API body, or refuse."""
    if request.mimetype not in (MEDIA_TYPE, "application/json"):
        raise _malformed(f"The Content-Type must be {MEDIA_TYPE} or application/json.")
    document = _parsed(body)
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict) or data.get("type") != "sources":
        raise _malformed('The body must be an object whose data.type is "sources".')
    unknown = sorted(set(data) - {"attributes", "id", "type"})
    if unknown:
        raise _malformed(f"data.{unknown[0]} is not taken here.")
    if source_id is not None and data.get("id") != source_id:
        raise _malformed("data.id must be the id of the source in the path.")
    if source_id is None and "id" in data:
        raise _malformed("data.id is chosen by imgix and cannot be given.")
    given = data.get("attributes")
    if not isinstance(given, dict):
        raise _malformed("data.attributes must be an object.")
    return given


def _malformed(detail: str) -> RefusedError:
    return RefusedError(400, Problem("Bad Request", detail))


def _parsed(body: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        # Python accepts NaN and Infinity; JSON does not.
        return json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise _malformed("The body is not valid JSON.") from None


def _parsed_or_none(body: bytes) -> Any:
    try:
        return _parsed(body)
    except RefusedError:
        return None
