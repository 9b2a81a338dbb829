"""Lambda functions for the services: a module in place of ministack's own Lambda.

S3, SNS, EventBridge, Step Functions and Cognito call functions through it. The functions run in the gateway's pool, so
this sends them to the Lambda API that the gateway serves.
"""

from __future__ import annotations

import http.client
import json
import logging
import sys
import threading
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlsplit

# The services that invoke asynchronously: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_ASYNCHRONOUS = frozenset(f"ministack.services.{name}" for name in ("s3", "sns", "eventbridge", "scheduler"))
_STATE_MACHINES = "ministack.services.stepfunctions"
# Seconds: a function runs for 15 minutes at most.
_TIMEOUT = 1000.0

Headers = dict[str, str]


def functions_module(name: str, url: str | None) -> ModuleType:
    """Return the module that ministack imports as ``name``; ``url`` is the Lambda API, None: there are no functions."""
    module = ModuleType(name)
    module.__dict__.update(
        _get_func_record_for_ref=lambda ref: _record(ref, url),
        _get_func_record_for_qualifier=lambda ref, qualifier: _record(ref, url)[:2],
        _resolve_name_and_qualifier=lambda ref: (ref, None),
        _execution_record_for_config=lambda record, config: record,
        _execute_function_with_config_scope=_execute,
        _execute_function=_execute,
        invoke_async_with_retry=_execute_later,
        handle_request=_no_requests,
        get_state=lambda: None,
        reset=lambda: None,
    )
    return module


def invoke(url: str, reference: str, payload: bytes, kind: str, cause: str = "") -> tuple[int, Headers, bytes]:
    """Send an invocation to the Lambda API and return its response. Raises OSError, HTTPException.

    ``cause`` tells what calls, for those who follow a request (``states:EXECUTION``).

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_TIMEOUT)
    try:
        path = f"/2015-03-31/functions/{quote(reference, safe='')}/invocations"
        signed = (
            "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0"
        )
        headers = {"X-Amz-Invocation-Type": kind, "Content-Type": "application/json", "Authorization": signed}
        if cause:
            headers["X-Homeport-Cause"] = cause
        connection.request("POST", path, payload, headers)
        response = connection.getresponse()
        return response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def _record(reference: str, url: str | None) -> tuple[Any, Any, str]:
    """Return what stands for a function, twice, and its name; None where there are no functions."""
    name = reference.partition(":function:")[2] or reference
    if url is None:
        return None, None, name
    caller = sys._getframe(2).f_globals.get("__name__", "")
    record = {"reference": reference, "url": url, "kind": "Event" if caller in _ASYNCHRONOUS else "RequestResponse"}
    return record, record, name


def _execute(record: dict[str, str], event: Any) -> dict[str, Any]:
    """Invoke a function; return ``body``, and ``error`` where it failed, as ministack's own Lambda does."""
    try:
        payload, cause = json.dumps(event).encode(), _execution()
        status, headers, body = invoke(record["url"], record["reference"], payload, record["kind"], cause)
        content = json.loads(body) if body else None
    except (OSError, ValueError, http.client.HTTPException) as error:
        logging.error("the function %s was not invoked: %s", record["reference"], error)
        return {"error": True, "body": {"errorType": "Lambda.ServiceException", "errorMessage": str(error)}}
    if status >= 300:
        message = content.get("Message", "") if isinstance(content, dict) else ""
        logging.error("the function %s was not invoked: %s", record["reference"], message or status)
        kind = headers.get("x-amzn-errortype", "ServiceException")
        return {"error": True, "body": {"errorType": f"Lambda.{kind}", "errorMessage": message}}
    if "x-amz-function-error" in headers:
        return {"error": True, "body": content}
    return {"body": content}


def _execution() -> str:
    """Return the execution of a state machine in whose thread this is called, ``""``: it is none."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_globals.get("__name__") == _STATE_MACHINES and "exec_arn" in frame.f_locals:
            return f"states:{frame.f_locals['exec_arn']}"
    return ""


def _execute_later(record: dict[str, str], event: Any) -> None:
    threading.Thread(target=_execute, args=({**record, "kind": "Event"}, event), daemon=True).start()


async def _no_requests(*_: Any) -> Any:
    raise RuntimeError("the Lambda API is the gateway's")
