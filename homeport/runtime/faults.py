"""Faults on demand: what goes wrong with DynamoDB and other services, where and how often, as frozen values.

A fault is written ``TARGET=KIND[:ARGUMENT][@PROBABILITY]``: ``ItemsTable.PutItem=ProvisionedThroughputExceeded@0.1``,
``sqs:SendMessage=throttled``. ``worker/faults.py`` injects it. ``dynamodb_errors.py`` has the errors of DynamoDB,
``service_errors.py`` those of the other services.

``control.py`` sets the faults of a running stack.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.errors import HomeportError
from homeport.project.aws_services import SERVICES
from homeport.project.model import Resources, Table
from homeport.project.names import did_you_mean
from homeport.runtime.dynamodb_errors import ERRORS, REASONS, TRANSACTION_CANCELED, error_rule, find_error
from homeport.runtime.service_errors import SERVICE_KINDS, service_error

ANY = "*"
BATCHES = ("BatchGetItem", "BatchWriteItem")
TRANSACTIONS = ("ExecuteTransaction", "TransactGetItems", "TransactWriteItems")
ACTIONS = (
    *BATCHES,
    *TRANSACTIONS,
    *("BatchExecuteStatement", "DeleteItem", "DescribeTable", "ExecuteStatement", "GetItem", "ListTables", "PutItem"),
    *("Query", "Scan", "UpdateItem"),
)
_PAGES = ("Query", "Scan")
_KINDS = ("latency", "timeout", "lost", "unprocessed", "page")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
# The longest that a function can run: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST = 900.0
_OPERATION = re.compile(r"[A-Z][A-Za-z0-9]{1,63}")
_CODE = re.compile(r"[A-Z][A-Za-z0-9.]{2,79}")
_EXAMPLE = "write TARGET=KIND@PROBABILITY, as in NotesTable.PutItem=ThrottlingException@0.1"


class FaultError(HomeportError):
    """A text that is no fault."""


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """DynamoDB answers with an error. ``reason`` is that of a canceled transaction."""

    code: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """The request takes ``seconds`` longer."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No response comes until the client gives up. ``done`` is whether DynamoDB processes the request nevertheless."""

    done: bool


@dataclass(frozen=True, slots=True)
class Unprocessed:
    """A share of a batch is left unprocessed."""

    share: float


@dataclass(frozen=True, slots=True)
class ShortPage:
    """A Query or a Scan looks at a number of items at most, and says where to continue, as it does after 1 MB.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
    """

    items: int


@dataclass(frozen=True, slots=True)
class Held:
    """The request waits until it is released by who listens at ``address`` (``homeport/runtime/holds.py``)."""

    address: str


Effect = ErrorResponse | Latency | NoResponse | Unprocessed | ShortPage | Held


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of requests to a table or index, or with a ``service`` (``sqs``) of requests to that one.

    ``table`` is a logical id, ``index`` one of its indexes, "" for the table itself; ``action`` is the operation. Each
    of them may be ``*``. ``text`` is the fault as it was written.
    """

    table: str
    index: str
    action: str
    effect: Effect
    probability: float
    text: str
    service: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of a stack. With the same ``seed`` the same calls of the same requests fail."""

    faults: tuple[Fault, ...] = ()
    seed: int = 0


class InvocationFaults:
    """The faults of a runtime's invocations: each gets the rules and its own number."""

    def __init__(self) -> None:
        self._rules: Mapping[str, Any] | None = None
        self._numbers = itertools.count(1)

    def set(self, rules: Mapping[str, Any] | None) -> None:
        """Inject these faults (``fault_rules``, None for no faults) into the next invocations, counted from 1 again."""
        self._numbers = itertools.count(1)
        self._rules = rules

    def of_next(self) -> Mapping[str, Any] | None:
        """Return the faults of one more invocation, None: it meets none."""
        rules = self._rules
        return None if rules is None else {**rules, "call": next(self._numbers)}


