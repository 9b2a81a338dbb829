"""Faults on demand: what is to go wrong with DynamoDB, where and how often, as frozen values.

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
from homeport.runtime.fault_answers import ERRORS, REASONS, TRANSACTION_CANCELED, error_order, find_error
from homeport.spec.names import did_you_mean
from homeport.spec.resources import Resources
from homeport.spec.stage import Stage

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


class DueFaults:
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


def fault_order(faults: Faults, stage: Stage) -> Mapping[str, Any] | None:
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
            return {"error": error_order(code, reason)}
        case Latency(seconds):
            return {"latency": seconds}
        case NoAnswer(done):
            return {"silent": "done" if done else "undone"}
        case Unprocessed(share):
            # "If none of the items can be processed … BatchGetItem returns a ProvisionedThroughputExceededException."
            # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
            return {"unprocessed": share, "nothing": error_order("ProvisionedThroughputExceededException")}


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


def _wrong(text: str, message: str, cure: str) -> FaultError:
    return FaultError(f"the fault {text!r} {message}", cure)
