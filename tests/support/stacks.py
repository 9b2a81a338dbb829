"""Stacks that are read from the text of a template, without a transform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homeport.project.cloudformation.stack.parameters import read_parameters
from homeport.project.cloudformation.stack.stack import CloudFormationStack, read_stack
from homeport.project.cloudformation.template.nested_templates import NestedTemplates
from homeport.project.cloudformation.template.template import read_template
from homeport.project.project import ProjectInputs
from homeport.project.source.cursor import Diagnostics


def stack_of(
    root: Path, text: str, inputs: ProjectInputs | None = None, stage: str = "local"
) -> tuple[CloudFormationStack, list[str]]:
    """Return the stack of a template in the folder ``app`` of ``root``, and the lines of its problems."""
    folder = root / "app"
    folder.mkdir(exist_ok=True)
    (folder / "template.yaml").write_text(text)
    diagnostics = Diagnostics()
    document = read_template(folder, "template.yaml", diagnostics)
    assert document is not None, diagnostics.all()
    values = read_parameters(folder, document, inputs or ProjectInputs(), stage, {}, diagnostics)
    stack = read_stack(document, values, diagnostics, NestedTemplates(folder, diagnostics))
    return stack, [str(problem) for problem in diagnostics.all()]


def value_of(root: Path, written: str, sections: str = "", inputs: ProjectInputs | None = None) -> Any:
    """Return what a value of a property becomes, in a template with more sections, which must have no problems."""
    stack, problems = stack_of(root, with_value(written, sections), inputs)
    assert problems == []
    return stack.resources["Thing"].properties.value.get("Value")


def with_value(written: str, sections: str = "") -> str:
    """Return a template in which ``Thing`` has the property Value on line 5, and more sections after it."""
    head = "Resources:\n  Thing:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Value: "
    return f"{head}{written}\n{sections}"
