"""A finding as lines for people, and as an HTTP Archive that repeats its requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeport.contract.finding import Finding
from homeport.contract.har import to_har
from homeport.contract.http_exchange import HttpExchange
from homeport.contract.remote_data import SAFE_METHODS
from homeport.contract.report.local_tokens import curl_lines

FAILURES = "failures"
_LONGEST = 4000
# Characters of an event on a terminal, about two lines: what happened is to stay in sight.
_SHOWN_OF_EVENT = 160
_EVENT = "  event     "
# A JSON Web Token: its header and its payload are JSON objects in base64url, which begin so.
_TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*")
_FRAME = re.compile(r'  File "([^"]+)", line \d+')
# Where the packages of functions are, and Python's own modules.
_LIBRARY = re.compile(r"/site-packages/|/\.cache/homeport/|/lib/python3")
_NOTES = ("event", "log", "calls", "requests", "refused")
Logged = Mapping[str, Mapping[str, Any]]
"""Entries of the exchange log by their request ids."""


def archive_name(number: int, finding: Finding) -> str:
    """Return the file name of a finding's archive: ``01-POST-items-not_a_server_error.har``."""
    operation = re.sub(r"[^A-Za-z0-9]+", "-", finding.operation).strip("-")
    return f"{number:02}-{operation}-{finding.check}.har"


def write_archives(findings: Sequence[Finding], logged: Logged, folder: Path) -> dict[tuple[str, str, str], Path]:
    """Write an archive for each finding that has exchanges; return the files by the findings' identities."""
    for old in folder.glob("*.har"):
        old.unlink()
    written = {}
    for number, finding in enumerate(findings, 1):
        if finding.exchanges:
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / archive_name(number, finding)
            file.write_text(finding_archive(finding, logged))
            written[finding.identity] = file
    return written


def finding_archive(finding: Finding, logged: Logged) -> str:
    """Return the finding's exchanges as a HAR text, with ``_event``, ``_log`` and ``_calls`` from the exchange log."""
    noted = []
    for exchange in finding.exchanges:
        entry = logged.get(exchange.request_id, {})
        notes = {name: entry[name] for name in _NOTES if entry.get(name)}
        noted.append(replace(exchange, notes=notes))
    return to_har(noted)


def finding_lines(number: int, finding: Finding, logged: Logged | None, archive: str = "") -> Iterator[str]:
    """Yield the lines about one finding. ``logged`` is None where the run has no exchange log."""
    about = f"{finding.operation}: " if finding.operation else ""
    yield f"{number}. {about}{finding.promise} ({finding.check})"
    place = f"{finding.source.file}:{finding.source.line}" if finding.source else ""
    yield f"  promised  {', '.join(part for part in (finding.origin, place) if part)}"
    first, *rest = finding.happened.splitlines() or [""]
    yield f"  happened  {_shorten(first)}"
    yield from (f"            {_shorten(line)}" for line in rest)
    commands = curl_lines(finding.exchanges)
    yield from (f"  token     {line}" for line in commands.tokens)
    for exchange, line in zip(finding.exchanges, commands.requests, strict=True):
        yield f"  request   {line}"
        yield f"  answer    {exchange.status} {_shorten(exchange.reply_body.decode(errors='replace'), 500)}"
    if archive:
        yield f"  replay    homeport replay {archive} --url URL"
    if finding.exchanges and logged is not None:
        yield from _invocation_lines(logged.get(finding.exchanges[-1].request_id, {}))
        yield from _write_lines(finding.exchanges, logged)


def _write_lines(exchanges: Sequence[HttpExchange], logged: Logged) -> Iterator[str]:
    """Yield the database calls of the last write, where the last request only shows what it has done."""
    writes = [one for one in exchanges if one.method not in SAFE_METHODS]
    if not writes or writes[-1] is exchanges[-1]:
        return
    for call in logged.get(writes[-1].request_id, {}).get("requests", ()):
        yield f"  database  of the {writes[-1].method} before: {call_text(call)}"


def _invocation_lines(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry.get("refused"):
        yield f"  gateway   {entry['refused']}"
    if not entry.get("event"):
        yield f"{_EVENT}none: the gateway answered without a function"
        return
    yield f"{_EVENT}{event_text(entry['event'])}"
    for line in own_lines(entry.get("log", "").splitlines()):
        yield f"  log       {_shorten(line)}"
    for call in entry.get("requests", ()):
        yield f"  database  {call_text(call)}"


def own_lines(log: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a log without the frames of libraries in a traceback, in whose place is their number."""
    left_out, is_library = 0, False
    for line in log:
        frame = _FRAME.match(line)
        # What Python prints of a frame is indented further than the frame's own line.
        is_library = _LIBRARY.search(frame[1]) is not None if frame else is_library and line.startswith("    ")
        left_out += bool(frame and is_library)
        if not is_library:
            if left_out:
                yield f"  … {left_out} frame{'s' if left_out > 1 else ''} of libraries"
            left_out = 0
            yield line


def event_text(event: Any) -> str:
    """Return an event's JSON for a line, with ``***`` in place of tokens."""
    return _TOKEN.sub("***", json.dumps(event))


def terminal_lines(lines: Sequence[str], page: str) -> Iterator[str]:
    """Yield the lines about a finding as a terminal shows them: an event is cut, of which ``page`` has the whole."""
    for line in lines:
        is_long = line.startswith(_EVENT) and len(line) > len(_EVENT) + _SHOWN_OF_EVENT
        yield f"{line[: len(_EVENT) + _SHOWN_OF_EVENT]}… (whole in {page})" if is_long else line


def call_text(call: Mapping[str, Any]) -> str:
    """Return a line about a database call of the exchange log: ``GetItem on items-local, consistent``."""
    tables = ", ".join(arn.rpartition(":table/")[2] for arn in call.get("resources", ()))
    consistent = ", consistent" if call.get("consistent") else ""
    error = f": {call['error']}" if call.get("error") else ""
    request = f" {_shorten(json.dumps(call['request']), 500)}" if call.get("request") else ""
    return f"{call['operation']} on {tables}{consistent}{error}{request}"


def _shorten(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
