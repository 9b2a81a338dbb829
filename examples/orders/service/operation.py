"""Wrap every operation: validate the request, answer errors as problem details, log one line a request."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable
from typing import Any

from service import errors, proxy
from service.proxy import Response
from service.validation import Call, check_request

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def operation(name: str) -> Callable[[Callable[[Call], Response]], Handler]:
    """Return a decorator that makes a Lambda handler of a function that answers valid calls of operation ``name``."""

    def decorate(answer: Callable[[Call], Response]) -> Handler:
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            started = time.monotonic()
            failure = None
            try:
                deadline = started + context.get_remaining_time_in_millis() / 1000
                response = answer(check_request(name, proxy.read_event(event), deadline))
            except errors.ServiceError as error:
                response = _problem(error, context.aws_request_id)
                failure = error.__cause__
            except Exception as error:
                response = _problem(errors.Failure(), context.aws_request_id)
                failure = error
            _log(name, context.aws_request_id, response, time.monotonic() - started, failure)
            return proxy.reply(response)

        return handler

    return decorate


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
