"""Requests drawn from a seed: expressions of DynamoDB's grammar, some with a fault, on a small table."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Request = dict[str, Any]
_Choice = TypeVar("_Choice")

TABLE = "differential"
PATHS = (
    "alpha",
    "beta",
    "flag",
    "word",
    "tags",
    "marks",
    "doc.part",
    "doc.deep.leaf",
    "steps[0]",
    "steps[2].part",
    "gone",
)
_JOINS: tuple[Any, ...] = ("AND", "OR")
KEY_NAMES = ("pk", "sk", "grp", "made")
VALUES: dict[str, Request] = {
    **{":one": {"N": "1"}, ":two": {"N": "2.0"}, ":neg": {"N": "-1.5"}, ":word": {"S": "word"}, ":w": {"S": "w"}},
    **{":p": {"S": "p"}, ":g": {"S": "g"}, ":m": {"S": "m1"}, ":empty": {"S": ""}, ":bin": {"B": b"ab"}},
    **{":yes": {"BOOL": True}, ":null": {"NULL": True}, ":list": {"L": [{"S": "z"}]}, ":map": {"M": {"k": {"S": "v"}}}},
    **{":huge": {"N": "9.9999999999999999999999999999999999999E+125"}, ":tiny": {"N": "-1E-130"}},
    **{":tags": {"SS": ["a", "c"]}, ":marks": {"NS": ["1", "3.0"]}, ":typeN": {"S": "N"}, ":tag": {"S": "a"}},
}
CREATE: Request = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "N"), ("grp", "S"), ("made", "S"))
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "byGrp",
            "KeySchema": [{"AttributeName": "grp", "KeyType": "HASH"}, {"AttributeName": "made", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "fewByGrp",
            "KeySchema": [{"AttributeName": "grp", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["word"]},
        },
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "byMade",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "made", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
ITEMS: Sequence[Request] = [
    {
        **{"pk": {"S": "p"}, "sk": {"N": str(number)}, "grp": {"S": "g" if number % 2 else "h"}},
        **{"made": {"S": f"m{number % 3}"}, "alpha": {"N": str(number)}, "beta": {"N": "2"}, "flag": {"BOOL": True}},
        **{"word": {"S": "word"}, "tags": {"SS": ["a", "b"]}, "marks": {"NS": ["1", "2"]}},
        "doc": {"M": {"part": {"N": "1"}, "deep": {"M": {"leaf": {"S": "w"}}}}},
        "steps": {"L": [{"S": "r"}, {"N": "2"}, {"M": {"part": {"S": "x"}}}]},
    }
    for number in (-1, 0, 2, 3, 10)
]


class Generator:
    """Requests of a seed; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def request(self) -> tuple[str, Request]:
        """Return an action and its request."""
        kinds = (self.update, self.update, self.query, self.query, self.scan, self.put, self.delete, self.get)
        more = (self.transaction, self.batch, self.batch_write, self.statement, self.statement, self.transact_get)
        old = (self.legacy_update, self.legacy_write, self.legacy_read, self.legacy_read)
        draw: Callable[[], tuple[str, Request]] = self._pick((*kinds, *more, *old))
        return draw()

    def update(self) -> tuple[str, Request]:
        """Return an UpdateItem."""
        request: Request = {"TableName": TABLE, "Key": self.key(), "UpdateExpression": self._spoil(self._update())}
        if self._often(0.3):
            request["ConditionExpression"] = self._spoil(self._condition(2))
        if self._often(0.6):
            request["ReturnValues"] = self._pick(("ALL_NEW", "ALL_OLD", "UPDATED_NEW", "UPDATED_OLD", "NONE"))
        return "update_item", self._with_values(request)

    def put(self) -> tuple[str, Request]:
        """Return a PutItem."""
        item = {**self.key(), **{name: self._value()[1] for name in ("alpha", "word", "extra") if self._often(0.7)}}
        request: Request = {"TableName": TABLE, "Item": item}
        if self._often(0.6):
            request["ConditionExpression"] = self._spoil(self._condition(2))
        if self._often(0.3):
            request["ReturnValues"] = self._pick(("ALL_OLD", "NONE"))
        return "put_item", self._with_values(request)

    def delete(self) -> tuple[str, Request]:
        """Return a DeleteItem."""
        request: Request = {"TableName": TABLE, "Key": self.key()}
        if self._often(0.6):
            request["ConditionExpression"] = self._spoil(self._condition(2))
        if self._often(0.3):
            request["ReturnValues"] = "ALL_OLD"
        return "delete_item", self._with_values(request)

    def get(self) -> tuple[str, Request]:
        """Return a GetItem."""
        request: Request = {"TableName": TABLE, "Key": self.key()}
        if self._often(0.7):
            request["ProjectionExpression"] = self._spoil(self._projection())
        return "get_item", self._with_values(request)

    def query(self) -> tuple[str, Request]:
        """Return a Query."""
        index = self._pick((None, None, "byGrp", "fewByGrp", "byMade"))
        request: Request = {"TableName": TABLE, "KeyConditionExpression": self._spoil(self._key_condition(index))}
        if self._often(0.25):
            request["ScanIndexForward"] = False
        return "query", self._read(request, index)

    def scan(self) -> tuple[str, Request]:
        """Return a Scan."""
        return "scan", self._read({"TableName": TABLE}, self._pick((None, None, "byGrp", "fewByGrp", "byMade")))

    def transaction(self) -> tuple[str, Request]:
        """Return a TransactWriteItems of an update and a check."""
        update = self.update()[1]
        update.pop("ReturnValues", None)
        check = self._with_values(
            {
                "TableName": TABLE,
                "Key": {"pk": {"S": "p"}, "sk": {"N": "77"}},
                "ConditionExpression": self._condition(1),
            }
        )
        return "transact_write_items", {"TransactItems": [{"Update": update}, {"ConditionCheck": check}]}

    def batch(self) -> tuple[str, Request]:
        """Return a BatchGetItem."""
        keys = [self.key() for _ in range(self._chance.randrange(1, 4))]
        return "batch_get_item", {"RequestItems": {TABLE: {"Keys": keys}}}

    def batch_write(self) -> tuple[str, Request]:
        """Return a BatchWriteItem, now and then with a key twice or an attribute that has no value."""
        writes: list[Request] = []
        for _ in range(self._chance.randrange(1, 4)):
            if self._often(0.4):
                writes.append({"DeleteRequest": {"Key": self.key()}})
            else:
                writes.append({"PutRequest": {"Item": {**self.key(), "alpha": self._value()[1]}}})
        return "batch_write_item", {"RequestItems": {TABLE: writes}}

    def transact_get(self) -> tuple[str, Request]:
        """Return a TransactGetItems."""
        gets = [
            {"TableName": TABLE, "Key": self.key(), **({"ProjectionExpression": "alpha, doc.part"} if place else {})}
            for place in range(self._chance.randrange(1, 3))
        ]
        return "transact_get_items", {"TransactItems": [{"Get": get} for get in gets]}

    def statement(self) -> tuple[str, Request]:
        """Return an ExecuteStatement that reads or writes, with its values as parameters or as literals."""
        number = self._pick(("-1", "0", "2", "3", "5"))
        where = f"pk = 'p' AND sk = {number}"
        kind = self._pick(("SELECT", "SELECT", "INSERT", "UPDATE", "DELETE"))
        parameters: list[Request] = []
        if kind == "INSERT":
            value = self._literal(parameters)
            statement = f"INSERT INTO {TABLE} VALUE {{'pk': 'p', 'sk': {number}, 'extra': {value}}}"
        elif kind == "UPDATE":
            name = self._pick(("alpha", "word", "doc.part", "fresh", "sk"))
            change = self._pick((f"SET {name} = {self._literal(parameters)}", f"REMOVE {name}"))
            statement = f"UPDATE {TABLE} {change} WHERE {where}"
        else:
            names = self._pick(("*", "alpha, word", "doc.part"))
            first = f"SELECT {names} FROM {TABLE}" if kind == "SELECT" else f"DELETE FROM {TABLE}"
            if self._often(0.5):
                where += f" AND {self._comparison(parameters)}"
            elif kind == "SELECT" and self._often(0.5):
                where = self._pick(("pk = 'p'", self._comparison(parameters)))
            statement = f"{first} WHERE {where}"
        return "execute_statement", {"Statement": statement, **({"Parameters": parameters} if parameters else {})}

    def _comparison(self, parameters: list[Request]) -> str:
        name = self._pick(("alpha", "word", "flag", "gone"))
        operator = self._pick(("=", "<>", "<", "<=", ">", ">="))
        return f"{name} {operator} {self._literal(parameters)}"

    def _literal(self, parameters: list[Request]) -> str:
        """Return a value as a literal, or a question mark whose value is added to the parameters."""
        values: tuple[tuple[str, Request], ...] = (
            ("1", {"N": "1"}),
            ("'word'", {"S": "word"}),
            ("true", {"BOOL": True}),
        )
        text, value = self._pick(values)
        if self._often(0.5):
            parameters.append(value)
            return "?"
        return text

    def legacy_update(self) -> tuple[str, Request]:
        """Return an UpdateItem with AttributeUpdates, and now and then with Expected."""
        updates: Request = {}
        for name in self._chance.sample(("alpha", "word", "tags", "marks", "steps", "fresh"), 2):
            action = self._pick(("PUT", "ADD", "DELETE"))
            updates[name] = {"Action": action, **({"Value": self._value()[1]} if self._often(0.8) else {})}
        request: Request = {"TableName": TABLE, "Key": self.key(), "AttributeUpdates": updates}
        if self._often(0.4):
            request["Expected"] = self._expected()
        return "update_item", {**request, "ReturnValues": self._pick(("ALL_NEW", "NONE"))}

    def legacy_write(self) -> tuple[str, Request]:
        """Return a PutItem or a DeleteItem with Expected."""
        expected = {"Expected": self._expected()}
        if self._often(0.3):
            expected["ConditionalOperator"] = self._pick(_JOINS)
        if self._often(0.5):
            return "delete_item", {"TableName": TABLE, "Key": self.key(), **expected}
        return "put_item", {"TableName": TABLE, "Item": {**self.key(), "alpha": {"N": "5"}}, **expected}

    def _expected(self) -> Request:
        expected: Request = {}
        for name in self._chance.sample(("alpha", "word", "tags", "gone"), self._pick((1, 1, 2))):
            exists = ({"Exists": False}, {"Exists": True, "Value": self._value()[1]}, {"Value": self._value()[1]})
            expected[name] = self._pick((*exists, self._legacy_condition()))
        return expected

    def legacy_read(self) -> tuple[str, Request]:
        """Return a Query with KeyConditions and QueryFilter, or a Scan with ScanFilter."""
        if self._often(0.5):
            names = self._chance.sample(("alpha", "word", "tags", "gone", "steps"), self._pick((1, 2)))
            filters = {name: self._legacy_condition() for name in names}
            request: Request = {"TableName": TABLE, "ScanFilter": filters}
            if len(filters) > 1:
                request["ConditionalOperator"] = self._pick(("AND", "OR"))
            return "scan", request
        sort = self._pick(("EQ", "LT", "LE", "GT", "GE", "BETWEEN", "NE", "BEGINS_WITH"))
        values = [{"N": "0"}, {"N": "3"}][: 2 if sort == "BETWEEN" else 1]
        keys = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]}}
        if self._often(0.7):
            keys["sk"] = {"ComparisonOperator": sort, "AttributeValueList": values}
        request = {"TableName": TABLE, "KeyConditions": keys}
        if self._often(0.5):
            request["QueryFilter"] = {self._pick(("alpha", "word", "tags", "sk")): self._legacy_condition()}
        if self._often(0.3):
            request["AttributesToGet"] = ["pk", "word", "doc"]
        return "query", request

    def _legacy_condition(self) -> Request:
        operators = ("EQ", "NE", "LE", "LT", "GE", "GT", "NOT_NULL", "NULL", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH")
        operator = self._pick((*operators, "IN", "BETWEEN"))
        count = {"NOT_NULL": 0, "NULL": 0, "BETWEEN": 2, "IN": self._pick((1, 2))}.get(operator, 1)
        if self._often(0.08):
            count += 1
        values = [self._value()[1] for _ in range(count)]
        return {"ComparisonOperator": operator, **({"AttributeValueList": values} if values else {})}

    def key(self) -> Request:
        """Return the key of an item that is there, or of one that is not, with a number in some spelling."""
        number = self._pick(("-1", "0", "2", "2.0", "3", "10", "1e1", "5"))
        return {"pk": {"S": self._pick(("p", "p", "p", "q"))}, "sk": {"N": number}}

    def _read(self, request: Request, index: str | None) -> Request:
        if index:
            request["IndexName"] = index
        if self._often(0.5):
            request["FilterExpression"] = self._spoil(self._condition(2))
        if self._often(0.25):
            request["ProjectionExpression"] = self._projection()
        elif self._often(0.2):
            request["Select"] = self._pick(("COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"))
        if self._often(0.3):
            request["Limit"] = self._chance.randrange(1, 4)
        if self._often(0.15):
            start = {**self.key(), "sk": {"N": "0"}}
            if index and self._often(0.7):
                start |= {"made": {"S": "m0"}, **({"grp": {"S": "h"}} if "Grp" in index else {})}
            request["ExclusiveStartKey"] = start
        return self._with_values(request)

    def _key_condition(self, index: str | None) -> str:
        hashed = "grp" if index and "Grp" in index else "pk"
        ranged = {"byGrp": "made", "byMade": "made"}.get(index or "", "sk")
        hash_value = self._pick((":g", ":p")) if hashed == "grp" else ":p"
        first = self._pick((f"{hashed} = {hash_value}",) * 8 + (f"{hash_value} = {hashed}", f"{hashed} > {hash_value}"))
        if self._often(0.4):
            return first
        value = ":m" if ranged == "made" else self._pick((":one", ":two", ":neg"))
        second = self._pick(
            (
                *(f"{ranged} {operator} {value}" for operator in ("=", "<", "<=", ">", ">=", "<>")),
                f"{ranged} BETWEEN {value} AND {value}",
                f"begins_with({ranged}, {value})",
                f"{ranged} IN ({value})",
                f"attribute_exists({ranged})",
            )
        )
        joined = self._pick((" AND ",) * 9 + (" OR ",))
        return f"{first}{joined}{second}" if self._often(0.8) else f"{second}{joined}{first}"

    def _condition(self, depth: int) -> str:
        if depth and self._often(0.35):
            left, right = self._condition(depth - 1), self._condition(depth - 1)
            return f"({left}) {self._pick(('AND', 'OR'))} {right}"
        if depth and self._often(0.15):
            return f"NOT ({self._condition(depth - 1)})"
        path, value = self._path(), self._value()[0]
        other = self._pick((value, value, value, self._path()))
        return self._pick(
            (
                *(f"{path} {operator} {other}" for operator in ("=", "<>", "<", "<=", ">", ">=")),
                f"{path} BETWEEN {value} AND {self._value()[0]}",
                f"{path} IN ({value}, {other})",
                f"attribute_exists({path})",
                f"attribute_not_exists({path})",
                f"attribute_type({path}, {self._pick((':typeN', value))})",
                f"begins_with({path}, {value})",
                f"contains({path}, {other})",
                f"size({path}) > {self._pick((':one', value))}",
            )
        )

    def _update(self) -> str:
        sections = []
        for section in self._chance.sample(("SET", "REMOVE", "ADD", "DELETE"), self._chance.randrange(1, 3)):
            actions = [self._action(section) for _ in range(self._pick((1, 1, 2)))]
            sections.append(f"{section} {', '.join(actions)}")
        return " ".join(sections)

    def _action(self, section: str) -> str:
        path, value = (
            self._pick((*PATHS, "steps[9]", "doc.fresh", "fresh", "grp", self._pick(KEY_NAMES))),
            self._value()[0],
        )
        if section == "REMOVE":
            return path
        if section == "ADD":
            return f"{path} {self._pick((':one', ':tags', ':marks', value))}"
        if section == "DELETE":
            return f"{path} {self._pick((':tags', ':marks', value))}"
        source = self._path()
        return f"{path} = " + self._pick(
            (
                value,
                source,
                f"{source} + :one",
                f"{source} - {value}",
                f"if_not_exists({source}, {value})",
                f"if_not_exists({source}, :one) + :two",
                f"list_append({self._pick(('steps', source))}, :list)",
                f"list_append(:list, {value})",
            )
        )

    def _projection(self) -> str:
        names = self._chance.sample((*PATHS, *KEY_NAMES, "doc"), self._chance.randrange(1, 4))
        return ", ".join(names)

    def _path(self) -> str:
        return self._pick((*PATHS, *PATHS, *PATHS, *KEY_NAMES))

    def _value(self) -> tuple[str, Request]:
        return self._pick(tuple(VALUES.items()))

    def _spoil(self, text: str) -> str:
        """Return an expression with a fault, now and then."""
        if not self._often(0.12):
            return text
        words = re.findall(r"[#:]?\w+|<>|<=|>=|\S", text)
        place = self._chance.randrange(len(words))
        match self._chance.randrange(4):
            case 0:
                del words[place]
            case 1:
                words.insert(place, words[place])
            case 2:
                words[place] = self._pick(("name", ":lost", "#lost", "AND", "(", ",", "foo"))
            case _:
                words.append(self._pick((",", ")", "AND", "SET")))
        return " ".join(words)

    def _with_values(self, request: Request) -> Request:
        text = " ".join(value for name, value in request.items() if name.endswith("Expression"))
        found = {key: VALUES[key] for key in dict.fromkeys(re.findall(r":\w+", text)) if key in VALUES}
        return {**request, **({"ExpressionAttributeValues": found} if found else {})}

    def _often(self, share: float) -> bool:
        return self._chance.random() < share

    def _pick(self, choices: Sequence[_Choice]) -> _Choice:
        return self._chance.choice(choices)
