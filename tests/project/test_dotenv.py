"""Environment files and references to variables."""

from __future__ import annotations

import pytest

from homeport.errors import Problem
from homeport.project.stages.settings import read_dotenv, references, substitute


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\nB = two words \n", {"A": "1", "B": "two words"}),
        ("# note\n\n  export A=x # why\n", {"A": "x"}),
        ('A=\'it # is $B\'\nB="a\\n\\"b\\"" # c\n', {"A": "it # is $B", "B": 'a\n"b"'}),
        ('A="two\nlines"\nB=\n', {"A": "two\nlines", "B": ""}),
        ("A=a#b\r\nB=1\r\n", {"A": "a#b", "B": "1"}),
        ("A=1\nA=2", {"A": "2"}),
        ("", {}),
    ],
)
def test_names_and_values_of_dotenv_are_read(text: str, values: dict[str, str]) -> None:
    assert read_dotenv(text) == (values, [])


def test_an_invalid_dotenv_line_is_a_problem_that_shows_no_value() -> None:
    values, problems = read_dotenv("A=1\nsecret stuff\nB='open\nC=3\n")
    assert values == {"A": "1", "C": "3"}
    assert problems == [
        Problem("this line is not NAME=value", ".env", line, "write it so, or start it with #") for line in (2, 3)
    ]


def test_references_are_found_and_filled_in() -> None:
    text = "a-${ONE}-${TWO_2}-$${THREE}-${AWS::Region}-$context.x"
    assert references(text) == ["ONE", "TWO_2"]
    assert substitute(text, {"ONE": "1", "TWO_2": "2"}) == "a-1-2-${THREE}-${AWS::Region}-$context.x"
