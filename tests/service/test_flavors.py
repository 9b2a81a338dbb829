"""The same request gets the same status from an HTTP API and from a REST API, whose validator sees it first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from homeport.contract.fixtures.stack import running_stack
from tests.support.service import ROOT, make_id

pytestmark = pytest.mark.stack

JSON = "application/json"
PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Sent:
    """A request: ``{id}`` in its path is the id of an item that is there."""

    method: str
    path: str
    body: str | bytes | None = None
    content_type: str | None = JSON
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def apis() -> Iterator[tuple[str, str]]:
    """The base URLs of both flavors."""
    with (
        running_stack(ROOT, ("--no-data", "--stage", "local")) as http,
        running_stack(ROOT, ("--no-data", "--stage", "rest")) as rest,
    ):
        yield http.url, rest.url


def statuses(apis: tuple[str, str], sent: Sent) -> tuple[int, int]:
    http, rest = (answer(base, sent).status_code for base in apis)
    return http, rest


def answer(base: str, sent: Sent) -> requests.Response:
    item_id = make_id()
    requests.put(f"{base}/items/{item_id}", json={"name": "Widget"}, timeout=60).raise_for_status()
    headers = {**sent.headers, **({"Content-Type": sent.content_type} if sent.content_type else {})}
    url = base + sent.path.replace("{id}", item_id)
    return requests.request(sent.method, url, data=sent.body, headers=headers, timeout=60)


BAD_CONTENT: list[str | bytes] = [
    *("", "{", "null", "[]", '"x"', "1", '{"name": "W"} x', b"\xff", '{"name": "W", "name": "W"}', "{}"),
    *('{"name": null}', '{"name": ""}', '{"name": 1}', '{"name": "W", "x": 1}', '{"name": "W", "version": 1}'),
    *('{"name": "W", "price": "1"}', '{"name": "W", "price": -1}', '{"name": "W", "price": 1e39}'),
    *('{"name": "W", "price": 1e-131}', '{"name": "W", "price": true}', '{"name": "W", "price": [null]}'),
    *('{"name": "W", "tags": null}', '{"name": "W", "tags": [1]}', '{"name": "W", "tags": ["a", "a"]}'),
    *('{"name": "W", "tags": [""]}', '{"name": "W", "status": "lost"}', '{"name": "W", "status": null}'),
    *('{"name": "W", "description": null}', '{"name": "W", "itemId": "-"}', '{"name": "W", "itemId": "batch-get"}'),
    '{"name": "%s"}' % ("x" * 201),
    '{"name": "W", "price": 1.%s}' % ("1" * 38),
]
BAD_PATCHES = [
    *("", "{", "null", "[]", '{"name": null}', '{"name": ""}', '{"x": null}', '{"itemId": "1"}', '{"price": "1"}'),
    *('{"tags": [null]}', '{"status": "lost"}', '{"description": 1}', '[{"op": "remove", "path": "/price"}]'),
]
BAD_BATCHES = ["", "{}", "[]", '{"itemIds": []}', '{"itemIds": ["a", "a"]}', '{"itemIds": [1]}', '{"itemIds": ["-"]}']

BAD = [
    *(Sent("POST", "/items", body) for body in BAD_CONTENT),
    *(Sent("PUT", "/items/{id}", body) for body in BAD_CONTENT),
    *(Sent("PATCH", "/items/{id}", body, PATCH) for body in BAD_PATCHES),
    *(Sent("POST", "/items/batch-get", body) for body in BAD_BATCHES),
    *(Sent("POST", "/items", '{"name": 1}', kind) for kind in (None, "text/plain", f"{JSON}; charset=utf-8")),
    *(Sent("PATCH", "/items/{id}", '{"name": 1}', kind) for kind in (None, "text/plain", JSON)),
    *(
        Sent("GET", f"/items?{query}")
        for query in ("limit=0", "limit=x", "status=lost", "status=", "cursor=x", "limit=", "limit=1&limit=1")
    ),
    *(Sent(method, "/items/-", '{"name": "W"}') for method in ("GET", "PUT", "PATCH", "DELETE")),
    *(Sent("GET", f"/items/{item_id}") for item_id in ("a%2Fb", "%00", "%C3%A9", "batch-get", "x" * 129)),
    Sent("POST", "/items", '{"name": "W"}', headers={"Idempotency-Key": "a b"}),
    Sent("POST", "/items", '{"name": "W"}', headers={"Idempotency-Key": "x" * 256}),
]
FINE = [
    (Sent("POST", "/items", '{"name": "W", "price": null}'), 201),
    (Sent("POST", "/items", '{"name": "W", "price": 12345678901234567890.123456789012345678}'), 201),
    (Sent("POST", "/items", '{"name": "W"}', "text/plain"), 201),
    (Sent("POST", "/items", '{"name": "é\\u0000😀", "description": ""}', None), 201),
    (Sent("PUT", "/items/{id}", '{"name": "W", "price": 1E+38, "tags": []}'), 200),
    (Sent("PATCH", "/items/{id}", '{"price": null, "tags": null, "status": null, "description": null}', PATCH), 200),
    (Sent("PATCH", "/items/{id}", "{}", JSON), 200),
    (Sent("PATCH", "/items/{id}", '{"price": 0.1}', None), 200),
    (Sent("PATCH", "/items/{id}", "{}", PATCH, {"If-Match": '"x"'}), 412),
    (Sent("PUT", "/items/{id}", '{"name": "W"}', JSON, {"If-None-Match": "*"}), 412),
    (Sent("GET", "/items/{id}", headers={"If-None-Match": "*"}), 304),
    (Sent("GET", "/items/{id}", headers={"If-Match": '"x"'}), 412),
    (Sent("GET", "/items/{id}", headers={"If-Match": "*"}), 200),
    (Sent("PUT", "/items/%41%2D~", '{"itemId": "A-~", "name": "W"}', headers={"If-Match": '"x"'}), 412),
    (Sent("PUT", "/items/{id}", '{"itemId": "other", "name": "W"}'), 409),
    (Sent("DELETE", "/items/nothing"), 404),
    (Sent("PATCH", "/items/nothing", '{"price": 1}', PATCH, {"If-Match": '"x"'}), 404),
    (Sent("DELETE", "/items/{id}", headers={"If-Match": "nonsense"}), 412),
    (Sent("DELETE", "/items/{id}", headers={"If-Match": "*"}), 204),
    (Sent("POST", "/items/batch-get", '{"itemIds": ["a", "b"]}'), 200),
    (Sent("GET", "/items?limit=1&status=active"), 200),
    (Sent("GET", "/items/nothing"), 404),
]


@pytest.mark.parametrize("sent", BAD, ids=str)
def test_a_bad_request_is_bad_for_both(apis: tuple[str, str], sent: Sent) -> None:
    assert statuses(apis, sent) == (400, 400)


@pytest.mark.parametrize(("sent", "status"), FINE, ids=str)
def test_any_other_request_ends_the_same_for_both(apis: tuple[str, str], sent: Sent, status: int) -> None:
    assert statuses(apis, sent) == (status, status)


def test_a_rest_api_refuses_a_bad_body_before_the_function_is_called(apis: tuple[str, str]) -> None:
    http, rest = (answer(base, Sent("POST", "/items", "{}")) for base in apis)
    assert http.headers["Content-Type"] == "application/problem+json"
    assert http.json()["errors"] == [{"in": "body", "pointer": "/name", "detail": "is required"}]
    assert (rest.headers["Content-Type"], rest.json()) == ("application/json", {"message": "Invalid request body"})


def test_an_item_is_the_same_through_both(apis: tuple[str, str]) -> None:
    body = '{"name": "é😀", "price": 0.10, "tags": ["a"], "description": ""}'
    items: list[dict[str, Any]] = [answer(base, Sent("POST", "/items", body.encode())).json() for base in apis]
    http, rest = ({name: item[name] for name in ("name", "price", "tags", "description", "version")} for item in items)
    assert http == rest
