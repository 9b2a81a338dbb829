"""Bodies are read as json-smart's permissive mode reads them; each result is one of json-smart's own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from homeport.gateway.mapping import read_json
from homeport.gateway.mapping.errors import UnreadableJson
from homeport.gateway.mapping.json_values import JsonArray, to_json
from homeport.vtl.limits import Meter


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ('{"a":[1,{"b":[]}]}', {"a": [1, {"b": []}]}),
        ("{statusCode: 200}", {"statusCode": 200}),
        ("{statusCode: 200, }foo: ''}", {"statusCode": 200}),
        ("{'a':'b'}", {"a": "b"}),
        ("{\"a\":'it\\'s'}", {"a": "it's"}),
        ('{"a":1,,"b":2,}', {"a": 1, "b": 2}),
        ('{,"a":1}', {"a": 1}),
        ("{a b: c d}", {"a b": "c d"}),
        ('{"a":b"c}', {"a": 'b"c'}),
        ('{"a":01}', {"a": 1}),
        ('{"a":1.}', {"a": 1.0}),
        ('{"a":.5}', {"a": ".5"}),
        ('{"a":+1}', {"a": "+1"}),
        ('{"a":TRUE}', {"a": "TRUE"}),
        ('{"a":1//c\n}', {"a": "1//c"}),
        ('{"a":1,"a":2}', {"a": 2}),
        ("{1:2}", {"1": 2}),
        ("[a b, c]", ["a b", "c"]),
        ("[,1,,2,]", [1, 2]),
        ("[1 2]", ["1 2"]),
        ("[tru, nullx, null, true]", ["tru", "nullx", None, True]),
        ("[1e5, 1E+5, 1e, 0x10, 1_0]", [100000.0, 100000.0, "1e", "0x10", "1_0"]),
        ('{"a":"b\nc"}', {"a": "b\nc"}),
        ('{"a":"b\n\\tc"}', {"a": "b\tc"}),
        ('{"a":"\\u00e9\\/"}', {"a": "é/"}),
        ('{"a":12345678901234567890}', {"a": 12345678901234567890}),
        ('{"a":1.1234567890123456789}', {"a": Decimal("1.1234567890123456789")}),
        ("  [1] trailing", [1]),
        ('"abc"def', "abc"),
        ("'abc'", "abc"),
        ("a=b", "a=b"),
        ("null{", "null{"),
        ("null", None),
        ("true", True),
        (" 12 ", 12),
        ("12abc", "12abc"),
        ("1.50", 1.5),
        ("a,b", "a,b"),
        ("//c\n{}", "//c\n{}"),
        ("\ufeff{}", "\ufeff{}"),
        ("", ""),
    ],
)
def test_text_is_read_leniently(text: str, value: object) -> None:
    assert read_json(text) == value
    assert type(read_json(text)) is (JsonArray if isinstance(value, list) else type(value))


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[a", "{a}", "{a:}", "{:1}", '{"a" 1}', '{"statusCode": 200', '"abc', "'abc", '{"a":"\\x"}'),
        *('{"a":"\\u12"}', '{"a":"b"c"}', '{"a"/*c*/:1}', "[a}", "{a:b]", '{"k":{"a":}}', '{"k":[}', "[1,2", '{"a":{'),
    ],
)
def test_text_that_begins_as_json_and_is_none_is_rejected(text: str) -> None:
    with pytest.raises(UnreadableJson):
        read_json(text)


def test_position_of_the_fault_is_that_of_the_recording() -> None:
    with pytest.raises(UnreadableJson, match="Unexpected End Of File at position 1"):
        read_json("[a")


@pytest.mark.parametrize("text", ["[" * 50_000 + "]" * 50_000, "{a:" * 50_000 + "1" + "}" * 50_000])
def test_deeply_nested_body_is_read_without_recursion(text: str) -> None:
    value, depth = read_json(text), 0
    while isinstance(value, list | dict) and value:
        value, depth = next(iter(value.values() if isinstance(value, dict) else value)), depth + 1
    assert depth >= 49_999


def test_json_text_is_json_smarts() -> None:
    value = {"a": ["x/y", None, 1.0, 10**20, True], 'q"': "\u2028\x7f\x01é\n", "n": float("nan")}
    expected = '{"a":["x/y",null,1.0,100000000000000000000,true],"q\\"":"\\u2028\\u007F\\u0001é\\n","n":null}'
    assert to_json(value, Meter()) == expected
