"""Who may invoke a function: the API, on the function's own routes of its own stage, and nobody else.

https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from homeport.cloud.template_functions import invoked, sub
from homeport.cloud.template_names import Names
from homeport.spec.model import Function, Operation
from homeport.spec.project import Project

_EXECUTE = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}"
_VARIABLE = re.compile(r"\{[^}]*\}")


def permissions(project: Project, names: Names, authorizers: Mapping[str, str]) -> dict[str, Any]:
    """One permission a function. ``authorizers`` maps functions to the ARN of their authorizer after the API's id."""
    resources = {}
    for name, function in project.api.functions.items():
        source = _source(function, project, authorizers)
        if source is not None:
            resources[f"{names.functions[name]}Permission"] = {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": invoked(project.stage, names.functions[name]),
                    "Principal": "apigateway.amazonaws.com",
                    "SourceArn": sub(f"{_EXECUTE}/{source}"),
                },
            }
    return resources


def _source(function: Function, project: Project, authorizers: Mapping[str, str]) -> str | None:
    if not function.operations:
        return authorizers.get(function.name)
    served = [project.api.operations_by_id[name] for name in function.operations]
    return f"{project.stage.stage_name}/{routes_pattern(served)}"


def routes_pattern(operations: Sequence[Operation]) -> str:
    """The narrowest ``METHOD/path`` pattern that covers all operations: ``*`` stands for what differs."""
    defaults = [operation.path == "/$default" for operation in operations]
    if any(defaults):
        return "$default" if all(defaults) else "*"
    methods = {operation.method for operation in operations}
    method = methods.pop() if len(methods) == 1 else "*"
    return f"{'*' if method == 'ANY' else method}{_common(operation.path for operation in operations)}"


def _common(paths: Iterable[str]) -> str:
    patterns = sorted({_VARIABLE.sub("*", path) for path in paths})
    if len(patterns) == 1:
        return patterns[0]
    columns = zip(*(pattern.split("/") for pattern in patterns), strict=False)
    shared = [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
    # The path that ends where the others go on is covered only by a star without a slash before it.
    whole = "/".join(shared)
    if whole not in patterns:
        return f"{whole}/*"
    return whole if whole.endswith("*") else f"{whole}*"
