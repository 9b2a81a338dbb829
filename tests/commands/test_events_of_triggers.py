"""A name on the command line stands for a route, a trigger, a function that has one, or a source."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from homeport.commands.event import find_trigger
from homeport.commands.schedules import schedule_lines
from homeport.errors import HomeportError
from homeport.project.load import read_project
from homeport.project.project import Project
from homeport.triggers.events.schedule import find_schedule, schedules_of
from tests.support.spec import document, operation, write_document

RESOURCES = """\
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  News: {Type: AWS::SNS::Topic}
  JobsToWork:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref WorkFunction}
  JobsToAct:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref ActFunction}
  NewsToTell:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: lambda, TopicArn: !Ref News, Endpoint: !GetAtt TellFunction.Arn}
  Nightly:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: cron(0 3 * * ? *), Targets: [{Id: a, Arn: !GetAtt TellFunction.Arn}]}
  Once:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: once
      State: DISABLED
      ScheduleExpression: at(2030-01-01T00:00:00)
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: !GetAtt TellFunction.Arn, RoleArn: arn:aws:iam::000000000000:role/r}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Provide a project with triggers."""
    spec = {**document({"/a": {"get": operation()}}), "x-homeport": {"functions": {"work": None, "tell": None}}}
    root = write_document(
        tmp_path_factory.mktemp("project"), spec, resources=RESOURCES, handlers=("act", "work", "tell")
    )
    found, problems = read_project(root, environ={})
    assert found is not None
    assert problems == ()
    return found


@pytest.mark.parametrize(
    ("name", "chosen", "expected"),
    [
        ("JobsToWork", None, "JobsToWork"),
        ("work", None, "JobsToWork"),
        ("tell", "Nightly", "Nightly"),
        ("JobsToAct", None, "JobsToAct"),
        ("act", "JobsToAct", "JobsToAct"),
        ("act", None, None),
        ("GET /a", None, None),
        ("sqs", None, "Sample"),
        ("cognito:PreSignUp", None, "Sample"),
        ("nothing", None, None),
    ],
)
def test_name_stands_for_a_trigger_or_a_route(
    project: Project, name: str, chosen: str | None, expected: str | None
) -> None:
    found = find_trigger(project, name, chosen)
    assert (found.id if found else None) == expected


def test_function_with_several_triggers_needs_a_choice(project: Project) -> None:
    with pytest.raises(HomeportError) as caught:
        find_trigger(project, "tell", None)
    assert str(caught.value) == (
        "'tell' has several triggers (choose one: --trigger NewsToTell or --trigger Nightly or --trigger Once)"
    )


def test_trigger_that_a_function_does_not_have_is_an_error(project: Project) -> None:
    with pytest.raises(HomeportError, match="work has no trigger 'NewsToTel'"):
        find_trigger(project, "work", "NewsToTel")


def test_schedules_are_listed_with_their_next_times(project: Project) -> None:
    lines = schedule_lines(schedules_of(project.triggers), datetime(2026, 5, 4, 12, tzinfo=UTC))
    assert lines == [
        "Nightly  cron(0 3 * * ? *)  tell  next 2026-05-05 03:00 UTC",
        "Once  at(2030-01-01T00:00:00)  tell  disabled",
    ]
    assert schedule_lines((), datetime.now(UTC)) == ["the project has no schedules"]


def test_schedule_is_found_by_each_of_its_names(project: Project) -> None:
    assert find_schedule(project.triggers, "Nightly").id == "Nightly"
    assert find_schedule(project.triggers, "once").id == "Once"
    with pytest.raises(HomeportError, match="'tell' has several schedules"):
        find_schedule(project.triggers, "tell")
    with pytest.raises(HomeportError, match="there is no schedule 'nightley'"):
        find_schedule(project.triggers, "nightley")
