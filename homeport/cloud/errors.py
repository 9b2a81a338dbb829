"""What can go wrong between this machine and AWS.

CloudError                    anything that a deploy, or another command that speaks to AWS, can't go on with
├── BundleError               service/ can't be bundled: a file that looks like a secret, too large, no wheel
├── AwsCallError               AWS refused a call; ``code`` is AWS's, ``action`` what IAM calls it
│   └── AwsNotFoundError              … because the thing does not exist
├── StackStateError                the stack is in a state that this command can't start from; the hint mends it
├── DeployFailedError              the stack was changed, failed, and was rolled back; the message is the first cause
└── DeclinedError                  the person did not say yes

What AWS's errors mean, in words for the person who deploys: the one place that knows their codes. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.errors import HomeportError


class CloudError(HomeportError):
    """A command that speaks to AWS can't go on."""


class BundleError(CloudError):
    """What service/ holds can't be a function's code."""


class AwsCallError(CloudError):
    """AWS refused a call. ``code`` is the error's code (``AccessDenied``), ``action`` IAM's name of what was asked."""

    def __init__(self, message: str, hint: str = "", *, code: str = "", action: str = "") -> None:
        super().__init__(message, hint)
        self.code = code
        self.action = action


class AwsNotFoundError(AwsCallError):
    """What was asked for does not exist."""


class StackStateError(CloudError):
    """The stack is busy, or in a state that has to be mended first."""


class DeployFailedError(CloudError):
    """CloudFormation could not make the change."""


class DeclinedError(CloudError):
    """The answer was no."""


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
_CLOCK = frozenset(("RequestExpired", "RequestTimeTooSkewed"))
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
_REGION = frozenset(("OptInRequired", "SubscriptionRequiredException", "IllegalLocationConstraintException"))
_WRONG_PLACE = frozenset(("AuthorizationHeaderMalformed", "PermanentRedirect", "301"))
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
_SLOW_DOWN = frozenset(
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
_TAKEN = frozenset(("BucketAlreadyExists", "AlreadyExistsException", "ResourceConflictException"))
# IAM's actions where they are not named after the call.
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
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call: ``service`` and ``operation`` as AWS writes them (``s3``, ``PutObject``), where it went."""

    service: str
    operation: str
    region: str
    endpoint: str | None = None


def iam_actions(service: str, operation: str) -> tuple[str, ...]:
    """What IAM calls a call: ``("s3:ListBucket",)`` for S3's HeadBucket."""
    name = f"{service}:{operation}"
    return _ACTIONS.get(name, (name,))


def refusal(asked: Asked, answer: Mapping[str, Any]) -> AwsCallError:
    """The error for an answer of AWS that is one (``ClientError.response``)."""
    error = answer.get("Error", {})
    code, said = str(error.get("Code", "")), str(error.get("Message", ""))
    action = denied_action(said) or iam_actions(asked.service, asked.operation)[0]
    if code in _MISSING or (code == "ValidationError" and "does not exist" in said):
        return AwsNotFoundError(f"{asked.service} has no such thing: {said}", code=code, action=action)
    message, hint = _explained(asked, code, said, action)
    return AwsCallError(message, hint, code=code, action=action)


def denied_action(message: str) -> str:
    """The action that a message of IAM names, "" if it names none."""
    found = re.search(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)", message)
    return found[1] if found else ""


def _explained(asked: Asked, code: str, said: str, action: str) -> tuple[str, str]:
    call = f"{asked.service}:{asked.operation}"
    if code in _DENIED:
        return (
            f"these credentials may not {action}" + (f": {said}" if "not authorized" in said else ""),
            f"allow {action}; docs/deploy.md has the whole policy",
        )
    if code in _EXPIRED:
        return "the AWS session has expired", "sign in again, e.g. aws sso login, or renew AWS_SESSION_TOKEN"
    if code in _CLOCK:
        return "AWS refused the time of the request", "set this machine's clock"
    if code in _BAD_KEYS:
        return (
            f"AWS does not know these credentials in {asked.region} ({code})",
            f"check AWS_ACCESS_KEY_ID or AWS_PROFILE, and that {asked.region} is enabled for the account",
        )
    if code in _REGION:
        return f"the region {asked.region} is not enabled for this account", "enable it, or set region: in stages.yaml"
    if code in _WRONG_PLACE:
        return f"{call}: that is in another region than {asked.region} ({said})", "set region: in deploy/stages.yaml"
    return _explained_limit(call, code, said)


def _explained_limit(call: str, code: str, said: str) -> tuple[str, str]:
    if code in _QUOTA:
        return (
            f"{call}: a quota of the account is used up: {said}",
            "ask for more in Service Quotas, or remove unused ones",
        )
    if code in _SLOW_DOWN:
        return f"{call}: AWS asked to slow down, and still did after several tries", "run the command again in a minute"
    if code in _TAKEN:
        return f"{call}: the name is taken: {said}", "choose another stackName in deploy/stages.yaml"
    if code == "InsufficientCapabilitiesException":
        return f"{call}: {said}", "report this: the kit acknowledges what its template needs"
    if code == "ValidationError" and "template" in said.lower() and "length" in said.lower():
        return f"the template is larger than CloudFormation takes: {said}", "group operations with x-homeport: function"
    return f"{call} failed: {code}: {said}", ""
