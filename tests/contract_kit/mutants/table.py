"""The result of a campaign: how many faults of each kind and project were found, and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.contract_kit.mutants.campaign import Ledger, Quiet, Tried
from tests.contract_kit.mutants.mutant import KINDS, PROJECTS

WANTED_GENERIC = 0.90
WANTED = 0.97


@dataclass(frozen=True, slots=True)
class Verdict:
    """The shares of faults that were found, and the runs without a fault that had an alarm or a problem."""

    tried: Sequence[Tried]
    alarmed: Sequence[Quiet]
    with_cases: bool

    @classmethod
    def of(cls, ledger: Ledger, names: Iterable[str], with_cases: bool) -> Verdict:
        """Return the verdict on the faults of these names."""
        tried = [ledger.tried[name] for name in names if name in ledger.tried]
        return cls(tried, [run for run in ledger.quiet.values() if run.findings or run.problem], with_cases)

    @property
    def generic(self) -> float:
        """The share that the generic checks found."""
        return _share(self.tried, _found_generic)

    @property
    def all(self) -> float:
        """The share that was found by anything."""
        return _share(self.tried, _found)

    @property
    def good(self) -> bool:
        """Return whether as much was found as is promised, and nothing else."""
        return not self.alarmed and self.generic >= WANTED_GENERIC and (not self.with_cases or self.all >= WANTED)


def report_lines(verdict: Verdict) -> Iterator[str]:
    """Yield the tables, the faults that were missed, the false alarms, and the verdict."""
    yield from _rows("kind", [(kind, [one for one in verdict.tried if one.kind == kind]) for kind in KINDS])
    yield ""
    yield from _rows("project", [(name, [one for one in verdict.tried if one.project == name]) for name in PROJECTS])
    yield ""
    for one in verdict.tried:
        if one.outcome.problem:
            yield f"not run: {one.project}, {one.kind}: {one.name}: {one.outcome.problem.splitlines()[-1]}"
        elif not _found(one):
            yield f"missed: {one.project}, {one.kind}: {one.name}"
    for one in verdict.tried:
        if _found(one) and not one.generic:
            yield f"found by cases only: {one.project}, {one.kind}: {one.name}"
    for run in verdict.alarmed:
        yield f"false alarm: {run.key}: {run.problem or '; '.join(' '.join(found) for found in run.findings)}"
    yield (
        f"{len(verdict.tried)} faults: {verdict.generic:.0%} found by the generic checks, {verdict.all:.0%} with the"
        f" projects' own cases; {len(verdict.alarmed)} false alarms"
    )


def _rows(heading: str, groups: Sequence[tuple[str, Sequence[Tried]]]) -> Iterator[str]:
    yield f"{heading:<14} faults  generic      rest  schemathesis  cases  missed  seconds"
    for name, tried in groups:
        if tried:
            by = [one.outcome.by for one in tried]
            yield (
                f"{name:<14} {len(tried):>6} {sum(map(_found_generic, tried)):>4} {_share(tried, _found_generic):>4.0%}"
                f" {by.count('rest'):>8} {by.count('schemathesis') + by.count('generic'):>13} {by.count('cases'):>6}"
                f" {by.count(''):>7} {sum(one.outcome.seconds for one in tried):>8.0f}"
            )


def _found(one: Tried) -> bool:
    return one.outcome.by != ""


def _found_generic(one: Tried) -> bool:
    return one.generic


def _share(tried: Sequence[Tried], found: Callable[[Tried], bool]) -> float:
    return sum(map(found, tried)) / len(tried) if tried else 1.0