def parse_fault(text: str) -> Fault:
    """Return a fault from its text. Raises FaultError."""
    target, separator, rest = text.partition("=")
    if not separator or not target or not rest:
        raise _fault_error(text, "has no target or no kind", _EXAMPLE)
    kind, at, probability = rest.partition("@")
    chance = _number(text, probability, "probability") if at else 1.0
    if ":" in target:
        service, operation = _service_target(text, target)
        effect = _service_effect(text, service, *kind.partition(":")[::2])
        return Fault(ANY, "", operation, effect, chance, text, service)
    table, index, action = _target(text, target)
    effect = _effect(text, *kind.partition(":")[::2])
    if action not in (ANY, *_possible(effect)):
        raise _fault_error(text, f"can't happen to {action}", f"it happens to {', '.join(_possible(effect))}")
    return Fault(table, index, action, effect, chance, text)


def hold_fault(target: str, address: str) -> Fault:
    """Return the fault by which requests that match ``target`` wait. Raises FaultError for a text that is no target."""
    text = f"{target}=held"
    return Fault(*_target(text, target), Held(address), 1.0, text)


def check_faults(faults: Faults, resources: Resources) -> None:
    """Raise FaultError for a table or an index that deploy/resources.yaml does not create."""
    for fault in faults.faults:
        table = resources.tables.get(fault.table)
        if table is None:
            if fault.table in SERVICES:
                raise _fault_error(fault.text, "names no table", f"write {fault.table}:* for every call of the service")
            if fault.table != ANY:
                raise _fault_error(
                    fault.text, f"names the table {fault.table!r}", did_you_mean(fault.table, resources.tables)
                )
        elif fault.index not in ("", ANY, *table.indexes):
            raise _fault_error(fault.text, f"names the index {fault.index!r}", did_you_mean(fault.index, table.indexes))


def fault_rules(faults: Faults, tables: Mapping[str, Table]) -> Mapping[str, Any] | None:
    """Return the rules for workers, as JSON values with the names of the ``tables``; None where there is no fault."""
    if not faults.faults:
        return None
    return {"seed": faults.seed, "rules": [_rule(fault, tables) for fault in faults.faults]}


def _rule(fault: Fault, tables: Mapping[str, Table]) -> Mapping[str, Any]:
    if fault.service:
        rule: dict[str, Any] = {"service": fault.service, "action": fault.action}
        return {**rule, "text": fault.text, "probability": fault.probability, **_service_order(fault)}
    # A table may go while the faults stay: then nothing has the name.
    name = tables[fault.table].name if fault.table in tables else fault.table
    on = ANY if name == ANY and not fault.index else f"{name}/index/{fault.index}" if fault.index else name
    actions = _possible(fault.effect) if fault.action == ANY else (fault.action,)
    rule = {"text": fault.text, "on": on, "actions": list(actions), "probability": fault.probability}
    return {**rule, **_effect_order(fault.effect)}


def _service_order(fault: Fault) -> Mapping[str, Any]:
    if isinstance(fault.effect, ErrorResponse):
        error = service_error(fault.service, fault.effect.code)
        return {"error": {"code": error.code, "status": error.status, "message": error.message}}
    return _effect_order(fault.effect)


def _effect_order(effect: Effect) -> Mapping[str, Any]:
    match effect:
        case ErrorResponse(code, reason):
            return {"error": error_rule(code, reason)}
        case Latency(seconds):
            return {"latency": seconds}
        case NoResponse(done):
            return {"silent": "done" if done else "undone"}
        case Held(address):
            return {"held": address}
        case ShortPage(items):
            return {"page": items}
        case Unprocessed(share):
            # "If none of the items can be processed … BatchGetItem returns a ProvisionedThroughputExceededException."
            # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
            return {"unprocessed": share, "nothing": error_rule("ProvisionedThroughputExceededException")}


def _possible(effect: Effect) -> Sequence[str]:
    """Return the operations to which it can happen."""
    if isinstance(effect, Unprocessed):
        return BATCHES
    if isinstance(effect, ShortPage):
        return _PAGES
    return TRANSACTIONS if isinstance(effect, ErrorResponse) and effect.code == TRANSACTION_CANCELED else ACTIONS


