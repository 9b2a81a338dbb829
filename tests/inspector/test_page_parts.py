"""What the inspector's pages are made of: curl commands, indented JSON, items as text, bars, the diagram."""

from __future__ import annotations

import html
import re
import shlex
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.inspector.diagram.drawing import diagram
from homeport.inspector.diagram.graph import build_graph
from homeport.inspector.diagram.rows import RouteRow, route_rows
from homeport.inspector.formats import duration, indent_json, pretty, reason, size, status_class
from homeport.inspector.json_view import json_view
from homeport.inspector.send.curl_command import curl_command
from homeport.inspector.stages import stage_bars
from homeport.inspector.tables.item_text import ItemError, cell, decode_key, encode_key, from_text, is_plain, to_text
from homeport.project.load import load_project
from homeport.recordings.recording import Body, StageTime
from tests.support.inspector import make_body, make_recording
from tests.support.project import SPEC, notes_project

JSON = (("Content-Type", "application/json"),)


@pytest.mark.stack
@pytest.mark.parametrize(
    ("recording", "command"),
    [
        (make_recording(), "curl http://127.0.0.1:8080/items/1"),
        (make_recording(target="/items?a=b&c=d e'"), "curl 'http://127.0.0.1:8080/items?a=b&c=d e'\"'\"''"),
        (make_recording(method="DELETE"), "curl -X DELETE http://127.0.0.1:8080/items/1"),
        (make_recording(method="HEAD"), "curl --head http://127.0.0.1:8080/items/1"),
        (make_recording(stage="v1", target="/v1/items"), "curl http://127.0.0.1:8080/v1/items"),
        (
            make_recording(method="POST", headers=(("Host", "x"), *JSON, ("X", "")), body="it's"),
            "curl http://127.0.0.1:8080/items/1 -H 'Content-Type: application/json' -H 'X;' --data-raw 'it'\"'\"'s'",
        ),
        (
            make_recording(method="PUT", body="@file"),
            "curl -X PUT http://127.0.0.1:8080/items/1 -H 'Content-Type:' --data-raw @file",
        ),
        (
            replace(make_recording(method="POST", headers=JSON), request_body=Body("AP8=", "base64", 2)),
            "printf %s AP8= | base64 -d | curl http://127.0.0.1:8080/items/1"
            " -H 'Content-Type: application/json' --data-binary @-",
        ),
    ],
)
def test_a_request_becomes_a_curl_command(recording: Any, command: str) -> None:
    assert curl_command(recording) == command
    subprocess.run(["sh", "-n", "-c", command], check=True)
    assert shlex.split(command)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a":1.10,"b":[],"c":{}}', '{\n  "a": 1.10,\n  "b": [],\n  "c": {}\n}'),
        ('[1e400, {"x": "a,[\\"b\\"]:"}]', '[\n  1e400,\n  {\n    "x": "a,[\\"b\\"]:"\n  }\n]'),
        ("[[],[1]]", "[\n  [],\n  [\n    1\n  ]\n]"),
        ("{}", "{}"),
        ('"text"', '"text"'),
        ("{broken", "{broken"),
        ("", ""),
    ],
)
def test_json_is_indented_and_otherwise_unchanged(text: str, shown: str) -> None:
    assert indent_json(text) == shown


def test_clipped_and_binary_bodies_are_not_indented() -> None:
    assert pretty(Body("[1,2", size=900, clipped=True)) == "[1,2"
    assert pretty(Body("WzEs", "base64", 3)) == "WzEs"


def test_durations_sizes_and_statuses_are_formatted() -> None:
    shown = [duration(value) for value in (None, 0.04, 12.34, 123.4, 1250.0, 59_999.0, 125_000.0)]
    assert shown == ["", "0.04 ms", "12.3 ms", "123 ms", "1.25 s", "1 min 0 s", "2 min 5 s"]
    assert [size(count) for count in (0, 1, 1023, 1536, 2 * 1024 * 1024)] == [
        *("0 bytes", "1 byte", "1023 bytes", "1.5 KB", "2.0 MB"),
    ]
    assert [status_class(status) for status in (200, 301, 404, 500)] == ["ok", "moved", "client", "server"]
    assert [reason(status) for status in (200, 404, 599)] == ["OK", "Not Found", ""]


PLAIN: dict[str, Any] = {
    "id": {"S": "a"},
    "price": {"N": "12345678901234567890123456789012345678"},
    "half": {"N": "0.50"},
    "on": {"BOOL": False},
    "none": {"NULL": True},
    "list": {"L": [{"S": "x"}, {"L": []}]},
    "map": {"M": {"deep": {"N": "1"}}},
}


def test_an_item_is_plain_json_and_keeps_every_digit() -> None:
    text = to_text(PLAIN, typed=False)
    assert '"price": 12345678901234567890123456789012345678' in text
    assert '"half": 0.50' in text
    assert from_text(text, typed=False) == PLAIN
    assert is_plain(PLAIN)


def test_sets_and_binaries_are_written_with_their_types() -> None:
    item: dict[str, Any] = {**PLAIN, "tags": {"SS": ["a", "b"]}, "bytes": {"B": b"\x00\xff"}, "many": {"BS": [b"a"]}}
    item["nested"] = {"M": {"inner": {"L": [{"NS": ["1", "2"]}]}}}
    assert not is_plain(item)
    assert not is_plain({"nested": item["nested"]})
    assert from_text(to_text(item, typed=True), typed=True) == item
    assert decode_key(encode_key({"id": {"B": b"\x00"}})) == {"id": {"B": b"\x00"}}


