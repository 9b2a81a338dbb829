"""Ids with percent signs: schemathesis unquotes what it has quoted, and a run leaves out what has become other data."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from homeport.contract.fuzz.hooks import filter_case


def is_kept(value: str, pattern: str, mode: GenerationMode = GenerationMode.POSITIVE) -> bool:
    parameter = SimpleNamespace(name="noteId", definition={"schema": {"type": "string", "pattern": pattern}})
    case = SimpleNamespace(
        meta=SimpleNamespace(components={ParameterLocation.PATH: SimpleNamespace(mode=mode)}),
        path_parameters={"noteId": value},
        operation=SimpleNamespace(schema=SimpleNamespace(raw_schema={}), path_parameters=[parameter]),
    )
    return bool(filter_case(cast(Any, None), cast(Any, case)))


@pytest.mark.parametrize(("value", "kept"), [("a%25b", True), ("ab", True), ("a%08b", False), ("a%20b", False)])
def test_a_value_that_no_longer_has_its_pattern_is_left_out(value: str, kept: bool) -> None:
    assert is_kept(value, "^[a-z%0-9]+$") is kept


def test_invalid_data_and_patterns_that_python_lacks_are_kept() -> None:
    assert is_kept("a%08b", "^[a-z%0-9]+$", GenerationMode.NEGATIVE)
    assert is_kept("a%08b", r"^\p{L}+$")
