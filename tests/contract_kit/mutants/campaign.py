"""The campaign: every chosen fault and every run without one. An interrupted one goes on from its file."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.contract_kit.mutants.attempt import CASES, Identity, Outcome, Part, run_part, try_mutant
from tests.contract_kit.mutants.mutant import Mutant
from tests.contract_kit.mutants.planted_copy import planted_copy

STAGES = {
    "items": ("local", "rest"),
    "shop": ("local",),
    "shop-http": ("local",),
    "hits": ("local",),
    "hello": ("local",),
    "crud": ("local",),
    "orders": ("local", "rest"),
    "notes": ("local", "rest"),
    "tickets": ("local",),
    "hotel": ("local",),
}
"""The stages on which a project without a fault must pass: both flavors, where it has a stage for either."""

FIRST_SEED = 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Quiet:
    """A run on a project without a fault, of one part. ``findings`` are its false alarms."""

    project: str
    stage: str
    seed: int
    part: str
    seconds: float
    findings: tuple[Identity, ...]
    problem: str = ""

    @property
    def key(self) -> str:
        """The name of the run in the file."""
        return quiet_key(self.project, self.stage, self.seed, self.part)


@dataclass(frozen=True, slots=True)
class Tried:
    """A fault that was planted, and what became of it."""

    name: str
    project: str
    kind: str
    outcome: Outcome

    @property
    def key(self) -> str:
        """The name of the fault in the file."""
        return self.name

    @property
    def generic(self) -> bool:
        """Return whether a check that knows nothing of the project found the fault."""
        return self.outcome.by not in ("", "cases")


def quiet_key(project: str, stage: str, seed: int, part: str) -> str:
    """Return the name of a run without a fault."""
    return f"unmutated {project}, stage {stage}, seed {seed}, {part}"


@dataclass
class Ledger:
    """The results so far, and the file that keeps them, a JSON object a line; None: they are in memory only."""

    file: Path | None
    quiet: dict[str, Quiet] = field(default_factory=dict)
    tried: dict[str, Tried] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def read(cls, file: Path | None) -> Ledger:
        """Return the ledger in a file, an empty one where there is none yet."""
        ledger = cls(file)
        for line in file.read_text(encoding="utf-8").splitlines() if file and file.is_file() else ():
            value = json.loads(line)
            if "outcome" in value:
                outcome = value["outcome"]
                outcome["checks"] = tuple(outcome["checks"])
                ledger._note(Tried(**{**value, "outcome": Outcome(**outcome)}))
            else:
                found = tuple((check, operation, subject) for check, operation, subject in value["findings"])
                ledger._note(Quiet(**{**value, "findings": found}))
        return ledger

    def add(self, result: Quiet | Tried) -> None:
        """Keep a result, in the file too."""
        with self._lock:
            self._note(result)
            if self.file is not None:
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")

    def alarms(self, project: str) -> dict[str, frozenset[Identity]]:
        """Return what each part finds in a project without a fault, in any run: it proves no fault."""
        found: dict[str, frozenset[Identity]] = {}
        for run in self.quiet.values():
            if run.project == project:
                found[run.part] = found.get(run.part, frozenset()) | set(run.findings)
        return found

    def _note(self, result: Quiet | Tried) -> None:
        if isinstance(result, Quiet):
            self.quiet[result.key] = result
        else:
            self.tried[result.key] = result


@dataclass(frozen=True, slots=True)
class Campaign:
    """``seeds`` is the number of runs without a fault for each stage; ``jobs`` runs go side by side."""

    mutants: Sequence[Mutant]
    projects: Sequence[str]
    parts: Sequence[Part]
    seeds: int
    jobs: int
    say: Callable[[str], None]

    def run(self, ledger: Ledger) -> None:
        """Run what the ledger lacks: first what is without a fault, since its alarms prove nothing."""
        runs = [run for run in self.quiet_runs() if quiet_key(*run[:3], run[3].name) not in ledger.quiet]
        self._side_by_side(runs, lambda run: self._run_quiet(ledger, *run))
        left = [mutant for mutant in self.mutants if mutant.name not in ledger.tried]
        self._side_by_side(left, lambda mutant: self._try(ledger, mutant))

    def quiet_runs(self) -> Iterator[tuple[str, str, int, Part]]:
        """Yield the runs without a fault: the project, the stage, the seed and the part of each."""
        for seed in range(FIRST_SEED, FIRST_SEED + self.seeds):
            for project in self.projects:
                for stage in STAGES[project]:
                    for part in self.parts:
                        # Cases have no seed.
                        if part is not CASES or (seed, stage) == (FIRST_SEED, STAGES[project][0]):
                            yield project, stage, seed, part

    def _run_quiet(self, ledger: Ledger, project: str, stage: str, seed: int, part: Part) -> None:
        started = time.monotonic()
        with planted_copy(project) as copy:
            ran = run_part(copy, part, seed, stage)
        problem = "" if ran.status in (0, 1) else f"status {ran.status}: {ran.output[-1500:].strip()}"
        seconds = round(time.monotonic() - started, 1)
        run = Quiet(project, stage, seed, part.name, seconds, tuple(sorted(ran.findings)), problem)
        ledger.add(run)
        good = not run.findings and not problem
        self.say(f"{'ok    ' if good else 'ALARM '} {seconds:6.1f} s  {run.key}")

    def _try(self, ledger: Ledger, mutant: Mutant) -> None:
        outcome = try_mutant(mutant, self.parts, ledger.alarms(mutant.project), FIRST_SEED)
        tried = Tried(mutant.name, mutant.project, mutant.kind, outcome)
        ledger.add(tried)
        word = "BROKEN" if outcome.problem else "found " if outcome.by else "MISSED"
        by = f" by {outcome.by}: {', '.join(outcome.checks)}" if outcome.by else ""
        self.say(f"{word} {outcome.seconds:6.1f} s  {mutant.project}: {mutant.name}{by}")

    def _side_by_side(self, things: Iterable[T], work: Callable[[T], None]) -> None:
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                for _ in pool.map(work, things):
                    pass
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
