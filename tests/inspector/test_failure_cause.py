"""The cause of a failed function as the list of requests notes it."""

from __future__ import annotations

import pytest

from homeport.inspector.failure_cause import failure_cause

pytestmark = pytest.mark.unit

REFUSED = (
    "ClientError: An error occurred (AccessDeniedException) when calling the GetItem operation: User: arn:aws:sts::0 "
    "is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:0:table/notes"
)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("KeyError: 'id'", "KeyError"),
        (REFUSED, "denied dynamodb:GetItem"),
        (
            "ClientError: An error occurred (ValidationException) when calling the PutItem operation: no",
            "ValidationException",
        ),
        ("Runtime.ImportModuleError: Unable to import module 'service.handlers.a': No module named 'x'", "no module x"),
        (
            "Runtime.UserCodeSyntaxError: Syntax error in module 'service.handlers.a': '(' was never closed",
            "SyntaxError",
        ),
        ("Sandbox.Timedout: RequestId: 1 Error: Task timed out after 3.00 seconds", "timed out"),
        ("Runtime.ExitError: RequestId: 1 Error: Runtime exited", "ExitError"),
    ],
)
def test_a_failed_function_is_noted_by_its_cause(reason: str, cause: str) -> None:
    assert failure_cause(f"FUNCTION_FAILED: {reason}") == cause


def test_other_gateway_errors_are_noted_by_their_type() -> None:
    assert failure_cause("BAD_REQUEST_BODY: [0].name is not a string") == "BAD_REQUEST_BODY"
    assert failure_cause("FUNCTION_FAILED") == "FUNCTION_FAILED"
