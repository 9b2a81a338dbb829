"""Faults that show when the database is busy or silent."""

from __future__ import annotations

from tests.contract_kit.mutants.mutant import Edit, Mutant

FAULTS = (
    Mutant(
        "throttling is a 500",
        project="items",
        kind="under-faults",
        promise="A database that takes no more requests is a 503 with Retry-After.",
        edits=(
            Edit(
                "service/store.py",
                '        "ProvisionedThroughputExceededException",\n',
                "",
            ),
            Edit(
                "service/store.py",
                '        "ThrottlingException",\n',
                "",
            ),
        ),
    ),
    Mutant(
        "a throttled list is an empty page",
        project="items",
        kind="under-faults",
        promise="A list that can't be read is a 503, not an empty page.",
        edits=(
            Edit(
                "service/store.py",
                '        return _page(self._call("scan", dynamodb.scan(self._table, limit + 1, after)), limit)',
                "        try:\n"
                '            return _page(self._call("scan", dynamodb.scan(self._table, limit + 1, after)), '
                "limit)\n"
                "        except Unavailable:\n"
                "            return [], None",
            ),
        ),
    ),
    Mutant(
        "a repeated creation is a 409",
        project="items",
        kind="under-faults",
        promise="A POST whose database answer got lost and that botocore repeats is still a 201.",
        edits=(
            Edit(
                "service/store.py",
                "            # Whoever changed it since left the time of its creation.\n"
                '            if not (failed.retried and failed.item.get("createdAt") == item["createdAt"]):\n'
                "                raise Conflict(_TAKEN) from None\n",
                "            raise Conflict(_TAKEN) from failed\n",
            ),
        ),
    ),
    Mutant(
        "a repeated update is written twice",
        project="items",
        kind="under-faults",
        promise="A write that got through isn't made again: one write, one version.",
        edits=(
            Edit(
                "service/store.py",
                "                if failed.retried and {**there, **properties} == there:\n"
                "                    return there\n",
                "",
            ),
        ),
    ),
    Mutant(
        "a repeated deletion is a 404",
        project="items",
        kind="under-faults",
        promise="A DELETE whose database answer got lost and that botocore repeats is still a 204.",
        edits=(
            Edit(
                "service/store.py",
                "            if not failed.retried:\n                raise NotFound(_NO_ITEM) from None\n",
                "            raise NotFound(_NO_ITEM) from None\n",
            ),
        ),
    ),
    Mutant(
        "unprocessed keys are dropped",
        project="items",
        kind="under-faults",
        promise="An id is in missing only if there is no such item; what can't be read in time is a 503.",
        edits=(
            Edit(
                "service/store.py",
                '            asked = reply.get("UnprocessedKeys")\n            if not asked:\n                return',
                "            if reply:\n                return",
            ),
        ),
    ),
    Mutant(
        "only the last part of a batch is answered",
        project="items",
        kind="under-faults",
        promise="A batch that DynamoDB answers in two parts is complete.",
        edits=(
            Edit(
                "service/store.py",
                "            found += [to_item(attributes) for",
                "            found = [to_item(attributes) for",
            ),
        ),
    ),
    Mutant(
        "Retry-After is 0",
        project="items",
        kind="under-faults",
        promise="A 503 says after how many seconds, 1 to 60, to try again.",
        edits=(
            Edit(
                "service/errors.py",
                "    retry_after = 1\n",
                "    retry_after = 0\n",
            ),
        ),
    ),
    Mutant(
        "a throttled transaction is a 409",
        project="items",
        kind="under-faults",
        promise="A transaction that was cancelled because DynamoDB is busy is tried again, then a 503.",
        edits=(
            Edit(
                "service/store.py",
                '    if (item["Code"], kept["Code"]) == ("ConditionalCheckFailed", "None"):\n',
                '    if item["Code"] != "None":\n',
            ),
        ),
    ),
    Mutant(
        "a change of the stock is sent three times",
        project="shop",
        kind="under-faults",
        promise="A change of the stock whose answer got lost counts at most once.",
        edits=(
            Edit(
                "service/table.py",
                "connect(attempts=1)",
                "connect(attempts=3)",
            ),
        ),
    ),
    Mutant(
        "products that were not read are sold out",
        project="shop",
        kind="under-faults",
        promise="What can't be read in time is a 503, not a sold-out product.",
        edits=(
            Edit(
                "service/table.py",
                '        if reply.get("UnprocessedKeys"):\n'
                '            raise Unavailable("The database takes no more requests for now. Try again.")\n',
                "",
            ),
        ),
    ),
    Mutant(
        "a checkout empties the cart afterwards",
        project="shop",
        kind="under-faults",
        promise="Checking out is all or nothing: order, stock and cart.",
        edits=(
            Edit(
                "service/orders.py",
                "        if table.transact(_writes(order)):\n",
                "        if table.transact(_writes(order)[: len(lines) + 1]):\n"
                "            for line in lines:\n"
                '                table.delete(line_key(user, line["productId"]))\n',
            ),
        ),
    ),
    Mutant(
        "the SDK repeats an increment",
        project="hits",
        kind="under-faults",
        promise="A hit of 200 was counted exactly once.",
        edits=(
            Edit(
                "service/store.py",
                'retries={"total_max_attempts": 1}',
                'retries={"mode": "standard", "total_max_attempts": 3}',
            ),
        ),
    ),
    Mutant(
        "an increment without an answer is repeated",
        project="hits",
        kind="under-faults",
        promise="A hit of 200 was counted exactly once.",
        edits=(
            Edit(
                "service/store.py",
                "            except BotoCoreError as error:\n                raise Unavailable(_SILENT) from error\n",
                "            except BotoCoreError:\n                continue\n",
            ),
        ),
    ),
    Mutant(
        "a hit that was not counted is a 200",
        project="hits",
        kind="under-faults",
        promise="An answer of 200 was counted.",
        edits=(
            Edit(
                "service/handlers/count_hit.py",
                "    hits.count(hit, random.randrange(SHARDS), call.deadline)\n",
                "    with suppress(Unavailable):\n        hits.count(hit, random.randrange(SHARDS), call.deadline)\n",
            ),
            Edit(
                "service/handlers/count_hit.py",
                "import random\n",
                "import random\nfrom contextlib import suppress\n",
            ),
            Edit(
                "service/handlers/count_hit.py",
                "from service.operation import operation\n",
                "from service.errors import Unavailable\nfrom service.operation import operation\n",
            ),
        ),
    ),
    Mutant(
        "a write without an answer is repeated",
        project="orders",
        kind="under-faults",
        promise="A write that may have been made isn't sent again: one PATCH, one version.",
        edits=(
            Edit(
                "service/table.py",
                "            except BotoCoreError as error:\n"
                '                raise Unavailable("The database doesn\'t answer. Try again.") from error\n',
                "            except BotoCoreError:\n                continue\n",
            ),
        ),
    ),
    Mutant(
        "a list that was not read is empty",
        project="notes",
        kind="under-faults",
        promise="A list that can't be read is a 503.",
        edits=(
            Edit(
                "service/handlers/list_notes.py",
                '    page, cursor = notes.page(query.get("tag"), query["limit"], query.get("cursor"), call.deadline)\n',
                "    try:\n"
                '        page, cursor = notes.page(query.get("tag"), query["limit"], query.get("cursor"), '
                "call.deadline)\n"
                "    except Unavailable:\n"
                "        page, cursor = [], None\n",
            ),
            Edit(
                "service/handlers/list_notes.py",
                "from service import notes\n",
                "from service import notes\nfrom service.errors import Unavailable\n",
            ),
        ),
    ),
)
