from __future__ import annotations

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.context import Exchange, skip
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.steps.usage import api_key, api_key_entries
from homeport.http_headers import Header
from tests.support.gateway import make_context, make_deployment, make_exchange, make_operation, make_request
from tests.support.stages import make_api, make_key, make_plan, make_stage

LOCKED = make_operation(path="/locked", api_key_required=True)
OPEN = make_operation(path="/open")
STAGE = make_stage(usage_plans=[make_plan()], api_keys=[make_key(), make_key(name="off", value="old", enabled=False)])


def _exchange(path: str, headers: tuple[Header, ...] = (), authorization: Authorization | None = None) -> Exchange:
    request = make_request(target=f"/prod{path}", headers=headers)
    context = make_context(deployment=make_deployment(flavor="rest"), authorization=authorization)
    return make_exchange(request=request, context=context, operation=LOCKED if path == "/locked" else OPEN)


def _authorization(key: str | None) -> Authorization:
    return Authorization("lambda", {}, usage_identifier_key=key)


def test_a_good_key_is_set_in_the_context() -> None:
    exchange = api_key(make_api(LOCKED, OPEN), STAGE)(_exchange("/locked", (("X-API-Key", "secret-1"),)))
    assert isinstance(exchange, Exchange)
    assert (exchange.context.api_key, exchange.context.api_key_id) == ("secret-1", api_key_entries(STAGE)[0].id)


@pytest.mark.parametrize(
    ("headers", "response_type"),
    [
        ((), GatewayResponseType.MISSING_API_KEY),
        ((("x-api-key", ""),), GatewayResponseType.MISSING_API_KEY),
        ((("x-api-key", "guessed"),), GatewayResponseType.INVALID_API_KEY),
        ((("x-api-key", "old"),), GatewayResponseType.INVALID_API_KEY),
        ((("x-api-key", "\xff"),), GatewayResponseType.INVALID_API_KEY),
    ],
)
def test_any_other_key_is_rejected(headers: tuple[Header, ...], response_type: GatewayResponseType) -> None:
    with pytest.raises(GatewayError) as caught:
        api_key(make_api(LOCKED, OPEN), STAGE)(_exchange("/locked", headers))
    assert caught.value.type is response_type


def test_the_authorizer_may_name_the_key() -> None:
    step = api_key(make_api(LOCKED, api_key_source="AUTHORIZER"), STAGE)
    exchange = step(_exchange("/locked", authorization=_authorization("secret-1")))
    assert isinstance(exchange, Exchange)
    assert exchange.context.api_key == "secret-1"


@pytest.mark.parametrize(
    ("authorization", "response_type"),
    [
        (None, GatewayResponseType.MISSING_API_KEY),
        (_authorization(None), GatewayResponseType.MISSING_API_KEY),
        (_authorization("guessed"), GatewayResponseType.INVALID_API_KEY),
    ],
)
def test_the_header_is_ignored_where_the_authorizer_names_the_key(
    authorization: Authorization | None, response_type: GatewayResponseType
) -> None:
    step = api_key(make_api(LOCKED, api_key_source="AUTHORIZER"), STAGE)
    with pytest.raises(GatewayError) as caught:
        step(_exchange("/locked", (("x-api-key", "secret-1"),), authorization))
    assert caught.value.type is response_type


def test_a_method_without_api_key_ignores_the_header() -> None:
    exchange = _exchange("/open", (("x-api-key", "secret-1"),))
    assert api_key(make_api(LOCKED, OPEN), STAGE)(exchange) is exchange
    assert api_key(make_api(OPEN), STAGE) is skip
