"""Plan a table: from a CloudFormation table, or one that is there, to the requests that make or change it. Pure.

A described table is DescribeTable's ``Table``; a wanted one is a CreateTable request.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from homeport.errors import Problem, ProjectError
from homeport.project.model import Table

TableDescription = Mapping[str, Any]
TableRequest = dict[str, Any]


def create_table_request(table: Table, name: str) -> TableRequest:
    """Return the CreateTable request for a table of the name ``name``. Raises ProjectError for a malformed property.

    Deletion protection is left out: local data can always be emptied. Encryption is left out: LocalStack answers it
    with an InternalError unless KMS is among its SERVICES, and makes the table all the same. Time to live and
    point-in-time recovery have requests of their own.
    """
    properties = table.properties
    try:
        provisioned = properties.get("BillingMode", "PROVISIONED") == "PROVISIONED"
        request: TableRequest = {
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
            **_optional_properties(properties),
        }
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        problem = f"{table.logical_id} is not a well-formed AWS::DynamoDB::Table: {_explain(error)}"
        raise ProjectError([Problem(problem, table.source.file, table.source.line)]) from error
    return request


def definition_of(described: TableDescription) -> TableRequest:
    """Return the CreateTable request of a table that DescribeTable described, without a name.

    Tags, encryption keys, replicas and protection belong to the place of the table and are left out.
    """
    mode = (described.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    provisioned = mode == "PROVISIONED"
    indexes = _described_indexes(described)
    request: TableRequest = {
        "KeySchema": [dict(key) for key in described["KeySchema"]],
        "AttributeDefinitions": [dict(each) for each in described["AttributeDefinitions"]],
        "BillingMode": mode,
        **_throughput(described, provisioned),
        **_indexes(indexes, "GlobalSecondaryIndexes", provisioned),
        **_indexes(indexes, "LocalSecondaryIndexes", provisioned=False),
    }
    stream = described.get("StreamSpecification") or {}
    if stream.get("StreamEnabled"):
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}
    return request


def time_to_live(table: Table) -> str | None:
    """Return the attribute for time to live, None if it is not enabled."""
    specification = table.properties.get("TimeToLiveSpecification") or {}
    return str(specification["AttributeName"]) if _flag(specification.get("Enabled")) else None


def point_in_time_recovery(table: Table) -> bool:
    """Return True for a table with continuous backups."""
    specification = table.properties.get("PointInTimeRecoverySpecification") or {}
    return _flag(specification.get("PointInTimeRecoveryEnabled"))


def replacement_reason(found: TableDescription, wanted: TableRequest) -> str | None:
    """Return the reason why DynamoDB can't change the found table in place, None if it can."""
    before, after = _typed_keys(found, found["KeySchema"]), _typed_keys(wanted, wanted["KeySchema"])
    if before != after:
        return f"its primary key was {_words(before)} and is {_words(after)} now"
    local = "LocalSecondaryIndexes"
    if _shapes(found, local) != _shapes(wanted, local):
        return "its local secondary indexes changed, and they are fixed when a table is made"
    return None


def update_requests(found: TableDescription, wanted: TableRequest) -> tuple[TableRequest, ...]:
    """Return the UpdateTable requests that turn the found table into the wanted one, to be made one after the other.

    They cover all that a program can notice: indexes, billing and capacity, the stream. DynamoDB makes or removes one
    index a request.
    """
    kind = "GlobalSecondaryIndexes"
    before, after = _shapes(found, kind), _shapes(wanted, kind)
    kept = [name for name in sorted(before) if after.get(name) == before[name]]
    gone = [name for name in sorted(before) if name not in kept]
    plan = [
        *_stream_off(found, wanted),
        *({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]} for name in gone),
        *_capacity(found, wanted, kept),
        *_new_indexes(wanted, kept),
        *_stream_on(found, wanted),
    ]
    return tuple({"TableName": wanted["TableName"], **step} for step in plan)


def _typed_keys(table: TableDescription, schema: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str, str], ...]:
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    in_order = sorted(schema, key=lambda key: key["KeyType"])  # HASH before RANGE, however they were written
    return tuple((key["AttributeName"], key["KeyType"], types.get(key["AttributeName"], "?")) for key in in_order)


def _words(keys: Iterable[tuple[str, str, str]]) -> str:
    return "(" + ", ".join(f"{name} {type_}" for name, _, type_ in keys) + ")"


