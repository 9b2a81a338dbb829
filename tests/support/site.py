"""The inspector's site for tests, without a stack: on recordings of the test's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from homeport.inspector.process import create_app
from homeport.inspector.site_context import SiteContext
from homeport.project.load import ProjectFollower
from homeport.recordings.recording import Recording
from homeport.recordings.run_store import Runs
from homeport.recordings.store import Linked, Recordings, RecordingStore

TOKEN = "t0ken"
ORIGIN = "http://127.0.0.1:8081"
OWN = {"Host": "127.0.0.1:8081", "Origin": ORIGIN, "X-Homeport-Token": TOKEN}


def make_site(
    root: Path,
    *,
    recordings: Iterable[Recording | Linked] = (),
    api: str = "http://127.0.0.1:1",
    apis: dict[str, str] | None = None,
) -> SiteContext:
    """For the project in ``root``; there is no gateway behind it."""
    file = root / ".homeport" / "inspector.db"
    store = RecordingStore(file)
    store.add(recordings)
    store.close()
    return SiteContext(
        projects=ProjectFollower(root, "local"),
        recordings=Recordings(file),
        runs=Runs(file),
        recorded=True,
        apis=apis or {"": api},
        dynamodb=None,
        control=root / "no-control",
        token=TOKEN,
        states=root / "no-states",
    )


def client_of(site: SiteContext) -> FlaskClient:
    """A client of the site's application, which speaks to ``localhost``."""
    app = create_app(site)
    app.jinja_env.bytecode_cache = _COMPILED
    return app.test_client()


class _CompiledTemplates(BytecodeCache):
    """The templates of all sites: each application would compile those that it shows anew."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _CompiledTemplates()
