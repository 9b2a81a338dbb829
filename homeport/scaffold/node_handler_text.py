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
from homeport.scaffold.adopted.adoption import Json
from homeport.scaffold.new_operation import Key, NewOperation, TableUse
from homeport.scaffold.operation_entry import body_property, changes_item, in_order, is_list, may_create, sentence

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
    "PutItem": "${known}await client.send(new PutCommand({ TableName: $table, Item: $item$returned }));",
    "Query": """\
const query$n = new QueryCommand({
  TableName: $table,$index
  KeyConditionExpression: "#key = :key",
  ExpressionAttributeNames: { "#key": "$attribute" },
  ExpressionAttributeValues: { ":key": $value },
  Limit: 100,
});
await client.send(query$n);""",
    "Scan": "await client.send(new ScanCommand({ TableName: $table,$index Limit: 100 }));",
    "UpdateItem": "await client.send(new UpdateCommand({ TableName: $table, Key: $key }));",
}
_UPDATE = """\
const update$n = new UpdateCommand({
  TableName: $table,
  Key: $key,
  UpdateExpression: "SET #name = :name",
  ExpressionAttributeNames: { "#name": "$property" },
  ExpressionAttributeValues: { ":name": body.$property },$returned
});
${known}await client.send(update$n);"""
_LISTS = {
    # DynamoDB ends a page after 1 MB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
    "Query": """\
const query$n = {
  TableName: $table,$place
  KeyConditionExpression: "#key = :key",
  ExpressionAttributeNames: { "#key": "$attribute" },
  ExpressionAttributeValues: { ":key": $value },
};
const found$n = [];
for await (const { Items } of paginateQuery({ client }, query$n)) found$n.push(...Items);""",
    "Scan": """\
const scan$n = {
  TableName: $table,$place
};
const found$n = [];
for await (const { Items } of paginateScan({ client }, scan$n)) found$n.push(...Items);""",
}
_CHANGE = """\
let answer$n;
try {
  const change = new UpdateCommand({
    TableName: $table,
    Key: $key,
    UpdateExpression: "SET #name = :name",
    ConditionExpression: "attribute_exists(#key)",
    ExpressionAttributeNames: { "#key": "$attribute", "#name": "$property" },
    ExpressionAttributeValues: { ":name": body.$property },
    ReturnValues: "ALL_NEW",
  });
  answer$n = (await client.send(change)).Attributes;
} catch (error) {
  if (error.name !== "ConditionalCheckFailedException") throw error;
  return reply(404, { message: "There is no such thing." });
}"""
_READ = """\
const { Item: answer$n } = await client.send(new GetCommand({ TableName: $table, Key: $key, ConsistentRead: true }));
if (answer$n === undefined) return reply(404, { message: "There is no such thing." });"""
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
_TEXT = """\
const isText = (value) =>
  typeof value === "string" && value.isWellFormed() && value.length > 0 && [...value].length <= 100;"""
_FIRST_WRITES = ("PutItem", "UpdateItem")


def node_handler_text(new: NewOperation, uses: Sequence[TableUse], parameters: Iterable[Json]) -> str:
    """Return the module; ``parameters`` are the operation's in openapi.yaml, which those that it refers to are not.

    Raises HomeportError for an action that no call is written for.
    """
    lines = "\n".join(_body(new, uses, parameters))
    code = "\n".join(f"  {line}" if line else "" for line in lines.splitlines())
    tables = "\n".join(dict.fromkeys(f"const {_table(use)} = process.env.{use.table.variable};" for use in uses))
    helpers = [_REPLY, *([_BODY, _TEXT] if new.has_body else [])]
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
        commands = sorted({*re.findall(r"new (\w+Command)\(", code), *re.findall(r"(paginate\w+)\(", code)})
        plain = [name for name in commands if name == "DescribeTableCommand"]
        yield f'import {{ {", ".join(["DynamoDBClient", *plain])} }} from "{_CLIENT}";'
        documents = sorted({"DynamoDBDocumentClient", *commands} - set(plain))
        yield f'import {{ {", ".join(documents)} }} from "{_DOCUMENTS}";'


