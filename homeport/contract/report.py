"""The report of a contract run as one HTML page that needs no other file. Pure.

Failures as developers act on them: the curl line, what the function saw and logged, how to replay it. Pure.

What a run found, told: on the terminal, as one HTML page, and as files that replay each failure.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from homeport.contract import findings as counted
from homeport.contract import least_privilege as privilege
from homeport.contract.findings import Figures, Finding, count, read_findings
from homeport.contract.fuzz.run import EVENTS, FuzzOptions
from homeport.contract.least_privilege import Privileges, Right, read_exchanges, read_right_lines
from homeport.contract.replay.har import to_har
from homeport.project.model import Api
from homeport.project.project import Project

_STYLE = """
:root{color-scheme:light dark;--line:#c8ccd2;--soft:#f3f4f6;--good:#0a6b2d;--bad:#b3121d;--dull:#5a6270}
@media(prefers-color-scheme:dark){:root{--line:#454b55;--soft:#23272e;--good:#6fdc8c;--bad:#ff8389;--dull:#a8b0bd}}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:90rem;padding:1rem 1.5rem 4rem}
h1{margin-bottom:0}h2{margin-top:2.5rem}nav a{margin-right:1rem;white-space:nowrap}
.scroll{overflow-x:auto}table{border-collapse:collapse}caption{text-align:left;color:var(--dull);padding-bottom:.4rem}
th,td{border:1px solid var(--line);padding:.25rem .6rem;text-align:left;vertical-align:top}
thead th{background:var(--soft)}td.n{text-align:right;font-variant-numeric:tabular-nums}
.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.dull{color:var(--dull)}
pre{background:var(--soft);padding:.7rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
details{border:1px solid var(--line);border-radius:.3rem;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}
:focus-visible{outline:3px solid Highlight;outline-offset:2px}
""".strip()
_SECTIONS = (
    ("failures", "Failures"),
    ("checks", "Operations and checks"),
    ("undocumented", "Undocumented statuses"),
    ("responses", "Responses of the spec"),
    ("parameters", "Parameters"),
    ("privilege", "Least privilege"),
    ("slowest", "Slowest cases"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """All that a page shows. ``failures`` are findings with the lines about each (``explain.explanation``).

    ``privileges`` and ``asked`` are None where calls were not recorded; ``left`` are resources that the run made and
    could not remove.
    """

    url: str
    seed: int
    api: Api
    figures: Figures
    failures: Sequence[tuple[Finding, Sequence[str]]]
    privileges: Privileges | None = None
    asked: frozenset[Right] = frozenset()
    left: Sequence[str] = ()


def page(run: Run) -> str:
    """The whole document."""
    title = f"Contract of {run.api.title} {run.api.version}"
    bodies = (
        _failures(run),
        _checks(run.figures),
        _undocumented(run),
        _responses(run),
        _parameters(run),
        _privilege(run),
        _slowest(run.figures),
    )
    parts = [
        f'<section id="{id}"><h2>{name}</h2>{body}</section>'
        for (id, name), body in zip(_SECTIONS, bodies, strict=True)
    ]
    links = "".join(f'<a href="#{id}">{name}</a>' for id, name in _SECTIONS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<header><h1>{escape(title)}</h1>{_summary(run)}<nav aria-label="Sections">{links}</nav></header>'
        f"<main>{''.join(parts)}</main></body></html>\n"
    )


def _summary(run: Run) -> str:
    failed = len(run.failures) + len(run.privileges.denied + run.privileges.unused if run.privileges else ())
    verdict = '<b class="good">holds</b>' if not failed else f'<b class="bad">{failed} findings</b>'
    cases = sum(run.figures.cases.values())
    where = f"<code>{escape(run.url)}</code>"
    line = f"<p>{verdict} at {where}: {cases} cases in {run.figures.seconds:.1f} s, seed {run.seed}.</p>"
    if run.left:
        items = "".join(f"<li><code>{escape(one)}</code></li>" for one in run.left)
        line += f'<p class="bad">Made by the run and not removed:</p><ul>{items}</ul>'
    return line


def _failures(run: Run) -> str:
    return "".join(_failure(finding, lines) for finding, lines in run.failures) or _nothing("No check failed.")


def _failure(finding: Finding, lines: Sequence[str]) -> str:
    head = (
        f'<b>{escape(finding.operation)}</b>: {escape(finding.title)} <span class="dull">{escape(finding.check)}</span>'
    )
    text = "\n".join(line.removeprefix("  ") for line in lines[1:])
    return f'<details open><summary>{head}</summary><pre tabindex="0">{escape(text)}</pre></details>'


def _checks(figures: Figures) -> str:
    names = sorted({check for _, check in figures.checks})
    rows = []
    for operation, cases in sorted(figures.cases.items()):
        found = (figures.checks.get((operation, name)) for name in names)
        rows.append((_head(operation), _number(cases), *(_verdict(one) for one in found)))
    return _table("Cases that passed each check, and those that failed it", ("operation", "cases", *names), rows)


def _verdict(counts: tuple[int, int] | None) -> str:
    if counts is None:
        return '<td class="n dull">not run</td>'
    passed, failed = counts
    return f'<td class="n bad">{failed} failed, {passed} passed</td>' if failed else f'<td class="n good">{passed}</td>'


def _undocumented(run: Run) -> str:
    rows = [
        (_head(operation), f'<td class="bad">{status}</td>', _number(number))
        for operation, status, number in counted.undocumented(run.figures, run.api)
    ]
    caption = "Answers with a status that the spec does not give the operation"
    return _table(caption, ("operation", "status", "answers"), rows) if rows else _nothing("None was seen.")


def _responses(run: Run) -> str:
    found = list(counted.response_coverage(run.figures, run.api))
    rows = [(_head(operation), f"<td>{escape(status)}</td>", _seen(number)) for operation, status, number in found]
    seen = sum(number > 0 for *_, number in found)
    return _table(f"{seen} of {len(found)} documented responses were seen", ("operation", "status", "answers"), rows)


def _parameters(run: Run) -> str:
    rows = []
    for operation in run.api.operations:
        name = f"{operation.method} {operation.path}"
        required = {counted.shown(one): one.required for one in operation.parameters}
        required |= {"body": operation.body.required} if operation.body else {}
        for parameter, needed in required.items():
            uses = run.figures.uses.get((name, parameter), {})
            cells = (_seen(uses.get(use, 0)) for use in counted.USES)
            rows.append((_head(name), f"<td>{escape(parameter)}{' *' if needed else ''}</td>", *cells))
    header = ("operation", "parameter", *counted.USES)
    return (
        _table("How often each was sent; * marks those that are required", header, rows) if rows else _nothing("None.")
    )


def _privilege(run: Run) -> str:
    if run.privileges is None:
        return _nothing("Not proven: the calls of this API were not recorded.")
    rows = []
    for right, words in sorted(_rights(run, run.privileges).items()):
        verdict = f'<td class="{"good" if words == "used" else "bad"}">{words}</td>'
        cells = (f"<td>{escape(part)}</td>" for part in (right.action, right.target))
        rows.append((_head(right.function), *cells, verdict))
    return _table("What each function may do, and did", ("function", "action", "on", "verdict"), rows)


def _rights(run: Run, privileges: Privileges) -> Mapping[Right, str]:
    unused = dict.fromkeys(privileges.unused, "declared, never used")
    return dict.fromkeys(run.asked, "used") | unused | dict.fromkeys(privileges.denied, "denied: not declared")


def _slowest(figures: Figures) -> str:
    rows = [
        (
            _head(slow.operation),
            _number(round(slow.seconds * 1000, 1)),
            _number(slow.call.status),
            _code(slow.call.as_curl()),
        )
        for slow in figures.slowest
    ]
    return (
        _table("Until the answer was there", ("operation", "ms", "status", "request"), rows)
        if rows
        else _nothing("None.")
    )


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _head(text: str) -> str:
    return f'<th scope="row">{escape(text)}</th>'


def _number(value: float) -> str:
    return f'<td class="n">{value}</td>'


def _seen(number: int) -> str:
    return _number(number) if number else '<td class="n dull">never</td>'


def _code(text: str) -> str:
    return f"<td><code>{escape(text[:400])}</code></td>"


def _nothing(text: str) -> str:
    return f'<p class="dull">{escape(text)}</p>'


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
        yield from _seen_explain(exchanges.get(call.request_id, {}))


def _seen_explain(exchange: Mapping[str, Any]) -> Iterator[str]:
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


FAILURES = "failures"
PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over. ``record`` is where its calls were recorded, None: they were not; ``left`` are resources
    that it made and could not remove.
    """

    project: Project
    url: str
    options: FuzzOptions
    status: int
    record: Path | None = None
    left: Sequence[str] = ()


def conclude(ended: Ended) -> int:
    """Print what schemathesis can't know, write the page, and give the exit status."""
    told = _failures_conclusion(ended)
    for _, lines in told:
        print("\n" + "\n".join(lines))
    privileges, asked = _privileges(ended)
    for line in _privilege_lines(ended.project, privileges, len(asked)):
        print(line)
    for line in ended.left:
        print(f"made by the run and not removed: {line}")
    print(f"Report: {_write_page(ended, told, privileges, asked)}")
    return ended.status or int(bool(privileges))


def _failures_conclusion(ended: Ended) -> list[tuple[Finding, list[str]]]:
    """Each failure with what to say of it; its calls are kept in a file."""
    findings = _findings(ended.options.report / EVENTS)
    folder = ended.options.report / FAILURES
    for old in folder.glob("*.har"):
        old.unlink()
    if not findings:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    ids = frozenset(call.request_id for finding in findings for call in finding.calls if call.request_id)
    exchanges = read_exchanges(ended.record, ids) if ended.record else {}
    print("\nWhat failed, and what the functions saw of it")
    recorded = ended.record is not None
    return [(finding, _told(folder, n, finding, exchanges, recorded)) for n, finding in enumerate(findings, 1)]


def _told(
    folder: Path, number: int, finding: Finding, exchanges: Mapping[str, Mapping[str, Any]], recorded: bool
) -> list[str]:
    file = folder / file_name(number, finding)
    file.write_text(as_archive(finding, exchanges))
    return list(explanation(finding, exchanges, _shown(file), recorded=recorded))


def _privileges(ended: Ended) -> tuple[Privileges | None, frozenset[Right]]:
    if ended.record is None:
        return None, frozenset()
    project = ended.project
    asked = privilege.read_rights(read_right_lines(ended.record), project.resources.tables, project.stage)
    return privilege.compare(project.api.functions, asked), frozenset(right for right, _ in asked)


def _privilege_lines(project: Project, privileges: Privileges | None, used: int) -> list[str]:
    if privileges is None:
        return ["Least privilege: not proven, for the calls were not recorded (`homeport dev --record DIR`)"]
    verdict = "violated" if privileges else "proven"
    return [
        *privilege.advice(privileges, project.api.functions),
        f"Least privilege: {verdict}, {used} rights used",
    ]


def _write_page(
    ended: Ended,
    told: Sequence[tuple[Finding, Sequence[str]]],
    privileges: Privileges | None,
    asked: frozenset[Right],
) -> str:
    api = ended.project.api
    with (ended.options.report / EVENTS).open() as lines:
        figures = count(lines, api)
    run = Run(ended.url, ended.options.seed, api, figures, told, privileges, asked, ended.left)
    file = ended.options.report / PAGE
    file.write_text(page(run))
    return _shown(file)


def _findings(events: Path) -> tuple[Finding, ...]:
    with events.open() as lines:
        return read_findings(lines)


def _shown(file: Path) -> str:
    with contextlib.suppress(ValueError):
        return str(file.relative_to(Path.cwd()))
    return str(file)
