"""Invocations up to nodejs22.x: async handlers, callbacks, and the methods of the context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime.node.conftest import Start
from tests.support.runtime_api import ARN, NodeEnvironment, node_environment

pytestmark = pytest.mark.stack

CASES = """
    const circle = {};
    circle.self = circle;
    const later = (action) => setTimeout(action, 5);
    let calls = 0;

    const cases = {
      async count() { calls += 1; return calls; },
      async event(event) { return event; },
      async nothing() {},
      promise: () => new Promise((resolve) => later(() => resolve('later'))),
      thenable: () => ({ then: (resolve) => resolve('thenable') }),
      callback: (event, context, callback) => callback(null, 'called'),
      laterCallback: (event, context, callback) => { later(() => callback(null, 'later')); },
      errorCallback: (event, context, callback) => callback(new TypeError('by callback')),
      twoCallbacks: (event, context, callback) => { callback(null, 1); callback(null, 2); },
      neither: () => 'not a promise',
      succeed: (event, context) => context.succeed({ a: 1 }),
      fail: (event, context) => context.fail(new RangeError('failed')),
      failWithNothing: (event, context) => context.fail(),
      done: (event, context) => context.done(null, 'done'),
      doneWithError: (event, context) => context.done('a text'),
      async throwError() { throw new SyntaxError('thrown'); },
      throwSync() { throw new Error('thrown at once'); },
      async throwText() { throw 'a text'; },
      async throwNull() { throw null; },
      async throwObject() { throw { code: 7 }; },
      async throwCircle() { const error = new Error('round'); error.circle = circle; throw error; },
      async throwErrorLike() { throw { name: 'Odd', message: 'like an error', stack: 'Odd: like an error' }; },
      async throwOwnClass() {
        class NotFound extends Error { constructor(id) { super(`no ${id}`); this.name = 'NotFound'; } }
        throw new NotFound(5);
      },
      async circle() { return circle; },
      async bigInt() { return { big: 5n }; },
      async notJson() { return { date: new Date(0), missing: undefined, nan: NaN, list: [undefined] }; },
      async text() { return 'é 😀 \\u2028'; },
      async trace() { return process.env._X_AMZN_TRACE_ID; },
      async context(event, context) {
        const left = context.getRemainingTimeInMillis();
        return { ...context, left: left > 0 && Number.isInteger(left), keys: Object.keys(context) };
      },
      waits: (event, context, callback) => {
        globalThis.ticked = false;
        setTimeout(() => { globalThis.ticked = true; }, 30);
        callback(null, 'answered');
      },
      doesNotWait: (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        globalThis.ticked = false;
        setTimeout(() => { globalThis.ticked = true; }, 60000).unref();
        setTimeout(() => { globalThis.ticked = true; }, 60000);
        callback(null, 'answered');
      },
      async ticked() { return globalThis.ticked; },
    };

    exports.handler = (event, context, callback) => cases[event.case](event, context, callback);
