"""The status in what a mock's request template makes."""

from __future__ import annotations

import pytest

from homeport.gateway.integrations.mapped_mock import mock_status


@pytest.mark.parametrize(
    "text",
    [
        '{"statusCode": 200}',
        "{statusCode: 200}",
        "\n{ 'statusCode' : 200 , }\n",
        '{"statusCode": 200,, }',
        '{"a": {"statusCode": 5, "b": ["}", {}]}, "statusCode": 200}',
        "{statusCode: 200, }behind: ''}",
        "{statusCode: 200, x{ y}z: [un quoted]}",
        '{"statusCode": 404, "statusCode": 200}',
        '{"text": "a \\" b }", "statusCode": 200, "n": null}',
    ],
)
def test_an_object_is_read_leniently(text: str) -> None:
    assert mock_status(text) == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[200]",
        "statusCode: 200",
        '{"statusCode": 200',
        '{"statusCode": "200"}',
        '{"statusCode": 200.5}',
        "{\"statusCode': 200}",
        "{'statusCode: 200}",
        "{statusCode: 200, {x: 1}",
        "{statusCode: 200, x: [}]",
        "{statusCode 200}",
        '{"a": "b" "statusCode": 200}',
    ],
)
def test_a_text_without_an_integer_in_an_object_has_no_status(text: str) -> None:
    assert mock_status(text) is None


@pytest.mark.parametrize("status", [0, -1000, 999])
def test_any_integer_will_do(status: int) -> None:
    assert mock_status(f"{{statusCode: {status}}}") == status


def test_a_long_text_is_read_in_one_pass() -> None:
    assert mock_status("{a: " + "[" * 20_000) is None
    assert mock_status("{" + "a:1," * 20_000 + "statusCode: 201}") == 201
