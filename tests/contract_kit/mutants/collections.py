"""Faults of lists: pages, cursors, filters, order and batches."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "a cursor goes back to the 50th item",
        project="items",
        kind="collections",
        promise="Following the cursors gives every item once, at any limit.",
        edits=(
            Edit(
                "service/store.py",
                "last = items[-1] if items else to_item",
                "last = items[min(len(items), 50) - 1] if items else to_item",
            ),
        ),
    ),
    Mutant(
        "a page cut by its size ends the list",
        project="items",
        kind="collections",
        promise="There are more items as long as a page has a cursor, however large they are.",
        edits=(
            Edit(
                "service/store.py",
                'if len(found) <= limit and "LastEvaluatedKey"',
                'if len(found) <= limit or "LastEvaluatedKey"',
            ),
        ),
    ),
    Mutant(
        "a damaged cursor is a 500",
        project="items",
        kind="collections",
        promise="A damaged cursor is refused with 400.",
        edits=(
            Edit(
                "openapi.yaml",
                '      pattern: "^(?:\\\n'
                "        (?:0g|1h|2i|3j|4k|5l|6m|7n|8o|9p|aq|br|cs|dt|eu|fv){2}\\\n"
                "        (?:0G|1H|2I|3J|4K|5L|6M|7N|8O|9P|aQ|bR|cS|dT|eU|fV){2}){1,80}\\\n"
                "        (?:(?:0v|1u|2t|3s|4r|5q|6p|7o|8n|9m|al|bk|cj|di|eh|fg){2}|\\\n"
                "        (?:0g|1h|2i|3j|4k|5l|6m|7n|8o|9p|aq|br|cs|dt|eu|fv){2}\\\n"
                '        (?:0V|1U|2T|3S|4R|5Q|6P|7O|8N|9M|aL|bK|cJ|dI|eH|fG){2})$"\n',
                '      pattern: "^[0-9A-Za-z]+$"\n',
            ),
        ),
    ),
    Mutant(
        "the second page ignores its status",
        project="items",
        kind="collections",
        promise="With status all pages have items of that status, newest first.",
        edits=(
            Edit(
                "service/handlers/list_items.py",
                '    if "status" in call.query:',
                '    if "status" in call.query and after is None:',
            ),
        ),
    ),
    Mutant(
        "batch-get in the order of the database",
        project="items",
        kind="collections",
        promise="batch-get gives items in the order of the ids.",
        edits=(
            Edit(
                "service/handlers/batch_get_items.py",
                "here = [found[item_id] for item_id in ids if item_id in found]",
                "here = list(found.values())",
            ),
        ),
    ),
    Mutant(
        "ids after the 50th are missing",
        project="items",
        kind="collections",
        promise="An id of up to 100 is in missing only if there is no such item.",
        edits=(
            Edit(
                "service/store.py",
                'for item_id in item_ids], "ConsistentRead"',
                'for item_id in item_ids[:50]], "ConsistentRead"',
            ),
        ),
    ),
    Mutant(
        "a cursor keeps whole seconds",
        project="items",
        kind="collections",
        promise="A page goes on exactly after its cursor, also among items made in the same second.",
        edits=(
            Edit(
                "service/store.py",
                'Position(last.get("createdAt", "0"), last["itemId"])',
                'Position(last.get("createdAt", "0")[:19], last["itemId"])',
            ),
        ),
    ),
    Mutant(
        "the second page ignores the highest price",
        project="shop",
        kind="collections",
        promise="All pages are within the range of prices.",
        edits=(
            Edit(
                "service/catalogue.py",
                "    bounds = first, f\"{price_place(query['maxPrice'])}~\"",
                '    bounds = first, "~" if "cursor" in query else f"{price_place(query[\'maxPrice\'])}~"',
            ),
        ),
    ),
    Mutant(
        "the feed repeats the last product",
        project="shop",
        kind="collections",
        promise="What follows a cursor begins after it.",
        edits=(
            Edit(
                "service/catalogue.py",
                "    bounds = f\"{query['cursor']} \" if",
                "    bounds = f\"{query['cursor']}\" if",
            ),
        ),
    ),
    Mutant(
        "a list of orders repeats the last one",
        project="shop",
        kind="collections",
        promise="No order is on two pages.",
        edits=(
            Edit(
                "service/orders.py",
                "    last = f\"{query['cursor'][:-1]}{chr(ord(query['cursor'][-1]) - 1)}~\" if",
                '    last = query["cursor"] if',
            ),
        ),
    ),
    Mutant(
        "a replaced product keeps its place on the shelf",
        project="shop",
        kind="collections",
        promise="A category's products come cheapest first, by their prices now.",
        edits=(
            Edit(
                "service/catalogue.py",
                "    values = content(body, product_id, timestamp(now))\n",
                '    values = content(body, product_id, timestamp(now))\n    del values["GSI1SK"]\n',
            ),
        ),
    ),
    Mutant(
        "the feed leaves out changed products",
        project="shop",
        kind="collections",
        promise="Whoever keeps the last cursor gets what changed since.",
        edits=(
            Edit(
                "service/catalogue.py",
                "    values = content(body, product_id, timestamp(now))\n",
                '    values = content(body, product_id, timestamp(now))\n    del values["GSI2SK"]\n',
            ),
        ),
    ),
    Mutant(
        "routes of equal hits are in reverse order",
        project="hits",
        kind="collections",
        promise="Routes with as many hits come by their names.",
        edits=(
            Edit(
                "service/counters.py",
                "if hits), key=lambda pair: (-pair[0], pair[1]))",
                "if hits), reverse=True)",
            ),
        ),
    ),
    Mutant(
        "the sum has listed routes only",
        project="hits",
        kind="collections",
        promise="hits counts all routes, listed or not.",
        edits=(
            Edit(
                "service/counters.py",
                "sum(total.values()), [",
                "sum(hits for hits, _ in first[:limit]), [",
            ),
        ),
    ),
    Mutant(
        "the last shard is not read",
        project="hits",
        kind="collections",
        promise="A ranking has every hit.",
        edits=(
            Edit(
                "service/store.py",
                "for shard in range(SHARDS):",
                "for shard in range(SHARDS - 1):",
            ),
        ),
    ),
    Mutant(
        "hour 0 means the whole day",
        project="hits",
        kind="collections",
        promise="hour=0 is the first hour of the day.",
        edits=(
            Edit(
                "service/handlers/get_stats.py",
                'hour = call.query.get("hour")',
                'hour = call.query.get("hour") or None',
            ),
        ),
    ),
    Mutant(
        "only the first page of a shard is read",
        project="hits",
        kind="collections",
        promise="A ranking has every route, however many there are.",
        edits=(
            Edit(
                "service/store.py",
                '            if "LastEvaluatedKey" not in page:\n'
                "                return\n"
                '            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]\n',
                "            return\n",
            ),
        ),
    ),
    Mutant(
        "a cursor skips an order",
        project="orders",
        kind="collections",
        promise="No order is left out between two pages.",
        edits=(
            Edit(
                "service/orders.py",
                'page[-1]["place"] if',
                'found[limit]["place"] if',
            ),
        ),
    ),
    Mutant(
        "a page repeats the order before it",
        project="orders",
        kind="collections",
        promise="No order is on two pages.",
        edits=(
            Edit(
                "service/orders.py",
                'place < :last"',
                'place <= :last"',
            ),
        ),
    ),
    Mutant(
        "the second page ignores its tag",
        project="notes",
        kind="collections",
        promise="With tag all pages have notes with that tag.",
        edits=(
            Edit(
                "service/notes.py",
                "    if tag is not None:\n",
                "    if tag is not None and cursor is None:\n",
            ),
        ),
    ),
    Mutant(
        "a short page ends the list",
        project="notes",
        kind="collections",
        promise="There are more notes as long as a page has a cursor.",
        edits=(
            Edit(
                "service/notes.py",
                'last.get("noteId")',
                'last.get("noteId") if len(found) == limit else None',
            ),
        ),
    ),
    Mutant(
        "a page ends at 30 notes",
        project="notes",
        kind="collections",
        promise="Following the cursors gives every note.",
        edits=(
            Edit(
                "service/notes.py",
                "    return [shown(note) for note in found], last",
                "    return [shown(note) for note in found[:30]], last",
            ),
        ),
    ),
)
