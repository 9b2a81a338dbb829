"""Condition operators, case by case as AWS documents them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from homeport.permissions.conditions import OPERATORS, Condition, read_operator

Context = Mapping[str, Sequence[str]]


def holds(operator: str, key: str, values: Sequence[str | None], context: Context) -> bool | None:
    """Return whether a condition holds for a request, None if that is not to be known."""
    return Condition(operator, read_operator(operator), key, tuple(values)).holds(context)


# An operator, the values of the policy, those of the request (None: it has not the key), and whether it holds.
STRINGS = [
    ("StringEquals", ["JohnDoe"], ["JohnDoe"], True),
    ("StringEquals", ["JohnDoe"], ["johndoe"], False),
    ("StringEquals", ["a", "b"], ["b"], True),
    ("StringEquals", ["a*"], ["abc"], False),
    ("StringNotEquals", ["a"], ["b"], True),
    ("StringNotEquals", ["a", "b"], ["b"], False),
    ("StringEqualsIgnoreCase", ["JohnDoe"], ["JOHNDOE"], True),
    ("StringNotEqualsIgnoreCase", ["JohnDoe"], ["JOHNDOE"], False),
    ("StringLike", ["home/${aws:username}/*"], ["home/ann/x"], True),
    ("StringLike", ["a?c"], ["abc"], True),
    ("StringLike", ["a?c"], ["ac"], False),
    ("StringLike", ["*"], [""], True),
    ("StringLike", ["[ab]"], ["a"], False),
    ("StringLike", ["a[b]*"], ["a[b]c"], True),
    ("StringNotLike", ["dev-*"], ["prod-1"], True),
    ("StringNotLike", ["dev-*"], ["dev-1"], False),
]
NUMBERS = [
    ("NumericEquals", ["10"], ["10"], True),
    ("NumericEquals", ["10"], ["10.0"], True),
    ("NumericNotEquals", ["10"], ["11"], True),
    ("NumericLessThan", ["10"], ["9"], True),
    ("NumericLessThan", ["10"], ["10"], False),
    ("NumericLessThanEquals", ["10"], ["10"], True),
    ("NumericGreaterThan", ["10"], ["10"], False),
    ("NumericGreaterThanEquals", ["10"], ["10"], True),
    ("NumericLessThan", ["9"], ["10"], False),
    ("NumericEquals", ["ten"], ["10"], None),
]
DATES = [
    ("DateEquals", ["2020-04-01T00:00:00Z"], ["2020-04-01T00:00:00Z"], True),
    ("DateEquals", ["2020-04-01"], ["2020-04-01T00:00:00Z"], True),
    ("DateEquals", ["1585699200"], ["2020-04-01T00:00:00Z"], True),
    ("DateEquals", ["2020-04-01T02:00:00+02:00"], ["2020-04-01T00:00:00Z"], True),
    ("DateNotEquals", ["2020-04-01T00:00:00Z"], ["2020-04-02T00:00:00Z"], True),
    ("DateLessThan", ["2020-06-30T23:59:59Z"], ["2020-06-30T23:59:58Z"], True),
    ("DateLessThan", ["2020-06-30T23:59:59Z"], ["2020-06-30T23:59:59Z"], False),
    ("DateLessThanEquals", ["2020-06-30T23:59:59Z"], ["2020-06-30T23:59:59Z"], True),
    ("DateGreaterThan", ["2020-04-01T00:00:00Z"], ["2020-04-01T00:00:01Z"], True),
    ("DateGreaterThanEquals", ["2020-04-01T00:00:00Z"], ["2020-04-01T00:00:00Z"], True),
    ("DateGreaterThan", ["soon"], ["2020-04-01T00:00:00Z"], None),
]
BOOLEANS = [
    ("Bool", ["true"], ["true"], True),
    ("Bool", ["True"], ["true"], True),
    ("Bool", ["true"], ["false"], False),
    ("Bool", ["false"], ["false"], True),
    ("Null", ["true"], None, True),
    ("Null", ["true"], ["x"], False),
    ("Null", ["false"], ["x"], True),
    ("Null", ["false"], None, False),
]
BINARY = [
    ("BinaryEquals", ["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], ["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], True),
    ("BinaryEquals", ["QmluYXJ5VmFsdWVJbkJhc2U2NA=="], ["QmluYXJ5"], False),
    ("BinaryEquals", ["not base64!"], ["QmluYXJ5"], None),
]
ADDRESSES = [
    ("IpAddress", ["203.0.113.0/24"], ["203.0.113.77"], True),
    ("IpAddress", ["203.0.113.0/24"], ["203.0.114.1"], False),
    ("IpAddress", ["203.0.113.7"], ["203.0.113.7"], True),
    ("IpAddress", ["192.0.2.0/24", "203.0.113.0/24"], ["203.0.113.7"], True),
    ("IpAddress", ["2001:db8:1234:5678::/64"], ["2001:db8:1234:5678::1"], True),
    ("IpAddress", ["2001:db8::/32"], ["203.0.113.7"], False),
    ("NotIpAddress", ["203.0.113.0/24"], ["203.0.113.7"], False),
    ("NotIpAddress", ["192.0.2.0/24", "203.0.113.0/24"], ["198.51.100.1"], True),
    ("IpAddress", ["office"], ["203.0.113.7"], None),
]
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic-a"
ARNS = [
    ("ArnEquals", [TOPIC], [TOPIC], True),
    ("ArnEquals", ["arn:aws:sns:*:123456789012:topic-?"], [TOPIC], True),
    ("ArnLike", ["arn:aws:sns:us-east-1:*:topic-*"], [TOPIC], True),
    ("ArnLike", ["arn:aws:sns:eu-*:123456789012:*"], [TOPIC], False),
    ("ArnLike", ["arn:aws:sns:*"], [TOPIC], True),
    ("ArnLike", ["arn:aws:s*:us-*-1:123456789012:topic-a"], [TOPIC], True),
    ("ArnNotEquals", [TOPIC], [TOPIC], False),
    ("ArnNotLike", ["arn:aws:sqs:*:*:*"], [TOPIC], True),
]
ABSENT = [
    ("StringEquals", ["a"], None, False),
    ("StringLike", ["*"], None, False),
    ("NumericLessThan", ["1"], None, False),
    ("Bool", ["true"], None, False),
    ("ArnLike", ["*"], None, False),
    # "…If the key is not present, the condition is true for negated operators."
    ("StringNotEquals", ["a"], None, True),
    ("StringNotLike", ["*"], None, True),
    ("NotIpAddress", ["203.0.113.0/24"], None, True),
    ("ArnNotEquals", [TOPIC], None, True),
    ("StringEqualsIfExists", ["a"], None, True),
    ("StringEqualsIfExists", ["a"], ["b"], False),
    ("StringEqualsIfExists", ["a"], ["a"], True),
    ("NumericLessThanIfExists", ["5"], None, True),
    ("BoolIfExists", ["true"], ["false"], False),
    ("StringNotEqualsIfExists", ["a"], ["a"], False),
]
# The tables of "Multivalued context keys".
SETS = [
    ("ForAllValues:StringEquals", ["a", "b", "c"], ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["b", "c"], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
    ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAnyValue:StringLike", ["team-*"], ["x", "team-1"], True),
    ("ForAllValues:StringLike", ["team-*"], ["team-2", "team-1"], True),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
    ("ForAllValues:StringNotEquals", ["a"], ["a", "c"], False),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "c"], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
    ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ("ForAllValues:StringEqualsIfExists", ["a"], None, True),
    ("ForAllValues:ArnLike", ["arn:aws:sns:*:*:*"], [TOPIC], True),
    ("StringEquals", ["a"], ["a", "a"], None),
]
UNKNOWN = [
    ("StringIsLike", ["a"], ["a"], None),
    ("StringEquals", [None], ["a"], None),
    ("StringEquals", ["${aws:PrincipalTag/team}"], ["a"], None),
]
CASES = [*STRINGS, *NUMBERS, *DATES, *BOOLEANS, *BINARY, *ADDRESSES, *ARNS, *ABSENT, *SETS, *UNKNOWN]


@pytest.mark.parametrize(("operator", "values", "given", "wanted"), CASES, ids=lambda value: str(value)[:60])
def test_operator_holds_as_documented(
    operator: str, values: list[str | None], given: list[str] | None, wanted: bool | None
) -> None:
    context: Context = {"key": given or (), "aws:username": ["ann"], "aws:principaltag/team": ()}
    assert holds(operator, "Key", values, context) is wanted


def test_several_values_without_a_quantifier_are_not_compared() -> None:
    assert holds("StringEquals", "k", ["a"], {"k": ["a"]}) is True
    assert holds("StringEquals", "k", ["a"], {"k": ["a", "a"]}) is None
    assert holds("ForAnyValue:StringNotEquals", "k", ["a"], {"k": ["a", "b"]}) is True
    assert holds("ForAllValues:StringNotEquals", "k", ["a"], {"k": ["a", "b"]}) is False


def test_key_that_is_not_to_be_known_makes_every_operator_unknown() -> None:
    for operator in OPERATORS:
        assert holds(operator, "aws:Unknown", ["1"], {}) is None


@pytest.mark.parametrize(
    "written",
    [
        *OPERATORS,
        *(f"{name}IfExists" for name in OPERATORS if name != "Null"),
        *(f"ForAnyValue:{name}" for name in OPERATORS if name != "Null"),
        "forallvalues:stringlikeifexists",
    ],
)
def test_every_operator_of_iam_is_known(written: str) -> None:
    assert read_operator(written).is_known


@pytest.mark.parametrize(
    "written",
    ["StringIsLike", "NullIfExists", "ForAnyValue:Null", "BoolNot", "NumericLike", "ForSome:StringEquals", ""],
)
def test_operator_that_iam_does_not_have_is_not_known(written: str) -> None:
    assert not read_operator(written).is_known


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
@pytest.mark.parametrize(
    ("operator", "value", "given", "wanted"),
    [
        ("StringEquals", "${aws:username}", "ann", True),
        ("StringEquals", "${AWS:UserName}", "ann", True),
        ("StringEquals", "${aws:username}-${aws:userid}", "ann-7", True),
        ("StringLike", "${aws:username}/*", "ann/x", True),
        ("StringLike", "${aws:username}/*", "bob/x", False),
        # The default value of a variable whose key the request has not.
        ("StringEquals", "${aws:PrincipalTag/team, 'company-wide'}", "company-wide", True),
        ("StringEquals", "${aws:username, 'nobody'}", "ann", True),
        # Characters that would be wildcards or the beginning of a variable.
        ("StringLike", "a${*}b", "a*b", True),
        ("StringLike", "a${*}b", "axb", False),
        ("StringLike", "a${?}", "a?", True),
        ("StringLike", "a${?}", "ax", False),
        ("StringEquals", "${$}{x}", "${x}", True),
        # A value of the request is plain text, whatever characters it has.
        ("StringLike", "${aws:star}", "anything", False),
        ("StringLike", "${aws:star}", "*", True),
    ],
)
def test_variable_stands_for_the_value_of_the_request(operator: str, value: str, given: str, wanted: bool) -> None:
    context = {
        "key": [given],
        "aws:username": ["ann"],
        "aws:userid": ["7"],
        "aws:star": ["*"],
        "aws:principaltag/team": (),
    }
    assert holds(operator, "key", [value], context) is wanted


def test_variable_is_plain_text_in_a_policy_of_the_first_version() -> None:
    condition = Condition("StringEquals", read_operator("StringEquals"), "key", ("${aws:username}",), variables=False)
    context: dict[str, Any] = {"key": ["ann"], "aws:username": ["ann"]}
    assert condition.holds(context) is False
    assert condition.holds({**context, "key": ["${aws:username}"]}) is True
