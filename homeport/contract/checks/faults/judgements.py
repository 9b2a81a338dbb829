"""Judgements of what happened under faults: how a check of them is made, and how its breaches are worded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from homeport.contract.checks.check import Breach, Check, Need
from homeport.contract.checks.client import Answer
from homeport.contract.checks.faults.fault_run import Observation, observe
from homeport.contract.checks.faults.troubles import describe
from homeport.contract.checks.probes import short
from homeport.contract.checks.session import Session
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.resource import Resource

Judge = Callable[[Session, Observation], Iterator[Breach]]

# API Gateway's and Lambda's own messages: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_GATEWAY = frozenset(
    ("Internal Server Error", "Internal server error", "Service Unavailable", "Endpoint request timed out")
)
_NEEDS: frozenset[Need] = frozenset(("stack", "tables", "log"))


def while_text(seen: Observation) -> str:
    """Return what DynamoDB did meanwhile, as a sentence begins with it."""
    trouble = seen.trouble
    if trouble.once:
        what = "the answer to its first call of DynamoDB was lost"
    elif seen.code == "lost":
        what = "no answer of DynamoDB came"
    elif seen.code:
        action = next(action for action in seen.subject.actions if action in trouble.codes)
        what = f"DynamoDB answered {action} with {seen.code}"
    else:
        what = f"its {trouble.name.removesuffix(' fails')} of DynamoDB failed"
    faults = [
        one for one in trouble.faults if one.partition("=")[0] in ("*", *(f"*.{a}" for a in seen.subject.actions))
    ]
    return f"while {what} ({' '.join(describe(faults, trouble.seed))}),"


def describe_read(read: Answer) -> str:
    """Return what the read after a write showed, in words."""
    return f"the read after it was answered with {read.status} {short(read.json)}"


def breach_under(seen: Observation, happened: str, subject: str, *others: Answer | None) -> Breach:
    """Return a breach with the requests that show it, in their order; ``others`` are reads and repetitions."""
    made = seen.probe.made
    first = [*made.before, made.answer] if made is not None and seen.probe.target.is_write else []
    before = [one for one in others if one is not None and one is seen.healthy]
    after = [one for one in others if one is not None and one is not seen.healthy]
    if seen.probe.target.operation == seen.probe.target.resource.create:
        first = []
    exchanges: list[HttpExchange] = [one.exchange for one in (*first, *before, seen.answer, *after)]
    return Breach(seen.probe.target.operation, happened, exchanges, subject)


def make_fault_check(name: str, promise: str, origin: str, judge: Judge) -> Check:
    """Return a check that judges each observation of a resource\'s operations."""

    def run(session: Session, resource: Resource) -> Iterator[Breach]:
        for seen in observe(session):
            if seen.probe.target.resource.name == resource.name:
                yield from judge(session, seen)

    return Check(name, "under-faults", promise, origin, run, _NEEDS, every_operation=True)


def is_gateways(answer: Answer) -> bool:
    """Return whether API Gateway itself answered: the function failed, or was too slow."""
    body = answer.json
    return isinstance(body, dict) and set(body) <= {"message"} and body.get("message") in _GATEWAY
