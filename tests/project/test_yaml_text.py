"""YAML as the kit reads it, by libyaml's parser and by PyYAML's own alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from homeport.project.source.document import Document
from homeport.project.source.source_map import ParsedText, TextError
from homeport.project.source.yaml_text import long_form, no_tags, quickest_parser, read_yaml

Read = Callable[..., ParsedText]


@pytest.fixture(params=["libyaml", "pure Python"])
def read(request: pytest.FixtureRequest) -> Read:
    """``read_yaml`` with one of the two parsers."""
    parser = quickest_parser if request.param == "libyaml" else yaml.SafeLoader
    return lambda text, tags=no_tags: read_yaml(text, tags, parser)


def lines(tree: ParsedText) -> Callable[..., int]:
    """Looks up the line of a path."""
    document = Document("test.yaml", tree.value, tree.source_map)
    return lambda *path: document.line(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("2024-01-01", "2024-01-01"),
        ("12:30:00", "12:30:00"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("+1", 1),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("Null", None),
        ("", None),
        ("'true'", "true"),
        ('"1"', "1"),
        ("-", [None]),
        ("+", "+"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int 12", 12),
        ("!!float 3", 3),
        ("3.0.3", "3.0.3"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(read: Read, text: str, value: Any) -> None:
    tree = read(f"{text}\n")
    assert tree.value == value
    assert type(tree.value) is type(value)
    assert tree.errors == []


def test_keys_are_text_as_written(read: Read) -> None:
    assert read("200: a\nnull: b\ntrue: c\n1.0: d\n").value == {"200": "a", "null": "b", "true": "c", "1.0": "d"}


def test_every_value_knows_its_line(read: Read) -> None:
    line = lines(read("a: 1\nb:\n  c: {d: 1,\n    e: 2}\n  f:\n    - x\n    -\n      - y\n"))
    assert (line(), line("a"), line("b"), line("b", "c"), line("b", "c", "e")) == (1, 1, 2, 3, 4)
    assert (line("b", "f"), line("b", "f", "0"), line("b", "f", "1", "0")) == (5, 6, 8)
    assert line("b", "nothing", "below") == 2


def test_a_merge_key_adds_absent_keys_and_keeps_their_lines(read: Read) -> None:
    tree = read("a: &a {x: 1,\n  y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n")
    assert tree.value["c"] == {"x": 3, "y": 1, "z": 2}
    line = lines(tree)
    assert (line("c", "x"), line("c", "y"), line("c", "z")) == (6, 2, 3)


def test_a_quoted_merge_key_is_a_key(read: Read) -> None:
    assert read("'<<': {a: 1}\n").value == {"<<": {"a": 1}}


def test_an_alias_is_the_same_value(read: Read) -> None:
    value = read("a: &a [1]\nb: *a\nc: &s text\nd: *s\n*s : e\n").value
    assert value == {"a": [1], "b": [1], "c": "text", "d": "text", "text": "e"}
    assert value["a"] is value["b"]


def test_a_duplicate_key_is_an_error_and_its_first_value_counts(read: Read) -> None:
    tree = read("a: 1\nb: 2\na: {c: 1}\n")
    assert tree.value == {"a": 1, "b": 2}
    assert [(error.message, error.line) for error in tree.errors] == [
        ("the key 'a' stands here a second time (first on line 1)", 3)
    ]


INDENTATION = "not YAML: the indentation does not fit the lines above"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a:\n\tb: 1\n", "not YAML: a tab where YAML wants spaces", 2),
        ("a: b: c\n", "not YAML: a ': ' or an indented line where no key can be", 1),
        ("a: 1\n  b: 2\n", "not YAML: a ': ' or an indented line where no key can be", 2),
        ('x: 1\na: "open\nb: 1\n', "not YAML: quotes that are never closed", 2),
        ("a:\n  b: 1\n c: 2\n", f"{INDENTATION}: 1 spaces here, 2 on line 2", 3),
        ("a:\n  - 1\n  b: 2\n", f"{INDENTATION}: 2 spaces here, 2 on line 2", 3),
        ("paths:\n   get:\n     a: 1\n  post: 2\n", f"{INDENTATION}: 2 spaces here, 3 on line 2", 4),
        ("a: 1\nb:\nc:\n  d: 1\n   \n  e: {\n}\n    f: 1\n", f"{INDENTATION}: 4 spaces here, 2 on line 6", 8),
        ("x: 1\na: [1,\n2\nb: 3\n", "not YAML: a bracket that is never closed, or a comma too few", 2),
        ("a: @x\n", "not YAML: a character that can't start a plain value", 1),
        ("allowOrigins: [*]\n", "not YAML: a * or & without a name after it", 1),
        ('a: "\\q"\n', "not YAML: an unknown \\ escape in double quotes", 1),
        ("a: 1\nb: \x01\n", "not YAML: the control character U+0001", 2),
        ("a: *x\n", "*x has no anchor &x above it", 1),
        ("a: &x\n  b: *x\n", "*x stands inside &x itself and would never end", 2),
        ("a: {<<: 3}\n", "<< merges maps, and this is none", 1),
        ("? [a]\n: 1\n", "a map or list stands where a key is expected", 1),
        ("a: 1\n---\nb: 2\n", "a second YAML document starts here", 2),
        ("[" * 100_000, "nested more than 100 levels deep", 1),
    ],
)
def test_broken_yaml_is_explained_in_plain_words(read: Read, text: str, message: str, line: int) -> None:
    with pytest.raises(TextError) as caught:
        read(text)
    assert (caught.value.message, caught.value.line) == (message, line)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: .inf", ".inf is not a number that JSON can hold"),
        ("a: 1e999", "1e999 is too large a number"),
        (f"a: {'9' * 5000}", "a number of 5000 digits is too long"),
        ("a: !!int x", "'x' is not a whole number"),
        ("a: !!binary aGk=", "the tag !!binary has no meaning here"),
        ("a: !Ref x", "the tag !Ref has no meaning here"),
        ("a: !Ref [x]", "the tag !Ref has no meaning here"),
    ],
)
def test_a_number_that_json_can_not_hold_is_an_error(read: Read, text: str, message: str) -> None:
    assert [error.message for error in read(text).errors] == [message]


def test_aliases_that_unfold_without_end_are_rejected_quickly(read: Read) -> None:
    layers = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(TextError, match="aliases unfold to more than 500000 values"):
        read("\n".join(["l0: &l0 [1, 2, 3]", *layers]))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref Table", {"Ref": "Table"}),
        ("!Condition Big", {"Condition": "Big"}),
        ("!Sub '${A}-x'", {"Fn::Sub": "${A}-x"}),
        ("!GetAtt Table.StreamArn", {"Fn::GetAtt": ["Table", "StreamArn"]}),
        ("!GetAtt [Table, Arn]", {"Fn::GetAtt": ["Table", "Arn"]}),
        ("!If [Big, !Ref A, 3]", {"Fn::If": ["Big", {"Ref": "A"}, 3]}),
        ("!Equals [!Ref Stage, prod]", {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}),
    ],
)
def test_cloudformations_short_tags_become_their_long_forms(read: Read, text: str, value: Any) -> None:
    tree = read(f"a:\n  b: {text}\n", long_form)
    assert tree.value == {"a": {"b": value}}
    assert lines(tree)("a", "b", *value) == 2
    assert tree.errors == []


def test_an_unknown_short_tag_names_the_nearest(read: Read) -> None:
    [error] = read("a: !Reff x", long_form).errors
    assert error.message == "CloudFormation knows no tag !Reff: did you mean !Ref?"
