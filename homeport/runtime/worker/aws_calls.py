"""The hook that every AWS call of a function passes: permissions, faults and the traces of calls.

botocore emits events around each call (https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html), and
registers each entry of ``botocore.handlers.BUILTIN_HANDLERS`` with each session that is made. ``install`` appends to
that list, which is the only way to reach also the sessions that a function makes itself. Nothing of botocore is
replaced.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ...permissions.role import Role
from ...permissions.services.place import ServicePlace
from .authorization import authorize
from .botocore_faults import BotocoreFaults, botocore_response, raw_response
from .faults import FaultInjector
from .service_authorization import ServiceDecision, authorize_service, protocol_of
from .service_trace import SentServiceCall, ServiceTrace, iam_name
from .trace import Check, SentRequest, Trace, with_capacity_member

# The services whose actions IAM has under ``dynamodb``.
_DYNAMODB = ("dynamodb", "dynamodb-streams")
_ENDPOINTS = {
    **dict.fromkeys(_DYNAMODB, "AWS_ENDPOINT_URL_DYNAMODB"),
    "lambda": "AWS_ENDPOINT_URL_LAMBDA",
}
"""The variables with the endpoints of services that have one of their own."""
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".aws.dev")
# The parameter with an object of S3, which no permission looks at.
_CONTENT = "Body"
_CAPACITY_ADDED = "homeport_capacity_added"
# The ends of botocore's names of signatures in a URL, and in a form that a browser sends.
_OF_URLS = ("-query", "-presign-post")

NOT_EMULATED = (
    "homeport has no {service} and holds no AWS credentials: {operation} would go to {url}. "
    "Give the client the endpoint_url of something local, or do without the call where it is refused. "
    "S3, SQS and others run here where a resource of the project, or a policy of the function, names them"
)


class AwsCalls:
    """The AWS calls of one execution environment.

    ``role`` decides what the function may do. ``offline`` forbids calls to AWS itself. ``faults`` are
    injected into calls that are allowed. ``trace`` records the requests to DynamoDB one by one, and those to other
    services are recorded then, too (None: no call is). ``arns`` has the ARNs that names of secrets and aliases of keys
    stand for.
    """

    def __init__(
        self,
        role: Role,
        offline: bool,
        faults: FaultInjector,
        trace: Trace | None = None,
        arns: Mapping[str, str] | None = None,
    ) -> None:
        self._offline = offline
        self._faults = faults
        self._trace = trace
        self._service_trace = ServiceTrace() if trace is not None else None
        self._role = role
        self._arns = arns or {}
        self._carrier = BotocoreFaults()
        self._sent = _ThreadsRequest()
        self._checks: dict[Check, None] = {}

    def take_checks(self) -> list[Check]:
        """Return the permission checks since the last call, each one once."""
        checks, self._checks = list(self._checks), {}
        return checks

    def take_requests(self) -> list[dict[str, Any]]:
        """Return the traced requests since the last call."""
        return self._trace.take() if self._trace is not None else []

    def take_service_calls(self) -> list[dict[str, Any]]:
        """Return the traced calls to other services since the last call."""
        return self._service_trace.take() if self._service_trace is not None else []

    def close(self) -> None:
        """Let go of what injected faults hold open."""
        self._carrier.close()

    def before_call(self, params: Any, model: Any, context: Any, **_rest: Any) -> None:
        """Handle ``before-call.dynamodb``: ask for the capacity that a traced request consumes."""
        if self._trace is None:
            return
        members = model.input_shape.members if model.input_shape is not None else {}
        body = params["body"]
        self._sent.has_added_capacity = False
        if "ReturnConsumedCapacity" in members and isinstance(body, bytes) and (asking := with_capacity_member(body)):
            params["body"] = asking
            context[_CAPACITY_ADDED] = self._sent.has_added_capacity = True

    def before_send(self, request: Any, event_name: str, **_rest: Any) -> Any:
        """Handle ``before-send``: None lets botocore send the request, a response is used in place of a sent one.

        Raises NotEmulatedError for a call to AWS itself.
        """
        _, service, operation = event_name.split(".")
        if self._offline and _is_aws(request.url):
            endpoint = os.environ.get(_ENDPOINTS.get(service, "AWS_ENDPOINT_URL"))
            if not endpoint:
                raise not_emulated(service, operation, request.url)
            # botocore reads that variable since 1.31 (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html),
            # has none of it for streams, and prefers an endpoint_url in the code, which is AWS's here.
            # A bucket may be part of the host.
            request.headers["Host"] = urlsplit(request.url).netloc
            request.url = urlunsplit((*urlsplit(endpoint)[:2], *urlsplit(request.url)[2:]))
        if service not in _DYNAMODB:
            return self._before_service(service, operation, request)
        body = json.loads(request.body or b"{}")
        if self._sent.has_added_capacity:
            # A call of DynamoDB Streams has none: for these there is no before_call.
            body.pop("ReturnConsumedCapacity", None)
        decided = authorize(self._role, operation, body, _region(request))
        for action, resource, allowed in decided.checks:
            self._checks[f"dynamodb:{action}", resource, allowed] = None
        if self._trace is not None:
            self._sent.request = self._trace.begin(operation, decided.checks, body)
        if decided.denial is not None:
            return botocore_response(request.url, decided.denial)
        return self._carrier.carry_out(self._faults.apply(operation, decided.resources, body), request)

    def before_parameter_build(self, params: Any, model: Any, **_rest: Any) -> None:
        """Handle ``before-parameter-build``: keep the parameters, since ``before-send`` has the HTTP request alone."""
        if model.service_model.service_name not in _DYNAMODB:
            kept = {name: value for name, value in params.items() if name != _CONTENT}
            self._sent.asked[model.name] = (kept, protocol_of(model.service_model))

    def before_sign(self, request: Any, event_name: str, signature_version: Any, **_rest: Any) -> None:
        """Handle ``before-sign``: note what a signed URL or form permits, which others use by this role.

        The signature is not refused: AWS looks at the role when the URL is used.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
        """
        _, service, operation = event_name.split(".")
        if service in _DYNAMODB or not str(signature_version).endswith(_OF_URLS):
            return
        form = request.context.get("s3-presign-post-policy")
        if form is not None:
            self._sent.asked[operation] = (_form_parameters(form), "")
        self._decide(service, operation, request)

    def _decide(self, service: str, operation: str, request: Any) -> ServiceDecision:
        """Return what the role says about a request to another service than DynamoDB, and note it."""
        parameters, _ = self._sent.asked.get(operation, ({}, ""))
        region = _region(request) or os.environ.get("AWS_REGION", "")
        place = ServicePlace(region, self._role.principal.split(":")[4], self._arns)
        decided = authorize_service(self._role, service, operation, parameters, place)
        for check in decided.checks:
            self._checks[check] = None
        return decided

    def _before_service(self, service: str, operation: str, request: Any) -> Any:
        """Return the response to a request to another service that is denied or meets a fault, None to send it."""
        decided = self._decide(service, operation, request)
        parameters, protocol = self._sent.asked.get(operation, ({}, ""))
        if self._service_trace is not None:
            self._sent.calls[operation] = self._service_trace.begin(service, operation, decided.checks, parameters)
        if decided.denial is not None:
            return raw_response(request.url, *decided.denial.encode(protocol))
        actions = [action for action, _, _ in decided.checks]
        outcome = self._faults.apply_service(iam_name(service), operation, actions)
        return self._carrier.carry_out_service(outcome, request, protocol)

    def response_received(
        self, parsed_response: Any, exception: Any, context: Any, event_name: str, **_rest: Any
    ) -> None:
        """Handle ``response-received``: record it, and hide the capacity that the function did not ask for."""
        _, service, operation = event_name.split(".")
        if service != "dynamodb":
            self._end_service_call(operation, parsed_response or {}, exception)
            return
        sent, self._sent.request = self._sent.request, None
        if self._trace is None or sent is None:
            return
        response = parsed_response or {}
        consumed = response.get("ConsumedCapacity")
        if context.get(_CAPACITY_ADDED):
            response.pop("ConsumedCapacity", None)
        error = _error_of(response, exception)
        parts = {name: part for name, part in response.items() if name != "ResponseMetadata"}
        self._trace.end(sent, parts, error, consumed)

    def _end_service_call(self, operation: str, response: Mapping[str, Any], exception: Any) -> None:
        sent = self._sent.calls.pop(operation, None)
        if sent is not None and self._service_trace is not None:
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            self._service_trace.end(sent, response, status, _error_of(response, exception))


class _ThreadsRequest(threading.local):
    """The request that a thread sends: botocore's before-send and response-received share no object."""

    has_added_capacity = False
    request: SentRequest | None = None

    def __init__(self) -> None:
        # The parameters and the protocol of calls to other services than DynamoDB, by their operations: a call may
        # make another one before it is sent again.
        self.asked: dict[str, tuple[Mapping[str, Any], str]] = {}
        # Those calls that were sent, by their operations.
        self.calls: dict[str, SentServiceCall] = {}


