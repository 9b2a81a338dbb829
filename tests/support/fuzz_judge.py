"""Whether an answer is one that this kind of API gives: its own headers, and for its own errors its own words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from tests.support.wire import Answer

_SHORT = re.compile(r"[A-Za-z0-9_-]{15}=")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HTTP_WORDS = {
    400: ("Bad Request",),
    401: ("Unauthorized",),
    403: ("Forbidden",),
    404: ("Not Found",),
    413: ("Request Entity Too Large",),
    414: ("URI Too Long",),
    431: ("Request Header Fields Too Large",),
    500: ("Internal Server Error",),
}
_REST_WORDS: Mapping[int, tuple[str | None, ...]] = {
    400: ("Bad Request", "Invalid request body"),
    401: ("Unauthorized", "The incoming token has expired"),
    403: (
        "Forbidden",
        "Missing Authentication Token",
        "User is not authorized to access this resource",
        "User is not authorized to access this resource with an explicit deny in an identity-based policy",
    ),
    414: ("Request-URI Too Long",),
    431: ("Request Header Fields Too Large",),
    500: ("Internal server error", None),
    502: ("Internal server error",),
}
_MISSING = "Missing required request parameters: ["
_NO_SIGNATURE = re.compile(
    r"'.*' not a valid key=value pair \(missing equal-sign\) in Authorization header: '.*'\."
    r"|Authorization header requires .* Authorization=.*",
    re.DOTALL,
)
"""A REST API's words about a header Authorization that is no signature, where there is no route."""


class Misfit(AssertionError):
    """An answer that this kind of API does not give."""


def judge(answer: Answer, flavor: str, *, head: bool, may_be_any: bool) -> None:
    """Raises Misfit. ``may_be_any``: a function says what it likes, so only what the gateway adds is looked at."""
    _check_ids(answer, flavor)
    for name in ("Date", "Connection"):
        if len(answer.values(name)) != 1:
            raise Misfit(f"{name} is not there once: {answer}")
    if may_be_any or head or answer.header("x-by-function") == "1":
        return
    if answer.status in (200, 204) and answer.body == b"":
        return  # Preflight.
    words: Mapping[int, tuple[str | None, ...]] = _HTTP_WORDS if flavor == "http" else _REST_WORDS
    if answer.status not in words:
        raise Misfit(f"no status of the gateway's own: {answer}")
    message = _message(answer, flavor)
    unsigned = flavor != "http" and answer.status == 403 and _NO_SIGNATURE.fullmatch(message or "") is not None
    if message not in words[answer.status] and not (message or "").startswith(_MISSING) and not unsigned:
        raise Misfit(f"no words of the gateway's own: {answer}")


def _check_ids(answer: Answer, flavor: str) -> None:
    http = [_SHORT.fullmatch(value) is not None for value in answer.values("Apigw-Requestid")]
    rest = [_UUID.fullmatch(value) is not None for value in answer.values("x-amzn-RequestId")]
    rest += [_SHORT.fullmatch(value) is not None for value in answer.values("x-amz-apigw-id")]
    if (http, rest) != (([True], []) if flavor == "http" else ([], [True, True])):
        raise Misfit(f"not the ids of a {flavor} API: {answer}")


def _message(answer: Answer, flavor: str) -> str | None:
    # AWS's documented transcript of a refused token has no content type.
    wanted = None if answer.values("www-authenticate") else "application/json"
    if answer.header("Content-Type") != wanted:
        raise Misfit(f"an error of another type: {answer}")
    if bool(answer.values("x-amzn-ErrorType")) is (flavor == "http"):
        raise Misfit(f"x-amzn-ErrorType is a REST API's: {answer}")
    try:
        body = json.loads(answer.body)
    except ValueError as error:
        raise Misfit(f"an error that is not JSON: {answer}") from error
    if body.keys() not in ({"message"}, {"Message"}) or (flavor == "http" and body.keys() != {"message"}):
        raise Misfit(f"an error of another shape: {answer}")
    message: str | None = next(iter(body.values()))
    return message
