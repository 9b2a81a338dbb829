"""The proxy response, a function's result: its parts as far as HTTP APIs and REST APIs read them alike.

``http_api/reply.py`` and ``rest_api/reply.py`` make whole replies of them. Everything here raises GatewayError where
API Gateway would take the result for malformed.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.proxy_event import scalar_text
from homeport.http_headers import Header
from homeport.runtime.api import FunctionResult
from homeport.strict_json import reject_constant

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# A function's header lines repeat from response to response: short ones are cached, by the characters of the value.
_LONGEST_CACHED = 128

# HTTP allows no body with these statuses; a body in the proxy response is dropped.
_STATUSES_WITHOUT_BODY = frozenset({204, 304})

_BOOLEANS: Mapping[Any, bool] = {True: True, False: False, "true": True, "True": True, "false": False, "False": False}


def raise_malformed(reason: str) -> NoReturn:
    """Raise GatewayError (MALFORMED_PROXY_RESPONSE); ``reason`` is for the developer."""
    raise GatewayError(GatewayResponseType.MALFORMED_PROXY_RESPONSE, reason)


def parse_proxy_response(answer: FunctionResult) -> Any:
    """Return the function's result as a JSON value. Raises GatewayError (FUNCTION_FAILED, MALFORMED_PROXY_RESPONSE)."""
    if answer.error is not None:
        raise GatewayError(GatewayResponseType.FUNCTION_FAILED, _error_reason(answer.payload))
    try:
        return _decode(answer.payload.decode("utf-8"))
    except (ValueError, RecursionError):
        raise_malformed("the function's answer is not JSON")


def status_code(value: Any) -> int:
    """Return ``statusCode``: a whole number from 200 to 599, or the same as text.

    1xx is rejected since it would not end the exchange; the other bounds are HTTP's. AWS documents none of it; 0,
    ``"test"`` and 200.5 are recorded as malformed, ``"201"`` as accepted (REST).
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise_malformed(f"statusCode is {_json_excerpt(value)}, not an HTTP status")
    return value


def single_headers(value: Any) -> list[Header]:
    """Return the lines of ``headers``. Null is none; a number or boolean is its text; null values are left out."""
    return [header_line(name, item) for name, item in _object(value, "headers").items() if item is not None]


def multi_headers(value: Any) -> list[Header]:
    """Return the header lines of ``multiValueHeaders``. Null is none; each value is a list."""
    lines: list[Header] = []
    for name, items in _object(value, "multiValueHeaders").items():
        if not isinstance(items, list):
            raise_malformed(f"multiValueHeaders[{name!r}] is not a list")
        lines += [header_line(name, item) for item in items if item is not None]
    return lines


def header_line(name: str, value: Any) -> Header:
    """Return a header line that holds no line break; text beyond ASCII is sent as UTF-8."""
    if isinstance(value, dict | list):
        raise_malformed(f"the header {name!r} is not a text")
    text = scalar_text(value)
    line = _cached_line(name, text) if len(text) <= _LONGEST_CACHED else _checked_line(name, text)
    if line is None:
        raise_malformed(f"the header {name!r} holds what HTTP does not allow")
    return line


def _checked_line(name: str, text: str) -> Header | None:
    """Return a header line as it is sent, None for one that HTTP does not allow."""
    if not _NAME.fullmatch(name) or _CONTROL_CHARACTERS.search(text):
        return None
    return name, text.strip(" \t").encode("utf-8", "replace").decode("latin-1")


_cached_line = lru_cache(maxsize=512)(_checked_line)


def group_lines(lines: Iterable[Header]) -> list[Header]:
    """Return the lines of one name (in any case) together, in the spelling and at the place of the first."""
    groups: dict[str, list[Header]] = {}
    for name, value in lines:
        group = groups.setdefault(name.lower(), [])
        group.append((group[0][0] if group else name, value))
    return [line for group in groups.values() for line in group]


def base64_flag(value: Any) -> bool:
    """Return ``isBase64Encoded``: a boolean or its name (as the SAM team observed); null is false."""
    if value is None:
        return False
    if not isinstance(value, bool | str) or value not in _BOOLEANS:
        raise_malformed(f"isBase64Encoded is {_json_excerpt(value)}")
    return _BOOLEANS[value]


def body_bytes(value: Any, *, decode: bool, status: int) -> bytes:
    """Return ``body``: null is empty, other scalars are text. Raises GatewayError (UNDECODABLE_PROXY_RESPONSE)."""
    if isinstance(value, dict | list):
        raise_malformed("body is an object or a list, not a text: json.dumps it")
    data = b"" if value is None else scalar_text(value).encode("utf-8", "replace")
    if decode:
        try:
            data = b64decode(data.translate(None, b"\r\n"), validate=True)
        except ValueError as error:
            reason = "isBase64Encoded is true, but body is not base64"
            raise GatewayError(GatewayResponseType.UNDECODABLE_PROXY_RESPONSE, reason) from error
    return b"" if status in _STATUSES_WITHOUT_BODY else data


def _object(value: Any, key: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise_malformed(f"{key} is not an object")
    return value


_decode = json.JSONDecoder(parse_constant=reject_constant).decode


def _error_reason(payload: bytes) -> str:
    try:
        error = json.loads(payload)
        return f"{error.get('errorType', 'Error')}: {error.get('errorMessage', '')}"
    except (ValueError, AttributeError, RecursionError):
        return "the function failed"


def _json_excerpt(value: Any) -> str:
    return json.dumps(value)[:80]
