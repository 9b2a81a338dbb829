"""``Trouble``: what a run lets go wrong with DynamoDB, and how often the calls of a request meet it. Pure.

``homeport/runtime/faults.py`` has the notation of faults. Calls that fail are chosen by the seed of the faults, so that
the same attempts fail in every run: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from homeport.runtime.faults import BATCHES, TRANSACTIONS
from homeport.runtime.worker.faults import draw

# Errors that the SDKs try again, so that each takes seconds: https://docs.aws.amazon.com/boto3/latest/guide/retries.html
RETRIED = (
    "ThrottlingException",
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "ServiceUnavailable",
    "RequestLimitExceeded",
)
# Errors that come back at once.
FINAL = (
    "AccessDeniedException",
    "ResourceNotFoundException",
    "TransactionConflictException",
    "UnrecognizedClientException",
)
# Those that pass by themselves, so that 503 (or 429) tells a client the truth:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
THROTTLED_TRANSACTION = "TransactionCanceledException:ThrottlingError"
PASSING = frozenset(
    (*RETRIED, "TransactionConflictException", "TransactionCanceledException", THROTTLED_TRANSACTION, "lost")
) - {"InternalServerError"}
# Writes that meet another request's transaction; no read of a single item does:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html#API_PutItem_Errors
_IN_CONFLICT = ("PutItem", "UpdateItem", "DeleteItem")
# Reasons to cancel a transaction that are gone with a later attempt. A conflict may be answered as one, the others not.
_CANCELED = (
    (THROTTLED_TRANSACTION, ("ThrottlingError@0.5", "ProvisionedThroughputExceeded")),
    ("TransactionCanceledException", ("TransactionConflict",)),
)
_MOST_SEEDS = 400_000

Effect = Literal["undone", "done", "open"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Faults that are switched on while requests are sent.

    ``codes`` are the errors by DynamoDB action, ``lost`` for an answer that never comes. ``effect`` says whether
    DynamoDB did what failed. ``once`` says that only the first call of a request fails.
    """

    name: str
    faults: tuple[str, ...]
    codes: Mapping[str, str]
    seed: int = 0
    effect: Effect = "undone"
    once: bool = False

    def code(self, actions: Sequence[str]) -> str:
        """Return the error that a request meets whose calls have these actions, ``""``: none."""
        return next((self.codes[action] for action in actions if action in self.codes), "")


def errors_for(actions: Collection[str], number: int, *, retried: bool) -> Trouble:
    """Return a trouble in which each action always fails, each with another error; others for another ``number``."""
    kinds = RETRIED if retried else FINAL
    codes: dict[str, str] = {}
    faults: list[str] = []
    place = 0
    has_transactions = not set(TRANSACTIONS).isdisjoint(actions)
    for action in sorted(actions):
        if retried and number < len(_CANCELED) and action in TRANSACTIONS:
            codes[action], reasons = _CANCELED[number]
            faults += [f"*.{action}=TransactionCanceledException:{reason}" for reason in reasons]
        elif retried and number == 0 and action in BATCHES:
            codes[action] = "unprocessed"
            faults.append(f"*.{action}=unprocessed:0.5")
        else:
            code = kinds[(place + number) % len(kinds)]
            if code == "TransactionConflictException" and (action not in _IN_CONFLICT or not has_transactions):
                code = "AccessDeniedException"
            codes[action] = code
            faults.append(f"*.{action}={code}")
            place += 1
    return Trouble(f"errors {number}", tuple(faults), codes)


def lost(actions: Collection[str]) -> Trouble:
    """Return a trouble in which DynamoDB does everything, and no answer comes back."""
    return Trouble("lost answers", ("*=lost",), dict.fromkeys(actions, "lost"), effect="done")


def lost_in(actions: Collection[str]) -> Trouble:
    """Return a trouble in which DynamoDB does everything, and no answer to these actions comes back."""
    faults = tuple(f"*.{action}=lost" for action in sorted(actions))
    return Trouble("lost answers of writes", faults, dict.fromkeys(actions, "lost"), effect="done")


def lost_once(actions: Collection[str], requests: int, calls: int) -> Trouble | None:
    """Return a trouble in which the first answer of each request is lost; None where no seed was found for so many."""
    seed = find_seed("*=lost@0.4", requests, (True, *[False] * calls))
    if seed is None:
        return None
    codes = dict.fromkeys(actions, "lost")
    return Trouble("first answer lost", ("*=lost@0.4",), codes, seed, effect="done", once=True)


def part_once(actions: Collection[str], requests: int, attempt: int, calls: int) -> Trouble | None:
    """Return a trouble in which a batch, the call ``attempt`` of a request, is processed in two parts."""
    fault = "*=unprocessed:0.5@0.4"
    seed = find_seed(fault, requests, [number == attempt for number in range(1, calls + 3)])
    if seed is None:
        return None
    codes = {action: "unprocessed" for action in actions if action in BATCHES}
    return Trouble("batches in parts", (fault,), codes, seed, effect="open")


def error_at(attempt: int, attempts: int) -> Trouble | None:
    """Return a trouble in which only the call ``attempt`` of a request fails, counted from 1, with a final error."""
    fault = "*=AccessDeniedException@0.3"
    seed = find_seed(fault, 2, [number == attempt for number in range(1, attempts + 1)])
    if seed is None:
        return None
    return Trouble(f"call {attempt} fails", (fault,), {}, seed)


@cache
def _find_seed(fault: str, requests: int, pattern: tuple[bool, ...]) -> int | None:
    probability = float(fault.rpartition("@")[2])
    for seed in range(_MOST_SEEDS):
        if all(
            (draw(f"{seed}/{call}/{attempt}/{fault}") < probability) is fails
            for call in range(1, requests + 1)
            for attempt, fails in enumerate(pattern, 1)
        ):
            return seed
    return None


def find_seed(fault: str, requests: int, pattern: Sequence[bool]) -> int | None:
    """Return a seed with which each of the next requests meets a fault in those attempts in which ``pattern`` is true.

    None where none of the first seeds does.
    """
    return _find_seed(fault, requests, tuple(pattern))


def describe(faults: Sequence[str], seed: int) -> Iterator[str]:
    """Yield the options of ``homeport dev`` that make the same trouble."""
    yield from (f"--fault '{fault}'" for fault in faults)
    if seed:
        yield f"--fault-seed {seed}"
