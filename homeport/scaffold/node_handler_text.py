"""The JavaScript text of handlers for ``homeport add``: a module of Node.js that needs no other one of the project.

As in Python, the handler of a new operation makes each call that it has access for and no other.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from string import Template

from homeport.errors import HomeportError
from homeport.scaffold.operation_entry import Key, NewOperation, TableUse, body_property, is_list, sentence

_CLIENT = "@aws-sdk/client-dynamodb"
_DOCUMENTS = "@aws-sdk/lib-dynamodb"
_NAME = re.compile(r"[A-Za-z_$][\w$]*")

_CALLS = {
    "BatchGetItem": "await client.send(new BatchGetCommand({ RequestItems: { [$table]: { Keys: [$key] } } }));",
    "BatchWriteItem": """\
const puts$n = [{ PutRequest: { Item: $item } }];
await client.send(new BatchWriteCommand({ RequestItems: { [$table]: puts$n } }));""",
    "ConditionCheckItem": """\
const check$n = {
  TableName: $table,
  Key: $key,
  ConditionExpression: "attribute_exists(#key) OR attribute_not_exists(#key)",
  ExpressionAttributeNames: { "#key": "$attribute" },
};
await client.send(new TransactWriteCommand({ TransactItems: [{ ConditionCheck: check$n }] }));""",
    "DeleteItem": "await client.send(new DeleteCommand({ TableName: $table, Key: $key }));",
    "DescribeTable": "await client.send(new DescribeTableCommand({ TableName: $table }));",
    "GetItem": "await client.send(new GetCommand({ TableName: $table, Key: $key }));",
    "PutItem": "await client.send(new PutCommand({ TableName: $table, Item: $item }));",
    "Query": """\
