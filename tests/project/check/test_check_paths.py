"""Rules for paths and their variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.spec import ID, acts, document, operation, report

ANY = "x-amazon-apigateway-any-method"


@pytest.mark.parametrize("flavor", ["http", "rest"])
@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (
            ("/a/{id}", "/a/{key}"),
            "{key} in '/a/{key}' stands beside {id} of '/a/{id}', and API Gateway takes one of them (use {id} in both)",
        ),
        (
            ("/a/{id}/b", "/a/{key}"),
            "{key} in '/a/{key}' stands beside {id} of '/a/{id}/b', and API Gateway takes one of them "
            "(use {id} in both)",
        ),
        (("/{a+}/b",), "in the path '/{a+}/b' the greedy {a+} is not last (end the path with it)"),
        (("/a//b",), "the path '/a//b' has an empty segment (remove the extra slash)"),
        (("/a/{id}/{id}",), "the path '/a/{id}/{id}' names a variable twice (rename one of them)"),
        (("/a b",), "API Gateway takes no such segment as 'a b' in '/a b' (use letters, digits, - . _ : ,)"),
    ],
)
def test_paths_that_api_gateway_does_not_take_are_errors(tmp_path: Path, flavor: str, paths: Any, message: str) -> None:
    assert report(tmp_path, document(acts(*paths)), flavor) == [f"error: {message}"]


def test_a_variable_is_a_whole_segment(tmp_path: Path) -> None:
    lines = report(tmp_path, document({"/a{id}": {"get": operation(parameters=[ID])}}))
    assert lines == [
        "error: in the path '/a{id}' a variable is not a whole segment (write /{name}/ with nothing beside it)"
    ]


def test_greedy_and_plain_siblings_are_an_http_apis_only(tmp_path: Path) -> None:
    paths = document(acts("/a/{id}", "/a/{proxy+}", "/b", "/{proxy+}"))
    assert report(tmp_path, paths) == []
    assert len(report(tmp_path, paths, "rest")) == 1


def test_a_static_sibling_of_a_variable_is_fine(tmp_path: Path) -> None:
    assert report(tmp_path, document(acts("/a/{id}", "/a/me", "/a/{id}/b", "/part1", "/{param+}")), "rest") == []


@pytest.mark.parametrize(
    ("path", "parameters", "message"),
    [
        (
            "/a/{id}",
            [],
            "GET /a/{id} does not declare its path parameter 'id' "
            "(add {name: id, in: path, required: true, schema: {type: string}})",
        ),
        (
            "/a",
            [ID],
            "GET /a declares the path parameter 'id', which its path does not have "
            "(write {id} in the path, or remove it)",
        ),
    ],
)
def test_path_and_parameters_must_agree(tmp_path: Path, path: str, parameters: Any, message: str) -> None:
    assert report(tmp_path, document({path: {"get": operation(parameters=parameters)}})) == [f"warning: {message}"]


@pytest.mark.parametrize("parameters", [[], [{**ID, "name": "proxy"}], [{**ID, "name": "proxy+"}]])
def test_a_greedy_variable_may_be_declared_or_not(tmp_path: Path, parameters: Any) -> None:
    assert report(tmp_path, document({"/{proxy+}": {ANY: operation(parameters=parameters)}})) == []


def test_the_default_route_is_an_any_route_of_http_apis(tmp_path: Path) -> None:
    default = {"/$default": {ANY: operation(isDefaultRoute=True)}}
    assert report(tmp_path, document(default)) == []
    assert report(tmp_path, document(default), "rest") == [
        "error: a REST API has no $default route (use /{proxy+} and /)"
    ]
    assert report(tmp_path, document({"/$default": {"get": operation()}})) == [
        "error: the $default route takes every method (use x-amazon-apigateway-any-method under /$default)"
    ]


def test_the_method_trace_is_an_error(tmp_path: Path) -> None:
    assert report(tmp_path, document({"/a": {"trace": operation()}})) == ["error: API Gateway has no TRACE (remove it)"]
