"""What CloudFormation does to a stack, told line by line, and why it failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from homeport.cloud.aws.stack_events import Progress, StackEvent, first_cause, read_event
from homeport.terminal import Palette

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
STACK = "arn:aws:cloudformation:us-east-1:1:stack/items/1"


def event(after: float, name: str, status: str, reason: str = "", *, stack: bool = False) -> StackEvent:
    kind = "AWS::CloudFormation::Stack" if stack else "AWS::Lambda::Function"
    return StackEvent(
        f"{after}", BEGAN + timedelta(seconds=after), name, kind, status, reason, "", STACK if stack else "x"
    )


def told(*events: StackEvent) -> list[str]:
    return list(Progress(Palette(), BEGAN).lines(events))


def test_a_line_says_when_and_how_long() -> None:
    assert told(
        event(0, "items", "CREATE_IN_PROGRESS", "User Initiated", stack=True),
        event(1, "GetItem", "CREATE_IN_PROGRESS"),
        event(1.5, "GetItem", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        event(4.2, "GetItem", "CREATE_COMPLETE"),
        event(5, "items", "CREATE_COMPLETE", stack=True),
    ) == [
        "    0.0 s  CREATE_IN_PROGRESS           items",
        "    1.0 s  CREATE_IN_PROGRESS           GetItem",
        "    4.2 s  CREATE_COMPLETE              GetItem (3.2 s)",
        "    5.0 s  CREATE_COMPLETE              items",
    ]


def test_a_failure_says_why() -> None:
    line = told(event(3, "GetItem", "CREATE_FAILED", "no such role"))[0]
    assert line == "    3.0 s  CREATE_FAILED                GetItem: no such role"


def test_the_first_cause_is_reported_and_not_its_consequences() -> None:
    cause = event(2, "Role", "CREATE_FAILED", "API: iam:CreateRole denied")
    events = [
        event(1, "Other", "CREATE_FAILED", "Resource creation cancelled"),
        cause,
        event(3, "GetItem", "CREATE_FAILED", "something else"),
        event(4, "items", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Role]", stack=True),
    ]
    assert first_cause(events) == cause


def test_a_failure_of_the_stack_is_reported_where_no_resource_failed() -> None:
    failed = event(1, "items", "UPDATE_FAILED", "Export x is in use", stack=True)
    assert first_cause([failed]) == failed
    assert first_cause([event(1, "items", "CREATE_COMPLETE", stack=True)]) is None


def test_an_event_is_read_as_aws_sends_it() -> None:
    sent = {
        "EventId": "1",
        "Timestamp": BEGAN,
        "LogicalResourceId": "items",
        "ResourceType": "AWS::CloudFormation::Stack",
        "ResourceStatus": "CREATE_IN_PROGRESS",
        "ClientRequestToken": "token",
        "PhysicalResourceId": STACK,
    }
    found = read_event(sent)
    assert (found.of_stack, found.failed, found.token) == (True, False, "token")
