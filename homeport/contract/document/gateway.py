"""Limits and statuses of API Gateway, against the document. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.document.finding_at import finding_at
from homeport.contract.document.places import Carrier, DocumentMap, OperationPlace, as_map
from homeport.contract.finding import Finding, Severity

HEADER_LIMIT = "header-fits-gateway"
BODY_LIMIT = "body-fits-gateway"
UNAUTHORIZED = "protected-operations-document-401"
GATEWAY_STATUSES = "gateway-statuses-are-documented-alike"

_LIMITS = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"
_LAMBDA_LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_HEADER_BYTES = 10_240
_BODY_BYTES = 6 * 1024 * 1024
# What API Gateway answers by itself, and whether only requests with a body can get it.
_OWN_STATUSES = {
    "413": True,
    "414": False,
    "415": True,
    "429": False,
    "431": False,
    "502": False,
    "503": False,
    "504": False,
}
_FEWEST = 4
_MOST_MISSING = 0.34


def check_gateway(document: DocumentMap) -> Iterator[Finding]:
    """Yield a finding for each limit that can't be reached and each status that some operations lack."""
    for carrier in document.carriers:
        if carrier.kind in ("parameter", "header") and carrier.place != "path":
            yield from _header_length(document, carrier)
    for place in document.schemas:
        least = place.value.get("minLength")
        if isinstance(least, int) and least > _BODY_BYTES:
            yield finding_at(
                document,
                (*place.path, "minLength"),
                BODY_LIMIT,
                "A body that the document asks for fits through Lambda",
                f"minLength is {least}, and Lambda takes 6 MB",
                _LAMBDA_LIMITS,
                operation=place.operation,
            )
    yield from _lack_of_401(document)
    yield from _unlike(document)


def _header_length(document: DocumentMap, carrier: Carrier) -> Iterator[Finding]:
    schema = as_map(document.get(carrier.schema)) if carrier.schema is not None else {}
    degrees: tuple[tuple[str, Severity], ...] = (("minLength", "error"), ("maxLength", "warning"))
    for key, severity in degrees:
        length = schema.get(key)
        if isinstance(length, int) and length > _HEADER_BYTES and carrier.schema is not None:
            yield finding_at(
                document,
                (*carrier.schema, key),
                HEADER_LIMIT,
                "A length that the document allows can be sent",
                f"{key} of {carrier.label} is {length}, and API Gateway takes {_HEADER_BYTES} bytes "
                "of request line and headers",
                _LIMITS,
                operation=carrier.operation,
                severity=severity,
            )
            return


def required_schemes(document: DocumentMap, operation: OperationPlace) -> tuple[str, ...]:
    """Return the names of the security schemes that an operation asks for; none if it also lets anyone in."""
    asked = operation.value.get("security", document.root.get("security"))
    alternatives: list[Mapping[str, Any]] = [as_map(each) for each in asked] if isinstance(asked, list) else []
    if not all(alternatives):
        return ()
    return tuple(dict.fromkeys(str(name) for each in alternatives for name in each))


def _lack_of_401(document: DocumentMap) -> Iterator[Finding]:
    lacking: dict[str, list[OperationPlace]] = {}
    for operation in document.operations:
        documented = {response.status.upper() for response in operation.responses}
        schemes = required_schemes(document, operation)
        if schemes and not documented & {"401", "403", "4XX", "DEFAULT"}:
            lacking.setdefault(schemes[0], []).append(operation)
    for scheme, operations in lacking.items():
        yield finding_at(
            document,
            (*operations[0].path, "responses"),
            UNAUTHORIZED,
            "An operation that asks for credentials documents what it answers without them",
            f"no 401 or 403 is documented for {_names(operations)}, which the scheme {scheme} protects",
            "RFC 9110, section 15.5.2",
            severity="warning",
            subject=f"/security/{scheme}",
        )


def _unlike(document: DocumentMap) -> Iterator[Finding]:
    """Yield statuses of API Gateway that nearly all operations document, and some do not."""
    for status, needs_body in _OWN_STATUSES.items():
        able = [each for each in document.operations if each.body_path is not None or not needs_body]
        lacking = [each for each in able if not _documents(each, status)]
        having = sum(any(response.status == status for response in each.responses) for each in able)
        if having >= _FEWEST and lacking and len(lacking) <= having * _MOST_MISSING:
            yield finding_at(
                document,
                (*lacking[0].path, "responses"),
                GATEWAY_STATUSES,
                "A status that API Gateway gives by itself is documented for each operation that can get it",
                f"{having} operations document {status}, and {_names(lacking)} not",
                _LIMITS,
                severity="warning",
                subject=f"/status/{status}",
            )


def _documents(operation: OperationPlace, status: str) -> bool:
    documented = {response.status.upper() for response in operation.responses}
    return bool(documented & {status, f"{status[0]}XX", "DEFAULT"}) or operation.method in ("OPTIONS", "HEAD")


def _names(operations: list[OperationPlace]) -> str:
    labels = [operation.label for operation in operations]
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    return ", ".join(labels[:5]) + more
