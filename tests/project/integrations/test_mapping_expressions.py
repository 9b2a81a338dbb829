"""Mapping expressions of REST APIs."""

from __future__ import annotations

import pytest

from homeport.project.integrations.mapping_expressions import MappingExpression, request_expression, response_expression


@pytest.mark.parametrize(
    ("text", "source", "name"),
    [
        ("method.request.path.id", "path", "id"),
        ("method.request.querystring.q", "querystring", "q"),
        ("method.request.multivaluequerystring.q", "multivaluequerystring", "q"),
        ("method.request.header.X-Own", "header", "X-Own"),
        ("method.request.multivalueheader.X-Own", "multivalueheader", "X-Own"),
        ("method.request.body", "body", "$"),
        ("method.request.body.a.b[0]", "body", "$.a.b[0]"),
        ("context.identity.sourceIp", "context", "identity.sourceIp"),
        ("stageVariables.name", "stageVariables", "name"),
        ("'it''s'", "static", "it''s"),
        ("''", "static", ""),
    ],
)
def test_an_expression_of_a_request(text: str, source: str, name: str) -> None:
    found = request_expression(text)
    assert found is not None and (found.text, found.source, found.name) == (text, source, name)


@pytest.mark.parametrize(
    "text",
    ["", "plain", "'open", "method.request.cookie.a", "method.request.header.", "integration.response.header.A"],
)
def test_a_text_that_is_no_expression_of_a_request(text: str) -> None:
    assert request_expression(text) is None


def test_expressions_of_a_response_name_the_backends_answer() -> None:
    assert response_expression("integration.response.header.ETag") == MappingExpression(
        "integration.response.header.ETag", "header", "ETag"
    )
    body = response_expression("integration.response.body.redirect.url")
    assert body is not None and (body.source, body.name) == ("body", "$.redirect.url")
    assert response_expression("method.request.header.A") is None
    assert response_expression("integration.response.querystring.A") is None
