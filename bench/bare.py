"""Bare boto3 calls with the service's own client: what the whole stack is measured against.

Runs with the interpreter and the packages of the functions, reads a call and a count per line (``get 100``), answers
with that many durations in microseconds as a JSON list. Started by ``python -m bench``.
"""

import json
import os
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

PROJECT, PACKAGES, ITEM_ID = sys.argv[1:4]
sys.path[:0] = [PROJECT, PACKAGES]
sys.path.remove(str(Path(__file__).parent))


def main() -> None:
    """Serve rounds until standard input ends."""
    from service import dynamodb
    from service.model import new_item
    from service.store import connect

    client, table = connect(), os.environ["ITEMS_TABLE"]

    def get() -> None:
        client.get_item(TableName=table, Key={"itemId": {"S": ITEM_ID}}, ConsistentRead=True)

    def post() -> None:
        item = new_item({"name": "Widget"}, new_id=str(uuid.uuid4()), now=datetime.now(UTC))
        client.put_item(**dynamodb.put_new(table, item))

    def page() -> None:
        client.scan(TableName=table, Limit=25)

    calls = {"get": get, "post": post, "list": page}
    for line in sys.stdin:
        name, count = line.split()
        durations = []
        for _ in range(int(count)):
            start = time.perf_counter()
            calls[name]()
            durations.append((time.perf_counter() - start) * 1e6)
        print(json.dumps(durations), flush=True)


if __name__ == "__main__":
    main()
