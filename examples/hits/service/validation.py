"""Requests are checked against openapi.yaml here, by validators that are generated from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service import _validators, exact_json
from service.errors import BadRequest
from service.proxy import Request


@dataclass(frozen=True, slots=True)
class Call:
    """A request that keeps to the contract: parameters are in the types of their schemas, defaults filled in.

    ``url_path`` is the path as the client wrote it, ``deadline`` the time of ``time.monotonic()`` to have answered by.
    """

    url_path: str
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any = None
    deadline: float = math.inf


def checked(operation: str, request: Request, deadline: float = math.inf) -> Call:
    """What a request asks of an operation. Raises BadRequest with everything that is wrong with it."""
    values, errors = _validators.parameters(
        operation, path=request.path_parameters, query=request.query, headers=request.headers, cookies={}
    )
    body = None
    if _validators.media_types(operation):
        body, violations = _read_body(operation, request)
        errors += violations
    if errors:
        raise BadRequest(errors)
    return Call(request.path, values["path"], values["query"], values["header"], body, deadline)


def _read_body(operation: str, request: Request) -> tuple[Any, list[dict[str, str]]]:
    if not request.body:
        return None, _validators.missing_body(operation)
    try:
        body = exact_json.loads(request.body)
    except ValueError as error:
        return None, [{"in": "body", "pointer": "", "detail": str(error)}]
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return body, _validators.body(operation, body, media_type)
