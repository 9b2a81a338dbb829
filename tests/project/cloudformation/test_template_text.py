"""The text of a template: scalars, keys that stand twice, short forms of functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.errors import Problem
from homeport.project.source.document import Document
from homeport.project.source.template_text import read_template_text


def read(folder: Path, text: str, name: str = "template.yaml") -> tuple[Document, list[str]]:
    """Return the document of a text, and its problems as text."""
    (folder / name).write_text(text)
    document, problems = read_template_text(folder, name)
    assert document is not None
    return document, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2010-09-09", "2010-09-09"),
        ("2012-10-17", "2012-10-17"),
        ("yes", True),
        ("On", True),
        ("NO", False),
        ("off", False),
        ("y", "y"),
        ("012345678901", "012345678901"),
        ("0123", "0123"),
        ("0", 0),
        ("123e4", "123e4"),
        ("1.5e3", 1500.0),
        ("5", 5),
        ("-5", -5),
        ("1.10", 1.1),
        ("'yes'", "yes"),
        ("12:30", "12:30"),
        ("~", None),
    ],
)
def test_unquoted_scalar_is_what_the_tools_of_aws_make_of_it(tmp_path: Path, written: str, value: Any) -> None:
    document, problems = read(tmp_path, f"Key: {written}\n")
    assert (document.value, problems) == ({"Key": value}, [])


def test_keys_are_text(tmp_path: Path) -> None:
    document, _ = read(tmp_path, "012345678901: a\n200: b\n2012-10-17: c\nyes: d\n")
    assert document.value == {"012345678901": "a", "200": "b", "2012-10-17": "c", "yes": "d"}


def test_key_that_stands_twice_has_its_last_value_and_a_warning(tmp_path: Path) -> None:
    document, problems = read(tmp_path, "A: 1\nB:\n  C: 1\nA: 2\nB:\n  D: 2\n")
    assert document.value == {"A": 2, "B": {"D": 2}}
    assert problems == [
        "template.yaml:4: warning: the key 'A' stands here a second time (first on line 1): the last one holds "
        "(remove the other)",
        "template.yaml:5: warning: the key 'B' stands here a second time (first on line 2): the last one holds "
        "(remove the other)",
    ]
    assert document.line(("A",)) == 4
    assert document.line(("B", "D")) == 6


def test_key_that_stands_twice_in_json_has_its_last_value(tmp_path: Path) -> None:
    document, problems = read(tmp_path, '{"A": 1,\n "A": {"B": 2}}', "template.json")
    assert document.value == {"A": {"B": 2}}
    assert [problem.split(": ")[1] for problem in problems] == ["warning"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.Arn", {"Fn::GetAtt": ["A", "Arn"]}),
        ("!GetAtt A.Outputs.B", {"Fn::GetAtt": ["A", "Outputs.B"]}),
        ("!GetAtt [A, Arn]", {"Fn::GetAtt": ["A", "Arn"]}),
        ("!Sub 'a-${B}'", {"Fn::Sub": "a-${B}"}),
        ("!Sub ['a-${B}', {B: !Ref C}]", {"Fn::Sub": ["a-${B}", {"B": {"Ref": "C"}}]}),
        ("!Base64 a", {"Fn::Base64": "a"}),
        ("!Cidr [a, 1, 2]", {"Fn::Cidr": ["a", 1, 2]}),
        ("!FindInMap [A, b, c]", {"Fn::FindInMap": ["A", "b", "c"]}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
        ("!If [A, b, !Ref AWS::NoValue]", {"Fn::If": ["A", "b", {"Ref": "AWS::NoValue"}]}),
        ("!ImportValue a", {"Fn::ImportValue": "a"}),
        ("!Join ['', [a, b]]", {"Fn::Join": ["", ["a", "b"]]}),
        ("!Select [0, !Split [',', a]]", {"Fn::Select": [0, {"Fn::Split": [",", "a"]}]}),
        ("!Equals [a, b]", {"Fn::Equals": ["a", "b"]}),
        (
            "!And [!Condition A, !Not [!Condition B]]",
            {"Fn::And": [{"Condition": "A"}, {"Fn::Not": [{"Condition": "B"}]}]},
        ),
        ("!Or [a, b]", {"Fn::Or": ["a", "b"]}),
        ("!Length [a]", {"Fn::Length": ["a"]}),
        ("!ToJsonString {a: 1}", {"Fn::ToJsonString": {"a": 1}}),
        (
            "!Transform {Name: 'AWS::Include', Parameters: {Location: a}}",
            {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "a"}}},
        ),
        ("!ValueOf [A, b]", {"Fn::ValueOf": ["A", "b"]}),
    ],
)
def test_short_form_is_the_function(tmp_path: Path, written: str, value: Any) -> None:
    document, problems = read(tmp_path, f"Key: {written}\n")
    assert (document.value, problems) == ({"Key": value}, [])


def test_unknown_short_form_is_an_error_with_its_line(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "A: 1\nB: !Reff A\n")
    assert problems == ["template.yaml:2: error: CloudFormation knows no tag !Reff: did you mean !Ref? (remove it)"]


def test_warning_keeps_its_severity(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("A: 1\nA: 2\n")
    _, problems = read_template_text(tmp_path, "template.yaml")
    assert [problem.severity for problem in problems] == ["warning"]
    assert isinstance(problems[0], Problem)
