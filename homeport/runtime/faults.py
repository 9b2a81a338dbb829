"""The errors that DynamoDB can answer with, as it words them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors

Faults on demand: what is to go wrong with DynamoDB, where and how often, as frozen values.

One is written ``TARGET=KIND[:ARGUMENT][@PROBABILITY]``: ``ItemsTable.PutItem=ProvisionedThroughputExceeded@0.1``.
``worker/faults.py`` carries them out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.errors import HomeportError
from homeport.project.model import Resources, Stage
from homeport.project.names import did_you_mean

_DYNAMODB = "com.amazonaws.dynamodb.v20120810"
_SERVICE = "com.amazon.coral.service"
_AVAILABILITY = "com.amazon.coral.availability"
_VALIDATION = "com.amazon.coral.validate"

TRANSACTION_CANCELED = "TransactionCanceledException"
# What they say stands under `Message`, elsewhere it is `message`: DynamoDB's API model.
_CAPITAL = frozenset(
    (
        TRANSACTION_CANCELED,
        "AccessDeniedException",
        "IdempotentParameterMismatchException",
        "TransactionInProgressException",
    )
)
_TABLE_BUSY = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
_INDEX_BUSY = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
    "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with "
    "the UpdateTable API"
)
_SCALING = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_ACCOUNT_BUSY = (
    "Throughput exceeds the current throughput limit for your account. Please contact AWS Support at "
    "https://aws.amazon.com/support request a limit increase"
)


@dataclass(frozen=True, slots=True)
class _Error:
    """``on_index`` is the message where an index is meant. ``limit`` is what was reached, told under ``reasons``.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html
    """

    message: str
    namespace: str = _DYNAMODB
    status: int = 400
    on_index: str = ""
    limit: str = ""
    reasons: str = ""


ERRORS: Mapping[str, _Error] = {
    "AccessDeniedException": _Error("You don't have permission to perform this operation.", _SERVICE),
    "ConditionalCheckFailedException": _Error("The conditional request failed"),
    "DuplicateItemException": _Error("Duplicate primary key exists in table"),
    "ExpiredTokenException": _Error("The security token included in the request is expired", _SERVICE),
    "IdempotentParameterMismatchException": _Error(
        "ClientRequestToken used with different parameters within the idempotency period"
    ),
    "InternalServerError": _Error("Internal server error", status=500),
    "ItemCollectionSizeLimitExceededException": _Error("Collection size exceeded."),
    "LimitExceededException": _Error("Too many operations for a given subscriber."),
    "ProvisionedThroughputExceededException": _Error(
        _TABLE_BUSY, on_index=_INDEX_BUSY, limit="ProvisionedThroughputExceeded", reasons="ThrottlingReasons"
    ),
    "ReplicatedWriteConflictException": _Error("Another request is changing this item. Retry the request.", status=409),
    "RequestLimitExceeded": _Error(_ACCOUNT_BUSY, limit="AccountLimitExceeded", reasons="ThrottlingReasons"),
    "ResourceInUseException": _Error("The resource which you are attempting to change is in use."),
    "ResourceNotFoundException": _Error("Requested resource not found"),
    "ServiceUnavailable": _Error("DynamoDB is currently unavailable.", _AVAILABILITY, status=503),
    "ThrottlingException": _Error(
        _SCALING, _AVAILABILITY, limit="KeyRangeThroughputExceeded", reasons="throttlingReasons"
    ),
    TRANSACTION_CANCELED: _Error("Transaction cancelled, please refer cancellation reasons for specific reasons"),
    "TransactionConflictException": _Error("Transaction is ongoing for the item"),
    "TransactionInProgressException": _Error("The transaction with the given request token is already in progress."),
    "UnrecognizedClientException": _Error("The security token included in the request is invalid.", _SERVICE),
    "ValidationException": _Error("One or more parameter values were invalid", _VALIDATION),
}

# Why DynamoDB cancels a transaction, and what it says of that item.
REASONS: Mapping[str, str] = {
    "ConditionalCheckFailed": "The conditional request failed",
    "ItemCollectionSizeLimitExceeded": "Collection size exceeded.",
    "ProvisionedThroughputExceeded": _TABLE_BUSY,
    "ThrottlingError": _SCALING,
    "TransactionConflict": "Transaction is ongoing for the item",
    "ValidationError": "One or more parameter values were invalid.",
}


def find_error(name: str) -> str | None:
    """The code that a name stands for, which may lack ``Exception`` at its end."""
    return next((code for code in (name, f"{name}Exception") if code in ERRORS), None)


def error_rule(code: str, reason: str = "") -> Mapping[str, Any]:
    """An error as workers are told of it, in JSON values. ``reason`` is that of a canceled transaction."""
    error = ERRORS[code]
    order: dict[str, Any] = {
        "status": error.status,
        "type": f"{error.namespace}#{code}",
        "key": "Message" if code in _CAPITAL else "message",
        "message": error.message,
        "on_index": error.on_index or error.message,
    }
    if error.limit:
        order |= {"limit": error.limit, "reasons": error.reasons}
    if reason:
        order["canceled"] = {"Code": reason, "Message": REASONS[reason]}
    return order


ANY = "*"
BATCHES = ("BatchGetItem", "BatchWriteItem")
TRANSACTIONS = ("ExecuteTransaction", "TransactGetItems", "TransactWriteItems")
ACTIONS = (
    *BATCHES,
    *TRANSACTIONS,
    *("BatchExecuteStatement", "DeleteItem", "DescribeTable", "ExecuteStatement", "GetItem", "ListTables", "PutItem"),
    *("Query", "Scan", "UpdateItem"),
)
_KINDS = ("latency", "timeout", "lost", "unprocessed")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
# The longest that a function can run: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST = 900.0
_EXAMPLE = "write TARGET=KIND@PROBABILITY, as in NotesTable.PutItem=ThrottlingException@0.1"


class FaultError(HomeportError):
    """What was written is no fault."""


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """DynamoDB answers with an error. ``reason`` is that of a canceled transaction."""

    code: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """The request takes so many seconds longer."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer comes, until the client gives up; ``done``: though DynamoDB did what it was asked for."""

    done: bool


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """A share of a batch is left unprocessed."""

    share: float