def _body(new: NewOperation, uses: Sequence[TableUse], parameters: Iterable[Json]) -> Iterator[str]:
    for parameter in parameters:
        yield from _check(parameter)
    if new.has_body:
        name = body_property(uses)
        yield "const body = readBody(event);"
        yield f"if (!isText(body?.{name}) || Object.keys(body).length > 1) {{"
        yield f'  return reply(400, {{ message: "The body must have {name} alone: text of 1 to 100 characters." }});'
        yield "}"
    if _echoes_request(new, uses):
        # A variable of the path is text, and a key may be a number.
        keys = [key for use in uses for key in use.key]
        made = {key.attribute: key for key in keys if key.place == "new" or (key.place, key.kind) == ("path", "N")}
        parts = [*(["...body"] if new.has_body else []), "...event.pathParameters"]
        parts += [f"{_property(name)}: {_source(key)}" for name, key in made.items()]
        yield f"const answer = {{ {', '.join(parts)} }};"
    calls: Counter[str] = Counter()
    is_first_write = may_create(new, uses)
    for use in uses:
        for action in in_order(use.actions):
            # Each call's names are its own: those of the first one have no number.
            kind = "list" if action in ("Query", "Scan") else action
            calls[kind] += 1
            number = str(calls[kind]) if calls[kind] > 1 else ""
            known = is_first_write and action in _FIRST_WRITES
            is_first_write = is_first_write and not known
            yield _call(new, use, action, number, body_property(uses), known=known, changes=changes_item(new, uses))
    answer = "{ items: found }" if is_list(new, uses) else "answer"
    if may_create(new, uses):
        yield "return reply(known === undefined ? 201 : 200, answer);"
    else:
        yield f"return reply({new.status}{'' if new.status == 204 else f', {answer}'});"


def _check(parameter: Json) -> Iterator[str]:
    """Yield the check of a parameter that ``homeport add`` wrote: a whole number, or text that matches a pattern."""
    name, schema = str(parameter.get("name")), parameter.get("schema") or {}
    place = {"path": "event.pathParameters", "query": "event.queryStringParameters"}.get(str(parameter.get("in")))
    is_whole = schema.get("type") == "integer"
    pattern = "^[0-9]+$" if is_whole else schema.get("pattern")
    if place is not None and isinstance(pattern, str):
        value = f"{place}?.{_access(name).removeprefix('.')}"
        wrong = f'!/{pattern.replace("/", chr(92) + "/")}/.test({value} ?? "")'
        wrong += f" || !Number.isSafeInteger(Number({value}))" if is_whole else ""
        yield f'if ({wrong}) return reply(400, {{ message: "{name}: is invalid" }});'


def _echoes_request(new: NewOperation, uses: Sequence[TableUse]) -> bool:
    """Return whether the response is made from the request and not from a table."""
    read = is_list(new, uses) or (new.method == "GET" and any("GetItem" in use.actions for use in uses))
    return new.status != 204 and not read and not changes_item(new, uses)


def _call(new: NewOperation, use: TableUse, action: str, number: str, name: str, *, known: bool, changes: bool) -> str:
    if action not in _CALLS:
        raise HomeportError(f"no call of {action} can be written for you", "add it to x-homeport.access, with its code")
    text = _CALLS[action]
    if new.method == "GET":
        # The first list is the response.
        text = _READ if action == "GetItem" else text if number else _LISTS.get(action, text)
    elif action == "UpdateItem" and new.has_body:
        text = _CHANGE if changes else _UPDATE
    returned = '\n  ReturnValues: "ALL_OLD",' if action == "UpdateItem" else ', ReturnValues: "ALL_OLD"'
    return Template(text).substitute(
        n=number,
        table=_table(use),
        key=_object(f"{_property(key.attribute)}: {_value(key, new)}" for key in use.key),
        item=_item(use, new),
        index=f' IndexName: "{use.index}",' if use.index else "",
        # A global index has no consistent reads.
        place=f' IndexName: "{use.index}",' if use.index else " ConsistentRead: true,",
        property=name,
        known="const { Attributes: known } = " if known else "",
        returned=returned if known else "",
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
