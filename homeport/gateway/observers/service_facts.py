"""The facts of an integration's call of a service of AWS, in the form of a function's calls: for the recorder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from homeport.gateway.backend_request import ServiceRequest
from homeport.http_client import HttpResponse
from homeport.runtime.front.aws_request import AwsRequest
from homeport.runtime.front.replies import FrontReply
from homeport.runtime.front.service_call import service_call
from homeport.runtime.front.service_calls import read_answer
from homeport.runtime.worker.made_ids import made_ids
from homeport.runtime.worker.secret_values import secret_values
from homeport.runtime.worker.service_trace import iam_name
from homeport.runtime.worker.trace import written_items

_DYNAMODB = "dynamodb"
# The parameters that name what a call is about, in services whose calls have one resource.
_NAMES = ("TableName", "QueueUrl", "TopicArn", "stateMachineArn", "StreamName", "FunctionName", "Name", "SecretId")


def service_facts(request: ServiceRequest, response: HttpResponse, at: float, duration_ms: float) -> dict[str, Any]:
    """Return the facts of a call that ended ``at``, in seconds since the epoch."""
    headers = {name.lower(): value for name, value in request.headers}
    sent = AwsRequest(request.method, request.target, headers, request.body, "", request.region, request.service)
    asked = service_call(sent)
    operation, parameters = (asked.operation, asked.parameters) if asked is not None else (sent.operation, {})
    answer, error = read_answer(FrontReply(response.status, dict(response.headers), response.body))
    service = iam_name(request.service)
    succeeded = error is None
    return {
        "service": service,
        "operation": operation,
        "resource": resource_of(service, parameters) or _queue_of(service, request.target),
        "duration_ms": round(duration_ms, 3),
        "at": at,
        "status": response.status,
        "error": error,
        "made": made_ids(service, operation, parameters, answer) if succeeded else [],
        "secrets": secret_values(service, operation, answer),
        "writes": written_items(operation, _json(request.body)) if succeeded and service == _DYNAMODB else [],
    }


def resource_of(service: str, parameters: Mapping[str, Any]) -> str:
    """Return the name of the resource that a call is about, ``""`` where its parameters do not say."""
    if service == "s3":
        return "/".join(str(parameters[name]) for name in ("Bucket", "Key") if name in parameters)
    for name in _NAMES:
        if name in parameters:
            return str(parameters[name]).rpartition("/")[2].rpartition(":")[2]
    return ""


def _queue_of(service: str, target: str) -> str:
    """Return the queue that the path of SQS's older protocol names (``/123456789012/jobs``)."""
    parts = urlsplit(target).path.split("/")
    return parts[2] if service == "sqs" and len(parts) == 3 else ""


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
