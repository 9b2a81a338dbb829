"""``tests/contract/checks.toml``: the checks that a project switches off, each with its reason.

[off]
put-is-idempotent = "each PUT counts the version up, and clients do not retry"
"read-equals-write on PUT /items/{itemId}" = "the stored price is rounded"
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.contract.finding import Finding
from homeport.errors import HomeportError
from homeport.project.names import did_you_mean

SETTINGS = Path("tests", "contract", "checks.toml")


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """``off`` maps a check, or a check ``on`` an operation, to the reason for which it is switched off."""

    off: Mapping[str, str] = field(default_factory=dict)

    @property
    def checks_off(self) -> Mapping[str, str]:
        """The checks that are switched off for every operation."""
        return {name: reason for name, reason in self.off.items() if " on " not in name}

    def reason(self, finding: Finding) -> str:
        """Return the reason for which a finding does not count, ``""`` where it does."""
        return self.off.get(f"{finding.check} on {finding.operation}", "") or self.off.get(finding.check, "")


def read_check_settings(root: Path, known: Collection[str]) -> CheckSettings:
    """Read a project's settings; ``known`` are the names of all checks. Raises HomeportError for what is wrong."""
    file = root / SETTINGS
    if not file.is_file():
        return CheckSettings()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HomeportError(f"{SETTINGS}: {error}") from error
    if unknown := sorted(content.keys() - {"off"}):
        raise HomeportError(f"{SETTINGS} has the unknown table {unknown[0]!r}", did_you_mean(unknown[0], ("off",)))
    off = content.get("off", {})
    for name, reason in off.items() if isinstance(off, dict) else ():
        check = name.partition(" on ")[0]
        if check not in known:
            raise HomeportError(f"{SETTINGS} switches off {check!r}, which is no check", did_you_mean(check, known))
        if not isinstance(reason, str) or not reason.strip():
            raise HomeportError(f"{SETTINGS} gives no reason for {name}", f'write {name} = "why it is switched off"')
    return CheckSettings(off if isinstance(off, dict) else {})
