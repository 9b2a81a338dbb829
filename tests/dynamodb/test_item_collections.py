"""An item collection takes no write that makes it larger than it may be. The limit of 10 GB is lowered for the test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import homeport.dynamodb.embedded
from homeport.dynamodb.engine import engine_packages
from homeport.environment import read_environment

pytestmark = pytest.mark.stack

LIMIT = 3000
# The engine itself, in a process with its packages: what each request is answered, one line of JSON for each.
SCRIPT = """
import importlib.util, json, sys
packages, init, limit = sys.argv[1:]
sys.path.insert(0, packages)
spec = importlib.util.spec_from_file_location("embedded", init, submodule_search_locations=[init.rsplit("/", 1)[0]])
sys.modules["embedded"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["embedded"])
from embedded.service import Service
from embedded.storage.item_file import ItemFile
service = Service({"id": "1", "account": "000000000000", "region": "us-east-1"}, ItemFile(None))
service.item_collections.limit = int(limit)
for number, (action, request) in enumerate(json.loads(sys.stdin.read())):
    answer = service.apply(action, json.dumps(request).encode(), 1000.0, number)
    print(json.dumps([answer.error, json.loads(answer.body)]))
"""


def carry_out(requests: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The error, or "", and the body of the answer to each request."""
    packages = engine_packages(read_environment().cache_dir, print)
    init = Path(homeport.dynamodb.embedded.__file__)
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, str(packages), str(init), str(LIMIT)]
    done = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, check=True)
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def item(number: int, size: int, holder: str = "h") -> Any:
    return {"id": {"S": holder}, "at": {"N": str(number)}, "made": {"S": "x"}, "text": {"S": "x" * size}}


def put(number: int, size: int, holder: str = "h") -> tuple[str, Any]:
    return "PutItem", {"TableName": "items", "Item": item(number, size, holder)}


def test_a_full_collection_refuses_what_makes_it_larger() -> None:
    index = {"IndexName": "byMade", "Projection": {"ProjectionType": "ALL"}}
    table = {
        "TableName": "items",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in (("id", "S"), ("at", "N"), ("made", "S"))
        ],
        "LocalSecondaryIndexes": [
            {
                **index,
                "KeySchema": [
                    {"AttributeName": name, "KeyType": kind} for name, kind in (("id", "HASH"), ("made", "RANGE"))
                ],
            }
        ],
    }
    update = {
        "TableName": "items",
        "Key": {"id": {"S": "h"}, "at": {"N": "1"}},
        "UpdateExpression": "SET #t = :t",
        "ExpressionAttributeNames": {"#t": "text"},
    }
    longer, shorter = ({":t": {"S": "y" * size}} for size in (1100, 10))
    transaction = {"TransactItems": [{"Put": put(9, 1, "other")[1]}, {"Put": put(3, 400)[1]}]}
    answers = carry_out(
        [
            ("CreateTable", table),
            # With its entry in the index each item takes twice its size.
            put(1, 1000),
            put(2, 400),
            put(3, 400),
            put(3, 400, "other"),
            ("BatchWriteItem", {"RequestItems": {"items": [{"PutRequest": {"Item": item(4, 400)}}]}}),
            ("UpdateItem", {**update, "ExpressionAttributeValues": longer}),
            ("TransactWriteItems", transaction),
            ("UpdateItem", {**update, "ExpressionAttributeValues": shorter}),
            put(3, 400),
        ]
    )
    full = "ItemCollectionSizeLimitExceededException"
    assert [error for error, _ in answers] == [
        *("", "", "", full, ""),
        full,
        full,
        "TransactionCanceledException",
        "",
        "",
    ]
    assert answers[3][1]["message"] == "Item collection size limit of 10 gigabytes exceeded"
    reason = {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}
    assert answers[7][1]["CancellationReasons"] == [{"Code": "None"}, reason]
