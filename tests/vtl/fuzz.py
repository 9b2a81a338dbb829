"""Fuzz mapping templates: ``python -m tests.vtl.fuzz --templates 50000 --seed 1``.

Each generated template meets a generated body. It renders, or ends in one of the errors that templates have; nothing
else is raised, nothing takes longer than its bounds, and memory does not grow.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from homeport.gateway.mapping import BodyNotReadable, TemplateScope, render
from homeport.vtl import LimitExceeded, RenderLimits, TemplateError, parse
from tests.support.vtl_templates import TemplateMaker, make_body

LIMITS = RenderLimits(steps=100_000, characters=200_000, pattern_seconds=0.2)
# Far above what the limits allow, so that a busy machine makes no finding.
LONGEST_SECONDS = 20.0
MOST_MEMORY_GROWTH = 400 * 2**20
_ROOTS = (
    *(
        "$input.body",
        "$input.path('$')",
        "$input.path('$.a')",
        "$input.json('$')",
        "$input.params()",
        "$input.params('a')",
    ),
    *("$input.path('$..k')", "$input.path('$.a[?(@.k == 1)]')", "$util.parseJson($input.body)", "$context.identity"),
    *("$util.escapeJavaScript($input.json('$.b'))", "$util.base64Decode($text)", "$util.urlDecode($input.body)"),
    *("$context.requestOverride.header", "$context.responseOverride", "$stageVariables.a", "$util.urlEncode($a)"),
)


@dataclass
class FuzzTally:
    """Outcomes by name, the slowest template, and the templates that broke a rule."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_template: str = ""
    findings: list[str] = field(default_factory=list)


def fuzz(templates: int, seed: int) -> FuzzTally:
    """Render this many templates. The same seed makes the same ones."""
    tally = FuzzTally()
    for number in range(templates):
        random = Random(f"{seed}/{number}")
        text, body = TemplateMaker(random, _ROOTS).template(), make_body(random)
        began = time.perf_counter()
        tally.outcomes[_outcome(text, body, tally)] += 1
        seconds = time.perf_counter() - began
        if seconds > tally.slowest:
            tally.slowest, tally.slowest_template = seconds, text
        if seconds > LONGEST_SECONDS:
            tally.findings.append(f"{seconds:.1f} s: {text!r} with {body!r}")
    return tally


def _outcome(text: str, body: str, tally: FuzzTally) -> str:
    scope = TemplateScope(
        body=body,
        path={"a": "1"},
        querystring={"b": "é"},
        header={"X-A": "x"},
        context={"stage": "dev", "identity": {"sourceIp": "127.0.0.1"}},
        stage_variables={"a": "v"},
    )
    try:
        rendered = render(parse(text), scope, LIMITS)
    except LimitExceeded:
        return "limit"
    except TemplateError as error:
        if not str(error):
            tally.findings.append(f"no message: {text!r}")
        return "template error"
    except BodyNotReadable:
        return "body not readable"
    except Exception as error:
        tally.findings.append(f"{type(error).__name__}: {error}: {text!r} with {body[:200]!r}")
        return "finding"
    if len(rendered) > LIMITS.characters:
        tally.findings.append(f"{len(rendered)} characters: {text!r}")
    return "rendered"


def main() -> int:
    """Fuzz, print what happened, and return 1 if anything broke a rule."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--templates", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    tally = fuzz(options.templates, options.seed)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    if grown > MOST_MEMORY_GROWTH:
        tally.findings.append(f"memory grew by {grown >> 20} MB")
    print(", ".join(f"{count} {name}" for name, count in tally.outcomes.most_common()))
    print(f"slowest {tally.slowest:.2f} s, memory grew by {grown >> 20} MB: {tally.slowest_template[:200]!r}")
    print("\n".join(tally.findings))
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
