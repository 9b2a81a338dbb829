"""The role of a function: whether it allows an action of DynamoDB, as IAM decides it.

A deny comes first, then ``access``, then the allows of ``policies``. A condition is true, false, or not to be known
here: then a deny applies and an allow does not.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from .conditions import Context, all_hold, any_holds, holds, is_like, negate
from .permissions import NeededPermission, Token, statement_tokens

# Actions (``PutItem``) by the ARN of a table or index; those under ``*`` are allowed on any.
Permissions = Mapping[str, Sequence[str]]
# A statement of an IAM policy whose parts are lists, with None for a value that only AWS knows.
Statement = Mapping[str, Any]

_TRANSACTIONS = ("TransactGetItems", "TransactWriteItems", "ExecuteTransaction")
_READS = ("GetItem", "BatchGetItem", "Query", "Scan")
_RETURNING = ("PutItem", "UpdateItem", "DeleteItem")
_EXPRESSIONS = (
    *("ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression"),
    "UpdateExpression",
)
_MAPS = ("Key", "Item", "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter")
_WORDS = frozenset(("ADD", "AND", "BETWEEN", "DELETE", "IN", "NOT", "OR", "REMOVE", "SET"))
_NAME = re.compile(r"([.:]?)(#?[A-Za-z_][\w-]*)(\s*\()?")
_KEY_EQUALS = re.compile(r"(#?[\w.-]+)\s*=\s*(:\w+)")


class Role:
    """The rights of a function: its ``access`` and ``policies``. ``principal`` is the ARN of the assumed role.

    ``partition_keys`` has the partition key's attribute by the ARN of a table or index. ``boundary`` are the statements
    of a permissions boundary: what they do not allow as well is denied.
    """

    def __init__(
        self,
        access: Permissions,
        policies: Sequence[Statement],
        partition_keys: Mapping[str, str],
        principal: str,
        boundary: Sequence[Statement] | None = None,
    ) -> None:
        self._access = access
        self._denies, self._allows = _by_effect(policies)
        self._limit = None if boundary is None else _by_effect(boundary)
        self._partition_keys = partition_keys
        self.principal = principal
        # The permissions of an environment never change.
        self._has_access = lru_cache(maxsize=256)(self._looks_up)

    def denial(self, operation: str, needed: NeededPermission, region: str) -> str:
        """Return in AWS's words why a request for ``operation`` lacks a permission, "" if it has it."""
        context: Context = {}
        if self._denies or self._allows or self._limit:
            context = self._context(operation, needed, region)
        unknown: list[str] = []
        if any(applies(statement, needed, context, unknown) is not False for statement in self._denies):
            return f"with an explicit deny in an identity-based policy{_explain(unknown)}"
        if not self._has_access(needed.action, needed.resource) and not any(
            applies(statement, needed, context, unknown) for statement in self._allows
        ):
            return f"because no identity-based policy allows the dynamodb:{needed.action} action{_explain(unknown)}"
        return self._denial_of_boundary(needed, context)

    def _denial_of_boundary(self, needed: NeededPermission, context: Context) -> str:
        """Return why the permissions boundary denies what the role allows, "" if it does not.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
        """
        if self._limit is None:
            return ""
        denies, allows = self._limit
        unknown: list[str] = []
        if any(applies(statement, needed, context, unknown) is not False for statement in denies):
            return f"with an explicit deny in a permissions boundary{_explain(unknown)}"
        if any(applies(statement, needed, context, unknown) for statement in allows):
            return ""
        return f"because no permissions boundary allows the dynamodb:{needed.action} action{_explain(unknown)}"

    def _looks_up(self, action: str, resource: str) -> bool:
        allowed = (*self._access.get(resource, ()), *self._access.get("*", ()))
        return any(is_like(action.lower(), name.lower()) for name in allowed)

    def _context(self, operation: str, needed: NeededPermission, region: str) -> Context:
        account, name = self.principal.split(":")[4], self.principal.split("/")[1]
        now = time.time()
        known: dict[str, Sequence[str]] = {
            "aws:requestedregion": [region],
            "aws:principalaccount": [account],
            "aws:principalarn": [f"arn:aws:iam::{account}:role/{name}"],
            "aws:principaltype": ["AssumedRole"],
            "aws:resourceaccount": [account],
            "aws:currenttime": [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))],
            "aws:epochtime": [str(int(now))],
            # As on AWS: functions call it by HTTPS, and sign with a role's credentials.
            "aws:securetransport": ["true"],
            "aws:viaawsservice": ["false"],
            "aws:multifactorauthpresent": [],
            "aws:username": [],
        }
        key = self._partition_keys.get(needed.resource)
        return {**known, **dynamodb_context(operation, needed, key)}


def _by_effect(statements: Sequence[Statement]) -> tuple[list[Statement], list[Statement]]:
    """Return the statements that deny, and those that allow."""
    denies = [statement for statement in statements if statement["Effect"] == "Deny"]
    return denies, [statement for statement in statements if statement["Effect"] == "Allow"]


