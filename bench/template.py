"""A SAM template of many functions beside the items API: start and edit, by turns: ``python -m bench.template``."""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from bench.report import REPORTS, ROOT, say, table, write_report
from homeport.contract.fixtures.stack import running_stack

# The limit of both ratios, medians of the template's times by those of the items API.
MOST_TIMES = 1.5

_HEAD = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, MemorySize: 256, Timeout: 10}
Resources:
  Orders: {Type: AWS::Serverless::SimpleTable}
"""
_FUNCTION = """
  Function%(number)d:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/part%(part)d
      Handler: app%(number)d.handler
      Environment: {Variables: {TABLE: !Ref Orders}}
      Policies: [DynamoDBCrudPolicy: {TableName: !Ref Orders}]
      Events:
        List: {Type: HttpApi, Properties: {Path: /things%(number)d, Method: get}}
        Get: {Type: HttpApi, Properties: {Path: "/things%(number)d/{id}", Method: get}}
"""
_HANDLER = """
import json, os
def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps("edit %d")}
"""
_PARTS = 6


def write_template(root: Path, count: int) -> Path:
    """Write a SAM project of so many functions, in six code folders. Return its folder."""
    functions = "".join(_FUNCTION % {"number": number, "part": number % _PARTS} for number in range(count))
    root.mkdir()
    (root / "template.yaml").write_text(_HEAD.lstrip() + functions)
    for number in range(count):
        folder = root / "src" / f"part{number % _PARTS}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"app{number}.py").write_text(_HANDLER % 0)
    return root


def time_to_ready(project: Path, path: str) -> float:
    """Return the seconds from the start of ``homeport dev`` to its first answer."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as data, running_stack(project, ("--data", data, "--inspected")) as stack:
        requests.get(stack.url + path, timeout=60)
        return time.perf_counter() - begun


def edits_ms(project: Path, handler: Path, path: str, count: int) -> list[float]:
    """Return the milliseconds of the first answer after each of so many saves of a handler."""
    found = []
    text = handler.read_text()
    with running_stack(project, ("--no-data", "--inspected", "--reload")) as stack:
        for number in range(count):
            requests.get(stack.url + path, timeout=60)
            handler.write_text(f"{text}\n# edit {number}\n")
            begun = time.perf_counter()
            requests.get(stack.url + path, timeout=60)
            found.append((time.perf_counter() - begun) * 1000)
    handler.write_text(text)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table and keep the figures. Return 1 if a ratio is over the limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.template", description=__doc__)
    parser.add_argument("--functions", type=int, default=60, help="functions of the template (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="starts of each, and edits (default: %(default)s)")
    parser.add_argument("--report", type=Path, default=REPORTS / "bench-template.json", help="where the figures go")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        template = write_template(Path(folder) / "sam", options.functions)
        items = _copy_items(Path(folder) / "items")
        say(f"{options.rounds} starts of each, after a first one that fills the caches")
        for project, path in ((template, "/things1"), (items, "/items")):
            time_to_ready(project, path)
        starts = [(time_to_ready(template, "/things1"), time_to_ready(items, "/items")) for _ in range(options.rounds)]
        say("edits")
        edits = (
            edits_ms(template, template / "src" / "part1" / "app1.py", "/things1", options.rounds),
            edits_ms(items, items / "service" / "handlers" / "list_items.py", "/items", options.rounds),
        )
    ready = [statistics.median(column) for column in zip(*starts, strict=True)]
    edit = [statistics.median(column) for column in edits]
    rows = [
        ["first answer after the start, s", *(f"{value:.2f}" for value in ready), f"{ready[0] / ready[1]:.2f}"],
        ["first answer after a save, ms", *(f"{value:.0f}" for value in edit), f"{edit[0] / edit[1]:.2f}"],
    ]
    print(table(["", f"template of {options.functions} functions", "items API", "ratio"], rows))
    write_report(options.report, {"ready_s": ready, "edit_ms": edit})
    return int(max(ready[0] / ready[1], edit[0] / edit[1]) > MOST_TIMES)


def _copy_items(root: Path) -> Path:
    root.mkdir()
    shutil.copy(ROOT / "openapi.yaml", root)
    for part in ("service", "deploy"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    return root


if __name__ == "__main__":
    raise SystemExit(main())
