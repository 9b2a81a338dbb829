"""Errors of AWS's services in words: the one module that reads the code and message of an error response.

A response is ``ClientError.response`` of botocore. Nothing here imports botocore.
https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DENIED = frozenset(
    (
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedOperation",
        "UnauthorizedException",
        "403",
        "Forbidden",
    )
)
_EXPIRED = frozenset(("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"))
_CLOCK_SKEW = frozenset(("RequestExpired", "RequestTimeTooSkewed"))
_BAD_KEYS = frozenset(
    (
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "AuthFailure",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "IncompleteSignature",
    )
)
_REGION_DISABLED = frozenset(("OptInRequired", "SubscriptionRequiredException", "IllegalLocationConstraintException"))
_OTHER_REGION = frozenset(("AuthorizationHeaderMalformed", "PermanentRedirect", "301"))
_QUOTA = frozenset(
    (
        "LimitExceeded",
        "LimitExceededException",
        "ServiceQuotaExceededException",
        "TooManyBuckets",
        "CodeStorageExceededException",
        "QuotaExceededException",
    )
)
_THROTTLED = frozenset(
    ("Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown", "RequestLimitExceeded")
)
_MISSING = frozenset(
    (
        "404",
        "NoSuchKey",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchVersion",
        "NotFound",
        "NotFoundException",
        "ResourceNotFoundException",
        "ChangeSetNotFound",
        "ChangeSetNotFoundException",
        "StackNotFoundException",
    )
)
_NAME_TAKEN = frozenset(("BucketAlreadyExists", "AlreadyExistsException", "ResourceConflictException"))
_ACTIONS = {
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:DeleteObjects": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "apigateway:GetAccount": ("apigateway:GET",),
    "s3:PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
}
"""IAM's actions that are not named after the call.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A call of a service: ``service`` and ``operation`` as AWS writes them (``s3``, ``PutObject``)."""

    service: str
    operation: str
    region: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class AwsErrorText:
    """An error in words. ``action`` is IAM's name of the call. ``is_missing``: the resource does not exist."""

    message: str
    hint: str
    code: str
    action: str
    is_missing: bool = False


def error_code(response: Mapping[str, Any]) -> str:
    """Return the code of an error response (``AccessDenied``), "" without one."""
    return str(response.get("Error", {}).get("Code", ""))


def error_message(response: Mapping[str, Any]) -> str:
    """Return the message of an error response, "" without one."""
    return str(response.get("Error", {}).get("Message", ""))


def is_server_error(response: Mapping[str, Any]) -> bool:
    """Return whether the service itself failed (HTTP status 5xx)."""
    return int(response["ResponseMetadata"]["HTTPStatusCode"]) >= 500


def iam_actions(service: str, operation: str) -> tuple[str, ...]:
    """Return the IAM actions that a call needs: ``("s3:ListBucket",)`` for S3's HeadBucket."""
    name = f"{service}:{operation}"
    return _ACTIONS.get(name, (name,))


def explain_error(call: ServiceCall, response: Mapping[str, Any]) -> AwsErrorText:
    """Return an error response in words for the person whose credentials made the call."""
    code, text = error_code(response), error_message(response)
    action = _denied_action(text) or iam_actions(call.service, call.operation)[0]
    if code in _MISSING or (code == "ValidationError" and "does not exist" in text):
        return AwsErrorText(f"{call.service} has no such thing: {text}", "", code, action, is_missing=True)
    message, hint = _explain_access(call, code, text, action) or _explain_limit(call, code, text)
    return AwsErrorText(message, hint, code, action)


def _denied_action(message: str) -> str:
    found = re.search(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)", message)
    return found[1] if found else ""


def _explain_access(call: ServiceCall, code: str, text: str, action: str) -> tuple[str, str] | None:
    if code in _DENIED:
        return (
            f"these credentials may not {action}" + (f": {text}" if "not authorized" in text else ""),
            f"allow {action}; docs/deploy.md has the whole policy",
        )
    if code in _EXPIRED:
        return "the AWS session has expired", "sign in again, e.g. aws sso login, or renew AWS_SESSION_TOKEN"
    if code in _CLOCK_SKEW:
        return "AWS refused the time of the request", "set this machine's clock"
    if code in _BAD_KEYS:
        return (
            f"AWS does not know these credentials in {call.region} ({code})",
            f"check AWS_ACCESS_KEY_ID or AWS_PROFILE, and that {call.region} is enabled for the account",
        )
    if code in _REGION_DISABLED:
        return f"the region {call.region} is not enabled for this account", "enable it, or set region: in stages.yaml"
    if code in _OTHER_REGION:
        message = f"{call.service}:{call.operation}: that is in another region than {call.region} ({text})"
        return message, "set region: in deploy/stages.yaml"
    return None


def _explain_limit(call: ServiceCall, code: str, text: str) -> tuple[str, str]:
    name = f"{call.service}:{call.operation}"
    if code in _QUOTA:
        return (
            f"{name}: a quota of the account is used up: {text}",
            "ask for more in Service Quotas, or remove unused ones",
        )
    if code in _THROTTLED:
        return f"{name}: AWS asked to slow down, and still did after several tries", "run the command again in a minute"
    if code in _NAME_TAKEN:
        return f"{name}: the name is taken: {text}", "choose another stackName in deploy/stages.yaml"
    if code == "InsufficientCapabilitiesException":
        return f"{name}: {text}", "report this: the kit acknowledges what its template needs"
    if code == "ValidationError" and "template" in text.lower() and "length" in text.lower():
        return f"the template is larger than CloudFormation takes: {text}", "group operations with x-homeport: function"
    return f"{name} failed: {code}: {text}", ""
