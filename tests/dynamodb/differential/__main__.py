"""Compare the embedded engine with another DynamoDB: ``python -m tests.dynamodb.differential --url URL``.

Exit status 1 if a difference has no explanation in ``explained``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from homeport.dynamodb.client import dynamodb_client
from tests.dynamodb.differential.explained import EXPLAINED, Outcome, Pair
from tests.dynamodb.differential.generator import CREATE, ITEMS, TABLE, Generator, Request
from tests.support.dynamodb import running_engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_LEFT_OUT = ("ResponseMetadata", "ConsumedCapacity")


def main(arguments: list[str]) -> int:
    """Run the cases, print every difference without an explanation, and the numbers of the others."""
    parser = argparse.ArgumentParser(prog="python -m tests.dynamodb.differential")
    parser.add_argument("--url", required=True, help="the endpoint of the other DynamoDB")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=400)
    options = parser.parse_args(arguments)
    sources = {each.name: f" ({each.source})" for each in EXPLAINED}
    with running_engine() as stand:
        ours, theirs = stand.client(), dynamodb_client(options.url, "us-east-1")
        for client in (ours, theirs):
            with contextlib.suppress(ClientError):
                client.delete_table(TableName=TABLE)
            client.create_table(**CREATE)
        unexplained, counts = compare(ours, theirs, options.seed, options.cases)
    for name, count in counts.most_common():
        print(f"{count:5} {name}{sources.get(name, '')}")
    print(f"{options.cases} cases of seed {options.seed}: {unexplained} differences without an explanation")
    return 1 if unexplained else 0


def compare(ours: DynamoDBClient, theirs: DynamoDBClient, seed: int, cases: int) -> tuple[int, Counter[str]]:
    """Return the number of differences without an explanation, and the numbers of the cases by their outcome."""
    generator = Generator(seed)
    counts: Counter[str] = Counter()
    unexplained = 0
    for number in range(cases):
        action, request = generator.request()
        outcomes = []
        for client in (ours, theirs):
            for item in ITEMS:
                client.put_item(TableName=TABLE, Item=item)
            client.delete_item(TableName=TABLE, Key={"pk": {"S": "q"}, "sk": {"N": "2"}})
            first = outcome(client, action, request)
            after = outcome(client, "scan", {"TableName": TABLE})
            outcomes.append((first, after))
            _clean(client)
        (mine, mine_after), (other, other_after) = outcomes
        if mine == other and mine_after == other_after:
            counts["the same error" if mine.error else "the same answer"] += 1
            continue
        name = next((each.name for each in EXPLAINED if each.matches(Pair(action, request, mine, other))), None)
        if name is None:
            unexplained += 1
            print(f"case {number}: {action} {json.dumps(request, default=str)}\n  ours:   {mine}\n  theirs: {other}")
            for text, there in _different(mine_after, other_after):
                print(f"  {'ours' if there else 'theirs'} alone then: {text}")
        counts[name or "without an explanation"] += 1
    return unexplained, counts


def _different(ours: Outcome, theirs: Outcome) -> list[tuple[str, bool]]:
    """Return the items that only one of two tables has, with True for one of ours."""
    mine, other = ({_text(item) for item in each.content["Items"]} for each in (ours, theirs))
    return [(item, item in mine) for item in sorted(mine ^ other)]


def _clean(client: Any) -> None:
    for item in client.scan(TableName=TABLE, ProjectionExpression="pk, sk")["Items"]:
        client.delete_item(TableName=TABLE, Key=item)


def outcome(client: Any, action: str, request: Request) -> Outcome:
    """Send a request and return what came of it, in an order that does not count."""
    try:
        answer: Any = getattr(client, action)(**request)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons")
        return Outcome(error.response["Error"]["Code"], reasons or error.response["Error"].get("Message"))
    answer = _plain({name: part for name, part in answer.items() if name not in _LEFT_OUT})
    if action in ("scan", "execute_statement") and "Items" in answer:
        answer["Items"].sort(key=_text)
    if action == "batch_get_item":
        for found in answer["Responses"].values():
            found.sort(key=_text)
    return Outcome("", answer)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _plain(value: Any) -> Any:
    """Return an answer with sets and the items of batches in order."""
    if isinstance(value, dict):
        plain = {name: _plain(part) for name, part in value.items()}
        return {name: sorted(part, key=repr) if name in ("SS", "NS", "BS") else part for name, part in plain.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
