"""Values print, compare and calculate as Java's do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from homeport.vtl import parse
from homeport.vtl.values import double_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (100.0, "100.0"),
        (0.05, "0.05"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (123456789.125, "1.23456789125E8"),
        (1e22, "1.0E22"),
        (-1.5e-10, "-1.5E-10"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)
def test_double_prints_as_java_prints_it(number: float, text: str) -> None:
    assert double_text(number) == text


def render(template: str, **variables: object) -> str:
    """Return what a template renders."""
    return parse(template).render(variables)


def test_containers_print_as_java_prints_them() -> None:
    value = {"a": [1, "x", None, True, 1.5], "m": {}, "l": [], "d": Decimal("1.10")}
    assert render("$x", x=value) == "{a=[1, x, null, true, 1.5], m={}, l=[], d=1.10}"


def test_null_in_a_list_is_no_value_when_it_is_referred_to() -> None:
    assert render("[$x[0]][$x.get(0)]#if($x[0] == '')empty#end $x", x=[None]) == "[][]empty [null]"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("7 / 2.0", "3.5"),
        ("2147483647 + 1", "2147483648"),
        ("9223372036854775807 * 2", "18446744073709551614"),
        ("'a' + 1 + 2", "a12"),
        ("1 + 2 + 'a'", "3a"),
        ("$none + 1", "1"),
        ("'5' * 2", "unset"),
        ("1 / 0", "unset"),
        ("1 == 1.0", "true"),
        ("'1' == 1", "true"),
        ("'b' > 'a'", "false"),
        ("[1, 2] == [1, 2]", "true"),
        ("{'a': 1} == {'a': 1.0}", "false"),
        ("$none == $nothing", "true"),
        ("$none == ''", "true"),
        ("[] == ''", "false"),
        ("!$none", "false"),
        ("1 < 2 && 2 < 3 || false", "true"),
        ("$d + 1", "2.50"),
        ("$d / 3", "0.50"),
    ],
)
def test_expression_has_javas_value(expression: str, text: str) -> None:
    assert render(f"#set($x = 'unset')#set($x = {expression})$x", d=Decimal("1.50")) == text


def test_only_false_is_false_for_a_reference() -> None:
    template = "#foreach($v in $values)#if($v)T#{else}F#end#end#if($none)T#{else}F#end"
    assert render(template, values=[False, True, "", "false", 0, [], {}, None]) == "FTTTTTTTT"
