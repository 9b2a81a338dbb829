"""AWS's errors in words for the person who deploys."""

from __future__ import annotations

import pytest

from homeport.aws_errors import AwsErrorText, ServiceCall, explain_error, iam_actions
from homeport.cloud.deploy_target import url_at_endpoint
from homeport.cloud.errors import CloudError
from homeport.cloud.plan import check_concurrency, reserved_in

CALL = ServiceCall("cloudformation", "CreateChangeSet", "eu-west-1")


def explain(code: str, message: str = "", call: ServiceCall = CALL) -> AwsErrorText:
    return explain_error(call, {"Error": {"Code": code, "Message": message}})


def text_of(error: AwsErrorText) -> str:
    return str(CloudError(error.message, error.hint))


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("ExpiredToken", "The security token included in the request is expired", "session has expired (sign in again"),
        ("InvalidClientTokenId", "", "AWS does not know these credentials in eu-west-1"),
        ("RequestExpired", "", "set this machine's clock"),
        ("OptInRequired", "", "the region eu-west-1 is not enabled for this account"),
        ("PermanentRedirect", "", "another region than eu-west-1"),
        ("LimitExceededException", "Stack limit", "a quota of the account is used up: Stack limit"),
        ("Throttling", "Rate exceeded", "run the command again in a minute"),
        ("AlreadyExistsException", "items-dev", "the name is taken: items-dev (choose another stackName"),
        ("ValidationError", "template_body failed: length less than or equal to 51200", "template is larger than"),
        ("SomethingNew", "what it says", "cloudformation:CreateChangeSet failed: SomethingNew: what it says"),
    ],
)
def test_each_error_code_is_explained_in_words(code: str, message: str, words: str) -> None:
    assert words in text_of(explain(code, message))


def test_a_missing_permission_names_the_action_that_iam_named() -> None:
    message = "User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: x because"
    error = explain("AccessDenied", message)
    assert (error.action, "these credentials may not iam:PassRole" in text_of(error)) == ("iam:PassRole", True)


def test_a_missing_permission_names_the_action_where_aws_does_not() -> None:
    assert explain("403", "Forbidden", ServiceCall("s3", "HeadBucket", "eu-west-1")).action == "s3:ListBucket"
    assert iam_actions("s3", "DeleteObjects") == ("s3:DeleteObject", "s3:DeleteObjectVersion")


def test_a_resource_that_does_not_exist_is_marked_as_missing() -> None:
    assert explain("ValidationError", "Stack with id items-dev does not exist").is_missing
    assert explain("NoSuchKey").is_missing
    assert not explain("ValidationError", "no template").is_missing


class Account:
    """Answers with an account's limits."""

    def __init__(self, total: int, unreserved: int) -> None:
        self.limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}

    def call(self, service: str, operation: str) -> dict[str, object]:
        assert (service, operation) == ("lambda", "GetAccountSettings")
        return {"AccountLimit": self.limit}


def test_a_reservation_that_leaves_too_little_concurrency_is_rejected_before_the_deploy() -> None:
    check_concurrency(Account(1000, 900), wanted=800, present=0)  # type: ignore[arg-type]
    check_concurrency(Account(1000, 100), wanted=900, present=900)  # type: ignore[arg-type]
    with pytest.raises(CloudError, match="of the account's 1000 that would leave 99 unreserved, and AWS wants 100"):
        check_concurrency(Account(1000, 900), wanted=801, present=0)  # type: ignore[arg-type]


def test_the_reservations_of_a_template_are_added_up() -> None:
    def function(reserved: object) -> dict[str, object]:
        return {"Type": "AWS::Lambda::Function", "Properties": {"ReservedConcurrentExecutions": reserved}}

    template = {"Resources": {"A": function(5), "B": function("7"), "C": {"Type": "AWS::Lambda::Function"}}}
    assert reserved_in(template) == 12


@pytest.mark.parametrize(
    ("url", "endpoint", "expected"),
    [
        ("https://a1.execute-api.us-east-1.amazonaws.com/", None, "https://a1.execute-api.us-east-1.amazonaws.com"),
        ("https://a1.execute-api.x.amazonaws.com", "http://h:1/", "http://h:1/_aws/execute-api/a1/$default"),
        ("https://a1.execute-api.x.amazonaws.com/prod", "http://h:1", "http://h:1/_aws/execute-api/a1/prod"),
        ("https://api.example.com/v1", "http://h:1", "https://api.example.com/v1"),
    ],
)
def test_an_api_is_reached_where_its_endpoint_is(url: str, endpoint: str | None, expected: str) -> None:
    assert url_at_endpoint(url, endpoint) == expected
