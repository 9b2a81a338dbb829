"""The Lambda functions of a stack, with the folders that their code is in."""

from __future__ import annotations

from pathlib import Path

from homeport.project.cloudformation.stack import CloudFormationStack
from homeport.project.model import Function
from homeport.project.source.cursor import Diagnostics


def read_functions(stack: CloudFormationStack, root: Path, diagnostics: Diagnostics) -> dict[str, Function]:
    """Return the functions of a stack by logical id. ``root`` is the project's folder, absolute.

    Functions that can't be run here have the code None and are named.
    """
    return {
        resource.logical_id: Function(
            resource.logical_id, resource.properties.text("Handler"), resource.properties.source
        )
        for resource in stack.of_type("AWS::Lambda::Function")
    }
