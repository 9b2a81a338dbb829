"""The same handlers and events through AWS's own runtime client and through our worker give the same payloads."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from homeport.runtime.api import Invocation
from tests.support.runtime import Deploy, RunningParent

pytestmark = pytest.mark.stack

PREFIX = "/2018-06-01/runtime"


@dataclass
class RuntimeApi:
    """Lambda's Runtime API for one event: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    event: bytes
    answers: queue.SimpleQueue[tuple[str, bytes]] = field(default_factory=queue.SimpleQueue)
    given: bool = False
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def runtime_api(event: bytes) -> Iterator[tuple[RuntimeApi, str]]:
    api = RuntimeApi(event)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if api.given:
                api.over.wait()
                return
            api.given = True
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "the-request")
            self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(event)))
            self.end_headers()
            self.wfile.write(event)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            api.answers.put((self.path.removeprefix(PREFIX), body))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield api, f"127.0.0.1:{server.server_address[1]}"
    finally:
        api.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def ask_aws(client: Path, parent: RunningParent, handler: str, event: bytes) -> tuple[str, bytes] | int:
    """Return the kind and the body that AWS's client posts, or the exit status of a client that posts nothing."""
    with runtime_api(event) as (api, address):
        variables = {
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "PYTHONPATH": f"{client}:{parent.setup.project.resolve()}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": os.environ["PATH"],
        }
        command = [sys.executable, "-m", "awslambdaric", handler]
        process = subprocess.Popen(
            command, env=variables, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return _first_answer(api, process)
        finally:
            process.kill()
            process.wait()


def _first_answer(api: RuntimeApi, process: subprocess.Popen[bytes]) -> tuple[str, bytes] | int:
    for _ in range(200):
        try:
            path, body = api.answers.get(timeout=0.1)
        except queue.Empty:
            if process.poll() is not None:
                return process.returncode
        else:
            return path.rpartition("/")[2], body
    raise AssertionError("AWS's client neither answered nor ended")


def ours(invocation: Invocation) -> tuple[str, bytes] | int:
    """Return our payload in the same form."""
    payload = invocation.payload.replace(invocation.request_id.encode(), b"the-request")
    if invocation.error is None:
        return "response", payload
    status = re.search(rb"exited with error: exit status (\d+)", payload)
    return int(status[1]) if status else ("error", payload)


RESULTS = {
    "nothing": "None",
    "text": "'é 😀 \\u2028 \\x00 \\x7f \"quoted\" \\\\'",
    "numbers": "[1, -1.5, 1e400, float('nan'), 10**30, True, 1.0, 1e-7]",
    "nested": "{'statusCode': 200, 'headers': {'a': 'b'}, 'body': json.dumps({'a': [1, {}]}), 'cookies': ()}",
    "decimals": "[D('1.10'), D('NaN'), D('-NaN'), D('Infinity'), D('1E+5'), {'a': D('0')}]",
    "named tuple": "[P(1, P('a', None))]",
    "bytes inside": "{b'key': b'caf\\xc3\\xa9'}",
    "bytes": "b'\\xff\\x00'",
    "odd keys": "{1: 1, 1.5: 2, None: 3, True: 4}",
    "enumerations": "[Colour.RED, Word.A, {Colour.RED: Word.A, Word.A: 1}]",
    "subclasses": "[collections.OrderedDict(b=1), collections.Counter('aab'), collections.defaultdict(list, a=[1])]",
    "a set": "{1, 2}",
    "a date": "datetime.date(2020, 1, 1)",
    "a tuple as key": "{(1, 2): 3}",
    "a decimal as key": "{D(1): 2}",
    "bytes that are no text": "[b'\\xff']",
    "a circle": "circle",
    "a lone surrogate": "'\\ud800'",
    "an iterator": "iter([1])",
    "the event": "event",
}

RETURNS = """
    import collections, datetime, enum, json
    from decimal import Decimal as D

    P = collections.namedtuple("P", "x y")
    Colour = enum.IntEnum("Colour", "RED")
    Word = enum.Enum("Word", {"A": "a"}, type=str)
    circle = []
    circle.append(circle)

    def handler(event, context):
        return eval(event["result"], globals() | locals())
"""


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_a_result_becomes_the_same_json(awslambdaric: Path, parent: RunningParent, deploy: Deploy, result: str) -> None:
    function = deploy(RETURNS)
    event = json.dumps({"result": result, "é": [1, None]}).encode()
    theirs = ask_aws(awslambdaric, parent, function.config.handler, event)
    assert ours(function.runtime.invoke(function.name, event)) == theirs


FAILURES = {
    "an exception": "def handler(event, context):\n    raise ValueError('é boom')",
    "an exception without words": "def handler(event, context):\n    raise KeyError",
    "a key error": "def handler(event, context):\n    return event['missing']",
    "a nested one": (
        "def inner():\n    1 / 0\ndef handler(event, context):\n    try:\n        inner()\n"
        "    except ZeroDivisionError as exc:\n        raise RuntimeError('outer') from exc"
    ),
    "an exception class of its own": (
        "class NotGood(Exception):\n    def __str__(self): return 'as text'\n"
        "def handler(event, context):\n    raise NotGood(1, 2)"
    ),
    "a group": "def handler(event, context):\n    raise ExceptionGroup('all', [ValueError(1)])",
    "a library's": "import json\ndef handler(event, context):\n    json.loads('{')",
    "a syntax error of eval": "def handler(event, context):\n    eval('1 +')",
    "a missing module": "import nowhere\ndef handler(event, context): pass",
    "a missing name": "from json import nothing\ndef handler(event, context): pass",
    "an import error raised": "raise ImportError('by hand')",
    "a syntax error": "def handler(event, context)\n    pass\n",
    "no handler": "other = 1",
    "an exception at import": "def f(): raise RuntimeError('at import')\nf()",
    "exit": "import sys\ndef handler(event, context): sys.exit(3)",
    "exit at import": "import sys\nsys.exit(4)",
    "an interrupt": "import os\ndef handler(event, context): os._exit(9)",
}


@pytest.mark.parametrize("code", FAILURES.values(), ids=FAILURES)
def test_a_failure_becomes_the_same_error(awslambdaric: Path, parent: RunningParent, deploy: Deploy, code: str) -> None:
    function = deploy(code)
    theirs = ask_aws(awslambdaric, parent, function.config.handler, b'{"a": 1}')
    assert ours(function.invoke({"a": 1})) == theirs


@pytest.mark.parametrize(
    "handler", ["handler", "service.nowhere.handler", "nowhere.handler", "sys.exit", "service/nowhere.handler"]
)
def test_a_handler_name_is_read_the_same_way(
    awslambdaric: Path, parent: RunningParent, deploy: Deploy, handler: str
) -> None:
    assert ours(deploy("", handler=handler).invoke()) == ask_aws(awslambdaric, parent, handler, b"null")


def test_a_handler_name_may_have_slashes(awslambdaric: Path, parent: RunningParent, deploy: Deploy) -> None:
    handler = parent.add_handler("def handler(event, context): return event").replace(".", "/", 2)
    assert ours(deploy("", handler=handler).invoke(1)) == ask_aws(awslambdaric, parent, handler, b"1")


def test_a_wrong_signature_shows_the_callers_frame(awslambdaric: Path, parent: RunningParent, deploy: Deploy) -> None:
    function = deploy("def handler(event): pass")
    theirs = ask_aws(awslambdaric, parent, function.config.handler, b"null")
    mine = ours(function.invoke())
    assert isinstance(theirs, tuple)
    assert isinstance(mine, tuple)
    error, expected = json.loads(mine[1]), json.loads(theirs[1])
    assert [len(e.pop("stackTrace")) for e in (error, expected)] == [1, 1]
    assert (mine[0], error) == (theirs[0], expected)


def test_the_context_has_the_same_members(awslambdaric: Path, parent: RunningParent, deploy: Deploy) -> None:
    code = """
        import inspect

        def handler(event, context):
            names = [name for name in dir(context) if not name.startswith("_")]
            methods = {name: getattr(context, name) for name in names if callable(getattr(context, name))}
            parameters = {name: len(inspect.signature(method).parameters) for name, method in methods.items()}
            identity = [name for name in dir(context.identity) if not name.startswith("_")]
            deadline = type(context._epoch_deadline_time_in_ms).__name__
            return [names, parameters, identity, deadline]
    """
    function = deploy(code)
    assert ours(function.invoke()) == ask_aws(awslambdaric, parent, function.config.handler, b"null")


def test_the_context_of_an_api_call_holds_the_same_values(
    awslambdaric: Path, parent: RunningParent, deploy: Deploy
) -> None:
    code = """
        def handler(event, context):
            text = [repr(context.identity), context.w3c(), context.tenant_id, context.client_context]
            shape = [part.partition("=")[0] for part in repr(context).split(",")]
            return [text, shape, type(context).__name__, context.get_remaining_time_in_millis() > 0]
    """
    function = deploy(code)
    assert ours(function.invoke()) == ask_aws(awslambdaric, parent, function.config.handler, b"null")
