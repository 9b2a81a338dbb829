"""Faults of what the methods of HTTP mean."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "PUT keeps what is left out",
        project="items",
        kind="methods",
        promise="PUT sets a property that is left out to its default.",
        edits=(
            Edit(
                "service/dynamodb.py",
                'assignments = [f"#{name} = :{name}" for name in properties] + [',
                "assignments = [\n"
                '        f"#{name} = :{name}" if value or must_exist else f"#{name} = if_not_exists(#{name}, '
                ':{name})"\n'
                "        for name, value in properties.items()\n"
                "    ] + [",
            ),
        ),
    ),
    Mutant(
        "PATCH resets tags that it does not name",
        project="items",
        kind="methods",
        promise="What a merge patch leaves out stays.",
        edits=(
            Edit(
                "service/model.py",
                "else value for name, value in patch.items()})",
                'else value for name, value in {"tags": None, **patch}.items()})',
            ),
        ),
    ),
    Mutant(
        "PATCH ignores null",
        project="items",
        kind="methods",
        promise="null in a merge patch gives a property its default.",
        edits=(
            Edit(
                "service/model.py",
                "return _exact({name: _DEFAULTS[name] if value is None else value for name, value in patch.items()})",
                "return _exact({name: value for name, value in patch.items() if value is not None})",
            ),
        ),
    ),
    Mutant(
        "GET writes the time of the read",
        project="items",
        kind="methods",
        promise="GET is safe: reading an item doesn't change it.",
        edits=(
            Edit(
                "openapi.yaml",
                "access: {ItemsTable: [GetItem]}",
                "access: {ItemsTable: [GetItem, UpdateItem]}",
            ),
            Edit(
                "service/store.py",
                "        return to_item(found)\n",
                "        touched = {\n"
                '            "TableName": self._table,\n'
                '            "Key": dynamodb.key(item_id),\n'
                '            "UpdateExpression": "SET updatedAt = :now",\n'
                '            "ConditionExpression": "attribute_exists(itemId)",\n'
                '            "ExpressionAttributeValues": {":now": {"S": '
                "timestamp(datetime.now().astimezone())}},\n"
                '            "ReturnValues": "ALL_NEW",\n'
                "        }\n"
                '        return to_item(self._call("update_item", touched)["Attributes"])\n',
            ),
        ),
    ),
    Mutant(
        "CORS leaves out DELETE",
        project="items",
        kind="methods",
        promise="A page of another origin may call every method, DELETE too.",
        edits=(
            Edit(
                "openapi.yaml",
                "allowMethods: [GET, POST, PUT, PATCH, DELETE]",
                "allowMethods: [GET, POST, PUT, PATCH]",
            ),
        ),
    ),
    Mutant(
        "the first DELETE only archives",
        project="items",
        kind="methods",
        promise="After a DELETE the item is gone for good.",
        edits=(
            Edit(
                "openapi.yaml",
                "access: {ItemsTable: [DeleteItem]}",
                "access: {ItemsTable: [DeleteItem, UpdateItem]}",
            ),
            Edit(
                "service/handlers/delete_item.py",
                "from service.operation import operation\n",
                "from datetime import UTC, datetime\n\nfrom service.operation import operation\n",
            ),
            Edit(
                "service/handlers/delete_item.py",
                '    items.delete(call.path["itemId"], Preconditions.of(call.headers))\n',
                "    wanted = Preconditions.of(call.headers)\n"
                '    item = items.change(call.path["itemId"], {"status": "archived"}, datetime.now(UTC), wanted)\n'
                '    if item["version"] > 2:\n'
                '        items.delete(call.path["itemId"])\n',
            ),
        ),
    ),
    Mutant(
        "PUT empties the stock",
        project="shop",
        kind="methods",
        promise="PUT replaces everything of a product but its id and its stock.",
        edits=(
            Edit(
                "service/model.py",
                '        "updatedAt": now,\n        "GSI1PK": shelf',
                '        "updatedAt": now,\n        "stock": 0,\n        "GSI1PK": shelf',
            ),
        ),
    ),
    Mutant(
        "an order's status goes back",
        project="shop",
        kind="methods",
        promise="A status is only followed by a later one.",
        edits=(
            Edit(
                "service/orders.py",
                "enumerate(STATUSES[: STATUSES.index(status)])",
                "enumerate(one for one in STATUSES if one != status)",
            ),
        ),
    ),
    Mutant(
        "PUT of a line adds its quantity",
        project="shop",
        kind="methods",
        promise="PUT puts so many in place of those that are there, however often it is sent.",
        edits=(
            Edit(
                "openapi.yaml",
                "access: {ShopTable: [GetItem, PutItem]}",
                "access: {ShopTable: [GetItem, PutItem, Query]}",
            ),
            Edit(
                "service/cart.py",
                "    line = new_line(user, product_id, quantity, now)\n",
                '    there = sum(int(one["quantity"]) for one in lines(user) if one["productId"] == product_id)\n'
                "    line = new_line(user, product_id, min(there + quantity, 1000), now)\n",
            ),
        ),
    ),
    Mutant(
        "a note of null stays",
        project="orders",
        kind="methods",
        promise="A note that is null is removed.",
        edits=(
            Edit(
                "service/orders.py",
                '    removed = [f"#{name}" for name, value in patch.items() if value is None]',
                "    removed: list[str] = []",
            ),
            Edit(
                "service/orders.py",
                'for name in {"status", *patch}}',
                'for name in {"status", *values}}',
            ),
        ),
    ),
    Mutant(
        "an order is cancelled twice",
        project="orders",
        kind="methods",
        promise="Cancelling what is cancelled changes nothing.",
        edits=(
            Edit(
                "service/orders.py",
                '#status IN (:placed, :paid)"',
                '#status <> :shipped"',
            ),
            Edit(
                "service/orders.py",
                '                ":placed": "placed",\n                ":paid": "paid",\n',
                '                ":shipped": "shipped",\n',
            ),
        ),
    ),
    Mutant(
        "a cancelled order can be changed",
        project="orders",
        kind="methods",
        promise="A cancelled order isn't changed any more: 409.",
        edits=(
            Edit(
                "service/orders.py",
                'conditions = ["attribute_exists(orderId)", "#status <> :cancelled"]',
                'conditions = ["attribute_exists(orderId)"]',
            ),
            Edit(
                "service/orders.py",
                '                ":cancelled": "cancelled",\n                **{',
                "                **{",
            ),
            Edit(
                "service/orders.py",
                'for name in {"status", *patch}}',
                "for name in patch}",
            ),
        ),
    ),
    Mutant(
        "a second DELETE is a 204",
        project="notes",
        kind="methods",
        promise="DELETE of a note that isn't there is a 404.",
        edits=(
            Edit(
                "service/notes.py",
                '            ConditionExpression=" AND ".join(["attribute_exists(noteId)", *conditions]),\n',
                '            **({"ConditionExpression": " AND ".join(conditions)} if conditions else {}),\n',
            ),
        ),
    ),
)
