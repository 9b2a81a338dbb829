"""Faults of ETags, conditional requests and idempotency keys."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "a change of tags keeps the ETag",
        project="items",
        kind="preconditions",
        promise="Every write changes the ETag and counts version up by one.",
        edits=(
            Edit(
                "service/dynamodb.py",
                '":none": 0, ":one": 1}',
                '":none": 0, ":one": 0 if set(properties) == {"tags"} else 1}',
            ),
        ),
    ),
    Mutant(
        "If-Match counts its first tag only",
        project="items",
        kind="preconditions",
        promise="If-Match takes a list of ETags: one of them is enough.",
        edits=(
            Edit(
                "service/preconditions.py",
                "in _LISTED.findall(header))",
                "in _LISTED.findall(header)[:1])",
            ),
        ),
    ),
    Mutant(
        "a precondition of * is ignored",
        project="items",
        kind="preconditions",
        promise="`If-None-Match: *` only creates, and `If-Match: *` only replaces.",
        edits=(
            Edit(
                "service/preconditions.py",
                "            if tags is None:\n",
                "            if not tags:\n",
            ),
        ),
    ),
    Mutant(
        "a weak tag satisfies If-Match",
        project="items",
        kind="preconditions",
        promise="A weak ETag in If-Match is one that no item has: 412.",
        edits=(
            Edit(
                "service/preconditions.py",
                '"If-Match", weak=False)',
                '"If-Match", weak=True)',
            ),
        ),
    ),
    Mutant(
        "a 304 without its ETag",
        project="items",
        kind="preconditions",
        promise="A 304 has the ETag that the 200 would have had.",
        edits=(
            Edit(
                "service/handlers/get_item.py",
                'None if known else item, {"etag": etag(item)})',
                'None if known else item, {} if known else {"etag": etag(item)})',
            ),
        ),
    ),
    Mutant(
        "DELETE of nothing with If-Match is a 412",
        project="items",
        kind="preconditions",
        promise="Where there is no item to delete the answer is 404, not 412.",
        edits=(
            Edit(
                "service/store.py",
                "            if failed.item:\n",
                "            if failed.item or preconditions.match is not None:\n",
            ),
        ),
    ),
    Mutant(
        "a key compares the names of properties only",
        project="items",
        kind="preconditions",
        promise="An Idempotency-Key that came with another body is a 422.",
        edits=(
            Edit(
                "service/idempotency.py",
                "dict(sorted(body.items()))",
                "sorted(body)",
            ),
        ),
    ),
    Mutant(
        "a key depends on the order of properties",
        project="items",
        kind="preconditions",
        promise="The same key with the same body gets the first answer, in whatever order its properties are.",
        edits=(
            Edit(
                "service/idempotency.py",
                "exact_json.dumps(dict(sorted(body.items())))",
                "exact_json.dumps(dict(body))",
            ),
        ),
    ),
    Mutant(
        "two items within a second share an ETag",
        project="items",
        kind="preconditions",
        promise="An ETag tells an item from another that had its id before, and times have microseconds.",
        edits=(
            Edit(
                "service/handlers/create_item.py",
                "now = datetime.now(UTC)",
                "now = datetime.now(UTC).replace(microsecond=0)",
            ),
        ),
    ),
    Mutant(
        "a receipt is kept of a request that failed",
        project="items",
        kind="preconditions",
        promise="A key's answer is that of the request that made an item; one that failed is not remembered.",
        edits=(
            Edit(
                "openapi.yaml",
                "IdempotencyTable: [PutItem]",
                "IdempotencyTable: [GetItem, PutItem]",
            ),
            Edit(
                "service/store.py",
                "        puts = [dynamodb.put_new(self._table, item), dynamodb.put_receipt(self._receipts, "
                "receipt, item)]\n"
                "        for _ in turns(deadline):\n"
                "            try:\n"
                '                self._call("transact_write_items", {"TransactItems": [{"Put": put} for put in '
                "puts]})\n"
                "            except ClientError as error:\n"
                "                if made := _made_before(error, receipt):\n"
                "                    return made\n"
                "            else:\n"
                "                return item\n"
                "        raise Unavailable(_TOO_BUSY)\n",
                "        try:\n"
                '            self._call("put_item", dynamodb.put_receipt(self._receipts, receipt, item))\n'
                "        except _ConditionFailed:\n"
                '            asked = {"TableName": self._receipts, "Key": {"idempotencyKey": {"S": '
                'receipt.key}}, "ConsistentRead": True}\n'
                '            kept = self._call("get_item", asked)["Item"]\n'
                '            if kept["fingerprint"]["S"] != receipt.fingerprint:\n'
                "                raise KeyReused from None\n"
                '            return to_item(kept["item"]["M"])\n'
                "        self.create(item)\n"
                "        return item\n",
            ),
        ),
    ),
    Mutant(
        "users share idempotency keys",
        project="shop",
        kind="preconditions",
        promise="A key is a user's own: two users with the same key have two orders.",
        edits=(
            Edit(
                "service/model.py",
                'f"order:{user}:{key}"',
                'f"order:{key}"',
            ),
        ),
    ),
    Mutant(
        "a replayed order is not told",
        project="shop",
        kind="preconditions",
        promise="A replayed answer says Idempotency-Replayed.",
        edits=(
            Edit(
                "service/orders.py",
                "            return shown(made, ORDER), True",
                '            return shown(made, ORDER), made["createdAt"] == timestamp(now)',
            ),
        ),
    ),
    Mutant(
        "a key compares customer and note only",
        project="orders",
        kind="preconditions",
        promise="A key that came with another body before is a 422.",
        edits=(
            Edit(
                "service/model.py",
                "exact_json.dumps(_sorted(body))",
                'exact_json.dumps({name: body[name] for name in ("customer", "note") if name in body})',
            ),
        ),
    ),
    Mutant(
        "a weak tag satisfies an order's If-Match",
        project="orders",
        kind="preconditions",
        promise="A weak ETag in If-Match matches nothing.",
        edits=(
            Edit(
                "service/model.py",
                "_LISTED.findall(header) if not weak]",
                "_LISTED.findall(header)]",
            ),
        ),
    ),
    Mutant(
        "If-Match counts its last tag only",
        project="orders",
        kind="preconditions",
        promise="If-Match takes a list of ETags: one of them is enough.",
        edits=(
            Edit(
                "service/orders.py",
                "version IN ({', '.join(wanted)})\")",
                'version IN ({list(wanted)[-1]})")',
            ),
            Edit(
                "service/orders.py",
                '    conditions = ["attribute_exists(orderId)"',
                '    wanted = dict(list(wanted.items())[-1:])\n    conditions = ["attribute_exists(orderId)"',
            ),
        ),
    ),
    Mutant(
        "an ETag is made of the title",
        project="notes",
        kind="preconditions",
        promise="An ETag tells a version of a note from every other, also from those of a note that had its name "
        "before.",
        edits=(
            Edit(
                "service/handlers/put_note.py",
                "from uuid import uuid4\n",
                "",
            ),
            Edit(
                "service/handlers/put_note.py",
                "from datetime import UTC, datetime\n",
                "import hashlib\nfrom datetime import UTC, datetime\n",
            ),
            Edit(
                "service/handlers/put_note.py",
                "uuid4().hex",
                'hashlib.md5(str(call.body["title"]).encode()).hexdigest()',
            ),
        ),
    ),
    Mutant(
        "a weak tag does not match If-None-Match",
        project="notes",
        kind="preconditions",
        promise="GET answers If-None-Match by the note's ETag, weak or not.",
        edits=(
            Edit(
                "service/handlers/get_note.py",
                "weak=True",
                "weak=False",
            ),
        ),
    ),
)
