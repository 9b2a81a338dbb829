"""Functions for one operation and for several, and the dispatchers of the latter, run as Lambda would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homeport.project.model import Api
from homeport.project.validators.generate import dispatchers
from tests.support.spec import document, errors, load, operation, write_document


def group_operation(name: str, group: str = "things", **x_homeport: Any) -> dict[str, Any]:
    """An operation in a group."""
    return operation(operationId=name, **{"x-homeport": {"function": group, **x_homeport}})


def api(root: Path, paths: dict[str, Any], *handlers: str) -> Api:
    """The API of these paths."""
    return load(write_document(root, document(paths), handlers=handlers)).api


def test_a_group_is_one_function_with_the_permissions_and_settings_of_its_operations(tmp_path: Path) -> None:
    first, second = (
        {"Effect": "Allow", "Action": "a:b", "Resource": "*"},
        {"Effect": "Deny", "Action": "c:d", "Resource": "*"},
    )
    paths = {
        "/a": {
            "get": group_operation("one", memory=512, policies=[first]),
            "put": group_operation("two", timeout=5, memory=512),
        },
        "/b": {"get": group_operation("three", reservedConcurrency=2, policies=[first, second]), "put": operation()},
    }
    found = api(tmp_path, paths, "one", "two", "three", "act")
    assert list(found.functions) == ["things", "act"]
    things = found.functions["things"]
    assert (things.handler, things.generated) == ("service._functions.things.handler", True)
    assert things.operations == ("one", "two", "three")
    assert (things.memory, things.timeout, things.reserved_concurrency) == (512, 5, 2)
    assert things.policies == (first, second)
    assert {operation.function for operation in found.operations[:3]} == {"things"}


def test_a_group_whose_operations_share_a_handler_needs_no_dispatcher(tmp_path: Path) -> None:
    paths = {"/a": {"get": group_operation("one", handler="app"), "put": group_operation("two", handler="app")}}
    found = api(tmp_path, paths, "app")
    assert (found.functions["things"].handler, found.functions["things"].generated) == (
        "service.handlers.app.handler",
        False,
    )
    assert dispatchers(found) == {}


def test_settings_of_a_group_that_contradict_each_other_are_an_error(tmp_path: Path) -> None:
    paths = {"/a": {"get": group_operation("one", memory=256), "put": group_operation("two", memory=512)}}
    lines = errors(write_document(tmp_path, document(paths), handlers=("one", "two")))
    assert lines == ["openapi.yaml:30: error: 'memory' is 512 here and 256 for one in the same function (say it once)"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (
            {"/a": {"get": operation(operationId="things"), "put": group_operation("two")}},
            "the function of things has the name of the group 'things' (give the group another name)",
        ),
        (
            {"/a": {"get": group_operation("one", "my-things"), "put": group_operation("two", "my_things")}},
            "the functions 'my_things' and 'my-things' are too alike (give one another name)",
        ),
    ],
)
def test_functions_with_names_too_alike_are_an_error(tmp_path: Path, paths: Any, message: str) -> None:
    root = write_document(tmp_path, document(paths), handlers=("things", "one", "two"))
    assert [line.partition("error: ")[2] for line in errors(root)] == [message]


EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"version": "2.0", "routeKey": "GET /things/{thingId}"}, "get_thing"),
    ({"version": "2.0", "routeKey": "ANY /things"}, "any_thing"),
    ({"version": "2.0", "routeKey": "$default"}, "rest"),
    (
        {"version": "1.0", "httpMethod": "GET", "resource": "/x", "requestContext": {"resourceId": "ANY /things"}},
        "any_thing",
    ),
    (
        {"httpMethod": "GET", "resource": "/things/{thingId}", "requestContext": {"resourceId": "a1b2c3"}},
        "get_thing",
    ),
    ({"httpMethod": "DELETE", "resource": "/things", "requestContext": None}, "any_thing"),
    ({"httpMethod": "PUT", "resource": "/things"}, "put_thing"),
]

RUN = """
import importlib, json, sys
handler = importlib.import_module("service._functions.things").handler
loaded = sorted(name for name in sys.modules if name.startswith("service.handlers."))
print(json.dumps([loaded, [handler(event, "context") for event in json.load(sys.stdin)]]))
"""


@pytest.mark.stack
def test_a_dispatcher_hands_every_kind_of_event_to_the_handler_of_its_route(tmp_path: Path) -> None:
    any_method = "x-amazon-apigateway-any-method"
    paths = {
        "/things": {any_method: group_operation("anyThing"), "put": group_operation("putThing")},
        "/things/{thingId}": {"get": group_operation("getThing")},
        "/$default": {any_method: group_operation("rest")},
    }
    names = ("any_thing", "put_thing", "get_thing", "rest")
    found = api(tmp_path, paths, *names)
    for name in names:
        source = f"def handler(event, context):\n    return '{name} ' + context\n"
        (tmp_path / f"service/handlers/{name}.py").write_text(source)
    [(path, text)] = dispatchers(found).items()
    assert path == "service/_functions/things.py"
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text(text)
    done = subprocess.run(
        [sys.executable, "-S", "-c", RUN],
        cwd=tmp_path,
        input=json.dumps([event for event, _ in EVENTS]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[], [f"{name} context" for _, name in EVENTS]]


def test_a_dispatcher_says_which_route_it_does_not_serve(tmp_path: Path) -> None:
    found = api(tmp_path, {"/a": {"get": group_operation("one"), "put": group_operation("two")}}, "one", "two")
    [text] = dispatchers(found).values()
    names: dict[str, Any] = {}
    exec(compile(text, "things.py", "exec"), names)
    with pytest.raises(LookupError, match=r"no handler of this function serves GET /b$"):
        names["handler"]({"routeKey": "GET /b"}, None)
    with pytest.raises(LookupError, match="no handler of this function serves an event without a route"):
        names["handler"]({}, None)


def test_functions_without_a_route_are_at_the_top_of_the_document(tmp_path: Path) -> None:
    spec = {
        **document({"/a": {"get": operation()}}),
        "x-homeport": {
            "functions": {"ship-order": {"timeout": 30}, "sweep": {"handler": "cleanup"}, "count": None},
        },
    }
    found = load(write_document(tmp_path, spec, handlers=("act", "ship_order", "cleanup", "count"))).api
    assert list(found.functions) == ["act", "ship-order", "sweep", "count"]
    ship = found.functions["ship-order"]
    assert (ship.handler, ship.timeout, ship.operations) == ("service.handlers.ship_order.handler", 30, ())
    assert found.functions["sweep"].handler == "service.handlers.cleanup.handler"


def test_function_without_a_route_needs_a_handler_and_a_name_of_its_own(tmp_path: Path) -> None:
    functions = {"act": {}, "lost": {}, "9": {}, "x": {"function": "y", "throttle": {}}}
    spec = {**document({"/a": {"get": operation()}}), "x-homeport": {"functions": functions, "other": 1}}
    messages = [line.split("error: ")[1].partition(" (")[0] for line in errors(write_document(tmp_path, spec))]
    assert messages == [
        "unknown key 'other' in x-homeport of the document",
        "the function name '9' is not one of Lambda's",
        "throttle is not set in x-homeport",
        "'x' is the name of the function already",
        "the handler service/handlers/lost.py does not exist",
        "the handler service/handlers/x.py does not exist",
        "there is a function 'act' already",
    ]
