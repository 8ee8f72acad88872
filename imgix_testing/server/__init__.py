"""The simulated imgix Sources API; see `simulated`."""

from imgix_testing.server.api import RequestRecord
from imgix_testing.server.faults import Fault
from imgix_testing.server.hand import SimulatedAccount
from imgix_testing.server.simulated import ACCOUNT_ID, API_KEY, SimulatedImgix
from imgix_testing.server.source import StoredSource

__all__ = [
    "ACCOUNT_ID",
    "API_KEY",
    "Fault",
    "RequestRecord",
    "SimulatedAccount",
    "SimulatedImgix",
    "StoredSource",
]