const query$n = new QueryCommand({
  TableName: $table,$index
  KeyConditionExpression: "#key = :key",
  ExpressionAttributeNames: { "#key": "$attribute" },
  ExpressionAttributeValues: { ":key": $value },
  Limit: 100,
});
const { Items: found$n } = await client.send(query$n);""",
    "Scan": "const { Items: found$n } = await client.send(new ScanCommand({ TableName: $table,$index Limit: 100 }));",
    "UpdateItem": "${updates}await client.send(new UpdateCommand({ TableName: $table, Key: $key$changes }));",
}
_READ = """\
const { Item: answer$n } = await client.send(new GetCommand({ TableName: $table, Key: $key, ConsistentRead: true }));
if (answer$n === undefined) return reply(404, { message: "There is no such thing." });"""
_UPDATES = """\
const changes$n = Object.entries(body).map(([name, Value]) => [name, { Value, Action: "PUT" }]);
const updates$n = Object.fromEntries(changes$n);
"""
_REPLY = """\
const reply = (statusCode, body) => ({
  statusCode,
  headers: body === undefined ? {} : { "content-type": "application/json" },
  body: body === undefined ? "" : JSON.stringify(body),
});"""
_BODY = """\
/** The body, undefined for one that is no JSON object. A body whose content type is not JSON comes in base64. */
const readBody = ({ body, isBase64Encoded }) => {
  try {
    const read = JSON.parse(isBase64Encoded ? Buffer.from(body, "base64").toString() : body);
    return read !== null && typeof read === "object" && !Array.isArray(read) ? read : undefined;
  } catch {
    return undefined;
  }
};"""
_ORDER = tuple(_CALLS)


def node_handler_text(new: NewOperation, uses: Sequence[TableUse]) -> str:
    """Return the module. Raises HomeportError for an action that no call is written for."""
    lines = "\n".join(_body(new, uses))
    code = "\n".join(f"  {line}" if line else "" for line in lines.splitlines())
    tables = "\n".join(dict.fromkeys(f"const {_table(use)} = process.env.{use.table.variable};" for use in uses))
    helpers = [_REPLY, *([_BODY] if new.has_body else [])]
    client = "const client = DynamoDBDocumentClient.from(new DynamoDBClient());\n" if uses else ""
    parts = [
        f"// {new.method} {new.path}.",
        "\n".join(_imports(code, bool(uses))),
        f"{client}{tables}",
        f"/** {new.status}. {sentence(new.id)}: what it really does is yours to write. */\n"
        f"export const handler = async (event) => {{\n{code}\n}};",
        *helpers,
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _imports(code: str, uses_tables: bool) -> Iterator[str]:
    if "randomUUID()" in code:
        yield 'import { randomUUID } from "node:crypto";\n'
    if uses_tables:
        commands = sorted(set(re.findall(r"new (\w+Command)\(", code)))
        plain = [name for name in commands if name == "DescribeTableCommand"]
        yield f'import {{ {", ".join(["DynamoDBClient", *plain])} }} from "{_CLIENT}";'
        documents = sorted({"DynamoDBDocumentClient", *commands} - set(plain))
        yield f'import {{ {", ".join(documents)} }} from "{_DOCUMENTS}";'


def _body(new: NewOperation, uses: Sequence[TableUse]) -> Iterator[str]:
    if new.has_body:
        name = body_property(uses)
        yield "const body = readBody(event);"
        invalid = "body === undefined" if new.method == "PATCH" else f'typeof body?.{name} !== "string"'
        needed = "an object" if new.method == "PATCH" else f"an object with {name}"
        yield f'if ({invalid}) return reply(400, {{ message: "The body must be {needed}." }});'
    for name in dict.fromkeys(key.name for use in uses for key in use.key if key.place == "query"):
        missing = f"event.queryStringParameters?.{_access(name).removeprefix('.')} === undefined"
        yield f'if ({missing}) return reply(400, {{ message: "{name}: is required" }});'
    if _echoes_request(new, uses):
        made = {key.attribute: key for use in uses for key in use.key if key.place == "new"}
        parts = [*(["...body"] if new.has_body else []), "...event.pathParameters"]
        parts += [f"{_property(name)}: {_source(key)}" for name, key in made.items()]
        yield f"const answer = {{ {', '.join(parts)} }};"
    calls: Counter[str] = Counter()
    for use in uses:
        actions = (name.removeprefix("dynamodb:") for name in use.actions)
        for action in sorted(actions, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
            # Each call's names are its own: those of the first one have no number.
            kind = "list" if action in ("Query", "Scan") else action
            calls[kind] += 1
            yield _call(new, use, action, str(calls[kind]) if calls[kind] > 1 else "")
    answer = "{ items: found }" if is_list(new, uses) else "answer"
    yield f"return reply({new.status}{'' if new.status == 204 else f', {answer}'});"


def _echoes_request(new: NewOperation, uses: Sequence[TableUse]) -> bool:
    """Return whether the response is made from the request and not from a table."""
    read = is_list(new, uses) or (new.method == "GET" and any("GetItem" in use.actions for use in uses))
    return new.status != 204 and not read


def _call(new: NewOperation, use: TableUse, action: str, number: str) -> str:
    if action not in _CALLS:
        raise HomeportError(f"no call of {action} can be written for you", "add it to x-homeport.access, with its code")
    text = _READ if (new.method, action) == ("GET", "GetItem") else _CALLS[action]
    if new.method != "GET":
        text = text.replace("const { Items: found$n } = ", "")
    return Template(text).substitute(
        n=number,
        table=_table(use),
        key=_object(f"{_property(key.attribute)}: {_value(key, new)}" for key in use.key),
        item=_item(use, new),
        index=f' IndexName: "{use.index}",' if use.index else "",
        updates=Template(_UPDATES).substitute(n=number) if new.has_body else "",
        changes=f", AttributeUpdates: updates{number}" if new.has_body else "",
        attribute=use.key[0].attribute if use.key else "",
        value=_value(use.key[0], new) if use.key else "",
    )


def _item(use: TableUse, new: NewOperation) -> str:
    if new.status == 204 or new.method == "GET":
        return _object(f"{_property(key.attribute)}: {_value(key, new)}" for key in use.key)
    apart = [key for key in use.key if key.place != "new" and (key.place, key.name) != ("path", key.attribute)]
    if not apart:
        return "answer"
    return _object(["...answer", *(f"{_property(key.attribute)}: {_value(key, new)}" for key in apart)])


def _value(key: Key, new: NewOperation) -> str:
    # A new key is in the answer already: it is the same in every call.
    return f"answer{_access(key.attribute)}" if key.place == "new" and new.status != 204 else _source(key)


def _source(key: Key) -> str:
    """Return the expression of a key's value."""
    if key.place == "new":
        return "randomUUID()" if key.kind == "S" else "Date.now()"
    place = "event.pathParameters" if key.place == "path" else "event.queryStringParameters"
    value = f"{place}{_access(key.name)}"
    return f"Number({value})" if key.kind == "N" else value


def _object(parts: Iterable[str]) -> str:
    return "{ " + ", ".join(parts) + " }"


def _property(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name)


def _access(name: str) -> str:
    return f".{name}" if _NAME.fullmatch(name) else f"[{json.dumps(name)}]"


def _table(use: TableUse) -> str:
    name = use.table.logical_id
    return name[0].lower() + name[1:]
