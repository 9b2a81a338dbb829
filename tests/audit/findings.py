"""What pip-audit's report means: a package that it could not ask about is no package without vulnerabilities. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Findings(NamedTuple):
    """``status`` is 0 if all is well, 1 for a vulnerability, 2 if not every package could be looked up."""

    status: int
    lines: tuple[str, ...]


def findings(report: Mapping[str, Any]) -> Findings:
    """The findings of a report, as pip-audit writes it with ``--format=json``."""
    packages = report["dependencies"]
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    lines = [_line(each, flaw) for each in packages for flaw in each.get("vulns", ())]
    status = 1 if lines else 2 if skipped else 0
    if skipped:
        lines.append(
            f"the index tells nothing of {len(skipped)} packages, so they are not audited: {', '.join(skipped)}"
        )
    return Findings(status, tuple(lines) or (f"{len(packages)} packages, no known vulnerability",))


def _line(package: Mapping[str, Any], flaw: Mapping[str, Any]) -> str:
    mended = ", ".join(flaw.get("fix_versions", ())) or "no version yet"
    return f"{package['name']} {package['version']} has {flaw['id']}, mended in {mended}"
