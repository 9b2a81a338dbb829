"""The faults: each replaces one text, which has to be there exactly once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """``before`` in ``file`` becomes ``after``."""

    name: str
    file: str
    before: str
    after: str


_HANDLERS = "service/handlers"
_STORE = "service/store.py"
_CALLS = "service/dynamodb.py"
_CONDITIONS = "service/preconditions.py"
_MODEL = "service/model.py"
_SPEC = "openapi.yaml"

MUTANTS = (
    Mutant("create answers 200", f"{_HANDLERS}/create_item.py", "Response(201, made,", "Response(200, made,"),
    Mutant("no ETag on reading", f"{_HANDLERS}/get_item.py", '{"etag": etag(item)}', "{}"),
    Mutant("a known item is sent again", f"{_HANDLERS}/get_item.py", "304 if known else 200", "200"),
    Mutant("PUT always answers 200", f"{_HANDLERS}/replace_item.py", 'if item["version"] == 1:', "if False:"),
    Mutant("the body's id is ignored", f"{_HANDLERS}/replace_item.py", "!= item_id:", "is None:"),
    Mutant("deleting answers 200", f"{_HANDLERS}/delete_item.py", "Response(204)", "Response(200)"),
    Mutant(
        "DELETE ignores If-Match", f"{_HANDLERS}/delete_item.py", "Preconditions.of(call.headers)", "Preconditions()"
    ),
    Mutant(
        "PUT ignores If-Match",
        f"{_HANDLERS}/replace_item.py",
        "Preconditions.of(call.headers)",
        "Preconditions()",
    ),
    Mutant(
        "PATCH ignores If-Match",
        f"{_HANDLERS}/change_item.py",
        "preconditions = Preconditions.of(call.headers)",
        "preconditions = Preconditions()",
    ),
    Mutant(
        "the cursor is lost",
        f"{_HANDLERS}/list_items.py",
        '{"items": page, "cursor": cursor.encode(last)}',
        '{"items": page}',
    ),
    Mutant(
        "the cursor is ignored",
        f"{_HANDLERS}/list_items.py",
        'if "cursor" in call.query else None',
        "if False else None",
    ),
    Mutant("the status is ignored", f"{_HANDLERS}/list_items.py", 'if "status" in call.query:', "if False:"),
    Mutant(
        "batch-get forgets what is missing",
        f"{_HANDLERS}/batch_get_items.py",
        '"missing": [item_id for item_id in ids if item_id not in found]',
        '"missing": []',
    ),
    Mutant(
        "batch-get in any order",
        f"{_HANDLERS}/batch_get_items.py",
        "for item_id in ids if item_id in found]",
        "for item_id in sorted(found)]",
    ),
    Mutant("replays are not told", f"{_HANDLERS}/create_item.py", "{} if made is item else", "{} if made else"),
    Mutant("the key is ignored", f"{_HANDLERS}/create_item.py", 'call.headers.get("Idempotency-Key")', "None"),
    Mutant("no Location", f"{_HANDLERS}/create_item.py", '{"location": f"{call.url_path}/{made[\'itemId\']}", ', "{"),
    Mutant("a page is one too long", _STORE, "items = found[:limit]", "items = found[: limit + 1]"),
    Mutant("a page is one too short", _STORE, "items = found[:limit]", "items = found[: max(1, limit - 1)]"),
    Mutant("a page skips an item", _STORE, "last = items[-1] if items", "last = found[-1] if items"),
    Mutant("an empty page at the end", _STORE, "if len(found) <= limit and", "if len(found) < limit and"),
    Mutant(
        "a taken id is overwritten",
        _CALLS,
        '"attribute_not_exists(itemId)"',
        '"attribute_exists(itemId) OR attribute_not_exists(itemId)"',
    ),
    Mutant(
        "deleting nothing succeeds", _STORE, "            if not failed.retried:\n", "            if failed.retried:\n"
    ),
    Mutant("oldest first", _CALLS, '"ScanIndexForward": False', '"ScanIndexForward": True'),
    Mutant("PATCH creates", f"{_STORE}", "preconditions, must_exist=True)", "preconditions, must_exist=False)"),
    Mutant("the version stays", _CALLS, ":none) + :one", ":one)"),
    Mutant("createdAt moves", _CALLS, "#createdAt = if_not_exists(#createdAt, :now)", "#createdAt = :now"),
    Mutant("any body for a key", _STORE, "!= receipt.fingerprint:", "is None:"),
    Mutant("a stale item after a write", _CALLS, '"ReturnValues": "ALL_NEW"', '"ReturnValues": "ALL_OLD"'),
    Mutant(
        "a stale read",
        f"{_HANDLERS}/get_item.py",
        'items.get(call.path["itemId"])',
        'vars(items).setdefault(call.path["itemId"], items.get(call.path["itemId"]))',
    ),
    Mutant("If-Match of a GET is ignored", _CONDITIONS, "not in self.match:", "in ():"),
    Mutant("If-None-Match misses", _CONDITIONS, "in (self.none_match or ())", "in ()"),
    Mutant(
        "a weak tag is no tag",
        _CONDITIONS,
        '_tags(headers, "If-None-Match", weak=True)',
        '_tags(headers, "If-None-Match", weak=False)',
    ),
    Mutant(
        "the ETag outlives its item",
        _CONDITIONS,
        "return f'\"{version}-{created_at}\"'",
        "return f'\"{version}-2026-01-31T09:30:00.000000Z\"'",
    ),
    Mutant(
        "price as float",
        _MODEL,
        "_STORED.create_decimal(number).normalize(_STORED) or Decimal(0)",
        "Decimal(str(float(number)))",
    ),
    Mutant("the default status is draft", _MODEL, '"status": "active"', '"status": "draft"'),
    Mutant("tags are lost", _MODEL, '"tags": []}', '"tags_": []}'),
    Mutant("PATCH keeps null", _MODEL, "_DEFAULTS[name] if value is None else value", "value"),
    Mutant("an item without createdAt", _MODEL, '        "createdAt": timestamp(now),\n', ""),
    Mutant("times without a zone", _MODEL, '%S.%fZ"', '%S.%f"'),
    Mutant("not found is 400", "service/errors.py", "    status = 404\n", "    status = 400\n"),
    Mutant("errors are plain JSON", "service/errors.py", '"application/problem+json"', '"application/json"'),
    Mutant(
        "errors list only the first",
        "service/errors.py",
        "self.errors = list(errors)",
        "self.errors = list(errors)[:1]",
    ),
    Mutant("every problem is the same one", "service/errors.py", 'f"urn:uuid:{request_id}"', '"urn:uuid:0"'),
    Mutant(
        "refusals are failures",
        "service/operation.py",
        "except errors.ServiceError as error:",
        "except errors.NotFound as error:",
    ),
    Mutant("a duplicate property passes", "service/exact_json.py", "if len(found) < len(pairs):", "if False:"),
    Mutant(
        "numbers through float",
        "service/exact_json.py",
        "return Decimal(_short(text))",
        "return Decimal(repr(float(text)))",
    ),
    Mutant(
        "strings are not escaped",
        "service/exact_json.py",
        "else _encode(value)",
        "else f'\"{value}\"' if isinstance(value, str) else json.dumps(value)",
    ),
    Mutant(
        "the body is not checked",
        "service/validation.py",
        "return body, [*_validators.body(operation, body, media_type), *check_body(body)]",
        "return body, []",
    ),
    Mutant(
        "only the first error counts",
        "service/validation.py",
        "        errors += violations\n",
        "        errors = errors or violations[:1]\n",
    ),
    Mutant("the cursor is not decoded", "service/cursor.py", "cursor[::2]", "cursor[1::2]"),
    Mutant("a right too many", _SPEC, "access: {ItemsTable: [GetItem]}", "access: {ItemsTable: [GetItem, Scan]}"),
    Mutant("a right missing", _SPEC, "access: {ItemsTable: [DeleteItem]}", "access: {ItemsTable: [GetItem]}"),
    Mutant("the spec has another pattern of ETags", _SPEC, "pattern: '^\"[!#-~]+\"$'", "pattern: '^W/\"[!#-~]+\"$'"),
    Mutant(
        "the spec has versions from 2 on",
        _SPEC,
        "      minimum: 1\n      example: 1\n",
        "      minimum: 2\n      example: 2\n",
    ),
)
