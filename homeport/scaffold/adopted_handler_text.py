"""The Python text of an adopted operation's handler, and of a Lambda authorizer that denies every request."""

from __future__ import annotations

from collections.abc import Mapping
from pprint import pformat
from textwrap import indent
from typing import Any

from homeport.project.schema.references import resolve_map
from homeport.project.schema.sample_value import sample_value
from homeport.scaffold.adopted.adoption import Json, route

_AUTHORIZER = '''"""Who may call: decided before API Gateway calls a function."""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Nobody may, until it is written here who does."""
    return {answer}
'''
_SIMPLE = '{"isAuthorized": False}'
_POLICY = """{
        "principalId": "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": "*"}],
        },
    }"""


def authorizer_text(simple: bool) -> str:
    """Return a Lambda authorizer that denies every request; ``simple`` is the short response of HTTP APIs."""
    return _AUTHORIZER.replace("{answer}", _SIMPLE if simple else _POLICY)


def adopted_handler_text(path: str, method: str, operation: Json, spec: Json, base: str) -> str:
    """Return a handler that validates requests and answers with the first documented success."""
    status, media_type, value = answer_of(operation, spec)
    headers = _headers(operation, status, spec)
    made = _response(status, media_type, value, headers)
    doc = f'"""{status}, as openapi.yaml shows it: what it really does is yours to write."""'
    if not _reads_json(operation, spec):
        return f'''"""{route(path, method)}."""

from __future__ import annotations

from typing import Any

from service import _validators
from {base}.errors import CONTENT_TYPE, BadRequest
from {base}.proxy import Response, read_event, reply


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    {doc}
    asked = read_event(event)
    _, errors = _validators.parameters(
        "{operation["operationId"]}", path=asked.path_parameters, query=asked.query, headers=asked.headers, cookies={{}}
    )
    if errors:
        problem = BadRequest(errors).problem(context.aws_request_id)
        return reply(Response(400, problem, content_type=CONTENT_TYPE))
    return reply({made})
'''
    return f'''"""{route(path, method)}."""

from __future__ import annotations

from {base}.operation import operation
from {base}.proxy import Response
from {base}.validation import Call


@operation("{operation["operationId"]}")
def handler(call: Call) -> Response:
    {doc}
    return {made}
'''


def answer_of(operation: Json, spec: Json) -> tuple[int, str, Any]:
    """Return status, media type and a value of the first documented success. None as the value is no body."""
    responses = {str(status): response for status, response in operation["responses"].items()}
    good = sorted(status for status in responses if status[0] in "23")
    status = good[0] if good else "default"
    response = resolve_map(responses[status], spec)
    content = response.get("content") or {}
    media_type = next((name for name in content if "json" in name), next(iter(content), ""))
    number = int(status.replace("X", "0")) if good else 200
    if number in (204, 304) or not media_type:
        return number, "", None
    return number, media_type, _example(content[media_type] or {}, spec)


def _example(media: Mapping[str, Any], spec: Json) -> Any:
    if "example" in media:
        return media["example"]
    for example in (media.get("examples") or {}).values():
        found = resolve_map(example, spec)
        if "value" in found:
            return found["value"]
    value = sample_value(media.get("schema"), spec)
    return {} if value is None else value


def _headers(operation: Json, status: int, spec: Json) -> dict[str, str]:
    response = resolve_map(operation["responses"].get(str(status)) or {}, spec)
    found = {name: resolve_map(header, spec) for name, header in (response.get("headers") or {}).items()}
    needed = {name: header for name, header in found.items() if header.get("required")}
    return {name.lower(): str(sample_value(header.get("schema"), spec) or "text") for name, header in needed.items()}


def _reads_json(operation: Json, spec: Json) -> bool:
    content = resolve_map(operation.get("requestBody") or {}, spec).get("content") or {}
    return not content or any("json" in name or name == "*/*" for name in content)


def _response(status: int, media_type: str, value: Any, headers: Mapping[str, str]) -> str:
    more = [_literal(headers)] if headers else []
    if media_type and media_type != "application/json" and "*" not in media_type:
        more.append(f'content_type="{media_type}"')
    body = [] if value is None and not more else [_literal(value)]
    return f"Response({', '.join([str(status), *body, *more])})"


def _literal(value: Any) -> str:
    text = pformat(value, width=100, sort_dicts=False)
    return indent(text, "    ").lstrip()
