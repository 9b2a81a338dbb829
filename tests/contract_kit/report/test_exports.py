"""Findings for other tools."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

from homeport.contract.finding import Finding
from homeport.contract.report.exports import CheckOutcome, findings_json, github_annotations, junit, sarif
from homeport.contract.report.summary import merge_findings, without_repeated
from homeport.project.model import Source
from tests.support.contract import make_exchange


def finding(**given: Any) -> Finding:
    plain = {
        "check": "read-equals-write",
        "kind": "round-trip",
        "operation": "GET /items/{itemId}",
        "promise": "It is read as written",
        "origin": "RFC 9110",
        "happened": "100% not,\nat all",
        "exchanges": (make_exchange(status=200),),
        "source": Source("openapi.yaml", 7),
    }
    return Finding(**{**plain, **given})


def test_json_has_every_finding_and_marks_the_known_ones() -> None:
    entries = json.loads(findings_json([finding()], [finding(subject="/a")]))
    assert [(entry["subject"], entry["known"]) for entry in entries] == [("", False), ("/a", True)]
    assert entries[0]["source"] == "openapi.yaml:7"
    assert entries[0]["requests"][0].startswith("curl ")


def test_sarif_leads_to_the_line_of_the_document_and_has_a_rule_for_each_check() -> None:
    (run,) = json.loads(sarif([finding(), finding(subject="/b"), finding(check="x", severity="note")], "1.0"))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["read-equals-write", "x"]
    first, _, last = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("openapi.yaml", 7)
    assert (first["level"], last["level"], last["ruleIndex"]) == ("error", "note", 1)


def test_junit_has_a_case_for_each_check_and_a_failure_for_each_error() -> None:
    tested = [CheckOutcome("read-equals-write", "GET /items/{itemId}"), CheckOutcome("y", "items", 0.5, "no create")]
    suite = ElementTree.fromstring(junit([finding(happened="a\x00b"), finding(check="w", severity="warning")], tested))[
        0
    ]
    assert suite.attrib == {"name": "contract", "tests": "3", "failures": "1", "skipped": "1"}
    (failure,) = suite.iter("failure")
    assert (failure.text or "").startswith("a\N{REPLACEMENT CHARACTER}b\ncurl ")


def test_an_annotation_of_github_is_one_line_at_the_document_s_line() -> None:
    (line,) = github_annotations([finding()])
    assert line.startswith(
        "::error file=openapi.yaml,line=7,title=GET /items/{itemId}%3A It is read as written::100%25"
    )
    assert "\n" not in line


def test_the_same_fault_on_several_operations_is_one_finding() -> None:
    both = [finding(subject="/name"), finding(subject="/name", operation="PUT /items/{itemId}")]
    (merged,) = merge_findings(both)
    assert merged.identity == both[0].identity
    assert merged.happened.endswith("also on PUT /items/{itemId}")
    assert len(merge_findings([*both, finding(subject="/price")])) == 2


def test_errors_come_before_warnings_and_notes() -> None:
    found = merge_findings([finding(severity=each, subject=each) for each in ("note", "warning", "error")])
    assert [one.severity for one in found] == ["error", "warning", "note"]


def test_undocumented_status_of_schemathesis_is_left_out_where_another_finding_has_it() -> None:
    bare = finding(check="status_code_conformance", kind="schemathesis", exchanges=(make_exchange(status=500),))
    failed = finding(check="not_a_server_error", kind="schemathesis", exchanges=(make_exchange(status=500),))
    refused = finding(check="error-is-as-documented", exchanges=(make_exchange(status=400),))
    assert without_repeated([bare, failed, refused]) == [failed, refused]
    assert without_repeated([bare, refused]) == [bare, refused]
