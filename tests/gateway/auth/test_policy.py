from __future__ import annotations

from typing import Any

import pytest

from homeport.gateway.auth.policy import read_authorizer_policy
from homeport.permissions.patterns import is_like
from homeport.permissions.policy import PolicyError

ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/items/1"
OTHER = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/POST/items"


def statement(**changes: Any) -> dict[str, Any]:
    usual = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": ARN}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def policy(*statements: Any, **changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **changes}


def decide(*statements: Any) -> str:
    return read_authorizer_policy(policy(*statements)).decide(ARN, {}).effect


@pytest.mark.parametrize(
    "resource",
    [
        ARN,
        "*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/GET/items/?",
        "arn:aws:execute-api:*:*:*",
        "arn:aws:execute-api:*",
        "arn:*:execute-api:eu-*-1:12345678901?:a1b2c3d4e5/prod/*/1",
        "arn:aws:execute-api:eu-west-1:123456789012:**",
        [OTHER, ARN],
    ],
    ids=str,
)
def test_a_resource_that_covers_the_method_allows_it(resource: Any) -> None:
    assert decide(statement(Resource=resource)) == "allow"


@pytest.mark.parametrize(
    "resource",
    [
        OTHER,
        ARN.lower(),
        f"{ARN}/",
        ARN[:-1],
        "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/get/*",
        "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/dev/*",
        "arn:aws:execute-api:us-east-1:*:*",
        "arn:aws:execute-api:eu-west-1:*/prod/GET/items/1",
        "arn:aws:lambda:*:*:*",
        [],
    ],
    ids=str,
)
def test_a_resource_that_does_not_cover_the_method_leaves_it_denied(resource: Any) -> None:
    assert decide(statement(Resource=resource)) == "implicit deny"


@pytest.mark.parametrize(
    "action",
    ["execute-api:Invoke", "execute-api:invoke", "EXECUTE-API:INVOKE", "execute-api:*", "*", "execute-*:In?oke"],
)
def test_actions_have_wildcards_and_no_case(action: str) -> None:
    assert decide(statement(Action=action)) == "allow"
    assert decide(statement(Action=["s3:GetObject", action])) == "allow"


@pytest.mark.parametrize("action", ["execute-api:ManageConnections", "s3:*", "execute-api:Invok", []])
def test_other_actions_allow_nothing(action: Any) -> None:
    assert decide(statement(Action=action)) == "implicit deny"


def test_an_explicit_deny_wins_in_any_order() -> None:
    allow, deny = statement(Resource="*"), statement(Effect="Deny")
    assert decide(allow, deny) == decide(deny, allow) == decide(deny) == "explicit deny"


def test_a_deny_of_another_method_has_no_effect() -> None:
    assert decide(statement(), statement(Effect="Deny", Resource=OTHER)) == "allow"


def test_no_statement_allows_nothing() -> None:
    assert decide() == "implicit deny"


def test_not_resource_covers_all_other_resources() -> None:
    assert decide(statement(Resource=None, NotResource=OTHER)) == "allow"
    assert decide(statement(Resource=None, NotResource=[OTHER, ARN])) == "implicit deny"
    assert decide(statement(), statement(Effect="Deny", Resource=None, NotResource=ARN)) == "allow"


def test_not_action_covers_all_other_actions() -> None:
    assert decide(statement(Action=None, NotAction="s3:*")) == "allow"
    assert decide(statement(Action=None, NotAction="execute-api:*")) == "implicit deny"


@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_a_policy_of_either_version_is_read(version: str) -> None:
    assert read_authorizer_policy(policy(statement(), Version=version)).decide(ARN, {}).effect == "allow"


