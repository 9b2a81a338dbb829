"""Definitions of state machines in local files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.sam_templates import SAM, read_plain

FLOW = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Work}", "End": True}}}
DEFINITION = ("Resources", "Flow", "Properties", "Definition")
MACHINE = "Resources:\n  Flow:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"


@pytest.mark.parametrize(
    "location",
    ["flows/flow.asl.json", "{LocalPath: flows/flow.asl.json}", "{Bucket: b, Key: v1/flow.asl.json}"],
)
def test_local_definition_is_read(tmp_path: Path, location: str) -> None:
    files = {
        "template.yaml": f"{MACHINE}      DefinitionS3Location: {location}\n"
        "      DefinitionSubstitutions: {Work: arn}\n",
        "flows/flow.asl.json": json.dumps(FLOW),
    }
    plain = read_plain(tmp_path, files)
    assert plain.value(*DEFINITION) == FLOW
    assert plain.place(*DEFINITION, "States") == "flows/flow.asl.json:1"
    assert sorted(plain.value("Resources", "Flow", "Properties")) == ["Definition", "DefinitionSubstitutions"]
    assert plain.text() == []


@pytest.mark.stack
def test_definition_uri_of_sam_is_read_also_in_yaml(tmp_path: Path) -> None:
    template = (
        f"{SAM}Resources:\n  Flow:\n    Type: AWS::Serverless::StateMachine\n"
        "    Properties: {DefinitionUri: flow.asl.yaml, DefinitionSubstitutions: {Work: arn}}\n"
    )
    text = "StartAt: A\nStates:\n  A: {Type: Task, Resource: '${Work}', End: true}\n"
    plain = read_plain(tmp_path, {"template.yaml": template, "flow.asl.yaml": text})
    assert plain.value(*DEFINITION) == FLOW
    assert plain.place(*DEFINITION, "States", "A") == "flow.asl.yaml:3"


def test_definition_that_is_not_there_is_named(tmp_path: Path) -> None:
    plain = read_plain(tmp_path, f"{MACHINE}      DefinitionS3Location: gone.asl.json\n")
    assert plain.text() == [
        "template.yaml:5: warning: the definition gone.asl.json can't be read: the state machine is not made here "
        "(name a local file)"
    ]
