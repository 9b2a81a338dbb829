"""Each ``homeport dev`` that runs for a project: its private folder, and how other commands find and choose it.

``python -m homeport.dev.running_instance`` exits with 0 if one runs for the project in this folder: the health check of
a container.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from operator import itemgetter
from pathlib import Path
from urllib.parse import urlsplit

from homeport.environment import hide_state, state_dir
from homeport.errors import HomeportError
from homeport.file_lock import is_held

# Commands that only read look for running instances on Windows too, which has no such locks.
if sys.platform != "win32":
    import fcntl

PREFIX = "homeport-"
_LOCK = "lock"
_FOLDER = "running"
_CONNECT_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class RunningInstance:
    """A ``homeport dev``: ``url`` is the API's base, ``dynamodb`` the endpoint of its tables (None: it has none).

    ``apis`` are the base URLs of all its APIs by their names; ``url`` is that of the first one.
    ``inputs`` is the text of the ``ProjectInputs`` with which it reads the project.
    ``functions`` is where the Lambda API answers, ``aws`` where the services beside DynamoDB do, ``inspector`` where
    the inspector does (None: nowhere), and
    ``recorder`` the socket that takes what is to be recorded (None: nothing is).
    ``data`` is the embedded engine's data directory (None: there is none). Where that keeps none, ``seeded_at`` is the
    time when its tables held the seed alone.
    """

    url: str
    dynamodb: str | None
    stage: str
    data: str | None = None
    machine: str = field(default_factory=socket.gethostname)
    seeded_at: float | None = None
    apis: Mapping[str, str] = field(default_factory=dict)
    inputs: str = ""
    functions: str | None = None
    aws: str | None = None
    recorder: str | None = None
    inspector: str | None = None

    @property
    def ports(self) -> frozenset[int]:
        """The ports at which its APIs, its tables, its services and its inspector answer."""
        urls = (self.url, *self.apis.values(), self.dynamodb, self.aws, self.inspector)
        return frozenset(port for url in urls if url and (port := urlsplit(url).port))

    def __str__(self) -> str:
        return f"stage {self.stage} at {self.url}"


@contextmanager
def private_runtime_dir() -> Iterator[Path]:
    """Make a temporary folder that only its owner may enter, and remove it at the end.

    Its lock is held as long as this process lives. Folders whose lock nobody holds were left by processes that were
    killed; they are removed first.
    """
    remove_abandoned_dirs(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    # The file gets its name when it is locked: another process that looks for abandoned folders meanwhile finds none.
    draft = folder / f"{_LOCK}.part"
    lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    draft.rename(folder / _LOCK)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_abandoned_dirs(parent: Path) -> None:
    """Remove this user's runtime folders below ``parent`` that no process holds."""
    for folder in parent.glob(f"{PREFIX}*"):
        # It may be another user's, or just being removed by its owner.
        with suppress(OSError):
            if folder.lstat().st_uid == os.getuid() and not is_held(folder / _LOCK):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def announce(root: Path, instance: RunningInstance) -> Iterator[None]:
    """Let other commands find this process as an instance of the project in ``root``, until the end.

    Each instance has a file of its own, and a lock on it that ends with the process, however that ends.
    """
    folder = state_dir(root) / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    hide_state(root)
    file = folder / f"{os.urandom(16).hex()}.json"
    # It gets its name when it is complete and locked.
    draft = file.with_suffix(".part")
    lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(lock, json.dumps(asdict(instance)).encode())
        draft.rename(file)
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(lock)


def ports_of(instances: Iterable[RunningInstance]) -> frozenset[int]:
    """Return the ports at which some instances answer."""
    return frozenset[int]().union(*(each.ports for each in instances))


def running_instances(root: Path) -> list[RunningInstance]:
    """Return the instances that serve the project in ``root``, in the order of their starts.

    Files of killed instances are removed. A lock of another machine (a container's) can't be seen on every kind of
    file system: such an instance is one if its URL takes connections.
    """
    found = []
    for file in (state_dir(root) / _FOLDER).glob("*.json"):
        with suppress(OSError, ValueError, TypeError):
            instance = RunningInstance(**json.loads(file.read_text()))
            if is_held(file) or (instance.machine != socket.gethostname() and _is_listening(instance.url)):
                found.append((file.stat().st_mtime, instance))
            elif instance.machine == socket.gethostname():
                file.unlink(missing_ok=True)
    return [instance for _, instance in sorted(found, key=itemgetter(0))]


def choose_instance(root: Path, stage: str | None = None, port: int | None = None) -> RunningInstance | None:
    """Return the only instance of a stage and of a port of the API, None: no instance has that stage.

    Raises HomeportError if there are several, or none at the port.
    """
    running = running_instances(root)
    found = [each for each in running if stage in (None, each.stage) and port in (None, urlsplit(each.url).port)]
    listed = "; ".join(map(str, found or running))
    if port is not None and not found:
        of_stage = f" of stage {stage}" if stage is not None else ""
        raise HomeportError(f"no homeport dev{of_stage} of this project runs at port {port}", listed or "none runs")
    if len(found) > 1:
        stages = {each.stage for each in found}
        choice = "--stage, or --port, the API's" if len(stages) > 1 else "--port, the API's"
        raise HomeportError(f"{len(found)} homeport dev of this project run: {listed}", f"choose by {choice}")
    return found[0] if found else None


def _is_listening(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), _CONNECT_TIMEOUT):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if running_instances(Path()) else 1)
