"""Answers at home against those of the emulator: what differs, and whose doing each difference is."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from homeport.contract import SEED
from homeport.contract.compare import Difference
from homeport.contract.fixtures.stack import running_stack
from homeport.contract.replay import compare_generated
from homeport.project.project import ProjectInputs
from tests.support.cloud_life import Life


@dataclass(frozen=True)
class Rule:
    """Differences of one kind, as patterns: the place, the answer at home, the answer at the emulator."""

    why: str
    place: str
    first: str
    second: str

    def explains(self, difference: Difference) -> bool:
        """Whether a difference is of this kind."""
        pairs = ((self.place, difference.place), (self.first, difference.first), (self.second, difference.second))
        return all(re.fullmatch(pattern, text, re.DOTALL) for pattern, text in pairs)


EMPTY = "an HTTP API answers 204 with a content-type"
PREFLIGHT = "an HTTP API refuses preflight requests of other origins and methods with 403; AWS leaves the headers out"
HEADERS = "a REST API's own answers lack the headers of x-amazon-apigateway-gateway-responses"
MODELS = "a REST API does not hold bodies against their models; the function refuses them in its own words"
SIBLINGS = "a REST API refuses a method that a static path lacks; AWS goes on with {variable} and {proxy+} beside it"
MOCK = "a REST API's mock integration answers a preflight request with {}"
MALFORMED = "a request that HTTP does not allow is refused with an empty body"
_MISSING = '{"message": "Missing Authentication Token"}'

KNOWN = (
    Rule(EMPTY, "content-type", "-", "application/json"),
    Rule(PREFLIGHT, "status", "204", "403"),
    Rule(PREFLIGHT, "body", '""', r'\{"message": "CORS .* denied"\}'),
    Rule(PREFLIGHT, "content-type", "-", "application/json"),
    Rule(HEADERS, "access-control-allow-origin", r"\*", "-"),
    Rule(MODELS, "content-type", "application/json", r"application/problem\+json"),
    Rule(MODELS, "body", r'\{"message": "Invalid request body"\}', r'\{"type": "about:blank".*'),
    Rule(SIBLINGS, "status", "4..|2..", "403"),
    Rule(SIBLINGS, "content-type", r"application/problem\+json", "application/json"),
    Rule(SIBLINGS, "body", ".*", re.escape(_MISSING)),
    Rule(MOCK, "body", '""', r"\{\}"),
    Rule(MALFORMED, "content-type", "application/json", "-"),
    Rule(MALFORMED, "body", r'\{"message": "Bad Request"\}', '""'),
)
"""What ministack does otherwise than AWS. docs/deploy.md lists it."""


def explained_differences(life: Life, examples: int, folder: Path) -> tuple[int, Counter[str], list[Difference]]:
    """How many calls were made, the differences that are known by their reason, and all others."""
    options = ("--no-data", "--stage", life.stage)
    with running_stack(life.root, options) as stack:
        urls = {"first": stack.url, "second": life.url()}
        wanted = argparse.Namespace(
            project=life.root,
            stage=life.stage,
            seed=SEED,
            max_examples=examples,
            inputs=ProjectInputs(),
            api=None,
            **urls,
        )
        count, every = compare_generated(wanted, None, None)
        found = [difference for difference in every if difference.method != "TRACE"]
    known: Counter[str] = Counter()
    unknown = []
    for difference in found:
        reason = reason_of(difference)
        if reason is None:
            unknown.append(difference)
        else:
            known[reason] += 1
    return count, known, unknown


def reason_of(difference: Difference) -> str | None:
    """Why the emulator answers otherwise, None: not known."""
    return next((rule.why for rule in KNOWN if rule.explains(difference)), None)


def difference_lines(known: Counter[str]) -> Iterator[str]:
    """The reasons and how often each was met."""
    for reason, count in known.most_common():
        yield f"  {count:4} times: {reason}"
