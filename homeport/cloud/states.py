"""The states of a stack, and what a command can do in each. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from homeport.cloud.errors import StackState

Start = Literal["create", "update", "recreate"]

_UPDATABLE = frozenset(
    ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
)
_ABSENT = frozenset(("", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE"))
# Made and taken back whole: nothing is in it, and CloudFormation lets it only be deleted.
_EMPTY = frozenset(("ROLLBACK_COMPLETE",))
_TOKEN = re.compile(r"homeport-(\d{8}T\d{9})Z-(.+)")


@dataclass(frozen=True, slots=True)
class Standing:
    """A stack: its ``status`` ("" where there is none) and why. ``by`` and ``since`` tell of what goes on in it."""

    name: str
    status: str
    reason: str = ""
    by: str = ""
    since: datetime | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is a stack that was ever executed."""
        return self.status not in _ABSENT

    @property
    def is_busy(self) -> bool:
        """Whether CloudFormation is at work on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status not in _ABSENT


def start_of_deploy(standing: Standing, region: str, stage: str) -> Start:
    """How a deploy begins. Raises StackState with the command that mends the stack."""
    if standing.status in _ABSENT:
        return "create"
    if standing.status in _UPDATABLE:
        return "update"
    if standing.status in _EMPTY:
        return "recreate"
    refuse_busy(standing)
    raise StackState(
        f"the stack {standing.name} is in {standing.status}: {standing.reason}", mending(standing, region, stage)
    )


def refuse_busy(standing: Standing) -> None:
    """Raise StackState where CloudFormation is at work on the stack."""
    if not standing.is_busy:
        return
    who = f" by {standing.by}" if standing.by else ""
    when = f" since {standing.since:%Y-%m-%d %H:%M:%S} UTC" if standing.since else ""
    raise StackState(
        f"the stack {standing.name} is being changed{who}{when} ({standing.status})",
        "homeport status shows how it goes; run this again when it is done",
    )


def mending(standing: Standing, region: str, stage: str) -> str:
    """The command that leads out of a state."""
    aws = f"--stack-name {standing.name} --region {region}"
    match standing.status:
        case "UPDATE_ROLLBACK_FAILED":
            return f"aws cloudformation continue-update-rollback {aws}"
        case "UPDATE_FAILED" | "CREATE_FAILED":
            return f"aws cloudformation rollback-stack {aws}"
        case "IMPORT_ROLLBACK_FAILED":
            return f"aws cloudformation describe-stack-events {aws}"
        case _:
            return f"homeport destroy --stage {stage}"


def request_token(who: str, at: datetime) -> str:
    """What marks a change as this person's, in every event of it: up to 128 letters, digits and hyphens.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
    """
    name = re.sub(r"[^A-Za-z0-9]+", "-", who).strip("-") or "somebody"
    return f"homeport-{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z-{name}"[:128]


def who_asked(token: str) -> str:
    """The person in such a token, "" if it is somebody else's."""
    found = _TOKEN.fullmatch(token)
    return found[2] if found else ""
