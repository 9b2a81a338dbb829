"""What the contract tests talk to: the API at HOMEPORT_URL, or a stack started for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from boto3.dynamodb.types import TypeDeserializer
from localstack_client.session import Session

from homeport.contract.stack import Stack, running_stack
from homeport.dynamodb.client import ACCESS_KEY, SECRET_KEY
from homeport.spec.load import load_project

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack | None]:
    """The stack that was started for the tests, None where HOMEPORT_URL names one."""
    if os.environ.get("HOMEPORT_URL"):
        yield None
        return
    with running_stack(ROOT) as started:
        yield started


@pytest.fixture(scope="session")
def api(stack: Stack | None) -> str:
    """The base URL of a running API."""
    return stack.url if stack else os.environ["HOMEPORT_URL"].rstrip("/")


@pytest.fixture(scope="session")
def items_table(stack: Stack | None) -> Callable[[str], dict[str, Any] | None]:
    """Reads an item behind the API's back, from HOMEPORT_DYNAMODB_URL or the stack's own DynamoDB."""
    endpoint = stack.dynamodb if stack else os.environ.get("HOMEPORT_DYNAMODB_URL")
    if not endpoint:
        pytest.skip("HOMEPORT_URL is given without HOMEPORT_DYNAMODB_URL: the tables can't be looked into")
    settings = load_project(ROOT, "local").stage
    session = Session(ACCESS_KEY, SECRET_KEY, region_name=settings.region, localstack_host=urlsplit(endpoint).netloc)
    client = session.client("dynamodb")
    read = TypeDeserializer().deserialize

    def stored(item_id: str) -> dict[str, Any] | None:
        key = {"itemId": {"S": item_id}}
        table = settings.table_name("ItemsTable")
        found = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return None if found is None else {name: read(value) for name, value in found.items()}

    return stored
