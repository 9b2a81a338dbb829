from __future__ import annotations

from typing import Any

import pytest

from homeport.gateway.auth.policy import Decision, PolicyError, read_policy
from homeport.runtime.worker.conditions import is_like

ARN = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/GET/items/1"
OTHER = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/POST/items"


def statement(**changes: Any) -> dict[str, Any]:
    usual = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": ARN}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def policy(*statements: Any, **changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **changes}


def decide(*statements: Any) -> Decision:
    return read_policy(policy(*statements)).decide(ARN, {})


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
    assert decide(statement(Resource=resource)) is Decision.ALLOWED


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
    assert decide(statement(Resource=resource)) is Decision.DENIED


@pytest.mark.parametrize(
    "action",
    ["execute-api:Invoke", "execute-api:invoke", "EXECUTE-API:INVOKE", "execute-api:*", "*", "execute-*:In?oke"],
)
def test_actions_have_wildcards_and_no_case(action: str) -> None:
    assert decide(statement(Action=action)) is Decision.ALLOWED
    assert decide(statement(Action=["s3:GetObject", action])) is Decision.ALLOWED


@pytest.mark.parametrize("action", ["execute-api:ManageConnections", "s3:*", "execute-api:Invok", []])
def test_other_actions_allow_nothing(action: Any) -> None:
    assert decide(statement(Action=action)) is Decision.DENIED


def test_an_explicit_deny_wins_in_any_order() -> None:
    allow, deny = statement(Resource="*"), statement(Effect="Deny")
    assert decide(allow, deny) is decide(deny, allow) is decide(deny) is Decision.EXPLICITLY_DENIED


def test_a_deny_of_another_method_has_no_effect() -> None:
    assert decide(statement(), statement(Effect="Deny", Resource=OTHER)) is Decision.ALLOWED


def test_no_statement_allows_nothing() -> None:
    assert decide() is Decision.DENIED


def test_not_resource_covers_all_other_resources() -> None:
    assert decide(statement(Resource=None, NotResource=OTHER)) is Decision.ALLOWED
    assert decide(statement(Resource=None, NotResource=[OTHER, ARN])) is Decision.DENIED
    assert decide(statement(), statement(Effect="Deny", Resource=None, NotResource=ARN)) is Decision.ALLOWED


def test_not_action_covers_all_other_actions() -> None:
    assert decide(statement(Action=None, NotAction="s3:*")) is Decision.ALLOWED
    assert decide(statement(Action=None, NotAction="execute-api:*")) is Decision.DENIED


@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_a_policy_of_either_version_is_read(version: str) -> None:
    assert read_policy(policy(statement(), Version=version)).decide(ARN, {}) is Decision.ALLOWED


def test_a_policy_may_lack_a_version_and_have_a_single_statement() -> None:
    assert read_policy({"Statement": statement(Sid="one")}).decide(ARN, {}) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "policyDocument is not an object"),
        ("{}", "policyDocument is not an object"),
        ([], "policyDocument is not an object"),
        ({}, "policyDocument has no Statement"),
        (policy(Statement=None), "policyDocument has no Statement"),
        (policy(Statement="Allow"), "policyDocument has no Statement"),
        (policy(statement(), Version="2020-01-01"), "Version is not 2012-10-17"),
        (policy(statement(), statement=[]), "policyDocument has the unknown key 'statement'"),
        (policy("Allow"), "a Statement is not an object"),
        (policy(statement(Effect=None)), "a Statement's Effect is neither Allow nor Deny"),
        (policy(statement(Effect="allow")), "a Statement's Effect is neither Allow nor Deny"),
        (policy(statement(Effect=["Allow"])), "a Statement's Effect is neither Allow nor Deny"),
        (policy(statement(Action=None)), "a Statement needs either Action or NotAction"),
        (policy(statement(NotAction="s3:*")), "a Statement needs either Action or NotAction"),
        (policy(statement(Action="Invoke")), "'Invoke' is no action: write execute-api:Invoke"),
        (policy(statement(Action=1)), "a Statement's Action is neither a text nor a list of texts"),
        (policy(statement(Action=[1])), "a Statement's Action is neither a text nor a list of texts"),
        (policy(statement(Resource=None)), "a Statement needs either Resource or NotResource"),
        (policy(statement(Resource={})), "a Statement's Resource is neither a text nor a list of texts"),
        (policy(statement(Resource="items/*")), "the Resource 'items/*' is neither an ARN nor *"),
        (policy(statement(Resource="")), "the Resource '' is neither an ARN nor *"),
        (policy(statement(Principal="*")), "a Statement has the unknown key 'Principal'"),
        (
            policy(statement(Resource="arn:aws:execute-api:*:*:${aws:username}")),
            "a Statement's Resource has a policy variable, which the kit does not emulate",
        ),
        (policy(statement(), statement(Effect="deny")), "a Statement's Effect is neither Allow nor Deny"),
    ],
)
def test_an_invalid_policy_is_rejected_as_a_whole(document: Any, reason: str) -> None:
    with pytest.raises(PolicyError) as error:
        read_policy(document)
    assert str(error.value) == reason


def test_a_resource_may_be_limited_in_length() -> None:
    assert read_policy(policy(statement()), longest_resource=len(ARN)).decide(ARN, {}) is Decision.ALLOWED
    with pytest.raises(PolicyError, match=f"over the {len(ARN) - 1} characters"):
        read_policy(policy(statement()), longest_resource=len(ARN) - 1)


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
