"""From a CloudFormation table to the requests that make it, purely.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from homeport.errors import Problem, ProjectError
from homeport.spec.resources import Table

Request = dict[str, Any]

_EMULATED = frozenset(
    {"AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes"}
    | {"PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "StreamSpecification"}
    | {"TableClass", "Tags", "TimeToLiveSpecification"}
)
_NOT_EMULATED: Mapping[str, str] = {
    "ContributorInsightsSpecification": "there are no insights here",
    "DeletionProtectionEnabled": "local data can always be emptied",
    "ImportSourceSpecification": "nothing is imported; deploy/seed/local.json fills the table",
    "KinesisStreamSpecification": "no Kinesis stream gets the changes",
    "OnDemandThroughput": "nothing is throttled by it here",
    "ResourcePolicy": "the functions' own permissions are checked, not the table's policy",
    "VectorIndexes": "there are no vector searches here",
    "WarmThroughput": "there is no capacity to warm up",
}


def create_table_request(table: Table, name: str) -> Request:
    """The CreateTable request for a table under the name ``name``. Raises ProjectError for a malformed property.

    Deletion protection is left out: local data can always be emptied. So is encryption, which nothing local does:
    LocalStack answers it with an InternalError unless KMS is among its SERVICES, and makes the table all the same.
    Time to live and point-in-time recovery have requests of their own.
    """
    properties = table.properties
    try:
        provisioned = properties.get("BillingMode", "PROVISIONED") == "PROVISIONED"
        request: Request = {
            "TableName": name,
            "KeySchema": _keys(properties.get("KeySchema", [])),
            "AttributeDefinitions": [
                {"AttributeName": each["AttributeName"], "AttributeType": each["AttributeType"]}
                for each in properties.get("AttributeDefinitions", [])
            ],
            "BillingMode": properties.get("BillingMode", "PROVISIONED"),
            **_throughput(properties, provisioned),
            **_indexes(properties, "GlobalSecondaryIndexes", provisioned),
            **_indexes(properties, "LocalSecondaryIndexes", provisioned=False),
            **_optional(properties),
        }
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        problem = f"{table.logical_id} is not a well-formed AWS::DynamoDB::Table: {_explain(error)}"
        raise ProjectError([Problem(problem, table.source.file, table.source.line)]) from error
    return request


def time_to_live(table: Table) -> str | None:
    """The attribute that ends an item's life, if there is one."""
    specification = table.properties.get("TimeToLiveSpecification") or {}
    return str(specification["AttributeName"]) if _flag(specification.get("Enabled")) else None


def point_in_time_recovery(table: Table) -> bool:
    """Whether the table asks for continuous backups."""
    specification = table.properties.get("PointInTimeRecoverySpecification") or {}
    return _flag(specification.get("PointInTimeRecoveryEnabled"))


def table_problems(table: Table) -> tuple[Problem, ...]:
    """Properties that AWS does not know (errors) and that nothing here acts on (warnings)."""
    found = []
    for name in table.properties:
        if name in _NOT_EMULATED:
            message = f"{table.logical_id}: {name} is deployed but not emulated: {_NOT_EMULATED[name]}"
            found.append(Problem(message, table.source.file, table.source.line, severity="warning"))
        elif name not in _EMULATED and name != "TableName":
            near = difflib.get_close_matches(name, [*_EMULATED, *_NOT_EMULATED], n=1)
            cure = f"did you mean {near[0]}?" if near else ""
            message = f"{table.logical_id}: AWS::DynamoDB::Table has no property {name}"
            found.append(Problem(message, table.source.file, table.source.line, cure))
    return tuple(found)


def _keys(schema: Any) -> list[dict[str, str]]:
    return [{"AttributeName": key["AttributeName"], "KeyType": key["KeyType"]} for key in schema]


def _throughput(properties: Mapping[str, Any], provisioned: bool) -> Request:
    given = properties.get("ProvisionedThroughput")
    if not provisioned or given is None:
        return {}
    units = {name: int(given[name]) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
    return {"ProvisionedThroughput": units}


def _indexes(properties: Mapping[str, Any], kind: str, provisioned: bool) -> Request:
    indexes = [
        {
            "IndexName": index["IndexName"],
            "KeySchema": _keys(index["KeySchema"]),
            "Projection": dict(index["Projection"]),
            **_throughput(index, provisioned),
        }
        for index in properties.get(kind) or []
    ]
    return {kind: indexes} if indexes else {}


def _optional(properties: Mapping[str, Any]) -> Request:
    request: Request = {}
    if stream := properties.get("StreamSpecification"):
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    if tags := properties.get("Tags"):
        request["Tags"] = [{"Key": str(tag["Key"]), "Value": str(tag["Value"])} for tag in tags]
    if table_class := properties.get("TableClass"):
        request["TableClass"] = table_class
    return request


def _flag(value: Any) -> bool:
    # CloudFormation takes a boolean as a string too.
    return value is True or str(value).lower() == "true"


def _explain(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
