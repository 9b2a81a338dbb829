"""Events that are no routes: queues, streams, topics, buckets, rules, pools, and those that are not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.serverless import HEAD, read_service_project, read_service_text, service_problems

pytestmark = pytest.mark.unit

RESOURCES = """
resources:
  Resources:
    Jobs: {Type: AWS::SQS::Queue}
    Table:
      Type: AWS::DynamoDB::Table
      Properties:
        BillingMode: PAY_PER_REQUEST
        StreamSpecification: {StreamViewType: NEW_IMAGE}
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
    Uploads: {Type: AWS::S3::Bucket, Properties: {BucketName: own-uploads}}
"""


def service(events: str) -> str:
    return f"{HEAD}functions:\n  work:\n    handler: app.handler\n    events: [{events}]\n{RESOURCES}"


def test_queues_and_streams_are_event_source_mappings(tmp_path: Path) -> None:
    text = service(
        "{sqs: {arn: !GetAtt Jobs.Arn, batchSize: 5, functionResponseType: ReportBatchItemFailures, "
        "filterPatterns: [{body: {a: [1]}}]}}, "
        "{stream: {type: dynamodb, arn: !GetAtt Table.StreamArn, startingPosition: LATEST, "
        "destinations: {onFailure: !GetAtt Jobs.Arn}}}"
    )
    read = read_service_text(tmp_path, text)
    assert read.properties("WorkEventSourceMappingSQSJobs") == {
        "EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]},
        "FunctionName": {"Fn::GetAtt": ["WorkLambdaFunction", "Arn"]},
        "BatchSize": 5,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"a": [1]}}'}]},
    }
    stream = read.properties("WorkEventSourceMappingDynamodbTable")
    assert (stream["StartingPosition"], stream["BatchSize"]) == ("LATEST", 10)
    project, problems = read_service_project(tmp_path, text)
    assert problems == []
    assert len(project.triggers.of_function("WorkLambdaFunction")) == 2


def test_topics_are_made_or_subscribed_to(tmp_path: Path) -> None:
    text = service(
        "{sns: news}, {sns: {topicName: alerts, filterPolicy: {a: [b]}}}, {sns: 'arn:aws:sns:us-east-1:1:other'}, "
        "{sns: {arn: !Ref Jobs, topicName: given}}"
    )
    read = read_service_text(tmp_path, text)
    assert read.properties("SNSTopicNews") == {"TopicName": "news"}
    assert read.properties("WorkSnsSubscriptionAlerts")["FilterPolicy"] == {"a": ["b"]}
    assert read.properties("WorkSnsSubscriptionOther")["TopicArn"] == "arn:aws:sns:us-east-1:1:other"
    assert read.properties("WorkSnsSubscriptionGiven")["TopicArn"] == {"Ref": "Jobs"}


def test_buckets_are_made_or_those_of_the_resources(tmp_path: Path) -> None:
    text = service(
        "{s3: photos}, {s3: {bucket: photos, event: 's3:ObjectRemoved:*', rules: [{prefix: a/}, {suffix: .jpg}]}}, "
        "{s3: {bucket: own-uploads, existing: true}}"
    )
    read = read_service_text(tmp_path, text)
    photos = read.properties("S3BucketPhotos")
    assert photos["BucketName"] == "photos"
    first, second = photos["NotificationConfiguration"]["LambdaConfigurations"]
    assert first["Event"] == "s3:ObjectCreated:*"
    assert second["Filter"]["S3Key"]["Rules"] == [
        {"Name": "prefix", "Value": "a/"},
        {"Name": "suffix", "Value": ".jpg"},
    ]
    uploads = read.properties("Uploads")
    assert uploads["BucketName"] == "own-uploads"
    assert len(uploads["NotificationConfiguration"]["LambdaConfigurations"]) == 1


def test_schedules_and_rules_are_rules(tmp_path: Path) -> None:
    text = service(
        "{schedule: rate(1 hour)}, "
        "{schedule: {rate: ['rate(2 hours)', 'cron(0 12 * * ? *)'], enabled: false, input: {a: 1}}}, "
        "{schedule: {rate: rate(1 day), method: scheduler, timezone: Europe/Paris}}, "
        "{eventBridge: {pattern: {source: [orders]}, eventBus: shop, retryPolicy: {maximumRetryAttempts: 2}}}, "
        "{cloudwatchEvent: {event: {source: [aws.ec2]}}}"
    )
    read = read_service_text(tmp_path, text)
    assert read.properties("WorkEventsRuleSchedule1")["ScheduleExpression"] == "rate(1 hour)"
    third = read.properties("WorkEventsRuleSchedule3")
    assert (third["ScheduleExpression"], third["State"]) == ("cron(0 12 * * ? *)", "DISABLED")
    assert third["Targets"][0]["Input"] == '{"a": 1}'
    assert read.properties("WorkSchedulerSchedule4")["ScheduleExpressionTimezone"] == "Europe/Paris"
    rule = read.properties("NotesdevworkEventBridgeRule".replace("work", "workrule1"))
    assert rule["EventBusName"] == {"Ref": "ShopEventBridgeEventBus"}
    assert read.properties("WorkEventsRuleCloudWatchEvent1")["EventPattern"] == {"source": ["aws.ec2"]}
    project, problems = read_service_project(tmp_path, text)
    assert problems == []
    assert len(project.triggers.of_function("WorkLambdaFunction")) == 6


def test_user_pools_invoke_their_functions(tmp_path: Path) -> None:
    text = service(
        "{cognitoUserPool: {pool: Users, trigger: PreSignUp}}, "
        "{cognitoUserPool: {pool: Users, trigger: PostAuthentication}}"
    )
    pool = read_service_text(tmp_path, text).properties("CognitoUserPoolUsers")
    assert sorted(pool["LambdaConfig"]) == ["PostAuthentication", "PreSignUp"]


def test_events_that_are_not_run_are_named_once(tmp_path: Path) -> None:
    text = service(
        "{alb: {listenerArn: x}}, {iot: {sql: x}}, {alb: {listenerArn: y}}, {websocket: $connect}, {htpp: GET /x}, x"
    )
    problems = service_problems(tmp_path, text)
    assert [problem.partition(": ")[2] for problem in problems] == [
        "an event of work is no map: it is left out",
        "a load balancer invokes work on AWS, and not here (alb)",
        "AWS IoT invokes work on AWS, and not here (iot)",
        "the event 'htpp' of work is not known: it is left out",
        "WebSocket APIs are not emulated",
    ]


@pytest.mark.parametrize(
    "event",
    [
        *(
            "sqs: {}",
            "sqs: null",
            "stream: {type: dynamodb}",
            "sns: {}",
            "s3: {}",
            "s3: [a]",
            "schedule: {}",
            "schedule: true",
        ),
        *(
            "eventBridge: {}",
            "eventBridge: x",
            "cognitoUserPool: x",
            "sqs: 5",
            "stream: {arn: 5}",
            "schedule: {rate: []}",
        ),
    ],
)
def test_an_event_that_is_none_gives_no_traceback(tmp_path: Path, event: str) -> None:
    service_problems(tmp_path, service(f"{{{event}}}"))


def test_state_machines_of_the_plugin_are_made(tmp_path: Path) -> None:
    text = f"""{HEAD}
