"""Errors: none shows the inside of a service: stack traces, the SDK's messages, tables, ARNs, files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from homeport.contract.checks.check import Breach, Check
from homeport.contract.checks.client import NO_BODY, Answer
from homeport.contract.checks.errors.documented_errors import documented_breaches
from homeport.contract.checks.errors.provocations import MARKUP, path_values, provoke
from homeport.contract.checks.session import Session
from homeport.contract.rest.resource import Resource
from homeport.project.model import Operation

# A fault that no SDK tries again, so that a request takes no longer than others.
_FAULT = "AccessDeniedException"
_INSIDE: Sequence[tuple[str, re.Pattern[str]]] = (
    ("a stack trace", re.compile(r"Traceback \(most recent call last\)|\bFile \\?\"[^\"]+\\?\", line \d+|stackTrace")),
    ("a stack trace", re.compile(r"\n? {2,}at [\w.<>$ ]+ ?\([^)\n]*:\d+:\d+\)|node:internal/")),
    ("a file of the function", re.compile(r"/var/(?:task|runtime|lang)\b|/opt/(?:python|nodejs)\b|site-packages/")),
    ("a file of the function", re.compile(r"\b[\w/]+\.(?:py|js|ts|java|go|rb)(?::\d+|\", line)")),
    ("a message of the SDK", re.compile(r"An error occurred \(\w+\)|\bboto(?:core|3)\b|@aws-sdk\b|\baws-sdk\b")),
    (
        "an error of DynamoDB",
        re.compile(
            r"\b(?:ConditionalCheckFailed|ProvisionedThroughputExceeded|ResourceNotFound|TransactionCanceled|"
            r"Validation|AccessDenied|Throttling|ItemCollectionSizeLimitExceeded|Serialization)Exception\b|"
            r"\bThe conditional request failed\b|\bThe provided key element does not match the schema\b|"
            r"\bExpressionAttribute(?:Names|Values)\b|\bKeyConditionExpression\b|\bExclusiveStartKey\b|"
            r"\bOne or more parameter values (?:were|are) (?:invalid|not valid)\b|\bProvided list of item keys\b"
        ),
    ),
    ("an ARN", re.compile(r"\barn:aws[\w-]*:[\w-]+:")),
    (
        "an exception of the language",
        re.compile(
            r"\b(?:Key|Type|Attribute|Value|Index|Name|Unicode(?:Decode|Encode)?|JSONDecode|Client|Assertion|Reference|"
            r"Range|Recursion|ZeroDivision)Error\b(?!s)|\bNoneType\b|\bobject has no attribute\b|"
            r"\bis not subscriptable\b|\bCannot read propert(?:y|ies) of\b|\binvalid literal for int\b|"
            r"\bExpecting (?:value|property name|',' delimiter)\b|\bdecimal\.\w+\b|<class '"
        ),
    ),
    (
        "a variable of the environment",
        re.compile(r"\bAWS_(?:ACCESS|SECRET|SESSION|LAMBDA)\w*|\bLAMBDA_TASK_ROOT\b"),
    ),
)


def find_inside(answer: Answer, names: Sequence[str], document: str) -> tuple[str, str] | None:
    """Return what of the inside an answer shows, and the words that show it; None for nothing.

    ``names`` are those of tables and variables. Words that ``document`` has, or that the request had, are no leak.
    """
    exchange = answer.exchange
    text = exchange.reply_body.decode(errors="replace") + "".join(f"\n{value}" for _, value in exchange.reply_headers)
    asked = exchange.url + exchange.body.decode(errors="replace")
    for what, pattern in _INSIDE:
        for found in pattern.finditer(text):
            if found[0] not in document and found[0] not in asked:
                return what, found[0].strip()
    for name in names:
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) and name not in asked:
            return "the name of a table", name
    return None


def _secret_names(session: Session) -> list[str]:
    """Return names of tables, as DynamoDB, the template and the functions' environment have them."""
    tables = session.project.resources.tables
    # A logical id of one word (Orders) is also a word of the API's own.
    found = [
        name for one in tables.values() for name in (one.name, one.logical_id) if re.search(r"[-_.]|[a-z][A-Z]", name)
    ]
    return [name for name in found if len(name) > 5 and re.search(r"[-_.]|[a-z][A-Z]", name)]


def _document_text(session: Session) -> str:
    if "document text" not in session.shared:
        session.shared["document text"] = str(session.model.document.get("paths", "")) + str(
            {key: part for key, part in session.model.document.get("components", {}).items() if key != "x-homeport"}
        )
    found: str = session.shared["document text"]
    return re.sub(r"'x-homeport': \{.*?\}\}", "", found)


def _show_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    names, document = _secret_names(session), _document_text(session)
    for one in provoke(session, resource):
        if one.answer.status < 400:
            continue
        shown = find_inside(one.answer, names, document)
        if shown is not None:
            happened = f"{one.reason}: the answer {one.answer.status} shows {shown[0]}: {shown[1][:120]!r}"
            yield Breach(one.operation, happened, [one.answer.exchange], shown[0])
        if "html" in one.answer.header("content-type") and MARKUP.encode() in one.answer.body:
            happened = f"the answer {one.answer.status} is HTML that has {MARKUP!r} of the request as it was"
            yield Breach(one.operation, happened, [one.answer.exchange], "markup")


def _failures_show_nothing(session: Session, resource: Resource) -> Iterator[Breach]:
    names, document = _secret_names(session), _document_text(session)
    made = session.make(resource) if resource.whole_write else None
    with session.access.faults(f"*={_FAULT}"):
        for operation in resource.operations:
            if operation.function is None or operation.method == "ANY":
                continue
            answer = _send(session, resource, operation, path_values(session, operation, made))
            if answer.status < 400:
                continue
            shown = find_inside(answer, names, document)
            if shown is not None:
                happened = f"DynamoDB answers {_FAULT}: the answer {answer.status} shows {shown[0]}: {shown[1][:120]!r}"
                yield Breach(operation, happened, [answer.exchange], shown[0])
            yield from documented_breaches(session, operation, answer, f"DynamoDB answers {_FAULT}")


def _send(session: Session, resource: Resource, operation: Operation, path: dict[str, object]) -> Answer:
    query = {
        one.name: session.values.parameter(operation, one.name)
        for one in operation.parameters
        if one.place == "query" and one.required
    }
    headers = {
        one.name: session.values.parameter(operation, one.name)
        for one in operation.parameters
        if one.place == "header" and one.required
    }
    body = session.body(operation, resource)
    return session.client.send(operation, path, query=query, headers=headers, body=NO_BODY if body is None else body)


CHECKS = (
    Check(
        name="error-shows-nothing-inside",
        kind="errors",
        promise="An error shows no stack trace, no message of the SDK, no file, table or ARN of the service",
        origin="RFC 9457, section 5: problem details are no debugging tool; OWASP API8: security misconfiguration",
        run=_show_nothing,
        every_operation=True,
    ),
    Check(
        name="failure-shows-nothing-inside",
        kind="errors",
        promise="The answer of a failure has its documented form, and shows nothing of the service's inside",
        origin="RFC 9457, section 5: problem details are no debugging tool; OWASP API8: security misconfiguration",
        run=_failures_show_nothing,
        needs=frozenset({"stack"}),
        every_operation=True,
    ),
)
