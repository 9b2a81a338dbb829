"""Parameter mapping of HTTP APIs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from homeport.gateway.auth import Authorization
from homeport.gateway.context import Exchange
from homeport.gateway.http.message import Reply
from homeport.gateway.http_api.parameter_mapping import MappingValues, map_reply, map_request
from homeport.http_headers import Header
from homeport.project.integrations.parameter_mapping import ParameterMapping, parse_expression, parse_mapping
from tests.support.gateway import SHORT_ID, make_context, make_deployment, make_exchange, make_operation, make_request

APIGW: Header = ("Apigw-Requestid", SHORT_ID)


def mappings(written: Mapping[str, str], side: str = "request") -> tuple[ParameterMapping, ...]:
    return tuple(
        parse_mapping(key, text, "request" if side == "request" else "response") for key, text in written.items()
    )


def exchange(
    target: str = "/items/1",
    headers: tuple[Header, ...] = (),
    body: Any = b"",
    path: str = "/items/{itemId}",
    **context: Any,
) -> Exchange:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = make_request(target=target, headers=headers, body=data)
    return make_exchange(request=request, operation=make_operation(path=path), context=make_context(**context))


def value(text: str, call: Exchange, reply: Reply | None = None) -> str | None:
    return MappingValues(call, reply).text(parse_expression(text, "request" if reply is None else "response"))


def test_a_header_is_appended_overwritten_and_removed() -> None:
    call = exchange(headers=(("Accept", "a"), ("X-One", "1"), ("x-one", "2"), ("X-Two", "3")))
    written = {
        "append:header.X-ONE": "more",
        "append:header.X-New": "new",
        "overwrite:header.x-two": "other",
        "remove:header.accept": "''",
    }
    request, _ = map_request(mappings(written), call)
    assert request.headers == (("X-One", "1"), ("x-one", "2,more"), ("x-two", "other"), ("X-New", "new"))


def test_values_are_those_of_the_client_whatever_other_mappings_do() -> None:
    call = exchange(headers=(("a", "1"), ("b", "2")))
    written = {"overwrite:header.a": "$request.header.B", "overwrite:header.b": "$request.header.A"}
    request, _ = map_request(mappings(written), call)
    assert request.headers == (("a", "2"), ("b", "1"))


def test_a_header_that_is_overwritten_with_nothing_does_not_pass() -> None:
    call = exchange(headers=(("X-User", "forged"),))
    written = {"overwrite:header.x-user": "$context.authorizer.user", "append:header.x-more": "$request.header.none"}
    request, _ = map_request(mappings(written), call)
    assert request.headers == ()


def test_a_value_is_one_header_line_whatever_the_body_says() -> None:
    call = exchange(body={"name": "a\r\nX-Other: b", "sign": "ü"})
    written = {"append:header.x-name": "$request.body.name", "append:header.x-sign": "$request.body.sign"}
    request, _ = map_request(mappings(written), call)
    assert request.headers == (("x-name", "a X-Other: b"), ("x-sign", "ü".encode().decode("latin-1")))


def test_the_query_keeps_what_no_mapping_names_as_it_was_sent() -> None:
    call = exchange(target="/items/1?a=%20x&B=1&b=2&b=3&c")
    written = {"append:querystring.a": "y z&", "overwrite:querystring.b": "4", "remove:querystring.c": "''"}
    request, _ = map_request(mappings(written), call)
    assert request.target == "/items/1?a=%20x&B=1&b=4&a=y%20z%26"


def test_the_path_is_overwritten_encoded_as_it_came() -> None:
    call = exchange(target="/items/a%2Fb?q=1")
    request, match = map_request(mappings({"overwrite:path": "/v2/${request.path.itemId}/ü?"}), call)
    assert request.target == "/v2/a%2Fb/%C3%BC%3F?q=1"
    assert match.path == match.full_path == "/v2/a%2Fb/%C3%BC%3F"
    assert match.path_parameters == {"itemId": "a%2Fb"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("text", "text"),
        ("$request.header.x-ONE", "1,2"),
        ("$request.querystring.q", "a b,c"),
        ("$request.querystring.Q", None),
        ("$request.path", "/items/a b"),
        ("$request.path.itemId", "a b"),
        ("$request.path.other", None),
        ("${request.path.itemId}/${request.path.other}!", "a b/!"),
        ("com.example.$request.path.itemId", "com.example.a b"),
        ("$request.body.pets[1].name", "rex"),
        ("$request.body.pets[7].name", None),
        ("$request.body.pets[*].name", '["tom","rex"]'),
        ("$request.body.pets[0]", '{"name":"tom","ü":1.50}'),
        ("$request.body['a.b']", "dotted"),
        ("$request.body.none", None),
        ("$request.body.yes", "true"),
        ("$request.body.number", "12"),
        ("$stageVariables.colour", "blue"),
        ("$stageVariables.none", None),
        ("$context.requestId", SHORT_ID),
        ("$context.identity.sourceIp", "192.0.2.1"),
        ("$context.routeKey", "GET /items/{itemId}"),
        ("$context.authorizer.user", "ann"),
        ("$context.nothing", None),
        ("costs $5", "costs $5"),
    ],
)
def test_an_expression_reads_the_request_and_its_context(text: str, found: str | None) -> None:
    body = (
        b'{"pets": [{"name": "tom", "\xc3\xbc": 1.50}, {"name": "rex"}], "a.b": "dotted", "none": null, '
        b'"yes": true, "number": 12}'
    )
    call = exchange(
        target="/items/a%20b?q=a+b&q=c",
        headers=(("X-One", "1"), ("x-one", "2"), ("Content-Type", "application/x-www-form-urlencoded")),
        body=body,
        deployment=make_deployment(stage_variables={"colour": "blue"}),
        authorization=Authorization("lambda", {"user": "ann"}),
    )
    assert value(text, call) == (found if found is None or "1.50" not in found else found.replace("1.50", "1.5"))


def test_the_path_has_no_stage() -> None:
    call = exchange(target="/prod/items/1", deployment=make_deployment(stage="prod"))
    assert value("$request.path", call) == "/items/1"


def test_a_claim_of_a_token_is_a_value() -> None:
    call = exchange(authorization=Authorization("jwt", {"sub": "ann", "groups": ["a", "b"]}))
    assert value("$context.authorizer.claims.sub", call) == "ann"
    assert value("$context.authorizer.claims.groups", call) == "[a b]"


def test_the_whole_body_is_its_text_unchanged() -> None:
    assert value("$request.body", exchange(body=b'{ "a": 1 }')) == '{ "a": 1 }'
    assert value("$request.body", exchange()) is None


@pytest.mark.parametrize("body", [b"", b"no json", b"[" * 100_000, b'{"a": "' + b"x" * 200_000 + b'"}'])
def test_a_body_that_can_not_be_read_has_no_members(body: bytes) -> None:
    assert value("$request.body.a", exchange(body=body)) is None


def reply(status: int = 200, *headers: Header, body: bytes = b"{}") -> Reply:
    return Reply(status, (*headers, APIGW), body)


def test_responses_are_mapped_by_their_status() -> None:
    responses = {
        "404": mappings({"overwrite:statuscode": "403", "append:header.X-Why": "gone"}, "response"),
        "200": mappings({"remove:header.server": "''"}, "response"),
    }
    call = exchange()
    assert map_reply(responses, call, reply(404)) == Reply(403, (("X-Why", "gone"), APIGW), b"{}")
    assert map_reply(responses, call, reply(200, ("Server", "s"))) == reply(200)
    assert map_reply(responses, call, reply(500, ("Server", "s"))) == reply(500, ("Server", "s"))


def test_a_response_gives_its_headers_body_and_the_headers_of_the_request() -> None:
    responses = {
        "200": mappings(
            {
                "append:header.x-a": "$response.header.etag",
                "append:header.x-b": "$response.body.id",
                "append:header.x-c": "$request.header.x-in",
                "append:header.x-d": "$context.requestId",
            },
            "response",
        )
    }
    found = map_reply(responses, exchange(headers=(("X-In", "in"),)), reply(200, ("ETag", '"1"'), body=b'{"id": 7}'))
    assert found.headers[1:] == (("X-A", '"1"'), ("X-B", "7"), ("X-C", "in"), ("X-D", SHORT_ID), APIGW)


def test_a_status_of_the_response_without_meaning_changes_nothing() -> None:
    responses = {"200": mappings({"overwrite:statuscode": "$response.body.status"}, "response")}
    assert map_reply(responses, exchange(), reply(200, body=b'{"status": 99}')).status == 200
    assert map_reply(responses, exchange(), reply(200, body=b'{"status": 418}')).status == 418


def test_a_status_without_a_body_has_none() -> None:
    responses = {"200": mappings({"overwrite:statuscode": "204"}, "response")}
    assert map_reply(responses, exchange(), reply(200)) == Reply(204, (APIGW,), b"")
