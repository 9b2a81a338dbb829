"""Faults that show when reads are behind, or when an environment keeps state between requests."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "GET reads an old state",
        project="items",
        kind="under-faults",
        promise="GET gives the item as it is now.",
        edits=(
            Edit(
                "service/store.py",
                '"Key": dynamodb.key(item_id), "ConsistentRead": True}\n        found',
                '"Key": dynamodb.key(item_id)}\n        found',
            ),
        ),
    ),
    Mutant(
        "batch-get reads an old state",
        project="items",
        kind="under-faults",
        promise="batch-get gives items as they are now.",
        edits=(
            Edit(
                "service/store.py",
                'for item_id in item_ids], "ConsistentRead": True}}',
                "for item_id in item_ids]}}",
            ),
        ),
    ),
    Mutant(
        "GET keeps items for two seconds",
        project="items",
        kind="under-faults",
        promise="GET gives the item as it is now, whoever wrote it.",
        edits=(
            Edit(
                "service/handlers/get_item.py",
                "from service.operation import operation\n",
                "import time\nfrom typing import Any\n\nfrom service.operation import operation\n",
            ),
            Edit(
                "service/handlers/get_item.py",
                '@operation("getItem")',
                '_recent: dict[str, tuple[float, Any]] = {}\n\n\n@operation("getItem")',
            ),
            Edit(
                "service/handlers/get_item.py",
                '    item = items.get(call.path["itemId"])\n',
                '    read, item = _recent.get(call.path["itemId"], (0.0, None))\n'
                "    if time.monotonic() - read > 2:\n"
                '        item = items.get(call.path["itemId"])\n'
                '        _recent[call.path["itemId"]] = time.monotonic(), item\n',
            ),
        ),
    ),
    Mutant(
        "the default tags are those of the request before",
        project="items",
        kind="under-faults",
        promise="A new item without tags has none, whatever the request before was.",
        edits=(
            Edit(
                "service/model.py",
                '    return _exact({"name": body["name"], **{name: body.get(name, value) for name, value in '
                "_DEFAULTS.items()}})",
                '    tags = _DEFAULTS["tags"]\n'
                '    if "tags" in body:\n'
                '        tags[:] = body["tags"]\n'
                "    whole = {name: body.get(name, value) for name, value in _DEFAULTS.items()}\n"
                '    return _exact({"name": body["name"], **whole, "tags": list(tags)})',
            ),
        ),
    ),
    Mutant(
        "a key stays taken after a failure",
        project="items",
        kind="under-faults",
        promise="A key whose request failed is free: the next request with it makes the item.",
        edits=(
            Edit(
                "service/handlers/create_item.py",
                '@operation("createItem")',
                '_seen: set[str] = set()\n"""Keys that were at work here already."""\n\n\n@operation("createItem")',
            ),
            Edit(
                "service/handlers/create_item.py",
                "from service.idempotency import Receipt\n",
                "from service.errors import Conflict\nfrom service.idempotency import Receipt\n",
            ),
            Edit(
                "service/handlers/create_item.py",
                "        made = items.create_once(",
                '        if key in _seen and "itemId" in call.body:\n'
                '            raise Conflict("This request is being worked on.")\n'
                "        _seen.add(key)\n"
                "        made = items.create_once(",
            ),
            Edit(
                "service/handlers/create_item.py",
                "    replayed = {} if",
                '    _seen.discard(key or "")\n    replayed = {} if',
            ),
        ),
    ),
    Mutant(
        "the cart is read in an old state",
        project="shop",
        kind="under-faults",
        promise="GET /cart shows what was just put into it.",
        edits=(
            Edit(
                "service/cart.py",
                "keys, ConsistentRead=True, Limit",
                "keys, Limit",
            ),
        ),
    ),
    Mutant(
        "rankings are kept for five seconds",
        project="hits",
        kind="under-faults",
        promise="A hit that was answered is in the stats that are asked for then.",
        edits=(
            Edit(
                "service/handlers/get_stats.py",
                "from datetime import UTC, datetime\n",
                "import time\nfrom datetime import UTC, datetime\nfrom typing import Any\n",
            ),
            Edit(
                "service/handlers/get_stats.py",
                '@operation("getStats")',
                '_kept: dict[Any, Any] = {}\n\n\n@operation("getStats")',
            ),
            Edit(
                "service/handlers/get_stats.py",
                '    total, routes = ranking(hits.counts(day, hour, call.deadline), call.query["limit"])\n',
                "    place = day, hour, int(time.time() / 5)\n"
                "    if place not in _kept:\n"
                '        _kept[place] = ranking(hits.counts(day, hour, call.deadline), call.query["limit"])\n'
                "    total, routes = _kept[place]\n",
            ),
        ),
    ),
    Mutant(
        "GET answers the last known note",
        project="notes",
        kind="under-faults",
        promise="GET gives the note as it is now, or a 503.",
        edits=(
            Edit(
                "service/handlers/get_note.py",
                '@operation("getNote")',
                '_known: dict[str, dict[str, Any]] = {}\n\n\n@operation("getNote")',
            ),
            Edit(
                "service/handlers/get_note.py",
                "from service import notes\n",
                "from typing import Any\n\nfrom service import notes\nfrom service.errors import Unavailable\n",
            ),
            Edit(
                "service/handlers/get_note.py",
                '    note = notes.get(call.path["noteId"], call.deadline)\n',
                "    try:\n"
                '        note = _known[call.path["noteId"]] = notes.get(call.path["noteId"], call.deadline)\n'
                "    except Unavailable:\n"
                '        if call.path["noteId"] not in _known:\n'
                "            raise\n"
                '        note = _known[call.path["noteId"]]\n',
            ),
        ),
    ),
)
