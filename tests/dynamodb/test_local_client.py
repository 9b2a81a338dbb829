"""Tables are made, filled and removed without boto3, with the same errors; AWS itself gets boto3's client."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from homeport.dynamodb.attribute_values import to_attribute_value
from homeport.dynamodb.local_client import LocalClient, setup_client
from homeport.dynamodb.seed import seed_tables
from homeport.dynamodb.tables import drop_tables, ensure_tables
from tests.dynamodb.test_outside import answering
from tests.support.dynamodb import make_table, running_engine

TABLES = {"ItemsTable": make_table()}


@pytest.mark.stack
def test_tables_are_made_filled_and_dropped(tmp_path: Path) -> None:
    seed = tmp_path / "local.json"
    items = [
        {"itemId": f"i{number}", "price": 9.5, "tags": ["ä", None, True], "more": {"n": 3}} for number in range(30)
    ]
    seed.write_text(json.dumps({"ItemsTable": items}))
    with running_engine() as stand:
        client = setup_client(stand.endpoint, "us-east-1")
        assert type(client).__name__ == "LocalClient"
        assert ensure_tables(client, TABLES) == (f"made table {TABLES['ItemsTable'].name}",)
        assert ensure_tables(client, TABLES) == ()
        assert seed_tables(client, TABLES, seed, tmp_path) == {"ItemsTable": 30}
        by_boto3 = stand.client()
        found = by_boto3.get_item(TableName=TABLES["ItemsTable"].name, Key={"itemId": {"S": "i7"}})["Item"]
        assert found["tags"] == {"L": [{"S": "ä"}, {"NULL": True}, {"BOOL": True}]}
        assert (found["price"], found["more"]) == ({"N": "9.5"}, {"M": {"n": {"N": "3"}}})
        drop_tables(client, TABLES)
        assert by_boto3.list_tables()["TableNames"] == []
        with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
            client.describe_table(TableName="none")
        with pytest.raises(ClientError) as by_sdk:
            by_boto3.describe_table(TableName="none")
        assert raised.value.response["Error"] == by_sdk.value.response["Error"]
        assert str(raised.value) == str(by_sdk.value)


@pytest.mark.unit
def test_a_service_that_fails_is_asked_again_and_then_reported() -> None:
    naps: list[float] = []
    with answering(500, b'{"__type": "com.amazonaws#InternalServerError", "message": "busy"}') as endpoint:
        client = LocalClient(endpoint, "us-east-1", sleep=naps.append)
        with pytest.raises(ClientError, match=r"\(InternalServerError\) when calling the ListTables operation: busy"):
            client.list_tables()
    assert naps == [0.05, 0.1, 0.2]


@pytest.mark.unit
def test_a_refusal_is_final() -> None:
    naps: list[float] = []
    body = b'{"__type": "com.amazonaws#ResourceInUseException", "message": "there already"}'
    with answering(400, body) as endpoint:
        client = LocalClient(endpoint, "us-east-1", sleep=naps.append)
        with pytest.raises(client.exceptions.ResourceInUseException, match="there already"):
            client.create_table(TableName="t")
    assert naps == []


@pytest.mark.unit
def test_an_endpoint_where_nothing_listens_is_reported_as_botocore_does() -> None:
    client = setup_client("http://127.0.0.1:1", "us-east-1", fail_fast=True)
    with pytest.raises(
        EndpointConnectionError, match=r'Could not connect to the endpoint URL: "http://127\.0\.0\.1:1"'
    ):
        client.list_tables()


@pytest.mark.unit
def test_aws_itself_gets_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = setup_client("https://dynamodb.eu-central-1.amazonaws.com", "eu-central-1")
    assert type(client).__name__ == "DynamoDB"


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.text(max_size=5)
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.unit
@given(PLAIN)
def test_plain_values_become_what_boto3_makes_of_them(value: Any) -> None:
    assert _outcome(to_attribute_value, value) == _outcome(TypeSerializer().serialize, value)


@pytest.mark.unit
@pytest.mark.parametrize("text", ["1E-130", "1E-131", "9.9E+125", "1E+126", "1" * 38, "1" * 39, "-0", "1.50"])
def test_numbers_at_the_limits_become_what_boto3_makes_of_them(text: str) -> None:
    number = Decimal(text)
    assert _outcome(to_attribute_value, number) == _outcome(TypeSerializer().serialize, number)


def _outcome(serialize: Any, value: Any) -> Any:
    try:
        return serialize(value)
    except (TypeError, ArithmeticError) as error:
        return type(error)


@pytest.mark.stack
def test_the_table_set_up_imports_no_boto3() -> None:
    libraries = "[name for name in sys.modules if name.startswith(('boto3', 's3transfer'))]"
    code = f"import sys, homeport.dynamodb.table_setup; print({libraries})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
