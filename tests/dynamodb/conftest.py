"""DynamoDB for the tests of tables and seeds: the embedded one, and the one of HOMEPORT_TEST_DYNAMODB_URL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from homeport.dynamodb.client import dynamodb_client
from tests.support.dynamodb import running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTSIDE = "HOMEPORT_TEST_DYNAMODB_URL"


@pytest.fixture(scope="session", params=["embedded", "outside"])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[DynamoDBClient]:
    """A client; the tests that use it run once for each engine."""
    if request.param == "embedded":
        with running_engine() as stand:
            yield stand.client()
    elif url := os.environ.get(OUTSIDE):
        yield dynamodb_client(url, "us-east-1")
    else:
        pytest.skip(f"set {OUTSIDE} to the URL of a DynamoDB to run this test against it too")


@pytest.fixture
def name_of(dynamodb: DynamoDBClient) -> Iterator[Callable[[str], str]]:
    """Names for this test's tables, which are removed after it."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    yield lambda logical_id: f"{prefix}-{logical_id}"
    for name in dynamodb.list_tables()["TableNames"]:
        if name.startswith(prefix):
            dynamodb.delete_table(TableName=name)
