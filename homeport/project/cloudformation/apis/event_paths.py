"""Paths of events that are written with functions of CloudFormation (``Path: !Sub "/${Version}/notes"``).

SAM takes a path as text only, and refuses others when the template is deployed. Here they are worked out with the
template's parameters, and a warning says so.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-api.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.project.cloudformation.stack.intrinsics import Evaluator, UnresolvedValueError
from homeport.project.source.cursor import Cursor, Diagnostics
from homeport.project.source.document import Document

_WITH_EVENTS = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
_API_EVENTS = ("Api", "HttpApi")


def work_out_event_paths(document: Document, names: Mapping[str, Any], diagnostics: Diagnostics) -> None:
    """Put texts in the places of functions, in ``document`` itself. ``names`` has the values of parameters."""
    root = Cursor.root(document, diagnostics)
    evaluator = Evaluator(names, root.map("Conditions"), root.map("Mappings"))
    for properties in _api_events(root):
        path = properties.at("Path")
        if not isinstance(path.value, dict):
            continue
        try:
            text = evaluator.value(path)
        except UnresolvedValueError:
            continue
        if isinstance(text, str):
            properties.value["Path"] = text
            path.warning(f"SAM refuses a function in Path when it is deployed; here it is {text}", "write the text")


def _api_events(root: Cursor) -> Iterator[Cursor]:
    """Yield the properties of the events that are routes."""
    # A template that is not well-formed is the translator's to refuse.
    for _, resource in root.at("Resources").items():
        if resource.at("Type").value in _WITH_EVENTS:
            for _, event in resource.at("Properties").at("Events").items():
                if event.at("Type").value in _API_EVENTS:
                    yield event.at("Properties")
