"""Mapping expressions of REST APIs: where the value of a mapped parameter comes from.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

ValueSource = Literal[
    "static",
    "path",
    "querystring",
    "multivaluequerystring",
    "header",
    "multivalueheader",
    "body",
    "context",
    "stageVariables",
]

_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~\-\[\]$:]+"
_METHOD_REQUEST = re.compile(
    rf"method\.request\.(?P<source>path|querystring|header|multivaluequerystring|multivalueheader)\.(?P<name>{_NAME})"
)
_INTEGRATION_RESPONSE = re.compile(rf"integration\.response\.(?P<source>header|multivalueheader)\.(?P<name>{_NAME})")
_VARIABLE = re.compile(r"(?P<source>context|stageVariables)\.(?P<name>[A-Za-z0-9_.\-]+)")
_STATIC = re.compile(r"'(?P<name>.*)'", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MappingExpression:
    """An expression: ``text`` as it is written, ``source`` of its value, and ``name`` in that source.

    ``name`` is the text itself for ``static``, a JSON path for ``body`` (``$`` for the whole body), and the name of a
    parameter, a member of ``$context`` (``identity.sourceIp``) or a stage variable else.
    """

    text: str
    source: ValueSource
    name: str


def request_expression(text: str) -> MappingExpression | None:
    """Return the expression of a parameter of an integration request, None if API Gateway does not know it."""
    return _parse(text, _METHOD_REQUEST, "method.request.body")


def response_expression(text: str) -> MappingExpression | None:
    """Return the expression of a header of a method response, None if API Gateway does not know it."""
    return _parse(text, _INTEGRATION_RESPONSE, "integration.response.body")


def _parse(text: str, parameter: re.Pattern[str], body: str) -> MappingExpression | None:
    if text == body:
        return MappingExpression(text, "body", "$")
    if text.startswith(f"{body}.") and len(text) > len(body) + 1:
        return MappingExpression(text, "body", f"$.{text.removeprefix(f'{body}.')}")
    for pattern in (parameter, _VARIABLE, _STATIC):
        found = pattern.fullmatch(text)
        if found is not None:
            source = found.groupdict().get("source") or "static"
            return MappingExpression(text, cast(ValueSource, source), found["name"])
    return None
