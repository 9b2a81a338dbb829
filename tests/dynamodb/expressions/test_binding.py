"""Expressions that DynamoDB refuses as they are written, with its messages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from homeport.dynamodb.embedded.expressions import ExpressionError
from homeport.dynamodb.embedded.expressions.binding import Binder

VALUES: dict[str, Any] = {
    **{":s": {"S": "S"}, ":z": {"S": "Z"}, ":n": {"N": "1"}, ":m": {"N": "2"}, ":b": {"BOOL": True}},
    **{":l": {"L": []}, ":ss": {"SS": ["a"]}, ":map": {"M": {}}, ":null": {"NULL": True}},
}


def message(slot: str, text: str) -> str:
    """The message for an expression, without the words that name its parameter; "" for one that is fine."""
    binder = Binder({"#a": "a", "#b": "b"}, VALUES)
    try:
        match slot:
            case "UpdateExpression":
                binder.update(text)
            case "ProjectionExpression":
                binder.projection(text)
            case _:
                binder.condition(slot, text)
    except ExpressionError as error:
        assert str(error).startswith(f"Invalid {slot}: ")
        return str(error).removeprefix(f"Invalid {slot}: ")
    return ""


@pytest.mark.parametrize(
    "text",
    [
        *("a = :s", "a=:s", "  a = :s  ", "#a = :s", "a.b[0].c = :s", "a . b [ 0 ] = :s", "a[0][1] = :s", ":s = a"),
        *("NOT a = :s", "NOT NOT a = :s", "(a) = (:s)", "(a = :s) AND ((b = :s) OR (c = :n))", "a = size(b)"),
        *("a BETWEEN :s AND :z", "a between b and :s", "a BETWEEN size(b) AND :n", "a IN (:s)", "a in (:s, b)"),
        *("attribute_exists(a)", "attribute_not_exists (a)", "attribute_type(a, :s)", "begins_with(a, (:s))"),
        *("begins_with(:s, a)", "contains(a, :ss)", "size(a) > :n", "size(:s) > :n", ":s = :s"),
        *("((a = :s) AND (b = :z))", "((a = :s) AND b = :z)", "a = :ss", "a <> :map"),
    ],
)
def test_a_condition_of_the_grammar_is_accepted(text: str) -> None:
    assert message("FilterExpression", text) == ""


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [
        ("a = :s AND", "<EOF>", "AND"),
        ("a = :s AND AND b = :s", "AND", "AND AND b"),
        ("a", "<EOF>", "a"),
        ("(a)", "<EOF>", ")"),
        ("a = ", "<EOF>", "= "),
        ("= :s", "=", "= :s"),
        ("a == :s", "=", "== :s"),
        ("a != :s", "!", "a !="),
        ("a = :s OR b", "<EOF>", "b"),
        ("a BETWEEN :s", "<EOF>", ":s"),
        ("a IN ()", ")", "()"),
        ("a IN :s", ":s", "IN :s"),
        ("a IN (:s, :z", "<EOF>", ":z"),
        ("attribute_exists()", ")", "()"),
        ("a = 5", "5", "= 5"),
        ("a = 'x'", "'", "= 'x"),
        ("a[:n] = :s", ":n", "[:n]"),
        ("a = :s b = :z", "b", ":s b ="),
        ("a <> :s,", ",", ":s,"),
        ("a > = :s", "=", "> = :s"),
        ("OR", "OR", "OR"),
        ("_a = :s", "_", "_a"),
        ("  ", "<EOF>", "  "),
    ],
)
def test_a_syntax_error_names_the_token_and_its_neighbours(text: str, token: str, near: str) -> None:
    assert message("FilterExpression", text) == f'Syntax error; token: "{token}", near: "{near}"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "The expression can not be empty;"),
        ("((a = :s))", "The expression has redundant parentheses;"),
        ("a = ((:s))", "The expression has redundant parentheses;"),
        ("((a)) = :s", "The expression has redundant parentheses;"),
        ("foo(a)", "Invalid function name; function: foo"),
        ("Attribute_Exists(a)", "Invalid function name; function: Attribute_Exists"),
        ("if_not_exists(a, :s) = :s", "The function is not allowed in a condition expression; function: if_not_exists"),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "attribute_exists(a) = :b",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        ("name = :s", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("a.size.Data = :s", "Attribute name is a reserved keyword; reserved keyword: size"),
        ("#c = :s", "An expression attribute name used in the document path is not defined; attribute name: #c"),
        ("a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"),
        (
            "attribute_exists(a, b)",
            "Incorrect number of operands for operator or function; "
            "operator or function: attribute_exists, number of operands: 2",
        ),
        (
            "attribute_exists(:s)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "contains(#a, a)",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: contains, first operand: [a]",
        ),
        (
            "a.b[0] = a.b[0]",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, first operand: [a, b, [0]]",
        ),
        *(
            (
                text,
                "Incorrect operand type for operator or function; "
                f"operator or function: {function}, operand type: {kind}",
            )
            for text, function, kind in (
                ("begins_with(a, :n)", "begins_with", "N"),
                ("begins_with(size(a), :s)", "begins_with", "N"),
                ("a < :ss", "<", "SS"),
                ("a >= :map", ">=", "M"),
                ("a BETWEEN :l AND :l", "BETWEEN", "L"),
                ("size(:b) > :n", "size", "BOOL"),
                ("attribute_type(a, :n)", "attribute_type", "N"),
            )
        ),
        (
            "attribute_type(a, :z)",
            "Invalid attribute type name found; type: Z, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "a BETWEEN :z AND :s",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {S:Z}, upper bound operand: AttributeValue: {S:S}",
        ),
        (
            "a BETWEEN :s AND :n",
            "The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {S:S}, upper bound operand: AttributeValue: {N:1}",
        ),
    ],
)
def test_a_condition_is_refused_with_its_reason(text: str, expected: str) -> None:
    assert message("ConditionExpression", text) == expected


OVERLAP = "Two document paths {} with each other; must remove or rewrite one of these paths; path one: {}, path two: {}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SET a = :s", ""),
        ("set a = :s remove b", ""),
        ("SET a = (n + :n), b = if_not_exists(n, if_not_exists(q, :n)) - :n", ""),
        ("SET a = list_append(l, if_not_exists(q, :l)) ADD n :n DELETE s :ss REMOVE c[0], c[1]", ""),
        ("SET a = :s,", 'Syntax error; token: "<EOF>", near: ","'),
        ("SET a = n + :n + :n", 'Syntax error; token: "+", near: ":n + :n"'),
        ("SET a = if_not_exists(n, n + :n)", 'Syntax error; token: "+", near: "n + :n"'),
        ("FOO n = :s", 'Syntax error; token: "FOO", near: "FOO n"'),
        ("SET", 'Syntax error; token: "<EOF>", near: "SET"'),
        ("SET a.b. = :s", 'Syntax error; token: "=", near: ". = :s"'),
        ("SET a[-1] = :s", 'Syntax error; token: "-", near: "[-1"'),
        ("SET a[0 = :s", 'Syntax error; token: "=", near: "0 = :s"'),
        ("SET (a) = :s", 'Syntax error; token: "(", near: "SET (a"'),
        ("SET a = n * :n", 'Syntax error; token: "*", near: "n * :n"'),
        ("SET a = :s, REMOVE b", 'Syntax error; token: "REMOVE", near: ", REMOVE b"'),
        ("REMOVE a b", 'Syntax error; token: "b", near: "a b"'),
        ("REMOVE :s", 'Syntax error; token: ":s", near: "REMOVE :s"'),
        ("ADD n n", 'Syntax error; token: "n", near: "n n"'),
        ("SET a-b = :s", 'Syntax error; token: "-", near: "a-b"'),
        ("SET a[99999999999] = :s", "List index is not within the allowable range; index: [99999999999]"),
        ("SET a = ((:s))", "The expression has redundant parentheses;"),
        ("SET a = :s SET b = :s", 'The "SET" section can only be used once in an update expression;'),
        ("REMOVE a REMOVE b", 'The "REMOVE" section can only be used once in an update expression;'),
        ("ADD a :n ADD b :n", 'The "ADD" section can only be used once in an update expression;'),
        ("SET a = :s, a = :s", OVERLAP.format("overlap", "[a]", "[a]")),
        ("SET #a = :s REMOVE a", OVERLAP.format("overlap", "[a]", "[a]")),
        ("SET m.x = :s REMOVE m", OVERLAP.format("overlap", "[m, x]", "[m]")),
        ("REMOVE l[0], l[0]", OVERLAP.format("overlap", "[l, [0]]", "[l, [0]]")),
        ("SET m.x = :s, m[0] = :s", OVERLAP.format("conflict", "[m, x]", "[m, [0]]")),
        ("SET a = foo(:s)", "Invalid function name; function: foo"),
        ("SET a = size(n)", "The function is not allowed in an update expression; function: size"),
        (
            "SET a = if_not_exists(:s, :s)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a = if_not_exists(n)",
            "Incorrect number of operands for operator or function; "
            "operator or function: if_not_exists, number of operands: 1",
        ),
        *(
            (
                text,
                "Incorrect operand type for operator or function; "
                f"operator or function: {function}, operand type: {kind}",
            )
            for text, function, kind in (
                ("SET a = list_append(:s, :l)", "list_append", "S"),
                ("SET a = list_append(l, :ss)", "list_append", "SS"),
                ("SET a = n + :s", "+", "S"),
                ("SET a = :l - n", "-", "L"),
            )
        ),
        *(
            (
                text,
                f"Incorrect operand type for operator or function; operator: {section}, operand type: {kind}, "
                "typeSet: ALLOWED_FOR_ADD_OPERAND",
            )
            for text, section, kind in (("ADD a :s", "ADD", "STRING"), ("DELETE a :n", "DELETE", "NUMBER"))
        ),
        ("SET name = :s", "Attribute name is a reserved keyword; reserved keyword: name"),
    ],
)
def test_an_update_is_refused_with_its_reason(text: str, expected: str) -> None:
    assert message("UpdateExpression", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a, b.c, d[0], d[1]", ""),
        ("a, a.b", OVERLAP.format("overlap", "[a]", "[a, b]")),
        ("a, ,b", 'Syntax error; token: ",", near: ", ,b"'),
        ("a b", 'Syntax error; token: "b", near: "a b"'),
        ("a,", 'Syntax error; token: "<EOF>", near: ","'),
        ("#c", "An expression attribute name used in the document path is not defined; attribute name: #c"),
    ],
)
def test_a_projection_is_refused_with_its_reason(text: str, expected: str) -> None:
    assert message("ProjectionExpression", text) == expected


def test_the_first_fault_in_dynamodbs_order_is_reported() -> None:
    assert "Invalid function name" in message("FilterExpression", "name = :x AND foo(a)")
    assert "reserved keyword" in message("FilterExpression", "a = :x AND name = :s")
    assert re.search(r"once in an update", message("UpdateExpression", "SET a = :x SET a = :s"))
