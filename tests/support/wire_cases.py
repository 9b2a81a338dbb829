"""The recorded cases as projects: what someone who has only the case and the kit's documentation would write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeport.http_headers import Header
from tests.support import fidelity
from tests.support.fidelity import Case
from tests.support.made_project import ANSWERS_BODY, ECHO, RAISES, Made, Route, lambda_scheme, returns, sleeps

API_KEY = "a-key-that-is-good-enough"
_DISABLED_KEY = "a-key-that-is-switched-off"
_PLACEHOLDERS = {"<valid key in usage plan>": API_KEY, "<disabled key>": _DISABLED_KEY}
WRONG_AUDIENCE = "<JWT whose aud/client_id is not configured>"

# The model of the developer guide's walk-through, which its cases only name.
_GUIDE_MODEL = {
    "type": "object",
    "required": ["price", "type"],
    "properties": {
        "type": {"type": "string", "enum": ["dog", "cat", "fish"]},
        "price": {"type": "number", "minimum": 25, "maximum": 500},
    },
}
_CHECKS_EVENT = """
EXPECTED = {expected!r}

def handler(event, context):
    for key, value in EXPECTED.items():
        assert event[key] == value, key
    return {answer!r}
"""
_AUTHORIZES = """
import json

def handler(event, context):
    statement = {{"Action": "execute-api:Invoke", "Effect": {effect!r}, "Resource": "*"}}
    policy = {{"Version": "2012-10-17", "Statement": [statement]}}
    return {{"principalId": "someone", "policyDocument": policy, "context": {{"event": json.dumps(event)}}}}
"""


@dataclass(frozen=True)
class Plan:
    """One project, and the cases that are run against it."""

    made: Made
    cases: tuple[Case, ...]


def plans(cases: Iterable[Case]) -> list[Plan]:
    """As few projects as the cases need: those share one that differ in their paths only."""
    found: list[Plan] = []
    for case in cases:
        made = project_of(case)
        for index, plan in enumerate(found):
            together = _together(plan.made, made)
            if together is not None:
                found[index] = Plan(together, (*plan.cases, case))
                break
        else:
            found.append(Plan(made, (case,)))
    return found


def headers_of(case: Case, token: str) -> list[Header]:
    """The case's request headers; ``token`` is a JWT for another audience."""
    known = {**_PLACEHOLDERS, WRONG_AUDIENCE: token}
    return [(name, known.get(value, value)) for name, value in fidelity.request(case).headers]


def project_of(case: Case) -> Made:
    """The project of one case."""
    route = case["route"]
    authorizer = route.get("authorizer")
    made = Made(
        routes=_routes(case),
        flavor=fidelity.flavor(case),
        payload_format=case["payload_format"],
        stage_name=fidelity.stage(case),
        spec=_spec(route),
        stage=_stage(route),
    )
    if authorizer is None:
        return made
    code = _authorizer_code(case)
    return replace(made, schemes={"who": _scheme(case, authorizer)}, modules={"decide": code} if code else {})


def _together(made: Made, other: Made) -> Made | None:
    """Both in one project, if they differ in their routes only and no request could be for a route of both."""
    if replace(made, routes=()) != replace(other, routes=()):
        return None
    if all(route in made.routes for route in other.routes):
        return made
    first, added = _first_segments(made), _first_segments(other)
    if first & added or any("{" in name or name in ("", "$default") for name in first | added):
        return None
    return replace(made, routes=(*made.routes, *other.routes))


def _first_segments(made: Made) -> set[str]:
    return {route.path.split("/")[1] for route in made.routes}


def _routes(case: Case) -> tuple[Route, ...]:
    extra = _operation(case)
    code = _code(case)
    return tuple(Route(op.method, op.path, code, extra) for op in fidelity.operations(case))


def _code(case: Case) -> str:
    behavior = case["handler_behavior"]
    if behavior == "returns" and case["expect_event"]:
        return _CHECKS_EVENT.format(expected=case["expect_event"], answer=case["handler_returns"])
    if behavior == "returns" and _answer_is_sent(case):
        return ANSWERS_BODY
    if behavior == "returns":
        return returns(case["handler_returns"])
    return {"raises": RAISES, "timeout": sleeps(60)}.get(behavior, ECHO)


def _answer_is_sent(case: Case) -> bool:
    """Whether the recorded handler answered with what its request's body says."""
    try:
        return bool(json.loads(case["request"].get("body") or "null") == case["handler_returns"])
    except ValueError:
        return False


