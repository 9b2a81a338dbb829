"""The syntax of variables."""

from __future__ import annotations

import pytest

from homeport.project.serverless.variables.variable_syntax import (
    LiteralSource,
    ServerlessVariable,
    TypedSource,
    read_source,
    split_text,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("${self:custom.name}", ("self:custom.name",)),
        ("${opt:stage, self:provider.stage, 'dev'}", ("opt:stage", "self:provider.stage", "'dev'")),
        ("${self:custom.${opt:stage}.name}", ("self:custom.${opt:stage}.name",)),
        ("${file(./config.${opt:stage, 'dev'}.json):a.b}", ("file(./config.${opt:stage, 'dev'}.json):a.b",)),
        ("${env:NAME, 'a, b}'}", ("env:NAME", "'a, b}'")),
        ("${ssm(eu-west-1, raw):/a/b}", ("ssm(eu-west-1, raw):/a/b",)),
        ("${strToBool(${ssm:/flag})}", ("strToBool(${ssm:/flag})",)),
        ("${env:A, ${self:custom.b}}", ("env:A", "${self:custom.b}")),
    ],
)
def test_a_variable_has_its_sources(text: str, sources: tuple[str, ...]) -> None:
    assert split_text(text) == [ServerlessVariable(text, sources)]


@pytest.mark.parametrize(
    "text",
    [
        "${AWS::Region}",
        "${Table.Arn}",
        "${Table}",
        "${!Literal}",
        "${iot:ClientId}",
        "${PROP('Dim.QueueName')}",
        "${HOME:-/root}",
        "${unclosed:",
        "$input.json('$')",
    ],
)
def test_a_text_that_is_no_variable_stays(text: str) -> None:
    assert split_text(text) == [text]


def test_text_around_variables_stays_and_an_escaped_one_is_text() -> None:
    pieces = split_text(r"a-${self:b}-${AWS::Region}-\${env:X}!")
    assert pieces == ["a-", ServerlessVariable("${self:b}", ("self:b",)), "-${AWS::Region}-${env:X}!"]


def test_a_source_is_read_by_its_kind() -> None:
    assert read_source("cf.eu-west-1:stack.Output") == TypedSource("cf", ("eu-west-1",), "stack.Output")
    assert read_source("file(./a.yml):b") == TypedSource("file", ("./a.yml",), "b")
    assert read_source("ssm('eu-west-1', raw):/a") == TypedSource("ssm", ("eu-west-1", "raw"), "/a")
    assert [read_source(text) for text in ("'a'", '"b"', "5", "true", "null")] == [
        LiteralSource("a"),
        LiteralSource("b"),
        LiteralSource(5),
        LiteralSource(True),
        LiteralSource(None),
    ]
    assert read_source("words of no kind") is None
