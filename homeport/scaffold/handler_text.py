"""The Python text of a new operation's handler: it makes each call that it was given access for, and no other.

So the contract run proves its permissions from the first day on; what the operation is really to do comes in its place.

The Python text of a new operation's contract test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from homeport.errors import HomeportError
from homeport.scaffold.operation_entry import Key, Target, Wanted, body_property, is_list, sentence

_ORDER = ("ConditionCheckItem", "PutItem", "BatchWriteItem", "UpdateItem", "GetItem", "BatchGetItem", "Query", "Scan")


def handler_text(wanted: Wanted, used: Sequence[Target], base: str) -> str:
    """The module. ``base`` is the package of ``operation``, ``proxy`` and ``validation`` (``service``).

    Raises HomeportError for an action that no call is written for.
    """
    body = [*_body(wanted, used)]
    code = "\n".join(f"    {line}" if line else "" for line in body)
    tables = "\n".join(dict.fromkeys(f"{_table(target)} = {_made(target)}" for target in used))
    missing = any("raise Missing(" in line for line in body)
    parts = [
        f'"""{wanted.method} {wanted.path}."""',
        "\n".join(_imports(code + tables, base, missing)),
        *([tables] if tables else []),
        *([_MISSING] if missing else []),
        f'@operation("{wanted.id}")\ndef handler(call: Call) -> Response:\n    """{_docstring(wanted)}"""\n{code}',
    ]
    spaced = [f"\n\n{part}" if part.startswith(("@", "class")) else f"\n{part}" for part in parts[1:]]
    return "\n".join([parts[0], *spaced]) + "\n"


_MISSING = '''class Missing(ServiceError):
    """404."""

    status = 404
    title = "Not Found"'''


def _imports(code: str, base: str, missing: bool) -> Iterator[str]:
    yield "from __future__ import annotations\n"
    standard = [
        *(["import os"] if "os.environ" in code else []),
        *(["import time"] if "time.time_ns" in code else []),
        *(["from typing import Any"] if ": dict[str, Any]" in code else []),
        *(["from uuid import uuid4"] if "uuid4()" in code else []),
    ]
    if standard:
        yield "\n".join(standard) + "\n"
    if "boto3." in code:
        conditions = "from boto3.dynamodb.conditions import Key\n" if "Key(" in code else ""
        yield f"import boto3\n{conditions}"
    if missing:
        yield f"from {base}.errors import ServiceError"
    yield f"from {base}.operation import operation\nfrom {base}.proxy import Response"
    yield f"from {base}.validation import Call"


def _docstring(wanted: Wanted) -> str:
    return f"{wanted.status}. {sentence(wanted.id)}: what it really does is yours to write."


def _table(target: Target) -> str:
    return target.table.variable.lower()


def _made(target: Target) -> str:
    return f'boto3.resource("dynamodb").Table(os.environ["{target.table.variable}"])'


def _body(wanted: Wanted, used: Sequence[Target]) -> Iterator[str]:
    if _makes_answer(wanted, used):
        parts = ["**call.body", "**call.path"] if wanted.has_body else ["**call.path"]
        yield f"answer: dict[str, Any] = {{{', '.join(parts)}}}"
        made = {key.attribute: key for target in used for key in target.key if key.place == "new"}
        yield from (f'answer["{name}"] = {key.code}' for name, key in made.items())
    for target in used:
        for action in sorted(target.actions, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
            yield from _call(wanted, target, action.removeprefix("dynamodb:"))
    yield (
        "return Response(204)" if wanted.status == 204 else f"return Response({wanted.status}, {_answer(wanted, used)})"
    )


def _makes_answer(wanted: Wanted, used: Sequence[Target]) -> bool:
    """Whether the answer is made of the request: what is read from a table needs no other."""
    read = is_list(wanted, used) or (wanted.method == "GET" and any("GetItem" in target.actions for target in used))
    return wanted.status != 204 and not read


def _answer(wanted: Wanted, used: Sequence[Target]) -> str:
    return '{"items": found}' if is_list(wanted, used) else "answer"


def _call(wanted: Wanted, target: Target, action: str) -> Iterator[str]:
    write = _CALLS.get(action)
    if write is None:
        raise HomeportError(f"no call of {action} can be written for you", "add it to x-homeport.access, with its code")
    yield from write(wanted, target)


def _key(target: Target, wanted: Wanted) -> str:
    pairs = [f'"{key.attribute}": {_value(key, wanted)}' for key in target.key]
    return "{" + ", ".join(pairs) + "}"


def _value(key: Key, wanted: Wanted) -> str:
    # What was made above is read from there: the key is the same in every call.
    return f'answer["{key.attribute}"]' if key.place == "new" and wanted.status != 204 else key.code


def _item(target: Target, wanted: Wanted) -> str:
    if wanted.status == 204 or wanted.method == "GET":
        return _key(target, wanted)
    apart = [key for key in target.key if key.place != "new" and (key.place, key.name) != ("path", key.attribute)]
    if not apart:
        return "answer"
    pairs = [f'"{key.attribute}": {_value(key, wanted)}' for key in apart]
    return "{**answer, " + ", ".join(pairs) + "}"


def _get(wanted: Wanted, target: Target) -> Iterator[str]:
    call = f"{_table(target)}.get_item(Key={_key(target, wanted)})"
    if wanted.method != "GET":
        yield call
        return
    yield f'answer = {call}.get("Item")'
    yield "if answer is None:"
    yield '    raise Missing("There is no such thing.")'


def _put(wanted: Wanted, target: Target) -> Iterator[str]:
    yield f"{_table(target)}.put_item(Item={_item(target, wanted)})"


def _update(wanted: Wanted, target: Target) -> Iterator[str]:
    yield f"{_table(target)}.update_item("
    yield f"    Key={_key(target, wanted)},"
    if wanted.has_body:
        yield '    AttributeUpdates={name: {"Value": value} for name, value in call.body.items()},'
    yield ")"


def _delete(wanted: Wanted, target: Target) -> Iterator[str]:
    yield f"{_table(target)}.delete_item(Key={_key(target, wanted)})"


def _query(wanted: Wanted, target: Target) -> Iterator[str]:
    key = target.key[0]
    yield f"answers = {_table(target)}.query("
    yield from [f'    IndexName="{target.index}",'] if target.index else []
    yield f'    KeyConditionExpression=Key("{key.attribute}").eq({_value(key, wanted)}),'
    yield "    Limit=100,"
    yield ")"
    yield from _found(wanted)


def _scan(wanted: Wanted, target: Target) -> Iterator[str]:
    index = f'IndexName="{target.index}", ' if target.index else ""
    yield f"answers = {_table(target)}.scan({index}Limit=100)"
    yield from _found(wanted)


def _found(wanted: Wanted) -> Iterator[str]:
    if wanted.method == "GET":
        yield 'found = answers["Items"]'


def _read_keys(wanted: Wanted, target: Target) -> Iterator[str]:
    table = _table(target)
    yield f"keys = [{_key(target, wanted)}]"
    yield f'{table}.meta.client.batch_get_item(RequestItems={{{table}.name: {{"Keys": keys}}}})'


def _batch_write(wanted: Wanted, target: Target) -> Iterator[str]:
    table = _table(target)
    yield f"with {table}.batch_writer() as batch:"
    yield f"    batch.put_item(Item={_item(target, wanted)})"


def _check(wanted: Wanted, target: Target) -> Iterator[str]:
    table = _table(target)
    yield "check = {"
    yield f'    "TableName": {table}.name,'
    yield f'    "Key": {_key(target, wanted)},'
    yield '    "ConditionExpression": "attribute_exists(#key) OR attribute_not_exists(#key)",'
    yield f'    "ExpressionAttributeNames": {{"#key": "{target.key[0].attribute}"}},'
    yield "}"
    yield f'{table}.meta.client.transact_write_items(TransactItems=[{{"ConditionCheck": check}}])'


def _describe(wanted: Wanted, target: Target) -> Iterator[str]:
    yield f"{_table(target)}.load()"


_CALLS: dict[str, Callable[[Wanted, Target], Iterator[str]]] = {
    "BatchGetItem": _read_keys,
    "BatchWriteItem": _batch_write,
    "ConditionCheckItem": _check,
    "DeleteItem": _delete,
    "DescribeTable": _describe,
    "GetItem": _get,
    "PutItem": _put,
    "Query": _query,
    "Scan": _scan,
    "UpdateItem": _update,
}


def contract_test_text(wanted: Wanted, used: Sequence[Target], *, secured: bool) -> str:
    """A module of ``tests/contract`` that calls the operation once, on the fixture ``api``."""
    return f'''"""{wanted.method} {wanted.path}."""

from __future__ import annotations

import requests


def test_{wanted.module}_{"asks_who_calls" if secured else "answers"}(api: str) -> None:
    reply = requests.{wanted.method.lower()}({", ".join(_arguments(wanted, used))})
    assert reply.status_code {"in (401, 403)" if secured else f"== {_expected(wanted, used)}"}, reply.text
'''


def _expected(wanted: Wanted, used: Sequence[Target]) -> int:
    reads = any("GetItem" in target.actions for target in used)
    return 404 if wanted.method == "GET" and reads else wanted.status


def _arguments(wanted: Wanted, used: Sequence[Target]) -> Iterator[str]:
    path = wanted.path
    numbers = {key.name for target in used for key in target.key if key.kind == "N"}
    for name in wanted.variables:
        value = "7" if name in numbers else "none-7"
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    yield f'f"{{api}}{path}"' if "{" not in path else repr(path)
    query = {key.name: 7 if key.kind == "N" else "none-7" for t in used for key in t.key if key.place == "query"}
    if query:
        yield f"params={_literal(query)}"
    if wanted.has_body:
        yield f"json={_literal({body_property(used): 'Something'})}"
    yield "timeout=10"


def _literal(value: dict[str, Any]) -> str:
    import json

    return json.dumps(value)
