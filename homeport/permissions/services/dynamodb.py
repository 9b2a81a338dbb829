"""The permissions that a request to DynamoDB needs: actions and resources. ``role.py`` decides about them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_ANY = "*"
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-iam
_TRANSACTION_ACTIONS = {
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
# The members in which a request without TableName names its resource.
_ARN_MEMBERS = ("ResourceArn", "TableArn", "BackupArn", "SourceTableArn", "ExportArn", "ImportArn", "StreamArn")
_TABLE_ARN = re.compile(r"arn:[^:]*:dynamodb:[^:]*:[^:]*:table/[^/]+")


class NeededPermission(NamedTuple):
    """An action (``PutItem``), the ARN of the resource that it works on, and the part of the request about it."""

    action: str
    resource: str
    part: Mapping[str, Any]


def needed_permissions(operation: str, body: Mapping[str, Any], prefix: str) -> Iterator[NeededPermission]:
    """Yield the permissions that a DynamoDB request needs. ``prefix`` is the beginning of a table's ARN."""
    if operation in ("BatchGetItem", "BatchWriteItem"):
        for table, part in body.get("RequestItems", {}).items():
            yield NeededPermission(operation, _table_arn(table, prefix), part if "Keys" in part else {"Requests": part})
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for item in body.get("TransactItems", ()):
            for kind, part in item.items():
                arn = _table_arn(part.get("TableName", ""), prefix)
                yield NeededPermission(_TRANSACTION_ACTIONS.get(kind, kind), arn, part)
    elif operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        for part in (body, *body.get("Statements", ()), *body.get("TransactStatements", ())):
            for action, path in statement_targets(part.get("Statement", "")):
                yield NeededPermission(action, _path_arn(path, prefix), part)
    else:
        yield NeededPermission(operation, _resource(operation, body, prefix), body)


def _resource(operation: str, body: Mapping[str, Any], prefix: str) -> str:
    if operation == "ListTables":
        # Observed: AWS names this resource when it refuses.
        return prefix + _ANY
    if "TableName" in body:
        table = _table_arn(body["TableName"], prefix)
        if operation == "ListStreams":
            return f"{table}/stream/{_ANY}"
        return f"{table}/index/{body['IndexName']}" if "IndexName" in body else table
    # A shard iterator begins with the ARN of its stream.
    iterator = str(body.get("ShardIterator", "")).partition("|")[0]
    if iterator.startswith("arn:"):
        return iterator
    arn = next((body[name] for name in _ARN_MEMBERS if body.get(name)), None)
    return str(arn) if arn else _ANY


def _table_arn(name: str, prefix: str) -> str:
    # DynamoDB accepts an ARN wherever it accepts a table's name; what follows the table in it does not count.
    found = _TABLE_ARN.match(name)
    return found[0] if found else prefix + name


def _path_arn(path: tuple[str, ...], prefix: str) -> str:
    if not path:
        return _ANY
    table = _table_arn(path[0], prefix)
    return f"{table}/index/{path[1]}" if len(path) > 1 else table


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
# A comment does not contain another: where engines could differ about its end, the text can't be read.
_TOKEN = re.compile(
    r"""(?P<blank> \s+ | --[^\n]* | /\*(?:(?!\*/|/\*).)*\*/ )
      | (?P<text> '(?:[^']|'')*' )
      | "(?P<quoted> (?:[^"]|"")* )"
      | (?P<number> (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
      | (?P<word> [A-Za-z_][A-Za-z0-9_$]* )
      | (?P<sign> (?!/\*)[^\s'"`#] )""",
    re.VERBOSE | re.DOTALL,
)
# The verb of a statement: its action, and the word before its table. FROM … SET is an UPDATE, too.
_VERBS = {
    "SELECT": ("PartiQLSelect", "FROM"),
    "EXISTS": ("PartiQLSelect", "FROM"),
    "INSERT": ("PartiQLInsert", "INTO"),
    "UPDATE": ("PartiQLUpdate", "UPDATE"),
    "DELETE": ("PartiQLDelete", "FROM"),
    "FROM": ("PartiQLUpdate", "FROM"),
}
Token = tuple[str, str]


def statement_targets(statement: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each action of a PartiQL statement with its table's name, and its index's if it has one.

    A statement whose tables can't be read needs ``PartiQLSelect`` on the path ``()``, which stands for any resource. A
    statement with an unknown verb needs nothing: DynamoDB rejects it.
    """
    tokens = statement_tokens(statement)
    words = [text.upper() if kind == "word" else "" for kind, text in tokens or ()]
    if tokens is None or not words or words[0] not in _VERBS:
        if tokens is None or not _VERBS.keys().isdisjoint(words):
            yield "PartiQLSelect", ()
        return
    action, before = _VERBS[words[0]]
    places = [place for place, word in enumerate(words) if word in (before, "FROM")]
    for place in places or [len(words)]:
        yield from ((action, path) for path in _paths(tokens[place + 1 :]))
        action = "PartiQLSelect"


def statement_tokens(statement: str) -> list[Token] | None:
    """Return the tokens of a statement as kind and text, comments left out; None for a text that can't be read."""
    tokens, position = [], 0
    while position < len(statement):
        found = _TOKEN.match(statement, position)
        if found is None:
            return None
        position = found.end()
        if found.lastgroup != "blank":
            tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
    return tokens


def _paths(tokens: list[Token]) -> Iterator[tuple[str, ...]]:
    """Yield the path at the beginning, and those after commas: a table, or a table and its index."""
    parts: list[Token] = []
    for token in [*tokens, ("end", "")]:
        if (token[0] in ("quoted", "word") and (not parts or parts[-1] == ("sign", "."))) or (
            token == ("sign", ".") and parts and parts[-1] != token
        ):
            parts.append(token)
        else:
            yield _path(parts)
            if token != ("sign", ","):
                return
            parts = []


def _path(parts: list[Token]) -> tuple[str, ...]:
    names = [text.replace('""', '"') for kind, text in parts if kind != "sign"]
    if len(names) > 2 or len(parts) % 2 == 0:
        return ()
    # A table's name may have dots: quotes separate an index from it.
    return tuple(names) if any(kind == "quoted" for kind, _ in parts) else (".".join(names),)
