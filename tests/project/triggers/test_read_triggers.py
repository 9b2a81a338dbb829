"""Triggers are read from a SAM template, from plain CloudFormation, and with their mistakes named at their lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.project.cloudformation.format import CLOUDFORMATION
from homeport.project.cloudformation.template_project import read_stack_and_template
from homeport.project.formats.source_format import FormatRequest
from homeport.project.project import ProjectInputs
from homeport.project.source.cursor import Diagnostics
from homeport.project.triggers.function_references import FunctionReferences
from homeport.project.triggers.read_triggers import read_triggers
from homeport.project.triggers.schedule_expression import Rate
from homeport.project.triggers.trigger import (
    AsyncSettings,
    BucketTrigger,
    PoolTrigger,
    QueueTrigger,
    RuleTarget,
    RuleTrigger,
    ScheduleTrigger,
    StreamTrigger,
    TopicTrigger,
    Triggers,
)

SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  News: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files}}
  Notes:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: notes
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Users: {Type: AWS::Cognito::UserPool, Properties: {}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: worker
      Runtime: python3.13
      Handler: app.handler
      InlineCode: x
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        MaximumEventAgeInSeconds: 600
        DestinationConfig:
          OnFailure: {Type: SQS, Destination: !GetAtt Dead.Arn}
      Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            BatchSize: 5
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria: {Filters: [{Pattern: '{"body": {"kind": ["a"]}}'}]}
        Topic: {Type: SNS, Properties: {Topic: !Ref News, FilterPolicy: {kind: [a]}}}
        Upload:
          Type: S3
          Properties:
            Bucket: !Ref Files
            Events: s3:ObjectCreated:*
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}, {Name: suffix, Value: .png}]}}
        Stream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Notes.StreamArn
            StartingPosition: TRIM_HORIZON
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 3
            DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Dead.Arn}}
        Nightly: {Type: Schedule, Properties: {Schedule: "rate(1 day)", Input: '{"full": true}'}}
        Later: {Type: ScheduleV2, Properties: {ScheduleExpression: "rate(5 minutes)"}}
        Rule: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}, InputPath: $.detail}}
        SignUp: {Type: Cognito, Properties: {UserPool: !Ref Users, Trigger: PreSignUp}}
"""


def triggers_of(folder: Path, text: str) -> tuple[Triggers, list[str]]:
    """Return the triggers of a template, and the problems of the reading."""
    (folder / "template.yaml").write_text(text)
    diagnostics = Diagnostics()
    template = CLOUDFORMATION.read(FormatRequest(folder, "template.yaml", "local", {}, ProjectInputs()), diagnostics)
    assert template is not None, diagnostics.all()
    read = read_stack_and_template(folder, template, "local", {}, diagnostics)
    assert read is not None, diagnostics.all()
    stack, _ = read
    names = {it.physical_id: it.logical_id for it in stack.of_type("AWS::Lambda::Function")}
    triggers = read_triggers(stack, FunctionReferences(names), diagnostics)
    return triggers, [str(problem) for problem in diagnostics.all()]


@pytest.mark.stack
def test_events_of_a_sam_function_are_its_triggers(tmp_path: Path) -> None:
    triggers, problems = triggers_of(tmp_path, SAM)
    assert problems == []
    by_kind = {type(trigger): trigger for trigger in triggers.every}
    assert {trigger.function for trigger in triggers.every} == {"Worker"}
    queue = by_kind[QueueTrigger]
    assert isinstance(queue, QueueTrigger)
    assert (queue.queue_arn, queue.batch_size, queue.partial) == (
        "arn:aws:sqs:us-east-1:000000000000:jobs",
        5,
        True,
    )
    assert [dict(pattern.document) for pattern in queue.filters] == [{"body": {"kind": ["a"]}}]
    topic = by_kind[TopicTrigger]
    assert isinstance(topic, TopicTrigger)
    assert topic.topic_arn == "arn:aws:sns:us-east-1:000000000000:news"
    bucket = by_kind[BucketTrigger]
    assert isinstance(bucket, BucketTrigger)
    assert (bucket.bucket, bucket.events, bucket.prefix, bucket.suffix) == (
        *("files", ("s3:ObjectCreated:*",), "in/", ".png"),
    )
    stream = by_kind[StreamTrigger]
    assert isinstance(stream, StreamTrigger)
    assert (stream.service, stream.stream, stream.position, stream.bisect, stream.max_retries) == (
        *("dynamodb", "notes", "TRIM_HORIZON", True, 3),
    )
    assert stream.on_failure == "arn:aws:sqs:us-east-1:000000000000:dead"
    rule = by_kind[RuleTrigger]
    assert isinstance(rule, RuleTrigger)
    assert (dict(rule.pattern.document), rule.target) == ({"source": ["shop"]}, RuleTarget(path="$.detail"))
    schedules = [trigger for trigger in triggers.every if isinstance(trigger, ScheduleTrigger)]
    assert {(found.text, found.is_rule, found.schedule, found.target.fixed) for found in schedules} == {
        ("rate(1 day)", True, Rate(86400), '{"full": true}'),
        ("rate(5 minutes)", False, Rate(300), None),
    }
    pool = by_kind[PoolTrigger]
    assert isinstance(pool, PoolTrigger)
    assert pool.event == "PreSignUp"
    assert triggers.async_settings("Worker") == AsyncSettings(
        max_retries=1,
        max_age=600,
        on_failure="arn:aws:sqs:us-east-1:000000000000:dead",
        dead_letter="arn:aws:sqs:us-east-1:000000000000:dead",
    )
    assert len(triggers.of_function("Worker")) == 8


PLAIN = """\
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: fn, Runtime: python3.13, Handler: a.b, Code: {ZipFile: x}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Fn, FunctionVersion: "1", Name: live}}
  Stream: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks}}
  Queue: {Type: AWS::SQS::Queue}
  OTHER
"""