def _target(text: str, target: str) -> tuple[str, str, str]:
    head, dot, last = target.rpartition(".")
    if dot and last in (ANY, *ACTIONS):
        place, action = head, last
    elif dot and "/" not in target:
        raise _fault_error(text, f"names {last!r}, which is no action on DynamoDB items", did_you_mean(last, ACTIONS))
    else:
        # An index may have dots in its name.
        place, action = target, ANY
    table, slash, index = place.partition("/")
    if not table or (slash and not index):
        raise _fault_error(text, f"has the target {target!r}", "write TABLE, TABLE/INDEX or *, then .ACTION if wanted")
    return table, index, action


def _service_target(text: str, target: str) -> tuple[str, str]:
    """Return IAM's name of a service, and the operation."""
    service, _, operation = target.partition(":")
    if service == "dynamodb":
        raise _fault_error(text, "names DynamoDB as a service", f"write *.{operation or ANY}, or a table in place of *")
    if service not in SERVICES:
        raise _fault_error(text, f"names the service {service!r}", did_you_mean(service, SERVICES))
    if operation != ANY and not _OPERATION.fullmatch(operation):
        raise _fault_error(
            text, f"names the action {operation!r}", f"write {service}:* or an operation, as in sqs:SendMessage"
        )
    return service, operation


def _service_effect(text: str, service: str, kind: str, argument: str) -> Effect:
    if kind == "latency":
        return Latency(_seconds(text, argument))
    if argument:
        raise _fault_error(text, f"gives {kind} an argument", f"write {kind} alone")
    if kind in ("timeout", "lost"):
        return NoResponse(done=kind == "lost")
    if kind not in SERVICE_KINDS and not _CODE.fullmatch(kind):
        known = (*SERVICE_KINDS, "latency", "timeout", "lost")
        hint = f"write one of {', '.join(known)}, or a code of {SERVICES[service].title} such as ThrottlingException"
        raise _fault_error(text, f"names {kind!r}, which is no kind of fault", hint)
    return ErrorResponse(kind)


def _effect(text: str, kind: str, argument: str) -> Effect:
    if kind == "latency":
        return Latency(_seconds(text, argument))
    if kind == "unprocessed":
        return Unprocessed(_number(text, argument, "share") if argument else 0.5)
    if kind == "page":
        if not re.fullmatch(r"[1-9]\d{0,5}|", argument):
            raise _fault_error(text, f"has the page {argument!r}", "write page:1, the number of items")
        return ShortPage(int(argument or 1))
    if kind in ("timeout", "lost"):
        effect: Effect = NoResponse(done=kind == "lost")
    else:
        code = find_error(kind)
        if code is None:
            raise _fault_error(
                text, f"names {kind!r}, which is no error of DynamoDB", did_you_mean(kind, (*ERRORS, *_KINDS))
            )
        if code == TRANSACTION_CANCELED:
            reason = argument or "TransactionConflict"
            if reason not in REASONS:
                hint = did_you_mean(reason, REASONS)
                raise _fault_error(text, f"names {reason!r}, no reason to cancel a transaction", hint)
            return ErrorResponse(code, reason)
        effect = ErrorResponse(code)
    if argument:
        raise _fault_error(text, f"gives {kind} an argument", f"write {kind} alone")
    return effect


def _seconds(text: str, argument: str) -> float:
    found = _DURATION.fullmatch(argument)
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1) if found else 0.0
    if not 0 < seconds <= _LONGEST:
        raise _fault_error(text, f"has the latency {argument!r}", "write latency:200ms or latency:1.5s, up to 900s")
    return seconds


def _number(text: str, number: str, name: str) -> float:
    if re.fullmatch(r"\d*\.?\d+", number) and 0 < float(number) <= 1:
        return float(number)
    raise _fault_error(text, f"has the {name} {number!r}", "write a number above 0, up to 1")


def _fault_error(text: str, message: str, hint: str) -> FaultError:
    return FaultError(f"the fault {text!r} {message}", hint)
