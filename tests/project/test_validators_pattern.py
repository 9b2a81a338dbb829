"""homeport/project/validators/pattern.py: ECMA-262 expressions as Python's."""

from __future__ import annotations

import re
import warnings

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from homeport.project.schema.references import SchemaError
from homeport.project.validators.pattern import python_pattern


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("^a$", ["a"], ["a\n", "ba", ""]),
        (r"^\d+$", ["12"], ["\u0663", "1\n"]),
        (r"^\w$", ["a", "_"], ["é", "-"]),
        (r"^\s$", [" ", "\u00a0", "\ufeff", "\u2028"], ["\u200b", "a"]),
        (r"^\S$", ["a", "\u200b"], ["\u00a0"]),
        ("^.$", ["a", "😀", "\x85"], ["\n", "\r", "\u2028", "\u2029"]),
        (r"\bb", ["a b", "éb"], ["ab"]),
        (r"^\B", ["", " a"], ["a"]),
        (r"^[^]$", ["\n", "a"], [""]),
        ("[]", [], ["", "a"]),
        ("^a{,3}$", ["a{,3}"], ["a", "aaa"]),
        ("^}]$", ["}]"], ["}"]),
        (r"^[\]\[&&--~~||]$", ["]", "[", "&", "~", "|", "-"], ["a"]),
        (r"^[\w-]$", ["-", "a"], ["."]),
        (r"^[\d-x]$", ["-", "x", "5"], ["a"]),
        (r"^[^\D\d]$", [], ["a", "1"]),
        (r"^[\b]$", ["\b"], ["b"]),
        (r"^(?<year>\d{4})-\k<year>$", ["2026-2026"], ["2026-2027"]),
        (r"^(a)\1$", ["aa"], ["a1"]),
        (r"^\u00e9\x41\u{1F600}\uD83D\uDE00\cA\0$", ["éA😀😀\x01\x00"], ["éA😀😀AA"]),
        (r"^\/\-\.\$\a$", ["/-.$a"], ["/-.$\x07"]),
        (r"^\p{Lu}\p{gc=Ll}\P{Letter}$", ["Éa1"], ["éa1", "Éaa"]),
        ("^a+?$", ["aaa"], [""]),
        ("^(?:a|b)(?=c)(?!cd)c", ["ac", "bce"], ["acd", "cc"]),
        ("(?<=a)b(?<!xb)", ["ab"], ["xb"]),
        (" #x", [" #x"], ["#x"]),
    ],
)
def test_a_translated_pattern_matches_what_the_original_matches(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    translated = python_pattern(pattern)
    assert [text for text in matching if not re.search(translated, text)] == []
    assert [text for text in others if re.search(translated, text)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "a++",
        "a**",
        "a{2}{3}",
        "(?i)a",
        "(?P<n>a)",
        "(?>a)",
        "[a",
        "(",
        "a\\",
        "[z-a]",
        r"\p{Greek}",
        "(?<=a+)b",
        r"\u{110000}",
    ],
)
def test_a_pattern_that_ecma_262_or_python_can_not_read_is_rejected(pattern: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(f"pattern {pattern} can't be used: ")):
        python_pattern(pattern)


_ATOMS = (
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    "a",
    "b",
    "-",
    "_",
    "/",
    r"\/",
    r"\-",
    r"\.",
    r"\u0041",
    r"\x41",
    r"\n",
    r"\t",
    "é",
    "😀",
    "[ab]",
    "[^ab]",
    r"[\d-]",
    "[a-c]",
    r"[\w.]",
    r"[^\s]",
    r"[\-a]",
    "[.$]",
    r"[\]]",
    "(a|b)",
    "(?:ab)",
    r"\p{Lu}",
    "[[a]",
    "[&&]",
    r"\$",
    r"\(",
    r"[^\d\W]",
    "[a|b]",
    "[~~]",
)
_atoms = st.sampled_from(_ATOMS)
_quantifiers = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "+?"])
_patterns = st.builds(
    lambda start, parts, end: start + "".join(atom + count for atom, count in parts) + end,
    st.sampled_from(["", "^"]),
    st.lists(st.tuples(_atoms, _quantifiers), min_size=1, max_size=4),
    st.sampled_from(["", "$"]),
)
_texts = st.text(st.sampled_from("abAB19 -_/.[]&~|$(\n\t\r\u2028\u00a0\u0663éÉ😀"), max_size=5)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(_patterns, st.lists(_texts, min_size=4, max_size=8))
def test_a_reference_validator_matches_the_same(pattern: str, texts: list[str]) -> None:
    # Its other engine, which knows look-around, takes "a" for a match of a+b*a+.
    engine = jsonschema_rs.RegexOptions()
    try:
        reference = jsonschema_rs.Draft7Validator({"pattern": pattern}, pattern_options=engine)
    except jsonschema_rs.ValidationError:
        assume(False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        translated = python_pattern(pattern)
    assert [bool(re.search(translated, text)) for text in texts] == [reference.is_valid(text) for text in texts]
