"""Answers as the document describes them, against their statuses and against the document's own paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from homeport.contract.document.examples import examples_of, is_json
from homeport.contract.document.finding_at import finding_at, show
from homeport.contract.document.places import Carrier, DocumentMap, OperationPlace, ResponsePlace, SpecPath, as_map
from homeport.contract.finding import Finding

STATUS_PROPERTY = "example-has-its-status"
LOCATION = "example-location-exists"
NO_CONTENT = "status-allows-content"
UNREACHABLE = "status-can-be-answered"

_BODYLESS = {
    "204": "RFC 9110, section 15.3.5",
    "205": "RFC 9110, section 15.3.6",
    "304": "RFC 9110, section 15.4.5",
}
_PROBLEM = "application/problem+json"
_VARIABLE = re.compile(r"\{[^}]*\}")


def check_answers(document: DocumentMap) -> Iterator[Finding]:
    """Yield a finding for each answer that contradicts its status, or whose Location leads nowhere."""
    for operation in document.operations:
        for response in operation.responses:
            yield from _statuses(document, operation, response)
            yield from _locations(document, operation, response)
            for content in response.content:
                yield from _status_properties(document, operation, response, content)


def _statuses(document: DocumentMap, operation: OperationPlace, response: ResponsePlace) -> Iterator[Finding]:
    where = (*operation.path, "responses", response.status)
    # `content: {}` and a media type without a schema say that there is none.
    described = [content for content in response.content if content.schema is not None]
    if response.status in _BODYLESS and described:
        yield finding_at(
            document,
            where,
            NO_CONTENT,
            f"An answer {response.status} has no content",
            f"that of {operation.label} has a schema for {described[0].media_type}, which no client will see",
            _BODYLESS[response.status],
            operation=operation.label,
            severity="warning",
        )
    if response.status.isdecimal() and not 200 <= int(response.status) <= 599:
        yield finding_at(
            document,
            where,
            UNREACHABLE,
            "A documented status can be answered",
            f"API Gateway takes 200 to 599 from a function, and {operation.label} documents {response.status}",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html",
            operation=operation.label,
        )


def _status_properties(
    document: DocumentMap, operation: OperationPlace, response: ResponsePlace, content: Carrier
) -> Iterator[Finding]:
    if not is_json(content.media_type) or not re.match(r"[45]", response.status):
        return
    for path, value in examples_of(document, content):
        for name in ("status", "statusCode"):
            said = as_map(value).get(name)
            text = str(said)
            if isinstance(said, bool) or not re.fullmatch(r"[1-5][0-9]{2}", text) or _is_status(text, response.status):
                continue
            is_problem = content.media_type.startswith(_PROBLEM) and name == "status"
            yield finding_at(
                document,
                (*path, name),
                STATUS_PROPERTY,
                "An error names the status that it is answered with",
                f"the example of the answer {response.status} of {operation.label} has {name} {show(said)}",
                "RFC 9457, section 3.1.2" if is_problem else "the answer's status in the document",
                operation=operation.label,
                severity="error" if is_problem else "warning",
            )


def _is_status(text: str, documented: str) -> bool:
    return text == documented or (documented.upper().endswith("XX") and text[0] == documented[0])


def _locations(document: DocumentMap, operation: OperationPlace, response: ResponsePlace) -> Iterator[Finding]:
    # A redirect may lead anywhere.
    if response.status.startswith("3"):
        return
    for header in response.headers:
        if header.name.lower() != "location":
            continue
        for path, value in _header_examples(document, header):
            if isinstance(value, str) and not _leads_somewhere(document, operation, value):
                yield finding_at(
                    document,
                    path,
                    LOCATION,
                    "The Location of an answer leads to a path of the API",
                    f"the example {show(value)} of {header.label} is none of the document's paths",
                    "RFC 9110, section 10.2.2",
                    operation=operation.label,
                )


def _header_examples(document: DocumentMap, header: Carrier) -> Iterator[tuple[SpecPath, Any]]:
    yield from examples_of(document, header)
    if header.schema is not None:
        schema = as_map(document.get(header.schema))
        if "example" in schema:
            yield (*header.schema, "example"), schema["example"]


def _leads_somewhere(document: DocumentMap, operation: OperationPlace, location: str) -> bool:
    parts = urlsplit(location)
    servers = [str(as_map(each).get("url", "")) for each in document.root.get("servers") or () if as_map(each)]
    own_hosts = {urlsplit(_VARIABLE.sub("x", server)).netloc for server in servers}
    # A reference of one word is relative to the request's path: RFC 3986, section 5.2.3.
    if not parts.path.startswith("/") and not parts.netloc:
        return True
    found = any(_matches(parts.path, each.template) for each in document.operations)
    # Another host, or one that a variable stands for, may serve what this document does not have.
    return found or bool(parts.netloc and parts.netloc not in own_hosts)


def _matches(path: str, template: str) -> bool:
    """Return whether a path is one of a template's, below any base path such as a stage's name."""
    pieces = [re.escape(piece) for piece in _VARIABLE.split(template.rstrip("/"))]
    greedy = "+}" in template
    pattern = ("(?:.+)" if greedy else "[^/]+").join(pieces)
    return re.fullmatch(f"(?:/[^/]+)*?{pattern}/?", path) is not None
