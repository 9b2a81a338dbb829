"""The trap of an HTTP API whose only route is ``$default``: no path parameter ever reaches its function.

Quick create makes such an API, and so does SAM of an event ``HttpApi`` without a path.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from homeport.errors import Problem
from homeport.project.model import Api, Function

_SUFFIXES = (".py", ".mjs", ".js", ".cjs", ".ts")
_READS = re.compile(rb"\bpathParameters\b")


def default_route_warnings(api: Api) -> Iterator[Problem]:
    """Yield a warning if the function of an API's only route, ``$default``, reads path parameters."""
    if [operation.path for operation in api.operations] != ["/$default"]:
        return
    (operation,) = api.operations
    function = api.functions.get(operation.function or "")
    if function is not None and _reads_path_parameters(function):
        yield Problem(
            f"{function.name} reads event.pathParameters, which is never there: $default is the only route",
            operation.source.file,
            operation.source.line,
            'add routes such as "GET /items/{id}", or read event.rawPath',
            "warning",
        )


def _reads_path_parameters(function: Function) -> bool:
    if function.code is None:
        return False
    module = function.code.root.joinpath(*re.split(r"[./]", function.handler.rpartition(".")[0]))
    for suffix in _SUFFIXES:
        try:
            return _READS.search(module.with_suffix(suffix).read_bytes()) is not None
        except OSError:
            continue
    return False
