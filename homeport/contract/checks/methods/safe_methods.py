"""Safe methods: GET, HEAD and OPTIONS write nothing, and HEAD answers as GET does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import Answer
from homeport.contract.checks.resource_client import ResourceClient, description_of, exchanges_of
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

_WRITES = frozenset(
    ("BatchWriteItem", "DeleteItem", "ExecuteTransaction", "PutItem", "TransactWriteItems", "UpdateItem")
)
_WRITES_ON_PURPOSE = re.compile(r"\b(counts?|records?|marks?|creates?|caches?|extends?|renews?|refresh\w*)\b", re.I)
_SAME_HEADERS = ("content-type", "etag", "last-modified", "location", "cache-control")


def _write_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield the safe requests that asked DynamoDB for a write."""
    client = ResourceClient.of(session, resource)
    made = None if resource.single else session.make_or_find(resource) or client.make()
    answers: list[Answer | None] = []
    if made is not None:
        shown = made.representation if isinstance(made.representation, Mapping) else {}
        answers += [client.read(made.path), client.read(made.path)]
        for listing in resource.listings:
            query = client.list_query(listing, shown)
            if query is not None:
                answers.append(client.client.send(listing.operation, query=query))
        answers += [client.batch(batch_read, [made.id])[1] for batch_read in resource.batch_reads]
    elif resource.read is not None and resource.single:
        answers.append(client.read({}))
    for answer in answers:
        logged = session.access.find_log(answer.request_id) if answer is not None and answer.request_id else None
        if answer is None or logged is None:
            continue
        if _WRITES_ON_PURPOSE.search(description_of(answer.operation, session.model.document)):
            continue
        written = [call for call in logged.calls if call.action in _WRITES]
        if written:
            calls = ", ".join(f"{call.action} on {call.target}" for call in written)
            yield Breach(answer.operation, f"the request made the calls {calls}", exchanges_of(answer), subject="safe")


def _head_agrees(session: Session, resource: Resource) -> Iterator[Breach]:
    client = ResourceClient.of(session, resource)
    heads = {one.path: one for one in session.project.api.operations if one.method == "HEAD"}
    pairs: list[tuple[Operation, Operation, Mapping[str, object]]] = []
    wanted = [one for one in (resource.read, *(one.operation for one in resource.listings)) if one is not None]
    found = [(one, heads[one.path]) for one in wanted if one.path in heads]
    if not found or (made := client.make()) is None:
        return
    pairs = [(get, head, made.path) for get, head in found]
    for get, head, path in pairs:
        one, other = client.client.send(get, path), client.client.send(head, path, method="HEAD")
        if one.status != other.status:
            happened = f"GET was answered with {one.status}, HEAD with {other.status}"
            yield Breach(head, happened, exchanges_of(made, one, other), subject="status")
        for name in _SAME_HEADERS:
            if one.ok and other.ok and one.header(name) != other.header(name) and other.header(name):
                happened = f"the header {name} of GET is {one.header(name)!r}, of HEAD {other.header(name)!r}"
                yield Breach(head, happened, exchanges_of(made, one, other), subject=name)
        if other.body:
            yield Breach(head, "the answer of HEAD has a body", exchanges_of(made, other), subject="body")
    if resource.read is not None and resource.read.path in heads and not resource.single:
        path = {**made.path, resource.id_parameter: session.values.new_id(resource)}
        one = client.client.send(resource.read, path)
        other = client.client.send(heads[resource.read.path], path, method="HEAD")
        if one.status != other.status:
            happened = f"GET of a missing resource was answered with {one.status}, HEAD with {other.status}"
            yield Breach(heads[resource.read.path], happened, exchanges_of(one, other), subject="missing")


def _head_is_conditional(session: Session, resource: Resource) -> Iterator[Breach]:
    """Yield the conditional HEAD that is answered otherwise than the GET would be; GET has a check of its own."""
    read = resource.read
    head = next((one for one in session.project.api.operations if read and one.route_key == f"HEAD {read.path}"), None)
    takes = head is not None and "304" in head.responses
    if read is None or head is None or not takes or "if-none-match" not in resource.conditional.get(read.id, ()):
        return
    client = ResourceClient.of(session, resource)
    made = client.make()
    get = None if made is None else client.read(made.path)
    if made is None or get is None or not get.header("ETag"):
        return
    for tag, status in ((get.header("ETag"), 304), ('"no-such-tag"', 200)):
        answer = client.client.send(head, made.path, method="HEAD", headers={"If-None-Match": tag})
        if answer.status != status:
            happened = f"with If-None-Match {tag} HEAD was answered with {answer.status} in place of {status}"
            yield Breach(head, f"{happened}; the ETag is {get.header('ETag')}", exchanges_of(made, get, answer), "304")


CHECKS = (
    Check(
        name="safe-methods-write-nothing",
        kind="methods",
        promise="GET, and a POST that only reads, write nothing",
        origin="RFC 9110, section 9.2.1",
        run=_write_nothing,
        needs=frozenset(("log",)),
    ),
    Check(
        name="head-agrees-with-get",
        kind="methods",
        promise="HEAD answers with the status and headers of GET, without a body",
        origin="RFC 9110, section 9.3.2",
        run=_head_agrees,
    ),
    Check(
        name="head-is-conditional",
        kind="methods",
        promise="HEAD whose If-None-Match names the current ETag is answered with 304, and with 200 for another one",
        origin="RFC 9110, section 13.1.2, and the operation's response 304",
        run=_head_is_conditional,
    ),
)
