"""The figures of ``make bench`` as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENGINES = {"embedded": "embedded DynamoDB", "dynamodb_local": "the other DynamoDB"}


def print_figures(figures: Mapping[str, Any]) -> None:
    """All of them, tables with their ratios."""
    memory = figures["memory"]
    print(f"ready, from process start                 {figures['ready_s']:>10.2f} s")
    print(f"memory of all processes, idle             {figures['idle_mb']:>10.0f} MB")
    print(f"the same, one route, warm                 {memory['warm_mb']:>10.0f} MB")
    print(f"  after {memory['requests']:,} requests                {memory['after_mb']:>10.0f} MB")
    for engine, title in ENGINES.items():
        if engine in figures:
            print(f"\n{title}")
            _print_latency(figures[engine]["latency"])
            _print_throughput(figures[engine]["throughput"])


def _print_latency(calls: Mapping[str, Any]) -> None:
    print(f"\n{'one connection, microseconds':<44}{'p50':>8}{'p99':>8}{'ratio':>8}")
    for call, contenders in calls.items():
        ours = contenders["homeport"]["p50_us"]
        for name, taken in contenders.items():
            ratio = "" if name == "homeport" else f"{ours / taken['p50_us']:.2f}"
            print(f"{call + ', ' + name:<44}{taken['p50_us']:>8}{taken['p99_us']:>8}{ratio:>8}")


def _print_throughput(loads: Mapping[str, Any]) -> None:
    print(f"\n{'connections':<44}{'per s':>8}{'p99/p50':>8}{'errors':>8}{'ratio':>8}")
    for name, contenders in loads.items():
        ours = contenders["homeport"]["per_second"]
        for contender, load in contenders.items():
            ratio = "" if contender == "homeport" else f"{ours / load['per_second']:.2f}"
            spread = load["p99_us"] / load["p50_us"]
            print(f"{name + ', ' + contender:<44}{load['per_second']:>8}{spread:>8.1f}{load['errors']:>8}{ratio:>8}")
