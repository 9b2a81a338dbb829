"""Policy documents: which statements apply to a request, and what is told of a document that IAM would not take.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from typing import Any

import pytest

from homeport.permissions.patterns import is_like_arn
from homeport.permissions.policy import VERSION, AccessRequest, PolicyError, read_policy
from homeport.permissions.principals import ANONYMOUS, Principal

BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"
USER = Principal("arn:aws:iam::123456789012:user/ann")
SESSION = Principal("arn:aws:sts::123456789012:assumed-role/app/session")


def statement(**changes: Any) -> dict[str, Any]:
    usual = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def allows(written: dict[str, Any], action: str, resource: str, **context: str) -> bool:
    policy = read_policy({"Version": VERSION, "Statement": [written]})
    keys = {name.replace("_", ":"): [value] for name, value in context.items()}
    return bool(policy.allowing(AccessRequest(action, resource, keys), []))


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
@pytest.mark.parametrize(
    ("pattern", "arn", "matches"),
    [
        ("*", "arn:aws:s3:::b/k", True),
        (f"{BUCKET}/*", f"{BUCKET}/a/b/c", True),
        (f"{BUCKET}/*", BUCKET, False),
        (f"{BUCKET}*", f"{BUCKET}-other", True),
        (f"{BUCKET}/*/test/*", f"{BUCKET}/1/test/object.jpg", True),
        (f"{BUCKET}/*/test/*", f"{BUCKET}/1/2/test/3/object.jpg", True),
        (f"{BUCKET}/*/test/*", f"{BUCKET}/1-test/object.jpg", False),
        (f"{BUCKET}/??", f"{BUCKET}/ab", True),
        (f"{BUCKET}/??", f"{BUCKET}/abc", False),
        (BUCKET.upper(), BUCKET, False),
        ("arn:aws:sqs:*:123456789012:queue1", "arn:aws:sqs:us-east-2:123456789012:queue1", True),
        ("arn:aws:sqs:us-*:123456789012:q*", "arn:aws:sqs:us-east-2:123456789012:queue1", True),
        ("arn:aws:sqs:us-east-2:*", "arn:aws:sqs:us-east-2:123456789012:queue1", True),
        ("arn:aws:sqs:us-*t-2:123456789012:*", "arn:aws:sqs:us-east-2:123456789012:queue1", True),
        # A wildcard that does not end its field stays within it.
        ("arn:aws:sqs:us-*queue1", "arn:aws:sqs:us-east-2:123456789012:queue1", False),
        ("arn:aws:lambda:*:*:function:send:*", "arn:aws:lambda:eu-west-1:123456789012:function:send:live", True),
        ("arn:aws:lambda:*:*:function:*", "arn:aws:lambda:eu-west-1:123456789012:function:send:live", True),
        ("arn:aws:lambda:*:*:function:send", "arn:aws:lambda:eu-west-1:123456789012:function:send:live", False),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/k", True),
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/[a]", "arn:aws:dynamodb:eu-west-1:123456789012:table/a", False),
    ],
)
def test_resource_is_matched_field_by_field(pattern: str, arn: str, matches: bool) -> None:
    assert is_like_arn(arn, pattern) is matches


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
@pytest.mark.parametrize(
    ("action", "asked", "matches"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObjectTagging", True),
        ("s3:*", "s3:PutObject", True),
        ("*", "s3:PutObject", True),
        ("s3:?etObject", "s3:GetObject", True),
        ("s3:*AccessKey*", "s3:GetObject", False),
        ("sqs:*", "s3:GetObject", False),
        (["sqs:*", "s3:GetObject"], "s3:GetObject", True),
        ([], "s3:GetObject", False),
    ],
    ids=str,
)
def test_action_has_wildcards_and_no_case(action: Any, asked: str, matches: bool) -> None:
    assert allows(statement(Action=action), asked, f"{BUCKET}/x") is matches


def test_not_action_and_not_resource_are_all_but_what_they_name() -> None:
    # The example of AWS: everything of S3 but the deletion of a bucket.
    but_delete = statement(Action=None, NotAction="s3:DeleteBucket", Resource="arn:aws:s3:::*")
    assert allows(but_delete, "s3:PutObject", f"{BUCKET}/x")
    assert not allows(but_delete, "s3:DeleteBucket", BUCKET)
    assert not allows(but_delete, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q")
    but_hr = statement(Action="s3:*", Resource=None, NotResource=[f"{BUCKET}/hr", f"{BUCKET}/hr/*"])
    assert allows(but_hr, "s3:GetObject", f"{BUCKET}/it/x")
    assert not allows(but_hr, "s3:GetObject", f"{BUCKET}/hr/x")


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
@pytest.mark.parametrize(
    ("resource", "asked", "matches"),
    [
        (f"{BUCKET}/${{aws:username}}/*", f"{BUCKET}/ann/x", True),
        (f"{BUCKET}/${{aws:username}}/*", f"{BUCKET}/bob/x", False),
        (f"{BUCKET}/${{aws:username}}", f"{BUCKET}/ann", True),
        (f"{BUCKET}/${{aws:PrincipalTag/team, 'shared'}}/*", f"{BUCKET}/shared/x", True),
        (f"{BUCKET}/${{aws:PrincipalTag/team}}/*", f"{BUCKET}/x/y", False),
        (f"{BUCKET}/a${{*}}", f"{BUCKET}/a*", True),
        (f"{BUCKET}/a${{*}}", f"{BUCKET}/ab", False),
    ],
)
def test_resource_may_have_variables(resource: str, asked: str, matches: bool) -> None:
    assert allows(statement(Resource=resource), "s3:GetObject", asked, aws_username="ann") is matches


def test_variable_without_a_value_is_named() -> None:
    unknown: list[str] = []
    policy = read_policy({"Version": VERSION, "Statement": statement(Resource=f"{BUCKET}/${{aws:PrincipalTag/team}}")})
    assert policy.allowing(AccessRequest("s3:GetObject", f"{BUCKET}/a"), unknown) == []
    assert unknown == ["aws:PrincipalTag/team"]


def test_document_without_a_version_has_no_variables() -> None:
    policy = read_policy({"Statement": statement(Resource=f"{BUCKET}/${{aws:username}}")})
    request = AccessRequest("s3:GetObject", f"{BUCKET}/ann", {"aws:username": ["ann"]})
    assert not policy.allowing(request, [])
    assert policy.allowing(AccessRequest("s3:GetObject", f"{BUCKET}/${{aws:username}}"), [])


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
@pytest.mark.parametrize(
    ("principal", "asking", "matches"),
    [
        ("*", USER, True),
        ("*", ANONYMOUS, True),
        ({"AWS": "*"}, SESSION, True),
        ({"AWS": "123456789012"}, USER, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, SESSION, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, ANONYMOUS, False),
        ({"AWS": ["111122223333", "123456789012"]}, USER, True),
        ({"AWS": "111122223333"}, USER, False),
        ({"AWS": "arn:aws:iam::123456789012:user/ann"}, USER, True),
        ({"AWS": "arn:aws:iam::123456789012:user/bob"}, USER, False),
        ({"AWS": "arn:aws:iam::123456789012:user/*"}, USER, False),
        ({"AWS": "arn:aws:iam::123456789012:role/app"}, SESSION, True),
        ({"AWS": "arn:aws:iam::123456789012:role/path/app"}, SESSION, True),
        ({"AWS": "arn:aws:iam::123456789012:role/other"}, SESSION, False),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/app/session"}, SESSION, True),
        ({"Service": "events.amazonaws.com"}, Principal(service="events.amazonaws.com"), True),
        ({"Service": "events.amazonaws.com"}, Principal(service="s3.amazonaws.com"), False),
        ({"Service": "events.amazonaws.com"}, USER, False),
        ({"Federated": "cognito-identity.amazonaws.com"}, USER, False),
    ],
    ids=str,
)
def test_resource_based_policy_names_principals(principal: Any, asking: Principal, matches: bool) -> None:
    document = {"Version": VERSION, "Statement": statement(Principal=principal)}
    request = AccessRequest("s3:GetObject", f"{BUCKET}/x", {}, asking)
    assert bool(read_policy(document, resource_based=True).allowing(request, [])) is matches


def test_not_principal_is_everybody_but_those_it_names() -> None:
    written = statement(Effect="Deny", NotPrincipal={"AWS": USER.arn})
    policy = read_policy({"Version": VERSION, "Statement": written}, resource_based=True)
    for asking, denied in ((USER, False), (SESSION, True), (ANONYMOUS, True)):
        request = AccessRequest("s3:GetObject", f"{BUCKET}/x", {}, asking)
        assert (policy.denying(request, []) is not None) is denied


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (7, "Policy is not an object"),
        ({"Version": "2013-01-01", "Statement": []}, "Policy.Version is not 2012-10-17"),
        ({"Statement": [statement(), 7]}, "Policy.Statement[1] is not an object"),
        ({"Statement": [statement(Efect="Allow")]}, "Policy.Statement[0] has the unknown key 'Efect'"),
        ({"Statement": [statement(Action=["s3:Get", "get"])]}, "Policy.Statement[0].Action 'get' is no action"),
        (
            {"Statement": [statement(Condition={"StringLik": {"a": "b"}})]},
            "Policy.Statement[0].Condition.StringLik is no operator (did you mean StringLike?)",
        ),
        (
            {"Statement": [statement(Condition={"NumericEquals": {"s3:max-keys": ["1", "x"]}})]},
            "Policy.Statement[0].Condition.NumericEquals.s3:max-keys can't be compared with 'x'",
        ),
    ],
)
def test_document_that_is_no_policy_is_told_with_the_path_inside_it(document: Any, message: str) -> None:
    with pytest.raises(PolicyError) as error:
        read_policy(document)
    assert str(error.value).startswith(message)
    assert message.startswith(error.value.path)


@pytest.mark.parametrize(
    ("principal", "message"),
    [
        (None, "Policy.Statement needs either Principal or NotPrincipal"),
        (7, "Policy.Statement.Principal is neither * nor a map from AWS, Service or Federated to principals"),
        ({"Aws": "*"}, "Policy.Statement.Principal has the unknown key 'Aws'"),
        ({"AWS": 7}, "Policy.Statement.Principal.AWS is neither a text nor a list of texts"),
    ],
)
def test_resource_based_policy_needs_a_principal(principal: Any, message: str) -> None:
    with pytest.raises(PolicyError) as error:
        read_policy({"Statement": statement(Principal=principal)}, resource_based=True)
    assert str(error.value) == message
