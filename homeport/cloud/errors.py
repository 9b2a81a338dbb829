"""What can go wrong between this machine and AWS.

CloudError                    anything that a deploy, or another command that speaks to AWS, can't go on with
├── BundleError               service/ can't be bundled: a file that looks like a secret, too large, no wheel
├── CallRefused               AWS refused a call; ``code`` is AWS's, ``action`` what IAM calls it
│   └── NotThere              … because the thing does not exist
├── StackState                the stack is in a state that this command can't start from; the cure mends it
├── DeployFailed              the stack was changed, failed, and was rolled back; the message is the first cause
└── Declined                  the person did not say yes
"""

from __future__ import annotations

from homeport.errors import HomeportError


class CloudError(HomeportError):
    """A command that speaks to AWS can't go on."""


class BundleError(CloudError):
    """What service/ holds can't be a function's code."""


class CallRefused(CloudError):
    """AWS refused a call. ``code`` is the error's code (``AccessDenied``), ``action`` IAM's name of what was asked."""

    def __init__(self, message: str, cure: str = "", *, code: str = "", action: str = "") -> None:
        super().__init__(message, cure)
        self.code = code
        self.action = action


class NotThere(CallRefused):
    """What was asked for does not exist."""


class StackState(CloudError):
    """The stack is busy, or in a state that has to be mended first."""


class DeployFailed(CloudError):
    """CloudFormation could not make the change."""


class Declined(CloudError):
    """The answer was no."""
