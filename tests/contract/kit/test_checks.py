from __future__ import annotations

from typing import Any

import pytest

from homeport.contract.fuzz.operations import is_routed

PATHS: dict[str, Any] = {
    "/items": {"get": {}},
    "/items/{itemId}": {"put": {}},
    "/files/{proxy+}": {"x-amazon-apigateway-any-method": {}},
}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/items", True),
        ("POST", "/items", False),
        ("PUT", "/items/batch-get", True),
        ("PUT", "/items/a/b", False),
        ("DELETE", "/files/a/b", True),
        ("GET", "/itemsx", False),
    ],
)
def test_a_method_is_routed_where_some_template_takes_it(method: str, path: str, expected: bool) -> None:
    assert is_routed(PATHS, method, path) is expected


def test_the_default_route_takes_everything() -> None:
    assert is_routed({"/$default": {"x-amazon-apigateway-any-method": {}}}, "TRACE", "/x")
