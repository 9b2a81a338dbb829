"""Faults of the reference API that show in a header, on an index, or with a second request only."""

from __future__ import annotations

from tests.contract_kit.mutants.faults import planted

_HANDLERS = "service/handlers"
_STORE = "service/store.py"
_CALLS = "service/dynamodb.py"
_SPEC = "openapi.yaml"
_BY_STATUS = 'return _page(self._call("query", dynamodb.query(self._table, status, limit + 1, after)), limit)'

SUBTLE = (
    planted(
        "collections",
        "the index loses its cursor",
        _STORE,
        _BY_STATUS,
        _BY_STATUS.replace("limit)", "limit)[0], None", 1),
    ),
    planted("collections", "the index ignores its cursor", _STORE, _BY_STATUS, _BY_STATUS.replace("after)", "None)")),
    planted(
        "collections",
        "a page of the index is one too long",
        _STORE,
        "limit + 1, after)), limit)\n\n    def _update",
        "limit + 2, after)), limit + 1)\n\n    def _update",
    ),
    planted(
        "collections",
        "another index position",
        _CALLS,
        '"createdAt": after.created_at',
        '"createdAt": "2026-01-31T09:30:00.000000Z"',
    ),
    planted(
        "preconditions",
        "a key belongs to one body",
        _CALLS,
        '"idempotencyKey": receipt.key,',
        '"idempotencyKey": receipt.key + receipt.fingerprint,',
    ),
    planted(
        "preconditions", "all keys are the same", _CALLS, '"idempotencyKey": receipt.key,', '"idempotencyKey": "key",'
    ),
    planted("preconditions", "receipts expire at once", _CALLS, "expiresAt <= :now", "expiresAt >= :now"),
    planted(
        "wire",
        "JSON goes as text",
        "service/proxy.py",
        'content_type: str = "application/json"',
        'content_type: str = "text/plain"',
    ),
    planted(
        "preconditions",
        "no ETag on creating",
        f"{_HANDLERS}/create_item.py",
        ', "etag": etag(made), **replayed',
        ", **replayed",
    ),
    planted(
        "preconditions",
        "no ETag on replacing",
        f"{_HANDLERS}/replace_item.py",
        'Response(200, item, {"etag": etag(item)})',
        "Response(200, item)",
    ),
    planted("preconditions", "no ETag on changing", f"{_HANDLERS}/change_item.py", '{"etag": etag(item)}', "{}"),
    planted(
        "methods",
        "PUT creates without a Location",
        f"{_HANDLERS}/replace_item.py",
        '{"location": call.url_path, "etag"',
        '{"etag"',
    ),
    planted("errors", "404 with the problem of a 500", "service/errors.py", '"status": self.status', '"status": 500'),
    planted(
        "collections",
        "the limit counts for nothing",
        f"{_HANDLERS}/list_items.py",
        'limit = call.query["limit"]',
        "limit = 25",
    ),
    planted(
        "collections",
        "half a batch",
        f"{_HANDLERS}/batch_get_items.py",
        'call.body["itemIds"]',
        'call.body["itemIds"][:50]',
    ),
    planted(
        "round-trip",
        "prices in cents",
        "service/model.py",
        "_STORED.create_decimal(number)",
        "_STORED.create_decimal(round(number, 2))",
    ),
    planted(
        "round-trip",
        "updatedAt stays",
        _CALLS,
        '"#updatedAt = :now",',
        '"#updatedAt = if_not_exists(#updatedAt, :now)",',
    ),
    planted(
        "methods", "PUT never creates", _STORE, "preconditions, must_exist=False)", "preconditions, must_exist=True)"
    ),
    planted(
        "preconditions",
        "writes ignore If-None-Match",
        "service/preconditions.py",
        'expressions.append(found if letter == "m" else f"NOT {found}")',
        'expressions.extend([found] if letter == "m" else [])',
    ),
    planted(
        "under-faults",
        "a list is kept between requests",
        f"{_HANDLERS}/list_items.py",
        'call.query["status"], limit, after)',
        'vars(items).setdefault("first", call.query["status"]), limit, after)',
    ),
    planted(
        "errors",
        "the text of an error is the whole answer",
        "service/errors.py",
        '"detail": self.detail',
        '"detail": f"{self!r}"',
    ),
    planted(
        "storage",
        "a right too many on the index",
        _SPEC,
        "ItemsTable/byStatus: [Query]",
        "ItemsTable/byStatus: [Query, Scan]",
    ),
    planted(
        "storage",
        "a right on another table",
        _SPEC,
        "access: {ItemsTable: [BatchGetItem]}",
        "access: {ItemsTable: [BatchGetItem], IdempotencyTable: [GetItem]}",
    ),
    planted("storage", "the index may not be asked", _SPEC, "          ItemsTable/byStatus: [Query]\n", ""),
    planted(
        "document",
        "the spec has no 204",
        _SPEC,
        '"204":\n          description: The item was deleted.',
        '"200":\n          description: The item was deleted.',
    ),
    planted(
        "document", "the spec forbids null", _SPEC, "      nullable: true\n      enum: [null]\n", "      enum: [none]\n"
    ),
    planted(
        "document", "the spec forgets the cursor", _SPEC, '        cursor: {$ref: "#/components/schemas/Cursor"}\n', ""
    ),
)
