"""Faults of the reference API that show in the first response: each replaces one text."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant


def planted(kind: str, name: str, file: str, before: str, after: str) -> Mutant:
    """Return a fault of the reference API whose name says what it breaks."""
    return Mutant(name, "items", kind, "", (Edit(file, before, after),))


_HANDLERS = "service/handlers"
_STORE = "service/store.py"
_CALLS = "service/dynamodb.py"
_CONDITIONS = "service/preconditions.py"
_MODEL = "service/model.py"
_SPEC = "openapi.yaml"

MUTANTS = (
    planted(
        "methods", "create answers 200", f"{_HANDLERS}/create_item.py", "Response(201, made,", "Response(200, made,"
    ),
    planted("preconditions", "no ETag on reading", f"{_HANDLERS}/get_item.py", '{"etag": etag(item)}', "{}"),
    planted("preconditions", "a known item is sent again", f"{_HANDLERS}/get_item.py", "304 if known else 200", "200"),
    planted(
        "methods", "PUT always answers 200", f"{_HANDLERS}/replace_item.py", 'if item["version"] == 1:', "if False:"
    ),
    planted("methods", "the body's id is ignored", f"{_HANDLERS}/replace_item.py", "!= item_id:", "is None:"),
    planted("methods", "deleting answers 200", f"{_HANDLERS}/delete_item.py", "Response(204)", "Response(200)"),
    planted(
        "preconditions",
        "DELETE ignores If-Match",
        f"{_HANDLERS}/delete_item.py",
        "Preconditions.of(call.headers)",
        "Preconditions()",
    ),
    planted(
        "preconditions",
        "PUT ignores If-Match",
        f"{_HANDLERS}/replace_item.py",
        "Preconditions.of(call.headers)",
        "Preconditions()",
    ),
    planted(
        "preconditions",
        "PATCH ignores If-Match",
        f"{_HANDLERS}/change_item.py",
        "preconditions = Preconditions.of(call.headers)",
        "preconditions = Preconditions()",
    ),
    planted(
        "collections",
        "the cursor is lost",
        f"{_HANDLERS}/list_items.py",
        '{"items": page, "cursor": cursor.encode(last)}',
        '{"items": page}',
    ),
    planted(
        "collections",
        "the cursor is ignored",
        f"{_HANDLERS}/list_items.py",
        'if "cursor" in call.query else None',
        "if False else None",
    ),
    planted(
        "collections", "the status is ignored", f"{_HANDLERS}/list_items.py", 'if "status" in call.query:', "if False:"
    ),
    planted(
        "collections",
        "batch-get forgets what is missing",
        f"{_HANDLERS}/batch_get_items.py",
        '"missing": [item_id for item_id in ids if item_id not in found]',
        '"missing": []',
    ),
    planted(
        "collections",
        "batch-get in any order",
        f"{_HANDLERS}/batch_get_items.py",
        "for item_id in ids if item_id in found]",
        "for item_id in sorted(found)]",
    ),
    planted(
        "preconditions",
        "replays are not told",
        f"{_HANDLERS}/create_item.py",
        "{} if made is item else",
        "{} if made else",
    ),
    planted(
        "preconditions",
        "the key is ignored",
        f"{_HANDLERS}/create_item.py",
        'call.headers.get("Idempotency-Key")',
        "None",
    ),
    planted(
        "methods",
        "no Location",
        f"{_HANDLERS}/create_item.py",
        '{"location": f"{call.url_path}/{made[\'itemId\']}", ',
        "{",
    ),
    planted("collections", "a page is one too long", _STORE, "items = found[:limit]", "items = found[: limit + 1]"),
    planted(
        "collections", "a page is one too short", _STORE, "items = found[:limit]", "items = found[: max(1, limit - 1)]"
    ),
    planted("collections", "a page skips an item", _STORE, "last = items[-1] if items", "last = found[-1] if items"),
    planted(
        "collections", "an empty page at the end", _STORE, "if len(found) <= limit and", "if len(found) < limit and"
    ),
    planted(
        "methods",
        "a taken id is overwritten",
        _CALLS,
        '"attribute_not_exists(itemId)"',
        '"attribute_exists(itemId) OR attribute_not_exists(itemId)"',
    ),
    planted(
        "methods",
        "deleting nothing succeeds",
        _STORE,
        "            if not failed.retried:\n",
        "            if failed.retried:\n",
    ),
    planted("collections", "oldest first", _CALLS, '"ScanIndexForward": False', '"ScanIndexForward": True'),
    planted(
        "methods", "PATCH creates", f"{_STORE}", "preconditions, must_exist=True)", "preconditions, must_exist=False)"
    ),
    planted("preconditions", "the version stays", _CALLS, ":none) + :one", ":one)"),
    planted(
        "round-trip", "createdAt moves", _CALLS, "#createdAt = if_not_exists(#createdAt, :now)", "#createdAt = :now"
    ),
    planted("preconditions", "any body for a key", _STORE, "!= receipt.fingerprint:", "is None:"),
    planted(
        "round-trip", "a stale item after a write", _CALLS, '"ReturnValues": "ALL_NEW"', '"ReturnValues": "ALL_OLD"'
    ),
    planted(
        "under-faults",
        "a stale read",
        f"{_HANDLERS}/get_item.py",
        'items.get(call.path["itemId"])',
        'vars(items).setdefault(call.path["itemId"], items.get(call.path["itemId"]))',
    ),
    planted("preconditions", "If-Match of a GET is ignored", _CONDITIONS, "not in self.match:", "in ():"),
    planted("preconditions", "If-None-Match misses", _CONDITIONS, "in (self.none_match or ())", "in ()"),
    planted(
        "preconditions",
        "a weak tag is no tag",
        _CONDITIONS,
        '_tags(headers, "If-None-Match", weak=True)',
        '_tags(headers, "If-None-Match", weak=False)',
    ),
    planted(
        "preconditions",
        "the ETag outlives its item",
        _CONDITIONS,
        "return f'\"{version}-{created_at}\"'",
        "return f'\"{version}-2026-01-31T09:30:00.000000Z\"'",
    ),
    planted(
        "round-trip",
        "price as float",
        _MODEL,
        "_STORED.create_decimal(number).normalize(_STORED) or Decimal(0)",
        "Decimal(str(float(number)))",
    ),
    planted("document", "the default status is draft", _MODEL, '"status": "active"', '"status": "draft"'),
    planted("round-trip", "tags are lost", _MODEL, '"tags": []}', '"tags_": []}'),
    planted("methods", "PATCH keeps null", _MODEL, "_DEFAULTS[name] if value is None else value", "value"),
    planted("round-trip", "an item without createdAt", _MODEL, '        "createdAt": timestamp(now),\n', ""),
    planted("document", "times without a zone", _MODEL, '%S.%fZ"', '%S.%f"'),
    planted("errors", "not found is 400", "service/errors.py", "    status = 404\n", "    status = 400\n"),
    planted("errors", "errors are plain JSON", "service/errors.py", '"application/problem+json"', '"application/json"'),
    planted(
        "errors",
        "errors list only the first",
        "service/errors.py",
        "self.errors = list(errors)",
        "self.errors = list(errors)[:1]",
    ),
    planted("errors", "every problem is the same one", "service/errors.py", 'f"urn:uuid:{request_id}"', '"urn:uuid:0"'),
    planted(
        "errors",
        "refusals are failures",
        "service/operation.py",
        "except errors.ServiceError as error:",
        "except errors.NotFound as error:",
    ),
    planted(
        "errors", "a duplicate property passes", "service/exact_json.py", "if len(found) < len(pairs):", "if False:"
    ),
    planted(
        "round-trip",
        "numbers through float",
        "service/exact_json.py",
        "return Decimal(_short(text))",
        "return Decimal(repr(float(text)))",
    ),
    planted(
        "wire",
        "strings are not escaped",
        "service/exact_json.py",
        "else _encode(value)",
        "else f'\"{value}\"' if isinstance(value, str) else json.dumps(value)",
    ),
    planted(
        "errors",
        "the body is not checked",
        "service/validation.py",
        "return body, [*_validators.body(operation, body, media_type), *check_body(body)]",
        "return body, []",
    ),
    planted(
        "errors",
        "only the first error counts",
        "service/validation.py",
        "        errors += violations\n",
        "        errors = errors or violations[:1]\n",
    ),
    planted("collections", "the cursor is not decoded", "service/cursor.py", "cursor[::2]", "cursor[1::2]"),
    planted(
        "storage", "a right too many", _SPEC, "access: {ItemsTable: [GetItem]}", "access: {ItemsTable: [GetItem, Scan]}"
    ),
    planted(
        "storage", "a right missing", _SPEC, "access: {ItemsTable: [DeleteItem]}", "access: {ItemsTable: [GetItem]}"
    ),
    planted(
        "document",
        "the spec has another pattern of ETags",
        _SPEC,
        "pattern: '^\"[!#-~]+\"$'",
        "pattern: '^W/\"[!#-~]+\"$'",
    ),
    planted(
        "document",
        "the spec has versions from 2 on",
        _SPEC,
        "      minimum: 1\n      example: 1\n",
        "      minimum: 2\n      example: 2\n",
    ),
)
