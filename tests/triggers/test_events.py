"""The events of each source, held against the samples of AWS's documentation.

The samples' values are put in the way the service hands them over, and the whole event is compared.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from homeport.project.triggers.trigger import RuleTarget
from homeport.triggers.events.cognito import TRIGGER_SOURCES, PoolUser, cognito_event
from homeport.triggers.events.dynamodb import dynamodb_event
from homeport.triggers.events.eventbridge import (
    EventOrigin,
    apply_input,
    bus_event,
    find_path,
    scheduled_rule_event,
    scheduler_event,
)
from homeport.triggers.events.kinesis import kinesis_record
from homeport.triggers.events.s3 import S3Change, is_test_event, s3_event
from homeport.triggers.events.sns import sns_event
from homeport.triggers.events.sqs import sqs_event

QUEUE = "arn:aws:sqs:us-east-2:123456789012:my-queue"
STREAM = "arn:aws:dynamodb:us-east-2:123456789012:table/my-table/stream/2024-06-10T19:26:16.525"
TOPIC = "arn:aws:sns:us-east-1:123456789012:sns-lambda"


def test_queue_event_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
    message = {
        "MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "ReceiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "Body": "Test message.",
        "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "Attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "MessageAttributes": {
            "myAttribute": {"StringValue": "myValue", "DataType": "String"},
            "raw": {"BinaryValue": "AAE=", "DataType": "Binary"},
        },
    }
    assert sqs_event([message], QUEUE) == {
        "Records": [
            {
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
                "body": "Test message.",
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1545082649183",
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": "1545082649185",
                },
                "messageAttributes": {
                    "myAttribute": {
                        "stringValue": "myValue",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "String",
                    },
                    "raw": {
                        "binaryValue": "AAE=",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "Binary",
                    },
                },
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE,
                "awsRegion": "us-east-2",
            }
        ]
    }


def test_queue_event_keeps_the_attributes_of_a_fifo_queue() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#sample-fifo-queues-message-event
    attributes = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": "1573251510774",
        "SequenceNumber": "18849496460467696128",
        "MessageGroupId": "1",
        "SenderId": "AIDAIO23YVJENQZJOL4VO",
        "MessageDeduplicationId": "1",
        "ApproximateFirstReceiveTimestamp": "1573251510774",
    }
    message = {
        "MessageId": "11d6ee51-4cc7-4302-9e22-7cd8afdaadf5",
        "ReceiptHandle": "AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw...",
        "Body": "Test message.",
        "MD5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "MD5OfMessageAttributes": "582c92c5c5b6ac403040a4f3ab3115c9",
        "Attributes": attributes,
    }
    (record,) = sqs_event([message], "arn:aws:sqs:us-east-2:123456789012:fifo.fifo")["Records"]
    assert record["attributes"] == attributes
    assert record["messageAttributes"] == {}
    assert record["md5OfMessageAttributes"] == "582c92c5c5b6ac403040a4f3ab3115c9"


def test_topic_event_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html#sns-sample-event
    notification = {
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": TOPIC,
        "Subject": "TestInvoke",
        "Message": "Hello from SNS!",
        "Timestamp": "2019-01-02T12:45:07.000Z",
        "SignatureVersion": "1",
        "Signature": "tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j...65r==",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        "MessageAttributes": {
            "Test": {"Type": "String", "Value": "TestString"},
            "TestBinary": {"Type": "Binary", "Value": "TestBinary"},
        },
    }
    subscription = f"{TOPIC}:21be56ed-a058-49f5-8c98-aedd2564c486"
    assert sns_event(notification, subscription) == {
        "Records": [
            {
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription,
                "EventSource": "aws:sns",
                "Sns": {
                    "SignatureVersion": "1",
                    "Timestamp": "2019-01-02T12:45:07.000Z",
                    "Signature": "tcc6faL2yUC6dgZdmrwh1Y4cGa/ebXEkAi6RibDsvpi+tE/1+82j...65r==",
                    "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-ac565b8b1a6c5d002d285f9598aa1d9b.pem",
                    "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
                    "Message": "Hello from SNS!",
                    "MessageAttributes": {
                        "Test": {"Type": "String", "Value": "TestString"},
                        "TestBinary": {"Type": "Binary", "Value": "TestBinary"},
                    },
                    "Type": "Notification",
                    "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
                    "TopicArn": TOPIC,
                    "Subject": "TestInvoke",
                },
            }
        ]
    }


def test_topic_event_without_a_subject_has_null() -> None:
    notification = {"MessageId": "1", "TopicArn": TOPIC, "Message": "x", "Timestamp": "2019-01-02T12:45:07.000Z"}
    (record,) = sns_event(notification, TOPIC)["Records"]
    assert record["Sns"]["Subject"] is None
    assert record["Sns"]["MessageAttributes"] == {}


def test_bucket_event_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
    change = S3Change(
        event="ObjectCreated:Put",
        bucket="amzn-s3-demo-bucket",
        key="b21b84d653bb07b05b1e6b33684dc11b",
        region="us-east-2",
        time=datetime(2019, 9, 3, 19, 37, 27, 192_000, UTC),
        configuration="828aa6fc-f7b5-4305-8584-487c791949c1",
        size=1305107,
        etag="b21b84d653bb07b05b1e6b33684dc11b",
        sequencer="0C0F6F405D6ED209E1",
        request_id="D82B88E5F771F645",
        extended_id="vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=",
        source_ip="205.255.255.255",
        principal="AWS:AIDAINPONIXQXHT3IKHL2",
    )
    assert s3_event(change) == {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-east-2",
                "eventTime": "2019-09-03T19:37:27.192Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDAINPONIXQXHT3IKHL2"},
                "requestParameters": {"sourceIPAddress": "205.255.255.255"},
                "responseElements": {
                    "x-amz-request-id": "D82B88E5F771F645",
                    "x-amz-id-2": "vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=",
                },
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "828aa6fc-f7b5-4305-8584-487c791949c1",
                    "bucket": {
                        "name": "amzn-s3-demo-bucket",
                        "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                        "arn": "arn:aws:s3:::amzn-s3-demo-bucket",
                    },
                    "object": {
                        "key": "b21b84d653bb07b05b1e6b33684dc11b",
                        "size": 1305107,
                        "eTag": "b21b84d653bb07b05b1e6b33684dc11b",
                        "sequencer": "0C0F6F405D6ED209E1",
                    },
                },
            }
        ]
    }


def test_bucket_event_encodes_the_key_and_leaves_out_what_a_removal_lacks() -> None:
    change = S3Change(
        "ObjectRemoved:Delete", "b", "red flower ü+1.jpg", "eu-west-1", datetime(2026, 1, 1, tzinfo=UTC), "c"
    )
    (record,) = s3_event(change)["Records"]
    assert record["s3"]["object"] == {"key": "red+flower+%C3%BC%2B1.jpg", "sequencer": "0055AED6DCD90281E5"}


def test_first_message_of_a_notification_is_known() -> None:
    assert is_test_event({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})
    assert not is_test_event({"Records": []})


def test_table_event_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    record = {
        "eventID": "1",
        "eventName": "INSERT",
        "eventVersion": "1.0",
        "awsRegion": "us-east-2",
        "dynamodb": {
            "ApproximateCreationDateTime": 1718047576.4,
            "Keys": {"Id": {"N": "101"}},
            "NewImage": {"Message": {"S": "New item!"}, "Id": {"N": "101"}},
            "SequenceNumber": "111",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    expiry = {
        **record,
        "eventID": "2",
        "eventName": "REMOVE",
        "userIdentity": {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
    }
    first, second = dynamodb_event([record, expiry], STREAM)["Records"]
    assert first == {
        "eventID": "1",
        "eventVersion": "1.0",
        "dynamodb": {
            "ApproximateCreationDateTime": 1718047576,
            "Keys": {"Id": {"N": "101"}},
            "NewImage": {"Message": {"S": "New item!"}, "Id": {"N": "101"}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
            "SequenceNumber": "111",
            "SizeBytes": 26,
        },
        "awsRegion": "us-east-2",
        "eventName": "INSERT",
        "eventSourceARN": STREAM,
        "eventSource": "aws:dynamodb",
    }
    assert second["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_kinesis_record_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    record = {
        "PartitionKey": "1",
        "SequenceNumber": "49590338271490256608559692538361571095921575989136588898",
        "Data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
        "ApproximateArrivalTimestamp": 1545084650.987,
    }
    role, arn = (
        "arn:aws:iam::123456789012:role/lambda-role",
        "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
    )
    assert kinesis_record(record, "shardId-000000000006", arn, role) == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
            "approximateArrivalTimestamp": 1545084650.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role,
        "awsRegion": "us-east-2",
        "eventSourceARN": arn,
    }


ORIGIN = EventOrigin(
    "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "123456789012", "us-east-1", datetime(2015, 10, 8, 16, 53, 6, tzinfo=UTC)
)


def test_scheduled_event_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchevents.html
    rule = "arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"
    assert scheduled_rule_event(rule, ORIGIN) == {
        "version": "0",
        "account": "123456789012",
        "region": "us-east-1",
        "detail": {},
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2015-10-08T16:53:06Z",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "resources": [rule],
    }


def test_event_of_a_bus_is_that_of_the_sample() -> None:
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
    instance = "arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"
    made = EventOrigin(
        "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "111122223333",
        "us-west-1",
        datetime(2017, 12, 22, 18, 43, 48, tzinfo=UTC),
    )
    detail = {"instance-id": "i-1234567890abcdef0", "state": "terminated"}
    event = bus_event("aws.ec2", "EC2 Instance State-change Notification", detail, made, (instance,))
    assert json.dumps(event) == json.dumps(
        {
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": "EC2 Instance State-change Notification",
            "source": "aws.ec2",
            "account": "111122223333",
            "time": "2017-12-22T18:43:48Z",
            "region": "us-west-1",
            "resources": [instance],
            "detail": detail,
        }
    )


def test_event_of_the_scheduler_has_its_detail_as_text() -> None:
    schedule = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly"
    event = scheduler_event(schedule, ORIGIN)
    assert (event["source"], event["detail"], event["resources"]) == ("aws.scheduler", "{}", [schedule])


EC2 = bus_event(
    "aws.ec2",
    "EC2 Instance State-change Notification",
    {"instance-id": "i-0123456789", "state": "RUNNING", "tags": ["a", "b"]},
    ORIGIN,
    ("arn:aws:ec2:us-east-1:123456789012:instance/ i-0123456789",),
)


# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (RuleTarget(), EC2),
        (RuleTarget(fixed='{"kind": "nightly"}'), {"kind": "nightly"}),
        (RuleTarget(path="$.detail"), EC2["detail"]),
        (RuleTarget(path="$.detail.tags[1]"), "b"),
        (RuleTarget(path="$['detail-type']"), "EC2 Instance State-change Notification"),
        (RuleTarget(path="$.nowhere"), None),
        (
            RuleTarget(
                template='"instance <instance> is in <state>"',
                paths={"instance": "$.detail.instance-id", "state": "$.detail.state"},
            ),
            "instance i-0123456789 is in RUNNING",
        ),
        (
            RuleTarget(
                template='{"instance": <instance>, "state": "<state>", "all": <detail>, "text": "tags <tags>"}',
                paths={
                    "instance": "$.detail.instance-id",
                    "state": "$.detail.state",
                    "detail": "$.detail",
                    "tags": "$.detail.tags",
                },
            ),
            {"instance": "i-0123456789", "state": "RUNNING", "all": EC2["detail"], "text": 'tags ["a","b"]'},
        ),
        (
            RuleTarget(template='{"rule": <aws.events.rule-name>, "at": <aws.events.event.ingestion-time>}'),
            {"rule": "state-changes", "at": "2015-10-08T16:53:07.000Z"},
        ),
        (RuleTarget(template='{"event": <aws.events.event.json>}'), {"event": EC2}),
        (RuleTarget(template='"<absent>"', paths={"absent": "$.detail.nowhere"}), ""),
        (RuleTarget(template="plain <unknown>"), "plain <unknown>"),
    ],
)
def test_target_gets_the_input_that_it_asks_for(target: RuleTarget, expected: Any) -> None:
    rule = "arn:aws:events:us-east-1:123456789012:rule/state-changes"
    assert apply_input(EC2, target, rule, datetime(2015, 10, 8, 16, 53, 7, tzinfo=UTC)) == expected


def test_template_escapes_what_it_puts_into_a_string() -> None:
    event = {"detail": {"name": 'a "quoted" \\ name'}}
    found = apply_input(event, RuleTarget(template='{"n": "<n>!"}', paths={"n": "$.detail.name"}))
    assert found == {"n": 'a "quoted" \\ name!'}


def test_path_of_an_unknown_form_finds_nothing() -> None:
    assert find_path({"a": [1]}, "$.a[*]") is None


USER = PoolUser(
    "us-east-1_AbCdEfGhI", "us-east-1", "3n4b5urk1ft4fl3mg5e62d9ado", "ana", {"sub": "1", "email": "a@example.com"}
)


@pytest.mark.parametrize("trigger", TRIGGER_SOURCES)
def test_event_of_a_pool_has_the_common_members(trigger: str) -> None:
    # https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
    event = cognito_event(trigger, USER)
    assert list(event) == [
        *("version", "region", "userPoolId", "userName", "callerContext", "triggerSource", "request", "response"),
    ]
    assert event["callerContext"] == {
        "awsSdkVersion": "aws-sdk-unknown-unknown",
        "clientId": "3n4b5urk1ft4fl3mg5e62d9ado",
    }
    source = "TokenGeneration" if trigger == "PreTokenGeneration" else trigger
    assert event["triggerSource"].partition("_")[0] == source
    assert json.loads(json.dumps(event)) == event


@pytest.mark.parametrize(
    ("trigger", "request_keys", "response_keys"),
    [
        ("PreSignUp", {"userAttributes", "validationData"}, {"autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"}),
        ("PostConfirmation", {"userAttributes"}, set()),
        ("PreAuthentication", {"userAttributes", "validationData", "userNotFound"}, set()),
        ("PostAuthentication", {"userAttributes", "newDeviceUsed"}, set()),
        ("PreTokenGeneration", {"userAttributes", "groupConfiguration"}, {"claimsOverrideDetails"}),
        (
            "CustomMessage",
            {"userAttributes", "codeParameter", "linkParameter", "usernameParameter"},
            {"smsMessage", "emailMessage", "emailSubject"},
        ),
        (
            "UserMigration",
            {"password", "validationData", "userNotFound"},
            {"userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums", "forceAliasCreation"},
        ),
        (
            "DefineAuthChallenge",
            {"userAttributes", "session", "userNotFound"},
            {"challengeName", "issueTokens", "failAuthentication"},
        ),
        (
            "CreateAuthChallenge",
            {"userAttributes", "challengeName", "session", "userNotFound"},
            {"publicChallengeParameters", "privateChallengeParameters", "challengeMetadata"},
        ),
        (
            "VerifyAuthChallengeResponse",
            {"userAttributes", "privateChallengeParameters", "challengeAnswer", "userNotFound"},
            {"answerCorrect"},
        ),
    ],
)
def test_event_of_a_pool_has_the_members_of_its_trigger(
    trigger: str, request_keys: set[str], response_keys: set[str]
) -> None:
    event = cognito_event(trigger, USER)
    assert (set(event["request"]), set(event["response"])) == (request_keys, response_keys)
