"""A worker's calls to AWS: the permissions of its role are enforced, and no call leaves this machine."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from homeport.runtime.api import PermissionCheck
from tests.support.endpoint import Endpoint
from tests.support.runtime import Deploy, Deployed

pytestmark = pytest.mark.stack

ITEMS = "arn:aws:dynamodb:eu-west-1:000000000000:table/items-local-ItemsTable"
CODE = """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    client = boto3.client("dynamodb")

    def handler(event, context):
        try:
            getattr(client, event["call"])(**event["arguments"])
        except ClientError as exc:
            return exc.response["Error"]
        return "done"
"""
GET = {"call": "get_item", "arguments": {"TableName": "items-local-ItemsTable", "Key": {"id": {"S": "1"}}}}
PUT = {"call": "put_item", "arguments": {"TableName": "items-local-ItemsTable", "Item": {"id": {"S": "1"}}}}


@pytest.fixture
def caller(deploy: Deploy, dynamodb: Endpoint) -> Callable[..., Deployed]:
    def make(code: str = CODE, **changes: object) -> Deployed:
        environment = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url}
        return deploy(code, permissions={ITEMS: ["GetItem"]}, environment=environment, **changes)

    return make


def test_a_call_that_the_role_allows_reaches_dynamodb(caller: Callable[..., Deployed], dynamodb: Endpoint) -> None:
    invocation = caller().invoke(GET)
    assert invocation.payload == b'"done"'
    assert invocation.permission_checks == (PermissionCheck("dynamodb:GetItem", ITEMS, True),)
    assert dynamodb.operations == ["GetItem"]


def test_a_call_that_the_role_does_not_allow_is_denied_as_on_aws_and_never_sent(
    caller: Callable[..., Deployed], dynamodb: Endpoint
) -> None:
    function = caller()
    invocation = function.invoke(PUT)
    role = "arn:aws:sts::000000000000:assumed-role/items-local-probe-role/items-local-probe"
    assert json.loads(invocation.payload) == {
        "Code": "AccessDeniedException",
        "Message": f"User: {role} is not authorized to perform: dynamodb:PutItem on resource: {ITEMS} "
        "because no identity-based policy allows the dynamodb:PutItem action",
    }
    assert invocation.permission_checks == (PermissionCheck("dynamodb:PutItem", ITEMS, False),)
    assert dynamodb.operations == []
    assert function.result(GET) == "done"


def test_each_invocation_has_its_own_permission_checks(caller: Callable[..., Deployed]) -> None:
    function = caller()
    assert [len(function.invoke(event).permission_checks) for event in (GET, GET, PUT)] == [1, 1, 1]


def test_a_resource_and_a_session_of_its_own_are_checked_too(caller: Callable[..., Deployed]) -> None:
    code = """
        import boto3
        from botocore.exceptions import ClientError
        def handler(event, context):
            table = boto3.session.Session().resource("dynamodb").Table("items-local-ItemsTable")
            table.get_item(Key={"id": "1"})
            try:
                table.put_item(Item={"id": "1"})
            except ClientError as exc:
                return [exc.response["Error"]["Code"], exc.response["ResponseMetadata"]["HTTPStatusCode"]]
    """
    assert caller(code).result() == ["AccessDeniedException", 400]


def test_another_service_of_aws_is_never_called(caller: Callable[..., Deployed]) -> None:
    code = """
        import boto3
        def handler(event, context):
            boto3.client("s3").list_buckets()
    """
    error = json.loads(caller(code).invoke().payload)
    assert error["errorType"] == "NotEmulatedError"
    assert error["errorMessage"].startswith(
        "homeport has no s3 and holds no AWS credentials: ListBuckets would go to https://s3.eu-west-1.amazonaws.com/"
    )


def test_a_service_at_a_local_endpoint_may_be_called(caller: Callable[..., Deployed], dynamodb: Endpoint) -> None:
    code = f"""
        import boto3
        def handler(event, context):
            return boto3.client("sns", endpoint_url={dynamodb.url!r}).meta.endpoint_url
    """
    assert caller(code).result() == dynamodb.url


def test_dynamodb_without_a_local_endpoint_is_not_called_either(deploy: Deploy) -> None:
    code = """
        import boto3, os
        os.environ.pop("AWS_ENDPOINT_URL_DYNAMODB")
        def handler(event, context):
            boto3.client("dynamodb").list_tables()
    """
    error = json.loads(deploy(code).invoke().payload)
    assert error["errorType"] == "NotEmulatedError"


def test_dynamodb_at_its_address_on_aws_is_the_local_one(caller: Callable[..., Deployed], dynamodb: Endpoint) -> None:
    """As from code that names AWS's endpoint, and from a boto3 that knows no AWS_ENDPOINT_URL (before 1.28)."""
    code = CODE.replace('"dynamodb"', '"dynamodb", endpoint_url="https://dynamodb.eu-west-1.amazonaws.com"')
    function = caller(code)
    assert [function.result(GET), function.result(PUT)["Code"]] == ["done", "AccessDeniedException"]
    assert dynamodb.operations == ["GetItem"]