def _operation(case: Case) -> dict[str, Any]:
    route = case["route"]
    extra: dict[str, Any] = {}
    if case["handler_behavior"] == "timeout":
        extra["x-homeport"] = {"timeout": 60}
    if "authorizer" in route:
        extra["security"] = [{"who": []}]
    if route.get("apiKeyRequired"):
        extra["security"] = [{"key": []}]
    if "requestValidator" in route:
        extra |= _validation(case)
    return extra


def _validation(case: Case) -> dict[str, Any]:
    places = {"path": "path", "querystring": "query", "header": "header"}
    parameters = []
    for mapping, required in case["route"].get("requestParameters", {}).items():
        place, name = mapping.removeprefix("method.request.").split(".", 1)
        if place != "path":
            schema = {"type": "string"}
            parameters.append({"name": name, "in": places[place], "required": required, "schema": schema})
    models = case["route"].get("requestModels")
    if models is None and case["request"]["method"] == "POST":
        models = {"application/json": _GUIDE_MODEL}
    body = {"requestBody": {"content": {kind: {"schema": model} for kind, model in models.items()}}} if models else {}
    return {"parameters": parameters, "x-amazon-apigateway-request-validator": "chosen", **body}


def _spec(route: Mapping[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    if "requestValidator" in route:
        asked = route["requestValidator"]
        both = asked if isinstance(asked, dict) else {"validateRequestBody": True, "validateRequestParameters": True}
        validator = {"validateRequestBody": False, "validateRequestParameters": False, **both}
        spec["x-amazon-apigateway-request-validators"] = {"chosen": validator}
    if "binaryMediaTypes" in route:
        spec["x-amazon-apigateway-binary-media-types"] = route["binaryMediaTypes"]
    if "cors" in route:
        spec["x-amazon-apigateway-cors"] = {f"{key[0].lower()}{key[1:]}": value for key, value in route["cors"].items()}
    if "apiKeySource" in route:
        spec["x-amazon-apigateway-api-key-source"] = route["apiKeySource"]
    if route.get("apiKeyRequired"):
        spec["components"] = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}}
    return spec


def _stage(route: Mapping[str, Any]) -> dict[str, Any]:
    stage: dict[str, Any] = {}
    if route.get("throttle") == "exceeded":
        stage["throttle"] = {"rate": 0, "burst": 0}
    if route.get("apiKeyRequired"):
        stage["usagePlans"] = {"basic": {"rate": 1000, "burst": 1000}}
        stage["apiKeys"] = {
            "good": {"value": API_KEY, "usagePlan": "basic"},
            "off": {"value": _DISABLED_KEY, "usagePlan": "basic", "enabled": False},
        }
    return stage


def _scheme(case: Case, authorizer: Mapping[str, Any]) -> dict[str, Any]:
    sources = authorizer.get("identitySource")
    if authorizer["type"] == "JWT":
        settings = {"type": "jwt", "identitySource": sources, "jwtConfiguration": {"audience": ["shop"]}}
        return {"type": "oauth2", "flows": {}, "x-amazon-apigateway-authorizer": settings}
    settings = {} if sources is None else {"identitySource": sources}
    if "payloadFormatVersion" in authorizer:
        settings["authorizerPayloadFormatVersion"] = authorizer["payloadFormatVersion"]
    header = "Unused" if sources is None else str(sources).rpartition(".")[2].strip("']")
    scheme = lambda_scheme(authorizer["type"].lower(), "decide", header=header, **settings)
    if "lacks" in case.get("authorizer_behavior", ""):
        # No one can take the permission away here; a function that may not run is refused by Lambda all the same.
        scheme["x-homeport"] = {"reservedConcurrency": 0}
    return scheme


def _authorizer_code(case: Case) -> str:
    behavior = case.get("authorizer_behavior", "")
    if case["route"]["authorizer"]["type"] == "JWT":
        return ""
    if "invalid format" in behavior or case.get("expect_authorizer_invoked") is False:
        return returns("nonsense")
    if "raises" in behavior:
        return RAISES
    return _AUTHORIZES.format(effect="Deny" if "Deny" in behavior else "Allow")


def authorizer_event_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event that the authorizer got, which it sent on to the function."""
    found: Mapping[str, Any] = json.loads(event["requestContext"]["authorizer"]["lambda"]["event"])
    return found
