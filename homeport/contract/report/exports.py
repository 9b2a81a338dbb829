"""Findings for other tools: ``findings.json``, SARIF 2.1.0, JUnit's XML, and annotations of GitHub Actions. Pure.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from homeport.contract.finding import Finding
from homeport.contract.report.local_tokens import curl_lines

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
# Characters that XML 1.0 can't have, not even escaped.
_NO_XML = {code: "\N{REPLACEMENT CHARACTER}" for code in range(32) if code not in (9, 10, 13)}


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """A check that ran: its name, the resource or operation that it ran on, and its seconds."""

    check: str
    subject: str
    seconds: float = 0.0
    skipped: str = ""


def findings_json(findings: Iterable[Finding], known: Iterable[Finding] = ()) -> str:
    """Return all findings as a JSON array; those of the baseline, ``known``, are marked."""
    return json.dumps(findings_fields(findings, known), indent=2, ensure_ascii=False)


def findings_fields(findings: Iterable[Finding], known: Iterable[Finding] = ()) -> list[dict[str, Any]]:
    """Return all findings as JSON has them; those of the baseline, ``known``, are marked."""
    entries = [*((one, False) for one in findings), *((one, True) for one in known)]
    return [{**_entry(one), "known": is_known} for one, is_known in entries]


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "kind": finding.kind,
        "operation": finding.operation,
        "subject": finding.subject,
        "severity": finding.severity,
        "promise": finding.promise,
        "origin": finding.origin,
        "happened": finding.happened,
        "source": f"{finding.source.file}:{finding.source.line}" if finding.source else "",
        "requests": _commands(finding),
        "statuses": [exchange.status for exchange in finding.exchanges],
    }


def _commands(finding: Finding) -> list[str]:
    """Return a command for each request of a finding, which stands alone: it mints the tokens that it needs."""
    lines = (curl_lines([exchange]) for exchange in finding.exchanges)
    return ["; ".join((*line.tokens, *line.requests)) for line in lines]


def sarif(findings: Sequence[Finding], version: str) -> str:
    """Return the findings as a SARIF log; ``version`` is the kit's."""
    rules = {one.check: one for one in findings}
    driver = {
        "name": "homeport",
        "version": version,
        "rules": [
            {"id": name, "shortDescription": {"text": one.promise}, "help": {"text": one.origin}}
            for name, one in rules.items()
        ],
    }
    results = [_sarif_result(one, list(rules).index(one.check)) for one in findings]
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _sarif_result(finding: Finding, rule: int) -> dict[str, Any]:
    about = f"{finding.operation}: " if finding.operation else ""
    lines = [f"{about}{finding.promise}. {finding.happened}", *_commands(finding)]
    found: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": "\n".join(lines)},
        "partialFingerprints": {"homeport/v1": "/".join(finding.identity)},
    }
    if finding.source is not None:
        place = {"artifactLocation": {"uri": finding.source.file}, "region": {"startLine": finding.source.line}}
        found["locations"] = [{"physicalLocation": place}]
    return found


def junit(findings: Sequence[Finding], tested: Iterable[CheckOutcome]) -> str:
    """Return a JUnit report: a case for each check on each subject that it ran on, and one for each finding."""
    failed = {(one.check, one.operation) for one in findings}
    cases = [one for one in tested if (one.check, one.subject) not in failed]
    suite = ElementTree.Element("testsuite", name="contract")
    for case in cases:
        element = ElementTree.SubElement(
            suite, "testcase", name=case.check, classname=case.subject, time=f"{case.seconds:.3f}"
        )
        if case.skipped:
            ElementTree.SubElement(element, "skipped", message=case.skipped.translate(_NO_XML))
    for finding in findings:
        element = ElementTree.SubElement(suite, "testcase", name=finding.check, classname=finding.operation, time="0")
        if finding.severity == "error":
            text = "\n".join((finding.happened, *_commands(finding))).translate(_NO_XML)
            ElementTree.SubElement(element, "failure", message=finding.promise).text = text
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)


def github_annotations(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a workflow command for each finding, which GitHub shows at the line of the document."""
    for finding in findings:
        about = f"{finding.operation}: " if finding.operation else ""
        place = f"file={_property(finding.source.file)},line={finding.source.line}," if finding.source else ""
        lines = [finding.happened, *_commands(finding)]
        text = "\n".join(lines).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        yield f"::{_LEVELS[finding.severity]} {place}title={_property(about + finding.promise)}::{text}"


def _property(text: str) -> str:
    for character, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(character, code)
    return text
