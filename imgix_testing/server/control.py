"""The control endpoint of a simulated API that runs in another process: `/_control/…`.

It does over HTTP what tests in the same process do with `SimulatedImgix`: faults, hand edits,
settings, and showing everything. It answers only loopback clients and is not part of imgix's API.
"""

import ipaddress
import json
from typing import Any

import attrs
from werkzeug.wrappers import Request

from imgix_testing.server.api import SourcesApi
from imgix_testing.server.faults import Fault
from imgix_testing.server.hand import SimulatedAccount
from imgix_testing.server.replies import Reply

PREFIX = "/_control/"


@attrs.frozen
class Control:
    """Answers requests to the control endpoint, for the first account of an API."""

    account: SimulatedAccount
    api: SourcesApi

    def answer(self, request: Request) -> Reply:
        """Carry out a request to the control endpoint."""
        if not _is_loopback(request.remote_addr):
            return _told(403, {"error": "the control endpoint answers only loopback clients"})
        try:
            body = json.loads(request.get_data() or b"{}")
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            return self._do(request.method, request.path.removeprefix(PREFIX).split("/"), body)
        except KeyError as error:
            return _told(404, {"error": f"no source {error}"})
        except (TypeError, ValueError) as error:
            return _told(400, {"error": str(error)})

    def _do(self, method: str, parts: list[str], body: dict[str, Any]) -> Reply:
        account, faults = self.account, self.api.faults
        match method, parts:
            case "GET", ["faults"]:
                return _told(200, {"faults": faults.describe()})
            case "POST", ["faults"]:
                faults.add(Fault(**{"kind": None, **body}))
                return _told(201, {"faults": faults.describe()})
            case "DELETE", ["faults"]:
                faults.clear()
                return _told(200, {"faults": []})
            case "GET", ["sources"]:
                return _told(200, {"sources": [attrs.asdict(s) for s in account.sources.values()]})
            case "POST", ["sources"]:
                return _told(201, {"id": account.add_source(**body)})
            case "POST", ["sources", source_id]:
                account.edit(source_id, **body)
                return _told(200, {"source": attrs.asdict(account.source(source_id))})
            case "GET", ["requests"]:
                return _told(200, self._requests())
            case "DELETE", ["requests"]:
                self.api.requests.clear()
                return _told(200, self._requests())
            case "GET", ["settings"]:
                return _told(200, account.settings())
            case "POST", ["settings"]:
                account.configure(**body)
                return _told(200, account.settings())
            case "POST", ["refused_access_keys"]:
                account.refuse_access_key(**body)
                return _told(200, {})
        return _told(404, {"error": "the control endpoint has no such request"})

    def _requests(self) -> dict[str, Any]:
        shown = []
        for record in list(self.api.requests):
            # The key is in every request and is of no use here.
            headers = {name: v for name, v in record.headers.items() if name != "Authorization"}
            shown.append({**attrs.asdict(record), "headers": headers})
        return {"requests": shown, "busiest_second": self.api.busiest_second()}


def _told(status: int, document: dict[str, Any]) -> Reply:
    return Reply(status, document, media_type="application/json")


def _is_loopback(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
