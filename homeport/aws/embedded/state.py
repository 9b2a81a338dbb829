"""The store of what the services hold, a database of SQLite: a row for each entry of a service's stores.

Before a request that may have changed something is answered, the entries that differ are written, in one transaction.
So an answered change is in the file, and no death of the process loses it; a power failure may lose the last seconds.
What threads of the services change by themselves follows within half a second.

Values are pickled: ministack's stores have tuples, bytes and sets, which JSON has not. Nothing but plain types is read
back.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any, NamedTuple

FORMAT = 1
_TRIES = 5
_PLAIN = frozenset(
    (
        *(("builtins", name) for name in ("set", "frozenset", "bytearray", "complex", "slice", "range")),
        *(("collections", name) for name in ("OrderedDict", "defaultdict", "deque", "Counter")),
        *(("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")),
        *(("decimal", "Decimal"), ("uuid", "UUID"), ("_codecs", "encode")),
        *(("builtins", name) for name in ("list", "dict", "int", "str", "float")),
    )
)
"""The types that are read back."""


class StateError(Exception):
    """The database can't be used as it is. ``hint`` is the advice."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class _Entry(NamedTuple):
    """The place of a value: ``scope`` is the kind of its store (``""`` for a value that is no store)."""

    service: str
    store: str
    scope: str
    key: bytes


class StateStore:
    """The database. A lock lets only one process at a time write."""

    def __init__(self, file: Path, timeout: float = 2.0) -> None:
        """Open the database, made if it is missing. Raises StateError.

        Another process that has it open gets ``timeout`` seconds to end.
        """
        self._file = file
        self._written: dict[_Entry, bytes] = {}
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(file, isolation_level=None, timeout=timeout, check_same_thread=False)
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=OFF")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS entry"
                " (service TEXT, store TEXT, scope TEXT, key BLOB, value BLOB, PRIMARY KEY (service, store, key))"
            )
            self._check_format(self._database)
        except (OSError, sqlite3.Error) as error:
            hint = "end the homeport dev that uses it; or start afresh: `make clean-data`, or name others: --data DIR"
            raise StateError(f"the data of the services in {file} can't be used: {error}", hint) from error

    def load(self, scoped: Mapping[str, type[Any]]) -> dict[str, dict[str, Any]]:
        """Return the stores of each service; ``scoped`` are ministack's classes of stores. Raises StateError."""
        services: dict[str, dict[str, Any]] = {}
        try:
            for service, store, scope, key, value in self._database.execute("SELECT * FROM entry"):
                stores = services.setdefault(service, {})
                if scope:
                    stores.setdefault(store, scoped[scope]())._data[_unpickle(key)] = _unpickle(value)
                else:
                    stores[store] = _unpickle(value)
                self._written[_Entry(service, store, scope, key)] = _digest(value)
        except (sqlite3.Error, pickle.UnpicklingError, KeyError, EOFError, AttributeError) as error:
            hint = f"start afresh: `make clean-data`, or remove {self._file.parent}"
            raise StateError(f"the data of the services in {self._file} are damaged: {error}", hint) from error
        return services

    def save(self, service: str, stores: Mapping[str, Any], scoped: Mapping[str, type[Any]]) -> None:
        """Write the entries of a service that differ from those in the file. Raises sqlite3.Error."""
        there: set[_Entry] = set()
        changed: list[tuple[_Entry, bytes]] = []
        for entry, value in _entries(service, stores, scoped):
            there.add(entry)
            data = _pickle(value)
            digest = _digest(data)
            if self._written.get(entry) != digest:
                changed.append((entry, data))
        gone = [entry for entry in self._written if entry.service == service and entry not in there]
        if changed or gone:
            self._write(changed, gone)

    def copy_to(self, file: Path) -> None:
        """Write a copy of the database. Raises sqlite3.Error."""
        self._database.execute("VACUUM INTO ?", (str(file),))

    def take_over(self, file: Path) -> None:
        """Replace the entries by those of another database. ``load`` reads them then. Raises StateError, sqlite3.Error.

        They are read first, so that nothing changes where they are damaged.
        """
        try:
            with closing(sqlite3.connect(file)) as other:
                self._check_format(other)
                for _, _, scope, key, value in other.execute("SELECT service, store, scope, key, value FROM entry"):
                    _unpickle(value)
                    if scope:
                        _unpickle(key)
        except (sqlite3.Error, pickle.UnpicklingError, EOFError, AttributeError) as error:
            raise StateError(f"it is damaged: {error}") from error
        self._database.execute("ATTACH ? AS taken", (str(file),))
        try:
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM entry")
            self._database.execute("INSERT INTO entry SELECT service, store, scope, key, value FROM taken.entry")
            self._database.execute("COMMIT")
        finally:
            self._database.execute("DETACH taken")
        self._written.clear()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _write(self, changed: list[tuple[_Entry, bytes]], gone: list[_Entry]) -> None:
        self._database.execute("BEGIN")
        try:
            self._database.executemany(
                "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)", [(*entry, data) for entry, data in changed]
            )
            self._database.executemany(
                "DELETE FROM entry WHERE service = ? AND store = ? AND key = ?",
                [(entry.service, entry.store, entry.key) for entry in gone],
            )
            self._database.execute("COMMIT")
        except sqlite3.Error:
            self._database.execute("ROLLBACK")
            raise
        self._written.update((entry, _digest(data)) for entry, data in changed)
        for entry in gone:
            del self._written[entry]

    def _check_format(self, database: sqlite3.Connection) -> None:
        (found,) = database.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            raise sqlite3.DatabaseError(f"it has format {found}, and this version of homeport reads format {FORMAT}")
        database.execute(f"PRAGMA user_version={FORMAT}")


def live_state(module: Any) -> Mapping[str, Any]:
    """Return the stores of a module of ministack as its ``get_state`` does, without copies.

    The copies of a thousand messages would take longer than all the rest of a request.
    """
    shared = SimpleNamespace(deepcopy=_same, copy=_same)
    function = module.get_state
    found: Mapping[str, Any] = FunctionType(function.__code__, {**vars(module), "copy": shared})()
    return found


def _same(value: Any) -> Any:
    return value


def _entries(service: str, stores: Mapping[str, Any], scoped: Mapping[str, type[Any]]) -> Iterator[tuple[_Entry, Any]]:
    for name, store in stores.items():
        kind = next((kind for kind, each in scoped.items() if type(store) is each), "")
        if not kind:
            yield _Entry(service, name, "", b""), store
            continue
        for key, value in list(store._data.items()):
            yield _Entry(service, name, kind, _pickle(key)), value


def _pickle(value: Any) -> bytes:
    # A thread of a service may change the value meanwhile.
    for _ in range(_TRIES):
        try:
            return pickle.dumps(value, protocol=5)
        except RuntimeError:
            continue
    return pickle.dumps(value, protocol=5)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _PLAIN:
            raise pickle.UnpicklingError(f"{module}.{name} is not to be read from it")
        return super().find_class(module, name)


def _unpickle(data: bytes) -> Any:
    return _PlainUnpickler(io.BytesIO(data)).load()