TABLE = "items-local-ItemsTable"


def test_deny_and_condition_of_the_policies_hold_in_a_worker(deploy: Deploy, dynamodb: Endpoint) -> None:
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["1"]}}
    function = deploy(
        CODE,
        permissions={ITEMS: ["PutItem"]},
        policies=(
            {"Effect": "Deny", "Action": ["dynamodb:PutItem"], "Resource": [ITEMS]},
            {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": ["*"], "Condition": own},
        ),
        partition_keys={ITEMS: "id"},
        environment={"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url},
    )
    assert function.result(PUT)["Message"].endswith(
        f"dynamodb:PutItem on resource: {ITEMS} with an explicit deny in an identity-based policy"
    )
    assert function.result(GET) == "done"
    other = {"call": "get_item", "arguments": {"TableName": TABLE, "Key": {"id": {"S": "2"}}}}
    assert function.result(other)["Code"] == "AccessDeniedException"
    assert dynamodb.operations == ["GetItem"]


def test_stream_is_read_with_a_permission_alone(deploy: Deploy, dynamodb: Endpoint) -> None:
    code = CODE.replace('client("dynamodb")', f'client("dynamodbstreams", endpoint_url={dynamodb.url!r})')
    stream = f"{ITEMS}/stream/2026-03-01T00:00:00.000"
    describe = {"call": "describe_stream", "arguments": {"StreamArn": stream}}
    denied = deploy(code, permissions={ITEMS: ["GetItem"]}).result(describe)
    assert f"dynamodb:DescribeStream on resource: {stream} because" in denied["Message"]
    assert dynamodb.operations == []
    assert deploy(code, permissions={stream: ["DescribeStream"]}).result(describe) == "done"


def test_signed_url_and_form_count_as_what_they_permit(deploy: Deploy) -> None:
    code = """
        import boto3
        from botocore.config import Config
        def handler(event, context):
            for version in ("s3", "s3v4"):
                s3 = boto3.client("s3", config=Config(signature_version=version))
                s3.generate_presigned_url("put_object", {"Bucket": "b", "Key": "in/a"})
                s3.generate_presigned_url("get_object", {"Bucket": "b", "Key": "out/a"})
                s3.generate_presigned_post("b", "in/${filename}")
    """
    policies = ({"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/in/*"]},)
    invocation = deploy(code, policies=policies).invoke()
    assert invocation.error is None
    assert set(invocation.permission_checks) == {
        PermissionCheck("s3:PutObject", "arn:aws:s3:::b/in/a", True),
        PermissionCheck("s3:GetObject", "arn:aws:s3:::b/out/a", False),
        PermissionCheck("s3:PutObject", "arn:aws:s3:::b/in/*", True),
    }
