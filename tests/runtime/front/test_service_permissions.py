"""Calls to other services than DynamoDB are allowed or denied by the role, alike in Python's hook and in the front."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tests.runtime.front.conftest import Caller, MakeCaller
from tests.support.backend import Backend, running_backend
from tests.support.endpoint import Endpoint

HERE = "eu-west-1:000000000000"
ROLE = "arn:aws:sts::000000000000:assumed-role/items-local-probe-role/items-local-probe"
QUEUE_URL = "http://sqs.eu-west-1.localhost/000000000000/orders"
EMAIL = {
    "Source": "shop@example.com",
    "Destination": {"ToAddresses": ["a@example.org"]},
    "Message": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
}
# A service, an operation with its parameters, the permission that it needs, and the error's code and status.
CALLS: dict[str, tuple[str, str, dict[str, Any], str, str, str, int]] = {
    "sqs": (
        *("sqs", "send_message", {"QueueUrl": QUEUE_URL, "MessageBody": "m"}),
        *("sqs:SendMessage", f"arn:aws:sqs:{HERE}:orders", "AccessDenied", 400),
    ),
    "sns": (
        *("sns", "publish", {"TopicArn": f"arn:aws:sns:{HERE}:t", "Message": "m"}),
        *("sns:Publish", f"arn:aws:sns:{HERE}:t", "AuthorizationError", 403),
    ),
    "events": (
        *("events", "put_events", {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}]}),
        *("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default", "AccessDeniedException", 400),
    ),
    "ssm": (
        *("ssm", "get_parameter", {"Name": "/app/mode"}),
        *("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/app/mode", "AccessDeniedException", 400),
    ),
    "secretsmanager": (
        *("secretsmanager", "get_secret_value", {"SecretId": "db"}),
        *("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:db-??????"),
        *("AccessDeniedException", 400),
    ),
    "stepfunctions": (
        *("stepfunctions", "start_execution", {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m"}),
        *("states:StartExecution", f"arn:aws:states:{HERE}:stateMachine:m", "AccessDeniedException", 400),
    ),
    "kinesis": (
        *("kinesis", "put_record", {"StreamName": "s", "Data": b"d", "PartitionKey": "k"}),
        *("kinesis:PutRecord", f"arn:aws:kinesis:{HERE}:stream/s", "AccessDeniedException", 400),
    ),
    "ses": (
        *("ses", "send_email", EMAIL),
        *("ses:SendEmail", f"arn:aws:ses:{HERE}:identity/shop@example.com", "AccessDenied", 403),
    ),
    "cognito": (
        *("cognito-idp", "admin_get_user", {"UserPoolId": "eu-west-1_a", "Username": "u"}),
        *("cognito-idp:AdminGetUser", f"arn:aws:cognito-idp:{HERE}:userpool/eu-west-1_a", "AccessDeniedException", 400),
    ),
    "kms": (
        *("kms", "encrypt", {"KeyId": "1234", "Plaintext": b"p"}),
        *("kms:Encrypt", f"arn:aws:kms:{HERE}:key/1234", "AccessDeniedException", 400),
    ),
    "sts": (
        *("sts", "assume_role", {"RoleArn": "arn:aws:iam::000000000000:role/other", "RoleSessionName": "session"}),
        *("sts:AssumeRole", "arn:aws:iam::000000000000:role/other", "AccessDenied", 403),
    ),
    "s3": (
        *("s3", "get_object", {"Bucket": "uploads", "Key": "a/b c.png"}),
        *("s3:GetObject", "arn:aws:s3:::uploads/a/b c.png", "AccessDenied", 403),
    ),
    "s3 list": (
        *("s3", "list_objects_v2", {"Bucket": "uploads", "Prefix": "a/"}),
        *("s3:ListBucket", "arn:aws:s3:::uploads", "AccessDenied", 403),
    ),
    "lambda": (
        *("lambda", "invoke", {"FunctionName": "send", "Qualifier": "live"}),
        *("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:send:live", "AccessDeniedException", 403),
    ),
}


@pytest.fixture
def service() -> Iterator[Backend]:
    with running_backend() as backend:
        yield backend


def client(function: Caller, name: str, service: Backend, dynamodb: Endpoint) -> Any:
    """Return a client of a service: with the hook it sends to the service, else to the front."""
    hooked = function.options["endpoint_url"] == dynamodb.url
    where = {"endpoint_url": service.url} if hooked else {}
    # The URL of a queue is no place to send to.
    return function.client(name, **where, config={"s3": {"addressing_style": "path"}})


def make(caller: MakeCaller, service: Backend, *statements: dict[str, Any]) -> Caller:
    lists = [{**each, "Action": [each["Action"]], "Resource": [each["Resource"]]} for each in statements]
    return caller(policies=tuple(lists), aws_url=service.url, functions_url=service.url)


@pytest.mark.parametrize("name", CALLS)
def test_call_that_the_role_does_not_allow_is_denied_as_its_service_denies_it(
    name: str, caller: MakeCaller, service: Backend, dynamodb: Endpoint
) -> None:
    sdk, operation, parameters, action, resource, code, status = CALLS[name]
    function = make(caller, service, {"Effect": "Allow", "Action": f"{action}Other", "Resource": "*"})
    with pytest.raises(ClientError) as raised:
        getattr(client(function, sdk, service, dynamodb), operation)(**parameters)
    shown = f'"{resource}"' if sdk == "s3" else resource
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["Error"]["Message"] == (
        f"User: {ROLE} is not authorized to perform: {action} on resource: {shown} "
        f"because no identity-based policy allows the {action} action"
    )
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert function.calls.take_checks() == [(action, resource, False)]
    assert service.seen == []


@pytest.mark.parametrize("name", CALLS)
def test_call_that_the_role_allows_is_sent(name: str, caller: MakeCaller, service: Backend, dynamodb: Endpoint) -> None:
    sdk, operation, parameters, action, resource, _, _ = CALLS[name]
    function = make(caller, service, {"Effect": "Allow", "Action": action, "Resource": resource})
    # What stands for the service answers nothing that an SDK understands.
    with suppress(ClientError, ResponseParserError):
        getattr(client(function, sdk, service, dynamodb), operation)(**parameters)
    assert function.calls.take_checks() == [(action, resource, True)]
    assert len(service.seen) == 1


def test_deny_of_a_policy_comes_first(caller: MakeCaller, service: Backend, dynamodb: Endpoint) -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    function = make(caller, service, allow, {**allow, "Effect": "Deny", "Resource": "arn:aws:s3:::uploads/private/*"})
    s3 = client(function, "s3", service, dynamodb)
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        s3.put_object(Bucket="uploads", Key="private/a", Body=b"x")
    s3.put_object(Bucket="uploads", Key="public/a", Body=b"x")
    assert [each.path for each in service.seen] == ["/uploads/public/a"]


def test_tags_of_an_object_need_a_permission_of_their_own(
    caller: MakeCaller, service: Backend, dynamodb: Endpoint
) -> None:
    function = make(caller, service, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"})
    with pytest.raises(ClientError, match="s3:PutObjectTagging"):
        client(function, "s3", service, dynamodb).put_object(Bucket="b", Key="k", Body=b"x", Tagging="a=1")
    checks = function.calls.take_checks()
    assert checks == [("s3:PutObject", "arn:aws:s3:::b/k", True), ("s3:PutObjectTagging", "arn:aws:s3:::b/k", False)]


def test_caller_may_ask_who_it_is_without_a_permission(
    caller: MakeCaller, service: Backend, dynamodb: Endpoint
) -> None:
    function = make(caller, service)
    with suppress(ClientError, ResponseParserError):
        client(function, "sts", service, dynamodb).get_caller_identity()
    assert (function.calls.take_checks(), len(service.seen)) == ([], 1)


def test_name_of_a_secret_stands_for_the_arn_that_it_has_here(
    caller: MakeCaller, service: Backend, dynamodb: Endpoint
) -> None:
    arn = f"arn:aws:secretsmanager:{HERE}:secret:db-a1B2c3"
    policy = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [arn]}
    function = caller(policies=(policy,), aws_url=service.url, arns={"db": arn})
    with suppress(ClientError, ResponseParserError):
        client(function, "secretsmanager", service, dynamodb).get_secret_value(SecretId="db")
    assert function.calls.take_checks() == [("secretsmanager:GetSecretValue", arn, True)]
