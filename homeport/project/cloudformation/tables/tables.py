"""The DynamoDB tables of a stack, each with the properties of an ``AWS::DynamoDB::Table``.

An ``AWS::Serverless::SimpleTable`` is such a table by now. A global table has a replica in each of its regions: that of
the stack's region, or else its first one, is the table here.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from homeport.project.cloudformation.stack.stack import CloudFormationStack, StackResource
from homeport.project.cloudformation.tables.table_rules import EMULATED, TABLE_TYPE, coerce, is_accepted
from homeport.project.model import Resources, Table
from homeport.project.source.builder import DocumentBuilder
from homeport.project.source.cursor import Cursor

GLOBAL_TABLE_TYPE = "AWS::DynamoDB::GlobalTable"
TABLE_TYPES = (TABLE_TYPE, GLOBAL_TABLE_TYPE)

_READS, _WRITES = "ReadProvisionedThroughputSettings", "WriteProvisionedThroughputSettings"
_OF_INDEX = ("IndexName", "KeySchema", "Projection")
_OF_REPLICA = ("PointInTimeRecoverySpecification", "TableClass", "Tags")
_OF_GLOBAL_TABLE = (
    *("AttributeDefinitions", "BillingMode", "KeySchema", "LocalSecondaryIndexes", "StreamSpecification"),
    *("TableName", "TimeToLiveSpecification"),
)
_OF_TABLE = (*EMULATED, *_OF_REPLICA)
"""The properties of a table that have a meaning here; ``unsupported.py`` names the others."""


def read_tables(stack: CloudFormationStack) -> Resources:
    """Return the tables of a stack; report those that DynamoDB would refuse, and leave them out."""
    tables = {}
    for resource in stack.of_type(*TABLE_TYPES):
        properties = _properties(resource, stack.region)
        if is_accepted(properties):
            tables[resource.logical_id] = Table(
                resource.logical_id, resource.physical_id, properties.value, resource.properties.source
            )
    return Resources(tables, names=stack.names)


def _properties(resource: StackResource, region: str) -> Cursor:
    """Return the properties of the local table, each with the line on which it is written."""
    written = resource.properties
    parts = _of_replica(written, region) if resource.type == GLOBAL_TABLE_TYPE else _of_table(resource)
    document = DocumentBuilder().document(dict(parts), written)
    coerce("", document.value)
    _drop_unused_capacity(document.value)
    return Cursor.root(document, written.diagnostics)


def _of_table(resource: StackResource) -> Iterator[tuple[str, Cursor]]:
    """Yield the properties that have a meaning here; tags and the like only if their values are known."""
    for name, cursor in resource.properties.items():
        if name in EMULATED or (name in _OF_TABLE and not any(place[0] == name for place in resource.unknown)):
            yield name, cursor


def _of_replica(written: Cursor, region: str) -> Iterator[tuple[str, Any]]:
    """Yield the properties of the table that a global table is in a region."""
    replicas = [each for each in written.list("Replicas") if each.is_map()]
    in_region = (each for each in replicas if each.at("Region").value == region)
    replica = next(in_region, replicas[0] if replicas else written.map("Replicas"))
    yield from ((name, written.at(name)) for name in _OF_GLOBAL_TABLE if written.has(name))
    yield from ((name, replica.at(name)) for name in _OF_REPLICA if replica.has(name))
    is_provisioned = written.text("BillingMode", "PROVISIONED") == "PROVISIONED"
    if is_provisioned:
        yield "ProvisionedThroughput", _capacity(written, replica)
    if written.has("GlobalSecondaryIndexes"):
        of_replica = {
            str(each.at("IndexName").value): each for each in replica.list("GlobalSecondaryIndexes") if each.is_map()
        }
        indexes = []
        for index in written.list("GlobalSecondaryIndexes"):
            parts: dict[str, Any] = {name: index.at(name) for name in _OF_INDEX if index.has(name)}
            if is_provisioned:
                parts["ProvisionedThroughput"] = _capacity(
                    index, of_replica.get(str(index.at("IndexName").value), index)
                )
            indexes.append(parts)
        yield "GlobalSecondaryIndexes", indexes


def _capacity(written: Cursor, replica: Cursor) -> dict[str, int]:
    """Return the capacity with which a table starts: reads are each replica's own, writes are alike for all.

    Auto scaling starts from SeedCapacity, or else from MinCapacity.
    """
    reads = replica if replica.has(_READS) else written
    return {
        "ReadCapacityUnits": _units(reads.map(_READS), "Read"),
        "WriteCapacityUnits": _units(written.map(_WRITES), "Write"),
    }


def _units(settings: Cursor, kind: str) -> int:
    scaling = settings.map(f"{kind}CapacityAutoScalingSettings").value
    found = (settings.value.get(f"{kind}CapacityUnits"), scaling.get("SeedCapacity"), scaling.get("MinCapacity"))
    return next((int(units) for units in found if str(units).isdecimal()), 1)


def _drop_unused_capacity(properties: dict[str, Any]) -> None:
    """Drop the capacity of a table that is paid for by request, where templates keep one for the other mode."""
    if properties.get("BillingMode") != "PAY_PER_REQUEST":
        return
    indexes = properties.get("GlobalSecondaryIndexes")
    for holder in (properties, *(indexes if isinstance(indexes, list) else ())):
        if isinstance(holder, dict):
            holder.pop("ProvisionedThroughput", None)
