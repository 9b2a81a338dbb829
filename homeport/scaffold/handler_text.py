"""The Python text of handlers, and of the contract test of a new operation.

The handler of a new operation makes each call that it has access for and no other, so that the contract run proves its
permissions at once; the author replaces the calls by the operation's own code. The handler of an adopted operation
responds with the example of its documentation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from string import Template

from homeport.errors import HomeportError
from homeport.scaffold.files import HandlerImports
from homeport.scaffold.new_operation import Key, NewOperation, TableUse
from homeport.scaffold.operation_entry import body_property, changes_item, in_order, is_list, may_create, sentence


def handler_text(new: NewOperation, uses: Sequence[TableUse], imports: HandlerImports) -> str:
    """Return the module. Raises HomeportError for an action that no call is written for."""
    body = [*_body(new, uses)]
    if imports.module:
        body = [line.replace("raise Missing(", "raise ServiceError(404, ") for line in body]
    code = "\n".join(f"    {line}" if line else "" for line in body)
    tables = "\n".join(dict.fromkeys(f"{_table(use)} = {_table_resource(use)}" for use in uses))
    missing = any("raise Missing(" in line for line in body)
    parts = [
        f'"""{new.method} {new.path}."""',
        "\n".join(_imports(code + tables, imports)),
        *([tables] if tables else []),
        *([_MISSING] if missing else []),
        f'@operation("{new.id}")\ndef handler(call: Call) -> Response:\n    """{_docstring(new)}"""\n{code}',
    ]
    spaced = [f"\n\n{part}" if part.startswith(("@", "class")) else f"\n{part}" for part in parts[1:]]
    return "\n".join([parts[0], *spaced]) + "\n"


_MISSING = '''class Missing(ServiceError):
    """404."""

    status = 404
    title = "Not Found"'''


def _imports(code: str, imports: HandlerImports) -> Iterator[str]:
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
        names = [name for name in ("Attr", "Key") if f"{name}(" in code]
        conditions = f"from boto3.dynamodb.conditions import {', '.join(names)}\n" if names else ""
        yield f"import boto3\n{conditions}"
    if imports.module:
        error = "ServiceError, " if "raise ServiceError(" in code else ""
        yield f"from {imports.module} import Call, Response, {error}operation"
        return
    if "raise Missing(" in code:
        yield f"from {imports.package}.errors import ServiceError"
    yield f"from {imports.package}.operation import operation\nfrom {imports.package}.proxy import Response"
    yield f"from {imports.package}.validation import Call"


def _docstring(new: NewOperation) -> str:
    return f"{new.status}. {sentence(new.id)}: what it really does is yours to write."


def _table(use: TableUse) -> str:
    return use.table.variable.lower()


def _table_resource(use: TableUse) -> str:
    return f'boto3.resource("dynamodb").Table(os.environ["{use.table.variable}"])'


def _body(new: NewOperation, uses: Sequence[TableUse]) -> Iterator[str]:
    if _echoes_request(new, uses):
        parts = ["**call.body", "**call.path"] if new.has_body else ["**call.path"]
        yield f"answer: dict[str, Any] = {{{', '.join(parts)}}}"
        made = {key.attribute: key for use in uses for key in use.key if key.place == "new"}
        yield from (f'answer["{name}"] = {key.code}' for name, key in made.items())
    is_known, listed = may_create(new, uses), False
    for use in uses:
        for action in in_order(use.actions):
            # The first list is the response.
            lines = [*_call(new, use, action, listed=listed, changes=changes_item(new, uses))]
            listed = listed or action in ("Query", "Scan")
            if is_known and action in ("PutItem", "UpdateItem"):
                # The first write tells whether there was an item.
                yield from _with_known(lines)
                is_known = False
            else:
                yield from lines
    if may_create(new, uses):
        yield "return Response(200 if known else 201, answer)"
    else:
        yield "return Response(204)" if new.status == 204 else f"return Response({new.status}, {_answer(new, uses)})"


def _with_known(lines: Sequence[str]) -> Iterator[str]:
    """Return the lines of a write that keeps the item that it replaced as ``known``."""
    if len(lines) == 1:
        yield f'known = {lines[0].removesuffix(")")}, ReturnValues="ALL_OLD").get("Attributes")'
    else:
        yield from (f"known = {lines[0]}", *lines[1:-1], '    ReturnValues="ALL_OLD",', ').get("Attributes")')


def _echoes_request(new: NewOperation, uses: Sequence[TableUse]) -> bool:
    """Return whether the response is made from the request and not from a table."""
    read = is_list(new, uses) or (new.method == "GET" and any("GetItem" in use.actions for use in uses))
    return new.status != 204 and not read and not changes_item(new, uses)


def _answer(new: NewOperation, uses: Sequence[TableUse]) -> str:
    return '{"items": found}' if is_list(new, uses) else "answer"


def _call(new: NewOperation, use: TableUse, action: str, *, listed: bool, changes: bool) -> Iterator[str]:
    if action not in _CALLS:
        raise HomeportError(f"no call of {action} can be written for you", "add it to x-homeport.access, with its code")
    text = _CALLS[action]
    if new.method == "GET" and not (listed and action in ("Query", "Scan")):
        text = _GET_CALLS.get(action, text)
    elif changes and action == "UpdateItem":
        text = _CHANGE
    values = {
        "table": _table(use),
        "key": _key(use, new),
        "item": _item(use, new),
        "index": f'IndexName="{use.index}", ' if use.index else "",
        # A global index has no consistent reads.
        "place_line": f'    IndexName="{use.index}",\n' if use.index else "    ConsistentRead=True,\n",
        "updates": _UPDATES if new.has_body else "",
    }
    if use.key:
        values |= {"attribute": use.key[0].attribute, "value": _value(use.key[0], new)}
    yield from Template(text).substitute(values).splitlines()


_CALLS = {
    "BatchGetItem": """\
