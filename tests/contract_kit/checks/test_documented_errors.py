"""What an error differs in from the document is one finding for each cause."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from homeport.contract.checks.check import Breach
from homeport.contract.checks.client import Answer, Client
from homeport.contract.checks.errors.documented_errors import documented_breaches
from homeport.contract.checks.session import Session
from homeport.contract.finding import Finding
from homeport.contract.report.summary import merge_findings
from homeport.contract.rest.infer import infer_model
from homeport.contract.rest.values import Values
from tests.support.contract import make_exchange
from tests.support.spec import document, load, operation, write_document

pytestmark = pytest.mark.unit

_DONE = {"200": {"description": "Done."}}
_GONE = {"404": {"description": "There is none."}}


def _breaches(root: Path, *, more: dict[str, object]) -> list[Breach]:
    """Return what three operations break whose function fails: API Gateway answers."""
    responses = [_DONE, {**_DONE, **_GONE}, {**_DONE, **more}]
    paths = {
        f"/{number}": {"get": operation(operationId=f"act{number}", responses=each)}
        for number, each in enumerate(responses)
    }
    project = load(write_document(root, document(paths), handlers=("act0", "act1", "act2")))
    model = infer_model(project.api)
    values = Values(model.document, random.Random(0))
    session = Session(project, model, Client("http://h"), random.Random(0), values)
    exchange = make_exchange(
        status=500,
        reply_headers=(("Content-Type", "application/json"),),
        reply_body=b'{"message":"Internal Server Error"}',
    )
    return [
        breach
        for each in project.api.operations
        for breach in documented_breaches(session, each, Answer(exchange, each), "DynamoDB fails")
    ]


def _findings(breaches: list[Breach]) -> list[Finding]:
    return [
        Finding("c", "errors", one.operation.label, "p", "o", one.happened, subject=one.subject, severity=one.severity)
        for one in breaches
    ]


def test_failure_that_no_operation_documents_is_one_warning(tmp_path: Path) -> None:
    """Who lists no failure means to list none."""
    (finding,) = merge_findings(_findings(_breaches(tmp_path, more={})))
    assert finding.severity == "warning"
    assert finding.happened.endswith("also on GET /1, GET /2")


def test_failure_is_an_error_where_an_operation_documents_another_one(tmp_path: Path) -> None:
    error, warning = merge_findings(_findings(_breaches(tmp_path, more={"503": {"description": "Busy."}})))
    assert (error.operation, error.severity) == ("GET /2", "error")
    assert warning.happened.endswith("also on GET /1")