def test_a_policy_may_lack_a_version_and_have_a_single_statement() -> None:
    assert read_authorizer_policy({"Statement": statement(Sid="one")}).decide(ARN, {}).effect == "allow"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, " is not an object"),
        ("{}", " is not an object"),
        ([], " is not an object"),
        ({}, " has no Statement"),
        (policy(Statement=None), " has no Statement"),
        (policy(Statement="Allow"), " has no Statement"),
        (policy(statement(), Version="2020-01-01"), ".Version is not 2012-10-17"),
        (policy(statement(), statement=[]), " has the unknown key 'statement'"),
        (policy("Allow"), ".Statement[0] is not an object"),
        (policy(statement(Effect=None)), ".Statement[0].Effect is neither Allow nor Deny"),
        (policy(statement(Effect="allow")), ".Statement[0].Effect is neither Allow nor Deny"),
        (policy(statement(Effect=["Allow"])), ".Statement[0].Effect is neither Allow nor Deny"),
        (policy(statement(Action=None)), ".Statement[0] needs either Action or NotAction"),
        (policy(statement(NotAction="s3:*")), ".Statement[0] needs either Action or NotAction"),
        (policy(statement(Action="Invoke")), ".Statement[0].Action 'Invoke' is no action: write SERVICE:ACTION"),
        (policy(statement(Action=1)), ".Statement[0].Action is neither a text nor a list of texts"),
        (policy(statement(Action=[1])), ".Statement[0].Action is neither a text nor a list of texts"),
        (policy(statement(Resource=None)), ".Statement[0] needs either Resource or NotResource"),
        (policy(statement(Resource={})), ".Statement[0].Resource is neither a text nor a list of texts"),
        (policy(statement(Resource="items/*")), ".Statement[0].Resource 'items/*' is neither an ARN nor *"),
        (policy(statement(Resource="")), ".Statement[0].Resource '' is neither an ARN nor *"),
        (policy(statement(Principal="*")), ".Statement[0] has the unknown key 'Principal'"),
        (
            policy(statement(Resource="arn:aws:execute-api:*:*:${s3:prefix}")),
            " asks for the key 's3:prefix', which the kit does not know of a request",
        ),
        (policy(statement(), statement(Effect="deny")), ".Statement[1].Effect is neither Allow nor Deny"),
    ],
)
def test_an_invalid_policy_is_rejected_as_a_whole(document: Any, reason: str) -> None:
    with pytest.raises(PolicyError) as error:
        read_authorizer_policy(document)
    assert str(error.value) == f"policyDocument{reason}"


def test_a_variable_in_a_resource_has_the_value_of_the_request() -> None:
    own = policy(statement(Resource="arn:aws:execute-api:*:*:*/prod/GET/items/${aws:referer}"))
    assert read_authorizer_policy(own).decide(ARN, {"aws:referer": ["1"]}).allowed
    assert not read_authorizer_policy(own).decide(ARN, {"aws:referer": ["*"]}).allowed
    assert not read_authorizer_policy(own).decide(ARN, {}).allowed
    old = {**own, "Version": "2008-10-17"}
    assert not read_authorizer_policy(old).decide(ARN, {"aws:referer": ["1"]}).allowed


def test_a_resource_may_be_limited_in_length() -> None:
    assert read_authorizer_policy(policy(statement()), longest_resource=len(ARN)).decide(ARN, {}).effect == "allow"
    with pytest.raises(PolicyError, match=f"over the {len(ARN) - 1} characters"):
        read_authorizer_policy(policy(statement()), longest_resource=len(ARN) - 1)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("", "", True),
        ("*", "", True),
        ("?", "", False),
        ("a*b*c", "abc", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "acb", False),
        ("*a", "aaa", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("**", "x\ny", True),
        ("a.c", "abc", False),
        ("[a-c]", "b", False),
    ],
)
def test_a_wildcard_matches_any_text_and_a_question_mark_any_character(pattern: str, text: str, fits: bool) -> None:
    assert is_like(text, pattern) is fits


def test_many_wildcards_take_no_time() -> None:
    assert is_like("a" * 1600, "*a" * 30 + "*") is True
    assert is_like("a" * 1600, "*a" * 30 + "b") is False
