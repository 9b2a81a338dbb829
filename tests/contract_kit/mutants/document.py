"""Faults of openapi.yaml: what it says and the service does not do."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "an example of a patch has a text as its price",
        project="items",
        kind="document",
        promise="Every example keeps to its schema.",
        edits=(
            Edit(
                "openapi.yaml",
                "value: {price: 19.9, description: null}",
                'value: {price: "19.9", description: null}',
            ),
        ),
    ),
    Mutant(
        "GET adds a link",
        project="items",
        kind="document",
        promise="An Item has the documented properties only.",
        edits=(
            Edit(
                "service/handlers/get_item.py",
                'None if known else item, {"etag"',
                'None if known else {**item, "self": call.url_path}, {"etag"',
            ),
        ),
    ),
    Mutant(
        "a limit over 50 is refused",
        project="items",
        kind="document",
        promise="limit may be up to 100.",
        edits=(
            Edit(
                "service/handlers/list_items.py",
                "from service.operation import operation\n",
                "from service.errors import BadRequest\nfrom service.operation import operation\n",
            ),
            Edit(
                "service/handlers/list_items.py",
                '    limit = call.query["limit"]\n',
                '    limit = call.query["limit"]\n'
                "    if limit > 50:\n"
                '        raise BadRequest([{"in": "query", "pointer": "/limit", "detail": "must be at most '
                '50"}])\n',
            ),
        ),
    ),
    Mutant(
        "a status can not be listed",
        project="items",
        kind="document",
        promise="Items of every status can be listed.",
        edits=(
            Edit(
                "openapi.yaml",
                "schema: {type: string, enum: [draft, active, archived]}",
                "schema: {type: string, enum: [draft, active]}",
            ),
        ),
    ),
    Mutant(
        "a creation's 409 is not documented",
        project="items",
        kind="document",
        promise="Every status that comes is documented.",
        edits=(
            Edit(
                "openapi.yaml",
                '        "409":\n'
                "          description: There is an item with this id already.\n"
                "          content:\n"
                "            application/problem+json:\n"
                '              schema: {$ref: "#/components/schemas/Problem"}\n'
                "              examples:\n"
                "                taken:\n"
                "                  value:\n"
                "                    type: about:blank\n"
                "                    title: Conflict\n"
                "                    status: 409\n"
                "                    detail: There is an item with this id already.\n"
                "                    instance: urn:uuid:5e36ec4f-5d66-4f24-9a0e-ea02ba1ec6b0\n",
                "",
            ),
        ),
    ),
    Mutant(
        "a batch may have more ids than the database takes",
        project="items",
        kind="document",
        promise="Up to as many ids as the contract says can be read at once.",
        edits=(
            Edit(
                "openapi.yaml",
                "          minItems: 1\n          maxItems: 100\n",
                "          minItems: 1\n          maxItems: 200\n",
            ),
        ),
    ),
    Mutant(
        "a status can be written and not listed",
        project="items",
        kind="document",
        promise="Every status that can be written is a status of an item and can be listed.",
        edits=(
            Edit(
                "openapi.yaml",
                "    Status:\n      type: string\n      enum: [draft, active, archived]\n",
                "    Status:\n      type: string\n      enum: [draft, active, archived, retired]\n",
            ),
        ),
    ),
    Mutant(
        "an example has another category",
        project="shop",
        kind="document",
        promise="Every example keeps to its schema.",
        edits=(
            Edit(
                "openapi.yaml",
                "{productId: shade-3, category: lamps,",
                "{productId: shade-3, category: Lamps,",
            ),
        ),
    ),
    Mutant(
        "a quantity is cut at 500",
        project="shop",
        kind="document",
        promise="The quantity of a line may be up to 1000.",
        edits=(
            Edit(
                "service/cart.py",
                "    catalogue.get(product_id)\n    line",
                "    catalogue.get(product_id)\n    quantity = min(quantity, 500)\n    line",
            ),
        ),
    ),
    Mutant(
        "the document has an hour 24",
        project="hits",
        kind="document",
        promise="Every value of the contract is accepted and can have hits.",
        edits=(
            Edit(
                "openapi.yaml",
                "schema: {type: integer, minimum: 0, maximum: 23}",
                "schema: {type: integer, minimum: 0, maximum: 24}",
            ),
        ),
    ),
    Mutant(
        "a status has another name in the document",
        project="orders",
        kind="document",
        promise="Every status of the contract can be had and every one that comes is in it.",
        edits=(
            Edit(
                "openapi.yaml",
                "enum: [placed, paid, shipped, cancelled], example",
                "enum: [placed, paid, shipped, canceled], example",
            ),
        ),
    ),
    Mutant(
        "a text may be longer than the database takes",
        project="notes",
        kind="document",
        promise="Every body of the contract can be written.",
        edits=(
            Edit(
                "openapi.yaml",
                "maxLength: 10000, default",
                "maxLength: 1000000, default",
            ),
        ),
    ),
)
