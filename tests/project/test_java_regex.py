"""Java's regular expressions in Python."""

from __future__ import annotations

import pytest

from homeport.project.java_regex import compile_java


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
    ],
)
def test_a_pattern_fits_the_whole_text(pattern: str, text: str, fits: bool) -> None:
    assert (compile_java(pattern).fullmatch(text) is not None) is fits


@pytest.mark.parametrize("pattern", ["(", "[a", "*", r"\p{Nonsense}", r"a{2,1}"])
def test_a_text_that_is_no_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        compile_java(pattern)
