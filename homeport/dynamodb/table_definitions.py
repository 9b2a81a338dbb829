"""From a table that is there to the request that makes one like it, purely.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from homeport.dynamodb.table_changes import Described
from homeport.dynamodb.table_requests import Request


def definition_of(described: Described) -> Request:
    """The CreateTable request of a table that DescribeTable described, without a name.

    Left out is what belongs to where the table is: its tags, encryption keys, replicas and protection.
    """
    mode = (described.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    provisioned = mode == "PROVISIONED"
    request: Request = {
        "KeySchema": [dict(key) for key in described["KeySchema"]],
        "AttributeDefinitions": [dict(each) for each in described["AttributeDefinitions"]],
        "BillingMode": mode,
        **_throughput(described, provisioned),
    }
    if found := described.get("GlobalSecondaryIndexes"):
        request["GlobalSecondaryIndexes"] = list(_indexes(found, provisioned))
    if found := described.get("LocalSecondaryIndexes"):
        request["LocalSecondaryIndexes"] = list(_indexes(found, provisioned=False))
    stream = described.get("StreamSpecification") or {}
    if stream.get("StreamEnabled"):
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    return request


def _indexes(found: Iterable[Mapping[str, Any]], provisioned: bool) -> Iterable[Request]:
    for index in sorted(found, key=lambda index: str(index["IndexName"])):
        yield {
            "IndexName": index["IndexName"],
            "KeySchema": [dict(key) for key in index["KeySchema"]],
            "Projection": {name: value for name, value in index["Projection"].items() if value},
            **_throughput(index, provisioned),
        }


def _throughput(described: Mapping[str, Any], provisioned: bool) -> Request:
    if not provisioned:
        return {}
    units = described["ProvisionedThroughput"]
    return {"ProvisionedThroughput": {name: units[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}}
