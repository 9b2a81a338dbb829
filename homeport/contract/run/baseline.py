"""``tests/contract/baseline.json``: the known findings of an inherited API, which do not fail a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from homeport.contract.finding import Finding
from homeport.errors import HomeportError

BASELINE = Path("tests", "contract", "baseline.json")
Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The identities of known findings (``Finding.identity``)."""

    known: frozenset[Identity] = frozenset()

    def split(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """Return the findings that are new, and those that are known."""
        new: list[Finding] = []
        known: list[Finding] = []
        for finding in findings:
            (known if finding.identity in self.known else new).append(finding)
        return new, known

    def is_new_error(self, finding: Finding) -> bool:
        """Return whether a finding fails the run: a new one, and an error."""
        return finding.severity == "error" and finding.identity not in self.known

    def gone(self, findings: Iterable[Finding]) -> list[Identity]:
        """Return the known findings that a run did not find again."""
        return sorted(self.known - {finding.identity for finding in findings})


NOTHING_KNOWN = Baseline()


def read_baseline(root: Path) -> Baseline:
    """Read a project's baseline; without the file nothing is known. Raises HomeportError for a damaged one."""
    file = root / BASELINE
    if not file.is_file():
        return NOTHING_KNOWN
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return Baseline(frozenset((one["check"], one["operation"], one["subject"]) for one in entries))
    except (ValueError, KeyError, TypeError) as error:
        hint = "delete it, then write it anew: homeport test --update-baseline"
        raise HomeportError(f"{BASELINE} is damaged: {error!r}", hint) from error


def write_baseline(root: Path, findings: Sequence[Finding]) -> Path:
    """Write the findings of a run as the project's baseline and return the file."""
    file = root / BASELINE
    file.parent.mkdir(parents=True, exist_ok=True)
    entries = [
        {"check": one.check, "operation": one.operation, "subject": one.subject, "happened": one.happened}
        for one in sorted(findings, key=lambda one: one.identity)
        if one.severity == "error"
    ]
    file.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file
