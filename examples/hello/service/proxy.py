"""Between a REST API's proxy events and the handler."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from service import _validators


def query(operation: str, event: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[Mapping[str, str]]]:
    """The query parameters as openapi.yaml types them, defaults filled in, and what is wrong with them."""
    asked = event["multiValueQueryStringParameters"] or {}
    values, errors = _validators.parameters(operation, path={}, query=asked, headers={}, cookies={})
    return values["query"], errors


def reply(status: int, body: Any, content_type: str = "application/json") -> dict[str, Any]:
    """The answer for API Gateway."""
    return {"statusCode": status, "headers": {"content-type": content_type}, "body": json.dumps(body)}


def problem(status: int, title: str, errors: Sequence[Mapping[str, str]], request_id: str) -> dict[str, Any]:
    """Problem details (RFC 9457)."""
    detail = "; ".join(f"{error['pointer'].removeprefix('/')}: {error['detail']}" for error in errors)[:2000]
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return reply(status, {**body, "instance": f"urn:uuid:{request_id}"}, "application/problem+json")
