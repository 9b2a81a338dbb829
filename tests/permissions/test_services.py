"""The permissions that requests need: action and resource of each, as the Service Authorization Reference has them.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import botocore.session
import pytest

from homeport.permissions.services import SERVICES, needed_permissions
from homeport.permissions.services.place import ServicePlace
from homeport.permissions.services.sqs import queue_arn

PLACE = ServicePlace("eu-west-1", "123456789012", {"alias/orders": "arn:aws:kms:eu-west-1:123456789012:key/1234"})
HERE = "eu-west-1:123456789012"


def needs(service: str, operation: str, **parameters: Any) -> list[tuple[str, str]]:
    found = needed_permissions(service, operation, parameters, PLACE)
    assert found is not None
    return [(each.action, each.resource) for each in found]


def keys(service: str, operation: str, **parameters: Any) -> dict[str, list[str]]:
    found = needed_permissions(service, operation, parameters, PLACE)
    assert found
    return {name: list(values) for name, values in found[0].keys.items() if values}


OBJECT = {"Bucket": "b", "Key": "a/1.txt"}
AT = "arn:aws:s3:::b/a/1.txt"


@pytest.mark.parametrize(
    ("operation", "parameters", "wanted"),
    [
        ("GetObject", OBJECT, [("s3:GetObject", AT)]),
        ("HeadObject", OBJECT, [("s3:GetObject", AT)]),
        ("GetObject", {**OBJECT, "VersionId": "3"}, [("s3:GetObjectVersion", AT)]),
        ("GetObjectTagging", {**OBJECT, "VersionId": "3"}, [("s3:GetObjectVersionTagging", AT)]),
        ("DeleteObject", OBJECT, [("s3:DeleteObject", AT)]),
        ("DeleteObject", {**OBJECT, "VersionId": "3"}, [("s3:DeleteObjectVersion", AT)]),
        (
            "DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y", "VersionId": "1"}]}},
            [("s3:DeleteObject", "arn:aws:s3:::b/x"), ("s3:DeleteObjectVersion", "arn:aws:s3:::b/y")],
        ),
        ("PutObject", OBJECT, [("s3:PutObject", AT)]),
        ("PutObject", {**OBJECT, "Tagging": "a=1"}, [("s3:PutObject", AT), ("s3:PutObjectTagging", AT)]),
        ("PutObject", {**OBJECT, "ACL": "public-read"}, [("s3:PutObject", AT), ("s3:PutObjectAcl", AT)]),
        ("CreateMultipartUpload", OBJECT, [("s3:PutObject", AT)]),
        ("UploadPart", OBJECT, [("s3:PutObject", AT)]),
        ("CompleteMultipartUpload", OBJECT, [("s3:PutObject", AT)]),
        ("AbortMultipartUpload", OBJECT, [("s3:AbortMultipartUpload", AT)]),
        ("ListParts", OBJECT, [("s3:ListMultipartUploadParts", AT)]),
        (
            "CopyObject",
            {**OBJECT, "CopySource": "c/d%20e.txt?versionId=7"},
            [("s3:PutObject", AT), ("s3:GetObjectVersion", "arn:aws:s3:::c/d e.txt")],
        ),
        (
            "CopyObject",
            {**OBJECT, "CopySource": {"Bucket": "c", "Key": "d"}},
            [("s3:PutObject", AT), ("s3:GetObject", "arn:aws:s3:::c/d")],
        ),
        ("ListObjectsV2", {"Bucket": "b", "Prefix": "a/"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("ListObjects", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
        ("ListObjectVersions", {"Bucket": "b"}, [("s3:ListBucketVersions", "arn:aws:s3:::b")]),
        ("ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("GetBucketLocation", {"Bucket": "b"}, [("s3:GetBucketLocation", "arn:aws:s3:::b")]),
        ("GetBucketEncryption", {"Bucket": "b"}, [("s3:GetEncryptionConfiguration", "arn:aws:s3:::b")]),
        ("PutBucketCors", {"Bucket": "b"}, [("s3:PutBucketCORS", "arn:aws:s3:::b")]),
        ("DeleteBucketTagging", {"Bucket": "b"}, [("s3:PutBucketTagging", "arn:aws:s3:::b")]),
    ],
)
def test_s3_names_its_actions_otherwise_than_its_operations(
    operation: str, parameters: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    assert needs("s3", operation, **parameters) == wanted


def test_keys_of_s3_tell_prefix_and_tags() -> None:
    found = keys("s3", "ListObjectsV2", Bucket="b", Prefix="home/ann/", Delimiter="/", MaxKeys=10)
    assert found["s3:prefix"] == ["home/ann/"]
    assert found["s3:delimiter"] == ["/"]
    assert found["s3:max-keys"] == ["10"]
    found = keys("s3", "PutObject", **OBJECT, Tagging="team=blue&Stage=dev", ServerSideEncryption="aws:kms")
    assert found["s3:requestobjecttag/team"] == ["blue"]
    assert sorted(found["s3:requestobjecttagkeys"]) == ["Stage", "team"]
    assert found["s3:x-amz-server-side-encryption"] == ["aws:kms"]


QUEUE = f"arn:aws:sqs:{HERE}:orders"
TOPIC = f"arn:aws:sns:{HERE}:orders"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:orders"
KEY = f"arn:aws:kms:{HERE}:key/1234"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:db/main"
FUNCTION = f"arn:aws:lambda:{HERE}:function:send"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "wanted"),
    [
        ("sqs", "SendMessage", {"QueueUrl": "http://localhost:4566/123456789012/orders"}, [("sqs:SendMessage", QUEUE)]),
        ("sqs", "SendMessageBatch", {"QueueUrl": "orders"}, [("sqs:SendMessage", QUEUE)]),
        ("sqs", "DeleteMessageBatch", {"QueueUrl": "orders"}, [("sqs:DeleteMessage", QUEUE)]),
        ("sqs", "ChangeMessageVisibilityBatch", {"QueueUrl": "orders"}, [("sqs:ChangeMessageVisibility", QUEUE)]),
        ("sqs", "GetQueueUrl", {"QueueName": "orders"}, [("sqs:GetQueueUrl", QUEUE)]),
        ("sqs", "ListQueues", {}, [("sqs:ListQueues", "*")]),
        ("sns", "Publish", {"TopicArn": TOPIC}, [("sns:Publish", TOPIC)]),
        ("sns", "PublishBatch", {"TopicArn": TOPIC}, [("sns:Publish", TOPIC)]),
        ("sns", "Publish", {"TargetArn": TOPIC}, [("sns:Publish", TOPIC)]),
        ("sns", "Publish", {"PhoneNumber": "+4912345"}, [("sns:Publish", "*")]),
        ("sns", "CreateTopic", {"Name": "orders"}, [("sns:CreateTopic", TOPIC)]),
        ("sns", "ListTopics", {}, [("sns:ListTopics", "*")]),
        (
            "events",
            "PutEvents",
            {"Entries": [{"Source": "a"}, {"Source": "b", "EventBusName": "own"}]},
            [
                ("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default"),
                ("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/own"),
            ],
        ),
        ("events", "PutRule", {"Name": "nightly"}, [("events:PutRule", f"arn:aws:events:{HERE}:rule/nightly")]),
        (
            "events",
            "PutTargets",
            {"Rule": "r", "EventBusName": "own"},
            [("events:PutTargets", f"arn:aws:events:{HERE}:rule/own/r")],
        ),
        ("ssm", "GetParameter", {"Name": "/app/key"}, [("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/app/key")]),
        ("ssm", "GetParameter", {"Name": "key:3"}, [("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/key")]),
        (
            "ssm",
            "GetParameters",
            {"Names": ["/a", "b"]},
            [
                ("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/a"),
                ("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/b"),
            ],
        ),
        (
            "ssm",
            "GetParametersByPath",
            {"Path": "/app"},
            [("ssm:GetParametersByPath", f"arn:aws:ssm:{HERE}:parameter/app")],
        ),
        ("ssm", "DescribeParameters", {}, [("ssm:DescribeParameters", f"arn:aws:ssm:{HERE}:*")]),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": "db/main"},
            [("secretsmanager:GetSecretValue", f"{SECRET}-??????")],
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": f"{SECRET}-aB3dEf"},
            [("secretsmanager:GetSecretValue", f"{SECRET}-aB3dEf")],
        ),
        ("secretsmanager", "ListSecrets", {}, [("secretsmanager:ListSecrets", "*")]),
        (
            "secretsmanager",
            "BatchGetSecretValue",
            {"SecretIdList": ["db/main"]},
            [("secretsmanager:BatchGetSecretValue", "*"), ("secretsmanager:GetSecretValue", f"{SECRET}-??????")],
        ),
        ("stepfunctions", "StartExecution", {"stateMachineArn": MACHINE}, [("states:StartExecution", MACHINE)]),
        (
            "stepfunctions",
            "StartSyncExecution",
            {"stateMachineArn": f"{MACHINE}:2"},
            [("states:StartSyncExecution", MACHINE)],
        ),
        ("stepfunctions", "SendTaskSuccess", {"taskToken": "t"}, [("states:SendTaskSuccess", "*")]),
        ("kinesis", "PutRecord", {"StreamName": "s"}, [("kinesis:PutRecord", f"arn:aws:kinesis:{HERE}:stream/s")]),
        ("kinesis", "ListStreams", {}, [("kinesis:ListStreams", "*")]),
        ("kinesis", "GetRecords", {"ShardIterator": "x"}, [("kinesis:GetRecords", f"arn:aws:kinesis:{HERE}:stream/*")]),
        (
            "ses",
            "SendEmail",
            {"Source": "Shop <shop@example.com>", "Destination": {"ToAddresses": ["a@example.org"]}},
            [("ses:SendEmail", f"arn:aws:ses:{HERE}:identity/shop@example.com")],
        ),
        (
            "ses",
            "SendTemplatedEmail",
            {"Source": "shop@example.com", "Template": "hi"},
            [
                ("ses:SendTemplatedEmail", f"arn:aws:ses:{HERE}:identity/shop@example.com"),
                ("ses:SendTemplatedEmail", f"arn:aws:ses:{HERE}:template/hi"),
            ],
        ),
        (
            "sesv2",
            "SendEmail",
            {"Content": {"Raw": {"Data": b"From: a@example.com\nTo: b@example.com\n\nhi"}}},
            [("ses:SendRawEmail", f"arn:aws:ses:{HERE}:identity/a@example.com")],
        ),
        ("cognito-idp", "InitiateAuth", {"ClientId": "c"}, []),
        ("cognito-idp", "SignUp", {"ClientId": "c"}, []),
        (
            "cognito-idp",
            "AdminCreateUser",
            {"UserPoolId": "eu-west-1_a"},
            [("cognito-idp:AdminCreateUser", f"arn:aws:cognito-idp:{HERE}:userpool/eu-west-1_a")],
        ),
        ("kms", "Encrypt", {"KeyId": "1234"}, [("kms:Encrypt", KEY)]),
        ("kms", "Encrypt", {"KeyId": "alias/orders"}, [("kms:Encrypt", KEY)]),
        ("kms", "Encrypt", {"KeyId": "alias/other"}, [("kms:Encrypt", f"arn:aws:kms:{HERE}:key/*")]),
        ("kms", "Decrypt", {"CiphertextBlob": b"x"}, [("kms:Decrypt", f"arn:aws:kms:{HERE}:key/*")]),
        ("kms", "GenerateRandom", {}, [("kms:GenerateRandom", "*")]),
        (
            "kms",
            "ReEncrypt",
            {"SourceKeyId": "1234", "DestinationKeyId": "5678"},
            [("kms:ReEncryptFrom", KEY), ("kms:ReEncryptTo", f"arn:aws:kms:{HERE}:key/5678")],
        ),
        ("sts", "GetCallerIdentity", {}, []),
        (
            "sts",
            "AssumeRole",
            {"RoleArn": "arn:aws:iam::1:role/r", "Tags": [{"Key": "team", "Value": "a"}]},
            [("sts:AssumeRole", "arn:aws:iam::1:role/r"), ("sts:TagSession", "arn:aws:iam::1:role/r")],
        ),
        ("cloudwatch", "PutMetricData", {"Namespace": "Shop"}, [("cloudwatch:PutMetricData", "*")]),
        (
            "cloudwatch",
            "PutMetricAlarm",
            {"AlarmName": "late"},
            [("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{HERE}:alarm:late")],
        ),
        ("lambda", "Invoke", {"FunctionName": "send"}, [("lambda:InvokeFunction", FUNCTION)]),
        ("lambda", "Invoke", {"FunctionName": "send:live"}, [("lambda:InvokeFunction", f"{FUNCTION}:live")]),
        (
            "lambda",
            "Invoke",
            {"FunctionName": FUNCTION, "Qualifier": "3"},
            [("lambda:InvokeFunction", f"{FUNCTION}:3")],
        ),
        ("lambda", "Invoke", {"FunctionName": "123456789012:function:send"}, [("lambda:InvokeFunction", FUNCTION)]),
        ("lambda", "ListFunctions", {}, [("lambda:ListFunctions", "*")]),
    ],
)
def test_request_needs_an_action_on_a_resource(
    service: str, operation: str, parameters: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    assert needs(service, operation, **parameters) == wanted


@pytest.mark.parametrize(
    ("url", "arn"),
    [
        ("https://sqs.us-east-2.amazonaws.com/123456789012/q", "arn:aws:sqs:us-east-2:123456789012:q"),
        ("https://us-west-1.queue.amazonaws.com/123456789012/q", "arn:aws:sqs:us-west-1:123456789012:q"),
        (
            "http://sqs.eu-west-1.localhost.localstack.cloud:4566/000000000000/q.fifo",
            "arn:aws:sqs:eu-west-1:000000000000:q.fifo",
        ),
        ("http://127.0.0.1:4566/queue/eu-west-1/123456789012/q", f"arn:aws:sqs:{HERE}:q"),
        ("q", f"arn:aws:sqs:{HERE}:q"),
    ],
)
def test_url_of_a_queue_tells_its_arn(url: str, arn: str) -> None:
    assert queue_arn(url, PLACE) == arn


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "name", "values"),
    [
        (
            "ses",
            "SendEmail",
            {"Source": "A <a@b.c>", "Destination": {"CcAddresses": ["x@y.z"]}},
            "ses:recipients",
            ["x@y.z"],
        ),
        ("ses", "SendEmail", {"Source": "A <a@b.c>"}, "ses:fromdisplayname", ["A"]),
        ("events", "PutEvents", {"Entries": [{"Source": "shop", "DetailType": "t"}]}, "events:detail-type", ["t"]),
        ("ssm", "GetParametersByPath", {"Path": "/a", "Recursive": True}, "ssm:recursive", ["true"]),
        ("ssm", "PutParameter", {"Name": "a"}, "ssm:overwrite", ["false"]),
        ("kms", "Decrypt", {"KeyId": "1", "EncryptionContext": {"Team": "a"}}, "kms:encryptioncontext:team", ["a"]),
        ("kms", "Encrypt", {"KeyId": "alias/orders"}, "kms:requestalias", ["alias/orders"]),
        ("sts", "AssumeRole", {"RoleArn": "r", "ExternalId": "7"}, "sts:externalid", ["7"]),
        ("cloudwatch", "PutMetricData", {"Namespace": "Shop"}, "cloudwatch:namespace", ["Shop"]),
        ("sns", "Subscribe", {"TopicArn": "t", "Protocol": "https"}, "sns:protocol", ["https"]),
        (
            "stepfunctions",
            "StartExecution",
            {"stateMachineArn": f"{MACHINE}:live"},
            "states:statemachinequalifier",
            ["live"],
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": "s", "VersionStage": "AWSCURRENT"},
            "secretsmanager:versionstage",
            ["AWSCURRENT"],
        ),
    ],
)
def test_condition_keys_of_a_service_are_the_requests(
    service: str, operation: str, parameters: dict[str, Any], name: str, values: list[str]
) -> None:
    assert keys(service, operation, **parameters)[name] == values


def test_service_that_is_not_known_is_told_from_a_request_that_needs_nothing() -> None:
    assert needed_permissions("rekognition", "DetectFaces", {}, PLACE) is None
    assert needed_permissions("sts", "GetCallerIdentity", {}, PLACE) == []


# Actions that are newer than the table of cfn-lint, or that it lacks.
NEWER = re.compile(
    r"cloudwatch:.*(DatasetKmsKey|MetricDataQueryDefinitions?|DescribeAlarmContributors)|cognito-idp:.*"
    r"(Session|Sessions|SessionConfiguration|Token|TermsByClient)|kinesis:.*Queue.*|kms:(De|En)capsulate|lambda:.*"
    r"(DurableExecution|GetLayerVersionByArn)|s3:(.*BucketMetadataConfiguration|RenameObject)|s3express:.*|"
    r"s3-object-lambda:.*|secretsmanager:.*(CrossAccountReplica|ListResourcePolicies)|ssm:.*DefaultHostManagement.*"
)


@cache
def actions_of(prefix: str) -> dict[str, Any]:
    """Return what the Service Authorization Reference says of a prefix, as cfn-lint has it."""
    with as_file(files("cfnlint.data.AdditionalSpecs") / "Policies.json") as file:
        found: dict[str, Any] = json.loads(file.read_text()).get(prefix, {}).get("Actions", {})
    return found


def sample(name: str, shape: Any) -> Any:
    return {"list": [], "map": {}, "structure": {}, "integer": 1, "boolean": True, "blob": b"x"}.get(
        shape.type_name, "arn:aws:x:::y" if name.lower().endswith(("arn", "resource")) else "x"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_asks_for_actions_that_iam_has_on_resources_that_are_arns(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        given = {name: sample(name, member) for name, member in shape.members.items()} if shape is not None else {}
        for parameters in ({}, given):
            found = needed_permissions(service, operation, parameters, PLACE)
            assert found is not None
            for permission in found:
                prefix, _, action = permission.action.partition(":")
                known = actions_of(prefix).get(action.lower())
                assert known is not None or NEWER.fullmatch(permission.action), permission
                assert permission.resource == "*" or permission.resource.startswith("arn:aws:"), permission
