"""A client on a server whose answers each test writes by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from pytest_httpserver import HTTPServer

from imgix_provider.api.client import SourcesClient
from imgix_provider.run import Run
from imgix_provider.settings import Settings

MakeClient = Callable[..., SourcesClient]


@pytest.fixture
def make_client(httpserver: HTTPServer) -> MakeClient:
    """Makes clients of the server, as fast as the machine is, with other settings if asked."""

    def make(**changes: Any) -> SourcesClient:
        usual = Settings(
            api_key="ak_canary",
            api_url=httpserver.url_for("/api/v1"),
            requests_per_second=1000,
            timeout=2,
        )
        settings = attrs.evolve(usual, **changes)
        return Run(settings).client

    return make


@pytest.fixture
def client(make_client: MakeClient) -> SourcesClient:
    """A client with the key `ak_canary`."""
    return make_client()
