"""The embedded DynamoDB alone: by ``homeport dynamodb``, and by the pytest plugin's fixture, without any project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from homeport.dynamodb.client import dynamodb_client
from tests.support.dynamodb import create_items_table

pytestmark = pytest.mark.stack

TEST = """
import boto3

def create():
    boto3.client("dynamodb").create_table(
        TableName="books",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "isbn", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "isbn", "AttributeType": "S"}],
    )

def test_a_table_is_made(homeport_dynamodb_alone):
    create()
    homeport_dynamodb_alone.client.put_item(TableName="books", Item={"isbn": {"S": "1"}})
    assert boto3.resource("dynamodb").Table("books").scan()["Items"] == [{"isbn": "1"}]

def test_the_next_test_has_no_tables(homeport_dynamodb_alone):
    assert homeport_dynamodb_alone.client.list_tables()["TableNames"] == []
    create()
"""


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "homeport", "dynamodb", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def endpoint_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ready "):
            return line.split()[1]
    raise AssertionError(f"not ready: exit status {process.wait()}")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_answered_writes_are_there_after_the_command_ended(tmp_path: Path, end: signal.Signals) -> None:
    with start("--port", "0", "--data", str(tmp_path / "data")) as process:
        client = dynamodb_client(endpoint_of(process), "us-east-1")
        create_items_table(client)
        client.put_item(TableName="items", Item={"itemId": {"S": "1"}})
        process.send_signal(end)
    assert process.returncode == (-end if end == signal.SIGKILL else 0)
    with start("--port", "0", "--data", str(tmp_path / "data")) as process:
        client = dynamodb_client(endpoint_of(process), "us-east-1")
        assert client.scan(TableName="items")["Count"] == 1
        process.send_signal(signal.SIGTERM)


def test_reads_lag_where_they_are_to() -> None:
    with start("--port", "0", "--consistency", "eventual:600000") as process:
        client = dynamodb_client(endpoint_of(process), "us-east-1")
        create_items_table(client)
        client.put_item(TableName="items", Item={"itemId": {"S": "1"}})
        key = {"itemId": {"S": "1"}}
        assert "Item" not in client.get_item(TableName="items", Key=key)
        assert "Item" in client.get_item(TableName="items", Key=key, ConsistentRead=True)
        process.send_signal(signal.SIGTERM)


def test_a_taken_port_is_said_in_one_line() -> None:
    with start("--port", "0") as first:
        port = endpoint_of(first).rpartition(":")[2]
        command = [sys.executable, "-m", "homeport", "dynamodb", "--port", port]
        second = subprocess.run(command, capture_output=True, text=True)
        assert second.returncode == 2
        assert f"port {port} is in use" in second.stderr
        first.send_signal(signal.SIGTERM)


def test_the_fixture_needs_no_project(tmp_path: Path) -> None:
    (tmp_path / "test_books.py").write_text(TEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=dict(os.environ))
    assert "2 passed" in run.stdout, run.stdout


def test_point_in_time_recovery_is_asked_for_first() -> None:
    with start("--port", "0") as process:
        client = dynamodb_client(endpoint_of(process), "us-east-1")
        create_items_table(client)
        with pytest.raises(ClientError, match="Point in time recovery is not enabled for table 'items'"):
            client.restore_table_to_point_in_time(
                SourceTableName="items", TargetTableName="other", UseLatestRestorableTime=True
            )
        process.send_signal(signal.SIGTERM)