def _shapes(table: TableDescription, kind: str) -> dict[str, Any]:
    """Return each index by name: its typed keys and projection, which can't change in place."""
    return {
        index["IndexName"]: (
            _typed_keys(table, index["KeySchema"]),
            index["Projection"].get("ProjectionType", "ALL"),
            frozenset(index["Projection"].get("NonKeyAttributes", ())),
        )
        for index in table.get(kind) or ()
    }


def _view(table: TableDescription) -> str | None:
    stream = table.get("StreamSpecification") or {}
    return str(stream["StreamViewType"]) if stream.get("StreamEnabled") else None


def _stream_off(found: TableDescription, wanted: TableRequest) -> list[TableRequest]:
    off = _view(found) is not None and _view(found) != _view(wanted)
    return [{"StreamSpecification": {"StreamEnabled": False}}] if off else []


def _stream_on(found: TableDescription, wanted: TableRequest) -> list[TableRequest]:
    on = _view(wanted) is not None and _view(found) != _view(wanted)
    return [{"StreamSpecification": wanted["StreamSpecification"]}] if on else []


def _capacity(found: TableDescription, wanted: TableRequest, kept: list[str]) -> list[TableRequest]:
    mode = (found.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    if wanted["BillingMode"] != "PROVISIONED":
        return [{"BillingMode": wanted["BillingMode"]}] if mode != wanted["BillingMode"] else []
    request: TableRequest = {}
    if mode != "PROVISIONED" or _units(found) != _units(wanted):
        request["ProvisionedThroughput"] = wanted.get("ProvisionedThroughput")
    if mode != "PROVISIONED":
        request["BillingMode"] = "PROVISIONED"
    before = {index["IndexName"]: _units(index) for index in found.get("GlobalSecondaryIndexes") or ()}
    updates = [
        {"Update": {"IndexName": index["IndexName"], "ProvisionedThroughput": index["ProvisionedThroughput"]}}
        for index in wanted.get("GlobalSecondaryIndexes", ())
        if index["IndexName"] in kept and "ProvisionedThroughput" in index
        if mode != "PROVISIONED" or before[index["IndexName"]] != _units(index)
    ]
    if updates:
        request["GlobalSecondaryIndexUpdates"] = updates
    return [request] if request else []


def _units(described: Mapping[str, Any]) -> tuple[Any, Any]:
    units = described.get("ProvisionedThroughput") or {}
    return units.get("ReadCapacityUnits"), units.get("WriteCapacityUnits")


def _new_indexes(wanted: TableRequest, kept: list[str]) -> list[TableRequest]:
    requests = []
    there = list(kept)
    for index in wanted.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] not in kept:
            there.append(index["IndexName"])
            requests.append(
                {
                    "AttributeDefinitions": _definitions(wanted, there),
                    "GlobalSecondaryIndexUpdates": [{"Create": index}],
                }
            )
    return requests


def _definitions(wanted: TableRequest, indexes: list[str]) -> list[dict[str, str]]:
    """Return the definitions that the table with only these global indexes uses: DynamoDB rejects unused ones."""
    schemas = [wanted["KeySchema"]]
    schemas += [index["KeySchema"] for index in wanted.get("LocalSecondaryIndexes", ())]
    schemas += [i["KeySchema"] for i in wanted.get("GlobalSecondaryIndexes", ()) if i["IndexName"] in indexes]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    return [each for each in wanted["AttributeDefinitions"] if each["AttributeName"] in used]


def _keys(schema: Any) -> list[dict[str, str]]:
    return [{"AttributeName": key["AttributeName"], "KeyType": key["KeyType"]} for key in schema]


def _throughput(source: Mapping[str, Any], provisioned: bool) -> TableRequest:
    given = source.get("ProvisionedThroughput")
    if not provisioned or given is None:
        return {}
    units = {name: int(given[name]) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}
    return {"ProvisionedThroughput": units}


def _indexes(source: Mapping[str, Any], kind: str, provisioned: bool) -> TableRequest:
    indexes = [
        {
            "IndexName": index["IndexName"],
            "KeySchema": _keys(index["KeySchema"]),
            "Projection": dict(index["Projection"]),
            **_throughput(index, provisioned),
        }
        for index in source.get(kind) or []
    ]
    return {kind: indexes} if indexes else {}


def _described_indexes(described: TableDescription) -> dict[str, Any]:
    """Return the indexes of a table by kind, sorted by name, without empty parts of their projections."""
    return {
        kind: [
            {**index, "Projection": {name: value for name, value in index["Projection"].items() if value}}
            for index in sorted(described.get(kind) or (), key=lambda index: str(index["IndexName"]))
        ]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    }


def _optional_properties(properties: Mapping[str, Any]) -> TableRequest:
    request: TableRequest = {}
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
