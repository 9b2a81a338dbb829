"""``homeport adopt openapi.yaml``: a project of an API that exists."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The document, and the folder of the project."""
    parser.add_argument("file", type=Path, metavar="FILE", help="OpenAPI 3.0, an export of API Gateway, a SAM template")
    parser.add_argument("--into", type=Path, metavar="DIR", help="the project's folder (default: that of FILE)")


def run(options: argparse.Namespace) -> int:
    """Adopt it; list what was written and what could not be mapped. Raises HomeportError."""
    from homeport.scaffold.adopt import adopt
    from homeport.scaffold.init import requirement

    file: Path = options.file.absolute()
    report = adopt(file, (options.into or file.parent).resolve(), requirement())
    for place in report.written:
        print(f"wrote {place}")
    for line in report.unmapped:
        print(f"not mapped: {line}")
    print(f"{len(report.written)} files written, {len(report.unmapped)} things not mapped")
    return 0
