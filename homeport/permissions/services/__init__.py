"""The permissions that a request to a service needs: one file a service, by the Service Authorization Reference.

``needed_permissions`` finds the file. An action has the name of the operation unless a file says otherwise: that is the
rule of AWS. Operations that AWS takes unsigned, and those that need no permission, need none here.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    cloudwatch,
    cognito,
    events,
    kinesis,
    kms,
    lambda_functions,
    s3,
    secretsmanager,
    ses,
    sns,
    sqs,
    ssm,
    stepfunctions,
    sts,
)
from .permission import Needs, Parameters, ServicePermission
from .place import ServicePlace

SERVICES: Mapping[str, Needs] = {
    "cloudwatch": cloudwatch.needs,
    "cognito-idp": cognito.needs,
    "events": events.needs,
    "kinesis": kinesis.needs,
    "kms": kms.needs,
    "lambda": lambda_functions.needs,
    "s3": s3.needs,
    "secretsmanager": secretsmanager.needs,
    "ses": ses.needs,
    "sesv2": ses.needs_v2,
    "sns": sns.needs,
    "sqs": sqs.needs,
    "ssm": ssm.needs,
    "stepfunctions": stepfunctions.needs,
    "sts": sts.needs,
}
"""The services by the names that botocore has for them."""


_ALIASES = {
    "cognito-identity-provider": "cognito-idp",
    "email": "ses",
    "eventbridge": "events",
    "monitoring": "cloudwatch",
    "secrets-manager": "secretsmanager",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}


def service_name(name: str) -> str:
    """Return the name of a service as ``SERVICES`` has it, also by the one of its events, signatures or ARNs."""
    return _ALIASES.get(name, name)


def needed_permissions(
    service: str, operation: str, parameters: Parameters, place: ServicePlace
) -> list[ServicePermission] | None:
    """Return the permissions that a request needs, None for a service that is not known here.

    ``parameters`` are those of the operation, as SDKs name them. DynamoDB has a module of its own.
    """
    needs = SERVICES.get(service_name(service))
    return None if needs is None else list(needs(operation, parameters, place))
