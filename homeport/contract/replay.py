"""Recorded calls made again: at one URL against the recorded answers, or at two URLs side by side."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.contract.answers import Names, differences, pairs, rename
from homeport.contract.arguments import headers_of
from homeport.contract.findings import Call
from homeport.contract.fuzz import base_command, require_schemathesis
from homeport.contract.har import HarError, from_har
from homeport.contract.send import below, own_target, renamed, send
from homeport.inspector.masks import MASK

_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A call whose two answers differ in ``place``."""

    method: str
    target: str
    place: str
    first: str
    second: str


def run_replay(options: argparse.Namespace) -> int:
    """``homeport replay FILE --url``: 0 if every answer is as recorded."""
    calls = with_headers(read_archive(options.file), headers_of(options))
    found = list(replayed(calls, options.url))
    print("\n".join(table(found, "recorded", options.url)) if found else "every answer is as recorded")
    return int(bool(found))


def with_headers(calls: Iterable[Call], headers: Sequence[str]) -> tuple[Call, ...]:
    """The calls with these headers, ``NAME:VALUE``, in the place of their own, and without what is masked.

    Says on standard error which masked ones nothing stands in for.
    """
    given = tuple((name.strip(), value.strip()) for name, _, value in (header.partition(":") for header in headers))
    names = {name.lower() for name, _ in given}
    missing: dict[str, None] = {}
    changed = []
    for call in calls:
        masked = [name for name, value in call.headers if MASK in value]
        missing.update(dict.fromkeys(name for name in masked if name.lower() not in names))
        kept = tuple(pair for pair in call.headers if pair[0] not in masked and pair[0].lower() not in names)
        changed.append(replace(call, headers=(*kept, *given)))
    if missing:
        what = ", ".join(missing)
        print(f"homeport: sent without {what}, whose values are not kept: give --token or -H", file=sys.stderr)
    return tuple(changed)


def run_parity(options: argparse.Namespace) -> int:
    """``homeport parity URL_A URL_B``: 0 if both answer alike."""
    calls = read_archive(options.file) if options.file else generated(options)
    found = list(compared(calls, options.first, options.second))
    print("\n".join(table(found, options.first, options.second)) if found else f"{len(calls)} calls, answered alike")
    return int(bool(found))


def read_archive(file: Path) -> tuple[Call, ...]:
    """The calls of a HAR file. Raises HarError."""
    try:
        return from_har(file.read_text())
    except OSError as error:
        raise HarError(f"{file} can't be read: {error.strerror}") from error


def generated(options: argparse.Namespace) -> tuple[Call, ...]:
    """What schemathesis makes of the project's spec at the first URL, in its order."""
    require_schemathesis()
    project: Path = options.project.resolve()
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        file = Path(folder) / "calls.har"
        command = base_command(project, options.first, options.seed)
        command += ["--max-examples", str(options.max_examples), "--output-sanitize", "false"]
        subprocess.run([*command, "--report-har-path", str(file)], stdout=subprocess.DEVNULL, check=False)
        return read_archive(file)


def replayed(calls: Iterable[Call], url: str) -> Iterator[Difference]:
    """What the answers at ``url`` differ in from the recorded ones; generated ids are followed."""
    names: Names = {}
    for call in calls:
        now = send(renamed(replace(call, url=own_target(call, url)), names, rename), url)
        yield from _differences(call, now)
        names |= pairs(call, now)


def compared(calls: Iterable[Call], first: str, second: str) -> Iterator[Difference]:
    """What the answers at two URLs differ in; each gets the ids that it made itself."""
    of_first: Names = {}
    of_second: Names = {}
    for call in calls:
        plain = replace(call, url=own_target(call, first))
        one = send(renamed(plain, of_first, rename), first)
        other = send(renamed(plain, of_second, rename), second)
        yield from _differences(one, other)
        of_first |= pairs(call, one)
        of_second |= pairs(call, other)


def table(found: Iterable[Difference], first: str, second: str) -> list[str]:
    """The differences as lines of a Markdown table."""
    lines = [f"| call | differs in | {first} | {second} |", "|---|---|---|---|"]
    for item in found:
        cells = (f"{item.method} {item.target}", item.place, item.first, item.second)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines


def _differences(one: Call, other: Call) -> Iterator[Difference]:
    for place, first, second in differences(one, other):
        yield Difference(one.method, below(one.url, ""), place, first, second)


def _cell(text: str) -> str:
    plain = text.replace("|", "\\|").replace("\n", " ")
    return plain if len(plain) <= _WIDTH else plain[: _WIDTH - 1] + "…"
