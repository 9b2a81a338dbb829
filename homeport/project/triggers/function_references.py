"""The functions that triggers name: by ARN, by name, with or without a version or alias."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homeport.project.cloudformation.stack.stack import CloudFormationStack
from homeport.project.model import Function, Stage

_ARN = re.compile(r"(?:arn:aws[\w-]*:lambda:[\w-]*:)?(?:\d{12}:)?(?:function:)?(?P<name>[\w-]+)(?::[\w$-]+)?")


@dataclass(frozen=True, slots=True)
class FunctionReferences:
    """The functions of a project by the names that AWS gives them; the values are keys of ``Api.functions``."""

    by_name: Mapping[str, str]

    @classmethod
    def of(cls, functions: Iterable[Function], stage: Stage) -> FunctionReferences:
        """Return the references to functions in a stage."""
        return cls({function_name(function, stage): function.name for function in functions})

    def find(self, reference: object) -> str | None:
        """Return the function of a name or ARN, None if it is not the project's, or names no function at all."""
        if not isinstance(reference, str):
            return None
        found = _ARN.fullmatch(reference)
        return self.by_name.get(found["name"]) if found is not None else None


def function_name(function: Function, stage: Stage) -> str:
    """Return AWS's name of a function in a stage."""
    return function.physical_name or stage.function_name(function.name)


def is_function_arn(value: object) -> bool:
    """Return whether a value is the ARN of a Lambda function."""
    return isinstance(value, str) and ":lambda:" in value and ":function:" in value


def of_stack(stack: CloudFormationStack, functions: Mapping[str, Function]) -> FunctionReferences:
    """Return the references to the functions of a stack, which are by their logical ids."""
    return FunctionReferences({stack.resources[name].physical_id: name for name in functions})
