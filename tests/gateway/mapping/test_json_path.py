"""JSONPath as Jayway's JsonPath has it: its documentation's examples, and what its code does with odd ones."""

from __future__ import annotations

import json

import pytest

from homeport.gateway.mapping import JsonPathError, json_path, read_json
from homeport.vtl import LimitExceeded, RenderLimits
from homeport.vtl.limits import Meter

_DOCUMENT = read_json(
    json.dumps(
        {
            "store": {
                "book": [
                    {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
                    {"category": "fiction", "author": "Evelyn", "title": "Sword", "price": 12.99},
                    {"category": "fiction", "author": "Herman", "title": "Moby", "isbn": "0-553", "price": 8.99},
                    {"category": "fiction", "author": "J. R.", "title": "Rings", "isbn": "0-395", "price": 22.99}
                    | {"tags": ["a", "b"]},
                ],
                "bicycle": {"color": "red", "price": 19.95},
            },
            "expensive": 10,
            "a-b": 1,
            "a b": 2,
            "x.y": 3,
            "empty": [],
            "nul": None,
            "s": "text",
            "list": [[1, 2], [3]],
        }
    )
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.store.book[0].title", "Sayings"),
        ("$['store']['book'][0]['title']", "Sayings"),
        ('$["store"]["book"][0]["title"]', "Sayings"),
        ("store.book[0].title", "Sayings"),
        (" $.expensive ", 10),
        ("$.store.book[*].author", ["Nigel Rees", "Evelyn", "Herman", "J. R."]),
        ("$..author", ["Nigel Rees", "Evelyn", "Herman", "J. R."]),
        ("$.store..price", [8.95, 12.99, 8.99, 22.99, 19.95]),
        ("$..book[2].title", ["Moby"]),
        ("$..book[0,1].title", ["Sayings", "Sword"]),
        ("$..book[:2].title", ["Sayings", "Sword"]),
        ("$..book[-2:].title", ["Moby", "Rings"]),
        ("$.store.book[1:3].title", ["Sword", "Moby"]),
        ("$.store.book[-1].title", "Rings"),
        ("$..book[?(@.isbn)].title", ["Moby", "Rings"]),
        ("$.store.book[?(!@.isbn)].title", ["Sayings", "Sword"]),
        ("$.store.book[?(@.price < 10)].title", ["Sayings", "Moby"]),
        ("$..book[?(@.price <= $['expensive'])].title", ["Sayings", "Moby"]),
        ("$..book[?(@.author =~ /.*REES/i)].title", ["Sayings"]),
        ("$.store.book[?(@.category == 'fiction' && @.price > 10)].title", ["Sword", "Rings"]),
        ("$.store.book[?(@.category == 'reference' || @.price > 20)].title", ["Sayings", "Rings"]),
        ("$.store.book[?(@.price > 10 && (@.isbn || @.category == 'x'))].title", ["Rings"]),
        ("$.store.book[?(@.category in ['reference', 'x'])].title", ["Sayings"]),
        ("$.store.book[?(@.category nin ['fiction'])].title", ["Sayings"]),
        ("$.store.book[?(@.tags size 2)].title", ["Rings"]),
        ("$.store.book[?(@.tags contains 'a')].title", ["Rings"]),
        ("$.store.book[?(@['isbn'] == \"0-553\")].title", ["Moby"]),
        ("$.store.book[?(@.price == '8.95')].title", ["Sayings"]),
        ("$.store.bicycle[?(@.color == 'red')].price", [19.95]),
        ("$.store.book[0]['title','price']", {"title": "Sayings", "price": 8.95}),
        ("$.store.book.length()", 4),
        ("$.store.book[*].price.max()", 22.99),
        ("$.a-b", 1),
        ("$['a b']", 2),
        ("$['x.y']", 3),
        ("$.x.y", None),
        ("$.list[*][0]", [1, 3]),
        ("$.list[0][1]", 2),
        ("$.list[1][1]", None),
        ("$.empty", []),
        ("$.empty[0]", None),
        ("$.empty[*].a", []),
        ("$.nul", None),
        ("$.nul.x", None),
        ("$.missing", None),
        ("$.missing.x", None),
        ("$.s.x", None),
        ("$.store.book.title", None),
        ("$.store.book[9].title", None),
        ("$.store.book[*].isbn", ["0-553", "0-395"]),
        ("$.store.book[?(@.missing == 1)]", []),
        ("$..missing", []),
    ],
)
def test_path_finds_what_jayway_finds(path: str, found: object) -> None:
    assert json_path(_DOCUMENT, path) == found


def test_root_is_the_document() -> None:
    assert json_path(_DOCUMENT, "$") is _DOCUMENT
    assert json_path("text", "$") == "text"
    assert json_path("text", "$.x") is None


@pytest.mark.parametrize(
    "path",
    ["", "$x", "$.", "$..", "$.a[", "$.a[b]", "$.a[?(@.x]", "$.a[?(@.x ==)]", "$.a[?()]", "$.a b", "$[?(" + "(" * 99],
)
def test_text_that_is_no_path_is_rejected(path: str) -> None:
    with pytest.raises(JsonPathError):
        json_path(_DOCUMENT, path)


def test_search_in_a_large_document_is_charged() -> None:
    document = read_json("[" + "{a:[1,2,3]}," * 1000 + "]")
    with pytest.raises(LimitExceeded):
        json_path(document, "$..a..a..a[*]", Meter(RenderLimits(steps=1000)))


def test_search_in_a_deep_document_does_not_recurse() -> None:
    assert json_path(read_json("{a:" * 20_000 + "1" + "}" * 20_000), "$..b") == []