keys = [$key]
$table.meta.client.batch_get_item(RequestItems={$table.name: {"Keys": keys}})
""",
    "BatchWriteItem": """\
with $table.batch_writer() as batch:
    batch.put_item(Item=$item)
""",
    "ConditionCheckItem": """\
check = {
    "TableName": $table.name,
    "Key": $key,
    "ConditionExpression": "attribute_exists(#key) OR attribute_not_exists(#key)",
    "ExpressionAttributeNames": {"#key": "$attribute"},
}
$table.meta.client.transact_write_items(TransactItems=[{"ConditionCheck": check}])
""",
    "DeleteItem": "$table.delete_item(Key=$key)",
    "DescribeTable": "$table.load()",
    "GetItem": "$table.get_item(Key=$key)",
    "PutItem": "$table.put_item(Item=$item)",
    "Query": '$table.query(${index}KeyConditionExpression=Key("$attribute").eq($value), Limit=100)',
    "Scan": "$table.scan(${index}Limit=100)",
    "UpdateItem": """\
$table.update_item(
    Key=$key,
$updates)
""",
}
_FOUND = """\
found = [item for page in pages for item in page["Items"]]
"""
_GET_CALLS = {
    "GetItem": """\
answer = $table.get_item(Key=$key, ConsistentRead=True).get("Item")
if answer is None:
    raise Missing("There is no such thing.")
""",
    # DynamoDB ends a page after 1 MB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
    "Query": f"""\
pages = $table.meta.client.get_paginator("query").paginate(
    TableName=$table.name,
$place_line    KeyConditionExpression=Key("$attribute").eq($value),
)
{_FOUND}""",
    "Scan": f"""\
pages = $table.meta.client.get_paginator("scan").paginate(
    TableName=$table.name,
$place_line)
{_FOUND}""",
}
_UPDATES = """\
    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in call.body),
    ExpressionAttributeNames={f"#{name}": name for name in call.body},
    ExpressionAttributeValues={f":{name}": value for name, value in call.body.items()},
"""
_CHANGE = """\
try:
    changed = $table.update_item(
        Key=$key,
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in call.body),
        ConditionExpression=Attr("$attribute").exists(),
        ExpressionAttributeNames={f"#{name}": name for name in call.body},
        ExpressionAttributeValues={f":{name}": value for name, value in call.body.items()},
        ReturnValues="ALL_NEW",
    )
except $table.meta.client.exceptions.ConditionalCheckFailedException:
    raise Missing("There is no such thing.") from None
answer = changed["Attributes"]
"""


def _key(use: TableUse, new: NewOperation) -> str:
    pairs = [f'"{key.attribute}": {_value(key, new)}' for key in use.key]
    return "{" + ", ".join(pairs) + "}"


def _value(key: Key, new: NewOperation) -> str:
    # A new key is in the answer already: it is the same in every call.
    return f'answer["{key.attribute}"]' if key.place == "new" and new.status != 204 else key.code


def _item(use: TableUse, new: NewOperation) -> str:
    if new.status == 204 or new.method == "GET":
        return _key(use, new)
    apart = [key for key in use.key if key.place != "new" and (key.place, key.name) != ("path", key.attribute)]
    if not apart:
        return "answer"
    pairs = [f'"{key.attribute}": {_value(key, new)}' for key in apart]
    return "{**answer, " + ", ".join(pairs) + "}"


def contract_test_text(new: NewOperation, uses: Sequence[TableUse], *, secured: bool) -> str:
    """Return a module of ``tests/contract`` that calls the operation once, with the fixture ``api``."""
    return f'''"""{new.method} {new.path}."""

from __future__ import annotations

import requests


def test_{new.module}_{"asks_who_calls" if secured else "answers"}(api: str) -> None:
    reply = requests.{new.method.lower()}({", ".join(_arguments(new, uses))})
    assert reply.status_code {"in (401, 403)" if secured else _expected_status(new, uses)}, reply.text
'''


def _expected_status(new: NewOperation, uses: Sequence[TableUse]) -> str:
    if may_create(new, uses):
        return "in (200, 201)"
    reads = new.method == "GET" and any("GetItem" in use.actions for use in uses)
    return f"== {404 if reads or changes_item(new, uses) else new.status}"


def _arguments(new: NewOperation, uses: Sequence[TableUse]) -> Iterator[str]:
    path = new.path
    numbers = {key.name for use in uses for key in use.key if key.kind == "N"}
    for name in new.variables:
        value = "7" if name in numbers else "none-7"
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    yield f'f"{{api}}{path}"' if "{" not in path else repr(path)
    query = {key.name: 7 if key.kind == "N" else "none-7" for t in uses for key in t.key if key.place == "query"}
    if query:
        yield f"params={json.dumps(query)}"
    if new.has_body:
        yield f"json={json.dumps({body_property(uses): 'Something'})}"
    yield "timeout=10"
