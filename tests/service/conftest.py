"""The items service on one embedded engine for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from homeport.dynamodb.client import dynamodb_client
from tests.support.service import (
    ENGINES,
    EVENT_FACTORIES,
    OUTSIDE,
    REGION,
    Api,
    create_tables,
    engine_endpoint,
    make_event_v2,
    service_environment,
    write_service_validators,
)

# Test modules import the service when they are collected, and it needs them.
write_service_validators()


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The URL of an embedded engine with the service's tables, which the service in this process uses."""
    with engine_endpoint() as url, service_environment(url):
        yield url


@pytest.fixture
def api(endpoint: str) -> Api:
    """The service behind an HTTP API with payload 2.0."""
    return Api(make_event_v2)


@pytest.fixture(params=sorted(EVENT_FACTORIES))
def any_api(endpoint: str, request: pytest.FixtureRequest) -> Api:
    """The service behind each kind of API in turn."""
    return Api(EVENT_FACTORIES[request.param])


@pytest.fixture(params=ENGINES)
def store(endpoint: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An ItemStore on empty tables of its own: in the embedded engine, and in the one that OUTSIDE names."""
    from service.store import ItemStore, connect

    url = endpoint if request.param == "embedded" else os.environ[OUTSIDE]
    items, receipts = f"test-items-{uuid4().hex}", f"test-receipts-{uuid4().hex}"
    client = dynamodb_client(url, REGION)
    create_tables(client, items, receipts)
    with service_environment(url):
        yield ItemStore(connect(), items, receipts)
    client.delete_table(TableName=items)
    client.delete_table(TableName=receipts)
