"""Lambda's semantics as a table: each case is a module in Python and one in JavaScript, and what both have to do.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PYTHON, NODE = "python", "node"
LANGUAGES = (PYTHON, NODE)
LIMIT = 6_291_556
"""The most bytes of a result, as Lambda's own error names it."""


@dataclass(frozen=True)
class Case:
    """A case. ``python`` and ``node`` are modules with a ``handler``.

    ``events`` are invoked in turn; what is expected is that of the last. ``payload`` is the result, ``errors`` the
    error types and messages by language where it fails. ``log`` are texts in its log. An ``alone`` case has an
    environment to itself; others share one. ``settings`` are the function's.
    """

    python: str
    node: str
    events: tuple[Any, ...] = (None,)
    payload: Any = None
    errors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    log: tuple[str, ...] = ()
    alone: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


def result(python: str, node: str, payload: Any, **options: Any) -> Case:
    """Return a case by its handlers' expressions, of ``event`` and ``context``."""
    return Case(
        f"import json, os, time\ndef handler(event, context): return {python}",
        f"import fs from 'node:fs';\nexport const handler = async (event, context) => ({node});",
        payload=payload,
        **options,
    )


def failure(python: str, node: str, kinds: tuple[str, str], message: str | tuple[str, str], **options: Any) -> Case:
    """Return a case by its handlers' statements, which fail: with ``kinds`` and a message in Python and Node.js."""
    messages = (message, message) if isinstance(message, str) else message
    return Case(
        f"import os, sys, time\ndef handler(event, context):\n    {python}",
        f"export const handler = async (event, context) => {{ {node} }};",
        errors={language: (kinds[i], messages[i]) for i, language in enumerate(LANGUAGES)},
        **options,
    )


def exits(reason: str) -> tuple[tuple[str, str], str]:
    """Return error types and message of a process that ended."""
    return ("Runtime.ExitError", "Runtime.ExitError"), f"RequestId: REQUEST Error: {reason}"


TEXT = 'é 😀 \u2028 \x00 \x7f "quoted" \\ </script>'
NESTED: Any = {"a": [1, -1.5, True, False, None, {"b": []}], "": {}, "é": "ü"}

RESULTS = {
    "an object": result("{'a': 1, 'b': [None]}", "{ a: 1, b: [null] }", {"a": 1, "b": [None]}),
    "a list": result("[1, 'two', 3.5]", "[1, 'two', 3.5]", [1, "two", 3.5]),
    "a text": result("event", "event", TEXT, events=(TEXT,)),
    "a number": result("42", "42", 42),
    "a truth": result("True", "true", True),
    "nothing": result("None", "undefined", None),
    "null": result("None", "null", None),
    "the event": result("event", "event", NESTED, events=(NESTED,)),
    "an event that is no object": result("event", "event", 7, events=(7,)),
    "a large event": result("len(event)", "event.length", 1_000_000, events=("x" * 1_000_000,)),
    "a large result": result("'x' * event", "'x'.repeat(event)", "x" * 5_000_000, events=(5_000_000,)),
    "a result at the limit": result("'x' * event", "'x'.repeat(event)", "x" * (LIMIT - 2), events=(LIMIT - 2,)),
    "a proxy response": result(
        "{'statusCode': 201, 'body': json.dumps({'a': 1}, separators=(',', ':')), 'isBase64Encoded': False}",
        "{ statusCode: 201, body: JSON.stringify({ a: 1 }), isBase64Encoded: false }",
        {"statusCode": 201, "body": '{"a":1}', "isBase64Encoded": False},
    ),
}

