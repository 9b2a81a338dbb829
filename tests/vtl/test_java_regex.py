"""Java's regular expressions in Python."""

from __future__ import annotations

import pytest

from homeport.vtl import TemplateError
from homeport.vtl.java_regex import JavaPattern


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"4\d{2}", "404", True),
        (r"4\d{2}", "4040", False),
        (r"2(?!06)\d{2}", "206", False),
        (r"2(?!06)\d{2}", "204", True),
        (".+", "", False),
        (".*", "", True),
        (".*Error.*", "a\nError", False),
        (r"(\n|.)*Error(\n|.)*", "a\nError\nb", True),
        (r"\Qa.b\E.*", "a.bc", True),
        (r"\Qa.b\E.*", "axbc", False),
        (r"\p{Alpha}+", "ab", True),
        (r"[\p{Digit}_]+", "1_", True),
        (r"\P{Digit}+", "1", False),
        (r"(?<word>a)\k<word>", "aa", True),
        (r"(?i)not found", "NOT FOUND", True),
        (r"a++b", "aab", True),
        (r"\h+\z", "\t ", True),
        (r"\p{L}+", "é", True),
        (r"\P{Alpha}+", "1", True),
        (r"[\p{Upper}\d]+", "A1", True),
        (r"\R", "\r\n", True),
    ],
)
def test_a_pattern_fits_the_whole_text(pattern: str, text: str, fits: bool) -> None:
    assert JavaPattern(pattern).matches(text) is fits


@pytest.mark.parametrize("pattern", ["(", "[a", "*", r"\p{Nonsense}", r"a{2,1}"])
def test_a_text_that_is_no_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(TemplateError, match=r".+"):
        JavaPattern(pattern)
