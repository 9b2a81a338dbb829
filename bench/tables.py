"""The figures of ``make bench`` as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench import limits
from bench.runtime import rows

ENGINES = {"embedded": "embedded DynamoDB", "dynamodb_local": "DynamoDB Local"}


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """All of them, tables with their ratios."""
    memory, contract = figures["memory"], figures.get("contract")
    single = [
        ("ready, from process start", f"{figures['ready_s']:.2f} s"),
        ("a bare Flask app with boto3, the same", f"{figures['flask_ready_s']:.2f} s"),
        ("memory of all processes, idle", f"{figures['idle_mb']:.0f} MB"),
        ("the same, one route, not recording, warm", f"{memory['warm_mb']:.0f} MB"),
        (f"  after {memory['requests']:,} requests", f"{memory['after_mb']:.0f} MB"),
        *rows(figures["lambda"]),
    ]
    if contract:
        single.append((f"contract tests, {contract['cases']} cases", f"{contract['per_second']:.0f}/s"))
    yield from (f"{name:<46}{value:>12}" for name, value in single)
    for engine, title in ENGINES.items():
        if engine in figures:
            yield from ("", title)
            yield from _latency(figures[engine]["latency"])
            yield from _throughput(figures[engine]["throughput"])
    yield ""
    yield from limits.lines(figures)


def _latency(calls: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"{'one connection, microseconds':<44}{'p50':>8}{'p99':>8}{'ratio':>8}")
    for call, contenders in calls.items():
        for name, taken in contenders.items():
            ratio = "" if name == "homeport" else f"{taken['ratio']:.2f}"
            yield f"{call + ', ' + name:<44}{taken['p50_us']:>8}{taken['p99_us']:>8}{ratio:>8}".rstrip()


def _throughput(loads: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", f"{'connections':<44}{'per s':>8}{'p99/p50':>8}{'errors':>8}{'ratio':>8}")
    for name, contenders in loads.items():
        homeport = contenders["homeport"]["per_second"]
        for contender, load in contenders.items():
            ratio = "" if contender == "homeport" else f"{homeport / load['per_second']:.2f}"
            spread = load["p99_us"] / load["p50_us"]
            row = f"{name + ', ' + contender:<44}{load['per_second']:>8}{spread:>8.1f}{load['errors']:>8}{ratio:>8}"
            yield row.rstrip()
