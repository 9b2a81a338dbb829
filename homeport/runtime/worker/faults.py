"""Decides which faults happen to calls to AWS, attempt by attempt, by the rules of ``homeport/runtime/faults.py``.

An outcome is a value: ``botocore_faults.py`` carries it out for a function of Python, ``homeport/runtime/front/`` for
any other one.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .authorization import DynamoDBAnswer
from .held_call import wait_until_released
from .service_answer import ServiceErrorAnswer

Items = dict[str, Any]
Rule = Mapping[str, Any]

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems"})


@dataclass(frozen=True)
class ChangedRequest:
    """A request that is sent with other ``members``: a part of a batch, or a page with fewer items.

    ``unprocessed`` are the items that a successful response names, by its member for them.
    """

    members: Items
    unprocessed: Mapping[str, Items] = field(default_factory=dict)

    def request_body(self, body: bytes) -> bytes:
        """Return the body of the request to send, in place of the function's."""
        return json.dumps({**json.loads(body), **self.members}).encode()

    def content(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of the response, from what DynamoDB answered to that request."""
        added = {member: {**content.get(member, {}), **items} for member, items in self.unprocessed.items()}
        return {**content, **added}


@dataclass(frozen=True)
class NoAnswer:
    """A connection on which nothing comes back. ``done`` says that the request is processed nevertheless."""

    done: bool


Outcome = DynamoDBAnswer | ChangedRequest | NoAnswer
ServiceOutcome = ServiceErrorAnswer | NoAnswer


class FaultInjector:
    """The faults of one environment. ``log`` gets a line about each fault that happens.

    ``function`` is AWS's name of the function.
    """

    def __init__(self, log: Callable[[str], None], function: str = "") -> None:
        self._log = log
        self._function = function
        self._order: Mapping[str, Any] | None = None
        self._attempts = itertools.count(1)
        self._request_id = ""

    def set(self, order: Mapping[str, Any] | None, request_id: str = "") -> None:
        """Inject the faults of ``order`` from now on, None for none: its ``rules``, ``seed``, and ``call``, a number.

        ``request_id`` is that of the invocation.
        """
        self._order = order
        self._request_id = request_id
        if order is not None:
            self._attempts = itertools.count(1)

    def apply(self, operation: str, arns: Sequence[str], body: Mapping[str, Any]) -> Outcome | None:
        """Return the fault that is due, or None to send the request; wait where it has to.

        ``arns`` are the tables and indexes that the request works on, ``body`` is its body.
        """
        if self._order is None:
            return None
        seed, call, attempt = self._order["seed"], self._order["call"], next(self._attempts)
        for rule in self._order["rules"]:
            if "service" in rule:
                continue
            matching = [arn for arn in arns if fnmatchcase(arn.partition(":table/")[2], rule["on"])]
            if operation not in rule["actions"] or not matching:
                continue
            if draw(f"{seed}/{call}/{attempt}/{rule['text']}") >= rule["probability"]:
                continue
            if "held" in rule:
                wait_until_released(rule["held"], self._held_call(operation, matching[0], body))
                continue
            self._log(f"homeport: fault {rule['text']} on {operation} (attempt {attempt} of this invocation's)")
            if "latency" in rule:
                time.sleep(rule["latency"])
            else:
                return _outcome(rule, operation, matching, body)
        return None

    def apply_service(self, service: str, operation: str, actions: Collection[str]) -> ServiceOutcome | None:
        """Return the fault that is due to a call to another service, or None to send it; wait where it has to.

        ``service`` is IAM's name of it, ``actions`` the permissions that the call needs (``s3:ListBucket``).
        """
        rules = () if self._order is None else self._order["rules"]
        rules = [rule for rule in rules if rule.get("service") == service]
        if not rules or self._order is None:
            return None
        seed, call, attempt = self._order["seed"], self._order["call"], next(self._attempts)
        named = {"*", operation, *(action.partition(":")[2] for action in actions)}
        for rule in rules:
            if rule["action"] not in named or draw(f"{seed}/{call}/{attempt}/{rule['text']}") >= rule["probability"]:
                continue
            self._log(f"homeport: fault {rule['text']} on {operation} (attempt {attempt} of this invocation's)")
            if "latency" in rule:
                time.sleep(rule["latency"])
            elif "error" in rule:
                error = rule["error"]
                return ServiceErrorAnswer(service, error["code"], error["message"], error["status"])
            else:
                return NoAnswer(rule["silent"] == "done")
        return None

    def _held_call(self, operation: str, arn: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "action": operation,
            "table": arn.partition(":table/")[2].partition("/")[0],
            "function": self._function,
            "requestId": self._request_id,
            "body": body,
        }


def draw(text: str) -> float:
    """Return a number from 0 up to 1, the same for the same text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") / (1 << 64)


def split_batch(
    operation: str, requested: Mapping[str, Any], tables: Collection[str], share: float
) -> tuple[Items, Items]:
    """Split a batch's ``RequestItems`` into those that are processed and those that are not.

    Not processed is a share, rounded up, at the end of each of the ``tables``.
    """
    processed: Items = {}
    unprocessed: Items = {}
    for name, part in requested.items():
        entries = part["Keys"] if operation == "BatchGetItem" else part
        end = len(entries) - (math.ceil(len(entries) * share) if name in tables else 0)
        for target, some in ((processed, entries[:end]), (unprocessed, entries[end:])):
            if some:
                target[name] = {**part, "Keys": some} if operation == "BatchGetItem" else some
    return processed, unprocessed


def _outcome(rule: Rule, operation: str, arns: Sequence[str], body: Mapping[str, Any]) -> Outcome | None:
    if "error" in rule:
        return _error_answer(rule["error"], operation, arns, body)
    if "unprocessed" in rule:
        return _part_of_batch(rule, operation, arns, body)
    if "page" in rule:
        # A page that is as short already stays as it is.
        return ChangedRequest({"Limit": rule["page"]}) if body.get("Limit", math.inf) > rule["page"] else None
    return NoAnswer(rule["silent"] == "done")


def _part_of_batch(rule: Rule, operation: str, arns: Sequence[str], body: Mapping[str, Any]) -> Outcome | None:
    names = {arn.partition(":table/")[2] for arn in arns} | set(arns)
    processed, unprocessed = split_batch(operation, body["RequestItems"], names, rule["unprocessed"])
    if not unprocessed:
        return None
    if not processed:
        return _error_answer(rule["nothing"], operation, arns, body)
    member = "UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems"
    return ChangedRequest({"RequestItems": processed}, {member: unprocessed})


def _error_answer(error: Rule, operation: str, arns: Sequence[str], body: Mapping[str, Any]) -> DynamoDBAnswer:
    on_index = "/index/" in arns[0]
    message = error["on_index" if on_index else "message"]
    content: dict[str, Any] = {"__type": error["type"]}
    if "canceled" in error:
        reasons = _cancellation_reasons(error["canceled"], body)
        content["CancellationReasons"] = reasons
        message = f"{message} [{', '.join(reason['Code'] for reason in reasons)}]"
    if "limit" in error:
        reason = f"{'Index' if on_index else 'Table'}{'Read' if operation in _READS else 'Write'}{error['limit']}"
        content[error["reasons"]] = [{"reason": reason, "resource": arns[0]}]
    return DynamoDBAnswer(error["status"], {**content, error["key"]: message})


def _cancellation_reasons(reason: Mapping[str, str], body: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return a reason for each item of a transaction, which is canceled because of the first one."""
    items = body.get("TransactItems") or body.get("TransactStatements") or [None]
    return [reason, *({"Code": "None"} for _ in items[1:])]
