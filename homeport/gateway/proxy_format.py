"""What authorizers found, as the text that functions see.

The parts of payload format 1.0 that HTTP and REST APIs share.

A function's answer, read as far as both flavors read it alike. Raises GatewayError where API Gateway would.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Header
from homeport.gateway.http.uri import parse_query
from homeport.gateway.ids import claim_time
from homeport.runtime.api import Invocation


def jwt_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims of an HTTP API's JWT authorizer: every value is text, a list is ``[a b]`` (observed)."""
    return {name: _go_text(value) for name, value in claims.items()}


def cognito_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """The claims of a REST API's Cognito authorizer: a list is ``a,b``, ``exp`` and ``iat`` are dates (observed)."""
    return {name: _date_text(value) if name in ("exp", "iat") else _comma_text(value) for name, value in claims.items()}


def rest_context(values: Mapping[str, Any]) -> dict[str, str]:
    """The context of a REST API's Lambda authorizer: text, numbers and booleans, all of which arrive as text.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    return {name: scalar_text(value) for name, value in values.items()}


def scalar_text(value: Any) -> str:
    """A JSON value as text: ``"a"`` is ``a``, ``true`` is ``true``, ``1.5`` is ``1.5``; anything else is its JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _go_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{' '.join(_go_text(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{_go_text(value[key])}' for key in sorted(value))}]"
    return scalar_text(value)


def _comma_text(value: Any) -> str:
    return ",".join(map(scalar_text, value)) if isinstance(value, list | tuple) else scalar_text(value)


def _date_text(value: Any) -> str:
    try:
        return claim_time(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return scalar_text(value)


Values = dict[str, str]
MultiValues = dict[str, list[str]]


def query_parameters(query: str, separators: str = "&") -> tuple[Values | None, MultiValues | None]:
    """``queryStringParameters`` (each name's last value) and ``multiValueQueryStringParameters``, None if empty."""
    multi: MultiValues = {}
    for name, value in parse_query(query, separators):
        multi.setdefault(name, []).append(value)
    return (last_values(multi), multi) if multi else (None, None)


def last_values(multi: MultiValues) -> Values:
    """Each name's last value."""
    return {name: values[-1] for name, values in multi.items()}


def authorizer_event(event: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    """The event of a Lambda authorizer: ``first``, then the request's event without body; what was null is ``{}``."""
    rest = {key: value for key, value in event.items() if key not in ("body", "isBase64Encoded", "version")}
    return first | {key: {} if value is None else value for key, value in rest.items()}


_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# Statuses that HTTP gives no body; a body that comes along is dropped.
_BODILESS = frozenset({204, 304})

_TRUTH: Mapping[Any, bool] = {True: True, False: False, "true": True, "True": True, "false": False, "False": False}


def malformed(reason: str) -> NoReturn:
    """The answer is not what the payload format allows; ``reason`` is for the developer."""
    raise GatewayError(GatewayResponseType.MALFORMED_PROXY_RESPONSE, reason)


def parse(invocation: Invocation) -> Any:
    """The function's value. Raises GatewayError (FUNCTION_FAILED, MALFORMED_PROXY_RESPONSE)."""
    if invocation.error is not None:
        raise GatewayError(GatewayResponseType.FUNCTION_FAILED, _error_reason(invocation.payload))
    try:
        return _decode(invocation.payload.decode("utf-8"))
    except (ValueError, RecursionError):
        malformed("the function's answer is not JSON")


def status_code(value: Any) -> int:
    """A status: a whole number from 200 to 599, or the same as text.

    1xx is refused since it would not end the exchange; the other bounds are HTTP's. AWS documents none of it; 0,
    ``"test"`` and 200.5 are recorded as refused, ``"201"`` as accepted (REST).
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        malformed(f"statusCode is {_shown(value)}, not an HTTP status")
    return value


def single_headers(value: Any) -> list[Header]:
    """``headers``: null is none; a number or boolean is its text; a null value is left out."""
    lines: list[Header] = []
    for name, item in _object(value, "headers").items():
        if item is not None:
            lines.append(header_line(name, item))
    return lines


def multi_headers(value: Any) -> list[Header]:
    """``multiValueHeaders``: null is none; each value is a list."""
    lines: list[Header] = []
    for name, items in _object(value, "multiValueHeaders").items():
        if not isinstance(items, list):
            malformed(f"multiValueHeaders[{name!r}] is not a list")
        lines += [header_line(name, item) for item in items if item is not None]
    return lines


def header_line(name: str, value: Any) -> Header:
    """A header line that can't break out of itself; text beyond ASCII goes out as UTF-8."""
    if isinstance(value, dict | list):
        malformed(f"the header {name!r} is not a text")
    text = scalar_text(value)
    if not _NAME.fullmatch(name) or _FORBIDDEN.search(text):
        malformed(f"the header {name!r} holds what HTTP does not allow")
    return name, text.strip(" \t").encode("utf-8", "replace").decode("latin-1")


def base64_flag(value: Any) -> bool:
    """``isBase64Encoded``: a boolean or its name (SAM team); null is false."""
    if value is None:
        return False
    if not isinstance(value, bool | str) or value not in _TRUTH:
        malformed(f"isBase64Encoded is {_shown(value)}")
    return _TRUTH[value]


def body_bytes(value: Any, *, decode: bool, status: int) -> bytes:
    """``body``: null is empty; a number or boolean is its text. Raises GatewayError (UNDECODABLE_PROXY_RESPONSE)."""
    if isinstance(value, dict | list):
        malformed("body is an object or a list, not a text: json.dumps it")
    data = b"" if value is None else scalar_text(value).encode("utf-8", "replace")
    if decode:
        try:
            data = b64decode(data.translate(None, b"\r\n"), validate=True)
        except ValueError as exc:
            raise GatewayError(
                GatewayResponseType.UNDECODABLE_PROXY_RESPONSE, "isBase64Encoded is true, but body is not base64"
            ) from exc
    return b"" if status in _BODILESS else data


def regrouped(lines: Iterable[Header]) -> list[Header]:
    """Lines of one name (in any case) together, in the spelling and at the place of the first."""
    groups: dict[str, list[Header]] = {}
    for name, value in lines:
        group = groups.setdefault(name.lower(), [])
        group.append((group[0][0] if group else name, value))
    return [line for group in groups.values() for line in group]


def has_header(lines: Iterable[Header], name: str) -> bool:
    """Whether a header is there; ``name`` in lower case."""
    return any(key.lower() == name for key, _ in lines)


def _object(value: Any, key: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        malformed(f"{key} is not an object")
    return value


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decode = json.JSONDecoder(parse_constant=_no_json).decode


def _error_reason(payload: bytes) -> str:
    try:
        error = json.loads(payload)
        return f"{error.get('errorType', 'Error')}: {error.get('errorMessage', '')}"
    except (ValueError, AttributeError, RecursionError):
        return "the function failed"


def _shown(value: Any) -> str:
    return json.dumps(value)[:80]
