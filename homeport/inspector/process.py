"""The inspector's process: ``python -m homeport.inspector.process SETTINGS``, started by ``homeport dev``."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.child_process import InspectorSettings

if TYPE_CHECKING:
    from homeport.inspector.site_context import SiteContext

_THREADS = 4
# The API takes precedence.
_NICENESS = 10


def main(argument: str) -> None:
    """Serve until SIGTERM, or until the supervisor is gone."""
    settings = InspectorSettings.from_argument(argument)
    settings.follow_supervisor()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    logging.getLogger("waitress").setLevel(logging.ERROR)
    with suppress(OSError):
        os.nice(_NICENESS)
    # Loaded only now, so that the API's start comes first.
    from waitress.server import create_server

    from homeport.inspector.app import create_app

    app = create_app(site_context(settings))
    server = create_server(
        app, sockets=[socket.socket(fileno=settings.listener)], threads=_THREADS, ident=None, expose_tracebacks=False
    )
    settings.report_ready()
    server.run()


def site_context(settings: InspectorSettings) -> SiteContext:
    """Return the context of the pages."""
    from homeport.inspector.site_context import ProjectFollower, SiteContext
    from homeport.recordings.store import Recordings

    return SiteContext(
        projects=ProjectFollower(Path(settings.project), settings.stage),
        recordings=Recordings(Path(settings.recordings)),
        recorded=settings.recorded,
        api=settings.api,
        dynamodb=settings.dynamodb,
        fault_switch=Path(settings.fault_switch),
        token=_token(Path(settings.token_file)),
    )


def _token(file: Path) -> str:
    """Return the token, the same for a whole run of the supervisor: an open page outlives this process."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()


if __name__ == "__main__":
    main(sys.argv[1])
