"""What the properties of an ``AWS::DynamoDB::Table`` may be.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
"""

from __future__ import annotations

from typing import Any

from homeport.spec.shapes import Check, Record, choice, flag, free, integer, list_of, text

LOCAL = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "StreamSpecification",
    "TimeToLiveSpecification",
)
"""The properties that a local table is made from; the others matter on AWS only."""


def _record(what: str, needed: tuple[str, ...] = (), **fields: Check) -> Record:
    return Record(what, lambda: fields, needed)


_KEYS = list_of(
    _record(
        "a key schema element",
        ("AttributeName", "KeyType"),
        AttributeName=text,
        KeyType=choice("HASH", "RANGE"),
    ),
    least=1,
)
_PROVISIONED = _record(
    "ProvisionedThroughput",
    ("ReadCapacityUnits", "WriteCapacityUnits"),
    ReadCapacityUnits=integer,
    WriteCapacityUnits=integer,
)
_ON_DEMAND = _record("OnDemandThroughput", MaxReadRequestUnits=integer, MaxWriteRequestUnits=integer)
_INDEX: dict[str, Check] = {
    "IndexName": text,
    "KeySchema": _KEYS,
    "Projection": _record(
        "a projection",
        ("ProjectionType",),
        NonKeyAttributes=list_of(text),
        ProjectionType=choice("ALL", "KEYS_ONLY", "INCLUDE"),
    ),
}
_INDEX_NEEDS = ("IndexName", "KeySchema", "Projection")

TABLE = _record(
    "a table's properties",
    ("AttributeDefinitions", "KeySchema"),
    AttributeDefinitions=list_of(
        _record(
            "an attribute definition",
            ("AttributeName", "AttributeType"),
            AttributeName=text,
            AttributeType=choice("S", "N", "B"),
        ),
        least=1,
    ),
    BillingMode=choice("PAY_PER_REQUEST", "PROVISIONED"),
    ContributorInsightsSpecification=free,
    DeletionProtectionEnabled=flag,
    GlobalSecondaryIndexes=list_of(
        _record(
            "a global secondary index",
            _INDEX_NEEDS,
            **_INDEX,
            ContributorInsightsSpecification=free,
            OnDemandThroughput=_ON_DEMAND,
            ProvisionedThroughput=_PROVISIONED,
            WarmThroughput=free,
        )
    ),
    ImportSourceSpecification=free,
    KeySchema=_KEYS,
    KinesisStreamSpecification=free,
    LocalSecondaryIndexes=list_of(_record("a local secondary index", _INDEX_NEEDS, **_INDEX)),
    OnDemandThroughput=_ON_DEMAND,
    PointInTimeRecoverySpecification=_record(
        "PointInTimeRecoverySpecification", PointInTimeRecoveryEnabled=flag, RecoveryPeriodInDays=integer
    ),
    ProvisionedThroughput=_PROVISIONED,
    ResourcePolicy=free,
    SSESpecification=_record("SSESpecification", KMSMasterKeyId=free, SSEEnabled=flag, SSEType=text),
    StreamSpecification=_record(
        "StreamSpecification",
        ("StreamViewType",),
        StreamViewType=choice("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
        ResourcePolicy=free,
    ),
    TableClass=choice("STANDARD", "STANDARD_INFREQUENT_ACCESS"),
    TableName=free,
    Tags=list_of(free),
    TimeToLiveSpecification=_record("TimeToLiveSpecification", ("Enabled",), AttributeName=text, Enabled=flag),
    WarmThroughput=free,
)

_FLAGS = frozenset(("DeletionProtectionEnabled", "Enabled", "PointInTimeRecoveryEnabled", "SSEEnabled"))
_COUNTS = frozenset(
    ("MaxReadRequestUnits", "MaxWriteRequestUnits", "ReadCapacityUnits", "RecoveryPeriodInDays", "WriteCapacityUnits")
)


def coerced(key: str, value: Any) -> Any:
    """CloudFormation takes ``"true"`` and ``"5"`` for flags and counts; DynamoDB does not."""
    if key in _FLAGS and value in ("true", "false"):
        return value == "true"
    if key in _COUNTS and isinstance(value, str) and value.isdecimal() and len(value) < 12:
        return int(value)
    return value