def _explain(unknown: Iterable[str]) -> str:
    names = ", ".join(dict.fromkeys(unknown))
    return f" (homeport can't tell {names} of its policies)" if names else ""


def applies(statement: Statement, needed: NeededPermission, context: Context, unknown: list[str]) -> bool | None:
    """Return whether a statement applies to a request, None if that is not known: ``unknown`` gets the reasons."""
    action = f"dynamodb:{needed.action}".lower()
    actions = statement.get("Action", statement.get("NotAction", ()))
    if any(is_like(action, name.lower()) for name in actions) is ("NotAction" in statement):
        return False
    resources = statement.get("Resource", statement.get("NotResource", ()))
    named = any_holds(None if arn is None else is_like(needed.resource, arn) for arn in resources)
    results = [negate(named) if "NotResource" in statement else named]
    reasons = ["a resource"] if named is None else []
    for operation, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            results.append(holds(operation, key, values, context))
            reasons += [key] if results[-1] is None else []
    result = all_hold(results)
    if result is None:
        unknown += reasons
    return result


def dynamodb_context(operation: str, needed: NeededPermission, partition_key: str | None) -> Context:
    """Return DynamoDB's own condition keys of a request, those left out that are not to be known.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    part = needed.part
    known = {
        "dynamodb:enclosingoperation": [operation] if operation in _TRANSACTIONS else [],
        "dynamodb:returnconsumedcapacity": [part.get("ReturnConsumedCapacity", "NONE")],
        "dynamodb:returnvalues": [part.get("ReturnValues", "NONE")] if needed.action in _RETURNING else [],
        "dynamodb:select": [_select(part)] if needed.action in _READS else [],
    }
    if "Statement" in part:
        tokens = statement_tokens(part["Statement"])
        if partition_key is not None and tokens is not None:
            is_select = needed.action == "PartiQLSelect"
            known["dynamodb:fulltablescan"] = [str(_scans(tokens, partition_key)).lower()] if is_select else []
        return known
    known["dynamodb:fulltablescan"] = []
    known["dynamodb:attributes"] = sorted(set(_attributes(part)))
    if partition_key is not None:
        keys = _leading_keys(needed, partition_key)
        if keys is not None:
            known["dynamodb:leadingkeys"] = keys
    return known


def _select(part: Mapping[str, Any]) -> str:
    if part.get("Select"):
        return str(part["Select"])
    if part.get("ProjectionExpression") or part.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if "IndexName" in part else "ALL_ATTRIBUTES"


def _scans(tokens: Sequence[Token], key: str) -> bool:
    """Return whether a SELECT may read the whole table: nothing that holds for each item names its partition key."""
    words = [text.upper() if kind == "word" else text for kind, text in tokens]
    where = words.index("WHERE") if "WHERE" in words else len(words)
    if {"OR", "NOT"} & set(words[where:]):
        return True
    names = [text for kind, text in tokens]
    return not any(names[at] == key and words[at + 1] in ("=", "IN") for at in range(where, len(words) - 1))


def _items(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the items and keys of a request."""
    written = [request.get("PutRequest") or request.get("DeleteRequest") for request in part.get("Requests", ())]
    holders = [part, *written]
    return [*part.get("Keys", ()), *(each[name] for each in holders for name in ("Key", "Item") if name in each)]


def _attributes(part: Mapping[str, Any]) -> Iterable[str]:
    """Yield the top-level attributes that a request names."""
    for names in (*_items(part), *(part.get(member, {}) for member in _MAPS)):
        yield from names
    yield from part.get("AttributesToGet", ())
    aliases = part.get("ExpressionAttributeNames", {})
    for expression in _EXPRESSIONS:
        for before, name, call in _NAME.findall(part.get(expression, "")):
            if not before and not call and name.upper() not in _WORDS:
                yield aliases.get(name, name)


def _leading_keys(needed: NeededPermission, key: str) -> list[str] | None:
    """Return the partition keys of a request, None if they are not to be known."""
    part = needed.part
    if needed.action == "Scan":
        return []
    if needed.action == "Query":
        aliases, values = part.get("ExpressionAttributeNames", {}), part.get("ExpressionAttributeValues", {})
        found = _KEY_EQUALS.findall(part.get("KeyConditionExpression", ""))
        given = [values.get(value, {}) for name, value in found if aliases.get(name, name) == key]
        given += part.get("KeyConditions", {}).get(key, {}).get("AttributeValueList", ())[:1]
    else:
        given = [item.get(key, {}) for item in _items(part)]
    texts = [_key_text(value) for value in given]
    return None if None in texts or not texts else [text for text in texts if text is not None]


def _key_text(value: Mapping[str, Any]) -> str | None:
    return next((str(value[kind]) for kind in ("S", "N", "B") if kind in value), None)
