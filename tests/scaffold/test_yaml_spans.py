"""Changes of YAML and JSON texts in place."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from homeport.scaffold.yaml_spans import SpanError, add_entry, dump, replace_scalar

ENTRY = {"operationId": "x", "responses": {"200": {"description": 'Yes: it\'s "so".'}}}
TEXTS = {
    "a map in blocks": "paths:\n  /a:\n    get: {x: 1}\ncomponents: {}\n",
    "comments before what follows": "paths:\n  /a:\n    get: 1\n\n  # not mine\n# of the next\ncomponents: {}\n",
    "a comment that belongs to the last": "paths:\n  /a:\n    get: 1\n    # get: 2\nz: 1\n",
    "no newline at the end": "paths:\n  /a:\n    get: 1",
    "a block text at the end": "paths:\n  /a:\n    get:\n      summary: |\n        One\n\n        # two\n\n\nz: 1\n",
    "a list at the end": "paths:\n  /a:\n    get:\n      tags:\n      - a\n      - b\nz: 1\n",
    "wide indents": "paths:\n      /a:\n            get: 1\nz: 1\n",
    "an empty value": "openapi: x\npaths:\nz: 1\n",
    "an empty flow map": "paths: {}\nz: 1\n",
    "a flow map": "paths: {/a: {get: 1}}\nz: 1\n",
    "windows lines": "paths:\r\n  /a:\r\n    get: 1\r\nz: 1\r\n",
    "no paths": "openapi: x\n",
    "json in one line": '{"paths": {"/a": {"get": 1}}}',
    "json in many lines": json.dumps({"paths": {"/a": {"get": 1}}, "z": 1}, indent=2),
    "a folded text": "paths:\n  /a:\n    get: one\n      two\nz: 1\n",
    "characters of many bytes": "openapi: é€😀\npaths:\n  /😀:\n    get: {ö: 1}\nz: 1\n",
    "a byte order mark": "\ufeffpaths:\n  /a:\n    get: 1\nz: 1\n",
    "quoted over lines": 'paths:\n  /a:\n    get: "one\n      two"\nz: 1\n',
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_entry_is_added_and_nothing_else_changes(text: str) -> None:
    added = add_entry(text, ("paths", "/b"), "post", ENTRY)
    before, after = yaml.safe_load(text), yaml.safe_load(added)
    assert after == {**before, "paths": {**(before.get("paths") or {}), "/b": {"post": ENTRY}}}
    rest = iter(added.splitlines())
    kept = [line.rstrip(",") for line in text.splitlines() if line not in ("paths:", "paths: {}", text)]
    assert all(any(line in found for found in rest) for line in kept if not line.startswith("paths: {"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_entry_is_added_to_a_map_that_is_there(text: str) -> None:
    before = yaml.safe_load(text)
    if not before.get("paths"):
        before = {**before, "paths": {"/a": None}}
        text = add_entry(text, ("paths",), "/a", None)
    changed = add_entry(text, ("paths",), "/c", ENTRY)
    assert yaml.safe_load(changed) == {**before, "paths": {**before["paths"], "/c": ENTRY}}


def test_a_comment_stays_with_its_entry() -> None:
    text = TEXTS["comments before what follows"]
    assert add_entry(text, ("paths",), "/b", 1) == text.replace("get: 1\n", "get: 1\n  /b: 1\n")
    text = TEXTS["a comment that belongs to the last"]
    assert add_entry(text, ("paths",), "/b", 1) == text.replace("# get: 2\n", "# get: 2\n  /b: 1\n")


def test_line_ends_stay_as_they_are() -> None:
    added = add_entry(TEXTS["windows lines"], ("paths", "/b"), "post", ENTRY)
    assert added.count("\n") == added.count("\r\n")


def test_an_alias_is_not_added_to_for_its_anchor_would_change_too() -> None:
    text = "paths:\n  /a: &a\n    get: 1\n  /b: *a\n"
    with pytest.raises(SpanError, match="line 4: /b is an alias"):
        add_entry(text, ("paths", "/b"), "post", 1)


def test_an_entry_is_added_to_maps_only() -> None:
    with pytest.raises(SpanError, match="paths is no map"):
        add_entry("paths: [1]\n", ("paths",), "/b", 1)


def test_a_scalar_is_replaced_where_it_stands() -> None:
    text = "info:\n  title: Old   # the title\n  description: Old\n"
    assert replace_scalar(text, ("info", "title"), "New: one") == text.replace("Old   #", "'New: one'   #")
    assert replace_scalar(text, ("info", "nothing"), "New") == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=8), parts, max_size=3),
    max_leaves=8,
)


@given(value=VALUES)
def test_written_yaml_is_read_back(value: Any) -> None:
    assert yaml.safe_load(dump({"value": value})) == {"value": value}
