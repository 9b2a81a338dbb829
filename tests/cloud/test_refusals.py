"""AWS's errors in words for the person who deploys."""

from __future__ import annotations

import pytest

from homeport.cloud.deploy_target import url_at_endpoint
from homeport.cloud.errors import Asked, AwsCallError, AwsNotFoundError, CloudError, iam_actions, refusal
from homeport.cloud.plan import check_concurrency, reserved_in

ASKED = Asked("cloudformation", "CreateChangeSet", "eu-west-1")


def refused(code: str, message: str = "", asked: Asked = ASKED) -> AwsCallError:
    return refusal(asked, {"Error": {"Code": code, "Message": message}})


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
def test_each_kind_of_error_has_its_words(code: str, message: str, words: str) -> None:
    assert words in str(refused(code, message))


def test_a_missing_permission_names_the_action_that_iam_named() -> None:
    message = "User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: x because"
    error = refused("AccessDenied", message)
    assert (error.action, "these credentials may not iam:PassRole" in str(error)) == ("iam:PassRole", True)


def test_a_missing_permission_names_the_action_where_aws_does_not() -> None:
    assert refused("403", "Forbidden", Asked("s3", "HeadBucket", "eu-west-1")).action == "s3:ListBucket"
    assert iam_actions("s3", "DeleteObjects") == ("s3:DeleteObject", "s3:DeleteObjectVersion")


def test_what_does_not_exist_is_told_apart() -> None:
    assert isinstance(refused("ValidationError", "Stack with id items-dev does not exist"), AwsNotFoundError)
    assert isinstance(refused("NoSuchKey"), AwsNotFoundError)
    assert not isinstance(refused("ValidationError", "no template"), AwsNotFoundError)


class Account:
    """Answers with an account's limits."""

    def __init__(self, total: int, unreserved: int) -> None:
        self.limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}

    def call(self, service: str, operation: str) -> dict[str, object]:
        assert (service, operation) == ("lambda", "GetAccountSettings")
        return {"AccountLimit": self.limit}


def test_a_concurrency_that_would_leave_too_little_is_refused_beforehand() -> None:
    check_concurrency(Account(1000, 900), wanted=800, present=0)  # type: ignore[arg-type]
    check_concurrency(Account(1000, 100), wanted=900, present=900)  # type: ignore[arg-type]
    with pytest.raises(CloudError, match="of the account's 1000 that would leave 99 unreserved, and AWS wants 100"):
        check_concurrency(Account(1000, 900), wanted=801, present=0)  # type: ignore[arg-type]


def test_what_a_template_reserves_is_added_up() -> None:
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
