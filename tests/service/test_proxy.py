"""service/proxy.py: the same request out of every kind of event, and an answer that fits all."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.proxy import Request, Response, read_event, reply
from tests.support.service import EVENT_FACTORIES, in_url, make_event_rest, make_event_v2

factories = pytest.mark.parametrize("make_event", EVENT_FACTORIES.values(), ids=EVENT_FACTORIES)


@factories
def test_a_request_is_the_same_in_every_payload_format(make_event: object) -> None:
    event = make_event(  # type: ignore[operator]
        method="PUT",
        item_id="a%20b%2Fc",
        query="limit=2&tag=x%2Cy&tag=&plus=a+b",
        body={"name": "é"},
        headers={"Content-Type": "application/json", "X-Thing": "1"},
        stage="/prod",
    )
    request = read_event(event)
    assert request.path.startswith("/prod/items/a")
    assert request.path_parameters == {"itemId": "a b/c"}
    assert request.query == {"limit": ["2"], "tag": ["x,y", ""], "plus": ["a b"]}
    assert request.headers == {"content-type": "application/json", "x-thing": "1"}
    assert request.body == b'{"name": "\\u00e9"}'


@factories
def test_an_empty_request_is_empty_in_every_payload_format(make_event: object) -> None:
    event = make_event(stage="")  # type: ignore[operator]
    assert read_event(event) == Request("/items")


CLAIMS = {"sub": "ann", "scope": "read"}


@pytest.mark.parametrize(
    ("make_event", "authorizer", "claims", "context"),
    [
        (make_event_v2, {"jwt": {"claims": CLAIMS, "scopes": ["read"]}}, CLAIMS, {}),
        (make_event_v2, {"lambda": {"team": "a"}}, {}, {"team": "a"}),
        (make_event_v2, {"lambda": None}, {}, {}),
        (make_event_v2, {"iam": {"userId": "AIDA"}}, {}, {}),
        (make_event_rest, {"claims": CLAIMS}, CLAIMS, {}),
        (make_event_rest, {"claims": None, "scopes": None, "team": "a"}, {}, {"team": "a"}),
        (make_event_rest, {"principalId": "ann", "team": "a"}, {}, {"principalId": "ann", "team": "a"}),
        (make_event_rest, None, {}, {}),
    ],
)
def test_claims_and_the_context_of_an_authorizer_are_read_from_every_payload_format(
    make_event: object, authorizer: object, claims: object, context: object
) -> None:
    event = make_event()  # type: ignore[operator]
    event["requestContext"]["authorizer"] = authorizer
    request = read_event(event)
    assert (request.claims, request.authorizer) == (claims, context)


@factories
def test_a_body_in_base64_is_decoded(make_event: object) -> None:
    event = make_event(method="POST", body=b"\x00\xff{}")  # type: ignore[operator]
    assert read_event(event).body == b"\x00\xff{}"


def test_a_path_parameter_that_an_http_api_has_decoded_is_not_decoded_again() -> None:
    event = make_event_v2(item_id="a%2520b")
    assert read_event(event).path_parameters == {"itemId": "a%20b"}


def test_the_duplicates_of_a_header_are_joined() -> None:
    event = {**make_event_rest(), "multiValueHeaders": {"X-A": ["1", "2"]}}
    assert read_event(event).headers == {"x-a": "1,2"}


def test_a_lone_surrogate_in_a_body_becomes_bytes_that_are_not_utf_8() -> None:
    assert read_event(make_event_v2(method="POST", body='"\ud800"')).body == b'"\xed\xa0\x80"'


@given(
    st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4),
    st.text(min_size=1).filter(lambda text: text not in (".", "..")),
    st.binary(max_size=20),
)
def test_any_text_survives_any_payload_format(query: list[tuple[str, str]], item_id: str, body: bytes) -> None:
    requests = [
        read_event(make_event(query=urlencode(query), item_id=in_url(item_id), body=body, stage=""))
        for make_event in EVENT_FACTORIES.values()
    ]
    for request in requests:
        assert request.path_parameters == {"itemId": item_id}
        assert [(name, value) for name, values in request.query.items() for value in values] == sorted(
            query, key=lambda pair: [name for name, _ in query].index(pair[0])
        )
        assert request.body == body


def test_an_answer_has_its_body_as_json_text() -> None:
    assert reply(Response(200, {"price": Decimal("10.50"), "name": "é"}, {"etag": '"1"'})) == {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "etag": '"1"'},
        "body": '{"price":10.5,"name":"é"}',
    }


def test_an_answer_without_a_body_has_no_content_type() -> None:
    assert reply(Response(204)) == {"statusCode": 204, "headers": {}, "body": ""}
