from __future__ import annotations

from homeport.gateway.ids import claim_time, epoch_milliseconds, request_time
from homeport.gateway.proxy_event import cognito_claims, jwt_claims, rest_context

CLAIMS = {
    "sub": "u1",
    "exp": 1787996002,
    "email_verified": True,
    "cognito:groups": ["admins", "users"],
    "address": {"street": "a b", "city": "x"},
    "nothing": None,
}


def test_http_apis_print_every_claim_as_text() -> None:
    assert jwt_claims(CLAIMS) == {
        "sub": "u1",
        "exp": "1787996002",
        "email_verified": "true",
        "cognito:groups": "[admins users]",
        "address": "map[city:x street:a b]",
        "nothing": "null",
    }


def test_rest_apis_print_lists_with_commas_and_times_as_dates() -> None:
    assert cognito_claims(CLAIMS) == {
        "sub": "u1",
        "exp": "Sat Aug 29 09:33:22 UTC 2026",
        "email_verified": "true",
        "cognito:groups": "admins,users",
        "address": '{"street":"a b","city":"x"}',
        "nothing": "null",
    }


def test_times_that_are_no_times_are_printed_as_they_are() -> None:
    assert cognito_claims({"exp": "soon", "iat": 1e300}) == {"exp": "soon", "iat": "1e+300"}


def test_the_context_of_a_rest_apis_authorizer_arrives_as_text() -> None:
    assert rest_context({"s": "é", "n": 1, "f": 1.5, "b": False}) == {"s": "é", "n": "1", "f": "1.5", "b": "false"}


def test_times_are_printed_as_api_gateway_does() -> None:
    assert request_time(1790075001.9) == "22/Sep/2026:11:03:21 +0000"
    assert claim_time(1790075001) == "Tue Sep 22 11:03:21 UTC 2026"
    assert epoch_milliseconds(1790075001.25) == 1790075001250
