"""The two flavors of the shop say the same of the user side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.support.examples import EXAMPLES


def test_every_operation_is_the_rest_apis_own() -> None:
    mine, theirs = (operations(EXAMPLES / name) for name in ("shop-http", "shop"))
    for name, operation in mine.items():
        same = ("parameters", "requestBody", "x-homeport", "security", "summary", "description")
        assert {key: operation.get(key) for key in same} == {key: theirs[name].get(key) for key in same}, name
    left_out = {operation["operationId"] for name, operation in theirs.items() if name not in mine}
    admin = {"createProduct", "replaceProduct", "changeStock", "listOrdersByStatus", "changeOrderStatus"}
    assert left_out == {*admin, "getFeed"}


def operations(project: Path) -> dict[tuple[str, str], dict[str, Any]]:
    paths = yaml.safe_load((project / "openapi.yaml").read_text())["paths"]
    return {
        (path, method): operation
        for path, item in paths.items()
        for method, operation in item.items()
        if method != "parameters"
    }
