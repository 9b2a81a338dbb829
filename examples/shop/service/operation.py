"""What every operation has around it: validation, who asks, errors as problem details, CORS, one log line a request."""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from service import errors, proxy
from service.identity import user_of
from service.proxy import Response
from service.validation import Call, check_request

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Event = Mapping[str, Any]

_ORIGINS = frozenset(os.environ.get("ALLOWED_ORIGINS", "").split(","))
_EXPOSED = "Idempotency-Replayed,Location,Retry-After"


def operation(name: str) -> Callable[[Callable[[Call], Response]], Handler]:
    """Make a Lambda handler of a function that answers valid calls of the operation ``name``."""
    return lambda answer: _handler(name, lambda call, event: answer(call))


def user_operation(name: str) -> Callable[[Callable[[Call, str], Response]], Handler]:
    """As ``operation``, of a function that is told who asks as well."""
    return lambda answer: _handler(name, lambda call, event: answer(call, user_of(event)))


def _handler(name: str, answer: Callable[[Call, Event], Response]) -> Handler:
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        started = time.monotonic()
        failure = None
        origin = None
        try:
            request = proxy.read_event(event)
            origin = request.headers.get("origin")
            deadline = started + context.get_remaining_time_in_millis() / 1000
            response = answer(check_request(name, request, deadline), event)
        except errors.ServiceError as error:
            response = _problem(error, context.aws_request_id)
            failure = error.__cause__
        except Exception as error:
            response = _problem(errors.Failure(), context.aws_request_id)
            failure = error
        _log(name, context.aws_request_id, response, time.monotonic() - started, failure)
        return proxy.reply(replace(response, headers={**response.headers, **_cors(origin)}))

    return handler


def _cors(origin: str | None) -> dict[str, str]:
    """A REST API sends on what the function says; an HTTP API puts its own CORS headers in their place.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """
    if origin not in _ORIGINS or not origin:
        return {"vary": "Origin"}
    exposed = {"access-control-expose-headers": _EXPOSED}
    return {"access-control-allow-origin": origin, **exposed, "vary": "Origin"}


def _problem(error: errors.ServiceError, request_id: str) -> Response:
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return Response(error.status, error.problem(request_id), headers, errors.CONTENT_TYPE)


def _log(name: str, request_id: str, response: Response, seconds: float, failure: BaseException | None) -> None:
    line: dict[str, Any] = {
        "level": "ERROR" if response.status >= 500 else "INFO",
        "operation": name,
        "requestId": request_id,
        "status": response.status,
        "latencyMs": round(seconds * 1000, 2),
    }
    if failure is not None:
        line["error"] = "".join(traceback.format_exception(failure))
    print(json.dumps(line), flush=True)
