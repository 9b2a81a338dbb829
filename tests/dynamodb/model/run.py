"""Random steps at an engine and at the model, compared one by one."""

from __future__ import annotations

import contextlib
import http.client
import json
from decimal import Decimal
from typing import Any

from tests.dynamodb.model.table_model import CANCELED, Chance, Change, Item, Rule, TableModel

TABLE = "model"
_CREATE = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind} for name, kind in (("pk", "S"), ("sk", "N"), ("grp", "S"))
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "byGrp",
            "KeySchema": [{"AttributeName": "grp", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


def run_steps(host: str, port: int, seed: int, steps: int) -> None:
    """Run the steps of a seed on a new table. Raises AssertionError, with the step, for a difference."""
    with contextlib.closing(http.client.HTTPConnection(host, port)) as connection:
        engine = _Engine(connection)
        engine.call("CreateTable", _CREATE)
        steps_of_seed = _Steps(engine, seed)
        for number in range(steps):
            difference = steps_of_seed.step()
            assert not difference, f"step {number} of seed {seed}: {difference}"


class _Engine:
    """A connection to DynamoDB's API."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection

    def call(self, action: str, request: Item) -> tuple[str, Item]:
        """Send a request; return the error, or "", and the answer."""
        headers = {"X-Amz-Target": f"DynamoDB_20120810.{action}", "Content-Type": "application/x-amz-json-1.0"}
        self._connection.request("POST", "/", json.dumps(request), headers)
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        return (answer["__type"].rpartition("#")[2] if response.status != 200 else ""), answer


class _Steps:
    """The steps of a seed."""

    def __init__(self, engine: _Engine, seed: int) -> None:
        self._engine = engine
        self._chance = Chance(seed)
        self._model = TableModel()

    def step(self) -> str:
        """Take a step; return "" or what differs."""
        steps = (self._put, self._put, self._update, self._update, self._delete, self._transact, self._batch)
        reads = (self._get, self._query, self._query, self._index, self._scan)
        return self._chance.random.choice((*steps, *reads))()

    def _write(self, action: str, request: Item, error: str) -> str:
        found, _ = self._engine.call(action, request)
        return "" if found == error else f"{action} {request}: {found!r}, not {error!r}"

    def _put(self) -> str:
        item, rule = self._chance.item(), self._chance.rule()
        request = {"TableName": TABLE, "Item": typed(item), **_expressions(rule)}
        return self._write("PutItem", request, self._model.put(item, rule))

    def _delete(self) -> str:
        key, rule = self._chance.key(), self._chance.rule()
        request = {"TableName": TABLE, "Key": typed(key), **_expressions(rule)}
        return self._write("DeleteItem", request, self._model.delete(key, rule))

    def _update(self) -> str:
        key, change, rule = self._chance.key(), self._chance.change(), self._chance.rule()
        if rule is not None and rule.values.keys() & change.values.keys():
            rule = None
        request = {"TableName": TABLE, "Key": typed(key), **_expressions(rule, change), "ReturnValues": "ALL_NEW"}
        error = self._model.update(key, change, rule)
        found, answer = self._engine.call("UpdateItem", request)
        if found != error:
            return f"UpdateItem {request}: {found!r}, not {error!r}"
        return "" if error else _difference("UpdateItem", request, plain(answer["Attributes"]), self._model.at(key))

    def _transact(self) -> str:
        keys = {(key["pk"], key["sk"]): key for key in (self._chance.key() for _ in range(3))}
        before = dict(self._model.items)
        members, failed = [], False
        for key in keys.values():
            rule = self._chance.rule()
            if self._chance.random.random() < 0.5:
                item = {**self._chance.item(), **key}
                failed |= bool(self._model.put(item, rule))
                members.append({"Put": {"TableName": TABLE, "Item": typed(item), **_expressions(rule)}})
            else:
                failed |= bool(self._model.delete(key, rule))
                members.append({"Delete": {"TableName": TABLE, "Key": typed(key), **_expressions(rule)}})
        if failed:
            self._model.items = before
        return self._write("TransactWriteItems", {"TransactItems": members}, CANCELED if failed else "")

    def _batch(self) -> str:
        items = {(item["pk"], item["sk"]): item for item in (self._chance.item() for _ in range(3))}
        for item in items.values():
            self._model.put(item, None)
        members = [{"PutRequest": {"Item": typed(item)}} for item in items.values()]
        return self._write("BatchWriteItem", {"RequestItems": {TABLE: members}}, "")

    def _get(self) -> str:
        key = self._chance.key()
        request = {"TableName": TABLE, "Key": typed(key)}
        _, answer = self._engine.call("GetItem", request)
        return _difference("GetItem", request, plain(answer.get("Item", {})), self._model.at(key))

    def _query(self) -> str:
        name = self._chance.random.choice("abc")
        low, high = sorted(self._chance.key()["sk"] for _ in range(2))
        expected = self._model.partition(name, low, high)
        forward = self._chance.random.random() < 0.5
        request = {
            "TableName": TABLE,
            "KeyConditionExpression": "pk = :p AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": typed({":p": name, ":low": low, ":high": high}),
            "ScanIndexForward": forward,
        }
        return self._pages("Query", request, expected if forward else expected[::-1])

    def _index(self) -> str:
        group = self._chance.random.choice("gh")
        request = {
            "TableName": TABLE,
            "IndexName": "byGrp",
            "KeyConditionExpression": "grp = :g",
            "ExpressionAttributeValues": typed({":g": group}),
        }
        return self._pages("Query", request, self._model.by_group(group))

    def _scan(self) -> str:
        rule = self._chance.rule() or Rule("attribute_exists(n)", {}, lambda item: "n" in item)
        request = {"TableName": TABLE, **_expressions(rule)}
        request["FilterExpression"] = request.pop("ConditionExpression")
        expected = [item for _, item in sorted(self._model.items.items()) if rule.holds(item)]
        return self._pages("Scan", request, expected)

    def _pages(self, action: str, request: Item, expected: list[Item]) -> str:
        """Read all pages of a random size; return what differs from the items that are expected, in their order."""
        if self._chance.random.random() < 0.5:
            request = {**request, "Limit": self._chance.random.randrange(1, 5)}
        found: list[Item] = []
        page: Item = {}
        while True:
            error, page = self._engine.call(action, {**request, **_next_page(page)})
            if error:
                return f"{action} {request}: {error} {page}"
            found.extend(plain(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return _difference(action, request, found, expected)


def _next_page(page: Item) -> Item:
    return {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page else {}


def _difference(action: str, request: Item, found: Any, expected: Any) -> str:
    return "" if found == expected else f"{action} {request}:\n  {found}\n  not {expected}"


def _expressions(rule: Rule | None, change: Change | None = None) -> Item:
    """Return the expressions of a condition and of an update, with their values."""
    request: Item = {}
    if rule is not None:
        request["ConditionExpression"] = rule.text
    if change is not None:
        request["UpdateExpression"] = change.text
        if "#l" in change.text:
            request["ExpressionAttributeNames"] = {"#l": "list"}
    values = {**(rule.values if rule else {}), **(change.values if change else {})}
    return {**request, **({"ExpressionAttributeValues": typed(values)} if values else {})}


def typed(item: Item) -> Item:
    """Return plain values as DynamoDB's API writes them."""
    return {name: _typed(value) for name, value in item.items()}


def _typed(value: Any) -> Item:
    match value:
        case str():
            return {"S": value}
        case Decimal():
            return {"N": str(value)}
        case frozenset():
            return {"SS": sorted(value)}
        case _:
            return {"L": [_typed(each) for each in value]}


def plain(item: Item) -> Item:
    """Return the values of DynamoDB's API as plain ones."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: Item) -> Any:
    kind, content = next(iter(value.items()))
    match kind:
        case "S":
            return content
        case "N":
            return Decimal(content)
        case "SS":
            return frozenset(content)
        case _:
            return [_plain(each) for each in content]
