"""The errors of commands that call AWS.

CloudError                    a deploy, or another command that calls AWS, can't continue
├── BundleError               service/ can't be bundled: a file that looks like a secret, too large, no wheel
├── AwsCallError              AWS rejected a call; ``code`` is AWS's, ``action`` is IAM's name of the call
│   └── AwsNotFoundError      the resource does not exist
├── StackStateError           the command can't start from the stack's state; the hint leads out of it
├── DeployFailedError         the stack was changed, failed, and was rolled back; the message is the first cause
└── DeclinedError             the person did not say yes
"""

from __future__ import annotations

from homeport.errors import HomeportError


class CloudError(HomeportError):
    """A command that calls AWS can't continue."""


class BundleError(CloudError):
    """The files of service/ can't be a function's code."""


class AwsCallError(CloudError):
    """AWS rejected a call. ``code`` is AWS's (``AccessDenied``), ``action`` is IAM's name of the call."""

    def __init__(self, message: str, hint: str = "", *, code: str = "", action: str = "") -> None:
        super().__init__(message, hint)
        self.code = code
        self.action = action


class AwsNotFoundError(AwsCallError):
    """The resource does not exist."""


class StackStateError(CloudError):
    """The stack is busy, or needs recovery first."""


class DeployFailedError(CloudError):
    """CloudFormation could not make the change."""


class DeclinedError(CloudError):
    """The person answered no."""
