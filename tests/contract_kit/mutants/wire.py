"""Faults of bodies, ids and headers on their way between the client and the function."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "a base64 body is not decoded",
        project="items",
        kind="wire",
        promise="A merge patch is JSON, also where API Gateway passes it on as base64.",
        edits=(
            Edit(
                "service/operation.py",
                "proxy.read_event(event)",
                'proxy.read_event({**event, "isBase64Encoded": False})',
            ),
        ),
    ),
    Mutant(
        "Location of a creation lacks the stage",
        project="items",
        kind="wire",
        promise="Location is the item's path, with the stage's name where the URL has one.",
        edits=(
            Edit(
                "service/handlers/create_item.py",
                "f\"{call.url_path}/{made['itemId']}\"",
                "f\"/items/{made['itemId']}\"",
            ),
        ),
    ),
    Mutant(
        "Location of a PUT has the id twice",
        project="items",
        kind="wire",
        promise="Location of a PUT that creates is the item's path.",
        edits=(
            Edit(
                "service/handlers/replace_item.py",
                '{"location": call.url_path,',
                '{"location": f"{call.url_path}/{item_id}",',
            ),
        ),
    ),
    Mutant(
        "a long id is cut in the key",
        project="items",
        kind="wire",
        promise="Ids of up to 128 characters are told apart and found.",
        edits=(
            Edit(
                "service/dynamodb.py",
                'return to_attributes({"itemId": item_id})',
                'return to_attributes({"itemId": item_id[:100]})',
            ),
        ),
    ),
    Mutant(
        "ETags are weak",
        project="items",
        kind="wire",
        promise="ETags are strong: they can be sent back as If-Match.",
        edits=(
            Edit(
                "service/preconditions.py",
                "return f'\"{version}-{created_at}\"'",
                "return f'W/\"{version}-{created_at}\"'",
            ),
        ),
    ),
    Mutant(
        "another Content-Type is refused",
        project="items",
        kind="wire",
        promise="Requests are JSON whatever their Content-Type says.",
        edits=(
            Edit(
                "service/operation.py",
                "                response = answer(check_request(name, proxy.read_event(event), deadline, "
                "too_precise))\n",
                "                request = proxy.read_event(event)\n"
                '                if request.body and "json" not in request.headers.get("content-type", ""):\n'
                '                    raise errors.BadRequest([{"in": "header", "pointer": "/content-type", '
                '"detail": "must be JSON"}])\n'
                "                response = answer(check_request(name, request, deadline, too_precise))\n",
            ),
        ),
    ),
    Mutant(
        "CORS does not expose the ETag",
        project="items",
        kind="wire",
        promise="A page of another origin may read the ETag.",
        edits=(
            Edit(
                "openapi.yaml",
                "exposeHeaders: [etag, idempotency-replayed, location, retry-after]",
                "exposeHeaders: [idempotency-replayed, location, retry-after]",
            ),
        ),
    ),
    Mutant(
        "an id loses its last dots",
        project="items",
        kind="wire",
        promise="Every id of the contract's pattern is found, also one that ends with a dot.",
        edits=(
            Edit(
                "service/handlers/get_item.py",
                'items.get(call.path["itemId"])',
                'items.get(call.path["itemId"].rstrip(".~-"))',
            ),
        ),
    ),
    Mutant(
        "CORS does not allow If-Match",
        project="items",
        kind="wire",
        promise="A page of another origin may send If-Match and If-None-Match.",
        edits=(
            Edit(
                "openapi.yaml",
                "allowHeaders: [content-type, idempotency-key, if-match, if-none-match]",
                "allowHeaders: [content-type, idempotency-key]",
            ),
        ),
    ),
    Mutant(
        "Location of a product lacks the stage",
        project="shop",
        kind="wire",
        promise="Location leads to the product, with the stage's name in it.",
        edits=(
            Edit(
                "service/handlers/create_product.py",
                'f"{stage}/products/',
                'f"/products/',
            ),
            Edit(
                "service/handlers/create_product.py",
                '    stage = call.url_path.removesuffix("/admin/products")\n',
                "",
            ),
        ),
    ),
    Mutant(
        "a route is decoded twice",
        project="hits",
        kind="wire",
        promise="The route that is counted is the one that was called: %2B, + and %2525 are told apart.",
        edits=(
            Edit(
                "service/handlers/count_hit.py",
                "Hit.of(f\"/{call.path['proxy']}\", ",
                "Hit.of(f\"/{unquote_plus(call.path['proxy'])}\", ",
            ),
            Edit(
                "service/handlers/count_hit.py",
                "from datetime import UTC, datetime\n",
                "from datetime import UTC, datetime\nfrom urllib.parse import unquote_plus\n",
            ),
        ),
    ),
    Mutant(
        "a route loses its last slash",
        project="hits",
        kind="wire",
        promise="A route with a slash at its end is the one that is counted.",
        edits=(
            Edit(
                "service/handlers/count_hit.py",
                "f\"/{call.path['proxy']}\"",
                "f\"/{call.path['proxy'].strip('/')}\"",
            ),
        ),
    ),
    Mutant(
        "a plus in a customer's name is a blank",
        project="orders",
        kind="wire",
        promise="A customer is listed under the very name that ordered, + included.",
        edits=(
            Edit(
                "service/handlers/list_orders.py",
                'orders.of_customer(query["customer"], ',
                'orders.of_customer(query["customer"].replace("+", " "), ',
            ),
        ),
    ),
    Mutant(
        "a note's name is decoded twice",
        project="notes",
        kind="wire",
        promise="A note with % or + in its name is found under it.",
        edits=(
            Edit(
                "service/handlers/get_note.py",
                'notes.get(call.path["noteId"],',
                'notes.get(unquote(call.path["noteId"]),',
            ),
            Edit(
                "service/handlers/get_note.py",
                "from service import notes\n",
                "from urllib.parse import unquote\n\nfrom service import notes\n",
            ),
        ),
    ),
    Mutant(
        "Location is not encoded",
        project="notes",
        kind="wire",
        promise="Location leads to the new note, whatever is in its name.",
        edits=(
            Edit(
                "service/handlers/put_note.py",
                "{quote(note_id, safe='')}",
                "{note_id}",
            ),
            Edit(
                "service/handlers/put_note.py",
                "from urllib.parse import quote\n",
                "",
            ),
        ),
    ),
)