@pytest.mark.parametrize(
    ("text", "typed", "told"),
    [
        ("{", False, "this is no JSON"),
        ("[]", False, "an item is a JSON object"),
        ('{"a": NaN}', False, "NaN is not a JSON number"),
        ('{"a": "b"}', True, "a has no type"),
        ('{"a": {"B": "?"}}', True, "a is no base64"),
        ('{"a": {"M": {"deep": 1}}}', True, "deep has no type"),
    ],
)
def test_text_that_is_no_item_is_rejected(text: str, typed: bool, told: str) -> None:
    with pytest.raises(ItemError, match=told):
        from_text(text, typed=typed)


def test_a_link_to_no_item_is_rejected() -> None:
    for link in ("?", "bm90IGpzb24=", ""):
        with pytest.raises(ItemError):
            decode_key(link)


def test_an_attribute_is_shown_in_one_line() -> None:
    shown = [cell(value) for value in (None, PLAIN["id"], PLAIN["half"], PLAIN["map"], {"SS": ["b", "a"]}, {"B": b"x"})]
    assert shown == ["", "a", "0.50", '{"deep": 1}', '["a", "b"]', "(B)"]


def test_bars_are_in_proportion_with_the_phases_of_the_function() -> None:
    stages = (StageTime("limits", 0.001), StageTime("match", 1.0), StageTime("integrate", 3.0))
    function = make_recording().function
    assert function is not None
    recording = replace(make_recording(), stages=stages, function=replace(function, init_ms=2.0))
    limits, match, integrate, init, run = stage_bars(recording)
    assert (limits.title, limits.listed) == ("Size of request line and headers", False)
    assert (match.title, match.listed, match.x, match.width) == ("Route", True, 0.1, 80.0)
    assert (integrate.title, integrate.last, integrate.width) == ("Integration", True, 239.9)
    assert (init.title, init.part, init.x, init.width) == ("Init f", True, 80.1, 160.0)
    assert (run.title, run.part, run.x, run.width) == ("Invoke f", True, 240.0, 80.0)
    assert stage_bars(replace(recording, stages=())) == ()


def test_the_diagram_joins_routes_functions_and_tables(tmp_path: Path) -> None:
    project = load_project(notes_project(tmp_path), "local")
    picture = ET.fromstring(diagram(build_graph(project.api, project.resources, project.stage), {}))
    texts = [text.text for text in picture.iter("text")]
    assert {"GET /notes/{noteId}", "get-note", "NotesTable: GetItem", "NotesTable"} < set(texts)
    assert sorted(str(path.get("class")) for path in picture.iter("path")) == ["calls", "calls", "reads", "writes"]
    assert route_rows(project.api, project.resources, project.stage) == (
        RouteRow("GET /notes/{noteId}", "", "get-note", "NotesTable: GetItem"),
        RouteRow("PUT /notes/{noteId}", "", "put-note", "NotesTable: PutItem"),
    )


def test_markup_in_the_spec_stays_text_in_the_diagram(tmp_path: Path) -> None:
    spec = SPEC.replace("title: Notes", "title: '<script>'").replace("/notes", "/<b>")
    project = load_project(notes_project(tmp_path, spec=spec), "local")
    drawn = diagram(build_graph(project.api, project.resources, project.stage), {})
    assert "&lt;script&gt;" in drawn
    assert "<script>" not in drawn
    assert "<b>" not in drawn


def test_json_folds_and_is_json_again_when_it_is_copied() -> None:
    text = '{"a": 12345678901234567890.10, "b": [], "c": [1, {"x": "<b>:,", "y": null}], "d": {}}'
    shown = str(json_view(make_body(text), "Event", "event"))
    assert shown.startswith('<div class="json" tabindex="0" role="group" aria-label="Event" id="event">')
    assert shown.count("<details open>") == 3
    assert 'data-size="2 items" data-end="]"' in shown
    assert "<b>" not in shown
    copied = html.unescape(re.sub("<[^>]+>", "", shown))
    assert copied == indent_json(text) + "\n"


def test_short_array_stands_on_one_line() -> None:
    shown = str(json_view(make_body('{"Accept": ["*/*"], "e": [], "long": ["' + "x" * 70 + '"]}'), "Event"))
    lines = [line for line in html.unescape(re.sub("<[^>]+>", "", shown)).splitlines() if line.strip()]
    assert lines == ["{", '  "Accept": ["*/*"],', '  "e": [],', '  "long": [', f'    "{"x" * 70}"', "  ]", "}"]


@pytest.mark.parametrize(("text", "tag"), [("plain", "<pre"), ("12", "<pre"), ("{broken", "<pre"), ("[]", "<div")])
def test_text_that_is_no_structure_is_shown_as_it_is(text: str, tag: str) -> None:
    shown = str(json_view(make_body(text), "Body"))
    assert shown.startswith(tag)
    assert html.unescape(re.sub("<[^>]+>", "", shown)).strip() == text


def test_large_json_is_closed_below_its_first_level_and_a_huge_one_is_a_text() -> None:
    large = json_view(make_body([{"a": {"b": number}} for number in range(200)]), "Body")
    assert large.count("<details open>") == 201
    assert large.count("<details>") == 200
    assert json_view(make_body(list(range(20_000))), "Body").startswith("<pre")