CONTEXT = {
    "its names": result(
        "[context.function_name, context.function_version, context.log_group_name]",
        "[context.functionName, context.functionVersion, context.logGroupName]",
        ["items-local-probe", "$LATEST", "/aws/lambda/items-local-probe"],
    ),
    "its ARN": result(
        "context.invoked_function_arn",
        "context.invokedFunctionArn",
        "arn:aws:lambda:eu-west-1:000000000000:function:items-local-probe",
    ),
    "its memory is a text": result("context.memory_limit_in_mb", "context.memoryLimitInMB", "256"),
    "its request id is the log's": Case(
        "def handler(event, context):\n    print('id:', context.aws_request_id)",
        "export const handler = async (event, context) => { console.log('id:', context.awsRequestId); };",
        log=("id: REQUEST\n",),
    ),
    "its log stream is the variable's": result(
        "context.log_stream_name == os.environ['AWS_LAMBDA_LOG_STREAM_NAME']",
        "context.logStreamName === process.env.AWS_LAMBDA_LOG_STREAM_NAME",
        True,
    ),
    "its time is left": result(
        "0 < context.get_remaining_time_in_millis() <= 10_000",
        "0 < context.getRemainingTimeInMillis() && context.getRemainingTimeInMillis() <= 10000",
        True,
    ),
    "no client context": result(
        "context.client_context", "context.clientContext === undefined ? null : context.clientContext", None
    ),
    "no tenant": result("context.tenant_id", "context.tenantId === undefined ? null : 0", None),
}


def variable(name: str, expected: str | None, **options: Any) -> Case:
    """Return a case of an environment variable."""
    return result(f"os.environ.get('{name}')", f"process.env.{name} ?? null", expected, **options)


