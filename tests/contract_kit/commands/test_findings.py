from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from homeport.contract.finding import Finding
from homeport.contract.fuzz.results import read_findings
from homeport.contract.har import HarError, from_har, to_har
from homeport.contract.report.findings import archive_name, finding_archive, finding_lines
from homeport.project.model import Source
from tests.support.contract import make_exchange, make_scenario


def test_a_finding_has_the_requests_that_lead_to_it_in_order() -> None:
    line = make_scenario(
        {"id": "first", "method": "POST", "status": 201},
        {"id": "second", "parent": "first", "status": 500, "checks": ["not_a_server_error"]},
    )
    (finding,) = read_findings([line])
    assert [(each.method, each.url, each.status) for each in finding.exchanges] == [
        ("POST", "http://h/first", 201),
        ("GET", "http://h/second", 500),
    ]
    assert finding.exchanges[-1].request_id == "id-second"
    assert (finding.operation, finding.check) == ("GET /items", "not_a_server_error")


def test_the_same_failure_is_reported_once() -> None:
    lines = [make_scenario({"id": str(number), "checks": ["a"]}) for number in range(3)]
    assert len(read_findings(lines)) == 1


def test_a_scenario_that_passed_has_no_findings() -> None:
    passed = make_scenario({"id": "x", "checks": ["a"]}).replace(
        '{"status": "failure", "rec', '{"status": "success", "rec'
    )
    assert read_findings([passed, '{"EngineFinished": {}}']) == ()


def test_a_curl_line_survives_quotes_and_empty_headers() -> None:
    headers = (("X", "a'b"), ("Y", ""), ("Content-Type", "a/b"))
    assert make_exchange(method="PUT", headers=headers, body=b'{"a": 1}').as_curl() == (
        "curl -i --path-as-is -X PUT -H 'X: a'\"'\"'b' -H 'Y;' -H 'Content-Type: a/b' "
        "--data-binary '{\"a\": 1}' http://127.0.0.1:8080/items"
    )


@pytest.mark.parametrize("body", [b"\xff\x00\n", b"\x01"])
def test_a_curl_line_has_the_bytes_of_a_body_that_is_no_text(body: bytes) -> None:
    line = make_exchange(method="PUT", body=body).as_curl()
    start, rest = line.split(" | base64 -d | ")
    assert base64.b64decode(start.removeprefix("printf %s ")) == body
    assert rest.endswith("--data-binary @- http://127.0.0.1:8080/items")


def test_a_body_that_begins_like_a_file_name_is_no_file_of_curl() -> None:
    assert " --data-raw @a " in make_exchange(method="PUT", body=b"@a").as_curl()


def test_a_curl_line_of_a_body_without_a_media_type_sends_none() -> None:
    assert "-H Content-Type: --data-binary" in make_exchange(method="PUT", body=b"{}").as_curl()


def test_a_curl_line_of_a_very_long_body_has_its_beginning() -> None:
    line = make_exchange(method="PUT", body=b"[" * 100_000).as_curl()
    assert len(line) < 500
    assert "(100,000 bytes)" in line


def test_an_archive_returns_its_exchanges() -> None:
    calls = (
        make_exchange(
            method="POST", headers=(("Content-Type", "a/b"),), body=b"\xff\x00", status=201, reply_body=b"{}"
        ),
        make_exchange(url="http://h/x?a=1&a=2&b", reply_headers=(("ETag", '"1"'),), reply_body="é".encode()),
    )
    assert from_har(to_har(calls)) == calls


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"log": {"entries": [{}]}}'])
def test_text_that_is_no_archive_is_rejected(text: str) -> None:
    with pytest.raises(HarError):
        from_har(text)


def make_finding(**given: Any) -> Finding:
    plain = {
        "check": "sound",
        "kind": "methods",
        "operation": "GET /items/{itemId}",
        "promise": "It is sound",
        "origin": "RFC 9110",
        "happened": "It is not.\nNot at all",
    }
    return Finding(**{**plain, **given})


def test_a_failure_s_archive_has_the_function_s_event_and_log() -> None:
    finding = make_finding(exchanges=(make_exchange(request_id="r"),))
    (entry,) = json.loads(finding_archive(finding, {"r": {"event": {"v": 1}, "log": "l"}}))["log"]["entries"]
    assert (entry["_event"], entry["_log"]) == ({"v": 1}, "l")


def test_a_finding_s_lines_have_promise_place_request_replay_event_and_log() -> None:
    exchanges = (make_exchange(status=500, request_id="r", reply_body=b"oh"),)
    finding = make_finding(exchanges=exchanges, source=Source("openapi.yaml", 7))
    seen = {"r": {"event": {"v": 1}, "log": "one\ntwo\n"}}
    assert list(finding_lines(1, finding, seen, "f.har")) == [
        "1. GET /items/{itemId}: It is sound (sound)",
        "  promised  RFC 9110, openapi.yaml:7",
        "  happened  It is not.",
        "            Not at all",
        "  request   curl -i --path-as-is -X GET http://127.0.0.1:8080/items",
        "  answer    500 oh",
        "  replay    homeport replay f.har --url URL",
        '  event     {"v": 1}',
        "  log       one",
        "  log       two",
    ]


def test_a_file_is_named_after_its_failure() -> None:
    assert archive_name(3, make_finding()) == "03-GET-items-itemId-sound.har"
