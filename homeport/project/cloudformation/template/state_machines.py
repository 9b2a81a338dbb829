"""The definitions of state machines that are in local files: DefinitionUri of SAM, DefinitionS3Location with a path.

``sam package`` and ``aws cloudformation package`` upload them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.project.cloudformation.template.includes import local_file, location_text
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document
from homeport.project.source.graft import adopt_lines, set_line
from homeport.project.source.template_text import read_template_text

_TYPE = "AWS::StepFunctions::StateMachine"
_LOCATION = "DefinitionS3Location"


def with_definitions(root: Path, document: Document, diagnostics: Diagnostics) -> Document:
    """Return the template in which each state machine whose definition is in a local file has it as ``Definition``."""
    for _, resource in Cursor.root(document, diagnostics).at("Resources").items():
        properties = resource.at("Properties")
        if resource.at("Type").value == _TYPE and isinstance(properties.value, dict) and properties.has(_LOCATION):
            _read_definition(root, properties)
    return document


def _read_definition(root: Path, properties: Cursor) -> None:
    location, document = properties.at(_LOCATION), properties.document
    text = _path(location.value)
    file = local_file(root, document.file, text) if text else None
    if file is None:
        location.warning(
            f"the definition {text or 'in S3'} can't be read: the state machine is not made here", "name a local file"
        )
        return
    found, problems = read_template_text(root, file)
    properties.diagnostics.add(*problems)
    if found is None or not isinstance(found.value, dict):
        return
    source = location.source
    adopt_lines(document.source_map, found.value, found)
    del properties.value[_LOCATION]
    properties.value["Definition"] = found.value
    set_line(document.source_map, properties.value, "Definition", source)


def _path(location: Any) -> str | None:
    """Return the path that a location names; a place in S3 has the name of the file that is uploaded there."""
    match location:
        case {"LocalPath": path}:
            return location_text(path)
        case {"Bucket": _, "Key": str(key)}:
            return f"s3://bucket/{key}"
    return location_text(location)
