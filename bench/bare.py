"""A bare boto3 GetItem loop with the service's own client: what the whole stack is measured against.

Runs with the interpreter and the packages of the functions, reads a count per line, answers with that many durations
in microseconds as a JSON list. Started by ``python -m bench``.
"""

import json
import os
import sys
import time
from pathlib import Path

PROJECT, PACKAGES = sys.argv[1:3]
sys.path[:0] = [PROJECT, PACKAGES]
sys.path.remove(str(Path(__file__).parent))


def main() -> None:
    """Serve rounds until standard input ends."""
    from service.store import connect

    client, table, key = connect(), os.environ["ITEMS_TABLE"], {"itemId": {"S": sys.argv[3]}}
    for line in sys.stdin:
        durations = []
        for _ in range(int(line)):
            start = time.perf_counter()
            client.get_item(TableName=table, Key=key, ConsistentRead=True)
            durations.append((time.perf_counter() - start) * 1e6)
        print(json.dumps(durations), flush=True)


if __name__ == "__main__":
    main()
