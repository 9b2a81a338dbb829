"""Faults of what is stored: expiry, indexes, types and rights."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "a receipt drops empty values",
        project="items",
        kind="storage",
        promise="A replayed answer is the first one.",
        edits=(
            Edit(
                "service/dynamodb.py",
                '"fingerprint": receipt.fingerprint, "item": item}',
                '"fingerprint": receipt.fingerprint, "item": {name: value for name, value in item.items() if value}}',
            ),
        ),
    ),
    Mutant(
        "receipts expire in milliseconds",
        project="items",
        kind="storage",
        promise="A key is remembered for a day.",
        edits=(
            Edit(
                "service/idempotency.py",
                "int(now.timestamp())",
                "int(now.timestamp() * 1000)",
            ),
        ),
    ),
    Mutant(
        "the table's TTL has another attribute",
        project="items",
        kind="storage",
        promise="Receipts are deleted some time after they have expired.",
        edits=(
            Edit(
                "deploy/resources.yaml",
                "        AttributeName: expiresAt",
                "        AttributeName: expires",
            ),
        ),
    ),
    Mutant(
        "a receipt has expired before it is written",
        project="items",
        kind="storage",
        promise="A key is remembered for a day.",
        edits=(
            Edit(
                "service/idempotency.py",
                "return self.time + LIFETIME",
                "return self.time - LIFETIME",
            ),
        ),
    ),
    Mutant(
        "the index lacks the description",
        project="items",
        kind="storage",
        promise="A list shows whole items.",
        edits=(
            Edit(
                "deploy/resources.yaml",
                "Projection: {ProjectionType: ALL}",
                "Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [name, price, tags, updatedAt, version]}",
            ),
        ),
    ),
    Mutant(
        "batch-get has the right to GetItem instead",
        project="items",
        kind="storage",
        promise="batch-get works with the rights that it says.",
        edits=(
            Edit(
                "openapi.yaml",
                "access: {ItemsTable: [BatchGetItem]}",
                "access: {ItemsTable: [GetItem]}",
            ),
        ),
    ),
    Mutant(
        "another updatedAt is stored than answered",
        project="items",
        kind="storage",
        promise="What POST answers is what is stored.",
        edits=(
            Edit(
                "service/store.py",
                '            self._call("put_item", dynamodb.put_new(self._table, item))',
                '            stored = {**item, "updatedAt": timestamp(datetime.now().astimezone())}\n'
                '            self._call("put_item", dynamodb.put_new(self._table, stored))',
            ),
        ),
    ),
    Mutant(
        "a price is stored as text",
        project="items",
        kind="storage",
        promise="A price is a number in the answer of every list.",
        edits=(
            Edit(
                "service/attributes.py",
                "    return {name: _attribute(value) for name, value in values.items()}",
                '    texts = {name: str(value) for name, value in values.items() if name == "price" and value is '
                "not None}\n"
                "    return {name: _attribute(value) for name, value in {**values, **texts}.items()}",
            ),
        ),
    ),
    Mutant(
        "a cart expires in milliseconds",
        project="shop",
        kind="storage",
        promise="A line that isn't touched for 30 days is removed.",
        edits=(
            Edit(
                "service/model.py",
                "int(now.timestamp()) + CART_LIFETIME",
                "int(now.timestamp() * 1000) + CART_LIFETIME",
            ),
        ),
    ),
    Mutant(
        "an order stays listed under its old status",
        project="shop",
        kind="storage",
        promise="An order is listed under its status and no other.",
        edits=(
            Edit(
                "service/orders.py",
                'updatedAt = :now, GSI2PK = :partition"',
                'updatedAt = :now"',
            ),
            Edit(
                "service/orders.py",
                '                ":partition": by_status(status),\n',
                "",
            ),
        ),
    ),
    Mutant(
        "the admins' index lacks the lines",
        project="shop",
        kind="storage",
        promise="The admins' list shows whole orders.",
        edits=(
            Edit(
                "deploy/resources.yaml",
                "{AttributeName: GSI2SK, KeyType: RANGE}\n          Projection: {ProjectionType: ALL}",
                "{AttributeName: GSI2SK, KeyType: RANGE}\n"
                "          Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [productId, category, name, "
                "price, stock, updatedAt, orderId, status, createdAt, total]}",
            ),
        ),
    ),
    Mutant(
        "counts expire in milliseconds",
        project="hits",
        kind="storage",
        promise="Counts are kept for 35 days.",
        edits=(
            Edit(
                "service/counters.py",
                "int(now.timestamp()) + LIFETIME",
                "int(now.timestamp() * 1000) + LIFETIME",
            ),
        ),
    ),
    Mutant(
        "counts expire after 35 hours",
        project="hits",
        kind="storage",
        promise="Counts are kept for 35 days.",
        edits=(
            Edit(
                "service/counters.py",
                "35 * 24 * 60 * 60",
                "35 * 60 * 60",
            ),
        ),
    ),
    Mutant(
        "the customers' index lacks the lines",
        project="orders",
        kind="storage",
        promise="A list shows whole orders.",
        edits=(
            Edit(
                "deploy/resources.yaml",
                "Projection: {ProjectionType: ALL}",
                "Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [total, status, createdAt, updatedAt, "
                "version]}",
            ),
        ),
    ),
    Mutant(
        "a note expires in milliseconds",
        project="notes",
        kind="storage",
        promise="A note goes some time after so many days.",
        edits=(
            Edit(
                "service/model.py",
                "int(now.timestamp()) + days * DAY",
                "int(now.timestamp() * 1000) + days * DAY * 1000",
            ),
        ),
    ),
    Mutant(
        "an expiry outlives a PUT without days",
        project="notes",
        kind="storage",
        promise="A PUT without days makes a note that stays.",
        edits=(
            Edit(
                "service/notes.py",
                'for name in ("days", "expiresAt") if',
                'for name in ("days",) if',
            ),
        ),
    ),
)
