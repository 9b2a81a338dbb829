"""Costs of a stack on AWS: those of its use, and those of its being there.

Prices are AWS's to say, by region and month: https://calculator.aws. Whether a resource costs anything while nobody
uses it changes rarely, and is what a plan can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from homeport.project.integrations.caching import CACHE_SIZES

Basis = Literal["use", "time", "free", "unknown"]


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost of a resource. ``basis``: per use, per time (used or not), nothing, or not known here."""

    logical_id: str
    kind: str
    basis: Basis
    charged: str = ""


_USE: Mapping[str, str] = {
    "AWS::ApiGateway::RestApi": "requests, and data sent out",
    "AWS::ApiGatewayV2::Api": "requests, and data sent out",
    "AWS::Cognito::UserPool": "users who sign in within a month",
    "AWS::DynamoDB::Table": "reads and writes, and GB stored",
    "AWS::DynamoDB::GlobalTable": "reads and writes in each region, and GB stored",
    "AWS::Events::EventBus": "events that are put on it",
    "AWS::Lambda::Function": "requests, and GB-seconds at work",
    "AWS::Logs::LogGroup": "GB written, and GB stored",
    "AWS::S3::Bucket": "requests, and GB stored",
    "AWS::SES::EmailIdentity": "mails sent",
    "AWS::SNS::Topic": "messages published and delivered",
    "AWS::SQS::Queue": "requests: each poll of a trigger is one",
    "AWS::Scheduler::Schedule": "invocations",
    "AWS::StepFunctions::StateMachine": "state transitions",
}
_TIME: Mapping[str, str] = {
    "AWS::CloudWatch::Alarm": "per alarm and month, by the metrics that it watches",
    "AWS::CloudWatch::Dashboard": "per dashboard and month",
    "AWS::EC2::NatGateway": "per hour, and GB that pass",
    "AWS::EC2::VPCEndpoint": "per hour and zone, but for those of S3 and DynamoDB",
    "AWS::ElastiCache::CacheCluster": "per hour",
    "AWS::KMS::Key": "per key and month",
    "AWS::Kinesis::Stream": "per shard or stream and hour",
    "AWS::OpenSearchService::Domain": "per hour",
    "AWS::RDS::DBCluster": "per hour",
    "AWS::RDS::DBInstance": "per hour",
    "AWS::Route53::HostedZone": "per zone and month",
    "AWS::SecretsManager::Secret": "per secret and month",
    "AWS::WAFv2::WebACL": "per list and rule and month",
}
_FREE = frozenset(
    {
        *("AWS::ApiGateway::Account", "AWS::ApiGateway::ApiKey", "AWS::ApiGateway::BasePathMapping"),
        *("AWS::ApiGateway::Deployment", "AWS::ApiGateway::DomainName", "AWS::ApiGateway::Stage"),
        *("AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::UsagePlanKey"),
        *("AWS::ApiGatewayV2::ApiMapping", "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::DomainName"),
        *("AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage"),
        *("AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain", "AWS::Events::Rule"),
        *("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::KMS::Alias"),
        *("AWS::Lambda::Alias", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping"),
        *("AWS::Lambda::LayerVersion", "AWS::Lambda::Permission", "AWS::Lambda::Version"),
        *("AWS::Route53::RecordSet", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy"),
        *("AWS::SQS::QueuePolicy", "AWS::Scheduler::ScheduleGroup"),
    }
)


def costs(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[Cost]:
    """Yield the cost of each resource of a template, and a further line for a setting that costs by the hour."""
    for name, resource in resources.items():
        kind, properties = resource["Type"], resource.get("Properties") or {}
        yield Cost(name, kind, *_charge(kind, properties))
        yield from (Cost(name, kind, "time", charged) for charged in _settings(kind, properties))


def _charge(kind: str, properties: Mapping[str, Any]) -> tuple[Basis, str]:
    # A table without BillingMode is PROVISIONED: its capacity costs by the hour.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
    if kind == "AWS::DynamoDB::Table" and properties.get("BillingMode", "PROVISIONED") == "PROVISIONED":
        return "time", "per hour for its provisioned capacity, and GB stored"
    if kind == "AWS::SSM::Parameter":
        is_standard = properties.get("Tier", "Standard") == "Standard"
        return ("free", "") if is_standard else ("time", "per advanced parameter and month")
    if kind in _USE:
        return "use", _USE[kind]
    if kind in _TIME:
        return "time", _TIME[kind]
    return ("free", "") if kind in _FREE else ("unknown", "")


def _settings(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield what settings of a resource add by the hour or the month."""
    match kind:
        case "AWS::ApiGateway::Stage" if properties.get("CacheClusterEnabled"):
            size = str(properties.get("CacheClusterSize", "0.5"))
            price = f", ${CACHE_SIZES[size]:g} in us-east-1" if size in CACHE_SIZES else ""
            yield f"per hour for its cache of {size} GB{price}"
        case "AWS::Lambda::Alias" | "AWS::Lambda::Version" if properties.get("ProvisionedConcurrencyConfig"):
            yield "per hour for its provisioned concurrency"
        case "AWS::Lambda::Function" if (properties.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions":
            # Java's snapshots alone are free: https://aws.amazon.com/lambda/pricing/
            if not str(properties.get("Runtime", "")).startswith("java"):
                yield "per hour for each snapshot of SnapStart, and for each start from one"
        case "AWS::DynamoDB::Table":
            recovery = properties.get("PointInTimeRecoverySpecification") or {}
            if recovery.get("PointInTimeRecoveryEnabled"):
                yield "per GB and month for point-in-time recovery"
