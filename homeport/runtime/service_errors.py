"""The errors that faults can have the services beside DynamoDB answer with, each service with its own codes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InjectedError:
    """An error of a service: its code, the status of HTTP, and the message."""

    code: str
    status: int
    message: str


THROTTLED, ERROR, UNAVAILABLE = "throttled", "error", "unavailable"
SERVICE_KINDS = (THROTTLED, ERROR, UNAVAILABLE)
"""The kinds of faults that come to a code of the service's own."""

_RATE = "Rate exceeded"
_INTERNAL = "An internal error occurred."
_THROTTLED: Mapping[str, tuple[str, int]] = {
    "cloudwatch": ("Throttling", 400),
    "cognito-idp": ("TooManyRequestsException", 400),
    "kinesis": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "scheduler": ("ThrottlingException", 429),
    "ses": ("Throttling", 400),
    "sns": ("Throttled", 429),
    "sqs": ("RequestThrottled", 400),
    "sts": ("Throttling", 400),
}
_ERRORS: Mapping[str, str] = {
    "cloudwatch": "InternalServiceError",
    "cognito-idp": "InternalErrorException",
    "events": "InternalException",
    "kinesis": "InternalFailureException",
    "kms": "KMSInternalException",
    "lambda": "ServiceException",
    "s3": "InternalError",
    "scheduler": "InternalServerException",
    "secretsmanager": "InternalServiceError",
    "sns": "InternalError",
    "ssm": "InternalServerError",
}
# What a code says of the fault being the service's: SDKs try again after a status from 500 on.
_OF_SERVER = ("Internal", "KMSInternal", "Service")


def service_error(service: str, kind: str) -> InjectedError:
    """Return the error of a service (IAM's name) for one of ``SERVICE_KINDS``, or for a code of AWS."""
    if kind == THROTTLED:
        code, status = _THROTTLED.get(service, ("ThrottlingException", 400))
        return InjectedError(code, status, "Please reduce your request rate." if service == "s3" else _RATE)
    if kind == ERROR:
        return InjectedError(_ERRORS.get(service, "InternalFailure"), 500, _INTERNAL)
    if kind == UNAVAILABLE:
        message = "The request has failed due to a temporary failure of the server."
        return InjectedError("ServiceUnavailable", 503, message)
    if kind == "ServiceUnavailable" or kind == "SlowDown":
        return InjectedError(kind, 503, "Please reduce your request rate.")
    return InjectedError(kind, 500 if kind.startswith(_OF_SERVER) else 400, f"{kind} (homeport --fault)")
