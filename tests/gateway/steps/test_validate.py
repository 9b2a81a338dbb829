from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from homeport.gateway.context import Exchange, skip
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.steps.validate import validate
from homeport.http_headers import Header
from homeport.project.model import Operation, Parameter, RequestBody, RequestValidator
from homeport.project.schema.references import SchemaError
from tests.support.gateway import make_context, make_deployment, make_exchange, make_operation, make_request
from tests.support.stages import make_api

MODEL = {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}
PARAMETERS = (
    Parameter("q2", "query", True, {}),
    Parameter("thing", "path", True, {}),
    Parameter("q1", "query", True, {}),
    Parameter("x-b", "header", True, {}),
    Parameter("X-A", "header", True, {}),
    Parameter("optional", "query", False, {}),
    Parameter("session", "cookie", True, {}),
)


def _operation(*, body: bool = True, parameters: bool = True, schema: dict[str, Any] | None = None) -> Operation:
    return replace(
        make_operation(method="POST", path="/things/{thing}"),
        parameters=PARAMETERS,
        body=RequestBody(False, {"application/json": MODEL if schema is None else schema}),
        validator=RequestValidator(body=body, parameters=parameters),
    )


def _exchange(operation: Operation, *, query: str, headers: tuple[Header, ...], body: bytes, path: str) -> Exchange:
    request = make_request(method="POST", target=f"/prod/things/{path}?{query}", headers=headers, body=body)
    return make_exchange(
        request=request, context=make_context(deployment=make_deployment(flavor="rest")), operation=operation
    )


def _rejection(
    operation: Operation,
    *,
    query: str = "q1=1&q2=2",
    headers: tuple[Header, ...] = (("x-a", "1"), ("X-B", "2")),
    body: bytes = b'{"a": 1}',
    path: str = "1",
) -> tuple[GatewayResponseType, str | None, str | None] | None:
    exchange = _exchange(operation, query=query, headers=headers, body=body, path=path)
    try:
        assert validate(make_api(operation))(exchange) is exchange
    except GatewayError as error:
        return error.type, error.message, error.validation
    return None


def _missing(names: str) -> tuple[GatewayResponseType, str, str]:
    return GatewayResponseType.BAD_REQUEST_PARAMETERS, f"Missing required request parameters: {names}", names


def test_a_request_with_all_that_is_required_passes() -> None:
    assert _rejection(_operation()) is None


@pytest.mark.parametrize(
    ("query", "headers", "path", "names"),
    [
        ("", (), "1", "[X-A, x-b, q1, q2]"),
        ("q1=1", (("X-A", "1"), ("x-b", "1")), "1", "[q2]"),
        ("q1=&q2=%20", (("X-A", ""), ("x-b", " ")), "%20", "[X-A, x-b, thing, q1, q2]"),
        # The last of several values counts, as in the event; names of query parameters have case.
        ("q1=1&q1=&q2=1&Q1=1", (("X-A", "1"), ("x-b", "1")), "1", "[q1]"),
        ("q1=1;q2", (("X-A", "1"), ("x-b", "1")), "1", "[q2]"),
    ],
)
def test_missing_parameters_are_named_by_place_and_name(
    query: str, headers: tuple[Header, ...], path: str, names: str
) -> None:
    assert _rejection(_operation(), query=query, headers=headers, path=path) == _missing(names)


def test_parameters_come_before_the_body() -> None:
    assert _rejection(_operation(), query="q1=1", body=b"{}") == _missing("[q2]")


@pytest.mark.parametrize(
    ("body", "validation"),
    [
        (b"", "[Unknown error parsing request body]"),
        (b"{", "[Unknown error parsing request body]"),
        (b"{}", '[object has missing required properties (["a"])]'),
    ],
)
def test_a_body_that_does_not_fit_its_model_is_rejected(body: bytes, validation: str) -> None:
    assert _rejection(_operation(), body=body) == (GatewayResponseType.BAD_REQUEST_BODY, None, validation)


def test_a_validator_checks_only_what_it_is_for() -> None:
    assert _rejection(_operation(body=False), body=b"{") is None
    assert _rejection(_operation(parameters=False), query="", headers=()) is None
    assert _rejection(_operation(parameters=False), body=b"{") is not None


def test_a_content_type_without_a_model_passes() -> None:
    headers = (("x-a", "1"), ("x-b", "1"), ("Content-Type", "text/plain"))
    assert _rejection(_operation(), headers=headers, body=b"{") is None


def test_a_validator_without_any_model_lets_every_body_through() -> None:
    assert _rejection(replace(_operation(), body=None), body=b"") is None


def test_a_method_without_validator_is_not_looked_at() -> None:
    free = replace(_operation(), validator=None)
    assert validate(make_api(free)) is skip
    both = make_api(free, replace(_operation(), id="other", path="/other/{thing}"))
    exchange = _exchange(free, query="", headers=(), body=b"", path="1")
    assert validate(both)(exchange) is exchange


def test_a_model_that_can_not_be_used_is_an_error_at_start() -> None:
    with pytest.raises(SchemaError):
        validate(make_api(_operation(schema={"pattern": "("})))