def install(calls: Callable[[], AwsCalls | None]) -> None:
    """Have each botocore session that is made from now on report to ``calls()``, unless that is None."""
    from botocore.handlers import BUILTIN_HANDLERS

    def before_send(**arguments: Any) -> Any:
        current = calls()
        return None if current is None else current.before_send(**arguments)

    def before_call(**arguments: Any) -> None:
        if (current := calls()) is not None:
            current.before_call(**arguments)

    def response_received(**arguments: Any) -> None:
        if (current := calls()) is not None:
            current.response_received(**arguments)

    def before_parameter_build(**arguments: Any) -> None:
        if (current := calls()) is not None:
            current.before_parameter_build(**arguments)

    def before_sign(**arguments: Any) -> None:
        if (current := calls()) is not None:
            current.before_sign(**arguments)

    BUILTIN_HANDLERS.append(("before-send", before_send))
    BUILTIN_HANDLERS.append(("before-sign", before_sign))
    BUILTIN_HANDLERS.append(("before-parameter-build", before_parameter_build))
    BUILTIN_HANDLERS.append(("before-call.dynamodb", before_call))
    BUILTIN_HANDLERS.append(("response-received", response_received))


def _error_of(response: Mapping[str, Any], exception: Any) -> str | None:
    """Return the code of an error, or the exception in place of a response; None: the call succeeded."""
    return response.get("Error", {}).get("Code") or (type(exception).__name__ if exception is not None else None)


