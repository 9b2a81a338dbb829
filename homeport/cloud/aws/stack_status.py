"""The status of a CloudFormation stack: what a deploy does from it, who changes it, and what recovers it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from homeport.cloud.errors import StackStateError

Start = Literal["create", "update", "recreate"]

_UPDATABLE = frozenset(
    ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
)
_ABSENT = frozenset(("", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE"))
# The rollback of a first deploy: the stack is empty, and CloudFormation allows only its deletion.
_EMPTY = frozenset(("ROLLBACK_COMPLETE",))
_TOKEN = re.compile(r"homeport-(\d{8}T\d{9})Z-(.+)")


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The status of a stack ("" without one) and its reason. ``by`` and ``since`` are of the operation in progress."""

    name: str
    status: str
    reason: str = ""
    by: str = ""
    since: datetime | None = None

    @property
    def is_there(self) -> bool:
        """The stack exists and a change set was executed on it."""
        return self.status not in _ABSENT

    @property
    def is_busy(self) -> bool:
        """An operation of CloudFormation is in progress."""
        return self.status.endswith("_IN_PROGRESS") and self.status not in _ABSENT

    @property
    def progress(self) -> str:
        """The operation in progress in words: ``being changed by alice since 2026-03-01 12:00:05 UTC``."""
        when = f" since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"being changed{f' by {self.by}' if self.by else ''}{when}"


def start_of_deploy(current: StackStatus, region: str, stage: str) -> Start:
    """Return how a deploy starts. Raises StackStateError with the command that recovers the stack."""
    if current.status in _ABSENT:
        return "create"
    if current.status in _UPDATABLE:
        return "update"
    if current.status in _EMPTY:
        return "recreate"
    raise_if_busy(current)
    raise StackStateError(
        f"the stack {current.name} is in {current.status}: {current.reason}", recovery_command(current, region, stage)
    )


def raise_if_busy(current: StackStatus) -> None:
    """Raise StackStateError while an operation of CloudFormation is in progress."""
    if current.is_busy:
        raise StackStateError(
            f"the stack {current.name} is {current.progress} ({current.status})",
            "homeport status shows how it goes; run this again when it is done",
        )


def recovery_command(current: StackStatus, region: str, stage: str) -> str:
    """Return the command that recovers a stack from its status."""
    aws = f"--stack-name {current.name} --region {region}"
    match current.status:
        case "UPDATE_ROLLBACK_FAILED":
            return f"aws cloudformation continue-update-rollback {aws}"
        case "UPDATE_FAILED" | "CREATE_FAILED":
            return f"aws cloudformation rollback-stack {aws}"
        case "IMPORT_ROLLBACK_FAILED":
            return f"aws cloudformation describe-stack-events {aws}"
        case _:
            return f"homeport destroy --stage {stage}"


def request_token(who: str, at: datetime) -> str:
    """Return the ClientRequestToken of a change by this person: up to 128 letters, digits and hyphens.

    CloudFormation puts it into every event of the change.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
    """
    name = re.sub(r"[^A-Za-z0-9]+", "-", who).strip("-") or "somebody"
    return f"homeport-{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z-{name}"[:128]


def person_in_token(token: str) -> str:
    """Return the person in a token, "" for a token of another tool."""
    found = _TOKEN.fullmatch(token)
    return found[2] if found else ""
