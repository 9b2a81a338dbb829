"""Authorizers that could not work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.spec import ARN, AUTHORIZER, errors, scheme, secured_document, write_document

HANDLERS = ("act", "my_authorizer", "gate")


def report(root: Path, spec: dict[str, Any], flavor: str = "http") -> list[str]:
    """Return the problems that reading a document reports, without its lines."""
    lines = errors(write_document(root, spec, flavor=flavor, handlers=HANDLERS))
    return [line.partition("error: ")[2] for line in lines]


GATE = {"authorizerUri": ARN.format("gate")}


@pytest.mark.parametrize(
    ("authorizer", "message"),
    [
        (scheme("jwtt"), "'type' can't be 'jwtt' (did you mean jwt?)"),
        (
            {"type": "apiKey", AUTHORIZER: {"authorizerUri": "x"}},
            f"{AUTHORIZER} needs a 'type' (one of jwt, cognito_user_pools, request, token)",
        ),
        (
            scheme("request"),
            "the authorizer names no Lambda function (let authorizerUri end with :function:NAME/invocations, "
            "or put x-homeport: {handler: NAME} beside it)",
        ),
        (
            scheme("request", authorizerUri=ARN.format("nobody")),
            "the handler service/handlers/nobody.py does not exist (write it, with def handler(event, context), "
            "or name another in x-homeport.handler)",
        ),
        (
            scheme("request", **GATE, identitySource="header.X"),
            "'header.X' is no identity source (write it as $request.header.Authorization)",
        ),
        (
            scheme("request", **GATE, authorizerResultTtlInSeconds=4000),
            "'authorizerResultTtlInSeconds' must be seconds from 0 to 3600, not 4000",
        ),
        (
            scheme("request", **GATE, authorizerResultTtlInSeconds=-1),
            "'authorizerResultTtlInSeconds' must be seconds from 0 to 3600, not -1",
        ),
        (
            scheme("request", name="Unused", **GATE, authorizerResultTtlInSeconds=5),
            "results can't be cached without an identitySource (name one, or set 0)",
        ),
        (
            scheme("request", **GATE, authorizerPayloadFormatVersion="3.0"),
            "'authorizerPayloadFormatVersion' can't be '3.0' (write \"1.0\" or \"2.0\")",
        ),
        (
            scheme("request", **GATE, authorizerPayloadFormatVersion="1.0", enableSimpleResponses=True),
            "simple responses need payload format 2.0 (change one of the two)",
        ),
        (
            scheme("request", **GATE, identityValidationExpression="("),
            "'(' is no regular expression: missing ), unterminated subpattern at position 0",
        ),
        (
            scheme("request", **GATE, identitySrc="x"),
            f"unknown key 'identitySrc' in {AUTHORIZER} (did you mean identitySource?)",
        ),
    ],
)
def test_an_invalid_authorizer_is_an_error(tmp_path: Path, authorizer: Any, message: str) -> None:
    assert report(tmp_path, secured_document({"gate": authorizer})) == [message]