def plain(folder: Path, resource: object) -> tuple[Triggers, list[str]]:
    return triggers_of(folder, PLAIN.replace("OTHER", f"Trigger: {json.dumps(resource)}"))


def mapping(**properties: object) -> dict[str, object]:
    given = {"FunctionName": {"Ref": "Fn"}, "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}, **properties}
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": given}


def test_mapping_finds_its_function_by_an_alias(tmp_path: Path) -> None:
    resource = mapping(
        FunctionName={"Ref": "Live"},
        EventSourceArn={"Fn::GetAtt": ["Stream", "Arn"]},
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=1700000000,
        ParallelizationFactor=4,
        Enabled=False,
    )
    triggers, problems = plain(tmp_path, resource)
    assert problems == []
    (trigger,) = triggers.every
    assert isinstance(trigger, StreamTrigger)
    assert (trigger.function, trigger.service, trigger.stream) == ("Fn", "kinesis", "clicks")
    assert (trigger.position, trigger.at, trigger.parallelization, trigger.enabled) == (
        *("AT_TIMESTAMP", 1700000000.0, 4, False),
    )


def test_function_outside_of_the_project_is_named(tmp_path: Path) -> None:
    triggers, problems = plain(tmp_path, mapping(FunctionName="elsewhere"))
    assert triggers.every == ()
    assert problems == [
        "template.yaml:8: warning: Trigger invokes a function that is not in the project (nothing invokes it here)"
    ]


def test_source_that_is_not_emulated_is_named(tmp_path: Path) -> None:
    arn = "arn:aws:kafka:us-east-1:000000000000:cluster/c/1"
    triggers, problems = plain(tmp_path, mapping(EventSourceArn=arn, Topics=["t"]))
    assert triggers.every == ()
    assert [problem.split("warning: ")[1] for problem in problems] == [
        "Topics of Trigger is not emulated: Kafka is not emulated",
        "Trigger reads from a source that is not emulated, and so does not invoke Fn "
        "(emulated are SQS, DynamoDB, Kinesis)",
    ]


def test_pattern_that_aws_refuses_is_an_error(tmp_path: Path) -> None:
    filters = {"Filters": [{"Pattern": '{"body": "a"}'}, {"Pattern": "{"}]}
    _, problems = plain(tmp_path, mapping(FilterCriteria=filters))
    assert len(problems) == 2
    assert problems[0].startswith("template.yaml:8: error: AWS refuses the pattern: body: write a list of values")
    assert problems[1].startswith("template.yaml:8: error: the pattern is not JSON")


def test_large_batch_of_a_queue_needs_a_window(tmp_path: Path) -> None:
    _, problems = plain(tmp_path, mapping(BatchSize=100))
    assert problems == [
        "template.yaml:8: error: a batch of more than 10 messages, 100 here, needs a batching window "
        "(set MaximumBatchingWindowInSeconds to 1 or more)"
    ]
    triggers, problems = plain(tmp_path, mapping(BatchSize="100", MaximumBatchingWindowInSeconds=5))
    (trigger,) = triggers.every
    assert isinstance(trigger, QueueTrigger)
    assert (problems, trigger.batch_size, trigger.window) == ([], 100, 5)


def test_stream_without_a_starting_position_is_an_error(tmp_path: Path) -> None:
    _, problems = plain(tmp_path, mapping(EventSourceArn={"Fn::GetAtt": ["Stream", "Arn"]}))
    assert problems == [
        "template.yaml:8: error: StartingPosition of Trigger is missing "
        "(write one of TRIM_HORIZON, LATEST, AT_TIMESTAMP)"
    ]


def test_schedule_that_aws_refuses_is_an_error(tmp_path: Path) -> None:
    targets = [{"Id": "a", "Arn": {"Fn::GetAtt": ["Fn", "Arn"]}}]
    rule = {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 minutes)", "Targets": targets}}
    triggers, problems = plain(tmp_path, rule)
    assert triggers.every == ()
    assert problems == ["template.yaml:8: error: AWS refuses the schedule: AWS wants minute after 1"]


def test_rule_has_a_trigger_for_each_target_that_is_a_function(tmp_path: Path) -> None:
    arn = {"Fn::GetAtt": ["Fn", "Arn"]}
    targets = [{"Id": "a", "Arn": arn}, {"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}, {"Id": "b", "Arn": arn}]
    properties = {"EventPattern": {"source": ["x"]}, "State": "DISABLED", "Targets": targets}
    triggers, problems = plain(tmp_path, {"Type": "AWS::Events::Rule", "Properties": properties})
    assert problems == []
    assert [(trigger.id, trigger.enabled) for trigger in triggers.every] == [("Trigger/a", False), ("Trigger/b", False)]


def test_schedule_of_a_group_has_its_zone_and_its_time(tmp_path: Path) -> None:
    target = {"Arn": {"Fn::GetAtt": ["Fn", "Arn"]}, "Input": '{"a": 1}', "RoleArn": "arn:aws:iam::1:role/r"}
    properties = {
        "Name": "nightly",
        "GroupName": "jobs",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "StartDate": "2026-01-01T00:00:00Z",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    triggers, problems = plain(tmp_path, {"Type": "AWS::Scheduler::Schedule", "Properties": properties})
    assert problems == []
    (trigger,) = triggers.every
    assert isinstance(trigger, ScheduleTrigger)
    assert trigger.arn == "arn:aws:scheduler:us-east-1:000000000000:schedule/jobs/nightly"
    assert (trigger.name, trigger.start, trigger.target.fixed) == ("nightly", 1767225600.0, '{"a": 1}')
    assert not trigger.is_rule
