"""Short causes of failed functions, for the notes of a list. Pure."""

from __future__ import annotations

import re

from homeport.gateway.errors import GatewayResponseType

_DENIED = re.compile(r"is not authorized to perform: ([\w-]+:\w+)")
_NO_MODULE = re.compile(r"No module named '?([\w.]+)")
_OF_AWS = re.compile(r"An error occurred \((\w+)\) when calling")
# Lambda's own error types, whose names say less than their messages do.
# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
_TYPES = {"Runtime.UserCodeSyntaxError": "SyntaxError", "Sandbox.Timedout": "timed out"}
_LONGEST = 40


def failure_cause(gateway_error: str) -> str:
    """Return the cause of a gateway error in a few words: the exception of a function, else the type of the response.

    ``FUNCTION_FAILED: KeyError: 'id'`` is ``KeyError``, a refused call ``denied dynamodb:GetItem``.
    """
    kind, _, reason = gateway_error.partition(": ")
    if kind != GatewayResponseType.FUNCTION_FAILED.name or not reason:
        return kind
    if denied := _DENIED.search(reason):
        return f"denied {denied[1]}"
    if missing := _NO_MODULE.search(reason):
        return f"no module {missing[1]}"[:_LONGEST]
    if "Task timed out after" in reason:
        return "timed out"
    if of_aws := _OF_AWS.search(reason):
        return of_aws[1]
    error_type = reason.partition(": ")[0]
    return _TYPES.get(error_type, error_type.removeprefix("Runtime."))[:_LONGEST]
