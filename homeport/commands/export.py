"""``homeport export``: the API as OpenAPI or as a Postman collection, and the recordings as an HTTP Archive."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.errors import HomeportError

if TYPE_CHECKING:
    from homeport.project.load import Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add its options, except ``--project`` and ``--stage``."""
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--openapi", action="store_const", const="openapi", dest="kind", help="the spec, as plain JSON")
    kind.add_argument(
        "--postman", action="store_const", const="postman", dest="kind", help="a Postman collection (v2.1)"
    )
    kind.add_argument("--har", action="store_const", const="har", dest="kind", help="the recorded requests (HAR 1.2)")
    parser.add_argument("--out", default="-", metavar="FILE|-", help="where it goes (default: standard output)")


def run(options: argparse.Namespace) -> int:
    """Write the export. Raises HomeportError."""
    if options.kind == "har":
        return _export_archive(options)
    from homeport.contract.postman import postman_collection
    from homeport.project.load import load_project
    from homeport.project.openapi.extensions import export_openapi

    project = load_project(options.project.resolve(), options.stage)
    url = _running_url(project)
    made = postman_collection(project, url) if options.kind == "postman" else export_openapi(project.api, url)
    _write(made, options.out)
    return 0


def _export_archive(options: argparse.Namespace) -> int:
    from homeport.commands.record import add_recordings, open_archive, open_recordings
    from homeport.recordings.store import RecordingFilter

    recordings = open_recordings(options.project)
    if recordings.newest() == 0:
        raise HomeportError("nothing has been recorded yet", "start homeport dev, and send it a request")
    with open_archive(options.out) as archive:
        left_out = add_recordings(archive, recordings, RecordingFilter(), 0, None)
    if left_out:
        print(f"left out {left_out} whose bodies were too large to be kept whole", file=sys.stderr)
    return 0


def _running_url(project: Project) -> str | None:
    from homeport.dev.running_instance import find_running_instance

    dev = find_running_instance(project.root)
    return dev.url if dev else None


def _write(made: Mapping[str, Any], out: str) -> None:
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if out == "-":
        sys.stdout.write(text)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise HomeportError(f"{out} can't be written: {error.strerror}", "give another --out") from None
