"""PartiQL: what ministack's statements leave out. Writes have stream records and the checks of any write, a read has
pages, and both have their capacity.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .consistency import ReadConsistency
from .expressions.values import normalise
from .ministack_module import validation_error
from .statement_costs import CHARGED_ERRORS, StatementCosts
from .statement_target import StatementTarget
from .storage.item_file import ALL, Span, StoredItem
from .storage.key_order import encode_text
from .storage.storage import Storage
from .storage.stored_items import read_item
from .validation.messages import INVALID, broken_constraint, constraint_error

_COUNT = re.compile(r"\s*SELECT\s+(COUNT\s*\()", re.IGNORECASE)
_NEXT = "The provided NextToken is invalid"
_UNIT = 4096
_PAGE_BYTES = 1024 * 1024
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
_MOST_STATEMENTS = 25


class _Written(NamedTuple):
    """A change that a statement made: the item before and after it, None for none."""

    table: Any
    before: Any
    after: Any


class Statements:
    """The statements of ``dynamodb``, ministack's module, whose functions it replaces."""

    def __init__(self, dynamodb: Any, storage: Storage, consistency: ReadConsistency) -> None:
        self._dynamodb = dynamodb
        self._storage = storage
        self._consistency = consistency
        # The statement of a batch that is being carried out.
        self._member: Mapping[str, Any] | None = None
        self._request: Mapping[str, Any] = {}
        self._written: list[_Written] = []
        self._costs = StatementCosts(dynamodb)
        self._token: str | None = None
        self._evaluated = 0
        self._call, dynamodb._pq_call = dynamodb._pq_call, self.call
        self._parse, dynamodb._parse_partiql = dynamodb._parse_partiql, self.parse
        self._select, dynamodb._partiql_select = dynamodb._partiql_select, self.select
        for name in ("_partiql_insert", "_partiql_update", "_partiql_delete"):
            setattr(dynamodb, name, self._recording(getattr(dynamodb, name)))
        self._execute, dynamodb._execute_statement = dynamodb._execute_statement, self.execute
        self._batch, dynamodb._batch_execute_statement = dynamodb._batch_execute_statement, self.batch
        self._transact, dynamodb._execute_transaction = dynamodb._execute_transaction, self.transact

    def parse(self, statement: str, parameters: Any) -> Any:
        """Return a parsed statement whose numbers have DynamoDB's spelling. Raises ValueError."""
        counted = _COUNT.match(statement)
        if counted:
            raise ValueError(f"Unexpected path component at 1:{counted.start(1) + 1}:5")
        parsed = self._parse(statement, parameters)
        _normalise_all(parsed)
        return parsed

    def target(self, request: Mapping[str, Any]) -> StatementTarget | None:
        """Return the target of a statement with its parameters, None for one that is not valid."""
        try:
            parsed = self._parse(request["Statement"], request.get("Parameters") or [])
        except (ValueError, TypeError, AttributeError, KeyError):
            return None
        return StatementTarget(parsed["table"], parsed.get("index") or "", parsed["op"] == "SELECT")

    def call(self, name: str, values: list[Any], nodes: Any) -> Any:
        """Return what a function gives. Raises ValueError."""
        if name != "list_append":
            return self._call(name, values, nodes)
        if len(values) != 2 or not all(value is not None and "L" in value for value in values):
            raise ValueError("An operand in the update expression has an incorrect data type")
        return {"L": [*values[0]["L"], *values[1]["L"]]}

    def execute(self, data: Any) -> Any:
        """Carry out an ExecuteStatement."""
        self._begin(data)
        plain = {**data, "ReturnConsumedCapacity": "NONE"} if self._bills(data) else data
        asked = data if self._member is None else self._member
        with self._consistency.view_of_statement(asked, lambda: self.target(data)):
            answer = self._emitting(lambda: self._execute(plain))
        if answer[0] != 200 or not (self._token or self._bills(data)):
            return answer
        result = json.loads(answer[2])
        if self._token:
            result["NextToken"] = self._token
        if self._bills(data):
            self._bill(data, result)
        return self._dynamodb.json_response(result)

    def batch(self, data: Any) -> Any:
        """Carry out a BatchExecuteStatement."""
        self._begin({})
        self._costs.clear()
        statements = data.get("Statements")
        if not statements or len(statements) > _MOST_STATEMENTS:
            return self._batch(data)
        responses = [self._carry_out_member(statement) for statement in statements]
        result: dict[str, Any] = {"Responses": responses}
        if data.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES"):
            # The response of a statement that reached its table names it.
            answered = zip(statements, responses, strict=True)
            ran = [statement for statement, response in answered if "TableName" in response]
            result["ConsumedCapacity"] = self._costs.of_batch(ran, data["ReturnConsumedCapacity"])
        return self._dynamodb.json_response(result)

    def _carry_out_member(self, statement: Mapping[str, Any]) -> Any:
        """Carry out a statement of a batch, and return its response."""
        self._member = statement
        try:
            answer = self._batch({"Statements": [statement]})
        finally:
            self._member = None
        return json.loads(answer[2])["Responses"][0]

    def transact(self, data: Any) -> Any:
        """Carry out an ExecuteTransaction; a rolled back one leaves no stream record."""
        self._begin({})
        self._costs.clear()
        succeeds: list[bool] = []
        with self._storage.undoable(succeeds):
            answer = self._emitting(lambda: self._transact(data))
            succeeds.append(answer[0] == 200)
        consumed = self._costs.of_reading_transaction()
        if answer[0] == 200 and consumed and data.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES"):
            return self._dynamodb.json_response({**json.loads(answer[2]), "ConsumedCapacity": consumed})
        return answer

    def _begin(self, request: Mapping[str, Any]) -> None:
        """Forget what is known of the request before; ``request`` has the page that is asked for."""
        self._request, self._token, self._evaluated = request, None, 0

    def _bills(self, data: Any) -> bool:
        """Return True if a request asks for a capacity that ministack does not count: reads of an index it does."""
        return data.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES") and '"."' not in str(data.get("Statement"))

    def _bill(self, data: Any, result: Any) -> None:
        if self._written:
            written = self._written[0]
            name = written.table["TableName"]
            self._dynamodb._add_consumed_capacity(
                result, data, name, write=True, old_item=written.before, new_item=written.after
            )
            return
        parsed = self._parse(data["Statement"], data.get("Parameters") or [])
        share = 1.0 if data.get("ConsistentRead") is True or parsed["op"] != "SELECT" else 0.5
        units = max(-(-self._evaluated // _UNIT), 1) * share
        consumed: dict[str, Any] = {"TableName": parsed["table"], "CapacityUnits": units}
        table = {"Table": {"CapacityUnits": units}} if data["ReturnConsumedCapacity"] == "INDEXES" else {}
        result["ConsumedCapacity"] = {**consumed, **table}

    def _emitting(self, carry_out: Callable[[], Any]) -> Any:
        """Carry out a request, and write the stream records of its changes once it has succeeded."""
        self._written = []
        answer = carry_out()
        if answer[0] == 200:
            for table, before, after in self._written:
                event = "REMOVE" if after is None else "MODIFY" if before is not None else "INSERT"
                self._dynamodb._emit_stream_event(table["TableName"], event, before, after)
        return answer

    def _recording(self, carry_out: Callable[..., Any]) -> Callable[..., Any]:
        def write(table: Any, parsed: Any, data: Any = None) -> Any:
            message = self._key_error(table, parsed)
            if message is not None:
                return self._error(message)
            place = self._place(table, parsed)
            before = copy.deepcopy(self._at(table, place))
            answer = carry_out(table, parsed, data) if parsed["op"] != "INSERT" else carry_out(table, parsed)
            after = self._at(table, place)
            if answer[0] != 200:
                if answer[1].get("x-amzn-errortype") in CHARGED_ERRORS:
                    self._costs.note_write(table, before, after)
                return answer
            error = self._dynamodb._validate_index_key_values(table, after) if after is not None else None
            if error:
                self._put_back(table, place, before)
                return error
            self._costs.note_write(table, before, after)
            if before is not None or after is not None:
                self._written.append(_Written(table, before, after))
            return answer

        return write

    def _key_error(self, table: Any, parsed: Any) -> str | None:
        names = [name for name in (table["pk_name"], table["sk_name"]) if name]
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        if parsed["op"] == "INSERT":
            item = _item_of(parsed)
            for name in names:
                if name not in item:
                    return f"{INVALID}: Missing the key {name} in the item"
                kind = next(iter(item[name]), "")
                if kind != types[name]:
                    return f"{INVALID}: Type mismatch for key {name} expected: {types[name]} actual: {kind}"
            return None
        changed = {parts[0] for parts, _ in parsed.get("assignments") or ()}
        changed |= {parts[0] for parts in parsed.get("removes") or ()}
        for name in names:
            if name in changed:
                return f"{INVALID}: Cannot update attribute {name}. This attribute is part of the key"
        return None

    def _place(self, table: Any, parsed: Any) -> tuple[Any, Any]:
        if parsed["op"] == "INSERT":
            item, sort = _item_of(parsed), table["sk_name"]
            text = self._dynamodb._extract_key_val
            return text(item.get(table["pk_name"])), text(item.get(sort)) if sort else "__no_sort__"
        partition, sort, _, _ = self._dynamodb._partiql_key_target(table, parsed)
        return partition, sort

    def _at(self, table: Any, place: tuple[Any, Any]) -> Any:
        return table["items"].get(place[0], {}).get(place[1])

    def _put_back(self, table: Any, place: tuple[Any, Any], item: Any) -> None:
        if item is None:
            self._dynamodb._remove_item(table, *place)
        else:
            self._dynamodb._set_item(table, *place, item)

    def select(self, table: Any, parsed: Any) -> Any:
        """Carry out a SELECT of a table; a page of it where the request has a Limit or a NextToken."""
        order = parsed.get("order")
        if order and order[0][0] not in (table["pk_name"], table["sk_name"]):
            name = order[0][0]
            return self._error(f"Variable reference {name} in ORDER BY clause must be part of the primary key")
        try:
            page, self._token = self._page(table, parsed)
        except ValueError as error:
            return self._error(str(error))
        self._evaluated = sum(map(self._dynamodb._item_size_bytes, page))
        self._costs.note_read(table, self._evaluated)
        shown: dict[str, Any] = {"page": {str(place).zfill(9): item for place, item in enumerate(page)}}
        return self._select({**table, "items": shown}, parsed)

    def _rows(self, table: Any, parsed: Any, after: Any) -> Iterator[StoredItem]:
        """Yield the items that a SELECT evaluates after a key: those of one partition if it names it, else all."""
        items = self._storage.items_of(table)
        conditions = parsed.get("conditions") or ()
        asked = [value for name, operator, value in conditions if (name, operator) == (table["pk_name"], "=")]
        if not asked or not isinstance(asked[0], dict):
            place = (encode_text(items.partition_of(after)), items.sort_bytes(after)) if after else (b"", b"")
            return self._storage.file.collection_items(items.collection, place)
        partition = encode_text(self._dynamodb._extract_key_val(asked[0]))
        forward = not (parsed.get("order") and parsed["order"][1])
        span = ALL
        if after:
            sort = items.sort_bytes(after)
            span = Span(sort + b"\0", ALL.end) if forward else Span(ALL.first, sort)
        return self._storage.file.partition_items(items.collection, partition, span, forward=forward)

    def _page(self, table: Any, parsed: Any) -> tuple[list[Any], str | None]:
        """Return the items of the page that the request asks for, and the token of the next one.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
        """
        limit, token = self._request.get("Limit"), self._request.get("NextToken")
        if limit is not None and limit < 1:
            broken = broken_constraint(limit, "limit", "have value greater than or equal to 1")
            raise ValueError(constraint_error(broken))
        names = [name for name in (table["pk_name"], table["sk_name"]) if name]
        after = dict(zip(names, self._key_of_token(token), strict=True)) if token else None
        page: list[Any] = []
        size = 0
        for row in self._rows(table, parsed, after):
            if len(page) == limit or size + row.size > _PAGE_BYTES:
                return page, self._token_of([page[-1][name] for name in names])
            page.append(read_item(row))
            size += row.size
        return page, None

    def _token_of(self, key: list[Any]) -> str:
        return base64.b64encode(json.dumps([self._digest(), key]).encode()).decode()

    def _key_of_token(self, token: str) -> list[Any]:
        try:
            digest, key = json.loads(base64.b64decode(token, validate=True))
        except (ValueError, binascii.Error) as error:
            raise ValueError(_NEXT) from error
        if digest != self._digest() or not isinstance(key, list):
            raise ValueError(_NEXT)
        return key

    def _digest(self) -> str:
        """Return what ties a token to its statement."""
        parts = [self._request.get("Statement"), self._request.get("Parameters")]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def _error(self, message: str) -> Any:
        return validation_error(self._dynamodb, message)


def _item_of(parsed: Any) -> dict[str, Any]:
    item = parsed.get("item") or {}
    return item["M"] if set(item) == {"M"} else item


def _normalise_all(part: Any) -> None:
    """Give the numbers of a parsed statement DynamoDB's spelling, in whatever it holds them."""
    if isinstance(part, tuple | list):
        for each in part:
            _normalise_all(each)
    elif isinstance(part, dict):
        normalise(part)
        for each in part.values():
            if isinstance(each, tuple | list):
                _normalise_all(each)
