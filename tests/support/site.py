"""The inspector's site for tests, without a stack: on recordings of the test's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask.testing import FlaskClient

from homeport.inspector.recording import Recording
from homeport.inspector.recordings import Recordings
from homeport.inspector.site.app import create_app
from homeport.inspector.site.around import Site
from homeport.inspector.site.fault_board import FaultBoard
from homeport.inspector.site.projects import Projects
from homeport.inspector.store import Store

TOKEN = "t0ken"
ORIGIN = "http://127.0.0.1:8081"
OWN = {"Host": "127.0.0.1:8081", "Origin": ORIGIN, "X-Homeport-Token": TOKEN}


def make_site(root: Path, *, recordings: Iterable[Recording] = (), api: str = "http://127.0.0.1:1") -> Site:
    """For the project in ``root``; there is no gateway behind it."""
    file = root / ".homeport" / "inspector.db"
    store = Store(file)
    store.add(recordings)
    store.close()
    return Site(
        projects=Projects(root, "local"),
        recordings=Recordings(file),
        recorded=True,
        api=api,
        dynamodb=None,
        faults=FaultBoard(root / "no-switch"),
        token=TOKEN,
    )


def client_of(site: Site) -> FlaskClient:
    """A client of the site's application, which speaks to ``localhost``."""
    return create_app(site).test_client()