Effect = ErrorAnswer | Latency | NoAnswer | Unprocessed


@dataclass(frozen=True, slots=True)
class Fault:
    """``table`` is a logical id, ``index`` one of its indexes, "" for the table itself; ``action`` is DynamoDB's
    operation. Each of them may be ``*``. ``text`` is how it was written.
    """

    table: str
    index: str
    action: str
    effect: Effect
    probability: float
    text: str


@dataclass(frozen=True, slots=True)
class Faults:
    """All that is to go wrong. With the same ``seed`` the same calls of the same requests do."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0


class InvocationFaults:
    """What invocations are told to have gone wrong: each gets the order and its own number."""

    def __init__(self) -> None:
        self._order: Mapping[str, Any] | None = None
        self._numbers = itertools.count(1)

    def set(self, order: Mapping[str, Any] | None) -> None:
        """Have the next invocations told so, counted from 1 again."""
        self._numbers = itertools.count(1)
        self._order = order

    def of_next(self) -> Mapping[str, Any] | None:
        """The order for one more invocation; None where nothing is to go wrong."""
        order = self._order
        return None if order is None else {**order, "call": next(self._numbers)}


def parse_fault(text: str) -> Fault:
    """One fault. Raises FaultError."""
    target, separator, rest = text.partition("=")
    if not separator or not target or not rest:
        raise _wrong(text, "has no target or no kind", _EXAMPLE)
    table, index, action = _target(text, target)
    kind, at, probability = rest.partition("@")
    chance = _number(text, probability, "probability") if at else 1.0
    effect = _effect(text, *kind.partition(":")[::2])
    if action not in (ANY, *_possible(effect)):
        raise _wrong(text, f"can't happen to {action}", f"it happens to {', '.join(_possible(effect))}")
    return Fault(table, index, action, effect, chance, text)


def check_faults(faults: Faults, resources: Resources) -> None:
    """Raise FaultError for a table or an index that deploy/resources.yaml does not create."""
    for fault in faults.faults:
        table = resources.tables.get(fault.table)
        if table is None:
            if fault.table != ANY:
                raise _wrong(
                    fault.text, f"names the table {fault.table!r}", did_you_mean(fault.table, resources.tables)
                )
        elif fault.index not in ("", ANY, *table.indexes):
            raise _wrong(fault.text, f"names the index {fault.index!r}", did_you_mean(fault.index, table.indexes))


def fault_rules(faults: Faults, stage: Stage) -> Mapping[str, Any] | None:
    """What workers are told, as JSON values with the tables' names in a stage; None where nothing is to go wrong."""
    if not faults.faults:
        return None
    return {"seed": faults.seed, "rules": [_rule(fault, stage) for fault in faults.faults]}