VARIABLES = {
    "the handler": variable("_HANDLER", "main.handler"),
    "the region": variable("AWS_REGION", "eu-west-1"),
    "the memory": variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    "the task root": variable("LAMBDA_TASK_ROOT", "/var/task"),
    "the time zone": variable("TZ", ":UTC"),
    "the language": variable("LANG", "en_US.UTF-8"),
    "how it was started": variable("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    "those of the function": variable("COLOUR", "green", alone=True, settings={"environment": {"COLOUR": "green"}}),
    "none of the developer's shell": result(
        "[name for name in ('HOME', 'USER', 'SHELL', 'VIRTUAL_ENV') if name in os.environ]",
        "['HOME', 'USER', 'SHELL', 'VIRTUAL_ENV'].filter((name) => name in process.env)",
        [],
    ),
    "none of the kit": result(
        "[name for name in os.environ if 'HOMEPORT' in name]",
        "Object.keys(process.env).filter((name) => name.includes('HOMEPORT'))",
        [],
    ),
    "the trace": result(
        "os.environ['_X_AMZN_TRACE_ID'].startswith('Root=1-')",
        "process.env._X_AMZN_TRACE_ID.startsWith('Root=1-')",
        True,
    ),
    "the runtime": result(
        "os.environ['AWS_EXECUTION_ENV'].startswith('AWS_Lambda_python3.')",
        "process.env.AWS_EXECUTION_ENV === 'AWS_Lambda_nodejs22.x'",
        True,
    ),
}

FILES = {
    "the working folder": result("os.getcwd()", "process.cwd()", "/var/task"),
    "a file of the bundle": result("open('data.txt').read()", "fs.readFileSync('data.txt', 'utf8')", "of the bundle\n"),
    "a file in /tmp": result(
        "(open('/tmp/kept', 'w').write('x') if event else None) or open('/tmp/kept').read()",
        "(event ? fs.writeFileSync('/tmp/kept', 'x') : null) || fs.readFileSync('/tmp/kept', 'utf8')",
        "x",
        events=(True, False),
    ),
    "no writing into the bundle": failure(
        "open('/var/task/new', 'w')",
        "const fs = await import('node:fs'); fs.writeFileSync('/var/task/new', '');",
        ("OSError", "Error"),
        (
            "[Errno 30] Read-only file system: '/var/task/new'",
            "EROFS: read-only file system, open '/var/task/new'",
        ),
    ),
    "no writing elsewhere": failure(
        "open('/usr/new', 'w')",
        "const fs = await import('node:fs'); fs.writeFileSync('/usr/new', '');",
        ("OSError", "Error"),
        ("[Errno 30] Read-only file system: '/usr/new'", "EROFS: read-only file system, open '/usr/new'"),
    ),
}

COUNT = (
    "calls = 0\ndef handler(event, context):\n    global calls\n    calls += 1\n"
    "    if event == 'fail': raise ValueError('as asked')\n    return calls"
)
COUNT_NODE = (
    "let calls = 0;\nexport const handler = async (event) => {\n  calls += 1;\n"
    "  if (event === 'fail') throw new Error('as asked');\n  return calls;\n};"
)

STATE = {
    "is kept between invocations": Case(COUNT, COUNT_NODE, events=(None, None, None), payload=3),
    "is kept after an error": Case(COUNT, COUNT_NODE, events=(None, "fail", None), payload=3, alone=True),
    "is new after an exit": Case(
        "import os\n" + COUNT.replace("raise ValueError('as asked')", "os._exit(1)"),
        COUNT_NODE.replace("throw new Error('as asked')", "process.exit(1)"),
        events=(None, "fail", None),
        payload=1,
        alone=True,
    ),
    "is new after a time-out": Case(
        "import time\n" + COUNT.replace("raise ValueError('as asked')", "time.sleep(30)"),
        COUNT_NODE.replace("throw new Error('as asked')", "await new Promise((go) => setTimeout(go, 30000))"),
        events=(None, "fail", None),
        payload=1,
        alone=True,
        # The initialisation after a time-out is part of the next invocation's time, and a busy machine takes longer.
        settings={"timeout": 4},
    ),
}

ERRORS = {
    "an exception": failure(
        "raise ValueError('é boom')", "throw new RangeError('é boom');", ("ValueError", "RangeError"), "é boom"
    ),
    "an exception without words": failure("raise ValueError", "throw new Error();", ("ValueError", "Error"), ""),
    "a class of its own": Case(
        "class NotFound(Exception): pass\ndef handler(event, context): raise NotFound('no 5')",
        "class NotFound extends Error { name = 'NotFound'; }\n"
        "export const handler = async () => { throw new NotFound('no 5'); };",
        errors={PYTHON: ("NotFound", "no 5"), NODE: ("NotFound", "no 5")},
    ),
    "a member of nothing": failure(
        "return event.missing",
        "return event.missing;",
        ("AttributeError", "TypeError"),
        (
            "'NoneType' object has no attribute 'missing'",
            "Cannot read properties of null (reading 'missing')",
        ),
    ),
    "a circle": Case(
        "def handler(event, context):\n    circle = []\n    circle.append(circle)\n    return circle",
        "export const handler = async () => { const circle = []; circle.push(circle); return circle; };",
        errors={
            PYTHON: ("Runtime.MarshalError", "Unable to marshal response: Circular reference detected"),
            NODE: ("Error", "Unable to stringify response body"),
        },
    ),
    "a result without JSON": failure(
        "return {1, 2}",
        "return 10n;",
        ("Runtime.MarshalError", "Error"),
        (
            "Unable to marshal response: Object of type set is not JSON serializable",
            "Unable to stringify response body",
        ),
    ),
    "a result over the limit": failure(
        "return 'x' * event",
        "return 'x'.repeat(event);",
        ("Function.ResponseSizeTooLarge", "Function.ResponseSizeTooLarge"),
        f"Response payload size exceeded maximum allowed payload size ({LIMIT} bytes).",
        events=(LIMIT,),
        alone=True,
    ),
}

ENDS = {
    "an exit with a status": failure(
        "os._exit(3)", "process.exit(3);", *exits("Runtime exited with error: exit status 3"), alone=True
    ),
    "an exit without one": failure(
        "os._exit(0)", "process.exit(0);", *exits("Runtime exited without providing a reason"), alone=True
    ),
    "a signal": failure(
        "os.kill(os.getpid(), 9)",
        "process.kill(process.pid, 'SIGKILL'); await new Promise((go) => setTimeout(go, 30000));",
        *exits("Runtime exited with error: signal: killed"),
        alone=True,
    ),
    "a time-out": failure(
        "time.sleep(30)",
        "await new Promise((go) => setTimeout(go, 30000));",
        ("Sandbox.Timedout", "Sandbox.Timedout"),
        "RequestId: REQUEST Error: Task timed out after 1.00 seconds",
        alone=True,
        settings={"timeout": 1},
    ),
    "an endless loop": failure(
        "\n    while True: pass",
        "for (;;) {}",
        ("Sandbox.Timedout", "Sandbox.Timedout"),
        "RequestId: REQUEST Error: Task timed out after 1.00 seconds",
        alone=True,
        settings={"timeout": 1},
    ),
}


def init(python: str, node: str, kinds: tuple[str, str], messages: tuple[str, str], **options: Any) -> Case:
    """Return a case whose module can't be imported."""
    return Case(
        f"{python}\ndef handler(event, context): pass",
        f"{node}\nexport const handler = async () => {{}};",
        errors={language: (kinds[i], messages[i]) for i, language in enumerate(LANGUAGES)},
        alone=True,
        **options,
    )


INIT = {
    "an exception": init(
        "raise ValueError('at import')",
        "throw new RangeError('at import');",
        ("ValueError", "RangeError"),
        ("at import", "at import"),
    ),
    "a missing module": init(
        "import nowhere",
        "import 'nowhere';",
        ("Runtime.ImportModuleError", "Error"),
        (
            "Unable to import module 'main': No module named 'nowhere'",
            "Cannot find package 'nowhere' imported from /var/task/main.mjs",
        ),
        log=("homeport: nowhere is not in ",),
    ),
    "a syntax error": init(
        "def broken(:",
        "const broken = ;",
        ("Runtime.UserCodeSyntaxError", "Runtime.UserCodeSyntaxError"),
        (
            "Syntax error in module 'main': invalid syntax (main.py, line 1)",
            "SyntaxError: Unexpected token ';'",
        ),
    ),
    "no such function": Case(
        "other = 1",
        "export const other = 1;",
        errors={
            PYTHON: ("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'main'"),
            NODE: ("Runtime.HandlerNotFound", "main.handler is undefined or not exported"),
        },
        alone=True,
    ),
    "an exit": init(
        "import os\nos._exit(4)",
        "process.exit(4);",
        ("Runtime.ExitError", "Runtime.ExitError"),
        ("RequestId: REQUEST Error: Runtime exited with error: exit status 4",) * 2,
    ),
    "a log before the first call": Case(
        "print('imported')\ndef handler(event, context): return 1",
        "console.log('imported');\nexport const handler = async () => 1;",
        payload=1,
        log=("imported\n", "START RequestId: REQUEST Version: $LATEST\n"),
        alone=True,
    ),
}


def logs(python: str, node: str, *pieces: str, **options: Any) -> Case:
    """Return a case by what it logs."""
    return Case(
        f"import logging, os, sys\ndef handler(event, context):\n    {python}",
        f"export const handler = async (event, context) => {{ {node} }};",
        log=pieces,
        **options,
    )


JSON_FORMAT = {"log_format": "JSON", "log_level": "INFO"}

LOGS = {
    "START, END and REPORT": logs(
        "pass",
        "",
        "START RequestId: REQUEST Version: $LATEST\n",
        "END RequestId: REQUEST\nREPORT RequestId: REQUEST\tDuration: ",
        "\tMemory Size: 256 MB\tMax Memory Used: ",
    ),
    "standard output": logs("print('to stdout')", "process.stdout.write('to stdout\\n');", "to stdout\n"),
    "standard error": logs(
        "print('to stderr', file=sys.stderr)", "process.stderr.write('to stderr\\n');", "to stderr\n"
    ),
    "a logger's entry has the request id": logs(
        "logging.getLogger().warning('look out')", "console.warn('look out');", "\tREQUEST\t", "look out\n"
    ),
    "an entry of lines": logs("print('one\\ntwo')", "console.log('one\\ntwo');", "one\ntwo\n"),
    "an error's type and words": failure(
        "raise ValueError('boom')", "throw new Error('boom');", ("ValueError", "Error"), "boom", log=("boom", "ERROR")
    ),
    "a child's output": logs(
        "os.system('echo of the child')",
        "(await import('node:child_process')).execSync('echo of the child', { stdio: 'inherit' });",
        "of the child\n",
    ),
    "JSON entries": logs(
        "logging.getLogger().warning('look out'); logging.getLogger().debug('too much')",
        "console.warn('look out'); console.debug('too much');",
        '"requestId": "REQUEST"',
        '"level": "WARN',
        '"message": "look out"',
        alone=True,
        settings=JSON_FORMAT,
    ),
}

GROUPS = {
    "result": RESULTS,
    "context": CONTEXT,
    "variable": VARIABLES,
    "files": FILES,
    "state": STATE,
    "error": ERRORS,
    "end": ENDS,
    "init": INIT,
    "log": LOGS,
}
CASES = {f"{group}: {name}": case for group, cases in GROUPS.items() for name, case in cases.items()}
