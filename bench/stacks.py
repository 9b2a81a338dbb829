"""The projects that are measured, running: this repository's own, and one with a route that needs no database."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.report import ROOT
from homeport.contract.fixtures.stack import Stack, running_stack

HELLO_SPEC = """
openapi: 3.0.3
info: {title: Hello, version: 1.0.0}
paths:
  /hello: {get: {operationId: hello, responses: {"200": {description: A greeting.}}}}
"""
HELLO = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": '{"hello":"world"}'}
"""
_SUCCEEDED = re.compile(r"[0-9:]{8} 200 ")
# More than any load here, so that no request is throttled.
_UNTHROTTLED = "throttle: {rate: 10000, burst: 5000}"


@contextlib.contextmanager
def items_stack(options: Sequence[str] = ("--no-data",)) -> Iterator[Stack]:
    """The items API, without its throttling, on an empty database."""
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        root = Path(folder)
        shutil.copy(ROOT / "openapi.yaml", root)
        for part in ("service", "deploy"):
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        stages = root / "deploy" / "stages.yaml"
        lines = stages.read_text().splitlines(keepends=True)
        stages.write_text("".join(f"  {_UNTHROTTLED}\n" if "throttle:" in line else line for line in lines))
        with running_stack(root, options) as stack:
            yield stack


@contextlib.contextmanager
def hello_stack() -> Iterator[Stack]:
    """The route without a database."""
    with tempfile.TemporaryDirectory(prefix="homeport-") as folder:
        root = write_project(Path(folder), HELLO_SPEC, {"hello": HELLO})
        with running_stack(root, ("--dynamodb", "none")) as stack:
            yield stack


def reasons(stack: Stack, most: int = 40) -> list[str]:
    """Return the last lines that a stack has printed about other requests than those answered with 200."""
    lines = stack.read_output().splitlines()
    return [line for line in lines if not _SUCCEEDED.match(line)][-most:]


def write_project(root: Path, spec: str, handlers: Mapping[str, str], flavor: str = "http") -> Path:
    """Write a project without tables; ``handlers`` are texts of modules by name."""
    stages = f"stages: {{local: {{flavor: {flavor}, {_UNTHROTTLED}}}}}\n"
    files = {"openapi.yaml": spec, "deploy/stages.yaml": stages}
    files |= {f"service/handlers/{name}.py": text for name, text in handlers.items()}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
