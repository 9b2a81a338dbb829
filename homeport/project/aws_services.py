"""The services of AWS that can run on this machine beside DynamoDB.

A service is named as IAM names it (``states`` of ``states:StartExecution``), which is also its name in ARNs.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AwsService:
    """A service that can run here.

    ``name`` is IAM's, ``title`` that of its documentation. ``sdk`` are boto3's names of its clients. ``aliases`` are
    other names of it in signatures, ARNs and URLs of API Gateway. ``types`` are the CloudFormation types that have it
    start, as prefixes; a type that changes no answer of it, such as an alarm, is not one of them. ``in_gateway`` is
    Lambda, whose functions the gateway runs.
    """

    name: str
    title: str
    sdk: tuple[str, ...]
    types: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    in_gateway: bool = False


SERVICES: Mapping[str, AwsService] = {
    service.name: service
    for service in (
        AwsService("s3", "S3", ("s3",), ("AWS::S3::",)),
        AwsService("sqs", "SQS", ("sqs",), ("AWS::SQS::",)),
        AwsService("sns", "SNS", ("sns",), ("AWS::SNS::",)),
        AwsService("events", "EventBridge", ("events",), ("AWS::Events::",), ("eventbridge",)),
        AwsService("scheduler", "EventBridge Scheduler", ("scheduler",), ("AWS::Scheduler::",)),
        AwsService("ssm", "Systems Manager Parameter Store", ("ssm",), ("AWS::SSM::Parameter",)),
        AwsService("secretsmanager", "Secrets Manager", ("secretsmanager",), ("AWS::SecretsManager::",)),
        AwsService("states", "Step Functions", ("stepfunctions",), ("AWS::StepFunctions::",), ("sfn",)),
        AwsService("kinesis", "Kinesis Data Streams", ("kinesis",), ("AWS::Kinesis::",)),
        AwsService("ses", "SES", ("ses", "sesv2"), ("AWS::SES::",), ("email",)),
        AwsService(
            "cognito-idp",
            "Cognito user pools",
            ("cognito-idp",),
            ("AWS::Cognito::UserPool",),
            ("cognito-identity-provider",),
        ),
        AwsService("kms", "KMS", ("kms",), ("AWS::KMS::",)),
        AwsService("sts", "STS", ("sts",)),
        AwsService("cloudwatch", "CloudWatch", ("cloudwatch",), (), ("monitoring",)),
        AwsService("lambda", "Lambda", ("lambda",), in_gateway=True),
    )
}
"""The services by their names."""

_NAMES: Mapping[str, str] = {
    alias: service.name for service in SERVICES.values() for alias in (service.name, *service.aliases, *service.sdk)
}


def find_service(name: str) -> AwsService | None:
    """Return a service by any of its names (``states``, ``stepfunctions``, ``SFN``), None: it can't run here."""
    found = _NAMES.get(name.lower().replace(" ", "-"))
    return SERVICES[found] if found is not None else None


def service_of_type(kind: str) -> AwsService | None:
    """Return the service of a resource's type (``AWS::SQS::Queue``), None: it can't run here, or need not."""
    return next((service for service in SERVICES.values() if kind.startswith(service.types)), None)
