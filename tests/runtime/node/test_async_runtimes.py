"""Invocations from nodejs24.x on: results of handlers alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.node.conftest import Start
from tests.support.runtime_api import NodeEnvironment, node_environment

pytestmark = pytest.mark.stack

CASES = """
    const circle = {};
    circle.self = circle;

    const cases = {
      sync: () => 'at once',
      async async() { return 'awaited'; },
      async nothing() {},
      async throwError() { throw new TypeError('thrown'); },
      throwSync() { throw new Error('thrown at once'); },
      async throwText() { throw 'a text'; },
      async throwNull() { throw null; },
      async circle() { return circle; },
      async keys(event, context) { return Object.keys(context); },
      async store(event, context) {
        const store = awslambda.InvokeStore;
        store.set('own', 1);
        return [store.getRequestId() === context.awsRequestId, store.getXRayTraceId(), store.get('own')];
      },
      async doesNotWait() { setTimeout(() => {}, 60000); return 'answered'; },
    };

    export const handler = (event, context) => cases[event.case](event, context);
"""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeEnvironment]:
    folder = tmp_path_factory.mktemp("cases")
    with node_environment(folder, {"index.mjs": CASES}, runtime="nodejs24.x") as environment:
        yield environment


RESULTS = {
    "sync": "at once",
    "async": "awaited",
    "nothing": None,
    "doesNotWait": "answered",
    "keys": [
        *("clientContext", "identity", "invokedFunctionArn", "awsRequestId", "tenantId", "getRemainingTimeInMillis"),
        *("xRayTraceId", "functionVersion", "functionName", "memoryLimitInMB", "logGroupName", "logStreamName"),
    ],
}


@pytest.mark.parametrize("case", RESULTS)
def test_a_handler_answers(cases: NodeEnvironment, case: str) -> None:
    posted = cases.invoke({"case": case})
    assert (posted.kind, posted.json) == ("response", RESULTS[case])


ERRORS = {
    "throwError": ("TypeError", "thrown"),
    "throwSync": ("Error", "thrown at once"),
    "throwText": ("string", "a text"),
    "throwNull": ("object", "null"),
    "circle": ("Runtime.JSONStringifyError", "Unable to stringify response body"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_handler_fails(cases: NodeEnvironment, case: str) -> None:
    posted = cases.invoke({"case": case})
    assert (posted.kind, posted.json["errorType"], posted.json["errorMessage"]) == ("error", *ERRORS[case])


def test_the_invocations_store_has_its_values(cases: NodeEnvironment) -> None:
    posted = cases.invoke({"case": "store"}, headers={"Lambda-Runtime-Trace-Id": "Root=1"})
    assert posted.json == [True, "Root=1", 1]


def test_a_handler_with_a_callback_is_rejected(start: Start) -> None:
    code = "exports.handler = (event, context, callback) => callback(null, 1);"
    environment = start({"index.js": code}, runtime="nodejs24.x")
    posted = environment.receive()
    assert (posted.path, posted.json["errorType"]) == ("init/error", "Runtime.CallbackHandlerDeprecated")
    assert posted.json["errorMessage"].startswith("ERROR: AWS Lambda has removed support for callback-based")
    assert environment.wait() == 1
    assert "\t-\tERROR\tInit Error \t{" in environment.output()


def test_a_handler_may_be_a_member_of_the_default_export(start: Start) -> None:
    environment = start({"index.mjs": "export default { handler: async () => 1 };"}, runtime="nodejs24.x")
    assert environment.invoke().json == 1


ENDS = """
    export const handler = async (event) => {
      if (event === 'reject') Promise.reject(new Error('unhandled'));
      if (event === 'unsettled') await new Promise(() => {});
      await new Promise((resolve) => setTimeout(resolve, 60000));
    };
"""


def test_an_unhandled_rejection_ends_node_as_anywhere(start: Start) -> None:
    environment = start({"index.mjs": ENDS}, runtime="nodejs24.x")
    environment.send("reject")
    assert environment.wait() == 1
    assert environment.server.posted.get() is None
    assert "Error: unhandled" in environment.output()


def test_a_promise_that_never_settles_ends_node(start: Start) -> None:
    environment = start({"index.mjs": ENDS}, runtime="nodejs24.x")
    environment.send("unsettled")
    assert environment.wait() == 0
    assert environment.server.posted.get() is None
