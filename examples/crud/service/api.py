"""Between API Gateway's events and the handlers: requests are checked against openapi.yaml, errors become JSON."""

import base64
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import unquote

from service import _validators


class Call(NamedTuple):
    """A valid request. ``authorizer`` has the claims of a token, or the context that a Lambda authorizer returned."""

    url_path: str
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any
    event: Mapping[str, Any]
    authorizer: Mapping[str, Any]


class Response(NamedTuple):
    """A response. ``body`` is a JSON value, None for no body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}


class ServiceError(Exception):
    """An error response: its status, and the message that the client sees."""


def operation(name: str) -> Callable[[Callable[[Call], Response]], Any]:
    """Return a decorator: it makes a Lambda handler of a function that answers valid calls of operation ``name``."""
    return lambda answer: lambda event, context: _respond(name, answer, event)


def _respond(name: str, answer: Callable[[Call], Response], event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        status, body, headers = answer(_read(name, event))
    except ServiceError as error:
        status, body, headers = error.args[0], {"message": error.args[1]}, {}
    if body is None:
        return {"statusCode": status, "headers": headers}
    text = json.dumps(body, default=lambda number: int(number) if number % 1 == 0 else float(number))
    return {"statusCode": status, "headers": {"content-type": "application/json", **headers}, "body": text}


def _read(name: str, event: Mapping[str, Any]) -> Call:
    # A REST API, whose events have no version, leaves the parts of a path encoded.
    path = {key: it if "version" in event else unquote(it) for key, it in (event.get("pathParameters") or {}).items()}
    query = {key: [value] for key, value in (event.get("queryStringParameters") or {}).items()}
    headers = {key.lower(): value for key, value in event["headers"].items()}
    values, errors = _validators.parameters(name, path=path, query=query, headers=headers, cookies={})
    body, text = None, event.get("body")
    if not text:
        errors += _validators.missing_body(name)
    elif _validators.media_types(name):
        try:
            body = json.loads(base64.b64decode(text) if event["isBase64Encoded"] else text, parse_float=Decimal)
            # Bytes that are not UTF-8 come as U+FFFD; half of a surrogate pair ("\ud800") is nothing for DynamoDB.
            if b"\xef\xbf\xbd" in json.dumps(body, ensure_ascii=False, default=str).encode():
                raise ValueError
        except (ValueError, RecursionError):
            raise ServiceError(400, "the body is not JSON in UTF-8") from None
        errors += _validators.body(name, body, headers.get("content-type", "").partition(";")[0].strip().lower())
    if errors:
        raise ServiceError(400, "; ".join(f"{each['in']}{each['pointer']}: {each['detail']}" for each in errors))
    given = (context := event["requestContext"]).get("authorizer") or {}
    caller = given.get("jwt", given).get("claims") or given.get("lambda", given)
    return Call(event.get("rawPath") or context["path"], values["path"], values["query"], body, event, caller)