def _form_parameters(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bucket and the key of a form's policy; a key of which only the beginning is given ends in ``*``.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    """
    found: dict[str, Any] = {}
    for condition in policy.get("conditions", ()):
        match condition:
            case {"bucket": str(bucket)}:
                found["Bucket"] = bucket
            case {"key": str(key)} | ["eq", "$key", str(key)]:
                found["Key"] = key
            case ["starts-with", "$key", str(start)]:
                found["Key"] = f"{start}*"
    return found


def not_emulated(service: str, operation: str, url: str) -> Exception:
    """Return the error of a call to a service that is not there locally; botocore passes it on to the caller."""
    from botocore.exceptions import BotoCoreError

    class NotEmulatedError(BotoCoreError):
        """A call to an AWS service that homeport does not emulate."""

        fmt = NOT_EMULATED

    return NotEmulatedError(service=service, operation=operation, url=url)


@lru_cache(maxsize=256)
def _is_aws(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(_AWS_HOSTS)


def _region(request: Any) -> str:
    """Return the region that a request is signed for, "" for an unsigned one."""
    authorization = request.headers.get("Authorization", b"")
    text = authorization.decode() if isinstance(authorization, bytes) else authorization
    found = re.search(r"Credential=[^/]*/\d+/([^/]+)/", text)
    return found[1] if found else ""
