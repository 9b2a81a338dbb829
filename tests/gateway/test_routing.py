from __future__ import annotations

from typing import Literal

import pytest

from homeport.gateway.context import Match
from homeport.gateway.errors import GatewayError, GatewayResponseType
from homeport.gateway.routing import Router
from tests.support.gateway import make_operation

Flavor = Literal["http", "rest"]


def router(*routes: str, flavor: Flavor = "http", stage: str | None = None) -> Router:
    operations = []
    for route in routes:
        method, _, path = route.rpartition(" ")
        operations.append(make_operation(method=method or "ANY", path=path, id=route))
    return Router(operations, flavor, stage or ("$default" if flavor == "http" else "prod"))


def found(match: Match | None) -> tuple[str, dict[str, str]] | None:
    return None if match is None else (match.operation.id, dict(match.path_parameters))


# AWS's own example: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
DOCUMENTED = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", " /$default")


@pytest.mark.parametrize(
    ("method", "target", "route"),
    [
        ("GET", "/pets/dog/1", ("GET /pets/dog/1", {})),
        ("GET", "/pets/dog/2", ("GET /pets/dog/{id}", {"id": "2"})),
        ("GET", "/pets/cat/1", ("GET /pets/{proxy+}", {"proxy": "cat/1"})),
        ("POST", "/test/5", ("ANY /{proxy+}", {"proxy": "test/5"})),
        ("GET", "/pets", ("ANY /{proxy+}", {"proxy": "pets"})),
    ],
)
def test_http_routes_match_as_documented(method: str, target: str, route: tuple[str, dict[str, str]]) -> None:
    assert found(router(*DOCUMENTED).match(method, target)) == route


def test_http_default_takes_what_no_other_route_does() -> None:
    routes = router("GET /items", " /$default")
    assert found(routes.match("POST", "/items")) == (" /$default", {})
    assert found(routes.match("GET", "/other")) == (" /$default", {})


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_own_method_goes_before_any(flavor: Flavor) -> None:
    routes = router("ANY /items", "GET /items", flavor=flavor)
    stage = "" if flavor == "http" else "/prod"
    assert found(routes.match("GET", f"{stage}/items")) == ("GET /items", {})
    assert found(routes.match("POST", f"{stage}/items")) == ("ANY /items", {})


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_a_static_path_goes_before_a_variable_even_with_any(flavor: Flavor) -> None:
    routes = router("GET /items/{id}", "ANY /items/special", flavor=flavor)
    stage = "" if flavor == "http" else "/prod"
    assert found(routes.match("GET", f"{stage}/items/special")) == ("ANY /items/special", {})


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_a_path_that_lacks_the_method_falls_through_to_the_next_best(flavor: Flavor) -> None:
    routes = router("POST /items/special", "GET /items/{id}", "OPTIONS /{proxy+}", flavor=flavor)
    stage = "" if flavor == "http" else "/prod"
    assert found(routes.match("GET", f"{stage}/items/special")) == ("GET /items/{id}", {"id": "special"})
    assert found(routes.match("OPTIONS", f"{stage}/items/special")) == ("OPTIONS /{proxy+}", {"proxy": "items/special"})
    assert routes.match("DELETE", f"{stage}/items/special") is None


def test_http_prefers_a_full_match_to_a_greedy_one_but_rest_walks_its_tree() -> None:
    routes = ("GET /a/{proxy+}", "GET /{x}/b")
    assert found(router(*routes).match("GET", "/a/b")) == ("GET /{x}/b", {"x": "a"})
    assert found(router(*routes, flavor="rest").match("GET", "/prod/a/b")) == ("GET /a/{proxy+}", {"proxy": "b"})


def test_the_longest_greedy_route_wins() -> None:
    routes = router("ANY /{proxy+}", "GET /a/{proxy+}", "GET /a/b/{proxy+}")
    assert found(routes.match("GET", "/a/b/c")) == ("GET /a/b/{proxy+}", {"proxy": "c"})
    assert found(routes.match("GET", "/a/x/y")) == ("GET /a/{proxy+}", {"proxy": "x/y"})


