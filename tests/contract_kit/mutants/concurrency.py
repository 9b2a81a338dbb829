"""Faults that show when requests overlap."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "PATCH writes back what it has read",
        project="items",
        kind="concurrency",
        promise="Two PATCHes of different properties at the same time both last.",
        edits=(
            Edit(
                "openapi.yaml",
                "property its default.\n      x-homeport:\n        access: {ItemsTable: [UpdateItem]}",
                "property its default.\n      x-homeport:\n        access: {ItemsTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/handlers/change_item.py",
                '    item = items.change(call.path["itemId"], changes(call.body), datetime.now(UTC), preconditions)\n',
                '    old = items.get(call.path["itemId"])\n'
                '    whole = {name: old[name] for name in ("name", "description", "price", "status", "tags")} | '
                "changes(call.body)\n"
                '    item = items.change(call.path["itemId"], whole, datetime.now(UTC), preconditions)\n',
            ),
        ),
    ),
    Mutant(
        "two creations of an id succeed",
        project="items",
        kind="concurrency",
        promise="Of two POSTs of one id at the same time one gets 409.",
        edits=(
            Edit(
                "openapi.yaml",
                "          ItemsTable: [PutItem]\n",
                "          ItemsTable: [GetItem, PutItem]\n",
            ),
            Edit(
                "service/store.py",
                '            self._call("put_item", dynamodb.put_new(self._table, item))\n'
                "        except _ConditionFailed as failed:\n"
                "            # Whoever changed it since left the time of its creation.\n"
                '            if not (failed.retried and failed.item.get("createdAt") == item["createdAt"]):\n'
                "                raise Conflict(_TAKEN) from None\n",
                '            self.get(item["itemId"])\n'
                "        except NotFound:\n"
                "            put = dynamodb.put_new(self._table, item)\n"
                '            self._call("put_item", {"TableName": put["TableName"], "Item": put["Item"]})\n'
                "        else:\n"
                "            raise Conflict(_TAKEN)\n",
            ),
        ),
    ),
    Mutant(
        "PUT compares the ETag before its write",
        project="items",
        kind="concurrency",
        promise="Of two PUTs with the same ETag in If-Match at the same time one gets 412.",
        edits=(
            Edit(
                "openapi.yaml",
                "`If-Match: *` only replaces.\n      x-homeport:\n        access: {ItemsTable: [UpdateItem]}",
                "`If-Match: *` only replaces.\n      x-homeport:\n        access: {ItemsTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/store.py",
                "        return self._update(item_id, content, now, preconditions, must_exist=False)",
                "        if preconditions.match:\n"
                '            asked = {"TableName": self._table, "Key": dynamodb.key(item_id), "ConsistentRead": '
                "True}\n"
                '            preconditions.must_match(to_item(self._call("get_item", asked).get("Item", {})))\n'
                "            preconditions = Preconditions(None, preconditions.none_match)\n"
                "        return self._update(item_id, content, now, preconditions, must_exist=False)",
            ),
        ),
    ),
    Mutant(
        "a version is counted in Python",
        project="items",
        kind="concurrency",
        promise="Every write counts version up by one: versions have no gaps and none comes twice.",
        edits=(
            Edit(
                "openapi.yaml",
                "property its default.\n      x-homeport:\n        access: {ItemsTable: [UpdateItem]}",
                "property its default.\n      x-homeport:\n        access: {ItemsTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/store.py",
                "        return self._update(item_id, changes, now, preconditions, must_exist=True)",
                '        version = int(self.get(item_id)["version"])\n'
                "        return self._update(item_id, changes, now, preconditions, must_exist=True, "
                "version=version)",
            ),
            Edit(
                "service/store.py",
                "preconditions: Preconditions, *, must_exist: bool\n    ) -> Item:\n",
                "preconditions: Preconditions, *, must_exist: bool, version: int | None = None\n    ) -> Item:\n",
            ),
            Edit(
                "service/store.py",
                "        asked = dynamodb.update(self._table, item_id, properties, now, preconditions, "
                "must_exist=must_exist)\n",
                "        asked = dynamodb.update(self._table, item_id, properties, now, preconditions, "
                "must_exist=must_exist)\n"
                "        if version is not None:\n"
                '            asked["UpdateExpression"] = asked["UpdateExpression"].replace("if_not_exists(#versio'
                'n, :none)", ":none")\n'
                '            asked["ExpressionAttributeValues"][":none"] = {"N": str(version)}\n',
            ),
        ),
    ),
    Mutant(
        "a receipt is written after its item",
        project="items",
        kind="concurrency",
        promise="Two POSTs with one Idempotency-Key at the same time make one item.",
        edits=(
            Edit(
                "service/store.py",
                '                self._call("transact_write_items", {"TransactItems": [{"Put": put} for put in '
                "puts]})\n"
                "            except ClientError as error:\n"
                "                if made := _made_before(error, receipt):\n"
                "                    return made\n",
                '                self._call("put_item", puts[0])\n'
                '                self._call("put_item", puts[1])\n'
                "            except _ConditionFailed as failed:\n"
                "                if failed.item:\n"
                "                    raise Conflict(_TAKEN) from None\n"
                '                asked = {"TableName": self._receipts, "Key": {"idempotencyKey": {"S": '
                "receipt.key}}}\n"
                '                kept = self._call("get_item", asked)["Item"]\n'
                '                self.delete(item["itemId"])\n'
                '                if kept["fingerprint"]["S"] != receipt.fingerprint:\n'
                "                    raise KeyReused from None\n"
                '                return to_item(kept["item"]["M"])\n',
            ),
            Edit(
                "openapi.yaml",
                "          ItemsTable: [PutItem]\n          IdempotencyTable: [PutItem]",
                "          ItemsTable: [DeleteItem, PutItem]\n          IdempotencyTable: [GetItem, PutItem]",
            ),
        ),
    ),
    Mutant(
        "a checkout charges the old price",
        project="shop",
        kind="concurrency",
        promise="An order is made at the prices of this moment.",
        edits=(
            Edit(
                "service/orders.py",
                '"ConditionExpression": "stock >= :quantity AND price = :price",\n'
                '                "ExpressionAttributeValues": {":quantity": line["quantity"], ":price": '
                'line["price"]},',
                '"ConditionExpression": "stock >= :quantity",\n'
                '                "ExpressionAttributeValues": {":quantity": line["quantity"]},',
            ),
        ),
    ),
    Mutant(
        "a checkout sells more than there is",
        project="shop",
        kind="concurrency",
        promise="Nothing is sold twice; the stock is never below nothing.",
        edits=(
            Edit(
                "service/orders.py",
                '"stock >= :quantity AND price = :price"',
                '"price = :price"',
            ),
        ),
    ),
    Mutant(
        "the stock is counted in Python",
        project="shop",
        kind="concurrency",
        promise="Changes of the stock at the same time all count.",
        edits=(
            Edit(
                "openapi.yaml",
                "never below nothing.\n"
                "      security: [{admins: []}]\n"
                "      x-homeport:\n"
                "        access: {ShopTable: [UpdateItem]}",
                "never below nothing.\n"
                "      security: [{admins: []}]\n"
                "      x-homeport:\n"
                "        access: {ShopTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/catalogue.py",
                '            UpdateExpression="ADD stock :change",\n'
                "            ExpressionAttributeValues={\n"
                '                ":change": change,\n',
                '            UpdateExpression="SET stock = :stock",\n'
                "            ExpressionAttributeValues={\n"
                '                ":stock": once.get(product_key(product_id)).get("stock", 0) + change,\n',
            ),
        ),
    ),
    Mutant(
        "a checkout removes a line that was changed meanwhile",
        project="shop",
        kind="concurrency",
        promise="What a user puts into the cart during a checkout isn't lost.",
        edits=(
            Edit(
                "service/orders.py",
                "\n"
                '                "ConditionExpression": "quantity = :quantity",\n'
                '                "ExpressionAttributeValues": {":quantity": line["quantity"]},\n'
                "            }\n"
                "        }\n"
                '        for line in order["lines"]\n'
                "    ]\n"
                "    return",
                '\n            }\n        }\n        for line in order["lines"]\n    ]\n    return',
            ),
        ),
    ),
    Mutant(
        "a hit is counted in Python",
        project="hits",
        kind="concurrency",
        promise="Every hit that was answered with 200 counts, however many come at once.",
        edits=(
            Edit(
                "openapi.yaml",
                "access: {HitsTable: [UpdateItem]}",
                "access: {HitsTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/store.py",
                '        self._call(\n            "update_item",\n',
                '        key = {"shard": {"S": shard_key(hit.day, shard)}, "route": {"S": hit.route}}\n'
                '        old = self._call("get_item", {"TableName": self._table, "Key": key}, '
                'deadline).get("Item", {})\n'
                '        total, hour = (int(old.get(name, {"N": "0"})["N"]) + 1 for name in ("total", '
                "hour_name(hit.hour)))\n"
                "        self._call(\n"
                '            "update_item",\n',
            ),
            Edit(
                "service/store.py",
                '"ADD #total :one, #hour :one SET #expires = if_not_exists(#expires, :expires)"',
                '"SET #total = :total, #hour = :hour, #expires = if_not_exists(#expires, :expires)"',
            ),
            Edit(
                "service/store.py",
                '{":one": {"N": "1"}, ":expires"',
                '{":total": {"N": str(total)}, ":hour": {"N": str(hour)}, ":expires"',
            ),
        ),
    ),
    Mutant(
        "the version is compared in Python",
        project="orders",
        kind="concurrency",
        promise="Of two PATCHes with one ETag at the same time one gets 412.",
        edits=(
            Edit(
                "openapi.yaml",
                "a note that is null is removed.\n      x-homeport:\n        access: {OrdersTable: [UpdateItem]}",
                "a note that is null is removed.\n"
                "      x-homeport:\n"
                "        access: {OrdersTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/orders.py",
                "    if versions is not None:\n        conditions.append(",
                "    if versions is not None:\n"
                '        if get(order_id, deadline)["version"] not in versions:\n'
                "            raise Changed\n"
                "        versions, wanted = None, {}\n"
                "    if versions is not None:\n"
                "        conditions.append(",
            ),
        ),
    ),
    Mutant(
        "two creations of a note succeed",
        project="notes",
        kind="concurrency",
        promise="Of two PUTs with If-None-Match: * at the same time one gets 412.",
        edits=(
            Edit(
                "openapi.yaml",
                "access: {NotesTable: [UpdateItem]}",
                "access: {NotesTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/notes.py",
                "    conditions, wanted = _conditions(match, none_match)\n",
                "    if none_match == []:\n"
                '        if table.get({"noteId": note_id}, deadline):\n'
                "            raise Changed\n"
                "        none_match = None\n"
                "    conditions, wanted = _conditions(match, none_match)\n",
            ),
        ),
    ),
)
