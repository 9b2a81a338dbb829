"""Faults of error responses: their form, their completeness, and what they tell."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "a 500 tells its exception",
        project="items",
        kind="errors",
        promise="A 500 says nothing of what is inside.",
        edits=(
            Edit(
                "service/operation.py",
                "                response = _problem(errors.Failure(), context.aws_request_id)\n"
                "                failure = error\n",
                "                failed = errors.Failure()\n"
                '                failed.detail = f"{type(error).__name__}: {error}"\n'
                "                response = _problem(failed, context.aws_request_id)\n"
                "                failure = error\n",
            ),
        ),
    ),
    Mutant(
        "a 503 tells table and endpoint",
        project="items",
        kind="errors",
        promise="A 503 says nothing of tables and endpoints.",
        edits=(
            Edit(
                "service/store.py",
                'raise Unavailable("The database doesn\'t answer. Try again.") from error',
                'raise Unavailable(f"{self._table} doesn\'t answer: {error}") from error',
            ),
        ),
    ),
    Mutant(
        "a pointer without its slash",
        project="items",
        kind="errors",
        promise="pointer is a JSON pointer.",
        edits=(
            Edit(
                "service/model.py",
                '"pointer": "/price"',
                '"pointer": "price"',
            ),
        ),
    ),
    Mutant(
        "a body that is no object is a 500",
        project="items",
        kind="errors",
        promise="A body that isn't an object is a 400.",
        edits=(
            Edit(
                "service/model.py",
                'body.get("price") if isinstance(body, dict) else None',
                'body.get("price")',
            ),
        ),
    ),
    Mutant(
        "too many ETags are a 500",
        project="items",
        kind="errors",
        promise="More than 20 ETags in a header are a 400 that says so.",
        edits=(
            Edit(
                "service/preconditions.py",
                'raise BadRequest([{"in": "header", "pointer": f"/{name}", "detail": f"must have at most '
                '{MOST_TAGS} ETags"}])',
                'raise ValueError(f"{name} must have at most {MOST_TAGS} ETags")',
            ),
        ),
    ),
    Mutant(
        "a reused key is a 409",
        project="items",
        kind="errors",
        promise="A key that came with another body is a 422.",
        edits=(
            Edit(
                "service/errors.py",
                "    status = 422\n",
                "    status = 409\n",
            ),
        ),
    ),
    Mutant(
        "a problem has an id of its own",
        project="items",
        kind="errors",
        promise="instance is the request's id, as the log has it.",
        edits=(
            Edit(
                "service/errors.py",
                "from typing import Any\n",
                "from typing import Any\nfrom uuid import uuid4\n",
            ),
            Edit(
                "service/errors.py",
                'f"urn:uuid:{request_id}"',
                'f"urn:uuid:{uuid4()}"',
            ),
        ),
    ),
    Mutant(
        "a 404 has violations of another form",
        project="items",
        kind="errors",
        promise="A 404 has the fields of a problem and no others.",
        edits=(
            Edit(
                "service/store.py",
                "        if found is None:\n            raise NotFound(_NO_ITEM)\n",
                '        if found is None:\n            raise NotFound(_NO_ITEM, [{"itemId": item_id}])\n',
            ),
        ),
    ),
    Mutant(
        "users read each other's orders",
        project="shop",
        kind="errors",
        promise="A user's order is a 404 for everybody else.",
        edits=(
            Edit(
                "service/orders.py",
                '    if found.get("user") != user:',
                "    if not found:",
            ),
        ),
    ),
    Mutant(
        "errors lack CORS headers",
        project="shop",
        kind="errors",
        promise="A page of an allowed origin can read errors too.",
        edits=(
            Edit(
                "service/operation.py",
                "**response.headers, **_cors(origin)}",
                "**response.headers, **(_cors(origin) if response.status < 400 else {})}",
            ),
        ),
    ),
    Mutant(
        "a 503 tells the SDK's message",
        project="shop",
        kind="errors",
        promise="A 503 says nothing of tables, ARNs and the SDK.",
        edits=(
            Edit(
                "service/table.py",
                '        return Unavailable("The database takes no more requests for now. Try again.")\n',
                '        return Unavailable(f"The database takes no more requests for now: {error}")\n',
            ),
        ),
    ),
    Mutant(
        "a day that there is not is a 500",
        project="hits",
        kind="errors",
        promise="A day that is none is a 400.",
        edits=(
            Edit(
                "openapi.yaml",
                'schema: {type: string, format: date, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}',
                "schema: {type: string}",
            ),
            Edit(
                "service/handlers/get_stats.py",
                "    hour = call.query",
                '    datetime.strptime(day, "%Y-%m-%d")\n    hour = call.query',
            ),
        ),
    ),
    Mutant(
        "a 409 tells the SDK's exception",
        project="orders",
        kind="errors",
        promise="An error says nothing of the SDK.",
        edits=(
            Edit(
                "service/orders.py",
                'raise Conflict("The order is shipped already.") from None',
                'raise Conflict(f"ConditionalCheckFailedException: {failed}: {sorted(failed.item)}") from None',
            ),
        ),
    ),
    Mutant(
        "violations are a 422",
        project="notes",
        kind="errors",
        promise="A request that doesn't keep to the contract is a 400.",
        edits=(
            Edit(
                "service/errors.py",
                "    status = 400\n",
                "    status = 422\n",
            ),
        ),
    ),
)
