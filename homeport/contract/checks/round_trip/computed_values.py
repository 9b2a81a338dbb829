"""Values that are computed from others: each is what its description says, also where it has to be rounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from homeport.contract.checks.changes import send_write
from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import ResourceClient, exchanges_of
from homeport.contract.checks.session import Made, Session
from homeport.contract.rest.formulas import Formula, complete
from homeport.contract.rest.resource import NO_DEFAULT, Resource
from homeport.contract.rest.written_formulas import formulas_of
from homeport.project.model import Operation

_CANDIDATES = 120
_MOST_MADE = 4


def _computed_values_are_right(session: Session, resource: Resource) -> Iterator[Breach]:
    formulas, writer = formulas_of(resource, session.model.document), resource.whole_write
    if not formulas or writer is None:
        return
    client, known = ResourceClient.of(session, resource), set[Formula]()
    chosen = list(_telling_changes(client, writer, formulas))
    for changes, others in zip(chosen, [*chosen[1:], *chosen[:1]], strict=True):
        made = client.make(**changes)
        for answer in _answers(client, made, others) if made is not None else ():
            assert made is not None
            yield from _wrong(formulas, known, made, answer)


def _answers(client: ResourceClient, made: Made, others: Mapping[str, Any]) -> Iterator[Answer]:
    """Yield the answers that show a resource: as it was made, read, and after each kind of write with other values."""
    resource, session = client.resource, client.session
    yield made.answer
    read = client.read(made.path)
    if read is not None:
        yield read
    for write in (resource.change, resource.replace):
        schemas = {} if write is None else {name: client.sent_schema(write, name) for name in others}
        changes = {
            name: others[name]
            for name, schema in schemas.items()
            if schema is not None and session.values.is_valid(others[name], schema)
        }
        if write is None or not changes:
            continue
        # What is computed follows as well where only a part of what it is computed from is sent.
        is_part = write is resource.change
        body = dict([*changes.items()][:1]) if is_part else client.body(write, made.path, **changes)
        written = send_write(session, resource, write, made.path, body)
        if written.ok:
            yield written
            yield client.show(made.path, written)


def _wrong(formulas: Sequence[Formula], known: set[Formula], made: Made, answer: Answer) -> Iterator[Breach]:
    for formula in formulas:
        wrong = next((one for one in formula.objects(answer.json) if not formula.holds(one)), None)
        if answer.ok and wrong is not None and formula not in known:
            known.add(formula)
            exchanges = exchanges_of(made, answer)
            yield Breach(answer.operation, formula.describe(wrong), exchanges, subject=f"/{formula.target}")


def _telling_changes(
    client: ResourceClient, operation: Operation, formulas: Sequence[Formula]
) -> Iterator[dict[str, Any]]:
    """Yield values for what is computed with, those first whose results lie between two steps or tell of doubles."""
    resource, values = client.resource, client.session.values
    names = [
        name
        for name, field in resource.fields.items()
        if any(name in (*formula.keys[:1], formula.items, *formula.operands) for formula in formulas)
        and operation.id in field.written
        and not client.is_bound(name, field.schema)
    ]
    schemas = {name: client.sent_schema(operation, name) for name in names}
    usual = {
        name: field.default
        for name, field in resource.fields.items()
        if field.default is not NO_DEFAULT and field.default is not None
    }
    drawn = []
    for number in range(_CANDIDATES if schemas else 0):
        one = {name: values.valid(schema, name) for name, schema in schemas.items() if schema is not None}
        whole = complete(formulas, {**usual, **one})
        telling = {formula for formula in formulas if any(map(formula.is_telling, formula.objects(whole)))}
        drawn.append((telling, number, one))
    known: set[Formula] = set()
    plain = drawn[-1:]
    for _ in range(_MOST_MADE):
        best = max(drawn, key=lambda each: (len(each[0] - known), len(each[0]), -each[1]), default=None)
        if best is not None and best[0]:
            drawn.remove(best)
            known |= best[0]
            yield best[2]
    yield from (one for _, _, one in plain)


CHECKS = (
    Check(
        name="computed-values-are-right",
        kind="round-trip",
        promise="A number that is computed from others is what its description says, to the last place",
        origin="the descriptions of the properties",
        run=_computed_values_are_right,
    ),
)
