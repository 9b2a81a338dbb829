"""Fn::ForEach, unrolled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.project.cloudformation.template.language_extensions import expand_language_extensions
from homeport.project.source.cursor import Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.template_text import read_template_text

TRANSFORM = "Transform: AWS::LanguageExtensions\n"


def expand(folder: Path, text: str, values: dict[str, Any] | None = None) -> tuple[Document, list[str]]:
    """Return the expanded template and the problems as text."""
    (folder / "template.yaml").write_text(text)
    document, _ = read_template_text(folder, "template.yaml")
    assert document is not None
    diagnostics = Diagnostics()
    expanded = expand_language_extensions(document, values or {}, diagnostics)
    return expanded, [str(problem) for problem in diagnostics.all()]


def test_loop_makes_a_resource_for_each_value(tmp_path: Path) -> None:
    template = f"""{TRANSFORM}Resources:
  Before: {{Type: A}}
  Fn::ForEach::Topics:
    - TopicName
    - [Success, Failure]
    - 'Topic${{TopicName}}':
        Type: AWS::SNS::Topic
        Properties:
          TopicName: !Sub '${{TopicName}}.fifo'
          Name: !Ref TopicName
          Arn: !Sub '${{AWS::Region}}-${{TopicName}}'
          Joined: !Join ['-', [a, !Ref TopicName]]
  After: {{Type: B}}
"""
    document, problems = expand(tmp_path, template)
    assert problems == []
    assert list(document.value["Resources"]) == ["Before", "TopicSuccess", "TopicFailure", "After"]
    assert document.value["Resources"]["TopicSuccess"] == {
        "Type": "AWS::SNS::Topic",
        "Properties": {
            "TopicName": "Success.fifo",
            "Name": "Success",
            "Arn": {"Fn::Sub": "${AWS::Region}-Success"},
            "Joined": "a-Success",
        },
    }
    assert document.line(("Resources", "TopicFailure")) == 7
    assert document.line(("Resources", "TopicFailure", "Properties", "Name")) == 11
    assert document.line(("Resources", "After")) == 14


def test_loop_takes_the_values_of_a_parameter(tmp_path: Path) -> None:
    template = f"""{TRANSFORM}Outputs:
  Fn::ForEach::Out:
    - Name
    - !Ref Names
    - '${{Name}}Out': {{Value: !GetAtt '${{Name}}.Arn'}}
"""
    for values in (["A", "B"], "A, B"):
        document, problems = expand(tmp_path, template, {"Names": values})
        assert problems == []
        assert document.value["Outputs"] == {
            "AOut": {"Value": {"Fn::GetAtt": ["A", "Arn"]}},
            "BOut": {"Value": {"Fn::GetAtt": ["B", "Arn"]}},
        }


def test_ampersand_leaves_out_what_a_logical_id_cannot_have(tmp_path: Path) -> None:
    template = f"""{TRANSFORM}Resources:
  Fn::ForEach::Hosts:
    - Host
    - [a.example.com]
    - 'Host&{{Host}}': {{Type: A, Name: '${{Host}}'}}
"""
    document, _ = expand(tmp_path, template)
    assert document.value["Resources"] == {"Hostaexamplecom": {"Type": "A", "Name": "a.example.com"}}


def test_loop_in_a_loop_and_in_properties(tmp_path: Path) -> None:
    template = f"""{TRANSFORM}Mappings: {{M: {{x: {{list: [p, q]}}}}}}
Resources:
  Fn::ForEach::Outer:
    - A
    - [x]
    - 'Fn::ForEach::Inner':
        - B
        - !FindInMap [M, !Ref A, list]
        - 'R${{A}}${{B}}':
            Type: T
            Properties:
              Fn::ForEach::Keys:
                - K
                - [one, two]
                - '${{K}}': '${{A}}${{B}}'
"""
    document, problems = expand(tmp_path, template)
    assert problems == []
    assert document.value["Resources"] == {
        "Rxp": {"Type": "T", "Properties": {"one": "xp", "two": "xp"}},
        "Rxq": {"Type": "T", "Properties": {"one": "xq", "two": "xq"}},
    }


def test_other_placeholders_stay(tmp_path: Path) -> None:
    template = f"""{TRANSFORM}Resources:
  Fn::ForEach::L: [A, [x], {{'R${{A}}': {{V: 'a ${{Other}} ${{!A}} &{{B}} ${{AWS::Region}}'}}}}]
"""
    document, _ = expand(tmp_path, template)
    assert document.value["Resources"]["Rx"] == {"V": "a ${Other} ${!A} &{B} ${AWS::Region}"}


def test_template_without_a_loop_is_returned_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(f"{TRANSFORM}Resources: {{A: {{Type: B}}}}\n")
    document, _ = read_template_text(tmp_path, "template.yaml")
    assert document is not None
    assert expand_language_extensions(document, {}, Diagnostics()) is document


def test_damaged_loop_is_an_error_with_its_line(tmp_path: Path) -> None:
    document, problems = expand(tmp_path, f"{TRANSFORM}Resources:\n  Fn::ForEach::L: [A, [x]]\n  B: {{Type: T}}\n")
    assert document.value["Resources"] == {"B": {"Type": "T"}}
    assert problems == [
        "template.yaml:3: error: a loop needs an identifier, a collection and a map "
        "(write [Name, [a, b], {'Key${Name}': …}])"
    ]


def test_collection_without_a_value_is_an_error(tmp_path: Path) -> None:
    _, problems = expand(tmp_path, f"{TRANSFORM}Resources:\n  Fn::ForEach::L: [A, !Ref Gone, {{'R${{A}}': {{}}}}]\n")
    assert len(problems) == 1
    assert problems[0].startswith("template.yaml:3: error: the collection of a loop has no value: ")


def test_loop_without_its_transform_is_a_warning(tmp_path: Path) -> None:
    document, problems = expand(tmp_path, "Resources:\n  Fn::ForEach::L: [A, [x], {'R${A}': {Type: T}}]\n")
    assert document.value["Resources"] == {"Rx": {"Type": "T"}}
    assert len(problems) == 1
    assert "does not name its transform" in problems[0]