"""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeEnvironment]:
    with node_environment(tmp_path_factory.mktemp("cases"), {"index.js": CASES}) as environment:
        yield environment


RESULTS = {
    "nothing": None,
    "promise": "later",
    "thenable": "thenable",
    "callback": "called",
    "laterCallback": "later",
    "twoCallbacks": 1,
    "neither": None,
    "succeed": {"a": 1},
    "done": "done",
    "notJson": {"date": "1970-01-01T00:00:00.000Z", "nan": None, "list": [None]},
    "text": "é 😀 \u2028",
    "waits": "answered",
}


@pytest.mark.parametrize("case", RESULTS)
def test_a_handler_answers(cases: NodeEnvironment, case: str) -> None:
    posted = cases.invoke({"case": case})
    assert (posted.kind, posted.json) == ("response", RESULTS[case])


ERRORS = {
    "errorCallback": ("TypeError", "by callback"),
    "fail": ("RangeError", "failed"),
    "failWithNothing": ("string", "handled"),
    "doneWithError": ("string", "a text"),
    "throwError": ("SyntaxError", "thrown"),
    "throwSync": ("Error", "thrown at once"),
    "throwText": ("string", "a text"),
    "throwNull": ("string", "handled"),
    "throwObject": ("object", "[object Object]"),
    "throwCircle": ("Error", "round"),
    "throwErrorLike": ("Odd", "like an error"),
    "throwOwnClass": ("NotFound", "no 5"),
    "circle": ("Error", "Unable to stringify response body"),
    "bigInt": ("Error", "Unable to stringify response body"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_handler_fails(cases: NodeEnvironment, case: str) -> None:
    posted = cases.invoke({"case": case})
    payload = posted.json
    assert (posted.kind, payload["errorType"], payload["errorMessage"]) == ("error", *ERRORS[case])
    assert posted.headers["lambda-runtime-function-error-type"] == ERRORS[case][0]


def test_an_errors_trace_begins_with_the_handlers_frame(cases: NodeEnvironment) -> None:
    trace = cases.invoke({"case": "throwError"}).json["trace"]
    assert trace[0] == "SyntaxError: thrown"
    assert "/index.js:" in trace[1]
    assert not [line for line in trace if "homeport" in line]


def test_module_state_is_kept(cases: NodeEnvironment) -> None:
    first = cases.invoke({"case": "count"}).json
    assert cases.invoke({"case": "count"}).json == first + 1


def test_each_invocation_has_its_own_trace(cases: NodeEnvironment) -> None:
    assert cases.invoke({"case": "trace"}, headers={"Lambda-Runtime-Trace-Id": "Root=1"}).json == "Root=1"
    assert cases.invoke({"case": "trace"}, headers={"Lambda-Runtime-Trace-Id": ""}).json is None


def test_the_context_has_the_members_of_aws(cases: NodeEnvironment) -> None:
    headers = {
        "Lambda-Runtime-Client-Context": '{"custom": {"a": "b"}}',
        "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId": "me"}',
        "Lambda-Runtime-Aws-Tenant-Id": "tenant-1",
    }
    posted = cases.invoke({"case": "context"}, headers=headers)
    context: dict[str, Any] = posted.json
    assert context.pop("keys") == [
        *("callbackWaitsForEmptyEventLoop", "succeed", "fail", "done", "functionVersion", "functionName"),
        *("memoryLimitInMB", "logGroupName", "logStreamName", "clientContext", "identity", "invokedFunctionArn"),
        *("awsRequestId", "tenantId", "getRemainingTimeInMillis"),
    ]
    assert context == {
        "callbackWaitsForEmptyEventLoop": True,
        "functionVersion": "$LATEST",
        "functionName": "probe",
        "memoryLimitInMB": "256",
        "logGroupName": "/aws/lambda/probe",
        "logStreamName": "the-stream",
        "clientContext": {"custom": {"a": "b"}},
        "identity": {"cognitoIdentityId": "me"},
        "invokedFunctionArn": ARN,
        "awsRequestId": posted.path.split("/")[1],
        "tenantId": "tenant-1",
        "left": True,
    }


def test_a_callback_waits_for_the_empty_event_loop(cases: NodeEnvironment) -> None:
    assert cases.invoke({"case": "waits"}).json == "answered"
    assert cases.invoke({"case": "ticked"}).json is True


def test_a_callback_that_does_not_wait_leaves_timers_behind(start: Start) -> None:
    environment = start({"index.js": CASES})
    assert environment.invoke({"case": "doesNotWait"}).json == "answered"
    assert environment.invoke({"case": "ticked"}).json is False


def test_an_event_that_is_no_json_is_an_error(cases: NodeEnvironment) -> None:
    posted = cases.invoke(body=b"{")
    assert (posted.kind, posted.json["errorType"]) == ("error", "SyntaxError")


def test_a_large_event_comes_back_whole(cases: NodeEnvironment) -> None:
    event = {"case": "event", "text": "é" * 1_000_000}
    assert cases.invoke(event).json == event


def test_a_promise_that_never_settles_is_an_error(start: Start) -> None:
    environment = start({"index.mjs": "export const handler = async () => new Promise(() => {});"})
    assert environment.invoke().json["errorType"] == "Runtime.NodeJsExit"
    assert environment.invoke().json["errorType"] == "Runtime.NodeJsExit"


ENDS = """
    exports.handler = async (event) => {
      if (event === 'exit') process.exit(7);
      if (event === 'reject') Promise.reject(new Error('unhandled'));
      if (event === 'uncaught') setTimeout(() => { throw new Error('uncaught'); }, 1);
      await new Promise((resolve) => setTimeout(resolve, 60000));
    };
"""


def test_an_unhandled_rejection_ends_the_environment(start: Start) -> None:
    environment = start({"index.js": ENDS})
    payload = environment.invoke("reject").json
    assert (payload["errorType"], payload["errorMessage"]) == (
        "Runtime.UnhandledPromiseRejection",
        "Error: unhandled",
    )
    assert environment.wait() == 128
    assert "\tERROR\tUnhandled Promise Rejection \t{" in environment.output()


def test_an_uncaught_exception_ends_the_environment(start: Start) -> None:
    environment = start({"index.js": ENDS})
    payload = environment.invoke("uncaught").json
    assert (payload["errorType"], payload["errorMessage"]) == ("Error", "uncaught")
    assert environment.wait() == 129
    assert "\tERROR\tUncaught Exception \t{" in environment.output()


def test_an_exit_answers_nothing(start: Start) -> None:
    environment = start({"index.js": ENDS})
    environment.send("exit")
    assert environment.wait() == 7
    assert environment.server.posted.get() is None


def test_an_error_between_invocations_is_posted_beside_the_open_request(start: Start) -> None:
    code = """
        exports.handler = async () => { setTimeout(() => { throw new Error('too late'); }, 20); };
    """
    environment = start({"index.js": code})
    assert environment.invoke().kind == "response"
    posted = environment.receive()
    assert (posted.path, posted.json["errorMessage"]) == ("invocation/request-0/error", "too late")
    assert environment.wait() == 129
