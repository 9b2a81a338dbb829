"""DynamoDB permissions: the actions and resources that a request needs, and whether a policy allows them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

# Actions (``PutItem``) by the ARN of a table or index; those under ``*`` are allowed on any.
Permissions = Mapping[str, Sequence[str]]
# An action, and the ARN of the resource that it works on.
Needed = tuple[str, str]

_ANY = "*"
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-iam
_TRANSACTION_ACTIONS = {
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_PARTIQL = re.compile(
    r"""\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE|EXISTS)\b.*?
        (?:\bFROM\b|\bINTO\b|(?<=UPDATE))\s*
        (?P<table>"[^"]+"|[\w-]+) (?:\s*\.\s*(?P<index>"[^"]+"|[\w-]+))?""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_PARTIQL_ACTIONS = {"EXISTS": "PartiQLSelect"}
# The members in which a request without TableName names its resource.
_ARN_MEMBERS = ("ResourceArn", "TableArn", "BackupArn", "SourceTableArn", "ExportArn", "ImportArn")


def is_allowed(permissions: Permissions, action: str, resource: str) -> bool:
    """Return whether ``action`` (``PutItem``) is allowed on an ARN.

    IAM ignores the case of actions, not that of resources.
    """
    actions = (*permissions.get(resource, ()), *permissions.get(_ANY, ()))
    return any(fnmatchcase(action.lower(), allowed.lower()) for allowed in actions)


def needed_permissions(operation: str, body: Mapping[str, Any], prefix: str) -> Iterator[Needed]:
    """Yield the permissions that a DynamoDB request needs. ``prefix`` is the beginning of a table's ARN."""
    if operation in ("BatchGetItem", "BatchWriteItem"):
        for table in body.get("RequestItems", {}):
            yield operation, _table_arn(table, prefix)
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for item in body.get("TransactItems", ()):
            for kind, part in item.items():
                yield _TRANSACTION_ACTIONS.get(kind, kind), _table_arn(part.get("TableName", ""), prefix)
    elif operation in ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"):
        for part in (body, *body.get("Statements", ()), *body.get("TransactStatements", ())):
            if "Statement" in part:
                yield from _of_statement(part["Statement"], prefix)
    elif operation == "ListTables":
        # Observed: AWS names this resource when it refuses.
        yield operation, prefix + _ANY
    else:
        yield operation, _resource(body, prefix)


def _resource(body: Mapping[str, Any], prefix: str) -> str:
    if "TableName" in body:
        table = _table_arn(body["TableName"], prefix)
        return f"{table}/index/{body['IndexName']}" if "IndexName" in body else table
    arn = next((body[name] for name in _ARN_MEMBERS if body.get(name)), None)
    return str(arn) if arn else _ANY


def _table_arn(name: str, prefix: str) -> str:
    # DynamoDB accepts an ARN wherever it accepts a table's name.
    return name if name.startswith("arn:") else prefix + name


def _of_statement(statement: str, prefix: str) -> Iterator[Needed]:
    found = _PARTIQL.match(statement)
    if found is None:
        return
    verb = found["verb"].upper()
    table = _table_arn(found["table"].strip('"'), prefix)
    index = (found["index"] or "").strip('"')
    yield _PARTIQL_ACTIONS.get(verb, f"PartiQL{verb.capitalize()}"), f"{table}/index/{index}" if index else table
