"""Failures of schemathesis that are no faults of the API: no schema tells them, or API Gateway answers by itself. Pure.

Schemathesis knows an API by its schemas. A cursor that nobody was given, a precondition, and a resource that its own
request lets expire look like any other value there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from homeport.contract.fuzz.operations import labels
from homeport.contract.fuzz.promises import CONFORMANCE
from homeport.contract.fuzz.results import FailedCheck
from homeport.contract.gateway_answers import GATEWAY_STATUSES, is_of_gateway
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.lifetimes import is_lifetime
from homeport.contract.rest.names import TOKENS, is_key_name, plain
from homeport.contract.rest.random_value import whole_schema
from homeport.contract.rest.shapes import body_schema, shape_of
from homeport.project.model import Api, Operation, Parameter
from homeport.project.schema.references import resolve_map

# Statuses that say that the request itself is wrong: RFC 9110, section 15.5.
_OF_THE_REQUEST = frozenset((400, 405, 406, 411, 413, 414, 415, 417, 431))
_PRECONDITION_REQUIRED = 428
# What a text has that a schema can describe.
_DESCRIBED = ("pattern", "enum", "format", "const")


class FaultJudge:
    """Judge of which failures of schemathesis are faults of an API."""

    def __init__(self, api: Api) -> None:
        self._document = api.document
        self._operations = {label: one for one in api.operations for label in labels(one)}
        listings = [listing for resource in infer_model(api).resources for listing in resource.listings]
        self._cursors = {
            (one.operation.id, one.next_page.parameter)
            for one in listings
            if one.next_page is not None and one.next_page.style == "token"
        }

    def is_fault(self, failed: FailedCheck) -> bool:
        """Return whether a failure is one of the API."""
        operation = self._operations.get(failed.operation)
        if operation is None or not failed.exchanges:
            return True
        last = failed.exchanges[-1]
        if failed.check == "positive_data_acceptance":
            return not (
                _is_of_state(operation, last.status)
                or self._has_cursor(operation, last)
                or self._is_said(operation, last.status)
            )
        if failed.check == "missing_required_header":
            # The status for a precondition that is missing: RFC 6585, section 3.
            return not (last.status == _PRECONDITION_REQUIRED and str(last.status) in operation.responses)
        if failed.check == "ensure_resource_availability":
            return not (self._is_put_apart(operation) or any(map(_may_be_gone, failed.exchanges[:-1])))
        if failed.check in CONFORMANCE:
            # A missing 401 is a finding about the document: protected-operations-document-401.
            return not (last.status in GATEWAY_STATUSES and is_of_gateway(last))
        return True

    def _is_put_apart(self, operation: Operation) -> bool:
        """Return whether what an operation reads is made by a PUT of its own: ``/parcels/{id}/proof``."""
        is_single = not operation.path.endswith("}") and "404" in operation.responses
        return is_single and any(
            one.path == operation.path and one.method == "PUT" for one in self._operations.values()
        )

    def _is_said(self, operation: Operation, status: int) -> bool:
        """Return whether the words of a property say which of its values get a status: "another one (else 400)"."""
        properties = shape_of(body_schema(operation), self._document).properties.values()
        texts = [str(whole_schema(one, self._document).get("description", "")) for one in properties]
        return any(re.search(rf"\b{status}\b", text) for text in texts)

    def _has_cursor(self, operation: Operation, exchange: HttpExchange) -> bool:
        """Return whether a request has a cursor, of which only the API knows which are right."""
        given = {name for name, _ in parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)}
        return any(
            one.place == "query" and one.name in given and self._is_cursor(operation, one)
            for one in operation.parameters
        )

    def _is_cursor(self, operation: Operation, parameter: Parameter) -> bool:
        if (operation.id, parameter.name) in self._cursors:
            return True
        schema = resolve_map(parameter.schema, self._document)
        is_opaque = schema.get("type") == "string" and not any(key in schema for key in _DESCRIBED)
        return plain(parameter.name) in TOKENS and is_opaque


def _is_of_state(operation: Operation, status: int) -> bool:
    """Return whether an operation documents a status that is about the state of a resource, or a precondition."""
    return str(status) in operation.responses and 400 <= status < 500 and status not in _OF_THE_REQUEST


def _may_be_gone(exchange: HttpExchange) -> bool:
    """Return whether what a request made may be gone at once: it expires, or its key had made it before.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
    """
    if any(is_key_name(name) for name, _ in exchange.headers):
        return True
    try:
        body = json.loads(exchange.body) if exchange.body else None
    except (ValueError, RecursionError):
        return False
    return any(map(is_lifetime, _names(body)))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _names(one)
