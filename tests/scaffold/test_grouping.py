"""The functions of a large API's operations."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import pytest

from homeport.project.source.document import Document
from homeport.scaffold.adopted.adoption import Adoption, operations
from homeport.scaffold.adopted.grouping import group_operations


def adoption(paths: dict[str, list[str]], flavor: Literal["http", "rest"] = "rest") -> Adoption:
    """An adoption of a document with an operation for each path, by its tags."""
    spec: dict[str, Any] = {"paths": {path: {"get": {"tags": tags}} for path, tags in paths.items()}}
    return Adoption(spec, Document("api.yaml", spec, {}), flavor=flavor)


def functions(found: Adoption) -> Counter[str]:
    return Counter((operation.get("x-homeport") or {}).get("function", "") for *_, operation in operations(found.spec))


def test_a_small_api_has_a_function_for_each_operation() -> None:
    found = adoption({f"/a{number}": [] for number in range(75)})
    group_operations(found)
    assert functions(found) == {"": 75}
    assert found.unmapped == []


def test_operations_of_a_tag_share_a_function() -> None:
    found = adoption({f"/a{number}": [("Big Orders", "items")[number % 2]] for number in range(200)})
    group_operations(found)
    assert functions(found) == {"big-orders": 100, "items": 100}
    assert found.unmapped == [
        "api.yaml:0: 200 functions are too many for one stack: the operations share 2, by their first tags"
    ]


def test_operations_below_a_path_share_a_function_where_tags_do_not_tell_them_apart() -> None:
    found = adoption({f"/v1/{('orders', 'order_items')[number % 2]}/{number}": ["all"] for number in range(200)})
    group_operations(found)
    assert functions(found) == {"orders": 100, "order-items": 100}


def test_the_smallest_parts_are_one_function_where_there_are_too_many() -> None:
    names = [*(f"/big/{number}" for number in range(50)), *(f"/small{number}" for number in range(100)), "/{id}"]
    found = adoption({name: [] for name in names})
    group_operations(found)
    counted = functions(found)
    assert (len(counted), counted["big"], counted["others"]) == (75, 50, 101 - 73)


@pytest.mark.parametrize("flavor", ["http", "rest"])
def test_shared_functions_stay(flavor: Literal["http", "rest"]) -> None:
    found = adoption({f"/a{number}/x": [] for number in range(100)}, flavor)
    for number, (*_, operation) in enumerate(operations(found.spec)):
        if number < 40:
            operation["x-homeport"] = {"function": "shared"}
    group_operations(found)
    assert functions(found)["shared"] == 40