def _rule(fault: Fault, stage: Stage) -> Mapping[str, Any]:
    name = ANY if fault.table == ANY else stage.table_name(fault.table)
    on = ANY if name == ANY and not fault.index else f"{name}/index/{fault.index}" if fault.index else name
    actions = _possible(fault.effect) if fault.action == ANY else (fault.action,)
    rule: dict[str, Any] = {"text": fault.text, "on": on, "actions": list(actions), "probability": fault.probability}
    return {**rule, **_effect_order(fault.effect)}


def _effect_order(effect: Effect) -> Mapping[str, Any]:
    match effect:
        case ErrorAnswer(code, reason):
            return {"error": error_rule(code, reason)}
        case Latency(seconds):
            return {"latency": seconds}
        case NoAnswer(done):
            return {"silent": "done" if done else "undone"}
        case Unprocessed(share):
            # "If none of the items can be processed … BatchGetItem returns a ProvisionedThroughputExceededException."
            # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
            return {"unprocessed": share, "nothing": error_rule("ProvisionedThroughputExceededException")}


def _possible(effect: Effect) -> Sequence[str]:
    """The operations that it can happen to."""
    if isinstance(effect, Unprocessed):
        return BATCHES
    return TRANSACTIONS if isinstance(effect, ErrorAnswer) and effect.code == TRANSACTION_CANCELED else ACTIONS


def _target(text: str, target: str) -> tuple[str, str, str]:
    head, dot, last = target.rpartition(".")
    if dot and last in (ANY, *ACTIONS):
        place, action = head, last
    elif dot and "/" not in target:
        raise _wrong(text, f"names {last!r}, which is no action on DynamoDB items", did_you_mean(last, ACTIONS))
    else:
        # An index may have dots in its name.
        place, action = target, ANY
    table, slash, index = place.partition("/")
    if not table or (slash and not index):
        raise _wrong(text, f"has the target {target!r}", "write TABLE, TABLE/INDEX or *, then .ACTION if wanted")
    return table, index, action


def _effect(text: str, kind: str, argument: str) -> Effect:
    if kind == "latency":
        return Latency(_seconds(text, argument))
    if kind == "unprocessed":
        return Unprocessed(_share(text, argument))
    if kind in ("timeout", "lost"):
        effect: Effect = NoAnswer(done=kind == "lost")
    else:
        code = find_error(kind)
        if code is None:
            raise _wrong(text, f"names {kind!r}, which is no error of DynamoDB", did_you_mean(kind, (*ERRORS, *_KINDS)))
        if code == TRANSACTION_CANCELED:
            return ErrorAnswer(code, _reason(text, argument or "TransactionConflict"))
        effect = ErrorAnswer(code)
    if argument:
        raise _wrong(text, f"gives {kind} an argument", f"write {kind} alone")
    return effect


def _reason(text: str, reason: str) -> str:
    if reason not in REASONS:
        raise _wrong(text, f"names {reason!r}, no reason to cancel a transaction", did_you_mean(reason, REASONS))
    return reason


def _seconds(text: str, argument: str) -> float:
    found = _DURATION.fullmatch(argument)
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1) if found else 0.0
    if not 0 < seconds <= _LONGEST:
        raise _wrong(text, f"has the latency {argument!r}", "write latency:200ms or latency:1.5s, up to 900s")
    return seconds


def _share(text: str, argument: str) -> float:
    return _number(text, argument, "share") if argument else 0.5


def _number(text: str, number: str, name: str) -> float:
    if re.fullmatch(r"\d*\.?\d+", number) and 0 < float(number) <= 1:
        return float(number)
    raise _wrong(text, f"has the {name} {number!r}", "write a number above 0, up to 1")


def _wrong(text: str, message: str, hint: str) -> FaultError:
    return FaultError(f"the fault {text!r} {message}", hint)
