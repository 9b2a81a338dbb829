"""CORS settings, against the methods and headers that the document promises to browsers. Pure.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

from collections.abc import Iterator

from homeport.contract.document.examples import is_json
from homeport.contract.document.finding_at import finding_at
from homeport.contract.document.gateway import required_schemes
from homeport.contract.document.places import DocumentMap, OperationPlace, as_map
from homeport.contract.finding import Finding, Severity
from homeport.project.cors import Cors
from homeport.project.openapi.gateway import CORS

METHODS = "cors-allows-methods"
REQUEST_HEADERS = "cors-allows-headers"
RESPONSE_HEADERS = "cors-exposes-headers"

_EXPOSED_ANYWAY = frozenset(
    ("cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma")
)
"""https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name"""

_ALLOWED_ANYWAY = frozenset(("accept", "accept-language", "content-language", "content-type", "range"))
"""https://fetch.spec.whatwg.org/#cors-safelisted-request-header; a content type only of HTML forms."""

_METHODS_ANYWAY = frozenset(("GET", "HEAD", "POST"))
"""https://fetch.spec.whatwg.org/#cors-safelisted-method"""

_NOT_BY_SCRIPTS = frozenset(("cookie", "host", "origin", "referer", "set-cookie", "user-agent", "accept-encoding"))
"""https://fetch.spec.whatwg.org/#forbidden-request-header"""


def check_cors(document: DocumentMap, cors: Cors | None) -> Iterator[Finding]:
    """Yield a finding for each method and header of the document that a browser can't use; none without CORS."""
    if cors is None or not cors.allow_origins:
        return
    yield from _methods(document, cors)
    yield from _request_headers(document, cors)
    yield from _response_headers(document, cors)


def _methods(document: DocumentMap, cors: Cors) -> Iterator[Finding]:
    allowed = {method.upper() for method in cors.allow_methods}
    if "*" in allowed and not cors.allow_credentials:
        return
    lacking: dict[str, list[str]] = {}
    for operation in document.operations:
        if operation.method not in {*allowed, "ANY", "OPTIONS"}:
            lacking.setdefault(operation.method, []).append(operation.label)
    for method, labels in lacking.items():
        # A browser sends these without being allowed to, though it may ask first.
        severity: Severity = "warning" if method in _METHODS_ANYWAY else "error"
        yield _finding(
            document,
            "allowMethods",
            METHODS,
            "A page of an allowed origin can call the operations of the document",
            f"allowMethods lacks {method}, so that browsers refuse to send {labels[0]}"
            if severity == "error"
            else f"allowMethods lacks {method}, which {labels[0]} has",
            severity,
            method,
            labels[0],
        )


def _request_headers(document: DocumentMap, cors: Cors) -> Iterator[Finding]:
    allowed = {header.lower() for header in cors.allow_headers}
    if "*" in allowed and not cors.allow_credentials:
        return
    seen: set[str] = set()
    for operation in document.operations:
        for name, is_needed, why in _sent_headers(document, operation):
            if name.lower() in {*allowed, *seen, *_NOT_BY_SCRIPTS} or operation.method == "OPTIONS":
                continue
            seen.add(name.lower())
            yield _finding(
                document,
                "allowHeaders",
                REQUEST_HEADERS,
                "A page of an allowed origin can send the headers of the document",
                f"allowHeaders lacks {name}, {why} of {operation.label}, so that browsers refuse to send it",
                "error" if is_needed else "warning",
                name.lower(),
                operation.label,
            )


def _sent_headers(document: DocumentMap, operation: OperationPlace) -> Iterator[tuple[str, bool, str]]:
    """Yield the headers that an operation's requests have, whether all have them, and how they come into it."""
    for parameter in operation.parameters:
        if parameter.place == "header" and parameter.name.lower() not in _ALLOWED_ANYWAY:
            yield parameter.name, parameter.required, "a parameter"
    if operation.body and all(is_json(content.media_type) for content in operation.body):
        yield "content-type", operation.body_required, "for the JSON body"
    schemes = as_map(as_map(document.root.get("components")).get("securitySchemes"))
    for name in required_schemes(document, operation):
        scheme = as_map(schemes.get(name))
        if scheme.get("type") in ("http", "oauth2", "openIdConnect"):
            yield "authorization", False, f"for the security scheme {name}"
        # An API key is for programs that keep it, not for pages.
        elif scheme.get("in") == "header" and str(scheme.get("name")).lower() != "x-api-key":
            yield str(scheme.get("name")), False, f"for the security scheme {name}"


def _response_headers(document: DocumentMap, cors: Cors) -> Iterator[Finding]:
    exposed = {header.lower() for header in cors.expose_headers}
    if "*" in exposed and not cors.allow_credentials:
        return
    seen: set[str] = set()
    for operation in document.operations:
        for response in operation.responses:
            for header in response.headers:
                name = header.name.lower()
                if name in {*exposed, *seen, *_EXPOSED_ANYWAY, "set-cookie"} or name.startswith("access-control-"):
                    continue
                seen.add(name)
                yield _finding(
                    document,
                    "exposeHeaders",
                    RESPONSE_HEADERS,
                    "A page of an allowed origin can read the headers of the document",
                    f"exposeHeaders lacks {header.name}, which {operation.label} answers with",
                    "warning",
                    name,
                    operation.label,
                )


def _finding(
    document: DocumentMap, key: str, check: str, promise: str, happened: str, severity: Severity, name: str, label: str
) -> Finding:
    return finding_at(
        document,
        (CORS, key),
        check,
        promise,
        happened,
        "https://fetch.spec.whatwg.org/#http-cors-protocol",
        operation=label,
        severity=severity,
        subject=f"/{CORS}/{key}/{name}",
    )