plugins: [serverless-step-functions]
functions: {{work: {{handler: app.handler, environment: {{M: !Ref OrderStepFunctionsStateMachine}}}}}}
stepFunctions:
  stateMachines:
    order:
      type: EXPRESS
      definition: {{StartAt: A, States: {{A: {{Type: Task, Resource: !GetAtt work.Arn, End: true}}}}}}
    named: {{name: shipped-order, definition: {{}}, role: !GetAtt Own.Arn}}
"""
    read = read_service_text(tmp_path, text)
    machine = read.properties("OrderStepFunctionsStateMachine")
    assert machine["StateMachineType"] == "EXPRESS"
    assert machine["Definition"]["States"]["A"]["Resource"] == {"Fn::GetAtt": ["WorkLambdaFunction", "Arn"]}
    assert read.properties("ShippedDashorder")["StateMachineName"] == "shipped-order"
    assert read.messages == []


def test_pseudo_parameters_of_the_plugin_are_cloudformations(tmp_path: Path) -> None:
    text = f"""{HEAD}
plugins: [serverless-pseudo-parameters]
functions: {{work: {{handler: app.handler, environment: {{A: 'x-#{{AWS::Region}}', B: !Sub '#{{AWS::AccountId}}'}}}}}}
"""
    read = read_service_text(tmp_path, text)
    assert read.variables("Work") == {"A": {"Fn::Sub": "x-${AWS::Region}"}, "B": {"Fn::Sub": "${AWS::AccountId}"}}
