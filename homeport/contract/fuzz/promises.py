"""The promises behind schemathesis' checks, in sentences, so that its failures read like every other finding. Pure."""

from __future__ import annotations

from homeport.contract.finding import Finding
from homeport.contract.fuzz.operations import labels
from homeport.contract.fuzz.results import FailedCheck
from homeport.project.model import Api

_DOCUMENT = "the operation's `responses`"
_REQUEST = "the operation's parameters and body"
_PROMISES: dict[str, tuple[str, str]] = {
    "not_a_server_error": ("No request makes the service fail", "RFC 9110, section 15.6"),
    "status_code_conformance": ("Every answer has a documented status", _DOCUMENT),
    "content_type_conformance": ("Every answer has a documented media type", _DOCUMENT),
    "response_headers_conformance": ("Every answer has the documented headers", _DOCUMENT),
    "response_schema_conformance": ("Every answer keeps to its documented schema", _DOCUMENT),
    "negative_data_rejection": ("A request that breaks its schema is rejected", _REQUEST),
    "positive_data_acceptance": (
        "A request that keeps to its schema is accepted",
        _REQUEST,
    ),
    "missing_required_header": ("A request without a required header is rejected", "the operation's parameters"),
    "use_after_free": ("A deleted resource is gone", "RFC 9110, section 9.3.5"),
    "ensure_resource_availability": ("A created resource is there", "RFC 9110, section 15.3.2"),
    "ignored_auth": ("A request without credentials is rejected", "the operation's `security`"),
    "object_level_authorization": ("A user's resource is closed to other users", "OWASP API1:2023"),
    "allow_header_conformance": ("Allow names the methods that a path has", "RFC 9110, section 10.2.1"),
    "undeclared_method": ("A method that the document lacks is not answered", "the path's operations"),
    "unsupported_method": ("A method that the document lacks is answered with 405", "RFC 9110, section 15.5.6"),
}


CONFORMANCE = (
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
)
"""The checks that hold an answer against the document."""


def promised_checks() -> frozenset[str]:
    """Return the names of schemathesis' checks that are known here."""
    return frozenset(_PROMISES)


def to_finding(failed: FailedCheck, api: Api) -> Finding:
    """Return a failure of schemathesis in the form of every finding."""
    promise, origin = _PROMISES.get(failed.check, (failed.title, f"schemathesis' check {failed.check}"))
    source = next((one.source for one in api.operations if failed.operation in labels(one)), None)
    happened = "\n".join(line for line in (failed.title, *failed.message.splitlines()) if line.strip())
    return Finding(
        check=failed.check,
        kind="schemathesis",
        operation=failed.operation,
        promise=promise,
        origin=origin,
        happened=happened,
        exchanges=failed.exchanges,
        source=source,
        subject=failed.title,
    )
