"""Event patterns: the operators of EventBridge's documentation, each with an event that matches and one that does not.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from homeport.project.triggers.event_pattern import EventPattern, PatternError

CASES: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("text", {"source": ["aws.ec2"]}, [{"source": "aws.ec2"}], [{"source": "aws.ec"}, {}, {"source": {"a": 1}}]),
    ("several values", {"s": ["a", "b"]}, [{"s": "b"}], [{"s": "c"}]),
    ("nested", {"d": {"state": ["on"]}}, [{"d": {"state": "on"}}], [{"d": "on"}, {"state": "on"}, {"d": {}}]),
    ("array of the event", {"r": ["x"]}, [{"r": ["y", "x"]}], [{"r": ["y"]}, {"r": []}]),
    ("objects in an array", {"i": {"a": [1], "b": [2]}}, [{"i": [{"a": 1, "b": 2}]}], [{"i": [{"a": 1}, {"b": 2}]}]),
    ("null", {"n": [None]}, [{"n": None}], [{"n": ""}, {}, {"n": 0}, {"n": False}]),
    ("empty text", {"n": [""]}, [{"n": ""}], [{"n": None}, {}]),
    ("true", {"n": [True]}, [{"n": True}], [{"n": 1}, {"n": "true"}]),
    ("numbers as they are written", {"n": [300]}, [{"n": 300}], [{"n": 300.0}, {"n": "300"}]),
    ("prefix", {"t": [{"prefix": "2017-"}]}, [{"t": "2017-10"}], [{"t": "x2017-"}, {"t": 2017}, {}]),
    ("prefix in any case", {"t": [{"prefix": {"equals-ignore-case": "eu"}}]}, [{"t": "EU-1"}], [{"t": "us"}]),
    ("suffix", {"f": [{"suffix": ".png"}]}, [{"f": "a.png"}], [{"f": "a.PNG"}, {"f": ".png.gz"}]),
    ("suffix in any case", {"f": [{"suffix": {"equals-ignore-case": ".png"}}]}, [{"f": "a.PnG"}], [{"f": "a.jpg"}]),
    ("equals-ignore-case", {"t": [{"equals-ignore-case": "Alice"}]}, [{"t": "aLICE"}], [{"t": "alices"}, {"t": 1}]),
    ("anything-but a text", {"s": [{"anything-but": "init"}]}, [{"s": "on"}, {"s": 1}], [{"s": "init"}, {}]),
    ("anything-but a list", {"s": [{"anything-but": ["a", "b"]}]}, [{"s": "c"}], [{"s": "a"}, {"s": "b"}]),
    ("anything-but a number", {"n": [{"anything-but": [1, 2]}]}, [{"n": 3}], [{"n": 2}]),
    ("anything-but a prefix", {"s": [{"anything-but": {"prefix": "in"}}]}, [{"s": "on"}], [{"s": "init"}]),
    ("anything-but prefixes", {"s": [{"anything-but": {"prefix": ["a", "b"]}}]}, [{"s": "c"}], [{"s": "bc"}]),
    ("anything-but a suffix", {"s": [{"anything-but": {"suffix": ".txt"}}]}, [{"s": "a.png"}], [{"s": "a.txt"}]),
    ("anything-but, any case", {"s": [{"anything-but": {"equals-ignore-case": "A"}}]}, [{"s": "b"}], [{"s": "a"}]),
    ("anything-but a wildcard", {"s": [{"anything-but": {"wildcard": "*/bin/*"}}]}, [{"s": "/a"}], [{"s": "/bin/a"}]),
    ("numeric equality", {"n": [{"numeric": ["=", 100]}]}, [{"n": 100}, {"n": 100.0}], [{"n": 101}, {"n": "100"}]),
    ("numeric range", {"n": [{"numeric": [">", 0, "<=", 5]}]}, [{"n": 5}, {"n": 0.5}], [{"n": 0}, {"n": 5.1}]),
    ("no boolean is a number", {"n": [{"numeric": [">=", 0]}]}, [{"n": 0}], [{"n": True}]),
    ("exists", {"d": {"s": [{"exists": True}]}}, [{"d": {"s": None}}], [{"d": {}}, {"d": {"s": {"t": 1}}}, {}]),
    ("exists false", {"d": {"s": [{"exists": False}]}}, [{"d": {"t": 1}}, {}], [{"d": {"s": 0}}]),
    ("absent or a value", {"s": [{"exists": False}, "on"]}, [{}, {"s": "on"}], [{"s": "off"}]),
    ("cidr", {"ip": [{"cidr": "10.0.0.0/24"}]}, [{"ip": "10.0.0.255"}], [{"ip": "10.0.1.0"}, {"ip": "x"}, {"ip": 1}]),
    ("wildcard", {"f": [{"wildcard": "dir/*.png"}]}, [{"f": "dir/a/b.png"}, {"f": "dir/.png"}], [{"f": "dir/a.jpg"}]),
    ("wildcards in order", {"f": [{"wildcard": "a*b*c"}]}, [{"f": "a1b2c"}, {"f": "abc"}], [{"f": "acb"}, {"f": "ac"}]),
    ("an escaped wildcard", {"f": [{"wildcard": "a\\*b"}]}, [{"f": "a*b"}], [{"f": "axb"}]),
    ("no overlap", {"f": [{"wildcard": "aba*aba"}]}, [{"f": "abaaba"}], [{"f": "aba"}, {"f": "ababa"}]),
    (
        "$or beside a field",
        {"s": ["x"], "$or": [{"a": [1]}, {"b": {"c": [2]}}]},
        [{"s": "x", "a": 1}, {"s": "x", "b": {"c": 2}}],
        [{"s": "x"}, {"s": "y", "a": 1}],
    ),
    ("$or inside of a field", {"d": {"$or": [{"a": [1]}, {"b": [2]}]}}, [{"d": {"b": 2}}], [{"b": 2}, {"d": {"a": 2}}]),
]


@pytest.mark.parametrize(("pattern", "taken", "left"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_pattern_takes_the_events_that_eventbridge_takes(pattern: Any, taken: list[Any], left: list[Any]) -> None:
    parsed = EventPattern.parse(pattern)
    assert [event for event in taken if not parsed.matches(event)] == []
    assert [event for event in left if parsed.matches(event)] == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ([], "a pattern is a map of fields"),
        ({}, "a pattern has at least one field"),
        ({"a": "b"}, "a: write a list of values: ['b']"),
        ({"a": {"b": []}}, "a.b: an empty list matches nothing"),
        ({"a": {}}, "a: an empty map matches nothing"),
        ({"a": [{"prefx": "x"}]}, "a: unknown operator 'prefx'"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, "a: a matcher has one operator"),
        ({"a": [["b"]]}, "a: a value is text, a number, true, false or null"),
        ({"a": [{"numeric": [">"]}]}, "a: numeric is"),
        ({"a": [{"numeric": ["!=", 3]}]}, "a: '!=' is no comparison"),
        ({"a": [{"numeric": ["<", "3"]}]}, "a: '3' is no number"),
        ({"a": [{"numeric": ["<", 6e9]}]}, "is not between -5e9 and 5e9"),
        ({"a": [{"numeric": ["<", 5, ">", 1]}]}, "a: a range has its lower bound first"),
        ({"a": [{"exists": "yes"}]}, "a: exists is true or false"),
        ({"a": [{"wildcard": "a**"}]}, "a: two wildcards can't stand side by side"),
        ({"a": [{"cidr": "10.0.0.0/33"}]}, "a: '10.0.0.0/33'"),
        ({"a": [{"prefix": 3}]}, "a: 3 is no text"),
        ({"a": [{"anything-but": {"numeric": ["=", 3]}}]}, "a: anything-but takes values"),
        ({"$or": [{"a": [1]}]}, "$or: $or is a list of at least two patterns"),
    ],
)
def test_faulty_pattern_is_refused_with_the_path_to_the_mistake(pattern: Any, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        EventPattern.parse(pattern)
    assert message in str(caught.value)


def test_wildcards_take_linear_time() -> None:
    pattern = EventPattern.parse({"a": [{"wildcard": "a*a*a*a*a*a*a*a*a*a*b"}]})
    assert not pattern.matches({"a": "a" * 200_000})


def test_pattern_is_the_same_in_another_process() -> None:
    pattern = EventPattern.parse({"a": [{"prefix": "x"}]})
    copy = pickle.loads(pickle.dumps(pattern))
    assert copy == pattern
    assert (copy.matches({"a": "xy"}), copy.matches({"a": "y"})) == (True, False)
