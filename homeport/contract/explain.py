"""Failures as developers act on them: the curl line, what the function saw and logged, how to replay it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from homeport.contract.findings import Finding
from homeport.contract.har import to_har

_LONGEST = 4000


def file_name(number: int, finding: Finding) -> str:
    """Where a failure is kept: ``01-POST-items-not_a_server_error.har``."""
    operation = re.sub(r"[^A-Za-z0-9]+", "-", finding.operation).strip("-")
    return f"{number:02}-{operation}-{finding.check}.har"


def as_archive(finding: Finding, exchanges: Mapping[str, Mapping[str, Any]]) -> str:
    """The failure's calls as an HTTP Archive, with ``_event``, ``_log`` and ``_calls`` of what the stack recorded."""
    extras = []
    for call in finding.calls:
        seen = exchanges.get(call.request_id, {})
        extras.append({f"_{name}": seen[name] for name in ("event", "log", "calls", "refused") if seen.get(name)})
    return to_har(finding.calls, extras)


def explanation(
    finding: Finding, exchanges: Mapping[str, Mapping[str, Any]], file: str, *, recorded: bool
) -> Iterator[str]:
    """The lines about one failure. ``file`` is where its archive is, ``recorded`` whether the stack kept its calls."""
    call = finding.calls[-1] if finding.calls else None
    yield f"{finding.operation}: {finding.title} ({finding.check})"
    yield from ("  " + line for line in finding.message.splitlines() if line)
    if call is None:
        return
    yield f"  answered  {call.status} {_short(call.reply_body.decode(errors='replace'))}"
    for step in finding.calls:
        yield f"  request   {step.as_curl()}"
    yield f"  replay    homeport replay {file} --url URL"
    if recorded:
        yield from _seen(exchanges.get(call.request_id, {}))


def _seen(exchange: Mapping[str, Any]) -> Iterator[str]:
    if exchange.get("refused"):
        yield f"  gateway   {exchange['refused']}"
    if not exchange.get("event"):
        yield "  event     none: the gateway answered without a function"
        return
    yield f"  event     {_short(json.dumps(exchange['event']))}"
    for line in exchange.get("log", "").splitlines():
        yield f"  log       {_short(line)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
