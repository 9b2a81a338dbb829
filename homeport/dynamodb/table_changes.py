"""What to ask of DynamoDB so that a table becomes as its template says: plans, purely.

A described table is DescribeTable's ``Table``; a wanted one is a CreateTable request.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from homeport.dynamodb.table_requests import Request

Described = Mapping[str, Any]


def replacement_reason(found: Described, wanted: Request) -> str | None:
    """Why DynamoDB can't change the found table in place; None if it can."""
    before, after = _typed_keys(found, found["KeySchema"]), _typed_keys(wanted, wanted["KeySchema"])
    if before != after:
        return f"its primary key was {_words(before)} and is {_words(after)} now"
    local = "LocalSecondaryIndexes"
    if _shapes(found, local) != _shapes(wanted, local):
        return "its local secondary indexes changed, and they are fixed when a table is made"
    return None


def update_requests(found: Described, wanted: Request) -> tuple[Request, ...]:
    """The UpdateTable requests that turn the found table into the wanted one, to be made one after the other.

    Compared is what a program can notice: indexes, billing and capacity, the stream. DynamoDB makes or removes one
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


def _typed_keys(table: Described, schema: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str, str], ...]:
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    in_order = sorted(schema, key=lambda key: key["KeyType"])  # HASH before RANGE, however they were written
    return tuple((key["AttributeName"], key["KeyType"], types.get(key["AttributeName"], "?")) for key in in_order)


def _words(keys: Iterable[tuple[str, str, str]]) -> str:
    return "(" + ", ".join(f"{name} {type_}" for name, _, type_ in keys) + ")"


def _shapes(table: Described, kind: str) -> dict[str, Any]:
    """Each index by name: its typed keys and projection, which can't change in place."""
    return {
        index["IndexName"]: (
            _typed_keys(table, index["KeySchema"]),
            index["Projection"].get("ProjectionType", "ALL"),
            frozenset(index["Projection"].get("NonKeyAttributes", ())),
        )
        for index in table.get(kind) or ()
    }


def _view(table: Described) -> str | None:
    stream = table.get("StreamSpecification") or {}
    return str(stream["StreamViewType"]) if stream.get("StreamEnabled") else None


def _stream_off(found: Described, wanted: Request) -> list[Request]:
    off = _view(found) is not None and _view(found) != _view(wanted)
    return [{"StreamSpecification": {"StreamEnabled": False}}] if off else []


def _stream_on(found: Described, wanted: Request) -> list[Request]:
    on = _view(wanted) is not None and _view(found) != _view(wanted)
    return [{"StreamSpecification": wanted["StreamSpecification"]}] if on else []


def _capacity(found: Described, wanted: Request, kept: list[str]) -> list[Request]:
    mode = (found.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    if wanted["BillingMode"] != "PROVISIONED":
        return [{"BillingMode": wanted["BillingMode"]}] if mode != wanted["BillingMode"] else []
    request: Request = {}
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


def _new_indexes(wanted: Request, kept: list[str]) -> list[Request]:
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


def _definitions(wanted: Request, indexes: list[str]) -> list[dict[str, str]]:
    """The definitions that the table with only these global indexes uses: DynamoDB refuses unused ones."""
    schemas = [wanted["KeySchema"]]
    schemas += [index["KeySchema"] for index in wanted.get("LocalSecondaryIndexes", ())]
    schemas += [i["KeySchema"] for i in wanted.get("GlobalSecondaryIndexes", ()) if i["IndexName"] in indexes]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    return [each for each in wanted["AttributeDefinitions"] if each["AttributeName"] in used]