def test_variables_keep_their_own_names_where_routes_share_a_place() -> None:
    routes = router("GET /pets/{petId}", "POST /pets/{id}/toys/{toyId}")
    assert found(routes.match("GET", "/pets/1")) == ("GET /pets/{petId}", {"petId": "1"})
    assert found(routes.match("POST", "/pets/1/toys/2")) == ("POST /pets/{id}/toys/{toyId}", {"id": "1", "toyId": "2"})


def test_variables_stay_encoded_and_an_encoded_slash_does_not_split() -> None:
    assert found(router("GET /items/{id}").match("GET", "/items/a%2Fb%20c")) == ("GET /items/{id}", {"id": "a%2Fb%20c"})


def test_static_segments_match_decoded_and_in_their_own_case() -> None:
    routes = router("GET /items:batch")
    assert found(routes.match("GET", "/items%3Abatch")) == ("GET /items:batch", {})
    assert routes.match("GET", "/Items:batch") is None


def test_http_trailing_slash_is_an_empty_segment() -> None:
    routes = router("GET /items", "GET /pets/{id}", "GET /files/{proxy+}")
    assert routes.match("GET", "/items/") is None
    assert found(routes.match("GET", "/pets/")) == ("GET /pets/{id}", {"id": ""})
    assert found(routes.match("GET", "/files/")) == ("GET /files/{proxy+}", {"proxy": ""})
    assert routes.match("GET", "/files") is None


def test_http_root_matches_its_own_route_first_and_variables_else() -> None:
    assert found(router("GET /", "GET /{proxy+}").match("GET", "/")) == ("GET /", {})
    assert found(router("GET /{proxy+}").match("GET", "/")) == ("GET /{proxy+}", {"proxy": ""})


def test_rest_ignores_trailing_slashes_and_needs_a_resource_for_the_root() -> None:
    routes = router("ANY /{proxy+}", "GET /items", flavor="rest")
    assert found(routes.match("GET", "/prod/items/")) == ("GET /items", {})
    assert found(routes.match("GET", "/prod/a/b/")) == ("ANY /{proxy+}", {"proxy": "a/b"})
    assert routes.match("GET", "/prod/") is None
    assert routes.match("GET", "/prod") is None
    assert found(router("GET /", flavor="rest").match("GET", "/prod")) == ("GET /", {})


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/prod/items", ("/items", "/prod/items")),
        ("/prod", ("/", "/prod")),
        ("/prod/", ("/", "/prod/")),
        ("/prod?a=1", ("/", "/prod")),
        ("//prod/items", ("/items", "/prod/items")),
        ("/prod//items", ("/items", "/prod//items")),
        ("/prod/a//b", ("/a//b", "/prod/a//b")),
        ("http://localhost:8080/prod/items?a=1", ("/items", "/prod/items")),
    ],
)
def test_slashes_collapse_before_the_stage_and_after_it_for_the_match_only(target: str, place: tuple[str, str]) -> None:
    assert router("GET /items", flavor="rest").locate(target) == place
    assert router("GET /items", flavor="http", stage="prod").locate(target) == place


def test_a_double_slash_reaches_the_route() -> None:
    assert found(router("GET /test").match("GET", "//test")) == ("GET /test", {})


@pytest.mark.parametrize("flavor", ["http", "rest"])
@pytest.mark.parametrize("target", ["/", "/other/items", "/production/items", "/PROD/items", "/prod%2Fitems", "*", ""])
def test_a_url_without_the_stage_is_rejected(flavor: Flavor, target: str) -> None:
    with pytest.raises(GatewayError) as caught:
        router("GET /items", flavor=flavor, stage="prod").match("GET", target)
    assert caught.value.type is GatewayResponseType.NO_STAGE


@pytest.mark.parametrize("method", ["get", "TRACE", "CONNECT", "BREW", ""])
def test_methods_that_api_gateway_does_not_know_match_nothing(method: str) -> None:
    assert router("ANY /items", " /$default").match(method, "/items") is None


@pytest.mark.parametrize("target", ["*", "example.com:443"])
def test_targets_without_a_path_match_nothing(target: str) -> None:
    assert router("ANY /{proxy+}", " /$default").match("OPTIONS", target) is None


def test_a_match_says_where_it_is() -> None:
    operation = make_operation(path="/items/{id}")
    assert Router([operation], "rest", "prod").match("GET", "/prod//items/1/") == Match(
        operation=operation, path_parameters={"id": "1"}, path="/items/1/", full_path="/prod//items/1/"
    )
