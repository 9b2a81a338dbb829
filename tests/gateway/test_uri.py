from __future__ import annotations

import pytest

from homeport.gateway.http.uri import parse_query, percent_decode, percent_encode_rest, split_target


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a/b?x=1&y=2", ("/a/b", "x=1&y=2")),
        ("/a?", ("/a", "")),
        ("/a?b?c", ("/a", "b?c")),
        ("/a#part?x", ("/a", "")),
        ("", ("", "")),
        ("*", ("*", "")),
        ("example.com:443", ("example.com:443", "")),
        ("http://example.com", ("/", "")),
        ("http://example.com?x=1", ("/", "x=1")),
        ("HTTP://example.com/a?x=http://b/c", ("/a", "x=http://b/c")),
        ("/a?x=http://b/c", ("/a", "x=http://b/c")),
    ],
)
def test_every_form_of_a_target_is_split(target: str, parts: tuple[str, str]) -> None:
    assert split_target(target) == parts


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("%E2%98%95", "☕"),
        ("%zz%", "%zz%"),
        ("%ff", "\ufffd"),
        ("\xc3\xa9", "é"),
        ("\xe9", "\ufffd"),
        ("☕", "☕"),
    ],
)
def test_percent_decode_marks_bytes_that_are_not_utf8(text: str, decoded: str) -> None:
    assert percent_decode(text) == decoded


@pytest.mark.parametrize(
    ("text", "encoded"),
    [("/a%20b+c@d", "/a%20b+c@d"), ("/a b", "/a%20b"), ("/\xc3\xa9", "/%C3%A9"), ("/\x00\x7f", "/%00%7F")],
)
def test_percent_encode_changes_only_what_a_url_cannot_hold(text: str, encoded: str) -> None:
    assert percent_encode_rest(text) == encoded


def test_queries_are_form_decoded_in_order() -> None:
    assert parse_query("a=1&b=x+y%2B&a=2&c&d=&&=e&f=g=h") == [
        ("a", "1"),
        ("b", "x y+"),
        ("a", "2"),
        ("c", ""),
        ("d", ""),
        ("", "e"),
        ("f", "g=h"),
    ]


def test_a_semicolon_separates_only_where_it_is_asked_to() -> None:
    assert parse_query("a=1;b=2") == [("a", "1;b=2")]
    assert parse_query("a=1;b=2", "&;") == [("a", "1"), ("b", "2")]
