"""The recorded cases at the level of the pure functions: route, event, reply and error reply.

Where another stage of the pipeline rejects a request, the case is compared with the reply to that stage's error
here; the decision itself is tested with the whole gateway.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeport.gateway.context import CallContext, Exchange, Match
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.http.message import Reply, Request
from homeport.gateway.http_api import event as http_event
from homeport.gateway.http_api import event_v1 as http_event_v1
from homeport.gateway.http_api import gateway_responses as http_responses
from homeport.gateway.http_api import reply as http_reply
from homeport.gateway.http_api.cors import apply_cors
from homeport.gateway.rest_api import event as rest_event
from homeport.gateway.rest_api import gateway_responses as rest_responses
from homeport.gateway.rest_api import reply as rest_reply
from homeport.gateway.routing import Router
from tests.support import fidelity
from tests.support.fidelity import Case
from tests.support.gateway import make_context, make_invocation

_BAD_AUDIENCE = 'Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"'

# What the stage in charge of the case raises.
_REJECTED = {
    "http2-doc-jwt-bad-audience": GatewayError(GatewayResponseType.INVALID_TOKEN, challenge=_BAD_AUDIENCE),
    "http2-doc-authorizer-missing-identity": GatewayError(GatewayResponseType.MISSING_IDENTITY),
    "http2-doc-authorizer-invalid-response": GatewayError(GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR),
    "http2-doc-authorizer-not-permitted": GatewayError(GatewayResponseType.AUTHORIZER_FAILURE),
    "rest-ls-apikey-missing": GatewayError(GatewayResponseType.MISSING_API_KEY),
    "rest-ls-apikey-disabled": GatewayError(GatewayResponseType.INVALID_API_KEY),
    "rest-sam-apikey-missing": GatewayError(GatewayResponseType.MISSING_API_KEY),
    "rest-sam-auth-request-missing": GatewayError(GatewayResponseType.MISSING_IDENTITY),
    "rest-chalice-authorizer-missing": GatewayError(GatewayResponseType.MISSING_IDENTITY),
    "rest-authorizer-missing-token-body": GatewayError(GatewayResponseType.MISSING_IDENTITY),
    "rest-authorizer-crash-null-message": GatewayError(GatewayResponseType.AUTHORIZER_CONFIGURATION_ERROR),
    "rest-doc-token-authorizer-deny": GatewayError(GatewayResponseType.EXPLICITLY_DENIED),
    "rest-429-throttle": GatewayError(GatewayResponseType.THROTTLED),
    "rest-ls-validator-oneof-bad": GatewayError(GatewayResponseType.BAD_REQUEST_BODY),
    "rest-ls-validator-missing-query": GatewayError(
        GatewayResponseType.BAD_REQUEST_PARAMETERS, message="Missing required request parameters: [qs1]"
    ),
    "rest-doc-validation-bad-enum": GatewayError(GatewayResponseType.BAD_REQUEST_BODY),
    "rest-doc-validation-blank-q1": GatewayError(
        GatewayResponseType.BAD_REQUEST_PARAMETERS, message="Missing required request parameters: [q1]"
    ),
    "rest-doc-validation-missing-h1": GatewayError(
        GatewayResponseType.BAD_REQUEST_PARAMETERS, message="Missing required request parameters: [h1]"
    ),
}


def _answer(case: Case, event: dict[str, Any]) -> Any:
    if case["handler_behavior"] == "returns":
        return case["handler_returns"]
    return {"statusCode": 200, "body": json.dumps(event)}


def _event(case: Case, request: Request, match: Match, context: CallContext) -> dict[str, Any]:
    if fidelity.flavor(case) == "rest":
        return rest_event.build_event(request, match, context)
    if case["payload_format"] == "1.0":
        return http_event_v1.build_event(request, match, context)
    return http_event.build_event(request, match, context)


def _run(case: Case, request: Request, context: CallContext) -> Reply:
    router = Router(fidelity.operations(case), context.deployment.flavor, context.deployment.stage)
    match = router.match(request.method, request.target)
    if match is None:
        raise GatewayError(GatewayResponseType.NO_ROUTE)
    if "expect_route" in case:
        assert match.operation.path == case["expect_route"]
    event = _event(case, request, match, context)
    fidelity.assert_event(case, event)
    if "expect_authorizer_event" in case:
        fidelity.assert_authorizer_event(case, http_event.build_authorizer_event(request, match, context, ["Bearer x"]))
    if case["id"] in _REJECTED:
        raise _REJECTED[case["id"]]
    error = "Unhandled" if case["handler_behavior"] == "raises" else None
    to_reply = http_reply.to_reply if context.deployment.flavor == "http" else rest_reply.to_reply
    return to_reply(make_invocation(_answer(case, event), error=error), request, context)


@pytest.mark.parametrize("case", fidelity.load_cases(), ids=lambda case: case["id"])
def test_the_gateway_behaves_as_recorded(case: Case) -> None:
    request = fidelity.request(case)
    context = make_context(deployment=fidelity.deployment(case))
    try:
        reply = _run(case, request, context)
    except GatewayError as error:
        error_reply = http_responses.error_reply if context.deployment.flavor == "http" else rest_responses.error_reply
        reply = error_reply(error, Exchange(request, context))
    if (cors := fidelity.cors(case)) is not None:
        reply = apply_cors(cors, request, reply)
    fidelity.assert_response(case, reply.status, reply.headers, reply.body)


def test_every_known_difference_names_a_recorded_case() -> None:
    assert set(_REJECTED) <= {case["id"] for case in fidelity.load_cases()}
